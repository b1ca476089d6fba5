/*
 * embedded.c - an SQLite in memory as the evaluator of expressions over files.
 *
 * An expression is prepared twice. First against an empty table `source` with the columns' names: that tells, by way of
 * the authorizer, which columns it reads, and gives SQLite's own words when a name is wrong. Then against a subquery of
 * parameters in the place of the table, of which only the columns it reads are ever bound.
 */
#include "mapping/embedded.h"

#include "base/limits.h"
#include "base/text.h"
#include "model/sqlite_value.h"

#include <string.h>

#define OPERATIONS_PER_CHECK 1000
#define CHECKS_MAX                                                                                 \
    10000 /* ten million operations for one value: a runaway recursion, not a computation */

struct Embedded {
    sqlite3 *db;
    Schema *source;
    GString *from;      /* "(SELECT ?1 AS "a", …, ?n AS "_row")" */
    GHashTable *reads;  /* columns read by what is being prepared: name -> nothing */
    const char *denied; /* function that is not allowed, seen while preparing */
    int checks;
};

typedef struct {
    int parameter;
    size_t input;
    ColumnType type;
    bool is_row;
} Parameter;

struct EmbeddedExpr {
    Embedded *embedded;
    sqlite3_stmt *statement;
    Parameter *parameters;
    size_t parameter_count;
};

/* --- SQL text --- */

char *
sql_in_brackets(const char *sql)
{
    return g_strdup_printf(strstr(sql, "--") != NULL ? "(%s\n)" : "(%s)", sql);
}

bool
sql_stays_in_brackets(const char *sql)
{
    int depth = 0;
    if (strpbrk(sql, "\\$#[") != NULL || strstr(sql, "/*") != NULL)
        return true; /* what these mean is for the dialect to say */
    for (const char *p = sql; *p != '\0' && depth >= 0; p++) {
        if (strchr("'\"`", *p) != NULL) {
            const char *end = strchr(p + 1, *p);
            p = end != NULL ? end : p + strlen(p) - 1;
        } else if (p[0] == '-' && p[1] == '-') {
            p += strcspn(p, "\n");
            p -= *p == '\0';
        } else {
            depth += (*p == '(') - (*p == ')');
        }
    }
    return depth >= 0;
}

static void
append_doubled(GString *to, const char *text, size_t bytes, char quote)
{
    g_string_append_c(to, quote);
    for (size_t i = 0; i < bytes; i++) {
        g_string_append_c(to, text[i]);
        if (text[i] == quote)
            g_string_append_c(to, quote);
    }
    g_string_append_c(to, quote);
}

void
sql_append_name(GString *to, const char *name)
{
    append_doubled(to, name, strlen(name), '"');
}

void
sql_append_text(GString *to, const char *text, size_t bytes)
{
    append_doubled(to, text, bytes, '\'');
}

/* --- the connection --- */

