/*
 * yaml_source.c - tables under `sources:` that are the dataset.
 *
 * A table that goes to another source: where all tables of the entry go to one and the same source that has none of them yet,
 * the entry is that source, and gets its name; else the lines of the table go there (yaml_move.c), or a person declares it.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

static const Rename *
rename_of_source(Work *work, const char *schema, const char *table)
{
    for (guint i = 0; schema != NULL && table != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt != NULL && rename->dbt->is_source &&
            strcmp(rename->dbt->from.name, table) == 0 &&
            g_strcmp0(rename->dbt->from.package, schema) == 0)
            return rename;
    }
    return NULL;
}

static bool
declares(const YamlNode *tables, const char *name)
{
    for (size_t i = 0; i < tables->count; i++)
        if (g_strcmp0(yaml_get_text(tables->items[i], "name"), name) == 0)
            return true;
    return false;
}

static const Dialect *
dialect_of(const Work *work)
{
    return work->options->dialect != NULL ? work->options->dialect : work->options->usual;
}

/* `USERS_V1` of a mapping's `users_v1`, where names are folded to capitals: the same table, whether dbt puts quotes around it or
 * not. */
static bool
is_in_capitals(const Work *work, const char *identifier, const char *name)
{
    const Dialect *dialect = dialect_of(work);
    g_autofree char *capitals = g_ascii_strup(name, -1);
    return dialect != NULL && !dialect->is_any && dialect->column_case == CASE_UPPER &&
           strcmp(capitals, identifier) == 0;
}

static bool
is_table(const Work *work, const char *identifier, const char *name)
{
    return strcmp(identifier, name) == 0 || is_in_capitals(work, identifier, name);
}

/* `identifier: users_v1`: the table's own name. */
static void
rename_identifier(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *node = yaml_get(table, "identifier");
    if (node != NULL && rename->dbt->identifier != NULL)
        yaml_rename(work, node, SITE_TABLE, rename->dbt->identifier);
    for (guint i = 0; node != NULL && node->kind == YAML_SCALAR && i < rename->spellings->len;
         i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        SqlPart part = {.text = (char *) node->text};
        const char *to = spelling->target[g_strv_length(spelling->target) - 1];
        if (is_table(work, node->text, spelling->last)) {
            g_autofree char *written =
                is_in_capitals(work, node->text, spelling->last)
                    ? name_in_letters(dialect_of(work), &part, spelling->last, to)
                    : g_strdup(to);
            yaml_rename(work, node, SITE_TABLE, written);
            return;
        }
    }
}

/* Does the mapping give the table another name; is `name` the old one, or the new one? */
static bool
is_called_otherwise(const Work *work, const Rename *rename, const char *name, bool *ret_is_known)
{
    bool is_renamed = false;
    *ret_is_known = rename->dbt->identifier != NULL;
    for (guint i = 0; i < rename->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        const char *to = spelling->target[g_strv_length(spelling->target) - 1];
        is_renamed |= strcmp(spelling->last, to) != 0;
        *ret_is_known |= is_table(work, name, spelling->last) || is_table(work, name, to);
    }
    return is_renamed;
}

/* `identifier: "{{ var('x', 'users') }}"`, `identifier: USR01`: by that name, it would still be the old table. */
static bool
keeps_table(Work *work, const YamlNode *table, const Rename *rename)
{
    const YamlNode *node = yaml_get(table, "identifier");
    bool is_known = false;
    if (node == NULL || node->kind != YAML_SCALAR ||
        !is_called_otherwise(work, rename, node->text, &is_known) || is_known)
        return false;
    site_refuse(work, SITE_TABLE, node->begin, node->end, "source-unknown", NULL,
                strstr(node->text, "{{") != NULL
                    ? "a template makes the table's own name: change what it gives"
                    : "this is the table's own name, of which the mapping says nothing: say what "
                      "the new table is called");
    return true;
}

/* A source of which each table is one of another source, as the mapping says. */
typedef struct {
    const char *name;             /* of that source; NULL: it is none */
    const char *schema, *project; /* where its tables are then; NULL: as before */
} Move;

void
yaml_refuse_move(Work *work, const YamlNode *name, const Rename *rename)
{
    site_refuse(work, SITE_TABLE, name->begin, name->end, "makes-source", NULL,
                "the new table belongs to the source '%s': declare it there",
                rename->dbt->to.package);
}

