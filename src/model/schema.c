/*
 * schema.c - what a dataset looks like, as a value: made, copied, written as JSON, compared.
 *
 * A fingerprint is the digest of the JSON form, so that two schemas have the same fingerprint
 * exactly when schema_differences() finds nothing.
 */
#include "model/along.h"

#include <string.h>

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "bool",           [TYPE_INT] = "int",     [TYPE_FLOAT] = "float",
    [TYPE_DECIMAL] = "decimal",     [TYPE_TEXT] = "text",   [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "timestamp", [TYPE_BYTES] = "bytes",
};

const char *
column_type_name(ColumnType type)
{
    return type_names[type];
}

bool
column_type_from_name(const char *name, ColumnType *ret)
{
    for (ColumnType type = 0; type < TYPE_COUNT; type++) {
        if (strcmp(type_names[type], name) == 0) {
            *ret = type;
            return true;
        }
    }
    return false;
}

static void
column_free(void *data)
{
    Column *column = data;
    g_free(column->name);
    g_free(column->declared);
    g_free(column->own);
    g_free(column);
}

static void
dependent_free(void *data)
{
    Dependent *dependent = data;
    g_free(dependent->name);
    g_free(dependent->kind);
    g_free(dependent->definition);
    g_clear_pointer(&dependent->columns, g_ptr_array_unref);
    g_free(dependent->own);
    g_clear_pointer(&dependent->own_columns, g_ptr_array_unref);
    g_clear_pointer(&dependent->own_from, g_ptr_array_unref);
    g_free(dependent->own_name);
    g_free(dependent);
}

Schema *
schema_new(const char *dataset)
{
    Schema *schema = g_new0(Schema, 1);
    schema->dataset = g_strdup(dataset);
    schema->columns = g_ptr_array_new_with_free_func(column_free);
    schema->key = g_ptr_array_new_with_free_func(g_free);
    schema->dependents = g_ptr_array_new_with_free_func(dependent_free);
    return schema;
}

void
schema_free(Schema *schema)
{
    if (schema == NULL)
        return;
    g_free(schema->dataset);
    g_ptr_array_unref(schema->columns);
    g_ptr_array_unref(schema->key);
    g_ptr_array_unref(schema->dependents);
    g_free(schema);
}

static void *
copy_text(const void *text, void *data)
{
    return g_strdup(text);
}

static GPtrArray *
copy_texts(const GPtrArray *texts)
{
    return texts != NULL ? g_ptr_array_copy((GPtrArray *) texts, copy_text, NULL) : NULL;
}

Schema *
schema_copy(const Schema *schema)
{
    Schema *copy = schema_new(schema->dataset);
    copy->is_table = schema->is_table;
    copy->rows_looked = schema->rows_looked;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *from = schema_column(schema, i);
        Column *to = schema_add(copy, from->name, from->type, from->declared, from->is_nullable);
        to->has_default = from->has_default;
        to->is_generated = from->is_generated;
        to->is_rowid = from->is_rowid;
        to->takes_odd = from->takes_odd;
        column_take_own(to, from);
    }
    for (guint i = 0; i < schema->key->len; i++)
        schema_add_key(copy, schema->key->pdata[i]);
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *from = schema->dependents->pdata[i];
        Dependent *to = schema_add_dependent(copy, from->kind, from->name, from->definition);
        to->columns = copy_texts(from->columns);
        to->own = g_strdup(from->own);
        to->own_columns = copy_texts(from->own_columns);
        to->own_from = copy_texts(from->own_from);
        to->own_name = g_strdup(from->own_name);
    }
    return copy;
}

Schema *
schema_as_values(const Schema *schema)
{
    Schema *copy = schema_copy(schema);
    for (guint i = 0; i < copy->columns->len; i++)
        ((Column *) copy->columns->pdata[i])->is_generated = false;
    along_take(copy, schema, along_same_name, NULL);
    return copy;
}

Column *
schema_add(Schema *schema, const char *name, ColumnType type, const char *declared,
           bool is_nullable)
{
    Column *column = g_new0(Column, 1);
    column->name = g_strdup(name);
    column->type = type;
    column->declared = g_strdup(declared != NULL ? declared : "");
    column->is_nullable = is_nullable;
    g_ptr_array_add(schema->columns, column);
    return column;
}

