/*
 * sql_function.c - the evaluator as functions of an SQLite connection, for what SQL says differently.
 *
 *   honk_<digest>(inputs…)       one column of a mapping; an error where the evaluator refuses
 *   honk_fits('iTd', cells…)     a row's proof: an error unless every cell is what writing its value would
 *                                make (sqlite_read_kept); one letter a cell, its type; capital: not NULL
 *
 * Equal rules have equal names, so what is there already stays, also because statements may be running with it.
 */
#include "mapping/program.h"

#include "model/sqlite_value.h"

#include <string.h>
#include <xxhash.h>

void
sql_function_free(void *data)
{
    SqlFunction *function = data;
    g_free(function->name);
    g_free(function->inputs);
    g_free(function->types);
    g_free(function);
}

/* --- its name: what it does, as a digest --- */

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

SqlFunction *
sql_function_new(const Program *program, MapColumn *column, const GArray *inputs)
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
    if (!map_column_eval(registered->column, &row, &value, &reason))
        refuse(context, registered->column, reason);
    else if (sqlite_has_none(&value))
        refuse(context, registered->column, g_strdup("SQLite cannot keep NaN (it would be NULL)"));
    else
        sqlite_result_typed(context, &value);
}

/* --- proofs --- */

static const char letters[TYPE_COUNT] = {
    [TYPE_BOOL] = 'b', [TYPE_INT] = 'i',  [TYPE_FLOAT] = 'f',     [TYPE_DECIMAL] = 'n',
    [TYPE_TEXT] = 't', [TYPE_DATE] = 'd', [TYPE_TIMESTAMP] = 's', [TYPE_BYTES] = 'x',
};

char
sql_proof_letter(ColumnType type, bool null_fits)
{
    return null_fits ? letters[type] : g_ascii_toupper(letters[type]);
}

/* By letter, in lower case: read once for every cell of every row. */
static const ColumnType types_by_letter['z' - 'a' + 1] = {
    ['b' - 'a'] = TYPE_BOOL,      ['i' - 'a'] = TYPE_INT,   ['f' - 'a'] = TYPE_FLOAT,
    ['n' - 'a'] = TYPE_DECIMAL,   ['t' - 'a'] = TYPE_TEXT,  ['d' - 'a'] = TYPE_DATE,
    ['s' - 'a'] = TYPE_TIMESTAMP, ['x' - 'a'] = TYPE_BYTES,
};

static void
fits(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    GString *scratch = sqlite3_user_data(context);
    const char *types = count > 0 ? (const char *) sqlite3_value_text(arguments[0]) : NULL;
    bool all = types != NULL && (int) strspn(types, "bifntdsxBIFNTDSX") == count - 1;
    for (int i = 1; all && i < count; i++) {
        bool is_capital = (types[i - 1] & 0x20) == 0;
        ColumnType type = types_by_letter[(types[i - 1] | 0x20) - 'a'];
        Value value;
        all =
            sqlite_read_kept(arguments[i], type, scratch, &value) && !(value.is_null && is_capital);
    }
    if (all)
        sqlite3_result_int(context, 1);
    else
        sqlite3_result_error(context, "a cell is not what its column is declared for", -1);
}

static void
scratch_free(void *scratch)
{
    g_string_free(scratch, TRUE);
}

/* Same name, same meaning: what is there stays, also because statements may be running with it. */
static bool
function_is_there(sqlite3 *db, const char *name)
{
    sqlite3_stmt *statement = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_function_list WHERE name = ?1", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        found = sqlite3_step(statement) == SQLITE_ROW;
    }
    sqlite3_finalize(statement);
    return found;
}

static bool
add_function(sqlite3 *db, const char *name, int count, void *data,
             void (*call)(sqlite3_context *, int, sqlite3_value **), void (*free_data)(void *),
             GError **error)
{
    if (sqlite3_create_function_v2(db, name, count,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, data,
                                   call, NULL, NULL, free_data) == SQLITE_OK)
        return true;
    return fail(error, ERR_INTERNAL, "cannot add the mapping's functions to SQLite: %s",
                sqlite3_errmsg(db));
}

bool
program_register(const Program *program, void *sqlite3_connection, GError **error)
{
    sqlite3 *db = sqlite3_connection;
    if (!function_is_there(db, SQL_PROOF_FUNCTION) &&
        !add_function(db, SQL_PROOF_FUNCTION, -1, g_string_new(NULL), fits, scratch_free, error))
        return false;
    for (guint i = 0; i < program->functions->len; i++) {
        const SqlFunction *function = program->functions->pdata[i];
        if (!function_is_there(db, function->name) &&
            !add_function(db, function->name, (int) function->input_count, registered_new(function),
                          registered_call, registered_free, error))
            return false;
    }
    return true;
}
