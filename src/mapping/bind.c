/* bind.c - rules become typed trees; the types are told in bind.h. */
#include "mapping/bind.h"

#include "base/text.h"
#include "mapping/names.h"

#include <string.h>

static void
item_clear(void *data)
{
    SourceItem *item = data;
    g_free(item->name);
    g_free(item->sql);
}

void
binder_init(Binder *binder, const Mapping *mapping, const Schema *source, Diags *diags)
{
    *binder = (Binder){.mapping = mapping, .source = source, .diags = diags};
    binder->input = schema_new(source->dataset);
    binder->input->is_table = source->is_table;
    binder->items = g_array_new(FALSE, TRUE, sizeof(SourceItem));
    g_array_set_clear_func(binder->items, item_clear);
}

void
binder_clear(Binder *binder)
{
    schema_free(binder->input);
    if (binder->items != NULL)
        g_array_unref(binder->items);
    embedded_free(binder->embedded);
    *binder = (Binder){0};
}

/* --- findings --- */

static void say(const Binder *binder, DiagLevel level, Mark mark, const char *code,
                const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
say(const Binder *binder, DiagLevel level, Mark mark, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(binder->diags, level, code, binder->mapping->file, mark.line, mark.column, "%s",
              message);
}

static void
say_unknown(const Binder *binder, Mark mark, const char *name)
{
    const char *near = column_near(binder->source, name);
    g_autofree char *list = near == NULL ? names_listed(binder->source) : NULL;
    if (near != NULL)
        say(binder, DIAG_ERROR, mark, "unknown-column",
            "the source has no column '%s'; did you mean '%s'?", name, near);
    else if (schema_count(binder->source) == 0)
        say(binder, DIAG_ERROR, mark, "unknown-column",
            "the source has no column '%s', as it has no columns at all", name);
    else
        say(binder, DIAG_ERROR, mark, "unknown-column",
            "the source has no column '%s'; its columns are %s", name, list);
}

/* --- items --- */

size_t
binder_input(Binder *binder, const char *column)
{
    size_t index = 0;
    for (; index < binder->items->len; index++) {
        const SourceItem *item = &g_array_index(binder->items, SourceItem, index);
        if (item->sql == NULL && strcmp(item->name, column) == 0)
            return index;
    }
    const Column *from = schema_find(binder->source, column, NULL);
    g_assert(from != NULL);
    SourceItem item = {.name = g_strdup(column)};
    g_array_append_val(binder->items, item);
    Column *added =
        schema_add(binder->input, column, from->type, from->declared, from->is_nullable);
    column_take_own(added, from);
    added->is_rowid = from->is_rowid;
    return index;
}

static size_t
binder_input_fn(const char *column, void *data)
{
    return binder_input(data, column);
}

static size_t
binder_expr_item(Binder *binder, const Rule *rule, ColumnType type)
{
    SourceItem item = {.name = g_strconcat(ITEM_OF_EXPR, rule->target, NULL),
                       .sql = sql_in_brackets(rule->expr)};
    g_array_append_val(binder->items, item);
    schema_add(binder->input, item.name, type, "", true);
    return binder->items->len - 1;
}

/* --- nodes --- */

static Expr *
wrap(ExprKind kind, ColumnType type, Expr *arg)
{
    Expr *expr = expr_new(kind, type, 1);
    expr->args[0] = arg;
    return expr;
}

static Expr *
wrap_cast(Expr *arg, ColumnType type, const char *format, bool lossy)
{
    Expr *expr = wrap(EXPR_CAST, type, arg);
    expr->format = g_strdup(format);
    expr->lossy = lossy;
    return expr;
}

static Expr *
as_text(Expr *arg)
{
    return arg->type == TYPE_TEXT ? arg : wrap_cast(arg, TYPE_TEXT, NULL, false);
}

static Expr *
bind_column(Binder *binder, const char *name, Mark mark)
{
    const Column *column = schema_find(binder->source, name, NULL);
    if (column == NULL && strcmp(name, ROW_COLUMN) == 0) {
        if (binder->row_allowed)
            return expr_new(EXPR_ROW, TYPE_INT, 0);
        say(binder, DIAG_ERROR, mark, "unknown-column",
            "'_row', the number of the record, is there for files alone; this source has keys");
        return NULL;
    }
    if (column == NULL) {
        say_unknown(binder, mark, name);
        return NULL;
    }
    Expr *expr = expr_new(EXPR_INPUT, column->type, 0);
    expr->input = binder_input(binder, name);
    return expr;
}

static Expr *
bind_text(const char *text)
{
    Expr *expr = expr_new(EXPR_LITERAL, TYPE_TEXT, 0);
    Value value = {.type = TYPE_TEXT, .s = {text, strlen(text)}};
    expr->value = value_own(&value);
    return expr;
}

static Expr *
bind_concat(Binder *binder, const Rule *rule)
{
    g_autoptr(Expr) concat = expr_new(EXPR_CONCAT, TYPE_TEXT, rule->parts->len);
    bool whole = true;
    for (guint i = 0; i < rule->parts->len; i++) {
        const Part *part = rule->parts->pdata[i];
        Expr *arg =
            part->is_column ? bind_column(binder, part->text, part->mark) : bind_text(part->text);
        whole = whole && arg != NULL;
        if (arg != NULL && arg->type == TYPE_BYTES)
            say(binder, DIAG_WARNING, part->mark, "checked-cast",
                "column '%s' is bytes: rows where it is not UTF-8 text are refused", part->text);
        concat->args[i] = arg != NULL ? as_text(arg) : NULL;
    }
    return whole ? g_steal_pointer(&concat) : NULL;
}

/* The type that a constant or an expression has to begin with. */
static ColumnType
first_type(const Rule *rule, const Column *target)
{
    return rule->has_type ? rule->type : target != NULL ? target->type : TYPE_TEXT;
}

static Expr *
bind_expr(Binder *binder, const Rule *rule, const Column *target)
{
    bool needs_text =
        rule->split_by != NULL || rule->pairs->len > 0 || rule->format != NULL || rule->lossy;
    ColumnType type = needs_text ? TYPE_TEXT : first_type(rule, target);
    if (binder->source_sql || binder->only_checks) {
        Expr *expr = expr_new(EXPR_INPUT, type, 0);
        expr->input = binder_expr_item(binder, rule, type);
        return expr;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Expr) expr = expr_new(EXPR_SQL, type, 0);
    if ((binder->embedded == NULL && !embedded_new(binder->source, &binder->embedded, &error)) ||
        !embedded_prepare(binder->embedded, rule->expr, binder_input_fn, binder, &expr->sql,
                          &error)) {
        say(binder, DIAG_ERROR, rule->base_mark, "bad-expr", "the expression is refused: %s",
            error->message);
        return NULL;
    }
    return g_steal_pointer(&expr);
}

/* --- literals --- */

/* A written value as `type`; dates also by `format`. False with a reason. The result owns its text. */
static bool
literal_value(const Literal *literal, ColumnType type, const char *format, Value *ret,
              char **ret_reason)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    Value text = {.type = TYPE_TEXT, .s = {literal->text, strlen(literal->text)}}, value;
    if (literal->is_null) {
        *ret = (Value){.is_null = true, .type = type};
        return true;
    }
    bool is_time = type == TYPE_DATE || type == TYPE_TIMESTAMP;
    if (!(is_time && format != NULL && !value_format_is_unix(format) &&
          value_cast(&text, type, format, scratch, &value, NULL)) &&
        !value_cast(&text, type, NULL, scratch, &value, ret_reason))
        return false;
    *ret = value_own(&value);
    return true;
}

