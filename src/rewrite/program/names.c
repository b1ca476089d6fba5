/*
 * names.c - a string that is nothing but a dataset's name: spark.table("a.b"), table: a.b
 *
 * The complete name is the dataset wherever it stands. A name of one part could be anything: it is the dataset only
 * where tables are named.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/program/advice.h"
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define NAME_STAYS                                                                                 \
    "whatever this names, the dataset is called as before, and no column that changes stands in "  \
    "this file"
#define OTHER_DATASET "this is a table of the same name in another dataset"

/* ---- what is said ---- */

/* A name in LookML stands in SQL like any other there; NULL: elsewhere, or where nobody tells. */
static const Dialect *
shown_dialect(const Unit *unit)
{
    const Dialect *told = unit->work->options->dialect;
    return !unit->language->has_sql_values ? NULL
           : told != NULL                  ? told
                                           : renames_guessed(unit->work->renames, unit->dialect);
}

/* acme-crm.accounts, where it has to be in quotes, and is not. */
static bool
needs_quotes(const Unit *unit, const Text *text, const char *after)
{
    const Dialect *shown = shown_dialect(unit);
    return shown != NULL && strchr("`[", text_byte(text, 0)) == NULL && !shown->has_dashed_paths &&
           strchr(after, '-') != NULL;
}

/* Names without quotes keep their case, as in BigQuery; those with quotes of their own are as the dialect has them that is told. */
static const Dialect *
name_dialect(const Unit *unit, const NameText *name)
{
    const Dialect *told = unit->work->options->dialect, *shown = shown_dialect(unit);
    return name->has_quotes && told != NULL ? told
           : shown != NULL                  ? shown
                                            : dialect_by_name("bigquery");
}

/* SHOP.ORDERS, as the writer has them. */
static char *
in_letters_of(const Dialect *dialect, const Text *text, const NameText *name,
              const Spelling *spelling, guint kept, const char *after)
{
    size_t begin = name->parts[kept].begin, end = name->parts[name->path.count - 1].end;
    g_autofree char *written = g_strndup(text->bytes + begin, end - begin);
    return name_in_letters(dialect, &(SqlPart){.text = written}, spelling->whole, after);
}

/* What is written instead of the parts behind `*ret_kept`; NULL when it cannot be said so. */
static char *
new_name(const Unit *unit, const Text *text, const NameText *name, const Spelling *spelling,
         guint *ret_kept)
{
    char *after = spell_name(spelling, name->path.count, ret_kept);
    if (name->has_quotes) {
        g_autofree char *plain = after;
        return name_in_own_quotes(text, name_dialect(unit, name), name, *ret_kept, plain);
    }
    bool has_colon = name->has_colon && *ret_kept == 0;
    if (shown_dialect(unit) != NULL) {
        g_autofree char *plain = after;
        after = in_letters_of(shown_dialect(unit), text, name, spelling, *ret_kept, plain);
    }
    if (needs_quotes(unit, text, after))
        g_clear_pointer(&after, g_free);
    else if (has_colon && g_strv_length(spelling->target) < 3)
        g_clear_pointer(&after, g_free);
    else if (has_colon && strchr(after, '.') != NULL)
        *strchr(after, '.') = ':';
    return after;
}

static void
explain(Unit *unit, const Text *text, Disposition disposition, const char *reason)
{
    Site *site = program_site(unit->work, text, SITE_TABLE, disposition, 0, text->count);
    site->reason = keep(unit->work, reason);
}

/* `project:` that stays is not written again. */
static char *
behind_colon(const NameText *name, char *after, guint *kept)
{
    char *colon = after != NULL && name->has_colon ? strchr(after, ':') : NULL;
    if (colon == NULL || *kept > 0 || strlen(name->parts[0].text) != (size_t) (colon - after) ||
        memcmp(name->parts[0].text, after, (size_t) (colon - after)) != 0)
        return after;
    char *rest = g_strdup(colon + 1);
    g_free(after);
    *kept = 1;
    return rest;
}

