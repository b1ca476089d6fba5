/* generated_tables.c - see generated_tables.h. */
#include "change/generated_tables.h"

#include <string.h>

#define LITERALS_MAX 40 /* of one column: a list in a query may be long */

#define KEYS_POINTED_AT 24

typedef struct {
    const GeneratedSpec *spec;
    const char *source;
    const Sql *sql;
    GPtrArray *tables;
} Maker;

static void
column_free(void *data)
{
    MadeColumn *column = data;
    g_free(column->name);
    g_ptr_array_unref(column->values);
    g_free(column);
}

static void
table_free(void *data)
{
    MadeTable *table = data;
    g_free(table->name);
    g_ptr_array_unref(table->columns);
    g_free(table);
}

/* ---- tables and columns ---- */

static MadeTable *
table_called(Maker *maker, const char *name)
{
    for (guint i = 0; i < maker->tables->len; i++) {
        MadeTable *table = maker->tables->pdata[i];
        if (g_ascii_strcasecmp(table->name, name) == 0)
            return table;
    }
    MadeTable *table = g_new0(MadeTable, 1);
    table->name = g_strdup(name);
    table->columns = g_ptr_array_new_with_free_func(column_free);
    g_ptr_array_add(maker->tables, table);
    return table;
}

static MadeColumn *
column_called(MadeTable *table, const char *name)
{
    for (guint i = 0; i < table->columns->len; i++) {
        MadeColumn *column = table->columns->pdata[i];
        if (g_ascii_strcasecmp(column->name, name) == 0)
            return column;
    }
    MadeColumn *column = g_new0(MadeColumn, 1);
    *column = (MadeColumn){.name = g_strdup(name),
                           .type = TYPE_INT,
                           .may_be_null = true,
                           .values = g_ptr_array_new_with_free_func(g_free)};
    g_ptr_array_add(table->columns, column);
    return column;
}

static void
set_type(MadeColumn *column, ColumnType type)
{
    column->type = type;
    column->is_typed = true;
}

/* STRING, varchar(20), BIGINT, as people write them in a schema file. */
static bool
type_of_word(const char *word, ColumnType *ret)
{
    static const struct {
        const char *part;
        ColumnType type;
    } parts[] = {{"int", TYPE_INT},        {"char", TYPE_TEXT},   {"str", TYPE_TEXT},
                 {"time", TYPE_TIMESTAMP}, {"date", TYPE_DATE},   {"bool", TYPE_BOOL},
                 {"num", TYPE_DECIMAL},    {"dec", TYPE_DECIMAL}, {"real", TYPE_FLOAT},
                 {"float", TYPE_FLOAT},    {"double", TYPE_FLOAT}};
    g_autofree char *small = g_ascii_strdown(word, -1);
    if (column_type_from_name(small, ret))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(small, parts[i].part) != NULL) {
            *ret = parts[i].type;
            return true;
        }
    return false;
}

static void
add_schema_file(Maker *maker, const SqlSource *source, MadeTable *table)
{
    const GeneratedSpec *spec = maker->spec;
    bool is_open = false;
    const char *const *names =
        spec->columns != NULL ? spec->columns(source, &is_open, spec->columns_data) : NULL;
    const char *const *types = names != NULL && spec->types != NULL
                                   ? spec->types(source, &is_open, spec->columns_data)
                                   : NULL;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        MadeColumn *column = column_called(table, names[i]);
        ColumnType type;
        if (types != NULL && !column->is_typed && type_of_word(types[i], &type))
            set_type(column, type);
    }
}

static void
add_schema(MadeTable *table, const Schema *schema)
{
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *known = schema_column(schema, i);
        MadeColumn *column = column_called(table, known->name);
        set_type(column, known->type);
        column->may_be_null = known->is_nullable;
    }
    if (schema->key->len == 1) {
        MadeColumn *key = column_called(table, schema->key->pdata[0]);
        key->is_key = true;
        key->may_be_null = false;
    }
}

