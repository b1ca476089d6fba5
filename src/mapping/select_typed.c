/*
 * select_typed.c - a mapping as SELECT items for stores whose columns have types (PostgreSQL, MariaDB), with the evaluator's
 * meaning.
 *
 * Nothing has to be proven about a cell there; but casts, rounding and splitting mean other things than here. Only forms with
 * one meaning are said in SQL: a column, a constant, a concatenation of texts and whole numbers, a value map over these, and
 * defaults. One rule that is none of them, and the mapping has no items at all: its rows are mapped outside of the store.
 * What a value map refuses is a division by zero, which sends the caller the same way.
 *
 * Texts are compared by their bytes, whatever the column's collation takes for equal.
 */
#include "mapping/program.h"

/* Where the dialects differ; each %s is an expression. */
typedef struct {
    const char *text, *int_text; /* a value as its text */
    const char *by_bytes;        /* behind a text that is compared */
    const char *refused_text, *refused_int;
    const char *literals[TYPE_COUNT]; /* of a quoted text; NULL: there is none */
    const char *null;                 /* of a type, whose name is %s */
    const char *types[TYPE_COUNT];
} Dialect;

static const Dialect dialects[TYPED_DIALECTS] = {
    [TYPED_POSTGRES] =
        {
            .text = "%s::text",
            .int_text = "%s::int8::text",
            .by_bytes = " COLLATE \"C\"",
            .refused_text = "(length(%s) / 0)::text::",
            .refused_int = "((%s) / 0)::text::",
            .literals = {[TYPE_BOOL] = "%s::boolean",
                         [TYPE_INT] = "%s::int8",
                         [TYPE_FLOAT] = "%s::float8",
                         [TYPE_DECIMAL] = "%s::numeric",
                         [TYPE_TEXT] = "%s::text",
                         [TYPE_DATE] = "%s::date",
                         [TYPE_TIMESTAMP] = "%s::timestamp"},
            .null = "NULL::%s",
            .types = {[TYPE_BOOL] = "boolean",
                      [TYPE_INT] = "int8",
                      [TYPE_FLOAT] = "float8",
                      [TYPE_DECIMAL] = "numeric",
                      [TYPE_TEXT] = "text",
                      [TYPE_DATE] = "date",
                      [TYPE_TIMESTAMP] = "timestamp",
                      [TYPE_BYTES] = "bytea"},
        },
    [TYPED_MARIADB] =
        {
            .text = "CAST(%s AS CHAR)",
            .int_text = "CAST(%s AS CHAR)",
            .by_bytes = " COLLATE utf8mb4_nopad_bin",
            .refused_text = "(char_length(%s) / 0)",
            .refused_int = "((%s) / 0)",
            .literals = {[TYPE_BOOL] = "(%s + 0)",
                         [TYPE_INT] = "CAST(%s AS SIGNED)",
                         [TYPE_FLOAT] = "(%s + 0e0)",
                         [TYPE_TEXT] = "%s",
                         [TYPE_DATE] = "CAST(%s AS DATE)",
                         [TYPE_TIMESTAMP] = "CAST(%s AS DATETIME(6))"},
            .null = "NULL",
            .types = {"", "", "", "", "", "", "", ""},
        },
};

typedef struct {
    const Program *program;
    const Dialect *dialect;
    GString *to;
} Renderer;

/* One %s of `form` is `text`; forms are the constants above. */
static void
append_form(GString *to, const char *form, const char *text)
{
    const char *gap = strstr(form, "%s");
    g_string_append_len(to, form, gap != NULL ? gap - form : (gssize) strlen(form));
    if (gap == NULL)
        return;
    g_string_append(to, text);
    g_string_append(to, gap + 2);
}

static const SourceItem *
item_at(const Program *program, size_t input)
{
    return &g_array_index(program->items, SourceItem, input);
}

/* Texts are sent as texts: a uuid or an enum is what it prints. */
static void
append_input(const Renderer *renderer, const Expr *expr, const char *form)
{
    const SourceItem *item = item_at(renderer->program, expr->input);
    g_autoptr(GString) plain = g_string_new(NULL);
    if (item->sql != NULL)
        g_string_append_printf(plain, "(%s\n)", item->sql);
    else
        sql_append_name(plain, item->name);
    append_form(renderer->to, form, plain->str);
}

