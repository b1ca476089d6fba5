/*
 * differential.c - the same rule by the evaluator and by SQLite: random rules over cells of every class.
 *
 * Every column of the table holds cells that its declared type does not expect, names need quotes, one column compares
 * without case, and a view mixes affinities. For each rule and row, SQLite must give a cell that reads as
 * the evaluator's value, or an error where the evaluator refuses.
 */
#include "mapping/program.h"
#include "model/sqlite_value.h"

#include <math.h>
#include <string.h>

#define ROWS 40
#define RULES (6000 / TEST_SHARE)

static const struct {
    const char *name, *declared;
    ColumnType type;
} columns[] = {
    {"id", "INTEGER", TYPE_INT},      {"Cost Total $", "REAL", TYPE_FLOAT},
    {"say \"x\"", "TEXT", TYPE_TEXT}, {"nocase", "VARCHAR(20) COLLATE NOCASE", TYPE_TEXT},
    {"flag", "BOOLEAN", TYPE_BOOL},   {"amount", "NUMERIC", TYPE_DECIMAL},
    {"day", "DATE", TYPE_DATE},       {"at", "TIMESTAMP", TYPE_TIMESTAMP},
    {"raw", "BLOB", TYPE_BYTES},      {"any", "", TYPE_TEXT},
    {"string", "STRING", TYPE_TEXT},  {"any int", "", TYPE_INT},
    {"any float", "", TYPE_FLOAT},    {"rtrim", "TEXT COLLATE RTRIM", TYPE_TEXT},
};

/* What a cell may be, whatever its column. */
static const char *const cells[] = {
    "NULL",
    "NULL",
    "0",
    "1",
    "-1",
    "2",
    "7",
    "42",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "2.0",
    "-0.0",
    "1e300",
    "9e999",
    "-9e999",
    "3.0",
    "9223372036854775808.0",
    "0.1",
    "''",
    "'a'",
    "'A'",
    "'uk'",
    "'UK'",
    "'UK '",
    "'a b c'",
    "' '",
    "'007'",
    "'7'",
    "'1'",
    "'2.50'",
    "'true'",
    "'1998-06-12'",
    "'1998-06-12 10:11:12.5'",
    "'Jun 12 1998'",
    "'é ü'",
    "'a''b'",
    "'86400'",
    "x''",
    "x'61'",
    "x'e9'",
    "'x' || char(0) || 'y'",
    "'12x'",
    "'1e3'",
};

static const char *
pick(const char *const *from, size_t count)
{
    return from[g_test_rand_int_range(0, (int) count)];
}

/* Mostly cells that the column expects: else nearly every row would be refused. */
static const char *
cell_for(ColumnType type)
{
    static const char *const usual[TYPE_COUNT][4] = {
        [TYPE_BOOL] = {"0", "1", "1", "NULL"},
        [TYPE_INT] = {"1", "7", "2", "-5"},
        [TYPE_FLOAT] = {"0.5", "2.0", "-1.25", "3"},
        [TYPE_DECIMAL] = {"'12.50'", "3", "2.5", "'-7'"},
        [TYPE_TEXT] = {"'a b c'", "'UK'", "'007'", "'2.5'"},
        [TYPE_DATE] = {"'1998-06-12'", "'2024-02-29'", "'0001-01-01'", "'1969-12-31'"},
        [TYPE_TIMESTAMP] = {"'1998-06-12 10:11:12.5'", "'1969-12-31 23:59:59'",
                            "'1998-06-12T00:00Z'", "'1970-01-01'"},
        [TYPE_BYTES] = {"x'6162'", "x''", "x'ff'", "x'31'"},
    };
    return g_test_rand_int_range(0, 3) == 0 ? pick(cells, G_N_ELEMENTS(cells))
                                            : pick(usual[type], 4);
}

static void
run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s: %s", sql, message);
}

