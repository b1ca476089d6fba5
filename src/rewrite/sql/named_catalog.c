/*
 * named_catalog.c - literals that a catalog is asked for: FROM information_schema.tables WHERE table_name = 'users'.
 *
 * Such a question is about the table of that name. It is followed where all that the query reads are catalogs, the literal says
 * the name as it is stored, and no other schema is asked for.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define ASKED_TOKENS_MAX                                                                           \
    4096 /* of a statement, either way: people ask catalogs in a screen or two */

static bool
is_any_of(const char *name, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Of SQLite, of T-SQL: what they have is called `name`. */
static bool
has_plain_names(const SqlSource *source)
{
    static const char *const alone[] = {"sqlite_master", "sqlite_schema", "sysobjects", NULL};
    static const char *const of_sys[] = {"tables", "objects", NULL};
    const SqlPath *path = &source->path;
    const char *last = path->count > 0 ? path->parts[path->count - 1].text : "";
    return is_any_of(last, alone) ||
           (path->count > 1 && g_ascii_strcasecmp(path->parts[path->count - 2].text, "sys") == 0 &&
            is_any_of(last, of_sys));
}

static bool
is_catalog(const SqlSource *source)
{
    const SqlPath *path = &source->path;
    if (source->kind != SOURCE_TABLE || path->count == 0 || path->count > 2) /* of elsewhere */
        return false;
    static const char *const of_postgres[] = {"pg_attrdef",
                                              "pg_attribute",
                                              "pg_class",
                                              "pg_constraint",
                                              "pg_depend",
                                              "pg_description",
                                              "pg_index",
                                              "pg_indexes",
                                              "pg_inherits",
                                              "pg_matviews",
                                              "pg_namespace",
                                              "pg_policies",
                                              "pg_rules",
                                              "pg_sequences",
                                              "pg_stat_all_tables",
                                              "pg_stats",
                                              "pg_stat_user_indexes",
                                              "pg_stat_user_tables",
                                              "pg_tables",
                                              "pg_publication_tables",
                                              "pg_statio_user_tables",
                                              "pg_trigger",
                                              "pg_type",
                                              "pg_views",
                                              NULL};
    const char *last = path->parts[path->count - 1].text,
               *schema = path->count > 1 ? path->parts[path->count - 2].text : "";
    return g_ascii_strcasecmp(schema, "information_schema") == 0 ||
           g_ascii_strcasecmp(schema, "pg_catalog") == 0 ||
           (schema[0] == '\0' && is_any_of(last, of_postgres)) || has_plain_names(source);
}

static bool
reads_catalogs(const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (!is_catalog(g_ptr_array_index(block->sources, i)))
            return false;
    return block->sources->len > 0 && block->strange == 0;
}

/* The column that the literal is compared with has names of tables. */
static bool
is_of_tables(const Work *work, const SqlBlock *block, guint literal)
{
    static const char *const columns[] = {"table_name", "tablename", "relname", "tbl_name"};
    guint with = sql_compared_with(work, literal);
    if (with == 0 || work_token(work, with)->kind == TOKEN_STRING)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (sql_says(work, with, columns[i]))
            return true;
    return sql_says(work, with, "name") && block->sources->len == 1 &&
           has_plain_names(g_ptr_array_index(block->sources, 0));
}

/* Else there is nothing to be looked for, and most literals are something else. */
static bool
is_called_like_one(const Work *work, guint literal)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++)
            if (sql_says(work, literal,
                         ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last))
                return true;
    }
    return false;
}

bool
sql_asks_catalog(const Work *work, guint literal)
{
    const SqlBlock *block =
        is_called_like_one(work, literal) ? sql_block_around(work->sql, literal, false) : NULL;
    return block != NULL && reads_catalogs(block) && is_of_tables(work, block, literal);
}

/* ---- whether it may follow ---- */

static const char *
schema_of(char *const *parts, const Dialect *dialect)
{
    guint count = g_strv_length((char **) parts);
    return count > 1 ? parts[count - 2] : dialect->default_schema;
}

