/*
 * select_sqlite.c - a mapping as SELECT items for SQLite, with the evaluator's meaning.
 *
 * A store may run a rule itself only where its answer is provably the evaluator's. SQLite types cells, not columns, and
 * converts at will: a TEXT column can hold a blob, a view's column anything; 6.0 || '' is '6.0' where we say '6';
 * a NOCASE column finds 'uk' equal to 'UK'. So a plain form is used only behind a guard that proves the class of the
 * cell, and every cell that fails the guard goes to a function that is the evaluator itself:
 *
 *   CASE WHEN <guards> THEN <plain SQL> WHEN "c" IS NULL THEN NULL ELSE honk_<digest>("c") END
 *
 * The guards rest on one documented order, NULL < numbers < texts < blobs, and on unary plus, which
 * takes a column's affinity away, so that a comparison converts nothing; COLLATE BINARY makes texts
 * compare as bytes. They are comparisons with constants: a few nanoseconds each, where a function call
 * costs a hundred (typeof() is a call as well). Each mention of a column costs as much again, so the
 * shortest proof is taken; in a table (not in a view) affinity is part of it.
 *
 *   int     nothing where it is the rowid
 *           +CAST("c" AS INTEGER) = +"c"                 a whole number of 64 bits
 *   float   +"c" < ''                                    in a table's column of REAL affinity
 *           +CAST("c" AS REAL) = +"c"                    a number that a double has exactly
 *   text    +"c" < x''                                   in a table's column of TEXT affinity
 *           +"c" COLLATE BINARY >= '' AND +"c" < x''     neither number nor blob
 *   bytes   +"c" >= x''                                  a blob
 *   bool    +"c" IN (0, 1)
 *
 * What comes out is equal as typed values are: an int may come as 3.0, which every reader takes for 3.
 *
 * Plain are: a column as it is (those types), constants, a concatenation of texts and ints, a value map
 * on texts or ints, int to text, and defaults over these. Other casts, splits, dates, decimals and
 * expressions are functions: what they do is not what SQLite's CAST and date() do. NULL for a column that
 * has none goes to the function too, which refuses it: SQLite would number the rows of an INTEGER PRIMARY
 * KEY itself.
 *
 * Not looked at here: the size of a concatenation (SQLite's own limit holds), and whether texts are
 * UTF-8. tests/unit/mapping/differential.c compares the rest with the evaluator on random rows.
 */
#include "mapping/program.h"

#include "model/sqlite_value.h"

#include <string.h>
#include <xxhash.h>

#define FUNCTION_ARGUMENTS_MAX 100 /* SQLITE_MAX_FUNCTION_ARG as built by default */

void
sql_function_free(void *data)
{
    SqlFunction *function = data;
    g_free(function->name);
    g_free(function->inputs);
    g_free(function->types);
    g_free(function);
}

/* --- what a column reads --- */

static void
collect_inputs(const Expr *expr, GArray *inputs)
{
    if (expr->kind == EXPR_INPUT) {
        for (guint i = 0; i < inputs->len; i++)
            if (g_array_index(inputs, size_t, i) == expr->input)
                return;
        g_array_append_val(inputs, expr->input);
    }
    for (size_t i = 0; i < expr->arg_count; i++)
        collect_inputs(expr->args[i], inputs);
}

static const SourceItem *
item_at(const Program *program, size_t input)
{
    return &g_array_index(program->items, SourceItem, input);
}

static void
append_input(const Program *program, GString *to, size_t input)
{
    const SourceItem *item = item_at(program, input);
    if (item->sql != NULL)
        g_string_append(to, item->sql);
    else
        sql_append_name(to, item->name);
}

/* --- the function's name: what it does, as a digest --- */

static void
append_value_key(GString *to, const Value *value)
{
    g_string_append_printf(to, "%d:%d:", (int) value->type, value->is_null);
    g_autoptr(GString) text = g_string_new(NULL);
    value_append_text(value, text);
    g_string_append_printf(to, "%zu:", text->len);
    g_string_append_len(to, text->str, (gssize) text->len);
}

/* Every field that the evaluator reads, with lengths before texts so that no two trees read the same. */
static void
append_key(GString *to, const Expr *expr, const GArray *inputs)
{
    g_string_append_printf(to, "(%d %d %d %d %d %zu", (int) expr->kind, (int) expr->type,
                           expr->part, (int) expr->others, expr->lossy, expr->choice_count);
    if (expr->kind == EXPR_INPUT)
        for (guint i = 0; i < inputs->len; i++)
            if (g_array_index(inputs, size_t, i) == expr->input)
                g_string_append_printf(to, " @%u", i);
    if (expr->kind == EXPR_LITERAL || expr->kind == EXPR_DEFAULT)
        append_value_key(to, &expr->value);
    if (expr->by != NULL)
        g_string_append_printf(to, " by %zu:%s", strlen(expr->by), expr->by);
    if (expr->format != NULL)
        g_string_append_printf(to, " format %zu:%s", strlen(expr->format), expr->format);
    for (size_t i = 0; i < expr->choice_count; i++) {
        append_value_key(to, &expr->choices[i].from);
        append_value_key(to, &expr->choices[i].to);
    }
    for (size_t i = 0; i < expr->arg_count; i++)
        append_key(to, expr->args[i], inputs);
    g_string_append_c(to, ')');
}