static void
make_tables(sqlite3 *db)
{
    g_autoptr(GString) names = g_string_new(NULL),
                       table = g_string_new("CREATE TABLE t(n INTEGER PRIMARY KEY");
    g_autoptr(GString) view = g_string_new("CREATE VIEW v AS SELECT n");
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_string_append(table, ", ");
        sql_append_name(table, columns[i].name);
        g_string_append_printf(table, " %s", columns[i].declared);
        g_string_append(names, ", ");
        sql_append_name(names, columns[i].name);
    }
    g_string_append_c(table, ')');
    run(db, table->str);
    for (int row = 1; row <= ROWS; row++) {
        g_autoptr(GString) insert = g_string_new(NULL);
        g_string_append_printf(insert, "INSERT INTO t(n%s) VALUES (%d", names->str, row);
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
            g_string_append_printf(insert, ", %s", cell_for(columns[i].type));
        g_string_append_c(insert, ')');
        run(db, insert->str);
    }
    /* the first arm lends its affinities to cells of the second, which are moved by one column */
    g_string_append_printf(view, "%s FROM t WHERE n %% 2 = 0 UNION ALL SELECT n", names->str);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_string_append(view, ", +");
        sql_append_name(view, columns[(i + 1) % G_N_ELEMENTS(columns)].name);
    }
    g_string_append(view, " FROM t WHERE n % 2 = 1");
    run(db, view->str);
}

static Schema *
source_schema(bool is_table)
{
    Schema *schema = schema_new("t");
    schema->is_table = is_table;
    schema_add(schema, "n", TYPE_INT, "INTEGER", false)->is_rowid = is_table;
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        schema_add(schema, columns[i].name, columns[i].type, columns[i].declared, true);
    return schema;
}

/* --- random rules --- */

static Literal
literal(const char *text)
{
    return (Literal){.text = g_strdup(text), .quoted = true};
}

static Literal *
literal_new(const char *text)
{
    return g_memdup2(&(Literal){.text = g_strdup(text), .quoted = true}, sizeof(Literal));
}

static void
random_base(Rule *rule)
{
    static const char *const constants[] = {"free", "1", "0.25", "it's", "1998-06-12", ""};
    static const char *const exprs[] = {
        "\"id\" + 1", "upper(\"say \"\"x\"\"\")", "\"raw\"", "NULL", "2.0 -- two", "\"any\""};
    rule->base =
        (RuleBase) (g_test_rand_int_range(0, 8) > 3 ? BASE_FROM : g_test_rand_int_range(0, 4));
    rule->from = g_strdup(g_test_rand_int_range(0, 20) == 0
                              ? "n"
                              : columns[g_test_rand_int_range(0, G_N_ELEMENTS(columns))].name);
    rule->expr = g_strdup(pick(exprs, G_N_ELEMENTS(exprs)));
    rule->constant = literal_new(pick(constants, G_N_ELEMENTS(constants)));
    for (int i = g_test_rand_int_range(1, 4); i > 0; i--) {
        Part *part = g_new0(Part, 1);
        part->is_column = g_test_rand_bit();
        part->text =
            g_strdup(part->is_column ? columns[g_test_rand_int_range(0, G_N_ELEMENTS(columns))].name
                                     : "' - \"");
        g_ptr_array_add(rule->parts, part);
    }
}

static void
random_values(Rule *rule)
{
    static const char *const from[] = {"UK", "uk",  "a",   "A", "7",    "1",
                                       "2",  "007", "0.5", "",  "it's", "UK "};
    static const char *const to[] = {"GB", "1", "0", "it's", "2.5", "1998-06-12", ""};
    for (int i = g_test_rand_int_range(1, 5); i > 0; i--) {
        Pair *pair = g_new0(Pair, 1);
        pair->from = literal(pick(from, G_N_ELEMENTS(from)));
        pair->to = literal(pick(to, G_N_ELEMENTS(to)));
        pair->to.is_null = g_test_rand_int_range(0, 6) == 0;
        g_ptr_array_add(rule->pairs, pair);
    }
    rule->others = (Others) g_test_rand_int_range(0, 3);
}

