/*
 * check.c - a mapping against the schemas of both sides: everything that can be said before the first row.
 *
 * Errors are what cannot run or would certainly lose data in silence; warnings are what a person should look at (rows
 * that will be refused, columns that stay behind); notes are what only the transfer itself can prove. Types and casts
 * are found by binding the rules (bind.c), the rest here.
 */
#include "mapping/bind.h"
#include "mapping/program.h"

#include "base/text.h"
#include "mapping/names.h"

#include <string.h>

typedef struct {
    const Mapping *mapping;
    const Schema *source, *target; /* target may be NULL */
    MappingExprCheck *expr_check;
    void *expr_data;
    Diags *diags;
    Binder binder;
} Check;

static void find(const Check *check, DiagLevel level, Mark mark, const char *code,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
find(const Check *check, DiagLevel level, Mark mark, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(check->diags, level, code, check->mapping->file, mark.line, mark.column, "%s",
              message);
}

/* --- rules --- */

/* Stores fold the case of ASCII letters in names; an exact match goes first. */
static const Column *
find_folded(const Schema *schema, const char *name)
{
    const Column *found = schema_find(schema, name, NULL);
    for (size_t i = 0; found == NULL && i < schema_count(schema); i++)
        if (g_ascii_strcasecmp(schema_column(schema, i)->name, name) == 0)
            found = schema_column(schema, i);
    return found;
}

static void
say_unknown_target(const Check *check, const Rule *rule)
{
    const char *near = column_near(check->target, rule->target);
    g_autofree char *list = near == NULL ? names_listed(check->target) : NULL;
    if (near != NULL)
        find(check, DIAG_ERROR, rule->mark, "unknown-column",
             "the target has no column '%s'; did you mean '%s'?", rule->target, near);
    else
        find(check, DIAG_ERROR, rule->mark, "unknown-column",
             "the target has no column '%s'; its columns are %s", rule->target, list);
}

static void
check_nulls(Check *check, const Rule *rule, const Column *column, const Expr *root)
{
    bool by_source =
        root->kind != EXPR_LITERAL && root->kind != EXPR_SQL && rule->base != BASE_EXPR;
    if (column->is_nullable || !expr_may_be_null(root, check->binder.input))
        return;
    if (root->kind == EXPR_LITERAL)
        find(check, DIAG_ERROR, rule->base_mark, "null", "column '%s' does not allow NULL",
             rule->target);
    else
        find(check, DIAG_WARNING, rule->mark, "null",
             "column '%s' does not allow NULL, but %s may be NULL: such rows are refused "
             "(`default` gives another value)",
             rule->target, by_source && rule->base == BASE_FROM ? rule->from : "the value");
}

static bool
has_checked_cast(const Expr *expr)
{
    bool found = false;
    if (expr->kind == EXPR_CAST) {
        CastKind kind = value_cast_kind(expr->args[0]->type, expr->type, expr->format);
        found = kind == CAST_LOSSY || kind == CAST_CHECKED;
    }
    for (size_t i = 0; !found && i < expr->arg_count; i++)
        found = has_checked_cast(expr->args[i]);
    return found;
}

static bool
is_in_key(const Mapping *mapping, const char *target)
{
    for (guint i = 0; i < mapping->key->len; i++)
        if (strcmp(mapping->key->pdata[i], target) == 0)
            return true;
    return false;
}

static void
check_rule(Check *check, const Rule *rule)
{
    const Column *column = check->target != NULL ? find_folded(check->target, rule->target) : NULL;
    if (check->target != NULL && (column == NULL || strcmp(column->name, rule->target) != 0))
        say_unknown_target(check, rule);
    else if (column != NULL && column->is_generated)
        find(check, DIAG_ERROR, rule->mark, "generated",
             "the target computes column '%s' itself; it cannot be written", rule->target);
    g_autoptr(Expr) root = bind_rule(&check->binder, rule, column);
    if (root == NULL)
        return;
    Column made = {.is_nullable = !is_in_key(
                       check->mapping, rule->target)}; /* as mapping_target_schema() makes it */
    check_nulls(check, rule, column != NULL ? column : &made, root);
    if (rule->lossy && !has_checked_cast(root))
        find(check, DIAG_WARNING, rule->mark, "needless",
             "column '%s' is listed under `lossy`, but nothing can be lost on the way to %s",
             rule->target, column_type_name(root->type));
}

static void
check_expr(const Check *check, const char *sql, Mark mark, const char *what, const char *code)
{
    g_autofree char *message = NULL;
    g_autofree char *in_brackets = sql_in_brackets(sql);
    if (!sql_stays_in_brackets(sql))
        find(check, DIAG_ERROR, mark, code, "%s closes a bracket that it does not open", what);
    else if (check->expr_check != NULL &&
             !check->expr_check(in_brackets, check->expr_data, &message))
        find(check, DIAG_ERROR, mark, code, "%s is refused by the source's SQL: %s", what,
             message != NULL ? message : "no reason given");
}

static void
check_exprs(const Check *check)
{
    for (guint i = 0; i < check->mapping->rules->len; i++) {
        const Rule *rule = check->mapping->rules->pdata[i];
        g_autofree char *what = g_strdup_printf("the expression of column '%s'", rule->target);
        if (rule->base == BASE_EXPR)
            check_expr(check, rule->expr, rule->base_mark, what, "bad-expr");
    }
    if (check->mapping->where != NULL)
        check_expr(check, check->mapping->where, check->mapping->where_mark, "`where`",
                   "bad-where");
}

/* --- source columns --- */

/* Does the expression have the name as a word? A guess for a warning: nothing is decided by it. */
static bool
text_has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = text; length > 0 && (p = strcasestr(p, word)) != NULL; p++) {
        bool begins = p == text || !(g_ascii_isalnum(p[-1]) || p[-1] == '_');
        bool ends = !(g_ascii_isalnum(p[length]) || p[length] == '_');
        if (begins && ends)
            return true;
    }
    return false;
}