/* 'it''s' */
static char *
quoted(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *inside = g_strjoinv("''", parts);
    return g_strdup_printf("'%s'", inside);
}

static bool
is_numeric(ColumnType type)
{
    return type == TYPE_INT || type == TYPE_FLOAT || type == TYPE_BOOL || type == TYPE_DECIMAL;
}

static void
add_value(MadeColumn *column, char *take_literal)
{
    for (guint i = 0; i < column->values->len; i++)
        if (strcmp(column->values->pdata[i], take_literal) == 0) {
            g_free(take_literal);
            return;
        }
    g_ptr_array_add(column->values, take_literal);
}

static void
add_mapped(const GeneratedSpec *spec, MadeColumn *column)
{
    Samples samples;
    mapping_samples(spec->mapping, column->name, &samples);
    g_autoptr(GPtrArray) texts = samples.texts;
    if (!column->is_typed && samples.is_text)
        column->type = TYPE_TEXT;
    bool is_number = is_numeric(column->type);
    for (guint i = 0; i < texts->len; i++)
        add_value(column, is_number ? g_strdup(texts->pdata[i]) : quoted(texts->pdata[i]));
    column->is_closed = samples.are_all;
    column->is_part = samples.is_part;
    if (spec->schema == NULL && (samples.is_converted || samples.is_part))
        column->may_be_null =
            false; /* nobody says that there are any, and what they become may not be said either */
}

/* Each value once where the target's key comes from. */
static void
add_mapped_key(const GeneratedSpec *spec, MadeTable *table, const ColumnChange *change)
{
    const GPtrArray *key = mapping_key(spec->mapping);
    const char *to = change->to != NULL ? change->to : change->column;
    if (key->len != 1 || strcmp(key->pdata[0], to) != 0 ||
        (change->kind != CHANGE_NAME && change->kind != CHANGE_NONE))
        return;
    MadeColumn *column = column_called(table, change->column);
    column->is_key = true;
    column->may_be_null = false;
}

/* Columns that only stand in the SQL of the mapping. */
static void
add_named_in(MadeTable *table, const char *expression, const Dialect *dialect)
{
    g_autofree char *text = g_strconcat("SELECT ", expression, NULL);
    g_autoptr(Sql) sql = sql_new(text, strlen(text), dialect, 0);
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = sql->blocks->pdata[b];
        for (guint i = 0; i < block->refs->len; i++)
            column_called(table, ((const SqlRef *) block->refs->pdata[i])->path.parts[0].text);
    }
}

static void
add_moving(Maker *maker)
{
    const GeneratedSpec *spec = maker->spec;
    MadeTable *table = table_called(maker, maker->source);
    g_autoptr(GPtrArray) changes = mapping_changes(spec->mapping);
    g_autoptr(GPtrArray) expressions = mapping_expressions(spec->mapping);
    if (spec->schema != NULL)
        add_schema(table, spec->schema);
    for (guint i = 0; spec->schema == NULL && i < expressions->len; i++)
        add_named_in(table, expressions->pdata[i], maker->sql->dialect);
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = changes->pdata[i];
        if (strchr(change->column, '.') != NULL)
            continue; /* a field, which SQLite does not have */
        MadeColumn *column = column_called(table, change->column);
        add_mapped(spec, column);
        add_mapped_key(spec, table, change);
    }
}

/* ---- what queries compare a column with ---- */

static const Token *
at(const Maker *maker, uint32_t index)
{
    const GArray *tokens = maker->sql->tokens;
    return &g_array_index(tokens, Token, MIN(index, tokens->len - 1));
}

static bool
says(const Maker *maker, uint32_t index, const char *text)
{
    const Token *token = at(maker, index);
    size_t bytes = strlen(text);
    return token->end - token->begin == bytes &&
           g_ascii_strncasecmp(maker->sql->list->text + token->begin, text, bytes) == 0;
}

