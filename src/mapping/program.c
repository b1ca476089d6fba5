/*
 * program.c - a mapping bound to two schemas, and run over batches.
 *
 * The columns of program_target() are those that are written, in the target's order: columns without a rule are left to
 * their defaults. Running allocates nothing per row: trees keep their scratch memory, batches theirs.
 */
#include "mapping/program.h"

#include "base/limits.h"

#include <string.h>

/* What one batch may become: a concatenation can make more of it than came in, but not without end. */
#define OUTPUT_BYTES_MAX ((size_t) 512 * 1024 * 1024)

MapColumn *
map_column_copy(const MapColumn *column)
{
    MapColumn *copy = g_new0(MapColumn, 1);
    copy->name = g_strdup(column->name);
    copy->is_nullable = column->is_nullable;
    copy->root = expr_copy(column->root);
    return copy;
}

void
map_column_free(MapColumn *column)
{
    if (column == NULL)
        return;
    g_free(column->name);
    expr_free(column->root);
    g_free(column);
}

static void
map_column_free_item(void *column)
{
    map_column_free(column);
}

bool
map_column_eval(MapColumn *column, const Row *row, Value *ret, char **ret_reason)
{
    if (!expr_eval(column->root, row, ret, ret_reason))
        return false;
    if (!ret->is_null || column->is_nullable)
        return true;
    *ret_reason =
        g_strdup_printf("the value is NULL, which column '%s' does not allow", column->name);
    return false;
}

static void
item_clear(void *data)
{
    SourceItem *item = data;
    g_free(item->name);
    g_free(item->sql);
}

/* --- making one --- */

bool
expr_may_be_null(const Expr *expr, const Schema *input)
{
    bool any = false;
    for (size_t i = 0; i < expr->arg_count; i++)
        any |= expr_may_be_null(expr->args[i], input);
    switch (expr->kind) {
    case EXPR_INPUT:
        return schema_column(input, expr->input)->is_nullable;
    case EXPR_ROW:
    case EXPR_DEFAULT:
        return false;
    case EXPR_SQL:
    case EXPR_SPLIT:
        return true;
    case EXPR_LITERAL:
        return expr->value.is_null;
    case EXPR_VALUES:
        for (size_t i = 0; i < expr->choice_count; i++)
            any |= expr->choices[i].to.is_null;
        return any || expr->others == OTHERS_NULL;
    case EXPR_CONCAT:
    case EXPR_CAST:
        return any;
    }
    g_assert_not_reached();
}

static void
target_add_key(const Mapping *mapping, const Schema *source, Schema *target)
{
    for (guint i = 0; i < mapping->key->len; i++)
        schema_add_key(target, mapping->key->pdata[i]);
    if (mapping->key->len > 0 || source->key->len == 0)
        return;
    /* the source's key, if all of it is taken over as it is */
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint k = 0; k < source->key->len; k++)
        for (guint i = 0; i < mapping->rules->len; i++) {
            const Rule *rule = mapping->rules->pdata[i];
            if (rule->base != BASE_FROM || strcmp(rule->from, source->key->pdata[k]) != 0 ||
                rule->split_by != NULL || rule->pairs->len > 0 || rule->lossy)
                continue;
            g_ptr_array_add(names, rule->target);
            break;
        }
    for (guint i = 0; names->len == source->key->len && i < names->len; i++)
        schema_add_key(target, names->pdata[i]);
}

/* What is read as it is may be of the column's own type, which says more than ours: lengths, digits, time zones, JSON. A store that does
 * not know its name, or takes it for something else, makes one of its own. */
static const Column *
read_as_it_is(const Expr *root, const Schema *input)
{
    const Column *column = root->kind == EXPR_INPUT ? schema_column(input, root->input) : NULL;
    return column != NULL && column->type == root->type ? column : NULL;
}

static void
add_made(Schema *target, const char *name, const Expr *root, const Schema *input,
         GHashTable *as_they_are)
{
    const Column *like = read_as_it_is(root, input);
    Column *column = schema_add(target, name, root->type, like != NULL ? like->declared : "",
                                expr_may_be_null(root, input));
    if (like == NULL)
        return;
    column_take_own(column, like);
    if (!g_hash_table_contains(as_they_are, like->name))
        g_hash_table_insert(as_they_are, g_strdup(like->name), column->name);
}

static const char *
name_in(const char *column, const void *as_they_are)
{
    return g_hash_table_lookup((GHashTable *) as_they_are, column);
}

/* Is the column of the source in the target's key, of its own type? */
static bool
is_in_key(const Mapping *mapping, const char *from, const Schema *target)
{
    for (guint i = 0; i < target->key->len; i++) {
        const Rule *rule = mapping_rule(mapping, target->key->pdata[i]);
        const Column *column = schema_find(target, target->key->pdata[i], NULL);
        if (rule != NULL && g_strcmp0(rule->from, from) == 0 && column->own != NULL)
            return true;
    }
    return false;
}