void
column_take_own(Column *column, const Column *like)
{
    g_free(column->own);
    column->own = g_strdup(like->own);
}

void
schema_add_key(Schema *schema, const char *column)
{
    g_ptr_array_add(schema->key, g_strdup(column));
}

bool
schema_is_key(const Schema *schema, const char *column)
{
    for (guint i = 0; i < schema->key->len; i++)
        if (strcmp(schema->key->pdata[i], column) == 0)
            return true;
    return false;
}

static int
dependent_order(const Dependent *a, const char *kind, const char *name)
{
    int order = strcmp(a->kind, kind);
    return order != 0 ? order : strcmp(a->name, name);
}

Dependent *
schema_add_dependent(Schema *schema, const char *kind, const char *name, const char *definition)
{
    Dependent *dependent = g_new0(Dependent, 1);
    dependent->kind = g_strdup(kind);
    dependent->name = g_strdup(name);
    dependent->definition = g_strdup(definition != NULL ? definition : "");
    guint at = 0;
    while (at < schema->dependents->len &&
           dependent_order(schema->dependents->pdata[at], kind, name) <= 0)
        at++;
    g_ptr_array_insert(schema->dependents, (int) at, dependent);
    return dependent;
}

void
dependent_set_columns(Dependent *dependent, GPtrArray *columns)
{
    g_clear_pointer(&dependent->columns, g_ptr_array_unref);
    dependent->columns = columns;
}

void
dependent_set_own(Dependent *dependent, char *own, GPtrArray *columns)
{
    g_free(dependent->own);
    dependent->own = own;
    g_clear_pointer(&dependent->own_columns, g_ptr_array_unref);
    dependent->own_columns = columns;
}

bool
schema_has_dependent(const Schema *schema, const char *kind)
{
    for (guint i = 0; i < schema->dependents->len; i++)
        if (strcmp(((const Dependent *) schema->dependents->pdata[i])->kind, kind) == 0)
            return true;
    return false;
}

void
schema_drop_dependents(Schema *schema, const char *kind)
{
    for (guint i = schema->dependents->len; i-- > 0;)
        if (strcmp(((const Dependent *) schema->dependents->pdata[i])->kind, kind) == 0)
            g_ptr_array_remove_index(schema->dependents, i);
}

size_t
schema_count(const Schema *schema)
{
    return schema->columns->len;
}

const Column *
schema_column(const Schema *schema, size_t index)
{
    g_assert(index < schema->columns->len);
    return schema->columns->pdata[index];
}

const Column *
schema_find(const Schema *schema, const char *name, size_t *ret_index)
{
    for (guint i = 0; i < schema->columns->len; i++) {
        const Column *column = schema->columns->pdata[i];
        if (strcmp(column->name, name) != 0)
            continue;
        if (ret_index != NULL)
            *ret_index = i;
        return column;
    }
    return NULL;
}

/* --- JSON --- */

static json_t *
column_to_json(const Column *column)
{
    json_t *json = json_object();
    json_set_string(json, "name", column->name);
    json_set_string(json, "type", column_type_name(column->type));
    json_set_string(json, "declared", column->declared);
    if (column->own != NULL)
        json_set_string(json, "own", column->own);
    json_set_bool(json, "nullable", column->is_nullable);
    json_set_bool(json, "default", column->has_default);
    json_set_bool(json, "generated", column->is_generated);
    if (column->is_rowid)
        json_set_bool(json, "rowid", true);
    return json;
}

static json_t *
texts_to_json(const GPtrArray *texts)
{
    json_t *list = json_array();
    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(list, json_string(texts->pdata[i]));
    return list;
}

json_t *
schema_to_json(const Schema *schema)
{
    json_t *json = json_object();
    json_t *columns = json_array(), *dependents = json_array();
    json_set_string(json, "dataset", schema->dataset);
    if (schema->is_table)
        json_set_bool(json, "table", true);
    for (size_t i = 0; i < schema_count(schema); i++)
        json_array_append_new(columns, column_to_json(schema_column(schema, i)));
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        json_t *item = json_object();
        json_set_string(item, "kind", dependent->kind);
        json_set_string(item, "name", dependent->name);
        json_set_string(item, "definition", dependent->definition);
        if (dependent->columns != NULL)
            json_object_set_new(item, "columns", texts_to_json(dependent->columns));
        if (dependent->own != NULL) {
            json_set_string(item, "own", dependent->own);
            json_object_set_new(item, "own_columns", texts_to_json(dependent->own_columns));
        }
        json_array_append_new(dependents, item);
    }
    json_object_set_new(json, "columns", columns);
    json_object_set_new(json, "key", texts_to_json(schema->key));
    json_object_set_new(json, "dependents", dependents);
    return json;
}

