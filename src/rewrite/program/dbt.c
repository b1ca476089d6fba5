/*
 * dbt.c - models of dbt in Python: dbt.source("identity", "users_v1"), dbt.ref("users").
 *
 * The table's name is renamed as in SQL, where its columns stay. Where they change, the data frame has other names, and with them
 * what the model gives, of which nothing is known. Where the file asks for models by a variable, each text that is called like one may
 * be it.
 */
#include "rewrite/program/program.h"

#include <string.h>

/* The literal before the comma; NULL: something else stands there. */
static const Piece *
argument_before(const Unit *unit, const Use *use)
{
    guint comma = unit_previous(unit, use->first, true);
    if (comma == G_MAXUINT || !unit_is_sign(unit, comma, ','))
        return NULL;
    guint before = unit_previous(unit, comma, true);
    const Piece *piece = before != G_MAXUINT ? unit_piece(unit, before) : NULL;
    return piece != NULL && piece->kind == PIECE_LITERAL ? piece : NULL;
}

static bool
is_schema_of(const Unit *unit, const Rename *rename, const Piece *schema)
{
    return rename->dbt->from.package != NULL &&
           span_is(unit->text, (Span){schema->inner_begin, schema->inner_end},
                   rename->dbt->from.package);
}

/* `schema` NULL: ref() with one argument. */
static bool
is_table(const Unit *unit, const Rename *rename, const Piece *schema, const Text *text)
{
    const DbtRename *dbt = rename->dbt;
    if (dbt == NULL || rename->is_derived || dbt->doubt != NULL || dbt->from.version != NULL ||
        dbt->to.version != NULL ||
        (!dbt->is_source && g_strcmp0(dbt->from.package, dbt->to.package) != 0) ||
        text->count != strlen(dbt->from.name) ||
        memcmp(text->bytes, dbt->from.name, text->count) != 0)
        return false;
    if (schema == NULL)
        return !dbt->is_source && !dbt->needs_package;
    return is_schema_of(unit, rename, schema);
}

/* The mapping says which source the dataset is, by a table of this name. */
static bool
is_source_table(const Rename *rename, const Text *text)
{
    const DbtRename *dbt = rename->dbt;
    return dbt != NULL && dbt->is_source && dbt->doubt == NULL &&
           text->count == strlen(dbt->from.name) &&
           memcmp(text->bytes, dbt->from.name, text->count) == 0;
}

/* The source that the new table is of, where it is another one. False: it cannot stand in these quotes. */
static bool
edit_source(Unit *unit, const Piece *schema, const DbtRename *dbt)
{
    g_autofree char *written = NULL;
    Span span;
    if (g_strcmp0(dbt->from.package, dbt->to.package) == 0)
        return true;
    if (!text_edit(unit->text, schema->inner_begin, schema->inner_end, dbt->to.package, &span,
                   &written))
        return false;
    Site *site = program_site(unit->work, unit->text, SITE_TABLE, DISPOSITION_REWRITTEN,
                              schema->inner_begin, schema->inner_end);
    site->after = keep(unit->work, dbt->to.package);
    edit_add(unit->work, span.begin, span.end, written);
    return true;
}

/* `schema` NULL: ref() with one argument. */
static bool
edit(Unit *unit, const Piece *schema, const Text *text, const Rename *rename)
{
    const char *to = rename->dbt->to.name;
    g_autofree char *written = NULL;
    Span span;
    g_hash_table_add(unit->work->named, (void *) rename);
    if (rename_changes_columns(rename)) {
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "data-frame", NULL,
                       "columns of this table change, and what the model gives is not followed");
        return true;
    }
    if (!text_edit(text, 0, text->count, to, &span, &written) ||
        (rename->dbt->is_source && !edit_source(unit, schema, rename->dbt)))
        return false;
    Site *site = program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, 0, text->count);
    site->after = keep(unit->work, to);
    if (strcmp(rename->dbt->from.name, to) == 0)
        site->disposition = DISPOSITION_ALREADY;
    else
        edit_add(unit->work, span.begin, span.end, written);
    return true;
}

/* dbt.ref(name) */
static bool
asks_by_variable(const Unit *unit)
{
    static const char call[] = "dbt.ref(";
    for (const char *at = unit->text->bytes; (at = strstr(at, call)) != NULL;) {
        at += strlen(call);
        at += strspn(at, " \t\r\n");
        if (g_ascii_isalpha(*at) || *at == '_')
            return true;
    }
    return false;
}

static bool
may_be_asked_for(Unit *unit, const Text *text)
{
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        if (!is_table(unit, rename, NULL, text) || !asks_by_variable(unit))
            continue;
        program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "in-string", NULL,
                       "this may be the model: dbt.ref() gets a variable in this file");
        return true;
    }
    return false;
}

bool
program_dbt(Unit *unit, const Use *use, const Text *text)
{
    bool is_source = span_is(unit->text, use->callee, "source"),
         is_ref = span_is(unit->text, use->callee, "ref");
    if (!is_source && !is_ref)
        return may_be_asked_for(unit, text);
    if ((!is_source && !is_ref) || !span_is(unit->text, use->receiver, "dbt") ||
        use->argument != (is_source ? 1 : use->argument > 0) || use->key.end != 0 ||
        use->is_changed || use->has_operand_before || use->is_format)
        return false;
    const Piece *schema = use->argument == 1 ? argument_before(unit, use) : NULL;
    if (use->argument == 1 && schema == NULL)
        return false;
    bool is_called_so = false;
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        if (is_table(unit, rename, schema, text) && rename->dbt->is_source == is_source)
            return edit(unit, schema, text, rename);
        is_called_so |=
            is_source && is_source_table(rename, text) && !is_schema_of(unit, rename, schema);
    }
    if (!is_called_so)
        return false;
    Site *site = program_site(unit->work, text, SITE_TABLE, DISPOSITION_UNAFFECTED, 0, text->count);
    site->reason = "this is a table of another source";
    return true;
}