static SqlFunction *
function_new(const Program *program, MapColumn *column, const GArray *inputs)
{
    SqlFunction *function = g_new0(SqlFunction, 1);
    g_autoptr(GString) key = g_string_new(NULL);
    g_string_append_printf(key, "%s %d ", column->name, column->is_nullable);
    append_key(key, column->root, inputs);
    function->column = column;
    function->input_count = inputs->len;
    function->inputs = g_new0(size_t, inputs->len);
    function->types = g_new0(ColumnType, inputs->len);
    for (guint i = 0; i < inputs->len; i++) {
        size_t input = g_array_index(inputs, size_t, i);
        function->inputs[i] = input;
        function->types[i] = schema_column(program->input, input)->type;
        function->input_room = MAX(function->input_room, input + 1);
        g_string_append_printf(key, " %d", (int) function->types[i]);
    }
    function->name = g_strdup_printf("honk_%016" G_GINT64_MODIFIER "x",
                                     (guint64) XXH3_64bits(key->str, key->len));
    return function;
}

static void
append_call(const Program *program, const SqlFunction *function, GString *to)
{
    g_string_append_printf(to, "%s(", function->name);
    for (size_t i = 0; i < function->input_count; i++) {
        if (i > 0)
            g_string_append(to, ", ");
        append_input(program, to, function->inputs[i]);
    }
    g_string_append_c(to, ')');
}

/* --- plain SQL --- */

typedef struct {
    const Program *program;
    const SqlFunction *function;
    GString *guards; /* joined by AND */
} Plain;

static void
append_literal(GString *to, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null) {
        g_string_append(to, "NULL");
        return;
    }
    value_append_text(value, text);
    if (value->type == TYPE_BOOL)
        g_string_append(to, value->i != 0 ? "1" : "0");
    else if (value->type == TYPE_INT)
        g_string_append(to, value->i == G_MININT64 ? "(-9223372036854775807 - 1)" : text->str);
    else
        sql_append_text(to, text->str, text->len);
}

/* Constants that are sure to read back as the same value: SQLite's reading of fractions is not always the nearest. */
static bool
literal_is_plain(const Value *value)
{
    if (value->is_null)
        return true;
    return value->type != TYPE_BYTES && value->type != TYPE_FLOAT;
}

/* What proves that the cell is of the type; "" when nothing has to be proven, NULL when nothing simple
 * can. Each @ is the column. */