static ColumnType
yaml_type(const Literal *literal)
{
    Value value;
    static const char *const truths[] = {"true", "false", "True", "False", "TRUE", "FALSE", NULL};
    if (literal->quoted || literal->is_null)
        return TYPE_TEXT;
    if (g_strv_contains(truths, literal->text))
        return TYPE_BOOL;
    for (ColumnType type = TYPE_INT; type <= TYPE_FLOAT; type++)
        if (literal_value(literal, type, NULL, &value, NULL))
            return type;
    return TYPE_TEXT;
}

static Expr *
bind_const(Binder *binder, const Rule *rule, const Column *target)
{
    const Literal *literal = rule->constant;
    ColumnType type =
        rule->has_type || target != NULL ? first_type(rule, target) : yaml_type(literal);
    g_autofree char *reason = NULL;
    g_autoptr(Expr) expr = expr_new(EXPR_LITERAL, type, 0);
    if (literal_value(literal, type, rule->format, &expr->value, &reason))
        return g_steal_pointer(&expr);
    say(binder, DIAG_ERROR, literal->mark, "bad-value",
        "the constant does not fit column '%s' (%s): %s", rule->target, column_type_name(type),
        reason);
    return NULL;
}

/* --- values --- */

static bool
all_have_type(const Rule *rule, ColumnType type)
{
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = rule->pairs->pdata[i];
        Value value;
        if (!literal_value(&pair->to, type, NULL, &value, NULL))
            return false;
        value_disown(&value);
    }
    return true;
}

