/* sql.c - SQL in a string: rewritten like a .sql file, and carried back to the file. */
#include "rewrite/made.h"
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"
#include "sql/guess.h"

#include <string.h>

/* ---- dialect ---- */

static const struct {
    const char *command, *dialect;
} commands[] = {
    {"bq", "bigquery"}, {"psql", "postgres"},   {"sqlite3", "sqlite"},
    {"mysql", "mysql"}, {"duckdb", "duckdb"},   {"snowsql", "snowflake"},
    {"trino", "trino"}, {"spark-sql", "spark"}, {"beeline", "spark"},
    {"hive", "spark"},  {"sqlcmd", "tsql"},     {"clickhouse-client", "clickhouse"},
};

/* What somebody says, or the program that runs it, or the one around it; else what it looks like, which may be doubted (sql/guess.h). */
static const Dialect *
dialect_for(const Unit *unit, const Use *use, const Text *text, bool *ret_doubts_quotes)
{
    *ret_doubts_quotes = false;
    if (unit->work->options->dialect != NULL)
        return unit->work->options->dialect;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (span_is(unit->text, use->callee, commands[i].command))
            return dialect_by_name(commands[i].dialect);
    const Dialect *found = unit->dialect != NULL
                               ? unit->dialect
                               : dialect_guess(text->bytes, text->count, unit->work->options->usual,
                                               ret_doubts_quotes);
    return renames_guessed(unit->work->renames, found);
}

static Sql *
read_as_sql(const Unit *unit, const Use *use, const Text *text)
{
    bool doubts_quotes;
    return sql_new(text->bytes, text->count, dialect_for(unit, use, text, &doubts_quotes), 0);
}

/* ---- carrying back ---- */

/* ref("identity", "users") where the dataset is acme.identity.users; and ref("users"), where nobody says what that is in. */
static bool
is_short_reference(const Work *work, const Text *text, const Site *site)
{
    g_autofree char *name = g_strndup(text->bytes + site->begin, site->end - site->begin);
    if (site->kind != SITE_TABLE || !text_is_name(text, site->begin) ||
        (strchr(name, '.') == NULL && work->renames->default_path != NULL))
        return false;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const char *whole = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->whole;
            size_t bytes = strlen(whole), tail = strlen(name);
            if (bytes > tail && whole[bytes - tail - 1] == '.' &&
                strcmp(whole + bytes - tail, name) == 0)
                return true;
        }
    }
    return false;
}

/* Which alias to say, as this code would have it. */
static const char *
reason_of(Work *work, const Text *text, const Site *site)
{
    bool is_put_in =
        site->code != NULL && strcmp(site->code, "hole-in-name") == 0 &&
        memmem(text->bytes + site->begin, site->end - site->begin, HOLE, strlen(HOLE)) != NULL;
    size_t last = site->end;
    while (is_put_in && last > site->begin && !strchr(".`\"[", text->bytes[last - 1]))
        last--;
    g_autofree char *path = is_put_in ? text_path_as_written(text, last, site->end - last) : NULL;
    return path != NULL ? arena_printf(work->out->arena, PUT_IN_REASON, (int) strlen(path), path)
                        : keep(work, site->reason);
}

static void
copy_site(Work *work, const Text *text, const Site *site)
{
    if (site->disposition == DISPOSITION_REWRITTEN &&
        text_is_changed_elsewhere(text, site->begin, site->end, site->after)) {
        text_fixed(text, site->begin, site->end)->constant->matched++;
        if (text_span(text, site->begin, site->end).begin ==
            text_span(text, site->begin, site->end).end)
            return; /* it stands nowhere */
        Site *set =
            program_site(work, text, site->kind, DISPOSITION_UNAFFECTED, site->begin, site->end);
        set->reason = "this name is put in, and changed where it is set";
        return;
    }
    if (site->disposition == DISPOSITION_UNAFFECTED && is_short_reference(work, text, site)) {
        program_refuse(work, text, site->kind, site->begin, site->end, "apart", NULL,
                       "the settings of Dataform give what comes before this name: say it with "
                       "--default");
        return;
    }
    Site *copy = program_site(work, text, site->kind, site->disposition, site->begin, site->end);
    copy->after = keep(work, site->after);
    copy->code = site->code;
    copy->reason = reason_of(work, text, site);
    copy->link = keep(work, site->link);
}