static Rule *
random_rule(void)
{
    static const char *const formats[] = {"%b %d %Y", "%Y-%m-%d", "unix", "unix_ms", "%d.%m.%y"};
    static const char *const defaults[] = {"0", "n/a", "1998-06-12", "0.5", ""};
    Rule *rule = rule_new("out", (Mark){0});
    random_base(rule);
    if (g_test_rand_int_range(0, 6) == 0) {
        rule->split_by = g_strdup(g_test_rand_bit() ? " " : "a");
        rule->split_part =
            g_test_rand_bit() ? g_test_rand_int_range(1, 4) : -g_test_rand_int_range(1, 4);
    }
    if (g_test_rand_int_range(0, 3) == 0)
        random_values(rule);
    rule->has_type = g_test_rand_int_range(0, 2) == 0;
    rule->type = (ColumnType) g_test_rand_int_range(0, TYPE_COUNT);
    if (g_test_rand_int_range(0, 8) == 0)
        rule->format = g_strdup(pick(formats, G_N_ELEMENTS(formats)));
    if (g_test_rand_int_range(0, 4) == 0)
        rule->fallback = literal_new(pick(defaults, G_N_ELEMENTS(defaults)));
    rule->lossy = g_test_rand_int_range(0, 3) == 0;
    return rule;
}

static bool
random_program(const Schema *source, Program **ret)
{
    g_autoptr(Mapping) mapping = mapping_new("random");
    g_autoptr(Schema) target = schema_new("b");
    bool has_target = g_test_rand_bit();
    mapping->source = g_strdup("a");
    mapping->target = g_strdup("b");
    g_ptr_array_add(mapping->rules, random_rule());
    schema_add(target, "out", (ColumnType) g_test_rand_int_range(0, TYPE_COUNT), "",
               g_test_rand_int_range(0, 3) > 0);
    return program_new(mapping, source, has_target ? target : NULL, true, ret, NULL);
}

/* --- both ways --- */

/* Type and value, so that equal texts are equal values. */
static char *
value_text(const Value *value)
{
    if (value->is_null)
        return g_strdup("NULL");
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    g_autofree char *escaped = g_uri_escape_bytes((const guint8 *) text->str, text->len, NULL);
    return g_strdup_printf("%s %s", column_type_name(value->type), escaped);
}

/* The cells read as their types, and the rule evaluated. */
static char *
by_evaluator(sqlite3 *db, Program *program, const char *table, int row)
{
    g_autoptr(GString) query = g_string_new("SELECT NULL");
    size_t count = schema_count(program_input(program));
    g_autofree Value *inputs = g_new0(Value, count + 1);
    g_autoptr(GPtrArray) scratches = g_ptr_array_new();
    sqlite3_stmt *statement = NULL;
    g_autofree char *reason = NULL;
    const SourceItem *items = NULL;
    program_items(program, &items);
    for (size_t i = 0; i < count; i++) {
        g_string_append(query, ", ");
        if (items[i].sql != NULL)
            g_string_append(query, items[i].sql);
        else
            sql_append_name(query, items[i].name);
    }
    g_string_append_printf(query, " FROM %s WHERE n = %d", table, row);
    if (sqlite3_prepare_v2(db, query->str, -1, &statement, NULL) != SQLITE_OK)
        g_error("%s: %s", query->str, sqlite3_errmsg(db));
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    bool fits = true;
    Value value = {.is_null = true};
    for (size_t i = 0; fits && i < count; i++) {
        GString *scratch = g_string_new(NULL);
        g_ptr_array_add(scratches, scratch);
        fits = sqlite_read_column(statement, (int) i + 1,
                                  schema_column(program_input(program), i)->type, scratch,
                                  &inputs[i], &reason);
    }
    Row one = {.inputs = inputs};
    fits = fits && map_column_eval(program->columns->pdata[0], &one, &value, &reason);
    char *text = fits ? value_text(&value) : g_strdup("refused");
    g_assert_true(!fits || value.is_null ||
                  value.type == schema_column(program_target(program), 0)->type);
    sqlite3_finalize(statement);
    for (guint i = 0; i < scratches->len; i++)
        g_string_free(scratches->pdata[i], TRUE);
    return text;
}