static void
edit_name(Unit *unit, const Text *text, const NameText *name, const Spelling *spelling)
{
    guint kept = 0;
    g_autofree char *whole = new_name(unit, text, name, spelling, &kept);
    g_autofree char *after = behind_colon(name, g_steal_pointer(&whole), &kept);
    const SqlPart *first = &name->parts[kept], *last = &name->parts[name->path.count - 1];
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(Span));
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    if (after != NULL && text_is_changed_elsewhere(text, first->begin, last->end, after)) {
        bool stays = memcmp(text->bytes + first->begin, after, strlen(after)) == 0;
        explain(unit, text, stays ? DISPOSITION_ALREADY : DISPOSITION_UNAFFECTED,
                "this name is put in, and changed where it is set");
        return;
    }
    if (after == NULL || !text_edit_parts(text, first->begin, last->end, after, spans, parts)) {
        program_refuse(unit->work, text, SITE_TABLE, first->begin, last->end, "escaped", NULL,
                       "this name is written with escapes, or put together: write it by hand");
        return;
    }
    Site *site =
        program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, first->begin, last->end);
    site->after = keep(unit->work, after);
    if (strcmp(site->before, after) == 0)
        site->disposition = DISPOSITION_ALREADY;
    for (guint i = 0; site->disposition == DISPOSITION_REWRITTEN && i < spans->len; i++) {
        Span span = g_array_index(spans, Span, i);
        edit_add(unit->work, span.begin, span.end, g_ptr_array_index(parts, i));
    }
}

/* The table alone: its schema is written elsewhere. */
static void
edit_last(Unit *unit, const Text *text, const Spelling *spelling)
{
    NameText last = {.parts = {{.end = (uint32_t) text->count}}};
    Spelling alone = *spelling;
    alone.source = spelling->source + g_strv_length(spelling->source) - 1;
    alone.target = spelling->target + g_strv_length(spelling->target) - 1;
    last.path = (SqlPath){.parts = last.parts, .count = 1};
    edit_name(unit, text, &last, &alone);
}

static bool
is_ordinary(const char *word)
{
    return strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(word);
}

static bool
is_said_as_before(Unit *unit, const Text *text, const Rename *rename)
{
    if (!program_is_as_before(unit, rename))
        return false;
    explain(unit, text, DISPOSITION_UNAFFECTED, NAME_STAYS);
    return true;
}

static void
refuse_apart(Unit *unit, const Text *text)
{
    program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "apart", NULL,
                   "this is the dataset's name without what comes before it, which is given "
                   "elsewhere");
}

/* A constant, whose uses tell for themselves. */
static bool
is_only_put_in(const Unit *unit, const Use *use)
{
    const char *key = unit->text->bytes + use->key.begin;
    return literal_is_put_in(unit, use) || imports_have_own(unit, use) ||
           (use->is_assigned &&
            constants_find(unit->work->constants, key, use->key.end - use->key.begin) != NULL);
}

/* A name that is no ordinary word, in a builder of queries: while columns change, those in its other calls would have to, too. */
static bool
is_built_from(const Unit *unit, const Use *use, const NameText *name, const Rename *rename)
{
    return use_is_in_builder(unit, use) && !rename_changes_columns(rename) &&
           (!is_ordinary(name->parts[0].text) || use_is_in_library(unit, use));
}

/* TABLES = ["users_v1", "songs_v1"] */
static bool
is_listed(Unit *unit, const Use *use, const NameText *name, const Rename *rename)
{
    return use_is_in_list_of_tables(unit, use) && !rename_changes_columns(rename) &&
           !is_ordinary(name->parts[0].text);
}

/* No column of it changes, and none is added: then it is written to as before. */
static bool
keeps_columns(const Rename *rename)
{
    return !rename_changes_columns(rename) && rename_only_renames(rename);
}

/* Is a name of one part enough for the new one, too: where it has no more, or is in what is meant without saying so? */
static bool
stays_in_place(const Spelling *spelling)
{
    return spelling->target[1] == NULL || spelling_keeps_rest(spelling);
}

