/*
 * yaml_meta.c - `meta` of tables and columns: joins, dimensions and metrics, as Lightdash reads them, and what is for people.
 *
 * ${id} is a dimension of the table that the text is said of, ${users.id} one of a table that is joined, ${TABLE}.id its column. Each
 * documented column is a dimension, and nothing else of the table may be called so. SQL around the braces is not looked through.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

#include <string.h>

static const char in_meta[] =
    "what is written in `meta` is for other programs, and this one names a model or column that "
    "gets another name";

typedef struct {
    Work *work;
    const YamlNode *table;
    const Rename *rename; /* of the table, or NULL */
    bool is_of_metrics;   /* a metric of another table may be asked for there */
} Meta;

static const ColumnChange *
column_change(const Rename *rename, const char *column)
{
    const YamlNode name = {.kind = YAML_SCALAR, .text = column};
    return yaml_change_of(rename, &name);
}

/* ---- what else is declared ---- */

typedef bool MetaFn(const YamlNode *map, size_t index, const char *what);

/* Is there such a pair in what the node says, at any depth? */
static bool
has_pair(const YamlNode *node, MetaFn *is_it, const char *what)
{
    bool has = false;
    for (size_t i = 0; node->kind == YAML_LIST && !has && i < node->count; i++)
        has = has_pair(node->items[i], is_it, what);
    for (size_t i = 0; node->kind == YAML_MAP && !has && i < node->count; i++)
        has = is_it(node, i, what) || has_pair(node->items[2 * i + 1], is_it, what);
    return has;
}

static bool
is_key(const YamlNode *map, size_t index, const char *what)
{
    return g_strcmp0(map->items[2 * index]->text, what) == 0;
}

/* - { join: orders, alias: users } */
static bool
is_alias(const YamlNode *map, size_t index, const char *what)
{
    return is_key(map, index, "alias") && g_strcmp0(map->items[2 * index + 1]->text, what) == 0;
}

/* `dimension: { name: x }` of a column. */
static bool
names_dimension(const YamlNode *owner)
{
    const YamlNode *said =
                       owner != NULL && owner->kind == YAML_MAP ? yaml_get(owner, "meta") : NULL,
                   *dimension =
                       said != NULL && said->kind == YAML_MAP ? yaml_get(said, "dimension") : NULL;
    return dimension != NULL && dimension->kind == YAML_MAP && yaml_get(dimension, "name") != NULL;
}

/* Does a documented column of this name give its dimension no other one? */
static bool
is_dimension(const Meta *meta, const char *column)
{
    const YamlNode *columns = yaml_get(meta->table, "columns");
    for (size_t i = 0; columns != NULL && columns->kind == YAML_LIST && i < columns->count; i++) {
        const YamlNode *one = columns->items[i];
        if (one->kind == YAML_MAP && g_strcmp0(yaml_get_text(one, "name"), column) == 0)
            return !names_dimension(one) && !names_dimension(yaml_get(one, "config"));
    }
    return false;
}

/* ---- what stands in braces ---- */

typedef enum { NAME_STAYS, NAME_FOLLOWS, NAME_IS_UNCLEAR } NameFate;

/* created_month of the column `created`: one of the parts that a dimension of time has. */
static bool
is_part_of_time(const Rename *rename, const char *name)
{
    static const char *const parts[] = {"raw", "year", "quarter", "month",  "week",
                                        "day", "hour", "minute",  "second", "millisecond"};
    for (const char *at = name; (at = strchr(at, '_')) != NULL; at++) {
        g_autofree char *column = g_strndup(name, (gsize) (at - name));
        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
            if (g_str_has_prefix(at + 1, parts[i]) && column_change(rename, column) != NULL)
                return true;
    }
    return false;
}

static NameFate
fate_of(const Rename *rename, const char *name, bool is_sure)
{
    const ColumnChange *change = column_change(rename, name);
    if (change == NULL)
        return is_part_of_time(rename, name) ? NAME_IS_UNCLEAR : NAME_STAYS;
    bool is_plain = change->kind == CHANGE_NAME && !is_reserved_somewhere(change->to);
    return is_sure && is_plain && rename->dbt != NULL && !rename->dbt->is_source ? NAME_FOLLOWS
                                                                                 : NAME_IS_UNCLEAR;
}

