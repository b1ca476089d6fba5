/*
 * program.c - one program: its strings are SQL, names of the dataset, or something else.
 *
 * Read twice: first what names the dataset, then, if anything is to be changed, what uses its columns.
 */
#include "rewrite/program.h"

#include <string.h>

Site *
program_site(Work *work, const Text *text, SiteKind kind, Disposition disposition, size_t begin,
             size_t end)
{
    Span span = text_span(text, begin, end);
    return site_add(work, kind, disposition, span.begin, span.end);
}

void
program_refuse(Work *work, const Text *text, SiteKind kind, size_t begin, size_t end,
               const char *code, const char *link, const char *format, ...)
{
    va_list args;
    Site *site = program_site(work, text, kind, DISPOSITION_NEEDS_PERSON, begin, end);
    site->code = code;
    site->link = g_strdup(link);
    va_start(args, format);
    site->reason = g_strdup_vprintf(format, args);
    va_end(args);
}

bool
text_mentions(const Work *work, const Text *text)
{
    return renames_mentioned(work->renames, text->bytes, text->count);
}

static void
visit_use(Unit *unit, Use *use)
{
    g_autoptr(Text) text = program_text(unit, use);
    if (!text_mentions(unit->work, text) || program_sql(unit, use, text) ||
        program_name(unit, use, text))
        return;
    program_mention(unit, use, text);
}

static void
refuse_broken(Unit *unit, size_t at)
{
    Site *site = program_site(unit->work, unit->text, SITE_FILE, DISPOSITION_UNPARSABLE, at, at);
    site->code = "unfinished";
    site->reason = g_strdup("a string or comment begins here and does not end");
}

/* Expressions within strings are programs, too. */
static void
visit_expressions(Unit *unit)
{
    for (guint i = 0; i < unit->expressions->len && unit->depth < PROGRAM_DEPTH_MAX; i++) {
        Span span = g_array_index(unit->expressions, Span, i);
        program_unit(unit->work, unit->text, unit->language, unit->dialect, span.begin, span.end,
                     unit->depth + 1);
    }
}

void
program_unit(Work *work, const Text *text, const Language *language, const Dialect *dialect,
             size_t begin, size_t end, int depth)
{
    size_t broken_at;
    g_autoptr(GArray) pieces = language_lex(text, language, begin, end, &broken_at);
    g_autoptr(GArray) uses = g_array_new(FALSE, FALSE, sizeof(Use));
    g_autoptr(GArray) expressions = g_array_new(FALSE, FALSE, sizeof(Span));
    Unit unit = {.work = work,
                 .text = text,
                 .language = language,
                 .pieces = pieces,
                 .uses = uses,
                 .expressions = expressions,
                 .dialect = dialect,
                 .depth = depth};
    if (broken_at != SIZE_MAX) {
        if (!work->finds_columns)
            refuse_broken(&unit, broken_at);
        return;
    }
    program_find_uses(&unit);
    if (work->finds_columns) {
        program_find_columns(&unit);
    } else {
        for (guint i = 0; i < uses->len; i++)
            visit_use(&unit, &g_array_index(uses, Use, i));
        program_mentions(&unit);
    }
    visit_expressions(&unit);
}

void
program_rewrite(Work *work, const Language *language)
{
    g_autoptr(Text) text = text_of_file(work->text, work->bytes);
    g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL);
    const Dialect *dialect = program_dialect(work);
    work->named = named;
    program_unit(work, text, language, dialect, 0, work->bytes, 0);
    work->finds_columns = program_wants_columns(work);
    if (work->finds_columns)
        program_unit(work, text, language, dialect, 0, work->bytes, 0);
}

void
program_document(Work *work)
{
    g_autoptr(Text) text = text_of_file(work->text, work->bytes);
    program_mention_text(work, text, 0, work->bytes, NULL, "this is a document: text for people");
}