static bool
columns_from_json(Schema *schema, const json_t *columns, GError **error)
{
    size_t i;
    json_t *item;
    json_array_foreach(columns, i, item)
    {
        g_autofree char *what = g_strdup_printf("schema.columns[%zu]", i);
        const char *name = NULL, *type_name = NULL;
        ColumnType type;
        if (!json_need_string(item, "name", what, &name, error) ||
            !json_need_string(item, "type", what, &type_name, error))
            return false;
        if (!column_type_from_name(type_name, &type))
            return fail(error, ERR_INVALID, "%s.type: unknown type '%s'", what, type_name);
        if (schema_find(schema, name, NULL) != NULL)
            return fail(error, ERR_INVALID, "%s.name: column '%s' is there twice", what, name);
        Column *column = schema_add(schema, name, type, json_get_string(item, "declared", ""),
                                    json_get_bool(item, "nullable", true));
        column->own = g_strdup(json_get_string(item, "own", NULL));
        column->has_default = json_get_bool(item, "default", false);
        column->is_generated = json_get_bool(item, "generated", false);
        column->is_rowid = json_get_bool(item, "rowid", false);
    }
    return true;
}

static bool
key_from_json(Schema *schema, const json_t *key, GError **error)
{
    size_t i;
    json_t *item;
    json_array_foreach(key, i, item)
    {
        const char *name = json_string_value(item);
        if (name == NULL || schema_find(schema, name, NULL) == NULL)
            return fail(error, ERR_INVALID, "schema.key[%zu]: '%s' is no column", i,
                        name != NULL ? name : "");
        schema_add_key(schema, name);
    }
    return true;
}

/* NULL: there are none. */
static GPtrArray *
texts_of(const json_t *list)
{
    size_t i;
    json_t *item;
    if (!json_is_array(list))
        return NULL;
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    json_array_foreach(list, i, item) if (json_is_string(item))
        g_ptr_array_add(texts, g_strdup(json_string_value(item)));
    return texts;
}

static bool
dependents_from_json(Schema *schema, const json_t *dependents, GError **error)
{
    size_t i;
    json_t *item;
    json_array_foreach(dependents, i, item)
    {
        g_autofree char *what = g_strdup_printf("schema.dependents[%zu]", i);
        const char *kind = NULL, *name = NULL;
        if (!json_need_string(item, "kind", what, &kind, error) ||
            !json_need_string(item, "name", what, &name, error))
            return false;
        Dependent *dependent =
            schema_add_dependent(schema, kind, name, json_get_string(item, "definition", ""));
        dependent->columns = texts_of(json_object_get(item, "columns"));
        const char *own = json_get_string(item, "own", NULL);
        if (own != NULL && json_is_array(json_object_get(item, "own_columns")))
            dependent_set_own(dependent, g_strdup(own),
                              texts_of(json_object_get(item, "own_columns")));
    }
    return true;
}

bool
schema_from_json(const json_t *json, Schema **ret, GError **error)
{
    const char *dataset = NULL;
    json_t *columns = NULL;
    if (!json_need_string(json, "dataset", "schema", &dataset, error) ||
        !json_need_array(json, "columns", "schema", &columns, error))
        return false;
    g_autoptr(Schema) schema = schema_new(dataset);
    schema->is_table = json_get_bool(json, "table", false);
    if (!columns_from_json(schema, columns, error) ||
        !key_from_json(schema, json_object_get(json, "key"), error) ||
        !dependents_from_json(schema, json_object_get(json, "dependents"), error))
        return false;
    *ret = g_steal_pointer(&schema);
    return true;
}

char *
schema_fingerprint(const Schema *schema)
{
    g_autoptr(json_t) json = schema_to_json(schema);
    g_autoptr(GError) error = NULL;
    char *digest = NULL;
    size_t i;
    json_t *column;
    json_array_foreach(json_object_get(json, "columns"), i, column) json_object_del(column, "own");
    json_array_foreach(json_object_get(json, "dependents"), i, column)
    {
        json_object_del(column, "columns");
        json_object_del(column, "own");
        json_object_del(column, "own_columns");
    }
    bool made = json_digest(json, &digest, &error);
    g_assert(made); /* strings and truths alone always have a canonical form */
    return digest;
}