static void
refuse_site(Site *site, const char *code, const char *reason)
{
    site->disposition = DISPOSITION_NEEDS_PERSON;
    site->code = code;
    site->reason = reason;
    site->after = NULL;
}

/* Nothing of the string is edited then: half of a statement is worse than none. */
static void
refuse_all(Rewrite *inner, const char *code, const char *reason)
{
    g_ptr_array_set_size(inner->edits, 0);
    for (guint i = 0; i < inner->sites->len; i++) {
        Site *site = g_ptr_array_index(inner->sites, i);
        if (site->disposition == DISPOSITION_REWRITTEN)
            refuse_site(site, code, reason);
    }
}

static bool
carry_edits(Work *work, const Text *text, const Rewrite *inner)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(Span));
    g_autoptr(GPtrArray) written = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < inner->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        if (!text_is_changed_elsewhere(text, edit->begin, edit->end, edit->text) &&
            !text_edit_parts(text, edit->begin, edit->end, edit->text, spans, written))
            return false;
    }
    for (guint i = 0; i < spans->len; i++) {
        Span span = g_array_index(spans, Span, i);
        g_autofree char *after = lookml_written(g_ptr_array_index(written, i));
        edit_add(work, span.begin, span.end, after);
    }
    return true;
}

/* ---- what SQL in a program must not do ---- */

static bool
rewrites(const Rewrite *inner)
{
    for (guint i = 0; i < inner->sites->len; i++)
        if (((const Site *) g_ptr_array_index(inner->sites, i))->disposition ==
            DISPOSITION_REWRITTEN)
            return true;
    return false;
}

static bool
changes_columns(const Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++)
        if (rename_changes_columns(g_ptr_array_index(work->renames->list, i)))
            return true;
    return false;
}

/* Does a word near the string say that it is SQL all the same? */
static bool
is_said_native(const Unit *unit, const Use *use)
{
    for (guint i = use->first > 8 ? use->first - 8 : 0; i < unit->pieces->len && i < use->last + 8;
         i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        if (piece->kind == PIECE_WORD &&
            span_is(unit->text, (Span){piece->begin, piece->end}, "nativeQuery"))
            return true;
    }
    return false;
}

/* <query> of mappings of Hibernate and JPA, unless within <named-native-query>. */
static bool
is_query_of_mapping(const Unit *unit, const Use *use)
{
    static const char native[] = "<named-native-query", named[] = "<named-query";
    const Text *text = unit->text;
    const Work *work = unit->work;
    if (strcmp(unit->language->name, "xml") != 0 || !span_is(text, use->key, "query") ||
        (!program_says(work, "<hibernate-mapping") && !program_says(work, "<entity-mappings")))
        return false;
    for (size_t at = use->whole.begin; at > 0; at--)
        if (text_starts(text, at - 1, native) || text_starts(text, at - 1, named))
            return text_starts(text, at - 1, named);
    return true;
}