/* Which texts count as the same may be for a type of the store's own to say. Where the source's key is in that of the target, no two rows
 * do by it; elsewhere they might, and only their bytes count. */
static void
finish_key(const Mapping *mapping, const Schema *source, Schema *target)
{
    guint kept = 0;
    for (guint i = 0; i < source->key->len; i++)
        kept += is_in_key(mapping, source->key->pdata[i], target);
    for (size_t i = 0; i < schema_count(target); i++) {
        Column *column = target->columns->pdata[i];
        bool is_key = schema_is_key(target, column->name);
        if (is_key && column->type == TYPE_TEXT && (kept == 0 || kept < source->key->len))
            g_clear_pointer(&column->own, g_free);
        column->is_nullable = column->is_nullable && !is_key;
    }
}

/* `as_they_are`: the target's columns by those of the source that they are. */
static bool
make_target(const Mapping *mapping, const Schema *source, const char *object,
            GHashTable *as_they_are, Schema **ret, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_auto(Binder) binder;
    g_autoptr(Schema) target = schema_new(object);
    binder_init(&binder, mapping, source, diags);
    binder.only_checks = binder.row_allowed = true;
    for (guint i = 0; i < mapping->rules->len; i++) {
        const Rule *rule = mapping->rules->pdata[i];
        g_autoptr(Expr) root = bind_rule(&binder, rule, NULL);
        if (root != NULL)
            add_made(target, rule->target, root, binder.input, as_they_are);
    }
    if (!diags_to_error(diags, error))
        return false;
    target_add_key(mapping, source, target);
    finish_key(mapping, source, target);
    along_take(target, source, name_in, as_they_are);
    *ret = g_steal_pointer(&target);
    return true;
}

bool
mapping_target_schema(const Mapping *mapping, const Schema *source, const char *object,
                      Schema **ret, GError **error)
{
    g_autoptr(GHashTable) as_they_are =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return make_target(mapping, source, object, as_they_are, ret, error);
}

bool
mapping_leaves(const Mapping *mapping, const Schema *source, AlongHoldsFn *holds, void *store,
               char **ret, GError **error)
{
    g_autoptr(GHashTable) as_they_are =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(Schema) made = NULL;
    if (!make_target(mapping, source, mapping->target, as_they_are, &made, error))
        return false;
    *ret = along_left(made, source, name_in, as_they_are, holds, store);
    return true;
}

static void
program_add_column(Program *program, const Column *like, const Column *from, Expr *take_root)
{
    MapColumn *column = g_new0(MapColumn, 1);
    column->name = g_strdup(like->name);
    column->is_nullable = like->is_nullable;
    column->root = take_root;
    g_ptr_array_add(program->columns, column);
    Column *added =
        schema_add(program->target, like->name, like->type, like->declared, like->is_nullable);
    added->has_default = like->has_default;
    if (from != NULL)
        column_take_own(added, from);
}

/* Every rule of the mapping, in the target's order. Which of the source's own types is read as it is, is known of a target that is there,
 * too. */
static void
program_bind(Program *program, Binder *binder, const Schema *target, bool is_made)
{
    for (size_t i = 0; i < schema_count(target); i++) {
        const Column *column = schema_column(target, i);
        const Rule *rule = mapping_rule(binder->mapping, column->name);
        Expr *root = rule != NULL ? bind_rule(binder, rule, column) : NULL;
        if (root != NULL)
            program_add_column(program, column,
                               is_made ? column : read_as_it_is(root, binder->input), root);
    }
    program->filter = binder->source_sql ? NULL : bind_where(binder);
    program->where =
        binder->mapping->where != NULL ? sql_in_brackets(binder->mapping->where) : NULL;
}

/* The key as far as it is written: half a key finds no rows. */
static void
program_add_key(Program *program, const GPtrArray *key)
{
    for (guint i = 0; i < key->len; i++)
        if (schema_find(program->target, key->pdata[i], NULL) == NULL)
            return;
    for (guint i = 0; i < key->len; i++)
        schema_add_key(program->target, key->pdata[i]);
}