static bool
column_is_used(const Check *check, const char *name)
{
    for (guint i = 0; i < check->binder.items->len; i++) {
        const SourceItem *item = &g_array_index(check->binder.items, SourceItem, i);
        if (item->sql == NULL ? strcmp(item->name, name) == 0 : text_has_word(item->sql, name))
            return true;
    }
    return false;
}

static void
check_known_source(const Check *check, const GPtrArray *names, const char *what)
{
    for (guint i = 0; i < names->len; i++) {
        const Name *name = names->pdata[i];
        if (schema_find(check->source, name->text, NULL) != NULL)
            continue;
        const char *near = column_near(check->source, name->text);
        find(check, DIAG_ERROR, name->mark, "unknown-column",
             "%s names '%s', which is no column of the source%s%s%s", what, name->text,
             near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "");
    }
}

static void
check_left_behind(const Check *check)
{
    for (size_t i = 0; i < schema_count(check->source); i++) {
        const char *name = schema_column(check->source, i)->name;
        if (!column_is_used(check, name) && json_object_get(check->mapping->dropped, name) == NULL)
            find(check, DIAG_WARNING, check->mapping->mark, "unmapped-column",
                 "source column '%s' is neither mapped nor listed under `dropped`: its values stay "
                 "behind",
                 name);
    }
}

/* --- target columns --- */

static void
check_uncovered(const Check *check)
{
    for (size_t i = 0; check->target != NULL && i < schema_count(check->target); i++) {
        const Column *column = schema_column(check->target, i);
        bool needs_value = !column->is_nullable && !column->has_default && !column->is_generated;
        if (needs_value && mapping_rule(check->mapping, column->name) == NULL)
            find(check, DIAG_ERROR, check->mapping->mark, "uncovered-column",
                 "target column '%s' does not allow NULL and has no default, but no rule fills it",
                 column->name);
    }
}

/* --- the key --- */

/* Does the rule give different values for different source values? */
static bool
rule_keeps_apart(const Check *check, const Rule *rule)
{
    if (rule->base != BASE_FROM || rule->split_by != NULL || rule->pairs->len > 0)
        return false;
    const Column *from = schema_find(check->source, rule->from, NULL);
    if (from == NULL)
        return strcmp(rule->from, ROW_COLUMN) == 0;
    const Column *to =
        check->target != NULL ? schema_find(check->target, rule->target, NULL) : NULL;
    ColumnType type = rule->has_type ? rule->type : to != NULL ? to->type : from->type;
    /* exact casts keep values apart; '07' and '7' become the same number */
    CastKind kind = value_cast_kind(from->type, type, rule->format);
    return kind == CAST_SAME || (kind == CAST_EXACT && rule->format == NULL);
}

static const Rule *
key_rule_from(const Check *check, const GPtrArray *key, const char *source_column)
{
    for (guint i = 0; i < key->len; i++) {
        const Rule *rule = mapping_rule(check->mapping, key->pdata[i]);
        if (rule != NULL && rule->base == BASE_FROM && strcmp(rule->from, source_column) == 0 &&
            rule_keeps_apart(check, rule))
            return rule;
    }
    return NULL;
}

