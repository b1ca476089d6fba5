/* random.c - see random.h. */
#include "random.h"

#include <string.h>

#define COLUMNS_MAX 6

/* --- rows --- */

static const char *
pick(const char *const *from, size_t count)
{
    return from[g_test_rand_int_range(0, (int) count)];
}

/* Mostly what people have in such columns, so that rules find something to work on. */
static const char *
usual_text(ColumnType type)
{
    static const char *const usual[TYPE_COUNT][8] = {
        [TYPE_BOOL] = {"1", "0", "1", "0", "1", "0", "1", "0"},
        [TYPE_INT] = {"0", "1", "-5", "42", "86400", "9007199254740993", "9223372036854775807",
                      "-9223372036854775808"},
        [TYPE_FLOAT] = {"0", "0.5", "-1.25", "3", "0.1", "1e+300", "-2e-300", "9007199254740993"},
        [TYPE_DECIMAL] = {"0", "-12.5", "0.1", "42", "1234567890.12", "3",
                          "12345678901234567890.0123456789", "-0.000001"},
        [TYPE_TEXT] = {"", "a b c", "UK", "007", "2.5", "1998-06-12", "é \"x\", it's\n$1", "true"},
        [TYPE_DATE] = {"1970-01-01", "1998-06-12", "2024-02-29", "0001-01-01", "9999-12-31",
                       "1969-12-31", "2000-01-01", "2020-07-04"},
        [TYPE_TIMESTAMP] = {"1970-01-01 00:00:00", "1998-06-12 10:11:12.5", "1969-12-31 23:59:59",
                            "2024-02-29 00:00:00", "0001-01-01 00:00:00", "2000-01-01 12:00:00",
                            "9999-12-31 23:59:59.999999", "2020-07-04 01:02:03"},
        [TYPE_BYTES] = {"", "plain", "x", "\x01\x7f", "é", "a b", "0", "1"},
    };
    return pick(usual[type], 8);
}

static void
put_random(Batch *batch, size_t column, bool (*holds)(const Value *value))
{
    const char *chosen = usual_text(batch->columns[column].type);
    Value text = {.type = TYPE_TEXT, .s = {chosen, strlen(chosen)}}, value = text;
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (batch->columns[column].type == TYPE_BYTES)
        value.type = TYPE_BYTES;
    else if (!value_cast(&text, batch->columns[column].type, NULL, scratch, &value, NULL))
        g_error("'%s' is no %s", chosen, column_type_name(batch->columns[column].type));
    if (g_test_rand_int_range(0, 6) == 0 || !holds(&value))
        batch_put_null(batch, column);
    else
        batch_put_value(batch, column, &value);
}

/* As the store gives it back, which was asked for it. */
static void
put_own(Batch *batch, size_t column, const Fixture *fixture, const OwnType *type)
{
    size_t count = 0;
    while (count < G_N_ELEMENTS(type->usual) && type->usual[count] != NULL)
        count++;
    const char *chosen = pick(type->usual, count);
    Value text = {.type = TYPE_TEXT, .s = {chosen, strlen(chosen)}}, value = text, kept;
    g_autoptr(GString) cast = g_string_new(NULL);
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (g_test_rand_int_range(0, 6) == 0) {
        batch_put_null(batch, column);
        return;
    }
    if (type->type == TYPE_BYTES)
        value.type = TYPE_BYTES;
    else if (!value_cast(&text, type->type, NULL, cast, &value, NULL))
        g_error("'%s' is no %s", chosen, column_type_name(type->type));
    if (!own_type_keeps(fixture, type, &value, scratch, &kept))
        g_error("'%s' is no %s", chosen, type->declared);
    batch_put_value(batch, column, &kept);
}