static const char *
guard_of(const Column *column, bool is_table)
{
    SqliteAffinity affinity = is_table ? sqlite_affinity(column->declared) : AFFINITY_BLOB;
    switch (column->type) {
    case TYPE_INT:
        return column->is_rowid ? "" : "+CAST(@ AS INTEGER) = +@";
    case TYPE_FLOAT:
        return affinity == AFFINITY_REAL ? "+@ < ''" : "+CAST(@ AS REAL) = +@";
    case TYPE_TEXT:
        return affinity == AFFINITY_TEXT ? "+@ < x''" : "+@ COLLATE BINARY >= '' AND +@ < x''";
    case TYPE_BYTES:
        return "+@ >= x''";
    case TYPE_BOOL:
        return "+@ IN (0, 1)";
    case TYPE_DECIMAL:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return NULL;
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

static bool
plain_input(Plain *plain, const Expr *expr, GString *to)
{
    const Schema *input = plain->program->input;
    const char *guard = guard_of(schema_column(input, expr->input), input->is_table);
    if (guard == NULL || item_at(plain->program, expr->input)->sql != NULL)
        return false; /* an expression would be evaluated twice */
    if (guard[0] != '\0' && plain->guards->len > 0)
        g_string_append(plain->guards, " AND ");
    for (const char *p = guard; *p != '\0'; p++) {
        if (*p == '@')
            append_input(plain->program, plain->guards, expr->input);
        else
            g_string_append_c(plain->guards, *p);
    }
    append_input(plain->program, to, expr->input);
    return true;
}

static bool plain_render(Plain *plain, const Expr *expr, GString *to);

static bool
plain_concat(Plain *plain, const Expr *expr, GString *to)
{
    g_string_append_c(to, '(');
    for (size_t i = 0; i < expr->arg_count; i++) {
        const Expr *arg = expr->args[i];
        if (i > 0)
            g_string_append(to, " || ");
        if ((arg->kind != EXPR_INPUT && arg->kind != EXPR_LITERAL && arg->kind != EXPR_CAST) ||
            !plain_render(plain, arg, to))
            return false;
    }
    g_string_append_c(to, ')');
    return true;
}

/* An int as text; the inner CAST is for whole numbers that are kept as REAL. */
static bool
plain_cast(Plain *plain, const Expr *expr, GString *to)
{
    const Expr *arg = expr->args[0];
    if (arg->kind != EXPR_INPUT || arg->type != TYPE_INT || expr->type != TYPE_TEXT)
        return false;
    g_string_append(to, "CAST(CAST(");
    if (!plain_input(plain, arg, to))
        return false;
    g_string_append(to, " AS INTEGER) AS TEXT)");
    return true;
}

static bool
plain_values(Plain *plain, const Expr *expr, GString *to)
{
    const Expr *arg = expr->args[0];
    g_autoptr(GString) value = g_string_new(NULL);
    bool keeps = expr->others == OTHERS_KEEP;
    if (arg->kind != EXPR_INPUT || (arg->type != TYPE_TEXT && arg->type != TYPE_INT) ||
        (keeps && arg->type != expr->type) || !plain_input(plain, arg, value))
        return false;
    g_string_append_printf(to, "CASE +%s%s", value->str,
                           arg->type == TYPE_TEXT ? " COLLATE BINARY" : "");
    for (size_t i = 0; i < expr->choice_count; i++) {
        if (!literal_is_plain(&expr->choices[i].to))
            return false;
        g_string_append(to, " WHEN ");
        append_literal(to, &expr->choices[i].from);
        g_string_append(to, " THEN ");
        append_literal(to, &expr->choices[i].to);
    }
    g_string_append(to, " ELSE ");
    if (keeps)
        g_string_append(to, value->str);
    else if (expr->others == OTHERS_NULL)
        g_string_append(to, "NULL");
    else
        append_call(plain->program, plain->function, to); /* which refuses */
    g_string_append(to, " END");
    return true;
}

/* Behind the guard no input is NULL: is the value then never NULL either? */
static bool
plain_is_never_null(const Expr *expr)
{
    if (expr->kind == EXPR_INPUT || expr->kind == EXPR_DEFAULT)
        return true;
    if (expr->kind == EXPR_CONCAT ||
        expr->kind == EXPR_CAST) /* of inputs and literals, as plain_concat() takes them */
        return true;
    if (expr->kind == EXPR_LITERAL)
        return !expr->value.is_null;
    if (expr->kind != EXPR_VALUES || expr->others == OTHERS_NULL)
        return false;
    for (size_t i = 0; i < expr->choice_count; i++)
        if (expr->choices[i].to.is_null)
            return false;
    return true;
}

static bool
plain_render(Plain *plain, const Expr *expr, GString *to)
{
    switch (expr->kind) {
    case EXPR_INPUT:
        return plain_input(plain, expr, to);
    case EXPR_LITERAL:
        append_literal(to, &expr->value);
        return literal_is_plain(&expr->value);
    case EXPR_CONCAT:
        return plain_concat(plain, expr, to);
    case EXPR_VALUES:
        return plain_values(plain, expr, to);
    case EXPR_DEFAULT:
        if (plain_is_never_null(expr->args[0]))
            return plain_render(plain, expr->args[0], to);
        g_string_append(to, "coalesce(");
        if (!literal_is_plain(&expr->value) || !plain_render(plain, expr->args[0], to))
            return false;
        g_string_append(to, ", ");
        append_literal(to, &expr->value);
        g_string_append_c(to, ')');
        return true;
    case EXPR_CAST:
        return plain_cast(plain, expr, to);
    case EXPR_ROW:
    case EXPR_SQL:
    case EXPR_SPLIT:
        return false;
    }
    g_assert_not_reached();
}

/* One input, NULL in it: the value without asking anybody. NULL when that is not so simple. */
static const Value *
value_of_null(const MapColumn *column, const SqlFunction *function)
{
    static const Value null = {.is_null = true};
    if (function->input_count != 1)
        return NULL;
    if (column->root->kind == EXPR_DEFAULT)
        return literal_is_plain(&column->root->value) ? &column->root->value : NULL;
    return column->is_nullable ? &null : NULL;
}

static char *
column_sql(const Program *program, const MapColumn *column, const SqlFunction *function)
{
    g_autoptr(GString) guards = g_string_new(NULL), value = g_string_new(NULL);
    GString *sql = g_string_new(NULL);
    Plain plain = {.program = program, .function = function, .guards = guards};
    if (!plain_render(&plain, column->root, value) ||
        (!column->is_nullable && !plain_is_never_null(column->root))) {
        append_call(program, function, sql);
    } else if (guards->len == 0) {
        g_string_append(sql, value->str);
    } else {
        const Value *null = value_of_null(column, function);
        g_string_append_printf(sql, "CASE WHEN %s THEN %s", guards->str, value->str);
        if (null != NULL) {
            g_string_append(sql, " WHEN ");
            append_input(program, sql, function->inputs[0]);
            g_string_append(sql, " IS NULL THEN ");
            append_literal(sql, null);
        }
        g_string_append(sql, " ELSE ");
        append_call(program, function, sql);
        g_string_append(sql, " END");
    }
    return g_string_free(sql, FALSE);
}

void
program_render_sqlite(Program *program)
{
    for (guint i = 0; i < program->columns->len; i++) {
        MapColumn *column = program->columns->pdata[i];
        g_autoptr(GArray) inputs = g_array_new(FALSE, FALSE, sizeof(size_t));
        collect_inputs(column->root, inputs);
        SqlFunction *function = function_new(program, column, inputs);
        g_ptr_array_add(program->functions, function);
        if (inputs->len > FUNCTION_ARGUMENTS_MAX) {
            g_array_set_size(program->select, 0);
            return;
        }
        SourceItem item = {.name = g_strdup(column->name),
                           .sql = column_sql(program, column, function)};
        g_array_append_val(program->select, item);
    }
}

/* --- the functions, on a connection --- */

typedef struct {
    MapColumn *column; /* a copy: the connection may outlive the program */
    ColumnType *types;
    size_t *inputs;
    size_t count;
    Value *values;
    GString **scratch;
} Registered;

static void
registered_free(void *data)
{
    Registered *registered = data;
    for (size_t i = 0; i < registered->count; i++)
        g_string_free(registered->scratch[i], TRUE);
    map_column_free(registered->column);
    g_free(registered->types);
    g_free(registered->inputs);
    g_free(registered->values);
    g_free(registered->scratch);
    g_free(registered);
}

static Registered *
registered_new(const SqlFunction *function)
{
    Registered *registered = g_new0(Registered, 1);
    registered->column = map_column_copy(function->column);
    registered->count = function->input_count;
    registered->types = g_memdup2(function->types, function->input_count * sizeof *function->types);
    registered->inputs =
        g_memdup2(function->inputs, function->input_count * sizeof *function->inputs);
    registered->values = g_new0(Value, function->input_room + 1);
    registered->scratch = g_new0(GString *, function->input_count);
    for (size_t i = 0; i < function->input_count; i++)
        registered->scratch[i] = g_string_new(NULL);
    return registered;
}

static void
refuse(sqlite3_context *context, const MapColumn *column, char *take_reason)
{
    g_autofree char *reason = take_reason;
    g_autofree char *message = g_strdup_printf("column '%s': %s", column->name, reason);
    sqlite3_result_error(context, message, -1);
}

static void
registered_call(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    Registered *registered = sqlite3_user_data(context);
    char *reason = NULL;
    Value value;
    for (size_t i = 0; i < registered->count; i++)
        if (!sqlite_read_argument(arguments[i], registered->types[i], registered->scratch[i],
                                  &registered->values[registered->inputs[i]], &reason)) {
            refuse(context, registered->column, reason);
            return;
        }
    Row row = {.inputs = registered->values};
    if (map_column_eval(registered->column, &row, &value, &reason))
        sqlite_result_typed(context, &value);
    else
        refuse(context, registered->column, reason);
}

/* Same name, same meaning: what is there stays, also because statements may be running with it. */
static bool
function_is_there(sqlite3 *db, const SqlFunction *function)
{
    sqlite3_stmt *statement = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_function_list WHERE name = ?1", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, function->name, -1, SQLITE_STATIC);
        found = sqlite3_step(statement) == SQLITE_ROW;
    }
    sqlite3_finalize(statement);
    return found;
}

bool
program_register(const Program *program, void *sqlite3_connection, GError **error)
{
    sqlite3 *db = sqlite3_connection;
    for (guint i = 0; i < program->functions->len; i++) {
        const SqlFunction *function = program->functions->pdata[i];
        if (function_is_there(db, function))
            continue;
        if (sqlite3_create_function_v2(db, function->name, (int) function->input_count,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                       registered_new(function), registered_call, NULL, NULL,
                                       registered_free) != SQLITE_OK)
            return fail(error, ERR_INTERNAL, "cannot add the mapping's functions to SQLite: %s",
                        sqlite3_errmsg(db));
    }
    return true;
}
