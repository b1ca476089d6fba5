/* query_side.c - see query_side.h. */
#include "change/query_side.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS_KEPT_MAX 100000 /* told apart one by one when something differs */
#define ROWS_SHOWN 3         /* of those that only one side gives */
#define CELL_SHOWN_BYTES 40

void
query_side_init(QuerySide *side, const char *sql)
{
    *side = (QuerySide){.sql = sql};
    row_hasher_init(&side->hasher);
}

void
query_side_clear(QuerySide *side)
{
    g_clear_pointer(&side->names, g_ptr_array_unref);
    row_hasher_clear(&side->hasher);
}

void
query_side_begin(QuerySide *side)
{
    side->sum = (HashSum){0};
    side->chain = (RowHash){0};
    g_clear_pointer(&side->names, g_ptr_array_unref);
}

/* Sums of the same numbers in another order differ in their last digits. */
static double
rounded(double value)
{
    char text[32];
    if (!isfinite(value) || value == 0)
        return value == 0 ? 0 : value;
    snprintf(text, sizeof text, "%.11e", value);
    return g_ascii_strtod(text, NULL);
}

static void
hash_cell(RowHasher *hasher, const QueryCell *cell)
{
    switch (cell->kind) {
    case QUERY_NULL:
        row_hasher_null(hasher);
        break;
    case QUERY_INT:
        row_hasher_int(hasher, TYPE_INT, cell->integer);
        break;
    case QUERY_FLOAT:
        row_hasher_float(hasher, rounded(cell->real));
        break;
    case QUERY_TEXT:
        row_hasher_bytes(hasher, TYPE_TEXT, cell->bytes, cell->size);
        break;
    case QUERY_BYTES:
        row_hasher_bytes(hasher, TYPE_BYTES, cell->bytes, cell->size);
        break;
    }
}

static void
show_cell(GString *text, const QueryCell *cell)
{
    switch (cell->kind) {
    case QUERY_NULL:
        g_string_append(text, "NULL");
        break;
    case QUERY_INT:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, cell->integer);
        break;
    case QUERY_FLOAT:
        g_string_append_printf(text, "%.12g", cell->real);
        break;
    case QUERY_TEXT: {
        g_autofree char *valid =
            g_utf8_make_valid(cell->bytes, (gssize) MIN(cell->size, CELL_SHOWN_BYTES));
        g_string_append_printf(text, "'%s%s'", valid, cell->size > CELL_SHOWN_BYTES ? "…" : "");
        break;
    }
    case QUERY_BYTES:
        g_string_append_printf(text, "%zu bytes", cell->size);
        break;
    }
}

/* The second time: which rows are it? */
static void
keep_row(QuerySide *side, RowHash hash, const QueryCell *cells, size_t count)
{
    g_autofree char *key = g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                                           hash.high, hash.low);
    int had = GPOINTER_TO_INT(g_hash_table_lookup(side->kept, key));
    if (side->shown == NULL) {
        if (g_hash_table_size(side->kept) < ROWS_KEPT_MAX)
            g_hash_table_insert(side->kept, g_steal_pointer(&key), GINT_TO_POINTER(had + 1));
        return;
    }
    if (had > 0) {
        g_hash_table_insert(side->kept, g_steal_pointer(&key), GINT_TO_POINTER(had - 1));
        return;
    }
    if (side->shown->len >= ROWS_SHOWN)
        return;
    GString *text = g_string_new("(");
    for (size_t i = 0; i < count; i++) {
        g_string_append(text, i > 0 ? ", " : "");
        show_cell(text, &cells[side->order != NULL ? side->order[i] : i]);
    }
    g_string_append_c(text, ')');
    g_ptr_array_add(side->shown, g_string_free(text, FALSE));
}

void
query_side_take(const QueryCell *cells, size_t count, void *data)
{
    QuerySide *side = data;
    row_hasher_begin(&side->hasher);
    for (size_t i = 0; i < count; i++)
        hash_cell(&side->hasher, &cells[side->order != NULL ? side->order[i] : i]);
    RowHash hash = row_hasher_end(&side->hasher);
    hash_sum_add(&side->sum, hash);
    side->chain.low = side->chain.low * 0x9E3779B97F4A7C15u + hash.low;
    side->chain.high = side->chain.high * 0xC2B2AE3D27D4EB4Fu + hash.high;
    if (side->kept != NULL)
        keep_row(side, hash, cells, count);
}

void
query_sides_keep(QuerySide *one, QuerySide *other)
{
    one->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    other->kept = g_hash_table_ref(one->kept);
    one->shown = g_ptr_array_new_with_free_func(g_free);
}

bool
query_side_kept_all(const QuerySide *side)
{
    return g_hash_table_size(side->kept) < ROWS_KEPT_MAX;
}

char *
query_sides_let_go(QuerySide *one, QuerySide *other, bool is_wanted)
{
    char *text = NULL;
    if (is_wanted && one->shown->len > 0) {
        g_ptr_array_add(one->shown, NULL);
        text = g_strjoinv(", ", (char **) one->shown->pdata);
    }
    g_clear_pointer(&one->kept, g_hash_table_unref);
    g_clear_pointer(&other->kept, g_hash_table_unref);
    g_clear_pointer(&one->shown, g_ptr_array_unref);
    return text;
}