static bool
bind_choice(Binder *binder, const Rule *rule, const Pair *pair, ColumnType from, Expr *values)
{
    g_autofree char *reason = NULL;
    Choice choice = {.from = {.is_null = true}, .to = {.is_null = true}};
    if (!literal_value(&pair->from, from, NULL, &choice.from, &reason)) {
        say(binder, DIAG_ERROR, pair->from.mark, "bad-value",
            "'%s' can never be met: the value is of type %s here (%s)", pair->from.text,
            column_type_name(from), reason);
        return false;
    }
    for (size_t i = 0; i < values->choice_count; i++)
        if (value_order(&values->choices[i].from, &choice.from) == 0) {
            say(binder, DIAG_ERROR, pair->from.mark, "twice",
                "'%s' is the same %s as one above in `values`", pair->from.text,
                column_type_name(from));
            value_disown(&choice.from);
            return false;
        }
    bool made = literal_value(&pair->to, values->type, NULL, &choice.to, NULL);
    g_assert(made); /* all_have_type() has tried, or it is text */
    values->choices[values->choice_count++] = choice;
    return true;
}

static Expr *
bind_values(Binder *binder, const Rule *rule, Expr *take_arg)
{
    g_autoptr(Expr) arg = take_arg;
    ColumnType type = all_have_type(rule, arg->type) ? arg->type : TYPE_TEXT;
    bool whole = true;
    g_autoptr(Expr) values = expr_new(EXPR_VALUES, type, 1);
    values->choices = g_new0(Choice, rule->pairs->len);
    values->others = rule->others;
    for (guint i = 0; i < rule->pairs->len; i++)
        whole = bind_choice(binder, rule, rule->pairs->pdata[i], arg->type, values) && whole;
    values->args[0] = g_steal_pointer(&arg);
    expr_sort_choices(values);
    return whole ? g_steal_pointer(&values) : NULL;
}

/* --- casts --- */

static bool
type_is_time(ColumnType type)
{
    return type == TYPE_DATE || type == TYPE_TIMESTAMP;
}

/* Does `format` say something about this cast? */
static bool
format_fits(ColumnType from, ColumnType to, const char *format)
{
    if (value_format_is_unix(format))
        return (type_is_time(to) && (from == TYPE_INT || from == TYPE_TEXT)) ||
               (type_is_time(from) && to == TYPE_INT);
    return (from == TYPE_TEXT && type_is_time(to)) || (type_is_time(from) && to == TYPE_TEXT);
}

static bool
check_format(Binder *binder, const Rule *rule, ColumnType from, ColumnType to)
{
    g_autofree char *problem = NULL;
    if (!format_fits(from, to, rule->format)) {
        say(binder, DIAG_ERROR, rule->format_mark, "bad-format",
            "format '%s' means nothing between %s and %s; it reads or writes dates and timestamps "
            "as text%s",
            rule->format, column_type_name(from), column_type_name(to),
            from == TYPE_TEXT && !rule->has_type ? " (add `type: date` or `type: timestamp`)" : "");
        return false;
    }
    if (from == TYPE_TEXT && !value_format_check(rule->format, true, &problem)) {
        say(binder, DIAG_ERROR, rule->format_mark, "bad-format", "the format '%s' %s", rule->format,
            problem);
        return false;
    }
    return true;
}

