/*
 * builders.c - libraries that build queries by calls: psql.Select("id").From("users u").Join("songs s ON s.id = u.song").
 *
 * Each is known by a word that its programs have. What these calls take is a table, even if it is called like an ordinary word.
 */
#include "rewrite/program/program.h"

#include <string.h>

typedef struct {
    const char *language;
    const char *words[3];  /* one of them is in the file */
    const char *calls[14]; /* methods that take the table first */
} Builder;

static const Builder builders[] = {
    {"go", {"squirrel", "psql"}, {"From", "Insert", "Update", "Delete", "Replace", "Into"}},
    {"go", {"goqu"}, {"From", "Insert", "Update", "Delete", "Truncate", "T"}},
    {"go", {"dbr"}, {"From", "InsertInto", "Update", "DeleteFrom", "Join", "LeftJoin"}},
    {"javascript",
     {"kysely", "Kysely"},
     {"selectFrom", "insertInto", "updateTable", "deleteFrom", "innerJoin", "leftJoin", "rightJoin",
      "fullJoin"}},
    {"javascript", {"supabase", "PostgrestClient"}, {"from"}},
    {"java",
     {"SQLiteDatabase", "SupportSQLiteDatabase"},
     {"query", "insert", "insertOrThrow", "insertWithOnConflict", "replace", "update",
      "updateWithOnConflict", "delete"}},
    {"kotlin",
     {"SQLiteDatabase", "SupportSQLiteDatabase"},
     {"query", "insert", "insertOrThrow", "insertWithOnConflict", "replace", "update",
      "updateWithOnConflict", "delete"}},
    {"java", {"SimpleJdbcInsert"}, {"withTableName"}}, /* of Spring */
    {"kotlin", {"SimpleJdbcInsert"}, {"withTableName"}},
    {"java", {"beam"}, {"withTable"}}, /* JdbcIO and the like */
    {"scala", {"beam", "scio"}, {"withTable"}},
};

/* Behind a dot, which may end the line before. */
static bool
is_method(const Unit *unit, const Use *use)
{
    size_t at = use->callee.begin;
    while (at > 0 && g_ascii_isspace(unit->text->bytes[at - 1]))
        at--;
    return at > 0 && unit->text->bytes[at - 1] == '.';
}

static bool
is_used(const Unit *unit, const Builder *builder)
{
    if (!unit_is_language(unit, builder->language))
        return false;
    for (size_t i = 0; builder->words[i] != NULL; i++)
        if (program_has_word(unit->work, builder->words[i]))
            return true;
    return false;
}

bool
use_is_in_call_of_builder(const Unit *unit, const Use *use)
{
    bool is_other = unit_is_language(unit, "javascript") && /* Array.from(…), buckets of Supabase */
                    (span_is(unit->text, use->receiver, "storage") ||
                     (use->receiver.end > use->receiver.begin &&
                      g_ascii_isupper(unit->text->bytes[use->receiver.begin])));
    if (use->argument != 0 || use->key.end > 0 || !is_method(unit, use) || is_other)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(builders); i++)
        if (span_is_among(unit->text, use->callee, builders[i].calls) &&
            is_used(unit, &builders[i]))
            return true;
    return false;
}

/* Select("users.id"), OrderBy("users.id") of squirrel */
bool
use_is_column_of_builder(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"Select", "Column", "Columns", "OrderBy", "GroupBy", NULL};
    return use->key.end == 0 && !use->is_key && is_method(unit, use) &&
           span_is_among(unit->text, use->callee, calls) && is_used(unit, &builders[0]);
}

/* LeftJoin("users u ON u.id = s.user_id"): a table, and behind it what it is joined by. */
bool
use_is_join_of_builder(const Unit *unit, const Use *use, const Text *text)
{
    static const char *const calls[] = {"Join",     "LeftJoin", "RightJoin", "InnerJoin",
                                        "FullJoin", "leftJoin", "rightJoin", "innerJoin",
                                        "fullJoin", NULL};
    static const char *const of_lists[] = {"javascript", "python", "ruby", NULL};
    size_t at = 0, on = 0;
    if (span_is(unit->text, use->callee, "join") && g_strv_contains(of_lists, unit->language->name))
        return false;
    if (use->argument != 0 || use->key.end > 0 || !is_method(unit, use) ||
        !span_is_among(unit->text, use->callee, calls))
        return false;
    while (g_ascii_isspace(text_byte(text, at)))
        at++;
    return find_word(text->bytes, text->count, "on", &on) && on > at &&
           memchr(text->bytes, '=', text->count) != NULL;
}
