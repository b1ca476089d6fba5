/*
 * differences.c - which rows and columns differ, when sums do.
 *
 * Neither side is ordered alike, and neither fits into memory. So rows are dealt into SEARCH_PARTS parts by the hash of their
 * key (of the whole row where there is no key), and both sides are read twice:
 *
 *   1. each part's sum on each side; parts with equal sums hold the same rows and are done with
 *   2. the rows of the first parts that differ, as many as memory allows: the source's are kept by key, the
 *      target's looked up
 *
 * A row is "missing" in the target, "extra" there, or "differs" in columns that are named with both values.
 */
#include "base/limits.h"
#include "transfer/search.h"
#include "transfer/shown.h"

#include <string.h>

#define LOOKS_MAX                                                                                  \
    64 /* passes over both sides, each of as many parts as fit: what is beyond is told of as not complete */
#define BYTES_KEPT_MAX (128 * 1024 * 1024)

/* A row of the source, its values as text. */
typedef struct Kept Kept;
struct Kept {
    int64_t row_id;
    GString *key;
    char **values; /* NULL for NULL */
    size_t count;
    bool is_met;
    Kept *next; /* the next one with the same key */
};

static void
kept_free(void *data)
{
    Kept *kept = data;
    for (size_t i = 0; i < kept->count; i++)
        g_free(kept->values[i]);
    g_free(kept->values);
    g_string_free(kept->key, TRUE);
    g_free(kept);
}

/* --- keys --- */

static void
search_set_key(Search *search)
{
    const Schema *schema = program_target(search->transfer->program);
    search->has_key = schema->key->len > 0;
    search->key_count = search->has_key ? schema->key->len : schema_count(schema);
    search->key = g_new0(size_t, search->key_count);
    for (size_t i = 0; i < search->key_count; i++)
        if (!search->has_key || schema_find(schema, schema->key->pdata[i], &search->key[i]) == NULL)
            search->key[i] = i;
}

/* The bytes of the key, so that equal keys are equal bytes. */
static GString *
key_bytes(const Search *search, const Batch *batch, size_t row)
{
    GString *bytes = g_string_new(NULL);
    for (size_t i = 0; i < search->key_count; i++) {
        Value value = batch_value(batch, search->key[i], row);
        size_t begin = bytes->len + 1;
        g_string_append(bytes, value.is_null ? "n" : "v");
        if (!value.is_null)
            value_append_text(&value, bytes);
        guint32 length = (guint32) (bytes->len - begin);
        g_string_append_len(bytes, (const char *) &length, sizeof length);
    }
    return bytes;
}

static guint
bytes_hash(const void *data)
{
    const GString *bytes = data;
    guint hash = 5381;
    for (size_t i = 0; i < bytes->len; i++)
        hash = hash * 33 + (guchar) bytes->str[i];
    return hash;
}

static gboolean
bytes_equal(const void *a, const void *b)
{
    return g_string_equal(a, b);
}

static size_t
part_of(Search *search, const Batch *batch, size_t row)
{
    row_hasher_begin(&search->hasher);
    for (size_t i = 0; i < search->key_count; i++) {
        Value value = batch_value(batch, search->key[i], row);
        g_autoptr(GString) text = g_string_new(NULL);
        if (!value.is_null)
            value_append_text(&value, text);
        if (value.is_null)
            row_hasher_null(&search->hasher);
        else
            row_hasher_bytes(&search->hasher, TYPE_TEXT, text->str, text->len);
    }
    return row_hasher_end(&search->hasher).low % SEARCH_PARTS;
}

/* --- reading both sides --- */

static void
ignore_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

bool
search_each_source_row(Search *search, RowFn *fn, GError **error)
{
    Transfer *transfer = search->transfer;
    g_autoptr(Batch) in = batch_new_for(program_input(transfer->program));
    g_autoptr(Batch) out = batch_new_for(program_target(transfer->program));
    g_autoptr(Scan) scan = NULL;
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    int64_t rows = 0;
    if (!conn_scan(transfer->source, &spec, &scan, error))
        return false;
    search->scan = scan;
    do {
        batch_reset(in);
        batch_reset(out);
        if (!scan_next(scan, in, ignore_reject, NULL, error) ||
            !transfer_apply(transfer, in, out, ignore_reject, NULL, error) ||
            !transfer_tick(search->tick, search->tick_data, rows += (int64_t) in->row_count, error))
            return false;
        for (size_t row = 0; row < out->row_count; row++)
            if (!g_hash_table_contains(search->refused, &out->row_ids[row]) &&
                !fn(search, out, row))
                return true;
    } while (in->row_count > 0);
    return true;
}