static void
write_column(Work *work, const Rename *rename, const char *name, size_t at)
{
    g_autofree char *to = change_in_letters_of(column_change(rename, name), name);
    site_edit(work, SITE_COLUMN, at, at + strlen(name), to);
}

/* Does the model get another name, or this column of it (NULL: any)? */
static bool
model_changes(const Work *work, const char *model, const char *column)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const DbtRename *dbt = rename->dbt;
        if (dbt != NULL && !dbt->is_source && strcmp(dbt->from.name, model) == 0 &&
            (dbt_moves(dbt) || (column != NULL && (column_change(rename, column) != NULL ||
                                                   is_part_of_time(rename, column)))))
            return true;
    }
    return false;
}

static const Rename *
rename_of(const Meta *meta, const char *model)
{
    const DbtDoubt *doubt = NULL;
    const DbtCall call = {.is_understood = true, .count = 1, .names = {(char *) model}};
    const Rename *rename = dbt_find(meta->work, &call, &doubt);
    return rename != NULL && rename->dbt->from.version == NULL && rename->dbt->to.version == NULL
               ? rename
               : NULL;
}

/* ${users.id}: `at` is where it stands. */
static NameFate
visit_joined(const Meta *meta, const char *model, const char *name, size_t at, bool is_to_write)
{
    if (!model_changes(meta->work, model, name))
        return NAME_STAYS;
    const Rename *rename = rename_of(meta, model);
    if (rename == NULL || has_pair(meta->table, is_alias, model))
        return NAME_IS_UNCLEAR;
    NameFate fate = fate_of(rename, name, !meta->is_of_metrics);
    bool is_moved = strcmp(rename->dbt->from.name, rename->dbt->to.name) != 0;
    if (is_to_write && is_moved)
        site_edit(meta->work, SITE_TABLE, at, at + strlen(model), rename->dbt->to.name);
    if (is_to_write && fate == NAME_FOLLOWS)
        write_column(meta->work, rename, name, at + strlen(model) + 1);
    return fate == NAME_STAYS && is_moved ? NAME_FOLLOWS : fate;
}

/* What begins at `${` of the text and ends before `end`; `*ret_end`: behind all that belongs to it. */
static NameFate
visit_braces(const Meta *meta, const char *begin, const char *end, bool is_to_write,
             const char **ret_end)
{
    const char *close = memchr(begin, '}', (size_t) (end - begin));
    *ret_end = close != NULL ? close + 1 : end;
    if (close == NULL)
        return NAME_STAYS;
    size_t at = (size_t) (begin + 2 - meta->work->text);
    g_autofree char *inside = g_strndup(begin + 2, (gsize) (close - begin) - 2);
    char *dot = strchr(inside, '.');
    NameFate fate;
    if (strcmp(inside, "TABLE") == 0) {
        const char *name = close + 1 < end && close[1] == '.' ? close + 2 : end, *last = name;
        while (last < end && is_identifier_byte(*last))
            last++;
        g_autofree char *column = g_strndup(name, (gsize) (last - name));
        fate = fate_of(meta->rename, column, true);
        if (is_to_write && fate == NAME_FOLLOWS)
            write_column(meta->work, meta->rename, column, (size_t) (name - meta->work->text));
        *ret_end = last;
        return fate;
    }
    if (dot != NULL) {
        *dot = '\0';
        return visit_joined(meta, inside, dot + 1, at, is_to_write);
    }
    const ColumnChange *change = column_change(meta->rename, inside);
    bool is_sure =
        change != NULL && is_dimension(meta, inside) && !has_pair(meta->table, is_key, change->to);
    fate = fate_of(meta->rename, inside, is_sure);
    if (is_to_write && fate == NAME_FOLLOWS)
        write_column(meta->work, meta->rename, inside, at);
    return fate;
}