static bool
check_cast(Binder *binder, const Rule *rule, ColumnType from, ColumnType to, const char *format)
{
    CastKind kind = value_cast_kind(from, to, format);
    Mark mark = rule->has_type ? rule->type_mark : rule->mark;
    if (kind == CAST_NEVER) {
        bool by_unix = value_cast_kind(from, to, "unix") != CAST_NEVER;
        say(binder, DIAG_ERROR, mark, "impossible-cast", "column '%s': %s cannot become %s%s",
            rule->target, column_type_name(from), column_type_name(to),
            by_unix ? " without `format: unix` or `format: unix_ms`" : "");
        return false;
    }
    if (kind == CAST_LOSSY && !rule->lossy)
        say(binder, DIAG_WARNING, mark, "lossy-cast",
            "column '%s': %s to %s may lose something; rows where it would are refused (`lossy: [ "
            "%s ]` says yes to the loss)",
            rule->target, column_type_name(from), column_type_name(to), rule->target);
    return true;
}

static Expr *
bind_cast(Binder *binder, const Rule *rule, Expr *take_arg, ColumnType to, const char *format)
{
    g_autoptr(Expr) arg = take_arg;
    if (format != NULL && !check_format(binder, rule, arg->type, to))
        return NULL;
    if (value_format_is_unix(format) && arg->type == TYPE_TEXT) /* seconds as digits: two casts */
        arg = wrap_cast(g_steal_pointer(&arg), TYPE_INT, NULL, rule->lossy);
    if (arg->type == to && format == NULL)
        return g_steal_pointer(&arg);
    if (!check_cast(binder, rule, arg->type, to, format))
        return NULL;
    return wrap_cast(g_steal_pointer(&arg), to, format, rule->lossy);
}

/* To `type` by `format`, then to the target's own type. */
static Expr *
bind_casts(Binder *binder, const Rule *rule, const Column *target, Expr *arg)
{
    ColumnType wanted = rule->has_type ? rule->type : target != NULL ? target->type : arg->type;
    /* a constant was read by the format already */
    const char *format = rule->base == BASE_CONST && arg->type == wanted ? NULL : rule->format;
    arg = bind_cast(binder, rule, arg, wanted, format);
    if (arg != NULL && target != NULL && target->type != wanted)
        arg = bind_cast(binder, rule, arg, target->type, NULL);
    return arg;
}

static Expr *
bind_default(Binder *binder, const Rule *rule, Expr *take_arg)
{
    g_autoptr(Expr) arg = take_arg;
    g_autofree char *reason = NULL;
    ColumnType type = arg->type;
    g_autoptr(Expr) expr = wrap(EXPR_DEFAULT, type, g_steal_pointer(&arg));
    expr->value.is_null = true;
    if (literal_value(rule->fallback, type, rule->format, &expr->value, &reason))
        return g_steal_pointer(&expr);
    say(binder, DIAG_ERROR, rule->fallback->mark, "bad-value",
        "the default does not fit column '%s' (%s): %s", rule->target, column_type_name(type),
        reason);
    return NULL;
}

static Expr *
bind_base(Binder *binder, const Rule *rule, const Column *target)
{
    switch (rule->base) {
    case BASE_FROM:
        return bind_column(binder, rule->from, rule->base_mark);
    case BASE_CONCAT:
        return bind_concat(binder, rule);
    case BASE_EXPR:
        return bind_expr(binder, rule, target);
    case BASE_CONST:
        return bind_const(binder, rule, target);
    }
    g_assert_not_reached();
}

Expr *
bind_rule(Binder *binder, const Rule *rule, const Column *target)
{
    Expr *expr = bind_base(binder, rule, target);
    if (expr != NULL && rule->split_by != NULL) {
        expr = wrap(EXPR_SPLIT, TYPE_TEXT, as_text(expr));
        expr->by = g_strdup(rule->split_by);
        expr->part = rule->split_part;
    }
    if (expr != NULL && rule->pairs->len > 0)
        expr = bind_values(binder, rule, expr);
    if (expr != NULL)
        expr = bind_casts(binder, rule, target, expr);
    if (expr != NULL && rule->fallback != NULL)
        expr = bind_default(binder, rule, expr);
    return expr;
}

EmbeddedExpr *
bind_where(Binder *binder)
{
    g_autoptr(GError) error = NULL;
    EmbeddedExpr *where = NULL;
    if (binder->mapping->where == NULL)
        return NULL;
    if ((binder->embedded == NULL && !embedded_new(binder->source, &binder->embedded, &error)) ||
        !embedded_prepare(binder->embedded, binder->mapping->where, binder_input_fn, binder, &where,
                          &error))
        say(binder, DIAG_ERROR, binder->mapping->where_mark, "bad-where", "`where` is refused: %s",
            error->message);
    return where;
}