static bool
is_comparison(const Maker *maker, uint32_t index)
{
    static const char *const signs[] = {"=", "==", "<", ">", "<=", ">=", "<>", "!=", "IS"};
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (says(maker, index, signs[i]))
            return true;
    return false;
}

/* A literal, and its neighbours where it is a number. */
static void
take_literal(const Maker *maker, MadeColumn *column, uint32_t index)
{
    const Token *token = at(maker, index);
    bool is_text = token->kind == TOKEN_STRING, is_number = token->kind == TOKEN_NUMBER;
    if ((!is_text && !is_number) || column->values->len >= LITERALS_MAX || column->is_closed)
        return;
    if (!column->is_typed && column->values->len == 0)
        column->type = is_text ? TYPE_TEXT : TYPE_INT;
    g_autofree char *text =
        g_strndup(maker->sql->list->text + token->begin, token->end - token->begin);
    for (char *c = text; is_text && *c != '\0'; c++)
        *c = *c == '%' || *c == '_' ? 'x' : *c; /* LIKE */
    add_value(column, g_strdup(text));
    if (is_number && column->type != TYPE_BOOL) {
        add_value(column, g_strdup_printf("%s + 1", text));
        add_value(column, g_strdup_printf("%s - 1", text));
    }
}

static MadeColumn *
column_of(Maker *maker, const SqlRef *ref)
{
    const SqlSource *source = ref->source;
    if (source == NULL || source->kind != SOURCE_TABLE || source->path.count != 1 ||
        (ref->binding != BINDING_COLUMN && ref->binding != BINDING_UNDECIDED))
        return NULL;
    const char *name = ref->path.parts[ref->column].text;
    if (g_ascii_strcasecmp(name, "rowid") == 0)
        return NULL;
    return column_called(table_called(maker, source->path.parts[0].text), name);
}

/* a IN (SELECT b …): both get the values of both. */
static void
take_subquery(Maker *maker, MadeColumn *column, uint32_t first)
{
    for (guint b = 0; b < maker->sql->blocks->len; b++) {
        const SqlBlock *block = maker->sql->blocks->pdata[b];
        const SqlItem *item =
            block->first == first && block->items->len == 1 ? block->items->pdata[0] : NULL;
        MadeColumn *inner =
            item != NULL && item->plain != NULL ? column_of(maker, item->plain) : NULL;
        if (inner != NULL && inner != column)
            column->joined = inner;
    }
}

/* a = 1, 1 < a, a IN (1, 2), a BETWEEN 1 AND 2, a LIKE 'x%'; lower(a) = 'x' is near enough. */
static void
take_literals(Maker *maker, MadeColumn *column, const SqlRef *ref)
{
    uint32_t first = ref->path.parts[0].token,
             next = ref->path.parts[ref->path.count - 1].token + 1;
    while (at(maker, next)->kind == TOKEN_CLOSE)
        next++;
    if (says(maker, next, "NOT"))
        next++;
    if (says(maker, next, "IS") && says(maker, next + 1, "NULL") && column->may_be_null)
        add_value(column, g_strdup("NULL"));
    else if (is_comparison(maker, next) || says(maker, next, "LIKE"))
        take_literal(maker, column, next + 1);
    if (says(maker, next, "BETWEEN") && says(maker, next + 2, "AND")) {
        take_literal(maker, column, next + 1);
        take_literal(maker, column, next + 3);
    }
    bool is_list = says(maker, next, "IN") && at(maker, next + 1)->kind == TOKEN_OPEN;
    if (is_list && says(maker, next + 2, "SELECT"))
        take_subquery(maker, column, next + 2);
    else if (is_list)
        for (uint32_t i = next + 2; i < at(maker, next + 1)->match; i++)
            take_literal(maker, column, i);
    if (first >= 2 && is_comparison(maker, first - 1))
        take_literal(maker, column, first - 2);
}