/* Is a name of one part the dataset here? If not, it is said. */
static bool
is_certain(Unit *unit, const Use *use, const Text *text, const NameText *name, const Rename *rename,
           const Spelling *spelling)
{
    if (use_names_action(unit, use, rename, spelling)) {
        if (stays_in_place(spelling))
            return true;
        refuse_apart(unit, text);
        return false;
    }
    if (!use_reads_table(unit, use) && !use_writes_surely(unit, use) &&
        !is_built_from(unit, use, name, rename) && !is_listed(unit, use, name, rename)) {
        if (is_ordinary(name->parts[0].text) && use_is_of_no_table(unit, use)) {
            explain(unit, text, DISPOSITION_UNAFFECTED,
                    "this is an ordinary word, and nothing in this file speaks of tables");
            return false;
        }
        if (use_is_of_build(unit, use)) {
            explain(unit, text, DISPOSITION_UNAFFECTED,
                    "this says what a program is built of, and no table");
            return false;
        }
        if (is_said_as_before(unit, text, rename))
            return false;
        if (use_is_in_library(unit, use) && rename_changes_columns(rename)) {
            program_refuse_rows(unit, text, rename);
            return false;
        }
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "bare-name", NULL,
                       "the name has one part and stands where any text may: nobody knows whether "
                       "it is the dataset");
        return false;
    }
    bool is_elsewhere = spelling->source[1] != NULL && program_goes_elsewhere(unit);
    if (!use_is_apart(unit, use) && stays_in_place(spelling) && !is_elsewhere)
        return true;
    if (!is_said_as_before(unit, text, rename))
        refuse_apart(unit, text);
    return false;
}

/* `is_whole`: nothing that is before the name is missing. */
static void
found(Unit *unit, const Use *use, const Text *text, const NameText *name, const Rename *rename,
      const Spelling *spelling, bool is_whole)
{
    bool is_written =
        use_writes_table(unit, use) && (use_removes_table(unit, use) || !keeps_columns(rename));
    if (is_written || use_is_made_anew(unit, use))
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "written", NULL,
                       "rows are written to the dataset, or it is made or removed here, and the "
                       "new one's columns may differ");
    else if (use->has_more && use->is_assigned && !use->in_list)
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "hole-in-name", NULL,
                       "more is put to this name later: nobody knows which table it is");
    else if (name->path.count == 1 && use_is_relationship(unit, use))
        explain(unit, text, DISPOSITION_UNAFFECTED, "this is the name of a relationship");
    else if (name->path.count == 1 && use_is_name_of_api(unit, use))
        explain(unit, text, DISPOSITION_UNAFFECTED, "this is what an API calls the table");
    else if (name->path.count == 1 && use_is_column_of_result(unit, use))
        explain(unit, text, DISPOSITION_UNAFFECTED, "this is a column of a query's result");
    else if (name->path.count == 1 && use_binds(unit, use, text))
        explain(unit, text, DISPOSITION_UNAFFECTED, NAME_OF_PARAMETER);
    else if (name->path.count == 1 && use_names_other(unit, use) != NULL)
        explain(unit, text, DISPOSITION_UNAFFECTED, use_names_other(unit, use));
    else if (use->is_key && name->path.count == 1 && is_ordinary(name->parts[0].text))
        explain(unit, text, DISPOSITION_UNAFFECTED, "this is an ordinary word, and a key");
    else if (use->is_key)
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "as-key", NULL,
                       "the name is a key here: who looks it up has to change, too");
    else if (!is_whole && !is_certain(unit, use, text, name, rename, spelling))
        return;
    else if (use_is_of_class(unit, use) && rename_changes_columns(rename) &&
             !class_write_said(unit, use, rename)) {
        program_refuse_class(unit, text, 0, text->count, rename, CLASS_OF_TABLE);
    } else if (rename_changes_columns(rename) && !use_is_of_class(unit, use) &&
               use_is_for_parent(unit, use)) {
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "data-frame", NULL,
                       "the class that this one extends may read the table by this name, and its "
                       "columns change");
    } else if ((use_gives_rows(unit, use) || use_begins_chain(unit, use)) &&
               rename_changes_columns(rename)) {
        program_refuse_rows(unit, text, rename);
    } else {
        bool is_of_class = use_is_of_class(unit, use) && rename_changes_columns(rename);
        if (!is_of_class && !is_only_put_in(unit, use))
            g_hash_table_add(unit->work->named, (void *) rename);
        if (name->path.count == 1 && is_whole && program_edit_schema(unit, use, spelling))
            edit_last(unit, text, spelling);
        else if (!rename->is_derived)
            edit_name(unit, text, name, spelling);
    }
}

