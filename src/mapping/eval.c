/* eval.c - the reference evaluator; the meaning of each node is told in eval.h. */
#include "mapping/eval.h"

#include "base/limits.h"
#include "mapping/embedded.h"

#include <string.h>

Expr *
expr_new(ExprKind kind, ColumnType type, size_t arg_count)
{
    Expr *expr = g_new0(Expr, 1);
    expr->kind = kind;
    expr->type = type;
    expr->args = g_new0(Expr *, arg_count);
    expr->arg_count = arg_count;
    expr->scratch = g_string_new(NULL);
    return expr;
}

void
expr_free(Expr *expr)
{
    if (expr == NULL)
        return;
    for (size_t i = 0; i < expr->arg_count; i++)
        expr_free(expr->args[i]);
    g_free(expr->args);
    embedded_expr_free(expr->sql);
    value_disown(&expr->value);
    g_free(expr->by);
    for (size_t i = 0; i < expr->choice_count; i++) {
        value_disown(&expr->choices[i].from);
        value_disown(&expr->choices[i].to);
    }
    g_free(expr->choices);
    g_free(expr->format);
    g_string_free(expr->scratch, TRUE);
    g_free(expr);
}

Value
value_own(const Value *value)
{
    Value copy = *value;
    if (!value->is_null && type_has_bytes(value->type)) {
        char *data = g_malloc(value->s.bytes + 1);
        if (value->s.bytes > 0)
            memcpy(data, value->s.data, value->s.bytes);
        data[value->s.bytes] = '\0';
        copy.s.data = data;
    }
    return copy;
}

void
value_disown(Value *value)
{
    if (!value->is_null && type_has_bytes(value->type))
        g_free((char *) value->s.data);
    *value = (Value){.is_null = true};
}

Expr *
expr_copy(const Expr *expr)
{
    g_assert(expr->kind != EXPR_SQL);
    Expr *copy = expr_new(expr->kind, expr->type, expr->arg_count);
    for (size_t i = 0; i < expr->arg_count; i++)
        copy->args[i] = expr_copy(expr->args[i]);
    copy->input = expr->input;
    copy->value = value_own(&expr->value);
    copy->by = g_strdup(expr->by);
    copy->part = expr->part;
    copy->choices = g_new0(Choice, expr->choice_count);
    copy->choice_count = expr->choice_count;
    for (size_t i = 0; i < expr->choice_count; i++)
        copy->choices[i] = (Choice){.from = value_own(&expr->choices[i].from),
                                    .to = value_own(&expr->choices[i].to)};
    copy->others = expr->others;
    copy->format = g_strdup(expr->format);
    copy->lossy = expr->lossy;
    return copy;
}

int
value_order(const Value *a, const Value *b)
{
    if (type_has_bytes(a->type)) {
        if (a->s.bytes != b->s.bytes)
            return a->s.bytes < b->s.bytes ? -1 : 1;
        return a->s.bytes == 0 ? 0 : memcmp(a->s.data, b->s.data, a->s.bytes);
    }
    if (a->type == TYPE_FLOAT)
        return a->f < b->f         ? -1
               : a->f > b->f       ? 1
               : a->f == b->f      ? 0
               : value_equal(a, b) ? 0
               : a->f == a->f      ? -1
                                   : 1;
    return a->i < b->i ? -1 : a->i > b->i;
}

static int
choice_order(const void *a, const void *b)
{
    return value_order(&((const Choice *) a)->from, &((const Choice *) b)->from);
}

void
expr_sort_choices(Expr *expr)
{
    qsort(expr->choices, expr->choice_count, sizeof *expr->choices, choice_order);
}

/* --- rows --- */

Value
row_input(const Row *row, ColumnType type, size_t input)
{
    if (row->inputs != NULL)
        return row->inputs[input];
    if (batch_is_null(row->batch, input, row->row))
        return (Value){.is_null = true, .type = type};
    Value value = {.type = type};
    if (type == TYPE_FLOAT)
        value.f = batch_float(row->batch, input, row->row);
    else if (type_has_bytes(type))
        value.s.data = batch_bytes(row->batch, input, row->row, &value.s.bytes);
    else
        value.i = batch_int(row->batch, input, row->row);
    return value;
}

int64_t
row_number(const Row *row)
{
    return row->inputs != NULL ? (int64_t) row->row : row->batch->row_ids[row->row];
}

/* --- nodes --- */

static bool
refuse(const Value *value, const char *what, char **ret_reason)
{
    g_autoptr(GString) reason = g_string_new(NULL);
    value_append_quoted(value, reason);
    g_string_append_printf(reason, " %s", what);
    *ret_reason = g_string_free(g_steal_pointer(&reason), FALSE);
    return false;
}

/* Of an expression that others are made of; NULL when it is refused. What is there already is not copied: a copy of what was
 * written a moment ago, in other pieces, has to wait for it. */
static const Value *
eval_part(Expr *part, const Row *row, Value *room, char **ret_reason)
{
    if (part->kind == EXPR_INPUT && row->inputs != NULL)
        return &row->inputs[part->input];
    if (part->kind == EXPR_LITERAL)
        return &part->value;
    return expr_eval(part, row, room, ret_reason) ? room : NULL;
}