/* A key that holds all of something unique in the source is unique itself. */
static bool
key_is_unique(const Check *check, const GPtrArray *key)
{
    bool has_all = check->source->key->len > 0;
    if (schema_find(check->source, ROW_COLUMN, NULL) == NULL &&
        key_rule_from(check, key, ROW_COLUMN) != NULL)
        return true;
    for (guint i = 0; i < check->source->key->len; i++)
        has_all = has_all && key_rule_from(check, key, check->source->key->pdata[i]) != NULL;
    return has_all;
}

static Mark
key_mark(const Check *check, guint index)
{
    if (index < check->mapping->key_marks->len)
        return ((const Name *) check->mapping->key_marks->pdata[index])->mark;
    return check->mapping->mark;
}

static bool
keys_are_equal(const GPtrArray *a, const GPtrArray *b)
{
    bool equal = a->len == b->len;
    for (guint i = 0; equal && i < a->len; i++) {
        bool found = false;
        for (guint j = 0; j < b->len; j++)
            found |= strcmp(a->pdata[i], b->pdata[j]) == 0;
        equal = found;
    }
    return equal;
}

/* Only constants tell no two rows apart. */
static bool
key_is_constant(const Check *check, const GPtrArray *key)
{
    for (guint i = 0; i < key->len; i++) {
        const Rule *rule = mapping_rule(check->mapping, key->pdata[i]);
        if (rule == NULL || rule->base != BASE_CONST)
            return false;
    }
    return true;
}

static void
check_key(const Check *check)
{
    static const GPtrArray none = {0};
    const GPtrArray *own = check->mapping->key,
                    *theirs = check->target != NULL ? check->target->key : &none;
    const GPtrArray *key = own->len > 0 ? own : theirs;
    if (key->len == 0) {
        find(check, DIAG_WARNING, check->mapping->mark, "no-key",
             "there is no `key`, and the target has none: rows can be counted and compared as a "
             "whole, but not one by one");
        return;
    }
    if (own->len > 0 && theirs->len > 0 && !keys_are_equal(own, theirs))
        find(check, DIAG_WARNING, key_mark(check, 0), "other-key",
             "the target's own key is another: '%s'%s", (const char *) theirs->pdata[0],
             theirs->len > 1 ? ", …" : "");
    for (guint i = 0; i < key->len; i++)
        if (mapping_rule(check->mapping, key->pdata[i]) == NULL) {
            const Column *column =
                check->target != NULL ? schema_find(check->target, key->pdata[i], NULL) : NULL;
            bool fills_itself = column != NULL && (column->has_default || column->is_generated);
            find(check, fills_itself ? DIAG_WARNING : DIAG_ERROR, key_mark(check, i),
                 "unmapped-key", "key column '%s' has no rule%s", (const char *) key->pdata[i],
                 fills_itself
                     ? ": the target numbers the rows itself, so they cannot be compared one by one"
                     : "");
            return;
        }
    if (key_is_constant(check, key))
        find(check, DIAG_ERROR, key_mark(check, 0), "constant-key",
             "the key is a constant: every row after the first would be a duplicate");
    else if (!key_is_unique(check, key))
        find(check, DIAG_NOTE, key_mark(check, 0), "unproven-key",
             "the schemas do not show that the key is unique; the transfer will, and puts "
             "duplicates aside");
}

void
mapping_check(const Mapping *mapping, const Schema *source, const Schema *target,
              MappingExprCheck *expr_check, void *data, Diags *diags)
{
    bool has_form = target != NULL && schema_count(target) > 0; /* else it may have any column */
    Check check = {.mapping = mapping,
                   .source = source,
                   .target = has_form ? target : NULL,
                   .expr_check = expr_check,
                   .expr_data = data,
                   .diags = diags};
    binder_init(&check.binder, mapping, source, diags);
    check.binder.only_checks = true;
    check.binder.row_allowed = expr_check == NULL || expr_check == mapping_expr_check_embedded;
    for (guint i = 0; i < mapping->rules->len; i++)
        check_rule(&check, mapping->rules->pdata[i]);
    check_exprs(&check);
    check_known_source(&check, mapping->dropped_marks, "`dropped`");
    check_known_source(&check, mapping->consumer_marks, "`consumers`");
    check_left_behind(&check);
    check_uncovered(&check);
    check_key(&check);
    binder_clear(&check.binder);
}

static size_t
no_input(const char *column, void *data)
{
    return 0;
}

bool
mapping_expr_check_embedded(const char *sql, void *data, char **ret_message)
{
    g_autoptr(Embedded) embedded = NULL;
    g_autoptr(GError) error = NULL;
    EmbeddedExpr *expr = NULL;
    if (embedded_new(data, &embedded, &error) &&
        embedded_prepare(embedded, sql, no_input, NULL, &expr, &error)) {
        embedded_expr_free(expr);
        return true;
    }
    *ret_message = g_strdup(error->message);
    return false;
}
