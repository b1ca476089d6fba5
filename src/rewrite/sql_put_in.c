/* sql_put_in.c - tables of whose name a part is put in at run time: `{{ project }}.identity.users`, @schema.users. */
#include "rewrite/work.h"

#include <string.h>

bool
sql_is_put_before(const Work *work, const SqlSource *source)
{
    if (source->kind != SOURCE_TEMPLATE || source->path.count < 2)
        return false;
    const Token *last = &g_array_index(work->sql->tokens, Token, source->last);
    return (last->kind == TOKEN_WORD || last->kind == TOKEN_QUOTED) &&
           source->path.parts[source->path.count - 1].end == last->end;
}

static void
refuse(Work *work, size_t begin, size_t end)
{
    site_refuse(work, SITE_TABLE, begin, end, "hole-in-name", NULL,
                "a part of this name is put in at run time: if it is the dataset, say `%.*s` under "
                "`aliases` in the mapping",
                (int) (end - begin), work->text + begin);
}

void
sql_put_before(Work *work, const SqlSource *source)
{
    const SqlPath *path = &source->path;
    SqlPath own = {.parts = path->parts + path->count - 1, .count = 1};
    const Spelling *spelling = NULL;
    bool is_other = false;
    if (renames_find(work->renames, work->sql->dialect, &own, &spelling, &is_other) != NULL ||
        is_other)
        refuse(work, path->parts[0].begin, path->parts[path->count - 1].end);
}

/* {{ x }}, {x}, ${x}, $x, @x, %s, <x>: no name of a store looks like this. */
static bool
is_put_in(const SqlPart *part)
{
    return strpbrk(part->text, "{<%") != NULL || part->text[0] == '$' || part->text[0] == '@';
}

/* Would it be this name if the right thing were put in? */
static bool
may_become(const Work *work, const SqlPath *path, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    bool has_hole = false;
    for (guint i = 1; i <= path->count; i++) {
        const SqlPart *part = &path->parts[path->count - i];
        bool is_hole = i > 1 && is_put_in(part);
        bool agrees = i <= length && sql_same_table(work->sql->dialect, part->text, part->quote,
                                                    spelling->source[length - i]);
        if (!is_hole && !agrees)
            return false;
        has_hole = has_hole || is_hole;
    }
    return has_hole;
}

bool
sql_put_in_refuses(Work *work, const SqlPath *path)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            if (!may_become(work, path, g_ptr_array_index(rename->spellings, s)))
                continue;
            refuse(work, path->parts[0].begin, path->parts[path->count - 1].end);
            return true;
        }
    }
    return false;
}