bool
search_each_target_row(Search *search, RowFn *fn, GError **error)
{
    Transfer *transfer = search->transfer;
    g_auto(ReadBack) back;
    g_autoptr(Scan) scan = NULL;
    read_back_init(&back, transfer, search->object, NULL);
    g_autoptr(Batch) batch = batch_new_for(back.spec.output);
    int64_t rows = 0;
    if (!conn_scan(transfer->target, &back.spec, &scan, error))
        return false;
    do {
        batch_reset(batch);
        if (!scan_next(scan, batch, ignore_reject, NULL, error) ||
            !transfer_tick(search->tick, search->tick_data, rows += (int64_t) batch->row_count,
                           error))
            return false;
        for (size_t row = 0; row < batch->row_count; row++)
            if (!fn(search, batch, row))
                return true;
    } while (batch->row_count > 0);
    return true;
}

/* --- pass 1: sums of parts --- */

static bool
sum_source_row(Search *search, const Batch *batch, size_t row)
{
    size_t part = part_of(search, batch, row);
    hash_sum_add(&search->source[part], batch_row_hash(batch, row, &search->hasher));
    return true;
}

static bool
sum_target_row(Search *search, const Batch *batch, size_t row)
{
    size_t part = part_of(search, batch, row);
    hash_sum_add(&search->target[part], batch_row_hash(batch, row, &search->hasher));
    return true;
}

/* As many parts as fit; at least one. */
static void
choose_parts(Search *search)
{
    int64_t rows = 0;
    search->has_more = false;
    memset(search->wanted, 0, sizeof search->wanted);
    for (size_t i = search->parts_seen; i < SEARCH_PARTS; i++) {
        if (hash_sum_equal(&search->source[i], &search->target[i]))
            continue;
        if (rows > 0 && rows + search->source[i].rows > SEARCH_ROWS_MAX) {
            search->has_more = true;
            search->parts_seen = i;
            return;
        }
        rows += search->source[i].rows + 1;
        search->wanted[i] = true;
    }
}

/* --- pass 2: rows --- */

static char **
row_texts(const Batch *batch, size_t row)
{
    char **texts = g_new0(char *, batch->column_count);
    for (size_t i = 0; i < batch->column_count; i++) {
        Value value = batch_value(batch, i, row);
        texts[i] = shown_text(&value);
    }
    return texts;
}

static void
texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_free(texts[i]);
    g_free(texts);
}

static bool
is_enough(const Search *search)
{
    return json_array_size(search->differences) >= search->differences_max;
}

/* A row that is told of in `list`; to be told more about. */
static json_t *
add_told(const Search *search, json_t *list, const char *what, char *const *values, int64_t row_id)
{
    const Schema *schema = program_target(search->transfer->program);
    json_t *difference = json_object(), *key = json_object();
    for (size_t i = 0; i < search->key_count; i++)
        json_object_set_new(key, schema_column(schema, search->key[i])->name,
                            shown_json(values[search->key[i]]));
    json_object_set_new(difference, "key", key);
    json_set_int(difference, "row_id", row_id);
    json_set_string(difference, "what", what);
    json_array_append_new(list, difference);
    return difference;
}

static json_t *
add_difference(const Search *search, const char *what, char *const *values, int64_t row_id)
{
    return add_told(search, search->differences, what, values, row_id);
}

/* One that only one side has, whole. */
static void
add_row(Search *search, const char *what, char *const *values, int64_t row_id)
{
    const Schema *schema = program_target(search->transfer->program);
    if (is_enough(search))
        return;
    json_t *row = json_object();
    for (size_t i = 0; i < schema_count(schema); i++)
        json_object_set_new(row, schema_column(schema, i)->name, shown_json(values[i]));
    json_object_set_new(add_difference(search, what, values, row_id), "row", row);
}

