/* inside.c - see inside.h. */
#include "driver/postgres/inside.h"

#include "driver/postgres/tree.h"

#include <string.h>

void
inside_init(Inside *inside)
{
    *inside = (Inside){.items = g_string_new(NULL),
                       .returning = g_string_new(NULL),
                       .bent_items = g_string_new(NULL),
                       .bent_columns = g_string_new(NULL)};
}

void
inside_clear(Inside *inside)
{
    g_clear_pointer(&inside->targets, g_array_unref);
    g_string_free(inside->items, TRUE);
    g_string_free(inside->returning, TRUE);
    g_string_free(inside->bent_items, TRUE);
    g_string_free(inside->bent_columns, TRUE);
    g_free(inside->from);
    g_free(inside->insert);
}

static const PgColumn *
column_named(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; name != NULL && i < columns->len; i++) {
        const PgColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

/* `from` is the column that is copied as it is, or NULL for a computed value. */
static bool
bends_nothing(const PgColumn *from, const PgTarget *to)
{
    if (from != NULL && from->base == to->base && from->modifier == to->modifier)
        return true;
    switch (to->base) {
    case OID_BOOL:
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_FLOAT8:
    case OID_TEXT:
    case OID_BYTEA:
    case OID_DATE:
        return true; /* or an error */
    case OID_NUMERIC:
    case OID_VARCHAR:
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        return to->modifier < 0;
    default:
        return false;
    }
}

/* Does it round or cut what does not fit, so that whoever looks at it afterwards sees what was bent? */
static bool
bends_visibly(const PgTarget *to)
{
    return to->base == OID_NUMERIC || to->base == OID_VARCHAR || to->base == OID_TIMESTAMP ||
           to->base == OID_TIMESTAMPTZ;
}

/* Expressions whose type is not the one that is wanted would be cast by the server's rules. */
static bool
check_expressions(PgConn *conn, const PgObject *source, const Program *program, GError **error)
{
    const SourceItem *items = NULL;
    size_t count = program_items(program, &items);
    for (size_t i = 0; i < count; i++) {
        AUTO_RESULT *none = NULL;
        if (items[i].sql == NULL)
            continue;
        if (!pg_rows(conn, &none, error, "SELECT (%s\n) FROM %s WHERE false", items[i].sql,
                     source->sql))
            return false;
        if (pg_type_of(PQftype(none, 0)) != schema_column(program_input(program), i)->type)
            return fail(error, ERR_INVALID, "an expression is of another type than is wanted");
    }
    return true;
}

static void
append_item(GString *list, const char *item)
{
    g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", item);
}

static bool
add_column(Inside *inside, const PgTarget *target, const PgColumn *from, const char *rendered,
           GError **error)
{
    g_autofree char *name = pg_name(target->name);
    g_autofree char *plain = from != NULL ? pg_name(from->name) : NULL;
    const char *item = plain != NULL ? plain : rendered;
    bool may_bend = !bends_nothing(from, target);
    if (pg_type_of(target->base) != target->type)
        return fail(error, ERR_INVALID, "column '%s' is of another type", target->name);
    if (may_bend && !(inside->may_bend && bends_visibly(target)))
        return fail(error, ERR_INVALID, "column '%s' might bend what is written to it",
                    target->name);
    append_item(inside->items, item);
    append_item(inside->returning, name);
    if (!wire_is_known(target->base))
        g_string_append(inside->returning, "::text");
    if (may_bend) {
        append_item(inside->bent_items, item);
        append_item(inside->bent_columns, name);
    }
    return true;
}

static bool
build_lists(PgConn *conn, const PgObject *source, const Program *program, Inside *inside,
            GError **error)
{
    const GArray *targets = inside->targets;
    const SourceItem *rendered = NULL;
    g_autoptr(GPtrArray) columns = NULL;
    size_t count = program_select_typed(program, TYPED_POSTGRES, &rendered);
    if (count == 0 || targets->len != count)
        return fail(error, ERR_INVALID, "the mapping cannot be said in SQL");
    if (!pg_columns(conn, source, &columns, error) ||
        !check_expressions(conn, source, program, error))
        return false;
    for (guint i = 0; i < targets->len; i++) {
        const PgTarget *target = &g_array_index(targets, PgTarget, i);
        const PgColumn *from = column_named(columns, program_source_of(program, target->column));
        if (!add_column(inside, target, from, rendered[target->column].sql, error))
            return false;
    }
    return true;
}

bool
inside_look(PgConn *conn, const PgObject *source, const Program *program,
            const PgDescription *object, Inside *ret, GError **error)
{
    const Schema *schema = program_target(program);
    bool done = object != NULL ? pg_targets_of(object, schema, &ret->targets, error)
                               : pg_targets(conn, NULL, schema, &ret->targets, error);
    return done && build_lists(conn, source, program, ret, error);
}

bool
inside_say(PgConn *conn, const ScanSpec *spec, const Program *program, const PgDescription *stage,
           Inside *ret, GError **error)
{
    g_autoptr(PgObject) source = NULL;
    g_autoptr(GString) condition = g_string_new(NULL);
    if (!pg_object_of_range(conn, spec->object, spec->range, &source, error) ||
        !inside_look(conn, source, program, stage, ret, error) ||
        (spec->range != NULL && !pg_append_range(condition, source, spec->range, error)))
        return false;
    if (spec->where != NULL)
        g_string_append_printf(condition, " AND (%s\n)", spec->where);
    g_autofree char *columns = pg_target_list(ret->targets);
    ret->from = g_strdup_printf("%s WHERE true%s", source->sql, condition->str);
    ret->insert = g_strdup_printf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s",
                                  stage->object->sql, columns, ret->items->str, ret->from);
    return true;
}

bool
inside_can(PgConn *conn, const PgObject *source, const Program *program, GError **error)
{
    const SourceItem *rendered = NULL;
    return program_select_typed(program, TYPED_POSTGRES, &rendered) > 0
               ? check_expressions(conn, source, program, error)
               : fail(error, ERR_INVALID, "the mapping cannot be said in SQL");
}
