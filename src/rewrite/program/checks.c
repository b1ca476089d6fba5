/*
 * checks.c - checks of data that YAML writes under a table's name: `checks for users:`, `filter users [daily]:` of Soda.
 *
 * The checks below name columns in a language of their own (`missing_count(plan) = 0`), which is not read: while columns
 * change, a person decides.
 */
#include "rewrite/program/program.h"

#include <string.h>

/* The table's name in such a key. */
static bool
find_name(const Text *text, Span *ret)
{
    static const char *const heads[] = {"checks for ", "filter "};
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        size_t at = strlen(heads[i]), end = at;
        if (!text_starts(text, 0, heads[i]))
            continue;
        while (end < text->count && !g_ascii_isspace(text->bytes[end]) && text->bytes[end] != '[')
            end++;
        *ret = (Span){(uint32_t) at, (uint32_t) end};
        return end > at;
    }
    return false;
}

static void
edit_name(Unit *unit, const Text *text, Span name, const Spelling *spelling)
{
    Work *work = unit->work;
    Span span;
    g_autofree char *after = g_strjoinv(".", spelling->target), *written = NULL;
    if (!text_edit(text, name.begin, name.end, after, &span, &written)) {
        program_refuse(work, text, SITE_TABLE, name.begin, name.end, "escaped", NULL,
                       "this name is written with escapes: write it by hand");
        return;
    }
    Site *site = program_site(work, text, SITE_TABLE, DISPOSITION_REWRITTEN, name.begin, name.end);
    site->after = keep(work, after);
    if (strcmp(site->before, after) == 0)
        site->disposition = DISPOSITION_ALREADY;
    else
        edit_add(work, span.begin, span.end, written);
}

static bool
visit(Unit *unit, const Text *text, Span name, const Rename *rename, const Spelling *spelling)
{
    bool is_whole = span_is(text, name, spelling->whole);
    if (!is_whole && !span_is(text, name, spelling->last))
        return false;
    if (!is_whole)
        program_refuse(unit->work, text, SITE_TABLE, name.begin, name.end, "apart", NULL,
                       "this is the dataset's name without what comes before it, which is given "
                       "elsewhere");
    else if (rename_changes_columns(rename))
        program_refuse(unit->work, text, SITE_TABLE, name.begin, name.end, "language", NULL,
                       "these are checks of the dataset, some of whose columns change: what they "
                       "name is not read");
    else
        edit_name(unit, text, name, spelling);
    return true;
}

bool
program_checks(Unit *unit, const Use *use, const Text *text)
{
    const GPtrArray *list = unit->work->renames->list;
    Span name;
    if (strcmp(unit->language->name, "yaml") != 0 || !use->is_key || !find_name(text, &name))
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len && !rename->is_derived; s++)
            if (visit(unit, text, name, rename, g_ptr_array_index(rename->spellings, s)))
                return true;
    }
    return false;
}