Schema *
random_schema(const Fixture *fixture)
{
    static const char *const names[COLUMNS_MAX] = {"two words", "say \"x\"", "select",
                                                   "größe",     "it's $1",   "plain"};
    Schema *schema = schema_new(RANDOM_SOURCE);
    size_t count = 0;
    const OwnType *types = own_types_of(fixture, &count);
    schema_add(schema, "id", TYPE_INT, "", false);
    for (int i = g_test_rand_int_range(1, COLUMNS_MAX + 1); i > 0; i--) {
        const OwnType *own =
            count > 0 && g_test_rand_bit() ? &types[g_test_rand_int_range(0, (int) count)] : NULL;
        if (own != NULL)
            schema_add(schema, names[i - 1], own->type, own->declared, true);
        else
            schema_add(schema, names[i - 1], (ColumnType) g_test_rand_int_range(0, TYPE_COUNT), "",
                       true);
    }
    return schema;
}

Batch *
random_rows(const Schema *schema, const Fixture *fixture)
{
    Batch *batch = batch_new_for(schema);
    int rows = g_test_rand_int_range(fixture->has_no_empty ? 1 : 0, ROWS_MAX);
    for (int64_t row = 1; row <= rows; row++) {
        batch_put_int(batch, 0, row > 1 && g_test_rand_int_range(0, 100) == 0 ? row - 1 : row * 3);
        for (size_t i = 1; i < batch->column_count; i++) {
            const OwnType *own = own_type_of(fixture, schema_column(schema, i));
            if (own != NULL)
                put_own(batch, i, fixture, own);
            else
                put_random(batch, i, fixture->holds);
        }
        batch_commit_row(batch, row);
    }
    return batch;
}

Batch *
random_rows_computed(const Schema *schema, const Batch *rows)
{
    Batch *batch = batch_new_for(schema);
    for (size_t row = 0; row < rows->row_count; row++) {
        for (size_t i = 0; i < rows->column_count; i++) {
            Value value = batch_value(rows, i, row);
            batch_put_value(batch, i, &value);
        }
        batch_put_int(batch, rows->column_count, batch_int(rows, 0, row) % COMPUTED_MODULUS);
        batch_commit_row(batch, rows->row_ids[row]);
    }
    return batch;
}

/* --- a table that is there --- */

static const char *const target_names[TARGET_COLUMNS] = {"a", "b \"c\"", "größe", "order", "it's"};

/* A type of the store's own, as a column of the source has it or another one. */
static const OwnType *
random_own_type(const Schema *source, bool is_one_kind, const Fixture *to, const char **ret_from)
{
    size_t count = 0;
    const OwnType *types = own_types_of(to, &count), *own = NULL;
    if (is_one_kind && g_test_rand_int_range(0, 4) != 0) {
        const Column *like =
            schema_column(source, (size_t) g_test_rand_int_range(0, (int) schema_count(source)));
        own = own_type_of(to, like);
        *ret_from = own != NULL ? like->name : NULL;
    }
    if (own == NULL && g_test_rand_bit())
        own = &types[g_test_rand_int_range(0, (int) count)];
    return own != NULL && !own->is_source_only ? own : NULL;
}

RandomTarget *
random_target(const Schema *source, const Fixture *from, const Fixture *to)
{
    size_t count = 0;
    if (own_types_of(to, &count) == NULL || to->has_no_keys || g_test_rand_int_range(0, 3) == 0)
        return NULL;
    RandomTarget *target = g_new0(RandomTarget, 1);
    target->schema = schema_new(RANDOM_TARGET);
    schema_add(target->schema, "id", TYPE_INT, "", false);
    schema_add_key(target->schema, "id");
    for (int i = g_test_rand_int_range(0, TARGET_COLUMNS); i >= 0; i--) {
        const OwnType *own = random_own_type(source, from == to, to, &target->from[i]);
        if (own != NULL)
            schema_add(target->schema, target_names[i], own->type, own->declared, true);
        else
            schema_add(target->schema, target_names[i],
                       (ColumnType) g_test_rand_int_range(0, TYPE_COUNT), "", true);
    }
    return target;
}

void
random_target_free(RandomTarget *target)
{
    schema_free(target->schema);
    g_free(target);
}

const OwnType *
random_target_type(const RandomTarget *target, const Fixture *fixture, const char *column)
{
    const Column *made = target != NULL ? schema_find(target->schema, column, NULL) : NULL;
    return made != NULL ? own_type_of(fixture, made) : NULL;
}

/* --- mappings: JSON is YAML, too --- */