/* from metrics.tasks import x, import metrics: a module, whatever it is called. */
static bool
is_of_module(Unit *unit, guint index)
{
    static const char *const words[] = {"import", "from",    "package", "using",
                                        "use",    "require", "library", NULL};
    return unit_piece(unit, index)->kind == PIECE_WORD && !unit->language->is_data &&
           unit_is_among(unit, unit_line_of(unit, index), words);
}

/* Does the program give the dataset's name elsewhere, as a string or a name of its own? In SQL it says nothing of other
 * strings. Where the program is more than this text, a word anywhere will do. */
static bool
is_given(Unit *unit, const char *name)
{
    size_t at;
    if (unit->text->from != NULL || unit->depth > 0)
        return program_has_word(unit->work, name);
    if (unit->asked == NULL)
        unit->asked = g_hash_table_new(g_str_hash, g_str_equal);
    void *known = g_hash_table_lookup(unit->asked, name);
    if (known != NULL)
        return GPOINTER_TO_INT(known) == 1;
    bool is_there = false;
    for (guint i = 0; i < unit->pieces->len && !is_there; i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        const char *bytes = unit->text->bytes + piece->begin;
        size_t count = piece->end - piece->begin;
        bool has_blank = memchr(bytes, ' ', count) != NULL || memchr(bytes, '\n', count) != NULL;
        is_there = (piece->kind == PIECE_WORD || piece->kind == PIECE_LITERAL) && !has_blank &&
                   find_word(bytes, count, name, &at) && !is_of_module(unit, i);
    }
    g_hash_table_insert(unit->asked, (void *) name, GINT_TO_POINTER(is_there ? 1 : 2));
    program_steps += unit->text->count;
    return is_there;
}

/* Whose name this is with fewer parts, project or dataset being given elsewhere; or NULL. An ordinary word is one only where
 * tables are named, or where the file names the rest; else `*ret_is_doubtful`. */
static const Rename *
tail_of(Unit *unit, const Use *use, const NameText *name, bool *ret_is_doubtful)
{
    const GPtrArray *list = unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            char **parts = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->source;
            guint length = g_strv_length(parts), count = name->path.count, same = 0;
            while (same < count && same < length &&
                   strcmp(parts[length - 1 - same], name->parts[count - 1 - same].text) == 0)
                same++;
            if (same != count || count >= length)
                continue;
            if (count > 1 || !is_ordinary(parts[length - 1]) || use_reads_table(unit, use) ||
                is_given(unit, parts[length - 2]))
                return rename;
            *ret_is_doubtful = true;
        }
    }
    return NULL;
}

/* relationship("order_lines"), `- explore: order_lines`: the dataset's last part, where libraries name other things. */
static bool
tail_is_other(Unit *unit, const Use *use, const NameText *name)
{
    bool is_doubtful = false;
    return use_names_other(unit, use) != NULL &&
           (tail_of(unit, use, name, &is_doubtful) != NULL || is_doubtful);
}

/* What the key's column is called, as in ForeignKey("users.id"); NULL: nobody says, or it is no key. */
static const char *
key_after(const Unit *unit, const Use *use, const Rename *rename, const SqlPart *part)
{
    const ColumnChange *change = use_is_foreign_key(unit, use)
                                     ? rename_column(rename, dialect_by_name("bigquery"), part)
                                     : NULL;
    if (change == NULL)
        return NULL;
    return change->kind == CHANGE_NONE   ? change->column
           : change->kind == CHANGE_NAME ? change->to
                                         : NULL;
}

/* "users.id" and "shop.orders.id" of a key, where the column gets another name, too. */
static void
edit_key(Unit *unit, const Text *text, const Spelling *spelling, const char *column)
{
    g_autofree char *table = g_strjoinv(".", spelling->target);
    g_autofree char *after = g_strconcat(table, ".", column, NULL), *written = NULL;
    Span span;
    if (!text_edit(text, 0, text->count, after, &span, &written)) {
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "escaped", NULL,
                       "this name is written with escapes, or put together: write it by hand");
        return;
    }
    Site *site = program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, 0, text->count);
    site->after = keep(unit->work, after);
    edit_add(unit->work, span.begin, span.end, written);
}