/* table_schema = 'audit', SCHEMA_ID('audit'): the literal is a schema. */
static bool
is_schema(const Work *work, guint literal)
{
    static const char *const columns[] = {"table_schema", "schemaname", "nspname", "table_catalog",
                                          "relnamespace"};
    static const char *const functions[] = {"SCHEMA_ID", "to_regnamespace"};
    guint with = sql_compared_with(work, literal);
    for (size_t i = 0; with > 0 && i < G_N_ELEMENTS(columns); i++)
        if (sql_says(work, with, columns[i]))
            return true;
    for (size_t i = 0; literal > 1 && i < G_N_ELEMENTS(functions); i++)
        if (work_is_text(work, literal - 2, functions[i]))
            return true;
    return false;
}

static bool
asks_elsewhere(const Work *work, guint literal, const char *schema)
{
    const SqlStatement *statement = sql_block_around(work->sql, literal, false)->statement;
    guint first = MAX(statement->first, literal - MIN(literal, ASKED_TOKENS_MAX)),
          last = MIN(statement->last, literal + ASKED_TOKENS_MAX);
    for (guint i = first; i <= last; i++)
        if (work_token(work, i)->kind == TOKEN_STRING && is_schema(work, i) &&
            (schema == NULL || !sql_says(work, i, schema)))
            return true;
    return false;
}

static bool
has_letter(const char *text, bool is_capital)
{
    for (; *text != '\0'; text++)
        if (is_capital ? g_ascii_isupper(*text) : g_ascii_islower(*text))
            return true;
    return false;
}

/* As the engine stores it: 'Users' is not the table that is written users. */
static bool
is_stored_so(const Work *work, guint literal, const char *from, const char *to)
{
    const Dialect *dialect = work->sql->dialect;
    size_t bytes;
    const char *inside = sql_inside(work, literal, &bytes);
    bool is_upper = dialect->table_case == CASE_UPPER,
         folds = dialect->is_any || is_upper || dialect->table_case == CASE_LOWER;
    return strlen(from) == bytes && memcmp(inside, from, bytes) == 0 &&
           !(folds && (has_letter(from, !is_upper) || has_letter(to, !is_upper)));
}

bool
sql_catalog_follows(const Work *work, guint literal, const Spelling *spelling)
{
    const Dialect *dialect = work->sql->dialect;
    guint from = g_strv_length(spelling->source), to = g_strv_length(spelling->target);
    const char *schema = schema_of(spelling->source, dialect);
    for (guint i = 0; i + 1 < from; i++)
        if (from != to || strcmp(spelling->source[i], spelling->target[i]) != 0)
            return false;
    return from == to && !asks_elsewhere(work, literal, schema) &&
           is_stored_so(work, literal, spelling->source[from - 1], spelling->target[to - 1]);
}

/* ---- the schema and the table, one beside the other ---- */

/* The literal of the comparison that begins at the token: t.table_schema = 'shop'; 0: it is another one. */
static guint
literal_compared(const Work *work, guint index)
{
    while (work_token(work, index + 1)->kind == TOKEN_DOT)
        index += 2;
    return work_is_text(work, index + 1, "=") && work_token(work, index + 2)->kind == TOKEN_STRING
               ? index + 2
               : 0;
}

/* The literal that says the schema right before or behind, and AND between: table_schema = 'shop' AND table_name = 'orders'. */
static guint
schema_beside(const Work *work, guint literal)
{
    if (literal < 2 || !work_is_text(work, literal - 1, "="))
        return 0;
    guint first = literal - 2, behind = 0;
    while (first >= 2 && work_token(work, first - 1)->kind == TOKEN_DOT)
        first -= 2;
    if (work_token(work, literal + 1)->word == WORD_AND)
        behind = literal_compared(work, literal + 2);
    if (behind > 0 && is_schema(work, behind))
        return behind;
    bool has_before = first >= 4 && work_token(work, first - 1)->word == WORD_AND &&
                      work_token(work, first - 2)->kind == TOKEN_STRING &&
                      work_is_text(work, first - 3, "=") && is_schema(work, first - 2);
    return has_before ? first - 2 : 0;
}

static bool
is_asked_with_schema(const Work *work, guint schema, guint literal, const Spelling *spelling)
{
    char *const *from = spelling->source, *const *to = spelling->target;
    return g_strv_length(spelling->source) == 2 && g_strv_length(spelling->target) == 2 &&
           strpbrk(to[0], "'\\") == NULL && strpbrk(to[1], "'\\") == NULL &&
           is_stored_so(work, schema, from[0], to[0]) &&
           is_stored_so(work, literal, from[1], to[1]);
}