static bool
keep_source_row(Search *search, const Batch *batch, size_t row)
{
    if (!search->wanted[part_of(search, batch, row)])
        return true;
    Kept *kept = g_new0(Kept, 1);
    kept->row_id = batch->row_ids[row];
    kept->key = key_bytes(search, batch, row);
    kept->values = row_texts(batch, row);
    kept->count = batch->column_count;
    for (size_t i = 0; i < kept->count; i++)
        search->kept_bytes += kept->values[i] != NULL ? strlen(kept->values[i]) : 0;
    g_ptr_array_add(search->kept, kept);
    Kept *first = g_hash_table_lookup(search->by_key, kept->key);
    if (first == NULL) {
        g_hash_table_insert(search->by_key, kept->key, kept);
    } else { /* a key twice: rows are met one by one */
        search->is_ambiguous = true;
        kept->next = first->next;
        first->next = kept;
    }
    search->is_cut = search->kept->len >= SEARCH_ROWS_MAX || search->kept_bytes >= BYTES_KEPT_MAX;
    return !search->is_cut;
}

static void
note_todo(Search *search, const GString *key, RepairKind kind)
{
    if (search->todo == NULL)
        return;
    if (g_hash_table_contains(search->todo, key))
        search->is_ambiguous = true;
    else
        g_hash_table_insert(search->todo, g_string_new_len(key->str, (gssize) key->len),
                            GINT_TO_POINTER((int) kind + 1));
}

static json_t *
differing_columns(const Search *search, const Kept *kept, char *const *values)
{
    const Schema *schema = program_target(search->transfer->program);
    json_t *columns = json_array();
    for (size_t i = 0; i < kept->count; i++)
        if (g_strcmp0(kept->values[i], values[i]) != 0)
            json_array_append_new(columns, json_pack("{s:s, s:o, s:o}", "column",
                                                     schema_column(schema, i)->name, "source",
                                                     shown_json(kept->values[i]), "target",
                                                     shown_json(values[i])));
    return columns;
}

static void
compare_columns(Search *search, const Kept *kept, char *const *values)
{
    g_autoptr(json_t) columns = differing_columns(search, kept, values);
    if (json_array_size(columns) == 0)
        return;
    search->counts.rows_differing++;
    note_todo(search, kept->key, REPAIR_CHANGE);
    if (!is_enough(search))
        json_object_set(add_difference(search, "differs", values, kept->row_id), "columns",
                        columns);
}

/* The row of the source that it is, or may have been; of several with one key the one that is the same. NULL: none. */
static Kept *
met_by(const Search *search, const GString *key, char *const *values)
{
    Kept *first = NULL;
    for (Kept *kept = g_hash_table_lookup(search->by_key, key); kept != NULL; kept = kept->next) {
        size_t same = 0;
        if (kept->is_met)
            continue;
        while (same < kept->count && g_strcmp0(kept->values[same], values[same]) == 0)
            same++;
        if (same == kept->count)
            return kept;
        first = first != NULL ? first : kept;
    }
    return first;
}

static bool
meet_target_row(Search *search, const Batch *batch, size_t row)
{
    if (!search->wanted[part_of(search, batch, row)])
        return true;
    GString *key = key_bytes(search, batch, row);
    char **values = row_texts(batch, row);
    Kept *kept = met_by(search, key, values);
    if (kept != NULL) {
        kept->is_met = true;
        compare_columns(search, kept, values);
    } else if (!search->is_cut) { /* else it may be among those that were not kept */
        search->counts.rows_extra++;
        note_todo(search, key, REPAIR_REMOVE);
        add_row(search, "extra", values, batch->row_ids[row]);
    }
    texts_free(values, batch->column_count);
    g_string_free(key, TRUE);
    return true;
}

/* A row that was put aside for a reason that is known. */
static void
add_aside(Search *search, const Kept *kept, const json_t *entry)
{
    search->counts.rows_aside++;
    if (json_array_size(search->asides) >= search->differences_max)
        return;
    json_t *told = add_told(search, search->asides, "aside", kept->values, kept->row_id);
    json_set_string(told, "column", json_get_string(entry, "column", NULL));
    json_set_string(told, "reason", json_get_string(entry, "reason", ""));
}

static void
add_missing_row(Search *search, const Kept *kept)
{
    search->counts.rows_missing++;
    note_todo(search, kept->key, REPAIR_INSERT);
    add_row(search, "missing", kept->values, kept->row_id);
}

