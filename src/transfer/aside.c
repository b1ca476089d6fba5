/*
 * aside.c - rows that are missing as they should be, when a search looks for rows that differ: they were put aside.
 *
 * A plan's own are known by their number. Those of a list (TransferSpec.aside) are known by their record as a whole: who mends one has
 * another row. Numbers do not name them, since in some stores these count from the beginning of a range.
 */
#include "base/text.h"
#include "transfer/search.h"

/* Rows that the target put aside are expected to be missing there; where rows are followed, unless they came in later. */
static bool
read_refused(Search *search, GError **error)
{
    Transfer *transfer = search->transfer;
    g_autoptr(json_t) rows = NULL;
    json_t *row;
    size_t i;
    const char *plan = transfer->spec.plan != NULL ? transfer->spec.plan : transfer->spec.aside_of;
    GHashTable *set = transfer->spec.plan != NULL ? search->refused : search->aside;
    if (plan == NULL || transfer->target->driver->load == NULL)
        return true;
    if (!conn_quarantined(transfer->target, plan, SEARCH_ROWS_MAX, &rows, error))
        return false;
    json_array_foreach(rows, i, row)
    {
        int64_t *row_id = g_new(int64_t, 1);
        *row_id = json_get_int(row, "row_id", 0);
        g_hash_table_add(set, row_id);
    }
    return true;
}

/* The same text for the same record, whatever the order of its members. */
static char *
record_text(const json_t *record)
{
    return json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static void
take_known(Search *search)
{
    json_t *entry;
    size_t i;
    if (search->transfer->spec.aside == NULL)
        return;
    search->known =
        g_hash_table_new_full(g_str_hash, g_str_equal, free, (GDestroyNotify) g_ptr_array_unref);
    json_array_foreach(search->transfer->spec.aside, i, entry)
    {
        char *text = record_text(json_object_get(entry, "record"));
        GPtrArray *entries = g_hash_table_lookup(search->known, text);
        if (entries == NULL) {
            entries = g_ptr_array_new();
            g_hash_table_insert(search->known, text, entries);
        } else {
            free(text);
        }
        g_ptr_array_add(entries, entry);
    }
}

bool
search_read_aside(Search *search, GError **error)
{
    take_known(search);
    return read_refused(search, error);
}

typedef struct {
    GHashTable *missing, *found;
    GError *error;
} Known;

static bool
look_at_row(Search *search, const Batch *batch, size_t row)
{
    Known *known = search->user_of_known;
    g_autoptr(json_t) record = NULL;
    int64_t row_id = batch->row_ids[row];
    if (!g_hash_table_contains(known->missing, &row_id))
        return true;
    if (!scan_record(search->scan, row_id, &record, &known->error))
        return false;
    char *text = record_text(record);
    GPtrArray *entries = g_hash_table_lookup(search->known, text);
    free(text);
    if (entries != NULL && entries->len > 0)
        g_hash_table_insert(known->found, g_memdup2(&row_id, sizeof row_id),
                            g_ptr_array_steal_index_fast(entries, entries->len - 1));
    return g_hash_table_size(known->found) < g_hash_table_size(known->missing);
}

bool
search_find_known(Search *search, GHashTable *missing, GHashTable **ret, GError **error)
{
    Known known = {.missing = missing,
                   .found = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
    bool is_asked = search->known != NULL && g_hash_table_size(missing) > 0;
    search->user_of_known = &known;
    bool done = !is_asked || search_each_source_row(search, look_at_row, error);
    search->user_of_known = NULL;
    if (done && known.error != NULL) {
        g_propagate_error(error, known.error);
        done = false;
    }
    *ret = known.found;
    return done;
}