static bool
append_literal(const Renderer *renderer, const Value *value, ColumnType type)
{
    g_autoptr(GString) text = g_string_new(NULL), quoted = g_string_new(NULL);
    if (value->is_null && type != TYPE_BYTES) {
        append_form(renderer->to, renderer->dialect->null, renderer->dialect->types[type]);
        return true;
    }
    if (renderer->dialect->literals[type] == NULL)
        return false;
    value_append_text(value, text);
    if (memchr(text->str, '\0', text->len) != NULL)
        return false;
    sql_append_text(quoted, text->str, text->len);
    append_form(renderer->to, renderer->dialect->literals[type], quoted->str);
    return true;
}

static bool render(const Renderer *renderer, const Expr *expr);

static bool
render_concat(const Renderer *renderer, const Expr *expr)
{
    g_string_append_c(renderer->to, '(');
    for (size_t i = 0; i < expr->arg_count; i++) {
        if (i > 0)
            g_string_append(renderer->to, " || ");
        if (!render(renderer, expr->args[i]))
            return false;
    }
    g_string_append_c(renderer->to, ')');
    return true;
}

static bool
render_values(const Renderer *renderer, const Expr *expr)
{
    const Expr *arg = expr->args[0];
    const Dialect *dialect = renderer->dialect;
    bool is_text = arg->type == TYPE_TEXT;
    g_autoptr(GString) value = g_string_new(NULL);
    Renderer inner = {renderer->program, dialect, value};
    GString *to = renderer->to;
    if ((!is_text && arg->type != TYPE_INT) ||
        (expr->others == OTHERS_KEEP && arg->type != expr->type) || arg->kind != EXPR_INPUT ||
        !render(&inner, arg))
        return false;
    g_string_append_printf(to, "CASE %s%s", value->str, is_text ? dialect->by_bytes : "");
    for (size_t i = 0; i < expr->choice_count; i++) {
        g_string_append(to, " WHEN ");
        if (!append_literal(renderer, &expr->choices[i].from, arg->type))
            return false;
        g_string_append(to, " THEN ");
        if (!append_literal(renderer, &expr->choices[i].to, expr->type))
            return false;
    }
    if (expr->others == OTHERS_KEEP) {
        g_string_append_printf(to, " ELSE %s END", value->str);
    } else if (expr->others == OTHERS_NULL) {
        g_string_append(to, " END");
    } else { /* NULL stays NULL */
        g_string_append(to, " ELSE ");
        append_form(to, is_text ? dialect->refused_text : dialect->refused_int, value->str);
        g_string_append_printf(to, "%s END", dialect->types[expr->type]);
    }
    return true;
}

static bool
render(const Renderer *renderer, const Expr *expr)
{
    switch (expr->kind) {
    case EXPR_INPUT:
        append_input(renderer, expr, expr->type == TYPE_TEXT ? renderer->dialect->text : "%s");
        return true;
    case EXPR_LITERAL:
        return append_literal(renderer, &expr->value, expr->type);
    case EXPR_CONCAT:
        return render_concat(renderer, expr);
    case EXPR_VALUES:
        return render_values(renderer, expr);
    case EXPR_DEFAULT:
        g_string_append(renderer->to, "coalesce(");
        if (!render(renderer, expr->args[0]))
            return false;
        g_string_append(renderer->to, ", ");
        if (!append_literal(renderer, &expr->value, expr->type))
            return false;
        g_string_append_c(renderer->to, ')');
        return true;
    case EXPR_CAST: /* a whole number is written in one way */
        if (expr->args[0]->kind != EXPR_INPUT || expr->args[0]->type != TYPE_INT ||
            expr->type != TYPE_TEXT || expr->format != NULL)
            return false;
        append_input(renderer, expr->args[0], renderer->dialect->int_text);
        return true;
    case EXPR_ROW:
    case EXPR_SQL:
    case EXPR_SPLIT:
        return false;
    }
    g_assert_not_reached();
}

void
program_render_typed(Program *program, TypedSql in)
{
    GArray *items = program->typed[in];
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        g_autoptr(GString) sql = g_string_new(NULL);
        Renderer renderer = {program, &dialects[in], sql};
        if (!render(&renderer, column->root)) {
            g_array_set_size(items, 0);
            return;
        }
        SourceItem item = {.name = g_strdup(column->name), .sql = g_strdup(sql->str)};
        g_array_append_val(items, item);
    }
}

size_t
program_select_typed(const Program *program, TypedSql in, const SourceItem **ret)
{
    *ret = (const SourceItem *) (void *) program->typed[in]->data;
    return program->typed[in]->len;
}

const char *
program_source_of(const Program *program, size_t column)
{
    const MapColumn *map = program->columns->pdata[column];
    if (map->root->kind != EXPR_INPUT || item_at(program, map->root->input)->sql != NULL)
        return NULL;
    return item_at(program, map->root->input)->name;
}