static char *
by_sqlite(sqlite3 *db, Program *program, const char *table, int row, const char **ret_sql)
{
    const SourceItem *items = NULL;
    g_assert_cmpuint(program_select_sqlite(program, SELECT_GUARDED, &items), ==, 1);
    g_autofree char *query =
        g_strdup_printf("SELECT %s FROM %s WHERE n = %d", items[0].sql, table, row);
    sqlite3_stmt *statement = NULL;
    *ret_sql = items[0].sql;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        g_error("%s: %s", query, sqlite3_errmsg(db));
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autofree char *reason = NULL;
    char *text = NULL;
    Value value;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        ColumnType type = schema_column(program_target(program), 0)->type;
        bool fits = sqlite_read_column(statement, 0, type, scratch, &value, &reason);
        text = fits ? value_text(&value) : g_strdup_printf("a cell that is no value: %s", reason);
    }
    sqlite3_finalize(statement);
    return text != NULL ? text : g_strdup("refused");
}

/* The bare form behind its proof; "unproven" when it raises an error. */
static char *
by_bare_sqlite(sqlite3 *db, Program *program, const char *table, int row)
{
    const SourceItem *items = NULL;
    g_assert_cmpuint(program_select_sqlite(program, SELECT_PROVEN, &items), ==, 1);
    const char *proof = program_proof_sqlite(program, SELECT_PROVEN);
    g_autofree char *query = g_strdup_printf("SELECT %s FROM %s WHERE n = %d AND %s", items[0].sql,
                                             table, row, proof != NULL ? proof : "1");
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        g_error("%s: %s", query, sqlite3_errmsg(db));
    g_autoptr(GString) scratch = g_string_new(NULL);
    char *text = NULL;
    Value value;
    int status = sqlite3_step(statement);
    g_assert_cmpint(status, !=, SQLITE_DONE);
    if (status == SQLITE_ROW) {
        ColumnType type = schema_column(program_target(program), 0)->type;
        bool fits = sqlite_read_column(statement, 0, type, scratch, &value, NULL);
        text = fits ? value_text(&value) : g_strdup("a cell that is no value");
    }
    sqlite3_finalize(statement);
    return text != NULL ? text : g_strdup("unproven");
}

static void
sqlite_gives_what_the_evaluator_gives(void)
{
    sqlite3 *db = NULL;
    int programs = 0, plain = 0, values = 0, refused = 0, proven = 0;
    g_autoptr(Schema) as_table = source_schema(true), as_view = source_schema(false);
    sqlite3_open(":memory:", &db);
    make_tables(db);
    for (int i = 0; i < RULES; i++) {
        g_autoptr(Program) program = NULL;
        bool is_table = g_test_rand_bit();
        const char *table = is_table ? "t" : "v", *sql = NULL;
        if (!random_program(is_table ? as_table : as_view, &program))
            continue;
        g_assert_true(program_register(program, db, NULL));
        for (int row = 1; row <= ROWS; row += g_test_rand_int_range(1, 8)) {
            g_autofree char *evaluated = by_evaluator(db, program, table, row);
            g_autofree char *selected = by_sqlite(db, program, table, row, &sql);
            if (strcmp(evaluated, selected) != 0)
                g_error("row %d of %s: the evaluator gives %s, SQLite gives %s: %s", row, table,
                        evaluated, selected, sql);
            g_autofree char *bare = by_bare_sqlite(db, program, table, row);
            if (strcmp(bare, "unproven") != 0 && strcmp(evaluated, bare) != 0)
                g_error("row %d of %s: the evaluator gives %s, bare SQLite gives %s", row, table,
                        evaluated, bare);
            proven += strcmp(bare, "unproven") != 0;
            *(strcmp(evaluated, "refused") == 0 ? &refused : &values) += 1;
        }
        programs++;
        plain += strstr(sql, "CASE") != NULL;
    }
    sqlite3_close(db);
    g_test_message(
        "%d programs, %d of them with plain SQL; %d values, %d refused, %d without guards",
        programs, plain, values, refused, proven);
    g_assert_cmpint(plain, >, RULES / 60);
    g_assert_cmpint(values, >, RULES / 6);
    g_assert_cmpint(refused, >, RULES / 60);
    g_assert_cmpint(proven, >, values / 2);
}