/* --- differences --- */

static void say(GPtrArray *to, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(GPtrArray *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(to, g_strdup_vprintf(format, args));
    va_end(args);
}

static void
column_differences(const Column *before, const Column *now, GPtrArray *to)
{
    if (before->type != now->type)
        say(to, "column '%s' was %s, is %s", now->name, column_type_name(before->type),
            column_type_name(now->type));
    else if (strcmp(before->declared, now->declared) != 0)
        say(to, "column '%s' was declared '%s', is '%s'", now->name, before->declared,
            now->declared);
    if (before->is_nullable != now->is_nullable)
        say(to, "column '%s' %s", now->name,
            now->is_nullable ? "may now be NULL" : "may not be NULL any more");
    if (before->has_default != now->has_default)
        say(to, "column '%s' %s", now->name,
            now->has_default ? "has a default now" : "has no default any more");
    if (before->is_generated != now->is_generated)
        say(to, "column '%s' %s", now->name,
            now->is_generated ? "is generated now" : "is not generated any more");
    if (before->is_rowid != now->is_rowid)
        say(to, "column '%s' %s", now->name,
            now->is_rowid ? "is the rowid now" : "is not the rowid any more");
}

static char *
key_text(const Schema *schema)
{
    if (schema->key->len == 0)
        return g_strdup("none");
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < schema->key->len; i++)
        g_string_append_printf(text, "%s'%s'", i > 0 ? ", " : "",
                               (const char *) schema->key->pdata[i]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static const Dependent *
dependent_find(const Schema *schema, const Dependent *like)
{
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        if (dependent_order(dependent, like->kind, like->name) == 0)
            return dependent;
    }
    return NULL;
}

static void
dependent_differences(const Schema *before, const Schema *now, GPtrArray *to)
{
    for (guint i = 0; i < before->dependents->len; i++) {
        const Dependent *was = before->dependents->pdata[i];
        const Dependent *is = dependent_find(now, was);
        if (is == NULL)
            say(to, "%s '%s' is gone", was->kind, was->name);
        else if (strcmp(was->definition, is->definition) != 0)
            say(to, "%s '%s' has another definition", was->kind, was->name);
    }
    for (guint i = 0; i < now->dependents->len; i++) {
        const Dependent *is = now->dependents->pdata[i];
        if (dependent_find(before, is) == NULL)
            say(to, "%s '%s' is new", is->kind, is->name);
    }
}

/* Do the columns that both have stand in another order? */
static bool
order_differs(const Schema *before, const Schema *now)
{
    size_t at = 0, next = 0;
    for (size_t i = 0; i < schema_count(before); i++) {
        if (schema_find(now, schema_column(before, i)->name, &at) == NULL)
            continue;
        if (at < next)
            return true;
        next = at;
    }
    return false;
}

GPtrArray *
schema_differences(const Schema *before, const Schema *now)
{
    GPtrArray *to = g_ptr_array_new_with_free_func(g_free);
    if (strcmp(before->dataset, now->dataset) != 0)
        say(to, "dataset was '%s', is '%s'", before->dataset, now->dataset);
    if (before->is_table != now->is_table)
        say(to, "%s", now->is_table ? "it is a table now" : "it is not a table any more");
    for (size_t i = 0; i < schema_count(before); i++) {
        const Column *was = schema_column(before, i);
        const Column *is = schema_find(now, was->name, NULL);
        if (is == NULL)
            say(to, "column '%s' is gone", was->name);
        else
            column_differences(was, is, to);
    }
    for (size_t i = 0; i < schema_count(now); i++) {
        const Column *is = schema_column(now, i);
        if (schema_find(before, is->name, NULL) == NULL)
            say(to, "column '%s' (%s) is new", is->name, column_type_name(is->type));
    }
    if (order_differs(before, now))
        say(to, "columns stand in another order");
    g_autofree char *key_before = key_text(before), *key_now = key_text(now);
    if (strcmp(key_before, key_now) != 0)
        say(to, "the key was %s, is %s", key_before, key_now);
    dependent_differences(before, now, to);
    return to;
}
