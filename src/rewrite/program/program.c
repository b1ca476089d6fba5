/*
 * program.c - one program: its strings are SQL, names of the dataset, or something else.
 *
 * Read three times: for names that stand for the dataset, for what names it, and, if anything is to be changed, for what
 * uses its columns.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/made.h"
#include "rewrite/program/mapper.h"
#include "rewrite/sql/parts.h"

#include <string.h>

Site *
program_site(Work *work, const Text *text, SiteKind kind, Disposition disposition, size_t begin,
             size_t end)
{
    Span span = text_span(text, begin, end);
    return site_add(work, kind, disposition, span.begin, span.end);
}

Site *
program_refuse(Work *work, const Text *text, SiteKind kind, size_t begin, size_t end,
               const char *code, const char *link, const char *format, ...)
{
    va_list args;
    Site *site = program_site(work, text, kind, DISPOSITION_NEEDS_PERSON, begin, end);
    site->code = code;
    site->link = keep(work, link);
    va_start(args, format);
    site->reason = arena_vprintf(work->out->arena, format, args);
    va_end(args);
    return site;
}

bool
text_mentions(const Work *work, const Text *text)
{
    return renames_mentioned(work->renames, text->bytes, text->count);
}

/* An expression over the view's table. */
static void
visit_expression(Unit *unit, Use *use, const Text *text)
{
    const Constant *table = lookml_table(unit, use);
    int matched = table->matched;
    if (!program_sql(unit, use, text) || table->matched == matched)
        program_refuse_column(unit, text);
}

/* The string as it stands in the file: what it says is not known from some place on. */
static void
visit_unread(Unit *unit, const Use *use)
{
    g_autoptr(Text) text = text_new(unit->text);
    for (size_t i = use->whole.begin; i < use->whole.end; i++)
        text_copy(text, i);
    program_mention(unit, use, text);
}

/* What reads the new dataset, under names that only the old one has: left open before, or changed by hand, and not wholly. */
static void
visit_target(Unit *unit, Use *use, const Text *text)
{
    if (renames_left_in(unit->work->renames, text->bytes, text->count))
        program_sql(unit, use, text);
    else
        program_name_of_target(unit, use, text);
}

static void
visit_use(Unit *unit, Use *use)
{
    g_autoptr(Text) text = program_text(unit, use);
    if (use_is_in_chain(unit, use))
        return;
    if (text->is_unread && !text_mentions(unit->work, text)) {
        visit_unread(unit, use);
        return;
    }
    program_qualifier(unit, use, text);
    if (!text_mentions(unit->work, text)) {
        visit_target(unit, use, text);
        return;
    }
    if (program_stream(unit, text))
        return;
    if (program_joined_query(unit, use, text) || program_sql(unit, use, text) ||
        program_command(unit, use, text) || program_part(unit, use, text) == PART_READ)
        return;
    const char *other = program_is_no_table(unit);
    if (other == NULL && use_is_page(unit, use))
        other = "this is the name of a page that is filled here";
    if (other != NULL)
        program_mention_text(unit->work, text, 0, text->count, NULL, other);
    if (other != NULL || program_rule(unit, text) || program_dbt(unit, use, text) ||
        program_name(unit, use, text) || program_checks(unit, use, text) ||
        program_served(unit, use, text) || program_tag(unit, use, text) ||
        program_condition(unit, use, text) || program_compared(unit, use, text))
        return;
    program_mention(unit, use, text);
}

static void
visit_uses(Unit *unit)
{
    g_autoptr(Shared) shared = shared_new(unit);
    const Rewrite *out = unit->work->out;
    program_chains(unit);
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        g_autoptr(Text) expression = lookml_text(unit, use);
        guint edits = out->edits->len, sites = out->sites->len;
        if (expression != NULL)
            visit_expression(unit, use, expression);
        else
            visit_use(unit, use);
        if (expression == NULL && unit->views != NULL)
            lookml_refuse_templates(unit, use);
        shared_visited(shared, unit, use, edits, sites);
    }
    shared_finish(shared, unit);
}

void
program_refuse_broken(Work *work, const Text *text, size_t at, const char *what)
{
    Site *site = program_site(work, text, SITE_FILE, DISPOSITION_UNPARSABLE, at, at);
    site->code = "unfinished";
    site->reason = what;
}

/* Expressions within strings are programs, too. */
static void
visit_expressions(Unit *unit)
{
    const Language *language =
        unit->language->lex == lex_sqlx ? language_by_name("javascript") : unit->language;
    for (guint i = 0; i < unit->expressions->len && unit->depth < PROGRAM_DEPTH_MAX; i++) {
        Span span = g_array_index(unit->expressions, Span, i);
        program_unit(unit->work, unit->text, language, unit->dialect, span.begin, span.end,
                     unit->depth + 1);
    }
}