bool
program_new(const Mapping *mapping, const Schema *source, const Schema *target, bool source_sql,
            Program **ret, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Schema) made = NULL;
    g_auto(Binder) binder;
    binder_init(&binder, mapping, source, diags);
    binder.source_sql = source_sql;
    binder.row_allowed = !source_sql;
    mapping_check(mapping, source, target, NULL, NULL, diags);
    if (!diags_to_error(diags, error) ||
        (target == NULL && !mapping_target_schema(mapping, source, mapping->target, &made, error)))
        return false;
    g_autoptr(Program) program = g_new0(Program, 1);
    program->target = schema_new(target != NULL ? target->dataset : made->dataset);
    program->columns = g_ptr_array_new_with_free_func(map_column_free_item);
    program->select = g_array_new(FALSE, TRUE, sizeof(SourceItem));
    program->bare = g_array_new(FALSE, TRUE, sizeof(SourceItem));
    for (TypedSql in = 0; in < TYPED_DIALECTS; in++) {
        program->typed[in] = g_array_new(FALSE, TRUE, sizeof(SourceItem));
        g_array_set_clear_func(program->typed[in], item_clear);
    }
    program->functions = g_ptr_array_new_with_free_func(sql_function_free);
    program_bind(program, &binder, target != NULL ? target : made, target == NULL);
    /* nodes of embedded SQL point into it: it goes with them, whatever comes next */
    program->embedded = g_steal_pointer(&binder.embedded);
    if (!diags_to_error(diags, error))
        return false;
    program_add_key(program, made != NULL            ? made->key
                             : mapping->key->len > 0 ? mapping->key
                                                     : target->key);
    program->input = g_steal_pointer(&binder.input);
    program->items = g_steal_pointer(&binder.items);
    if (source_sql) {
        program_render_sqlite(program);
        for (TypedSql in = 0; in < TYPED_DIALECTS; in++)
            program_render_typed(program, in);
    }
    program_explain(program, mapping, source_sql);
    *ret = g_steal_pointer(&program);
    return true;
}

static void
select_clear(GArray *select)
{
    for (guint i = 0; i < select->len; i++) {
        g_free(g_array_index(select, SourceItem, i).name);
        g_free(g_array_index(select, SourceItem, i).sql);
    }
    g_array_unref(select);
}

void
program_free(Program *program)
{
    if (program == NULL)
        return;
    embedded_expr_free(program->filter);
    g_clear_pointer(&program->functions, g_ptr_array_unref);
    g_clear_pointer(&program->columns, g_ptr_array_unref);
    g_clear_pointer(&program->explained, g_ptr_array_unref);
    g_clear_pointer(&program->items, g_array_unref);
    g_clear_pointer(&program->select, select_clear);
    g_clear_pointer(&program->bare, select_clear);
    for (TypedSql in = 0; in < TYPED_DIALECTS; in++)
        g_clear_pointer(&program->typed[in], g_array_unref);
    g_free(program->proof_of_all);
    g_free(program->proof_of_rest);
    embedded_free(program->embedded);
    schema_free(program->target);
    schema_free(program->input);
    g_free(program->where);
    g_free(program);
}

/* --- asking it --- */

const Schema *
program_target(const Program *program)
{
    return program->target;
}

size_t
program_items(const Program *program, const SourceItem **ret)
{
    *ret = (const SourceItem *) (void *) program->items->data;
    return program->items->len;
}

const Schema *
program_input(const Program *program)
{
    return program->input;
}

const char *
program_where(const Program *program)
{
    return program->where;
}

const GPtrArray *
program_columns(const Program *program)
{
    return program->explained;
}

/* --- running it --- */

/* All columns of one row, or those that are computed; false with the refusing column and the reason. */
typedef enum { APPLY_ALL, APPLY_COMPUTED } ApplyWhat;
static bool
apply_row(Program *program, const Row *row, ApplyWhat what, Batch *out, const char **ret_column,
          char **ret_reason)
{
    for (guint i = 0; i < program->columns->len; i++) {
        MapColumn *column = program->columns->pdata[i];
        Value value;
        if (what == APPLY_COMPUTED && column->root->kind == EXPR_INPUT)
            continue;
        *ret_column = column->name;
        if (!map_column_eval(column, row, &value, ret_reason))
            return false;
        batch_put_value(out, i, &value);
    }
    return true;
}

static size_t
batch_heap_bytes(const Batch *batch)
{
    size_t bytes = 0;
    for (size_t i = 0; i < batch->column_count; i++)
        bytes += batch->columns[i].heap_bytes;
    return bytes;
}

int
program_input_of(const Program *program, size_t column)
{
    const MapColumn *map = program->columns->pdata[column];
    return map->root->kind == EXPR_INPUT ? (int) map->root->input : -1;
}

static bool
is_computed_from(const Expr *expr, size_t input)
{
    for (size_t i = 0; i < expr->arg_count; i++)
        if ((expr->args[i]->kind == EXPR_INPUT && expr->args[i]->input == input) ||
            is_computed_from(expr->args[i], input))
            return true;
    return false;
}