/* Goes over the scalar. What stands around the braces, but for texts, is put into `rest` (or NULL). */
static NameFate
visit_text(const Meta *meta, const YamlNode *node, bool is_to_write, GString *rest)
{
    NameFate all = NAME_STAYS;
    const char *at = meta->work->text + node->begin, *end = meta->work->text + node->end;
    while (at < end) {
        if (end - at > 2 && at[0] == '$' && at[1] == '{') {
            NameFate fate = visit_braces(meta, at, end, is_to_write, &at);
            all = MAX(all, fate);
            if (rest != NULL)
                g_string_append_c(rest, ' ');
            continue;
        }
        if (rest != NULL)
            g_string_append_c(rest, *at);
        at++;
    }
    return all;
}

/* ---- the whole ---- */

/* `sql: lower(id)`: a column without braces, outside of texts. */
static bool
names_column(const Rename *rename, GString *sql)
{
    bool is_text = false;
    for (size_t i = 0; i < sql->len; i++) {
        bool is_quote = sql->str[i] == '\'';
        is_text ^= is_quote;
        if (is_text && !is_quote)
            sql->str[i] = ' ';
    }
    return rename != NULL && yaml_names_change(rename, sql->str);
}

/* `meta: { key: id }`: nothing of dbt reads it, but a macro of one's own may. */
static void
tell_column(Work *work, const YamlNode *node, const Rename *rename)
{
    if (yaml_change_of(rename, node) == NULL || site_covers(work, node->begin, node->end))
        return;
    site_add(work, SITE_COLUMN, DISPOSITION_UNAFFECTED, node->begin, node->end)->reason =
        "this stands in `meta`, which dbt does not read: who does may mean the column that changes";
}

/* - join: users */
static void
visit_join(const Meta *meta, const YamlNode *node)
{
    const Rename *rename = rename_of(meta, node->text);
    if (rename != NULL && dbt_moves(rename->dbt))
        yaml_rename(meta->work, node, SITE_TABLE, rename->dbt->to.name);
    else if (model_changes(meta->work, node->text, NULL))
        yaml_refuse(meta->work, node, "language", NULL, in_meta);
}

static void
visit_scalar(const Meta *meta, const YamlNode *node, const char *key)
{
    if (node->text == NULL || site_covers(meta->work, node->begin, node->end))
        return;
    if (g_strcmp0(key, "join") == 0) {
        visit_join(meta, node);
        return;
    }
    bool is_sql = key != NULL && g_str_has_prefix(key, "sql");
    g_autoptr(GString) rest = is_sql ? g_string_new(NULL) : NULL;
    NameFate fate = visit_text(meta, node, false, rest);
    if (fate == NAME_IS_UNCLEAR || (is_sql && names_column(meta->rename, rest)))
        yaml_refuse(meta->work, node, "language", NULL, in_meta);
    else if (fate == NAME_FOLLOWS)
        visit_text(meta, node, true, NULL);
    else
        tell_column(meta->work, node, meta->rename);
}

static void
visit_node(const Meta *meta, const YamlNode *node, const char *key)
{
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        visit_node(meta, node->items[i], key);
    yaml_visit_elementary(meta->work, node, key, meta->rename);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        const char *name = node->items[2 * i]->text;
        Meta within = *meta;
        within.is_of_metrics |= g_strcmp0(name, "metrics") == 0;
        visit_node(&within, node->items[2 * i + 1], name);
    }
    if (node->kind == YAML_SCALAR)
        visit_scalar(meta, node, key);
}

/* Its own, and those of its columns. */
static void
visit_owner(const Meta *meta, const YamlNode *owner)
{
    const YamlNode *config = yaml_get(owner, "config"), *columns = yaml_get(owner, "columns");
    const YamlNode *said[] = {yaml_get(owner, "meta"), config != NULL && config->kind == YAML_MAP
                                                           ? yaml_get(config, "meta")
                                                           : NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
        if (said[i] != NULL)
            visit_node(meta, said[i], "");
    for (size_t i = 0; columns != NULL && columns->kind == YAML_LIST && i < columns->count; i++)
        if (columns->items[i]->kind == YAML_MAP)
            visit_owner(meta, columns->items[i]);
}

void
yaml_visit_meta(Work *work, const YamlNode *table, const Rename *rename)
{
    const Meta meta = {.work = work, .table = table, .rename = rename};
    visit_owner(&meta, table);
}