/* Is the table before the column said whole, or in one part where nothing else says what it is in? */
static bool
is_table_of_column(Unit *unit, const Use *use, const NameText *table, const Spelling *spelling)
{
    if (table->path.count == 1)
        return stays_in_place(spelling) && !use_is_apart(unit, use);
    return use_is_foreign_key(unit, use) && g_strv_length(spelling->source) == table->path.count &&
           g_strv_length(spelling->target) == table->path.count;
}

/* "users.id", where a query or a key of a table takes it: the table before the dot, and a key's column. */
static bool
before_column(Unit *unit, const Use *use, const Text *text, const NameText *name)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    NameText table = *name;
    table.path = (SqlPath){.parts = table.parts, .count = name->path.count - 1};
    if (name->path.count < 2 || name->has_colon || name->has_quotes ||
        !use_is_column_with_table(unit, use))
        return false;
    const Rename *rename = renames_find(unit->work->renames, dialect_by_name("bigquery"),
                                        &table.path, &spelling, &is_other);
    if (rename == NULL || rename->is_derived || !is_table_of_column(unit, use, &table, spelling))
        return false;
    const SqlPart *column = &name->parts[name->path.count - 1];
    const char *key = key_after(unit, use, rename, column);
    if (use_is_foreign_key(unit, use) && rename_changes_columns(rename))
        imports_tie_table(unit->work, rename,
                          text_span(unit->text, use->whole.begin, use->whole.end));
    if (key != NULL && rename_changes_columns(rename))
        edit_key(unit, text, spelling, key);
    else if (!rename_changes_columns(rename))
        edit_name(unit, text, &table, spelling);
    else if (use_is_foreign_key(unit, use))
        program_refuse(
            unit->work, text, SITE_TABLE, 0, text->count, "not-in-mapping", NULL,
            "the mapping does not say what the key's column is called in the new dataset");
    else
        return false;
    return true;
}

bool
program_name(Unit *unit, const Use *use, const Text *text)
{
    g_autofree char *buffer = g_malloc0(text->count + 1);
    const Spelling *spelling = NULL;
    bool is_other = false, is_doubtful = false;
    size_t alias = use_is_in_builder(unit, use) ? name_before_alias(text) : 0;
    NameText name;
    if (text->count > 1024 || (use->is_changed && !program_is_filled(unit, use, text)) ||
        use->is_bytes || use->is_docstring || use->is_message || text->is_unread ||
        !name_read(text, alias, buffer, &name))
        return false;
    const Dialect *dialect = name_dialect(unit, &name);
    const Rename *rename =
        renames_find(unit->work->renames, dialect, &name.path, &spelling, &is_other);
    if (alias > 0 && (rename == NULL || !is_built_from(unit, use, &name, rename)))
        return false;
    BesideAnswer beside = name.path.count == 1
                              ? program_beside(unit, use, name.parts[0].text, &rename, &spelling)
                              : BESIDE_UNKNOWN;
    if (beside == BESIDE_APART && (rename == NULL || use_has_prefix_beside(unit, use)))
        refuse_apart(unit, text);
    else if (beside == BESIDE_OTHER)
        explain(unit, text, DISPOSITION_UNAFFECTED, OTHER_DATASET);
    else if (rename != NULL)
        found(unit, use, text, &name, rename, spelling,
              beside == BESIDE_SAME || name.path.count > 1);
    else if (name.path.count == 1 && use_is_called_so(unit, use, name.parts[0].text))
        explain(unit, text, DISPOSITION_UNAFFECTED,
                "this is what it is called here: its whole name stands beside");
    else if (name.path.count == 1 && tail_is_other(unit, use, &name))
        explain(unit, text, DISPOSITION_UNAFFECTED, use_names_other(unit, use));
    else if ((rename = tail_of(unit, use, &name, &is_doubtful)) != NULL) {
        if (!is_said_as_before(unit, text, rename))
            refuse_apart(unit, text);
    } else if (is_doubtful)
        explain(unit, text, DISPOSITION_UNAFFECTED,
                "this is an ordinary word: nothing here names what the dataset is in");
    else if (name.path.count > 1 && renames_is_target(unit->work->renames, dialect, &name.path))
        explain(unit, text, DISPOSITION_ALREADY, NULL);
    else if (is_other && use_is_topic(unit, use, &name))
        program_refuse(unit->work, text, SITE_MENTION, 0, text->count, "in-string", NULL,
                       "changes of the dataset may come by this topic, which is called by it");
    else if (is_other)
        explain(unit, text, DISPOSITION_UNAFFECTED, OTHER_DATASET);
    else
        return before_column(unit, use, text, &name);
    return true;
}

