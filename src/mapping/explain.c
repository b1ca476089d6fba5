/* explain.c - for every target column: the rule in words, where it is computed, and why there. */
#include "mapping/program.h"

static void
program_column_free(void *data)
{
    ProgramColumn *column = data;
    g_free(column->rule);
    g_free(column->why);
    g_free(column);
}

const char *
place_name(Place place)
{
    static const char *const names[] = {[PLACE_SOURCE] = "source",
                                        [PLACE_MOVER] = "mover",
                                        [PLACE_TARGET] = "target",
                                        [PLACE_STORE] = "store"};
    return names[place];
}

json_t *
program_columns_json(const GPtrArray *columns)
{
    json_t *list = json_array();
    for (guint i = 0; i < columns->len; i++) {
        const ProgramColumn *column = columns->pdata[i];
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s, s:s?}", "target", column->target,
                                              "rule", column->rule, "place",
                                              place_name(column->place), "why", column->why));
    }
    return list;
}

static bool
reads_embedded(const Expr *expr)
{
    if (expr->kind == EXPR_SQL)
        return true;
    for (size_t i = 0; i < expr->arg_count; i++)
        if (reads_embedded(expr->args[i]))
            return true;
    return false;
}

static void
place_of(const Rule *rule, const Expr *root, bool source_sql, Place *ret_place,
         const char **ret_why)
{
    *ret_place = PLACE_MOVER;
    if (reads_embedded(root)) {
        *ret_why = "the source has no SQL: an embedded SQLite evaluates it row by row";
    } else if (rule->base == BASE_EXPR) {
        *ret_place = PLACE_SOURCE;
        *ret_why = root->kind == EXPR_INPUT
                       ? "an expression in the source's own SQL"
                       : "the expression in the source's own SQL, the rest in the mover";
    } else if (root->kind == EXPR_INPUT) {
        *ret_place = PLACE_SOURCE;
        *ret_why = "read as it is";
    } else if (root->kind == EXPR_ROW) {
        *ret_why = "the number of the record, counted while reading";
    } else if (root->kind == EXPR_LITERAL) {
        *ret_why = "a constant";
    } else {
        *ret_why = source_sql ? "structured rules mean the same for every store; within one SQLite "
                                "file they run as SQL"
                              : "structured rules mean the same for every store";
    }
}

void
program_explain(Program *program, const Mapping *mapping, bool source_sql)
{
    program->explained = g_ptr_array_new_with_free_func(program_column_free);
    for (guint i = 0; i < program->columns->len; i++) {
        const MapColumn *column = program->columns->pdata[i];
        const Rule *rule = mapping_rule(mapping, column->name);
        ProgramColumn *explained = g_new0(ProgramColumn, 1);
        const char *why = NULL;
        place_of(rule, column->root, source_sql, &explained->place, &why);
        explained->target = column->name;
        explained->rule = rule_text(rule);
        explained->why = g_strdup(why);
        g_ptr_array_add(program->explained, explained);
    }
}