/* Rules that are said to be plain must not call anything on ordinary cells. */
static void
ordinary_rules_are_plain_sql(void)
{
    static const char text[] =
        "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\ncolumns:\n"
        "  a: id\n  b: \"Cost Total $\"\n  c: nocase\n  d: raw\n  e: flag\n  f: { const: \"it's\" "
        "}\n"
        "  g: { concat: [ nocase, { text: \" \" }, any ] }\n"
        "  h: { from: nocase, values: { UK: GB } }\n"
        "  i: { from: id, values: { 1: one, 2: two }, others: \"null\" }\n"
        "  j: { from: nocase, default: none }\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(Schema) source = source_schema(true);
    const SourceItem *items = NULL;
    g_assert_true(mapping_parse(text, strlen(text), "m", diags, &set, &error));
    g_assert_true(program_new(mapping_get(set, 0), source, NULL, true, &program, &error));
    size_t count = program_select_sqlite(program, SELECT_GUARDED, &items);
    g_assert_cmpuint(count, ==, 10);
    for (size_t i = 0; i < count; i++) {
        g_test_message("%s: %s", items[i].name, items[i].sql);
        g_assert_false(g_str_has_prefix(items[i].sql, "honk_"));
    }
    g_assert_cmpstr(items[5].sql, ==, "'it''s'");
}

static void
functions_outlive_the_program_and_are_shared_by_equal_ones(void)
{
    sqlite3 *db = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) source = source_schema(true);
    g_autofree char *query = NULL;
    sqlite3_open(":memory:", &db);
    make_tables(db);
    for (int i = 0; i < 2; i++) {
        g_autoptr(Mapping) mapping = mapping_new("m");
        g_autoptr(Program) program = NULL;
        Rule *rule = rule_new("out", (Mark){0});
        mapping->source = g_strdup("a");
        mapping->target = g_strdup("b");
        rule->from = g_strdup("id");
        rule->has_type = true;
        rule->type = TYPE_TEXT;
        g_ptr_array_add(mapping->rules, rule);
        const SourceItem *items = NULL;
        g_assert_true(program_new(mapping, source, NULL, true, &program, &error));
        g_assert_true(program_register(program, db, &error));
        program_select_sqlite(program, SELECT_GUARDED, &items);
        g_autofree char *made =
            g_strdup_printf("SELECT count(%s) FROM t WHERE typeof(id) = 'integer'", items[0].sql);
        if (query != NULL)
            g_assert_cmpstr(query, ==, made);
        g_free(query);
        query = g_steal_pointer(&made);
    }
    run(db, query);
    sqlite3_close(db);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping in SQLite/SQLite gives what the evaluator gives",
                    sqlite_gives_what_the_evaluator_gives);
    g_test_add_func("/mapping in SQLite/ordinary rules are plain SQL",
                    ordinary_rules_are_plain_sql);
    g_test_add_func("/mapping in SQLite/functions outlive the program and are shared by equal ones",
                    functions_outlive_the_program_and_are_shared_by_equal_ones);
    return g_test_run();
}