/* Is a column left behind that goes by its new name nowhere? Else it may go by the old one again, behind
 * .withColumnRenamed(new, old) or the like. */
static bool
has_left_column(const Work *work, const Rename *rename)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (rename_leaves_behind(rename, change) && program_has_word(work, change->column) &&
            (change->to == NULL || !program_has_word(work, change->to)))
            return true;
    }
    return false;
}

void
program_name_of_target(Unit *unit, const Use *use, const Text *text)
{
    g_autofree char *buffer = g_malloc0(text->count + 1);
    NameText name;
    if (text->count > 1024 || use->is_changed || use->is_bytes || use->is_docstring ||
        use->is_message || text->is_unread || !name_read(text, 0, buffer, &name) ||
        !use_reads_table(unit, use))
        return;
    const Rename *rename =
        renames_of_target(unit->work->renames, name_dialect(unit, &name), &name.path);
    GHashTable *named = unit->work->named;
    if (rename != NULL && !rename->is_derived && !g_hash_table_contains(named, rename) &&
        has_left_column(unit->work, rename))
        g_hash_table_insert(named, (void *) rename, NULL);
}

const Rename *
program_name_after(Unit *unit, const Use *use, const Text *text, bool in_backticks, char **ret)
{
    g_autofree char *buffer = g_malloc0(text->count + 1);
    const Spelling *spelling = NULL;
    bool is_other = false;
    guint kept = 0;
    NameText name;
    if (text->count > 1024 || (use->is_changed && !program_is_filled(unit, use, text)) ||
        use->is_bytes || use->is_key || use_writes_table(unit, use) ||
        !name_read(text, 0, buffer, &name) ||
        (name.parts[0].begin > 0 && !in_backticks && !name.has_quotes))
        return NULL;
    const Rename *rename = renames_find(unit->work->renames, name_dialect(unit, &name), &name.path,
                                        &spelling, &is_other);
    if (rename == NULL)
        return NULL;
    if (name.path.count == 1 &&
        (!use_reads_table(unit, use) || use_is_apart(unit, use) || !stays_in_place(spelling)))
        return NULL;
    g_autofree char *after = new_name(unit, text, &name, spelling, &kept);
    if (after == NULL)
        return NULL;
    size_t end = name.parts[name.path.count - 1].end;
    *ret = g_strdup_printf("%.*s%s%.*s", (int) name.parts[kept].begin, text->bytes, after,
                           name.has_quotes ? (int) (text->count - end) : 0, text->bytes + end);
    return rename;
}

const Rename *
rename_of_last(const Renames *renames, const char *name, size_t bytes)
{
    if (!renames_may_end(renames, name, bytes))
        return NULL;
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const char *last = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last;
            if (bytes == strlen(last) && memcmp(name, last, bytes) == 0)
                return rename;
        }
    }
    return NULL;
}

const Rename *
program_name_means(Unit *unit, const Text *text)
{
    g_autofree char *buffer = g_malloc0(text->count + 1);
    const Spelling *spelling = NULL;
    bool is_other = false;
    NameText name;
    if (text->count > 1024 || text->is_unread || !name_read(text, 0, buffer, &name))
        return NULL;
    const Rename *rename = renames_find(unit->work->renames, dialect_by_name("bigquery"),
                                        &name.path, &spelling, &is_other);
    return rename == NULL && name.path.count == 1
               ? rename_of_last(unit->work->renames, name.parts[0].text, strlen(name.parts[0].text))
               : rename;
}
