/*
 * hints.c - hints to the optimizer, which name tables in what looks like a comment: BROADCAST(users), INDEX(users plan).
 *
 * Only those that call a table of the query around them by its own name, because it has no alias. Names of indexes stay, and
 * so does what is written with dots. A hint that names no table is passed over by the optimizer, and so is what is left here.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_hint(const Work *work, const Token *token)
{
    return token->end - token->begin > 5 && memcmp(work->text + token->begin, "/*+", 3) == 0;
}

/* INDEX(users plan): what follows the table are indexes. Back to the word before the bracket. */
static bool
is_table_place(const char *text, size_t begin, size_t at)
{
    size_t open = at;
    int depth = 0;
    bool is_first = true;
    while (open > begin && (text[open - 1] != '(' || depth > 0)) {
        open--;
        depth += text[open] == ')' ? 1 : text[open] == '(' ? -1 : 0;
        is_first = is_first && (g_ascii_isspace(text[open]) || strchr("\"`", text[open]) != NULL);
    }
    size_t last = open > begin ? open - 1 : begin, word = last;
    while (word > begin && is_identifier_byte(text[word - 1]))
        word--;
    return open > begin &&
           (is_first || text_find_folded(text + word, last - word, "index") == NULL);
}

static void
edit_name(Work *work, const SqlSource *source, size_t begin, size_t end)
{
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    const char *name = source_called_after(source), *text = work->text;
    size_t bytes = strlen(last->text);
    for (size_t at = begin; at + bytes <= end; at++) {
        bool is_whole = g_ascii_strncasecmp(text + at, last->text, bytes) == 0 &&
                        !is_identifier_byte(text[at - 1]) && text[at - 1] != '.' &&
                        !is_identifier_byte(text[at + bytes]) && text[at + bytes] != '.';
        if (is_whole && is_table_place(text, begin, at))
            edit_add(work, at, at + bytes, name);
        at += is_whole ? bytes - 1 : 0;
    }
}

/* REPARTITION(3, plan), REBALANCE(plan): columns, which Spark looks for. A person's where one of the block's changes. */
static bool
has_columns(const Work *work, size_t begin, size_t at)
{
    static const char *const words[] = {"repartition", "rebalance", "skew"};
    const char *text = work->text;
    size_t open = at;
    while (open > begin && text[open - 1] != '(' && text[open - 1] != ')')
        open--;
    size_t word = open > begin ? open - 1 : begin;
    while (word > begin && (is_identifier_byte(text[word - 1])))
        word--;
    for (size_t i = 0; open > begin && i < G_N_ELEMENTS(words); i++)
        if (text_find_folded(text + word, open - 1 - word, words[i]) != NULL)
            return true;
    return false;
}

static void
check_columns(Work *work, const SqlSource *source, size_t begin, size_t end)
{
    for (size_t at = begin; at < end; at++) {
        size_t last = at;
        while (last < end && is_identifier_byte(work->text[last]))
            last++;
        g_autofree char *name = g_strndup(work->text + at, last - at);
        SqlPart part = {.text = name, .begin = (uint32_t) at, .end = (uint32_t) last};
        if (last > at && source_change(work, source, &part) != NULL &&
            has_columns(work, begin, at)) {
            site_refuse(work, SITE_COLUMN, at, last, "unread", NULL,
                        "'%s' may be a column here, in a hint, and changes", name);
            return;
        }
        at = MAX(at, last);
    }
}

static bool
is_plain_name(const char *name)
{
    while (is_identifier_byte(*name))
        name++;
    return *name == '\0';
}

/* Two tables of one name: nobody knows which is meant. */
static bool
is_only_one(const SqlBlock *block, const SqlSource *source)
{
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(block->sources, i);
        const char *name = other->alias != NULL    ? other->alias->text
                           : other->path.count > 0 ? other->path.parts[other->path.count - 1].text
                                                   : NULL;
        if (other != source && name != NULL && text_same_folded(name, last->text))
            return false;
    }
    return true;
}

void
sql_hints(Work *work)
{
    const ArenaList *comments = work->sql->comments;
    for (guint i = 0; i < comments->len; i++) {
        const Token *hint = tokens_at(work->sql->list, GPOINTER_TO_UINT(comments->pdata[i]));
        const SqlBlock *block =
            is_hint(work, hint)
                ? sql_block_around(work->sql, work_token_from(work, hint->end), true)
                : NULL;
        for (guint s = 0; block != NULL && s < block->sources->len; s++) {
            const SqlSource *source = g_ptr_array_index(block->sources, s);
            check_columns(work, source, hint->begin + 3, hint->end - 2);
            if (source->requalified != NULL && source->alias == NULL &&
                is_plain_name(source_called_after(source)) && is_only_one(block, source))
                edit_name(work, source, hint->begin + 3, hint->end - 2);
        }
    }
}