/* `goes`: into the source that it is of then, as it is or by its own lines. */
static void
visit_source_table(Work *work, const YamlNode *tables, const YamlNode *table, const Rename *rename,
                   bool goes)
{
    const YamlNode *name = yaml_get(table, "name");
    const DbtRename *dbt = rename->dbt;
    if (site_covers(work, table->begin, table->end)) {
        site_refuse(work, SITE_TABLE, name->begin, name->end, "source-unknown", NULL,
                    "two sources share these lines: write them out for each");
        return;
    }
    if (dbt->doubt != NULL) {
        dbt_tell(work, dbt->doubt, name->begin, name->end);
        yaml_visit_table(work, table, NULL);
        return;
    }
    bool is_same = strcmp(dbt->from.name, dbt->to.name) == 0;
    bool is_moved = g_strcmp0(dbt->from.package, dbt->to.package) != 0;
    if ((is_moved && dbt->is_there) || (!is_moved && !is_same && declares(tables, dbt->to.name))) {
        Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, name->begin, name->end);
        site->reason =
            is_moved ? "the new table is declared already" : "the new table is declared beside it";
        return;
    }
    if (is_moved && !goes) {
        yaml_refuse_move(work, name, rename);
        return;
    }
    if (keeps_table(work, table, rename))
        return;
    bool is_looked_for = rename->mapping == NULL && yaml_get(table, "identifier") == NULL;
    if (!is_same || is_looked_for)
        yaml_rename(work, name, SITE_TABLE, dbt->to.name);
    rename_identifier(work, table, rename);
    yaml_visit_table(work, table, rename);
    if (yaml_get(table, "config") != NULL && yaml_get(table, "config")->kind == YAML_MAP)
        yaml_visit_settings(work, yaml_get(table, "config"), rename);
}

/* ---- a source that is called otherwise as a whole ---- */

/* What the mapping says of a step of the dataset's name, counted from the end: `schema` 2, `project` 3. */
typedef struct {
    const char *from, *to; /* or NULL */
} Step;

static Step
step_of(const Rename *rename, guint from_end)
{
    const Spelling *spelling = g_ptr_array_index(rename->spellings, 0);
    guint have = g_strv_length(spelling->source), want = g_strv_length(spelling->target);
    return (Step){have >= from_end ? spelling->source[have - from_end] : NULL,
                  want >= from_end ? spelling->target[want - from_end] : NULL};
}

static const YamlNode *
said_of(const YamlNode *source, const char *key, const char *other)
{
    const YamlNode *node = yaml_get(source, key);
    return node != NULL ? node : yaml_get(source, other);
}

/* Can what the source says of this step be what the mapping says of it? `*ret_to`: what is written there, or NULL. */
static bool
can_step(const YamlNode *said, const Step *step, const char **ret_to)
{
    *ret_to = NULL;
    if (g_strcmp0(step->from, step->to) == 0)
        return true;
    if (said == NULL || said->kind != YAML_SCALAR || step->from == NULL || step->to == NULL ||
        strcmp(said->text, step->from) != 0)
        return false;
    *ret_to = step->to;
    return true;
}

/* Where nothing says the schema, it is called like the source. */
static bool
can_move_to(const YamlNode *source, const Rename *rename, Move *move)
{
    const YamlNode *schema = said_of(source, "schema", "dataset");
    const DbtRename *dbt = rename->dbt;
    Step of_schema = step_of(rename, 2), of_project = step_of(rename, 3);
    bool follows_name = g_strcmp0(of_schema.from, dbt->from.package) == 0 &&
                        g_strcmp0(of_schema.to, dbt->to.package) == 0;
    bool is_sure = schema != NULL ? can_step(schema, &of_schema, &move->schema) : follows_name;
    return is_sure && can_step(said_of(source, "database", "project"), &of_project, &move->project);
}

/* Does another dataset become the same table? */
static bool
is_shared(const Work *work, const Rename *rename)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *other = g_ptr_array_index(work->renames->list, i);
        if (other != rename && other->dbt != NULL && other->dbt->is_source &&
            g_strcmp0(other->dbt->to.package, rename->dbt->to.package) == 0 &&
            strcmp(other->dbt->to.name, rename->dbt->to.name) == 0)
            return true;
    }
    return false;
}

const Rename *
yaml_moved_table(Work *work, const YamlNode *source, const YamlNode *table)
{
    const Rename *rename =
        table->kind == YAML_MAP
            ? rename_of_source(work, yaml_get_text(source, "name"), yaml_get_text(table, "name"))
            : NULL;
    const DbtRename *dbt = rename != NULL ? rename->dbt : NULL;
    return dbt != NULL && dbt->doubt == NULL && !dbt->is_there && rename->spellings->len > 0 &&
                   dbt->to.package != NULL && strcmp(dbt->from.package, dbt->to.package) != 0 &&
                   !is_shared(work, rename)
               ? rename
               : NULL;
}