/* In this very spelling: query() of JDBC's templates is no @Query. */
static bool
is_spelled(const Unit *unit, Span span, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (span.end - span.begin == strlen(words[i]) &&
            memcmp(unit->text->bytes + span.begin, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* @Query and createQuery() of JPA and Hibernate ask for objects of classes, unless they say otherwise; and so may what is set
 * to a name, in a program that makes such queries of names. */
static bool
is_about_classes(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"Query",      "createQuery",         "createSelectionQuery",
                                        "NamedQuery", "createMutationQuery", NULL};
    static const char *const of_jdbc_too[] = {"executeQuery", NULL};
    static const char *const languages[] = {"java", "kotlin", NULL};
    const Work *work = unit->work;
    if (!g_strv_contains(languages, unit->language->name) ||
        (!program_says(work, "persistence") && !program_says(work, "jpa") &&
         !program_says(work, "hibernate")))
        return false;
    bool is_asked =
        is_spelled(unit, use->callee, calls) ||
        (is_spelled(unit, use->callee, of_jdbc_too) && !program_says(work, "java.sql.")) ||
        (use->callee.end == 0 && program_says(work, "createQuery("));
    return is_asked && !is_said_native(unit, use);
}

static bool
renames_columns(const Rewrite *inner)
{
    for (guint i = 0; i < inner->sites->len; i++) {
        const Site *site = g_ptr_array_index(inner->sites, i);
        if (site->kind == SITE_COLUMN && site->disposition == DISPOSITION_REWRITTEN)
            return true;
    }
    return false;
}

/* @Formula("(select max(s.played) from songs s where s.user_id = id)"), formula="…": Hibernate takes names without a qualifier for
 * columns of the class's own table, whatever SQL says. */
static bool
is_formula_of_class(const Unit *unit, const Use *use)
{
    return span_is(unit->text, use->callee, "Formula") ||
           (span_is(unit->text, use->key, "formula") && strcmp(unit->language->name, "xml") == 0);
}

/* INSERT INTO t (a, b) VALUES: what is put behind it are rows; a text that says ON CONFLICT tells for itself. */
static bool
ends_with_values(const Text *text)
{
    static const char word[] = "values";
    size_t end = text->count, bytes = strlen(word);
    while (end > 0 && g_ascii_isspace(text->bytes[end - 1]))
        end--;
    return end > bytes && g_ascii_strncasecmp(text->bytes + end - bytes, word, bytes) == 0 &&
           !is_identifier_byte(text->bytes[end - bytes - 1]);
}

/* A table of one part that is rewritten. */
static bool
rewrites_bare_name(const Rewrite *inner)
{
    for (guint i = 0; i < inner->sites->len; i++) {
        const Site *site = g_ptr_array_index(inner->sites, i);
        if (site->kind == SITE_TABLE && site->disposition == DISPOSITION_REWRITTEN &&
            strchr(site->before, '.') == NULL)
            return true;
    }
    return false;
}

static void
check_inner(Unit *unit, const Use *use, const Text *text, const Dialect *dialect, Rewrite *inner)
{
    if (!rewrites(inner))
        return;
    if (use->is_message)
        refuse_all(inner, "in-message", "this SQL is in a message: nobody knows whether it is run");
    else if (is_about_classes(unit, use) || is_query_of_mapping(unit, use))
        refuse_all(inner, "classes",
                   "this query is about classes of the program, not about tables");
    else if (is_formula_of_class(unit, use) && renames_columns(inner))
        refuse_all(inner, "fragment",
                   "names without a qualifier are columns of the class's own table in a formula");
    else if (use->is_key && !unit->language->has_bare_calls) /* DB["…"] of Ruby runs it */
        refuse_all(inner, "as-key", "this SQL is a key: somebody looks it up elsewhere");
    else if (use->has_more && changes_columns(unit->work) && !ends_with_values(text))
        refuse_all(inner, "fragment",
                   "more text is put behind this SQL, and may name columns that change");
    else if (rewrites_bare_name(inner) && program_says_other_default(unit, use))
        refuse_all(inner, "apart",
                   "names of one part are in another dataset here than --default says: nobody "
                   "knows whether this is the dataset");
    else if (program_quotes_are_doubtful(unit, text, dialect, inner))
        refuse_all(inner, "dialect",
                   "what stands in these quotes, or needs some, is a name in some dialects and a "
                   "text in others: say which with --dialect");
}

static bool
has_table_hole(const Sql *sql)
{
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            const Token *first = &g_array_index(sql->tokens, Token, source->first);
            const Token *last = &g_array_index(sql->tokens, Token, source->last);
            if (memmem(sql->list->text + first->begin, last->end - first->begin, HOLE,
                       strlen(HOLE)) != NULL &&
                source->kind != SOURCE_QUERY)
                return true;
        }
    }
    return false;
}