/* a.x = b.y: both get the values of both. */
static void
take_join(Maker *maker, const SqlRef *before, const SqlRef *ref)
{
    uint32_t end = before->path.parts[before->path.count - 1].token;
    if (!says(maker, end + 1, "=") || ref->path.parts[0].token != end + 2)
        return;
    MadeColumn *one = column_of(maker, before), *other = column_of(maker, ref);
    if (one == NULL || other == NULL || one == other)
        return;
    other->joined = one;
}

static void
take_block(Maker *maker, const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = block->sources->pdata[i];
        if (source->kind == SOURCE_TABLE && source->path.count == 1)
            add_schema_file(maker, source, table_called(maker, source->path.parts[0].text));
    }
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = block->refs->pdata[i];
        MadeColumn *column = column_of(maker, ref);
        if (column != NULL)
            take_literals(maker, column, ref);
        if (i > 0)
            take_join(maker, block->refs->pdata[i - 1], ref);
    }
}

/* What the mapping and the schema tell is there for certain. */
static const char *const *
columns_known(const SqlSource *source, bool *ret_is_open, void *data)
{
    Maker *maker = data;
    const GeneratedSpec *spec = maker->spec;
    *ret_is_open = true;
    if (source->array != NULL)
        return NULL;
    if (source->path.count == 1 &&
        g_ascii_strcasecmp(source->path.parts[0].text, maker->source) == 0) {
        const MadeTable *table = maker->tables->pdata[0];
        const char **names =
            arena_alloc(maker->sql->arena, (table->columns->len + 1) * sizeof(char *));
        for (guint i = 0; i < table->columns->len; i++)
            names[i] = ((const MadeColumn *) table->columns->pdata[i])->name;
        *ret_is_open = spec->schema == NULL;
        return names;
    }
    return spec->columns != NULL ? spec->columns(source, ret_is_open, spec->columns_data) : NULL;
}

/* What points at a key points at some of its rows more than once, and at others not at all. */
static void
point_at(MadeColumn *column, const MadeColumn *key)
{
    for (int i = 1; key->is_key && !column->is_key && !column->is_closed && i <= KEYS_POINTED_AT;
         i++)
        add_value(column, key->type == TYPE_TEXT ? g_strdup_printf("'k%03d'", i)
                                                 : g_strdup_printf("%d", i));
}

static void
share_joined(const GPtrArray *tables)
{
    for (guint t = 0; t < tables->len; t++) {
        const MadeTable *table = tables->pdata[t];
        for (guint i = 0; i < table->columns->len; i++) {
            MadeColumn *column = table->columns->pdata[i], *joined = column->joined;
            if (joined != NULL && !column->is_typed)
                column->type = joined->type;
            else if (joined != NULL && !joined->is_typed)
                joined->type = column->type;
            if (joined != NULL) {
                point_at(column, joined);
                point_at(joined, column);
            }
            for (guint v = 0; joined != NULL && !column->is_closed && v < joined->values->len; v++)
                add_value(column, g_strdup(joined->values->pdata[v]));
            for (guint v = 0; joined != NULL && !joined->is_closed && v < column->values->len; v++)
                add_value(joined, g_strdup(column->values->pdata[v]));
        }
    }
}

GPtrArray *
made_tables(const GeneratedSpec *spec, const char *source, const char *text)
{
    const Dialect *dialect = dialect_by_name("sqlite");
    g_autoptr(Sql) sql = sql_new(text, strlen(text), dialect, 0);
    Maker maker = {.spec = spec,
                   .source = source,
                   .sql = sql,
                   .tables = g_ptr_array_new_with_free_func(table_free)};
    add_moving(&maker);
    sql_resolve(sql, columns_known, NULL, &maker);
    for (guint i = 0; i < sql->blocks->len; i++)
        take_block(&maker, sql->blocks->pdata[i]);
    share_joined(maker.tables);
    for (guint t = 0; t < maker.tables->len; t++) {
        const MadeTable *table = maker.tables->pdata[t];
        for (guint i = 0; i < table->columns->len; i++) {
            MadeColumn *column = table->columns->pdata[i];
            column->said = column->values->len;
        }
    }
    return maker.tables;
}
