/*
 * relations.c - what is compared with the names of tables: `_dbt_source_relation like '%users%'`.
 *
 * dbt_utils.union_relations writes into that column which table a row is of. Where a table gets another name, so do the values.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"

#include <string.h>

static const char column[] = "_dbt_source_relation";

/* The name of a table that is called otherwise by now, within the text. */
static bool
find_name(const Work *work, const Token *string, size_t *ret_at, size_t *ret_bytes)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint count = g_strv_length(spelling->target);
            if (count == 0 || strcmp(spelling->last, spelling->target[count - 1]) == 0 ||
                !find_word(work->text + string->begin, string->end - string->begin, spelling->last,
                           ret_at))
                continue;
            *ret_at += string->begin;
            *ret_bytes = strlen(spelling->last);
            return true;
        }
    }
    return false;
}

void
dbt_relations(Work *work)
{
    const ArenaList *strings = work->sql->strings;
    size_t at = 0, bytes = 0;
    if (!find_word(work->text, work->bytes, column, &at))
        return;
    for (guint i = 0; i < strings->len; i++) {
        const Token *string = work_token(work, GPOINTER_TO_UINT(strings->pdata[i]));
        bool is_words =
            memchr(work->text + string->begin, ' ', string->end - string->begin) != NULL;
        if (!is_words && find_name(work, string, &at, &bytes) && !site_covers(work, at, at + bytes))
            site_refuse(work, SITE_MENTION, at, at + bytes, "in-string", NULL,
                        "rows are told apart by the name of their table, which is another one by "
                        "now");
    }
}