static int
authorize(void *data, int action, const char *first, const char *second, const char *database,
          const char *trigger)
{
    static const char *const unsteady[] = {"random",        "randomblob",        "current_date",
                                           "current_time",  "current_timestamp", "changes",
                                           "total_changes", "last_insert_rowid", "load_extension",
                                           "sqlite_offset", "fts3_tokenizer",    NULL};
    Embedded *embedded = data;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        if (embedded->reads != NULL && second != NULL && second[0] != '\0')
            g_hash_table_add(embedded->reads, g_strdup(second));
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        for (size_t i = 0; unsteady[i] != NULL; i++)
            if (second != NULL && g_ascii_strcasecmp(second, unsteady[i]) == 0) {
                embedded->denied = unsteady[i];
                return SQLITE_DENY;
            }
        return SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int
count_checks(void *data)
{
    Embedded *embedded = data;
    return ++embedded->checks > CHECKS_MAX;
}

static void
append_columns(Embedded *embedded, GString *table)
{
    bool has_row = schema_find(embedded->source, ROW_COLUMN, NULL) != NULL;
    g_string_append(table, "CREATE TABLE source(");
    g_string_append(embedded->from, "(SELECT ");
    for (size_t i = 0; i < schema_count(embedded->source) + (has_row ? 0 : 1); i++) {
        bool is_extra = i == schema_count(embedded->source);
        const char *name = is_extra ? ROW_COLUMN : schema_column(embedded->source, i)->name;
        g_string_append(table, i > 0 ? ", " : "");
        sql_append_name(table, name);
        g_string_append_printf(embedded->from, "%s?%zu AS ", i > 0 ? ", " : "", i + 1);
        sql_append_name(embedded->from, name);
    }
    g_string_append_c(table, ')');
    g_string_append_c(embedded->from, ')');
}

bool
embedded_new(const Schema *source, Embedded **ret, GError **error)
{
    g_autoptr(Embedded) embedded = g_new0(Embedded, 1);
    g_autoptr(GString) table = g_string_new(NULL);
    embedded->source = schema_copy(source);
    embedded->from = g_string_new(NULL);
    append_columns(embedded, table);
    if (sqlite3_open_v2(":memory:", &embedded->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return fail(error, ERR_INTERNAL, "cannot start the embedded SQLite: %s",
                    sqlite3_errmsg(embedded->db));
    sqlite3_limit(embedded->db, SQLITE_LIMIT_LENGTH, CELL_BYTES_MAX);
    /* without this a misspelt "column" would silently be a text */
    sqlite3_db_config(embedded->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (sqlite3_exec(embedded->db, table->str, NULL, NULL, NULL) != SQLITE_OK)
        return fail(error, ERR_INVALID, "the columns of '%s' cannot be used in SQL expressions: %s",
                    source->dataset, sqlite3_errmsg(embedded->db));
    sqlite3_set_authorizer(embedded->db, authorize, embedded);
    sqlite3_progress_handler(embedded->db, OPERATIONS_PER_CHECK, count_checks, embedded);
    *ret = g_steal_pointer(&embedded);
    return true;
}

void
embedded_free(Embedded *embedded)
{
    if (embedded == NULL)
        return;
    sqlite3_close(embedded->db);
    schema_free(embedded->source);
    g_string_free(embedded->from, TRUE);
    g_free(embedded);
}

/* --- expressions --- */

static bool
prepare(Embedded *embedded, const char *sql, const char *from, sqlite3_stmt **ret, GError **error)
{
    g_autofree char *value = sql_in_brackets(sql);
    g_autofree char *query = g_strdup_printf("SELECT %s FROM %s", value, from);
    const char *rest = NULL;
    sqlite3_stmt *statement = NULL;
    embedded->denied = NULL;
    embedded->checks = 0;
    if (sqlite3_prepare_v2(embedded->db, query, -1, &statement, &rest) != SQLITE_OK) {
        if (embedded->denied != NULL)
            return fail(error, ERR_INVALID,
                        "%s() is not allowed: the same row must give the same value every time",
                        embedded->denied);
        return fail(error, ERR_INVALID, "%s", sqlite3_errmsg(embedded->db));
    }
    if (statement == NULL || rest[0] != '\0' || sqlite3_column_count(statement) != 1) {
        sqlite3_finalize(statement);
        return fail(error, ERR_INVALID, "it is not one expression");
    }
    *ret = statement;
    return true;
}

/* Prepares against the empty table; the columns it reads are in `reads` afterwards. */
static bool
find_reads(Embedded *embedded, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (!prepare(embedded, sql, "source", &statement, error))
        return false;
    int parameters = sqlite3_bind_parameter_count(statement);
    sqlite3_finalize(statement);
    if (parameters > 0)
        return fail(error, ERR_INVALID, "parameters such as ?1 or :name are not allowed");
    GHashTableIter iter;
    void *name = NULL;
    g_hash_table_iter_init(&iter, embedded->reads);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (strcmp(name, ROW_COLUMN) != 0 && schema_find(embedded->source, name, NULL) == NULL)
            return fail(error, ERR_INVALID, "there is no column '%s'", (const char *) name);
    return true;
}

static void
add_parameters(EmbeddedExpr *expr, const GHashTable *reads, EmbeddedInputFn *input, void *data)
{
    const Schema *source = expr->embedded->source;
    expr->parameters = g_new0(Parameter, g_hash_table_size((GHashTable *) reads));
    for (size_t i = 0; i <= schema_count(source); i++) {
        bool is_row = i == schema_count(source);
        const char *name = is_row ? ROW_COLUMN : schema_column(source, i)->name;
        if ((is_row && schema_find(source, ROW_COLUMN, NULL) != NULL) ||
            !g_hash_table_contains((GHashTable *) reads, name))
            continue;
        expr->parameters[expr->parameter_count++] = (Parameter){
            .parameter = (int) i + 1,
            .input = is_row ? 0 : input(name, data),
            .type = is_row ? TYPE_INT : schema_column(source, i)->type,
            .is_row = is_row,
        };
    }
}

bool
embedded_prepare(Embedded *embedded, const char *sql, EmbeddedInputFn *input, void *data,
                 EmbeddedExpr **ret, GError **error)
{
    g_autoptr(GHashTable) reads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sqlite3_stmt *statement = NULL;
    embedded->reads = reads;
    bool found = find_reads(embedded, sql, error);
    embedded->reads = NULL;
    if (!found || !prepare(embedded, sql, embedded->from->str, &statement, error))
        return false;
    EmbeddedExpr *expr = g_new0(EmbeddedExpr, 1);
    expr->embedded = embedded;
    expr->statement = statement;
    add_parameters(expr, reads, input, data);
    *ret = expr;
    return true;
}

void
embedded_expr_free(EmbeddedExpr *expr)
{
    if (expr == NULL)
        return;
    sqlite3_finalize(expr->statement);
    g_free(expr->parameters);
    g_free(expr);
}

/* Leaves the statement on its one row. */
static bool
step(EmbeddedExpr *expr, const Row *row, char **ret_reason)
{
    Embedded *embedded = expr->embedded;
    sqlite3_reset(expr->statement);
    embedded->checks = 0;
    for (size_t i = 0; i < expr->parameter_count; i++) {
        const Parameter *parameter = &expr->parameters[i];
        Value value = parameter->is_row ? (Value){.type = TYPE_INT, .i = row_number(row)}
                                        : row_input(row, parameter->type, parameter->input);
        if (sqlite_has_none(&value)) {
            *ret_reason =
                g_strdup("a value that it reads is NaN, which expressions would take for NULL");
            return false;
        }
        if (sqlite_bind_typed(expr->statement, parameter->parameter, &value) != SQLITE_OK) {
            *ret_reason = g_strdup(sqlite3_errmsg(embedded->db));
            return false;
        }
    }
    int status = sqlite3_step(expr->statement);
    if (status == SQLITE_ROW)
        return true;
    *ret_reason = status == SQLITE_INTERRUPT ? g_strdup("the expression runs too long")
                                             : g_strdup(sqlite3_errmsg(embedded->db));
    return false;
}

bool
embedded_eval(EmbeddedExpr *expr, const Row *row, ColumnType type, GString *scratch, Value *ret,
              char **ret_reason)
{
    return step(expr, row, ret_reason) &&
           sqlite_read_column(expr->statement, 0, type, scratch, ret, ret_reason);
}

bool
embedded_test(EmbeddedExpr *expr, const Row *row, bool *ret, char **ret_reason)
{
    if (!step(expr, row, ret_reason))
        return false;
    /* SQLite's own notion of truth: a number other than 0; texts by the number they begin with */
    *ret = sqlite3_column_type(expr->statement, 0) != SQLITE_NULL &&
           sqlite3_column_double(expr->statement, 0) != 0;
    return true;
}