static bool
is_whole(Unit *unit, Use *use, const Text *text)
{
    if (text->is_unread || use->is_bytes || use->is_docstring)
        return false;
    g_autoptr(Sql) sql = read_as_sql(unit, use, text);
    use->has_table_hole = has_table_hole(sql);
    return use->is_run || use->is_cell ? !sql->is_broken : is_statement(sql);
}

/* A list of what a query gives, and the rest of it, which gets its first word elsewhere. NULL: it is none. */
static Text *
listed_of(Unit *unit, Use *use, const Text *text)
{
    bool is_none = use->is_message || use->is_run || use->is_key || unit->language->is_data;
    Text *listed = is_none ? NULL : program_listed(text);
    if (listed == NULL || is_whole(unit, use, listed))
        return listed;
    text_free(listed);
    return NULL;
}

bool
program_is_statement(Unit *unit, Use *use, const Text *text)
{
    if (is_whole(unit, use, text))
        return true;
    g_autoptr(Text) listed = listed_of(unit, use, text);
    return listed != NULL;
}

/* The rest stands elsewhere, and is decided there. */
static void
keep_part(Rewrite *inner, Range part)
{
    for (guint i = inner->edits->len; i-- > 0;) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        if (edit->begin < part.begin || edit->end > part.end)
            g_ptr_array_remove_index(inner->edits, i);
    }
    for (guint i = inner->sites->len; i-- > 0;) {
        const Site *site = g_ptr_array_index(inner->sites, i);
        if (site->begin < part.begin || site->end > part.end)
            g_ptr_array_remove_index(inner->sites, i);
    }
}

/* A statement, of which a part is in the file. False: nothing was found in it, or `check` did not take what was, and nothing is
 * written down. */
static bool
rewrite_statement(Unit *unit, Use *use, const Text *text, Range part, SqlCheckFn *check, void *data)
{
    bool is_part = part.end - part.begin < text->count;
    RewriteOptions options = *unit->work->options;
    options.model = NULL; /* that is what the file is */
    options.dialect = dialect_for(unit, use, text, &options.doubts_quotes);
    if (program_may_be_move(unit->work))
        options.defined = NULL;
    g_autoptr(Rewrite) inner = rewrite_new("sql");
    Work work = {.renames = unit->work->renames,
                 .options = &options,
                 .text = text->bytes,
                 .bytes = text->count,
                 .has_holes = !use->is_run || use->is_filled,
                 .is_in_string = true,
                 .declared = use->is_run ? unit->work->declared : NULL,
                 .parameters = use->parameters,
                 .used_around = use->used,
                 .rows = use->rows,
                 .given = unit->work->given,
                 .texts = unit->work->texts,
                 .path = unit->work->path,
                 .said_path = unit->work->said_path,
                 .depth = unit->depth + 1,
                 .out = inner};
    sql_text(&work);
    if (is_part)
        keep_part(inner, part);
    if (is_part && inner->sites->len == 0)
        return false;
    guint first_site = unit->work->out->sites->len;
    check_inner(unit, use, text, options.dialect, inner);
    if (check != NULL && (!check(inner, data) || !carry_edits(unit->work, text, inner)))
        return false;
    if (!is_part)
        made_merge(unit->work->out->made, inner->made);
    unit->work->gives_old_names |= work.gives_old_names;
    if (work.gives_new_name != NULL)
        rows_given(unit, use, work.gives_new_name);
    if (check == NULL && !carry_edits(unit->work, text, inner))
        refuse_all(inner, "escaped",
                   text->fixed->len > 0
                       ? "a part of the name that changes is put in here, or one is written with "
                         "escapes: change it where it is set"
                       : "a name here is written with escapes, or put together: write it by hand");
    for (guint i = 0; i < inner->sites->len; i++)
        copy_site(unit->work, text, g_ptr_array_index(inner->sites, i));
    if (!is_part)
        program_take_definitions(unit->work, &work, first_site, !use->is_message);
    for (guint i = 0; i < text->fixed->len; i++)
        g_array_index(text->fixed, FixedRun, i).constant->in_sql++;
    return true;
}