static bool
can_move(Work *work, const YamlNode *source, const YamlNode *table, Move *ret)
{
    const Rename *rename = yaml_moved_table(work, source, table);
    return rename != NULL && can_move_to(source, rename, ret) &&
           (ret->name = rename->dbt->to.package) != NULL;
}

/* No anchor gives it to others, and no alias takes it from others. */
static bool
is_own(const Work *work, const YamlNode *source, const YamlNode *node)
{
    return node->begin >= source->begin && node->end <= source->end &&
           work->text[node->begin] != '&';
}

/* What is written would be said of this source alone. */
static bool
is_alone(const Work *work, const YamlNode *source, const Move *move)
{
    const YamlNode *nodes[] = {yaml_get(source, "name"),
                               move->schema != NULL ? said_of(source, "schema", "dataset") : NULL,
                               move->project != NULL ? said_of(source, "database", "project")
                                                     : NULL};
    bool is_merged = strstr(work->text, "<<:") != NULL; /* perhaps into another source */
    for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++)
        if (nodes[i] != NULL && (!is_own(work, source, nodes[i]) || (i > 0 && is_merged)))
            return false;
    return true;
}

/* All tables of the entry go there, so that nothing of it is left under the name of before; `only` not NULL: but for those that go
 * to other sources than this one. */
static Move
move_of(Work *work, const YamlNode *source, const YamlNode *tables, const char *only)
{
    Move move = {0};
    if (yaml_get(source, "overrides") != NULL)
        return move;
    for (size_t i = 0; tables != NULL && tables->kind == YAML_LIST && i < tables->count; i++) {
        Move one = {0};
        bool can = can_move(work, source, tables->items[i], &one);
        if (can && only != NULL && strcmp(one.name, only) != 0)
            continue;
        if (!can || (move.name != NULL &&
                     (strcmp(move.name, one.name) != 0 || g_strcmp0(move.schema, one.schema) != 0 ||
                      g_strcmp0(move.project, one.project) != 0)))
            return (Move){0};
        move = one;
    }
    return move.name != NULL && is_alone(work, source, &move) ? move : (Move){0};
}

static void
rename_source(Work *work, const YamlNode *source, const Move *move)
{
    if (move->name != NULL)
        yaml_rename(work, yaml_get(source, "name"), SITE_TABLE, move->name);
    if (move->schema != NULL)
        yaml_rename(work, said_of(source, "schema", "dataset"), SITE_TABLE, move->schema);
    if (move->project != NULL)
        yaml_rename(work, said_of(source, "database", "project"), SITE_TABLE, move->project);
}

/* Where all tables go, and not all to one source, the entry is that of the first new one. */
static YamlMoves *
moves_of(Work *work, const YamlNode *sources, const YamlNode *source, const YamlNode *tables,
         Move *move)
{
    YamlMoves *moves = yaml_moves_new(work, sources, source);
    if (moves == NULL || !yaml_moves_all(moves))
        return moves;
    const char *name = yaml_moves_to_share(moves);
    *move = name != NULL ? move_of(work, source, tables, name) : (Move){0};
    if (move->name != NULL) {
        yaml_moves_leave(moves, move->name);
        return moves;
    }
    yaml_moves_free(moves);
    return NULL;
}

static void
visit_source(Work *work, const YamlNode *sources, const YamlNode *source)
{
    const YamlNode *tables = yaml_get(source, "tables");
    Move move = move_of(work, source, tables, NULL);
    YamlMoves *moves = move.name == NULL ? moves_of(work, sources, source, tables, &move) : NULL;
    rename_source(work, source, &move);
    for (size_t i = 0; tables != NULL && tables->kind == YAML_LIST && i < tables->count; i++) {
        const YamlNode *table = tables->items[i];
        const Rename *rename = table->kind == YAML_MAP
                                   ? rename_of_source(work, yaml_get_text(source, "name"),
                                                      yaml_get_text(table, "name"))
                                   : NULL;
        if (rename != NULL && rename->dbt->doubt == NULL)
            yaml_check_freshness(work, source, rename);
        if (rename != NULL)
            visit_source_table(work, tables, table, rename,
                               g_strcmp0(move.name, rename->dbt->to.package) == 0 ||
                                   yaml_moves_has(moves, table));
        else if (table->kind == YAML_MAP)
            yaml_visit_table(work, table, NULL);
    }
    if (moves != NULL)
        yaml_moves_finish(work, moves);
}

void
yaml_sources(Work *work, const YamlNode *sources)
{
    for (size_t i = 0; sources != NULL && sources->kind == YAML_LIST && i < sources->count; i++)
        if (sources->items[i]->kind == YAML_MAP)
            visit_source(work, sources, sources->items[i]);
}
