/*
 * select_postgres.c - a mapping as SELECT items for PostgreSQL, with the evaluator's meaning.
 *
 * Columns there are typed, so nothing has to be proven about a cell; but casts, rounding and splitting mean other things
 * than here. Only forms with one meaning are said in SQL: a column, a constant, a concatenation of texts and whole numbers, a
 * value map over these, and defaults. One rule that is none of them, and the mapping has no items at all: its rows are mapped
 * outside of the store. What a value map refuses is a division by zero, which sends the caller the same way.
 *
 * Texts are compared by their bytes (COLLATE "C"), whatever the column's collation takes for equal.
 */
#include "mapping/program.h"

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "boolean",        [TYPE_INT] = "int8",    [TYPE_FLOAT] = "float8",
    [TYPE_DECIMAL] = "numeric",     [TYPE_TEXT] = "text",   [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "timestamp", [TYPE_BYTES] = "bytea",
};

static const SourceItem *
item_at(const Program *program, size_t input)
{
    return &g_array_index(program->items, SourceItem, input);
}

/* Texts are sent as texts: a uuid or an enum is what it prints. */
static void
append_input(const Program *program, GString *to, const Expr *expr)
{
    const SourceItem *item = item_at(program, expr->input);
    if (item->sql != NULL)
        g_string_append_printf(to, "(%s\n)", item->sql);
    else
        sql_append_name(to, item->name);
    if (expr->type == TYPE_TEXT)
        g_string_append(to, "::text");
}

static bool
append_literal(GString *to, const Value *value, ColumnType type)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (type == TYPE_BYTES)
        return false;
    if (value->is_null) {
        g_string_append(to, "NULL");
    } else {
        value_append_text(value, text);
        if (memchr(text->str, '\0', text->len) != NULL)
            return false;
        sql_append_text(to, text->str, text->len);
    }
    g_string_append_printf(to, "::%s", type_names[type]);
    return true;
}

static bool render(const Program *program, const Expr *expr, GString *to);

static bool
render_concat(const Program *program, const Expr *expr, GString *to)
{
    g_string_append_c(to, '(');
    for (size_t i = 0; i < expr->arg_count; i++) {
        if (i > 0)
            g_string_append(to, " || ");
        if (!render(program, expr->args[i], to))
            return false;
    }
    g_string_append_c(to, ')');
    return true;
}

static bool
render_values(const Program *program, const Expr *expr, GString *to)
{
    const Expr *arg = expr->args[0];
    bool is_text = arg->type == TYPE_TEXT;
    g_autoptr(GString) value = g_string_new(NULL);
    if ((!is_text && arg->type != TYPE_INT) ||
        (expr->others == OTHERS_KEEP && arg->type != expr->type) || arg->kind != EXPR_INPUT ||
        !render(program, arg, value))
        return false;
    g_string_append_printf(to, "CASE %s%s", value->str, is_text ? " COLLATE \"C\"" : "");
    for (size_t i = 0; i < expr->choice_count; i++) {
        g_string_append(to, " WHEN ");
        if (!append_literal(to, &expr->choices[i].from, arg->type))
            return false;
        g_string_append(to, " THEN ");
        if (!append_literal(to, &expr->choices[i].to, expr->type))
            return false;
    }
    if (expr->others == OTHERS_KEEP)
        g_string_append_printf(to, " ELSE %s END", value->str);
    else if (expr->others == OTHERS_NULL)
        g_string_append(to, " END");
    else /* NULL stays NULL */
        g_string_append_printf(
            to, is_text ? " ELSE (length(%s) / 0)::text::%s END" : " ELSE ((%s) / 0)::text::%s END",
            value->str, type_names[expr->type]);
    return true;
}

static bool
render(const Program *program, const Expr *expr, GString *to)
{
    switch (expr->kind) {
    case EXPR_INPUT:
        append_input(program, to, expr);
        return true;
    case EXPR_LITERAL:
        return append_literal(to, &expr->value, expr->type);
    case EXPR_CONCAT:
        return render_concat(program, expr, to);
    case EXPR_VALUES:
        return render_values(program, expr, to);
    case EXPR_DEFAULT:
        g_string_append(to, "coalesce(");
        if (!render(program, expr->args[0], to))
            return false;
        g_string_append(to, ", ");
        if (!append_literal(to, &expr->value, expr->type))
            return false;
        g_string_append_c(to, ')');
        return true;
    case EXPR_CAST: /* a whole number is written in one way */
        if (expr->args[0]->kind != EXPR_INPUT || expr->args[0]->type != TYPE_INT ||
            expr->type != TYPE_TEXT || expr->format != NULL)
            return false;
        append_input(program, to, expr->args[0]);
        g_string_append(to, "::int8::text");
        return true;
    case EXPR_ROW:
    case EXPR_SQL:
    case EXPR_SPLIT:
        return false;
    }
    g_assert_not_reached();
}

void
program_render_postgres(Program *program)
{
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        g_autoptr(GString) sql = g_string_new(NULL);
        if (!render(program, column->root, sql)) {
            g_array_set_size(program->postgres, 0);
            return;
        }
        SourceItem item = {.name = g_strdup(column->name), .sql = g_strdup(sql->str)};
        g_array_append_val(program->postgres, item);
    }
}

size_t
program_select_postgres(const Program *program, const SourceItem **ret)
{
    *ret = (const SourceItem *) (void *) program->postgres->data;
    return program->postgres->len;
}

const char *
program_source_of(const Program *program, size_t column)
{
    const MapColumn *map = program->columns->pdata[column];
    if (map->root->kind != EXPR_INPUT || item_at(program, map->root->input)->sql != NULL)
        return NULL;
    return item_at(program, map->root->input)->name;
}