static bool
add_missing(Search *search, GError **error)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new();
    g_autoptr(GHashTable) ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GHashTable) known = NULL;
    for (guint i = 0; i < search->kept->len; i++) {
        Kept *kept = search->kept->pdata[i];
        if (kept->is_met)
            continue;
        if (g_hash_table_contains(search->aside, &kept->row_id)) {
            search->counts.rows_aside++;
            continue;
        }
        g_ptr_array_add(missing, kept);
        g_hash_table_add(ids, &kept->row_id);
    }
    if (!search_find_known(search, ids, &known, error))
        return false;
    for (guint i = 0; i < missing->len; i++) {
        const Kept *kept = missing->pdata[i];
        const json_t *entry = g_hash_table_lookup(known, &kept->row_id);
        if (entry != NULL)
            add_aside(search, kept, entry);
        else
            add_missing_row(search, kept);
    }
    return true;
}

/* What is left to be told of the parts that are wanted. */
static bool
search_parts(Search *search, GError **error)
{
    g_hash_table_remove_all(search->by_key);
    g_ptr_array_set_size(search->kept, 0);
    search->kept_bytes = 0;
    search->is_cut = false;
    return search_each_source_row(search, keep_source_row, error) &&
           search_each_target_row(search, meet_target_row, error) && add_missing(search, error);
}

/* One look finds as many as memory allows. Where rows are known that may be missing, nothing is equal before all were looked at. */
bool
search_run(Search *search, GError **error)
{
    if (!search_read_aside(search, error) ||
        !search_each_source_row(search, sum_source_row, error) ||
        !search_each_target_row(search, sum_target_row, error))
        return false;
    int looks_max = search->known != NULL ? LOOKS_MAX : 1;
    for (int look = 0; look < looks_max; look++) {
        choose_parts(search);
        if (!search_parts(search, error))
            return false;
        if (!search->has_more || search->is_cut)
            return true;
    }
    return true;
}

Search *
search_new(Transfer *transfer, const char *object, size_t differences_max, TickFn *tick, void *data)
{
    Search *search = g_new0(Search, 1);
    search->transfer = transfer;
    search->object = object;
    search->tick = tick;
    search->tick_data = data;
    search->differences_max = differences_max;
    search->differences = json_array();
    search->asides = json_array();
    search->refused = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    search->aside = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    search->by_key = g_hash_table_new(bytes_hash, bytes_equal);
    search->kept = g_ptr_array_new_with_free_func(kept_free);
    row_hasher_init(&search->hasher);
    search_set_key(search);
    return search;
}

void
search_free(Search *search)
{
    g_hash_table_unref(search->by_key);
    g_ptr_array_unref(search->kept);
    g_hash_table_unref(search->refused);
    g_hash_table_unref(search->aside);
    g_clear_pointer(&search->known, g_hash_table_unref);
    json_decref(search->differences);
    json_decref(search->asides);
    g_clear_pointer(&search->todo, g_hash_table_unref);
    row_hasher_clear(&search->hasher);
    g_free(search->key);
    g_free(search);
}

static void
string_free(void *string)
{
    g_string_free(string, TRUE);
}

void
search_note_todo(Search *search)
{
    search->todo = g_hash_table_new_full(bytes_hash, bytes_equal, string_free, NULL);
}

bool
search_todo(const Search *search, const Batch *batch, size_t row, RepairKind *ret)
{
    GString *key = key_bytes(search, batch, row);
    int kind = GPOINTER_TO_INT(g_hash_table_lookup(search->todo, key)) - 1;
    g_string_free(key, TRUE);
    *ret = kind >= 0 ? (RepairKind) kind : REPAIR_KINDS;
    return kind >= 0;
}

bool
transfer_find_differences(Transfer *transfer, const char *object, size_t differences_max,
                          TickFn *tick, void *data, Comparison *ret, GError **error)
{
    g_autoptr(Search) search = search_new(transfer, object, differences_max, tick, data);
    bool done = search_run(search, error);
    ret->counts = search->counts;
    ret->counts.is_complete = !search->is_cut && !search->has_more;
    json_array_extend(ret->differences, search->differences);
    json_array_extend(ret->asides, search->asides);
    return done;
}
