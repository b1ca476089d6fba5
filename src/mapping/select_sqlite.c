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
 * That is the guarded form, which takes any row. Nearly all rows need none of it, so there is a bare form too:
 * plain SQL without guards, for rows of which the caller knows that every cell is what its type is written as.
 * One function call in WHERE tells, for all cells at once, at a third of the guards' price:
 *
 *   SELECT <plain SQL>, … WHERE honk_fits('tiT', "a", "b", "c")
 *
 * It raises an error at the first cell that is not, and the caller takes the guarded form. A column that is only taken
 * over, into one of the same affinity, need not even be told to it by a caller who looks at the values as they are
 * written: the same affinity changes nothing, so what is written is the cell (program_is_copied()).
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

#define FUNCTION_ARGUMENTS_MAX 100 /* SQLITE_MAX_FUNCTION_ARG as built by default */

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
    GString *guards; /* joined by AND; NULL: the bare form, every cell is proven otherwise */
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
    if (item_at(plain->program, expr->input)->sql != NULL)
        return false; /* an expression would be evaluated twice */
    if (plain->guards == NULL) {
        append_input(plain->program, to, expr->input);
        return true;
    }
    const char *guard = guard_of(schema_column(input, expr->input), input->is_table);
    if (guard == NULL)
        return false;
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

/* Where no input is NULL: is the value then never NULL either? */
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
        if (plain->guards != NULL && plain_is_never_null(expr->args[0]))
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

/* The guarded form. */
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

/* --- the bare form, and what it takes for granted --- */

static SqliteAffinity
input_affinity(const Program *program, const Column *input)
{
    return program->input->is_table ? sqlite_affinity(input->declared) : AFFINITY_BLOB;
}

/* Is the cell written as it is, so that looking at what was written is looking at the cell? */
static bool
is_copied(const Program *program, size_t column)
{
    const MapColumn *map = program->columns->pdata[column];
    const Column *target = schema_column(program->target, column);
    if (map->root->kind != EXPR_INPUT || item_at(program, map->root->input)->sql != NULL ||
        !program->input->is_table)
        return false;
    const Column *source = schema_column(program->input, map->root->input);
    if (!map->is_nullable && source->is_nullable)
        return false; /* a rowid would be made up for NULL */
    return source->is_rowid || input_affinity(program, source) == sqlite_affinity(target->declared);
}

/* As numbers they are kept only by columns of numbers, on both sides. */
static bool
decimal_is_bare(const Program *program, const MapColumn *column, const Column *target)
{
    if (target->type != TYPE_DECIMAL || column->root->kind == EXPR_LITERAL)
        return true;
    return column->root->kind == EXPR_INPUT &&
           input_affinity(program, schema_column(program->input, column->root->input)) ==
               AFFINITY_NUMERIC &&
           sqlite_affinity(target->declared) == AFFINITY_NUMERIC;
}

static char *
bare_column_sql(const Program *program, size_t index, const SqlFunction *function,
                bool *ret_is_call)
{
    const MapColumn *column = program->columns->pdata[index];
    GString *sql = g_string_new(NULL);
    Plain plain = {.program = program, .function = function};
    *ret_is_call = !decimal_is_bare(program, column, schema_column(program->target, index)) ||
                   !plain_render(&plain, column->root, sql) ||
                   (!column->is_nullable && !plain_is_never_null(column->root));
    if (*ret_is_call) {
        g_string_truncate(sql, 0);
        append_call(program, function, sql);
    }
    return g_string_free(sql, FALSE);
}

/* What a proof must say about one input. */
typedef struct {
    bool is_needed, refuses_null;
} Need;

static void
need_inputs(const Program *program, const MapColumn *column, const SqlFunction *function,
            Need *needs)
{
    bool may_be_null = !column->is_nullable && expr_may_be_null(column->root, program->input);
    for (size_t i = 0; i < function->input_count; i++) {
        Need *need = &needs[function->inputs[i]];
        const Column *input = schema_column(program->input, function->inputs[i]);
        bool refuses_null = may_be_null && input->is_nullable;
        need->is_needed = need->is_needed || refuses_null || !input->is_rowid;
        need->refuses_null = need->refuses_null || refuses_null;
    }
}

/* "honk_fits('it', …) AND honk_fits(…)"; NULL when nothing is needed. */
static char *
proof_sql(const Program *program, const Need *needs)
{
    g_autoptr(GString) all = g_string_new(NULL);
    size_t count = schema_count(program->input);
    for (size_t i = 0; i < count;) {
        g_autoptr(GString) types = g_string_new(NULL), cells = g_string_new(NULL);
        for (; i < count && types->len < FUNCTION_ARGUMENTS_MAX - 1; i++) {
            if (!needs[i].is_needed)
                continue;
            g_string_append_c(types, sql_proof_letter(schema_column(program->input, i)->type,
                                                      !needs[i].refuses_null));
            g_string_append(cells, ", ");
            append_input(program, cells, i);
        }
        if (types->len > 0)
            g_string_append_printf(all, "%s" SQL_PROOF_FUNCTION "('%s'%s)",
                                   all->len > 0 ? " AND " : "", types->str, cells->str);
    }
    return all->len > 0 ? g_string_free(g_steal_pointer(&all), FALSE) : NULL;
}

/* A list of values that refuses all others takes its own proof: only a cell of the right class equals one of them, and
 * whatever equals none goes to the function. */
static bool
proves_itself(const Expr *root)
{
    return root->kind == EXPR_VALUES && root->others == OTHERS_REFUSE;
}

static void
render_bare(Program *program)
{
    g_autofree Need *proven = g_new0(Need, schema_count(program->input) + 1);
    g_autofree Need *watched = g_new0(Need, schema_count(program->input) + 1);
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        const SqlFunction *function = program->functions->pdata[i];
        bool is_call;
        SourceItem item = {.name = g_strdup(column->name),
                           .sql = bare_column_sql(program, i, function, &is_call)};
        g_array_append_val(program->bare, item);
        if (is_call || proves_itself(column->root))
            continue; /* it looks for itself */
        need_inputs(program, column, function, proven);
        if (!is_copied(program, i))
            need_inputs(program, column, function, watched);
    }
    program->proof_of_all = proof_sql(program, proven);
    program->proof_of_rest = proof_sql(program, watched);
}

void
program_render_sqlite(Program *program)
{
    for (guint i = 0; i < program->columns->len; i++) {
        MapColumn *column = program->columns->pdata[i];
        g_autoptr(GArray) inputs = g_array_new(FALSE, FALSE, sizeof(size_t));
        collect_inputs(column->root, inputs);
        SqlFunction *function = sql_function_new(program, column, inputs);
        g_ptr_array_add(program->functions, function);
        if (inputs->len > FUNCTION_ARGUMENTS_MAX) {
            g_array_set_size(program->select, 0);
            return;
        }
        SourceItem item = {.name = g_strdup(column->name),
                           .sql = column_sql(program, column, function)};
        g_array_append_val(program->select, item);
    }
    render_bare(program);
}

/* --- asking --- */

size_t
program_select_sqlite(const Program *program, SelectForm form, const SourceItem **ret)
{
    const GArray *items = form == SELECT_GUARDED ? program->select : program->bare;
    *ret = (const SourceItem *) (void *) items->data;
    return items->len;
}

const char *
program_proof_sqlite(const Program *program, SelectForm form)
{
    return form == SELECT_PROVEN    ? program->proof_of_all
           : form == SELECT_WATCHED ? program->proof_of_rest
                                    : NULL;
}

bool
program_is_copied(const Program *program, size_t column)
{
    return is_copied(program, column);
}