/* Each column that the item comes to, as it is, and nowhere is anything made of it. */
static bool
may_be_odd(const Program *program, size_t input)
{
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        bool is_key = schema_is_key(program->target, column->name);
        if (is_computed_from(column->root, input) ||
            (is_key && program_input_of(program, i) == (int) input))
            return false;
    }
    return true;
}

void
program_take_odd(Program *program)
{
    for (guint i = 0; i < program->columns->len; i++) {
        int input = program_input_of(program, i);
        if (input < 0 || !may_be_odd(program, (size_t) input))
            continue;
        ((Column *) program->target->columns->pdata[i])->takes_odd = true;
        ((Column *) program->input->columns->pdata[input])->takes_odd = true;
    }
}

bool
program_is_identity(const Program *program)
{
    if (program->filter != NULL || program->items->len != program->columns->len)
        return false;
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        if (program_input_of(program, i) != (int) i ||
            (!column->is_nullable && schema_column(program->input, i)->is_nullable))
            return false;
    }
    return true;
}

bool
program_eval(Program *program, size_t column, const Value *inputs, Value *ret, char **ret_reason)
{
    const Row row = {.inputs = inputs};
    return map_column_eval(program->columns->pdata[column], &row, ret, ret_reason);
}

static bool
has_null(const Batch *batch, size_t column)
{
    const uint8_t *valid = batch->columns[column].valid;
    size_t whole = batch->row_count / 8, rest = batch->row_count % 8;
    unsigned all = (1u << rest) - 1;
    for (size_t i = 0; i < whole; i++)
        if (valid[i] != UINT8_MAX)
            return true;
    return (valid[whole] & all) != all;
}

static bool
lacks_a_value(const Program *program, const Batch *in)
{
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        if (column->root->kind == EXPR_INPUT && !column->is_nullable &&
            has_null(in, column->root->input))
            return true;
    }
    return false;
}

/* What several columns are made of is copied for all but the last of them. */
static bool
is_wanted_again(const Program *program, guint column, size_t input)
{
    for (guint i = column + 1; i < program->columns->len; i++)
        if (program_input_of(program, i) == (int) input)
            return true;
    return false;
}

static void
take_columns(const Program *program, Batch *in, Batch *out)
{
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        if (column->root->kind != EXPR_INPUT)
            continue;
        if (is_wanted_again(program, i, column->root->input))
            batch_copy_column(out, i, in, column->root->input);
        else
            batch_take_column(out, i, in, column->root->input);
    }
}

static bool
computes_any(const Program *program)
{
    for (guint i = 0; i < program->columns->len; i++)
        if (program_input_of(program, i) < 0)
            return true;
    return false;
}

static bool
compute_columns(Program *program, const Batch *in, Batch *out)
{
    for (size_t i = 0; i < in->row_count; i++) {
        Row row = {.batch = in, .row = i};
        const char *column;
        g_autofree char *reason = NULL;
        if (!apply_row(program, &row, APPLY_COMPUTED, out, &column, &reason))
            return false;
        batch_commit_row(out, in->row_ids[i]);
        if (i % 16 == 15 && batch_heap_bytes(out) > OUTPUT_BYTES_MAX)
            return false;
    }
    return true;
}

/* Columns that are computed go row by row, then those that are taken over as they are all at once. False where some row is refused,
 * or it is too much: nothing counts then, and the rows are looked at one by one. */
static bool
apply_columns(Program *program, Batch *in, Batch *out)
{
    if (lacks_a_value(program, in))
        return false;
    if (!computes_any(program))
        batch_take_rows(out, in);
    else if (!compute_columns(program, in, out))
        return false;
    take_columns(program, in, out);
    return true;
}

bool
program_apply(Program *program, Batch *in, Batch *out, RejectFn *reject, void *data, GError **error)
{
    g_assert(out->row_count == 0 && in->column_count == schema_count(program->input) &&
             out->column_count == program->columns->len);
    if (program->filter == NULL) {
        if (apply_columns(program, in, out))
            return true;
        batch_reset(out);
    }
    for (size_t i = 0; i < in->row_count; i++) {
        Row row = {.batch = in, .row = i};
        const char *column = "where";
        g_autofree char *reason = NULL;
        bool wanted = true;
        if ((program->filter == NULL || embedded_test(program->filter, &row, &wanted, &reason)) &&
            (!wanted || apply_row(program, &row, APPLY_ALL, out, &column, &reason))) {
            if (wanted)
                batch_commit_row(out, in->row_ids[i]);
        } else {
            batch_drop_row(out);
            reject(in->row_ids[i], i, column, reason, data);
        }
        if (i % 16 == 15 && batch_heap_bytes(out) > OUTPUT_BYTES_MAX)
            return fail(error, ERR_TOO_LARGE, "%zu rows become more than %zu MiB", i + 1,
                        OUTPUT_BYTES_MAX >> 20);
    }
    return true;
}