static const char *
any_column(const Schema *schema)
{
    return schema_column(schema, (size_t) g_test_rand_int_range(0, (int) schema_count(schema)))
        ->name;
}

static json_t *
random_base(const Schema *source, const char *from)
{
    static const char *const constants[] = {"free", "1", "0.25", "it's", "1998-06-12", ""};
    if (from != NULL && g_test_rand_int_range(0, 5) != 0)
        return json_pack("{ss}", "from", from);
    switch (g_test_rand_int_range(0, 8)) {
    case 0:
        return json_pack("{ss}", "const", pick(constants, G_N_ELEMENTS(constants)));
    case 1:
        return json_pack("{s[s{ss}s]}", "concat", any_column(source), "text", " - ",
                         any_column(source));
    default:
        return json_pack("{ss}", "from", any_column(source));
    }
}

static json_t *
random_rule(const Schema *source, const char *like, bool has_type)
{
    static const char *const from[] = {"UK", "1", "007", "2.5", "", "true", "42"};
    static const char *const to[] = {"GB", "1", "0", "2.5", "1998-06-12", ""};
    static const char *const others[] = {"keep", "null", "refuse"};
    static const char *const defaults[] = {"0", "n/a", "1998-06-12", "0.5", ""};
    json_t *rule = random_base(source, like);
    if (g_test_rand_int_range(0, 5) == 0)
        json_object_set_new(rule, "split",
                            json_pack("{sssi}", "by", " ", "part", g_test_rand_bit() ? 1 : -2));
    if (g_test_rand_int_range(0, 4) == 0) {
        json_object_set_new(
            rule, "values",
            json_pack("{ss}", pick(from, G_N_ELEMENTS(from)), pick(to, G_N_ELEMENTS(to))));
        json_set_string(rule, "others", pick(others, G_N_ELEMENTS(others)));
    }
    if (!has_type && g_test_rand_bit())
        json_set_string(rule, "type",
                        column_type_name((ColumnType) g_test_rand_int_range(0, TYPE_COUNT)));
    if (g_test_rand_int_range(0, 4) == 0)
        json_set_string(rule, "default", pick(defaults, G_N_ELEMENTS(defaults)));
    return rule;
}

/* Do the rules so far fit? */
static MappingSet *
try_mapping(const json_t *document, const Schema *source, bool has_sql, const Schema *target)
{
    g_autofree char *text = json_dumps(document, JSON_INDENT(1));
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Program) program = NULL;
    g_autoptr(MappingSet) tried = NULL;
    if (mapping_parse(text, strlen(text), "random.yaml", diags, &tried, NULL) &&
        program_new(mapping_get(tried, 0), source, target, has_sql, &program, NULL))
        return g_steal_pointer(&tried);
    return NULL;
}

/* The key alone always fits. */
MappingSet *
random_mapping(const Schema *source, bool has_sql, const RandomTarget *like, const Schema *target)
{
    g_autoptr(json_t) columns = json_pack("{s{ssss}}", "id", "from", "id", "type", "int");
    g_autoptr(json_t) document =
        json_pack("{ss ss ss ss s[s] sO}", "apiVersion", "honk/v1", "kind", "Mapping", "source",
                  RANDOM_SOURCE, "target", RANDOM_TARGET, "key", "id", "columns", columns);
    if (g_test_rand_int_range(0, 4) == 0)
        json_set_string(document, "where", "id <> 6 AND id % 7 <> 1");
    MappingSet *set = try_mapping(document, source, has_sql, target);
    g_assert_nonnull(set);
    for (size_t i = 0; i < TARGET_COLUMNS; i++) {
        json_object_set_new(
            columns, target_names[i],
            random_rule(source, like != NULL ? like->from[i] : NULL, target != NULL));
        MappingSet *tried = try_mapping(document, source, has_sql, target);
        if (tried != NULL) {
            mapping_set_free(set);
            set = tried;
        } else {
            json_object_del(columns, target_names[i]);
        }
    }
    g_autofree char *rules = json_dumps(columns, JSON_COMPACT);
    g_test_message("%s", rules);
    return set;
}