bool
sql_catalog_by_two(Work *work, guint literal)
{
    guint schema = sql_asks_catalog(work, literal) ? schema_beside(work, literal) : 0;
    for (guint i = 0; schema > 0 && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (!is_asked_with_schema(work, schema, literal, spelling))
                continue;
            sql_edit_inside(work, schema, spelling->source[0], spelling->target[0]);
            sql_edit_inside(work, literal, spelling->source[1], spelling->target[1]);
            sql_named_columns(work, literal, rename);
            return true;
        }
    }
    return false;
}

/* ---- acme.shop.INFORMATION_SCHEMA.COLUMNS of BigQuery, where the dataset stands before ---- */

/* OR and NOT: then it is asked for other tables, too. */
static bool
asks_for_more(const Work *work, const SqlBlock *block)
{
    guint last = MIN(block->last, block->first + ASKED_TOKENS_MAX);
    for (guint i = block->first; i <= last; i++)
        if (work_token(work, i)->word == WORD_OR || work_token(work, i)->word == WORD_NOT)
            return true;
    return last < block->last;
}

/* The catalog is all that the query reads, and the literal all that it asks of tables and schemas. */
static const SqlSource *
dataset_catalog(const Work *work, guint literal)
{
    const SqlBlock *block =
        is_called_like_one(work, literal) ? sql_block_around(work->sql, literal, false) : NULL;
    const SqlSource *source =
        block != NULL && block->sources->len == 1 ? g_ptr_array_index(block->sources, 0) : NULL;
    if (source == NULL || source->kind != SOURCE_TABLE || source->path.count < 3 ||
        block->strange > 0 || asks_for_more(work, block) ||
        strcmp(work->sql->dialect->name, "bigquery") != 0 ||
        g_ascii_strcasecmp(source->path.parts[source->path.count - 2].text, "INFORMATION_SCHEMA"))
        return NULL;
    guint asked = 0;
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        const char *name = ref->path.parts[ref->path.count - 1].text;
        bool is_listed = ref->clause == CLAUSE_ITEM || ref->clause == CLAUSE_ORDER ||
                         ref->clause == CLAUSE_GROUP;
        if (g_ascii_strcasecmp(name, "table_schema") == 0 && !is_listed)
            return NULL;
        asked += g_ascii_strcasecmp(name, "table_name") == 0 && !is_listed;
    }
    return asked == 1 && work_is_text(work, literal - 1, "=") && is_of_tables(work, block, literal)
               ? source
               : NULL;
}

static bool
is_of_dataset(const Work *work, const SqlSource *catalog, guint literal, const Spelling *spelling)
{
    const SqlPath *path = &catalog->path;
    if (g_strv_length(spelling->source) != path->count - 1 ||
        g_strv_length(spelling->target) != path->count - 1)
        return false;
    for (guint i = 0; i + 2 < path->count; i++)
        if (!sql_same_table(work->sql->dialect, path->parts[i].text, path->parts[i].quote,
                            spelling->source[i]))
            return false;
    return strpbrk(spelling->target[path->count - 2], "'\\") == NULL &&
           is_stored_so(work, literal, spelling->last, spelling->target[path->count - 2]);
}

bool
sql_catalog_of_dataset(Work *work, guint literal)
{
    const SqlSource *catalog = dataset_catalog(work, literal);
    for (guint i = 0; catalog != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (!is_of_dataset(work, catalog, literal, spelling))
                continue;
            for (guint p = 0; p + 2 < catalog->path.count; p++) {
                const SqlPart *part = &catalog->path.parts[p];
                bool is_own = work->text[part->begin] == part->quote; /* else of the path */
                g_autofree char *name =
                    part->quote == '\0' || is_own
                        ? spell_like(work->sql->dialect, part, spelling->target[p])
                        : g_strdup(spelling->target[p]);
                if (strcmp(spelling->source[p], spelling->target[p]) != 0)
                    site_edit(work, SITE_TABLE, part->begin, part->end, name);
            }
            sql_edit_inside(work, literal, spelling->last,
                            spelling->target[catalog->path.count - 2]);
            sql_named_columns(work, literal, rename);
            return true;
        }
    }
    return false;
}
