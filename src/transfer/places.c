/*
 * places.c - for people: where each column is computed, and why there.
 *
 * The mapping knows what the mover computes and what it has the source compute. What two stores of one kind do without the mover is
 * theirs to tell, of the object that is filled, the one that it is made like, or one as they would make it.
 */
#include "transfer/inside.h"

static void
column_free(void *data)
{
    ProgramColumn *column = data;
    g_free(column->rule);
    g_free(column->why);
    g_free(column);
}

static GPtrArray *
copy_columns(const GPtrArray *columns)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(column_free);
    for (guint i = 0; i < columns->len; i++) {
        const ProgramColumn *from = columns->pdata[i];
        ProgramColumn *column = g_new0(ProgramColumn, 1);
        *column = (ProgramColumn){.target = from->target,
                                  .place = from->place,
                                  .rule = g_strdup(from->rule),
                                  .why = g_strdup(from->why)};
        g_ptr_array_add(copy, column);
    }
    return copy;
}

static void
on_place(size_t index, Place place, const char *why, void *data)
{
    GPtrArray *columns = data;
    ProgramColumn *column = columns->pdata[index];
    g_autofree char *before = column->why;
    /* what the source computes in its own SQL comes before what becomes of it */
    bool is_both = column->place == PLACE_SOURCE && place == PLACE_SOURCE;
    column->why = is_both ? g_strdup_printf("%s; %s", before, why) : g_strdup(why);
    column->place = place;
}

/* Behind what else there is to say; takes `words`. */
static void
add_words(char **note, char *words)
{
    g_autofree char *before = *note, *more = words;
    *note = before != NULL ? g_strdup_printf("%s; %s", before, more) : g_steal_pointer(&more);
}

char *
transfer_looked(const Schema *source, const char *object)
{
    int64_t rows = source != NULL ? source->rows_looked : 0;
    if (rows == 0)
        return NULL;
    return g_strdup_printf(
        "the columns of '%s' and their types were found by looking at %" G_GINT64_FORMAT
        " of its rows: another one that has something else is put aside, with the reason "
        "(`columns` in "
        "the settings of its store says them instead)",
        object, rows);
}

static void
tell_looked(const Transfer *transfer, char **note)
{
    char *looked = transfer_looked(transfer->known, transfer->spec.source);
    if (looked != NULL)
        add_words(note, looked);
}

/* When the key is made. */
static bool
tell_key(Transfer *transfer, const char *object, char **note, GError **error)
{
    g_autoptr(GPtrArray) unique = NULL;
    bool may_wait = false;
    if (!transfer_unique(transfer, &unique, error) ||
        (unique != NULL &&
         !conn_key_may_wait(transfer->target, object, program_target(transfer->program), unique,
                            &may_wait, error)))
        return false;
    if (!may_wait)
        return true;
    g_ptr_array_add(unique, NULL);
    g_autofree char *names = g_strjoinv("', '", (char **) unique->pdata);
    add_words(note, g_strdup_printf(
                        "the key '%s' is made when all rows are in, where they are read frozen or "
                        "as one snapshot (no two of them have the same one); with any other "
                        "consistency it stands before the rows",
                        names));
    return true;
}

/* What a table that is made has not, of what hangs on the source. */
static bool
tell_left(Transfer *transfer, char **note, GError **error)
{
    const Mapping *mapping = transfer->spec.mapping;
    g_autoptr(Schema) source = NULL;
    g_autofree char *left = NULL;
    if (!conn_describe(transfer->source, transfer->spec.source, &source, error) ||
        !mapping_leaves(mapping != NULL ? mapping : mapping_get(transfer->identity, 0), source,
                        conn_holds, transfer->target, &left, error))
        return false;
    if (left != NULL)
        add_words(note, g_strdup_printf(TRANSFER_LEFT,
                                        transfer->spec.target != NULL ? transfer->spec.target
                                                                      : transfer->spec.source,
                                        left));
    return true;
}

/* Is a table made, of which the schema alone says what hangs on it? No object: it takes the place of its source. */
static bool
makes_all(const Transfer *transfer, const char *object, bool is_there)
{
    return object == NULL ? conn_says_all(transfer->target) : !is_there;
}

bool
transfer_places(Transfer *transfer, GPtrArray **ret, char **ret_note, GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    g_autoptr(GPtrArray) columns = copy_columns(program_columns(transfer->program));
    ScanSpec scan = transfer_scan_spec(transfer, NULL);
    const char *object = spec->stage != NULL ? spec->stage : spec->target;
    bool is_there = false;
    *ret_note = NULL;
    if (object != NULL && !conn_exists(transfer->target, object, &is_there, error))
        return false;
    if (transfer->pushes && !conn_push_look(transfer->target, transfer->source, spec->source_store,
                                            &scan, transfer->program, is_there ? object : NULL,
                                            on_place, columns, ret_note, error))
        return false;
    tell_looked(transfer, ret_note);
    if (!tell_key(transfer, is_there ? object : NULL, ret_note, error) ||
        (makes_all(transfer, object, is_there) && !tell_left(transfer, ret_note, error)))
        return false;
    *ret = g_steal_pointer(&columns);
    return true;
}