static bool
eval_concat(Expr *expr, const Row *row, Value *ret, char **ret_reason)
{
    bool is_null = false;
    g_string_truncate(expr->scratch, 0);
    for (size_t i = 0; i < expr->arg_count; i++) {
        Value room;
        /* all parts are looked at, also after a NULL: a value that is refused is refused in any order */
        const Value *part = eval_part(expr->args[i], row, &room, ret_reason);
        if (part == NULL)
            return false;
        is_null |= part->is_null;
        if (part->is_null)
            continue;
        if (expr->scratch->len + part->s.bytes > CELL_BYTES_MAX) {
            *ret_reason =
                g_strdup_printf("the parts together are larger than %d MiB", CELL_BYTES_MAX >> 20);
            return false;
        }
        g_string_append_len(expr->scratch, part->s.data, (gssize) part->s.bytes);
    }
    *ret = (Value){
        .is_null = is_null, .type = TYPE_TEXT, .s = {expr->scratch->str, expr->scratch->len}};
    return true;
}

static const char *
separator_find(const char *from, const char *end, const char *by, size_t by_bytes)
{
    return from < end ? memmem(from, (size_t) (end - from), by, by_bytes) : NULL;
}

static int64_t
parts_count(const Value *value, const char *by, size_t by_bytes)
{
    const char *at = value->s.data, *end = at + value->s.bytes;
    int64_t count = 1;
    for (; (at = separator_find(at, end, by, by_bytes)) != NULL; at += by_bytes)
        count++;
    return count;
}

static bool
eval_split(Expr *expr, const Row *row, Value *ret, char **ret_reason)
{
    Value value;
    if (!expr_eval(expr->args[0], row, &value, ret_reason))
        return false;
    size_t by_bytes = strlen(expr->by);
    int64_t part = expr->part;
    if (!value.is_null && part < 0)
        part += parts_count(&value, expr->by, by_bytes) + 1;
    *ret = (Value){.is_null = true, .type = TYPE_TEXT};
    if (value.is_null || part < 1)
        return true;
    const char *at = value.s.data, *end = at + value.s.bytes, *next = NULL;
    while ((next = separator_find(at, end, expr->by, by_bytes)) != NULL && part > 1) {
        at = next + by_bytes;
        part--;
    }
    if (part > 1)
        return true;
    *ret = (Value){.type = TYPE_TEXT, .s = {at, (size_t) ((next != NULL ? next : end) - at)}};
    return true;
}

static int
value_to_choice(const void *value, const void *choice)
{
    return value_order(value, &((const Choice *) choice)->from);
}

static const Choice *
choice_find(const Expr *expr, const Value *value)
{
    return bsearch(value, expr->choices, expr->choice_count, sizeof *expr->choices,
                   value_to_choice);
}

static bool
eval_values(Expr *expr, const Row *row, Value *ret, char **ret_reason)
{
    Value room;
    const Value *value = eval_part(expr->args[0], row, &room, ret_reason);
    if (value == NULL)
        return false;
    const Choice *choice = value->is_null ? NULL : choice_find(expr, value);
    if (choice != NULL) {
        *ret = choice->to;
        return true;
    }
    if (value->is_null || expr->others == OTHERS_NULL) {
        *ret = (Value){.is_null = true, .type = expr->type};
        return true;
    }
    if (expr->others == OTHERS_REFUSE)
        return refuse(value, "is none of the mapped values", ret_reason);
    return value_cast(value, expr->type, NULL, expr->scratch, ret, ret_reason);
}

static bool
eval_cast(Expr *expr, const Row *row, Value *ret, char **ret_reason)
{
    Value room;
    const Value *value = eval_part(expr->args[0], row, &room, ret_reason);
    if (value == NULL)
        return false;
    return (expr->lossy ? value_cast_lossy : value_cast)(value, expr->type, expr->format,
                                                         expr->scratch, ret, ret_reason);
}

bool
expr_eval(Expr *expr, const Row *row, Value *ret, char **ret_reason)
{
    switch (expr->kind) {
    case EXPR_INPUT:
        *ret = row_input(row, expr->type, expr->input);
        return true;
    case EXPR_ROW:
        *ret = (Value){.type = TYPE_INT, .i = row_number(row)};
        return true;
    case EXPR_SQL:
        return embedded_eval(expr->sql, row, expr->type, expr->scratch, ret, ret_reason);
    case EXPR_LITERAL:
        *ret = expr->value;
        return true;
    case EXPR_CONCAT:
        return eval_concat(expr, row, ret, ret_reason);
    case EXPR_SPLIT:
        return eval_split(expr, row, ret, ret_reason);
    case EXPR_VALUES:
        return eval_values(expr, row, ret, ret_reason);
    case EXPR_CAST:
        return eval_cast(expr, row, ret, ret_reason);
    case EXPR_DEFAULT:
        if (!expr_eval(expr->args[0], row, ret, ret_reason))
            return false;
        if (ret->is_null)
            *ret = expr->value;
        return true;
    }
    g_assert_not_reached();
}