/* PRAGMA table_info(t), DESCRIBE t, SHOW COLUMNS FROM t: who asks what the columns are called may look for them by name. */
static void
note_asked(Unit *unit, const Text *text)
{
    static const char *const words[] = {"pragma", "describe", "desc", "show", NULL};
    Span word = {0};
    while (g_ascii_isspace(text_byte(text, word.begin)))
        word.begin++;
    for (word.end = word.begin; g_ascii_isalpha(text_byte(text, word.end));)
        word.end++;
    if (unit->work->named == NULL || !span_is_among(text, word, words)) /* NULL: SQL within SQL */
        return;
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        if (rename_is_mentioned(rename, text->bytes, text->count))
            g_hash_table_add(unit->work->named, (void *) rename);
    }
}

bool
program_sql(Unit *unit, Use *use, const Text *text)
{
    bool is_statement = is_whole(unit, use, text);
    g_autoptr(Text) listed = is_statement ? NULL : listed_of(unit, use, text);
    if (!is_statement && listed == NULL)
        return false;
    const Text *whole = listed != NULL ? listed : text;
    note_asked(unit, text);
    rewrite_statement(unit, use, whole, (Range){0, whole->count}, NULL, NULL);
    return true;
}

static const char *
name_of_source(const SqlSource *source)
{
    return source->alias != NULL    ? source->alias->text
           : source->path.count > 0 ? source->path.parts[source->path.count - 1].text
                                    : NULL;
}

/* Two tables of one query under one name: they are of two branches of the program, and only one of them is there. */
static bool
has_doubled_names(const Sql *sql)
{
    for (guint b = 0; b < sql->blocks->len; b++) {
        const ArenaList *sources = ((const SqlBlock *) g_ptr_array_index(sql->blocks, b))->sources;
        for (guint i = 0; i < sources->len; i++)
            for (guint k = 0; k < i; k++) {
                const char *one = name_of_source(g_ptr_array_index(sources, i)),
                           *other = name_of_source(g_ptr_array_index(sources, k));
                if (one != NULL && other != NULL && g_ascii_strcasecmp(one, other) == 0)
                    return true;
            }
    }
    return false;
}

bool
program_sql_part(Unit *unit, Use *use, const Text *text, Range part, bool is_all)
{
    g_autoptr(Sql) sql = read_as_sql(unit, use, text);
    return is_statement(sql) && !has_doubled_names(sql) &&
           (rewrite_statement(unit, use, text, part, NULL, NULL) || is_all);
}

bool
program_sql_checked(Unit *unit, Use *use, const Text *text, SqlCheckFn *check, void *data)
{
    return is_whole(unit, use, text) &&
           rewrite_statement(unit, use, text, (Range){0, text->count}, check, data);
}

void
program_sql_cell(Work *work, const Text *cell, const Language *language, const Dialect *dialect,
                 size_t begin, size_t end, Holes holes)
{
    g_autoptr(Text) text = text_new(cell);
    g_autoptr(GArray) uses = g_array_new(FALSE, FALSE, sizeof(Use));
    Unit unit = {
        .work = work, .text = cell, .language = language, .uses = uses, .dialect = dialect};
    Piece piece = {
        .inner_begin = (uint32_t) begin, .inner_end = (uint32_t) end, .quoting = {.holes = holes}};
    Use use = {.is_sql = true, .is_cell = true};
    text_decode(text, language, &piece, false, NULL);
    program_tell_names(work, text);
    bool is_mentioned = text_mentions(work, text);
    if (work->finds_columns && !is_mentioned)
        program_cell_columns(&unit, text);
    if ((!is_mentioned && !renames_left_in(work->renames, text->bytes, text->count)) ||
        work_is_side_pass(work))
        return;
    if (!program_sql(&unit, &use, text) && is_mentioned)
        program_mention(&unit, &use, text);
}