/* All that one pass does with it. */
static void
visit_unit(Unit *unit)
{
    Work *work = unit->work;
    program_find_uses(unit);
    imports_collect(unit);
    if (work->finds_constants) {
        constants_collect(unit, work->constants);
        return;
    }
    if (!work->finds_columns)
        constants_name_again(unit);
    if (work->exported != NULL) {
        exports_note_lookml(unit);
        exports_note_row_givers(unit);
        imports_pass_rows_on(unit);
        return;
    }
    unit->views = lookml_views(unit);
    if (work->finds_columns) {
        program_find_columns(unit);
    } else {
        visit_uses(unit);
        program_conventions(unit);
        program_returned(unit);
        program_sqlx_made(unit);
        program_mentions(unit);
        program_find_filled(unit);
        lookml_note_bases(unit);
        imports_visit(unit);
        imports_visit_registered(unit);
        imports_rows(unit);
        program_note_own_rows(unit);
    }
    visit_expressions(unit);
    g_clear_pointer(&unit->views, g_array_unref);
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
                 .dialect = dialect == NULL && language->has_sql_values
                                ? lookml_dialect(text, pieces)
                                : dialect,
                 .depth = depth};
    if (broken_at == SIZE_MAX)
        visit_unit(&unit);
    else if (!work_is_side_pass(work))
        program_refuse_broken(work, text, broken_at,
                              "a string or comment begins here and does not end");
    nesting_free(unit.nesting);
    below_free(unit.below);
    g_clear_pointer(&unit.asked, g_hash_table_unref);
    g_clear_pointer(&unit.beside, g_hash_table_unref);
    g_clear_pointer(&unit.brackets, g_hash_table_unref);
    g_clear_pointer(&unit.lent, g_hash_table_unref);
    g_clear_pointer(&unit.bound, g_hash_table_unref);
    g_clear_pointer(&unit.marks, g_array_unref);
    g_free(unit.package);
}

/* Constants that are used for more than SQL name the dataset to somebody else. */
static void
name_constants(Work *work)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, work->constants);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Constant *constant = value;
        bool is_got = constant->export != NULL && constant->own == NULL;
        bool is_said = constant->is_of_class && g_hash_table_contains(work->said, constant->rename);
        if (constant->own != NULL && constant->own->text != NULL)
            continue; /* counted there */
        if (constant->rename != NULL && (is_got || constant->set == 1) &&
            ((!is_got && !is_said && constant->in_sql == 0) ||
             constant_is_used_elsewhere(constant)))
            g_hash_table_add(work->named, (void *) constant->rename);
    }
}

void
program_passes(Work *work, PassFn *pass, void *data)
{
    g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL), constants = constants_new();
    g_autoptr(GHashTable) said = g_hash_table_new(NULL, NULL), parts = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) says = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) texts = read_texts_new(work->text, work->bytes);
    Imports *imports = imports_new(work);
    g_autoptr(GHashTable) given =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, given_free);
    g_autoptr(GArray) giving = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (work->options->propagates) {
        work->given = given;
        work->giving = giving;
    }
    g_autofree char *said_path = program_said_path(work);
    work->said_path = said_path;
    work->named = named;
    work->said = said;
    work->own_rows = rows;
    work->parts = parts;
    work->constants = constants;
    work->says = says;
    work->texts = texts;
    work->imports = imports;
    work->finds_constants = true;
    pass(work, data);
    work->finds_constants = false;
    imports_resolve(work);
    pass(work, data);
    if (work->exported != NULL) {
        exports_finish(work);
    } else {
        constants_count_others(constants);
        imports_finish(work);
        name_constants(work);
        work->finds_columns = program_wants_columns(work);
        work->asks_for_table = program_has_word(work, "__table__");
        if (work->finds_columns)
            pass(work, data);
    }
    imports_free(imports);
    work->says = NULL;
    work->texts = NULL;
    work->said_path = NULL;
    work->given = NULL;
    work->giving = NULL;
}

typedef struct {
    const Text *text;
    const Language *language;
    const Dialect *dialect;
} File;

static void
pass_over(Work *work, void *data)
{
    const File *file = data;
    program_unit(work, file->text, file->language, file->dialect, 0, work->bytes, 0);
    program_magic(work, file->text, file->dialect);
}

void
program_rewrite(Work *work, const Language *language)
{
    if (language->rewrite != NULL) {
        language->rewrite(work);
        return;
    }
    g_autoptr(Text) text = text_of_file(work->text, work->bytes);
    File file = {text, language, program_dialect(work)};
    program_passes(work, pass_over, &file);
}

void
program_document(Work *work)
{
    g_autoptr(Text) text = text_of_file(work->text, work->bytes);
    program_mention_text(work, text, 0, work->bytes, NULL, "this is a document: text for people");
}
