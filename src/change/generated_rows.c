/*
 * generated_rows.c - the rows of made-up tables, as SQL.
 *
 * Every third row takes only values that the queries speak of, so that conditions that hold together are met together; the
 * others take any. Values of neighbouring columns differ, so that taking one column for another shows.
 */
#include "change/generated_tables.h"

#include <string.h>

#define SEED 20 /* any: the same file gets the same rows */
#define NULL_IN 8
#define TWICE_IN 7

/* ---- values that nobody spoke of ---- */

static const char *const words[] = {"'ada'", "'bo'", "'cleo'", "'dan'", "'eve'", "'finn'", "'Ada'"};
static const char *const phrases[] = {"''", "'two words'", "'zoë'"};
static const char *const reals[] = {"0.0", "0.5", "1.25", "-2.75", "10.0", "99.5", "1000.0"};
static const char *const dates[] = {"'1970-01-01'", "'2000-02-29'", "'2023-12-31'",
                                    "'2024-01-01'", "'2024-02-29'", "'2024-03-01'"};
static const char *const times[] = {"'1970-01-01 00:00:00'", "'2000-02-29 12:00:33'",
                                    "'2023-12-31 23:59:59'", "'2024-01-01 00:00:00'",
                                    "'2024-02-29 09:30:00'", "'2024-03-01 00:00:00'"};
static const char *const bits[] = {"0", "1"};

static void
add_all(MadeColumn *column, const char *const *literals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_ptr_array_add(column->values, g_strdup(literals[i]));
}

static void
add_usual(MadeColumn *column)
{
    if (column->is_closed && column->values->len > 0)
        return;
    switch (column->type) {
    case TYPE_INT:
        for (int i = -1; i < 14; i++)
            g_ptr_array_add(column->values, g_strdup_printf("%d", i));
        break;
    case TYPE_FLOAT:
    case TYPE_DECIMAL:
        add_all(column, reals, G_N_ELEMENTS(reals));
        break;
    case TYPE_BOOL:
        add_all(column, bits, G_N_ELEMENTS(bits));
        break;
    case TYPE_DATE:
        add_all(column, dates, G_N_ELEMENTS(dates));
        break;
    case TYPE_TIMESTAMP:
        add_all(column, times, G_N_ELEMENTS(times));
        break;
    default:
        add_all(column, words, G_N_ELEMENTS(words));
        if (!column->is_part)
            add_all(column, phrases, G_N_ELEMENTS(phrases));
    }
}

/* ---- tables ---- */

static const char *
declared(const MadeColumn *column)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_BOOL] = "BOOLEAN",        [TYPE_INT] = "INTEGER", [TYPE_FLOAT] = "REAL",
        [TYPE_DECIMAL] = "NUMERIC",     [TYPE_TEXT] = "TEXT",   [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP", [TYPE_BYTES] = "BLOB"};
    return types[column->type];
}

static void
append_name(GString *script, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
    g_autofree char *inside = g_strjoinv("\"\"", parts);
    g_string_append_printf(script, "\"%s\"", inside);
}

static void
append_table(GString *script, const MadeTable *table)
{
    g_string_append(script, "CREATE TABLE ");
    append_name(script, table->name);
    for (guint i = 0; i < table->columns->len; i++) {
        const MadeColumn *column = table->columns->pdata[i];
        g_string_append(script, i > 0 ? ", " : " (");
        append_name(script, column->name);
        g_string_append_printf(script, " %s%s", declared(column),
                               column->is_key         ? " PRIMARY KEY"
                               : !column->may_be_null ? " NOT NULL"
                                                      : "");
    }
    g_string_append(script, table->columns->len > 0 ? ");\n" : " (nothing);\n");
}

/* A literal of SQL. Caller frees. */
static char *
key_cell(const MadeColumn *column, int row)
{
    return column->type == TYPE_TEXT ? g_strdup_printf("'k%03d'", row + 1)
                                     : g_strdup_printf("%d", row + 1);
}

static const char *
any_cell(const MadeColumn *column, int row, GRand *rng)
{
    bool is_met = row % 3 == 0 && column->said > 0;
    guint from = is_met ? column->said : column->values->len;
    guint pick = (guint) g_rand_int_range(rng, 0, (gint32) MAX(from, 1));
    bool is_null = !is_met && column->may_be_null && g_rand_int_range(rng, 0, NULL_IN) == 0;
    return is_null ? "NULL" : column->values->pdata[pick];
}

/* Now and then all but the key is as in the row before. */
static void
append_rows(GString *script, const MadeTable *table, int rows, GRand *rng)
{
    g_autofree const char **cells = g_new0(const char *, table->columns->len + 1);
    for (int r = 0; table->columns->len > 0 && r < rows; r++) {
        bool is_twice = r % TWICE_IN == TWICE_IN - 1;
        g_string_append(script, "INSERT INTO ");
        append_name(script, table->name);
        for (guint i = 0; i < table->columns->len; i++) {
            const MadeColumn *column = table->columns->pdata[i];
            g_autofree char *key = column->is_key ? key_cell(column, r) : NULL;
            if (key == NULL && !is_twice)
                cells[i] = any_cell(column, r, rng);
            g_string_append_printf(script, "%s%s", i > 0 ? ", " : " VALUES (",
                                   key != NULL ? key : cells[i]);
        }
        g_string_append(script, ");\n");
    }
}

char *
made_script(const GPtrArray *tables)
{
    GString *script = g_string_new("BEGIN;\n");
    g_autoptr(GRand) rng = g_rand_new_with_seed(SEED);
    for (guint t = 0; t < tables->len; t++) {
        const MadeTable *table = tables->pdata[t];
        for (guint i = 0; i < table->columns->len; i++)
            add_usual(table->columns->pdata[i]);
        append_table(script, table);
        append_rows(script, table, t == 0 ? MADE_ROWS : MADE_ROWS_OTHERS, rng);
    }
    g_string_append(script, "COMMIT;\n");
    return g_string_free(script, FALSE);
}
