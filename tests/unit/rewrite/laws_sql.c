/*
 * laws_sql.c - random SQL in every dialect: the laws of rewriting hold, whatever is asked.
 *
 * no mapping, same bytes; edits lie apart, and all else stays; undoing them gives the text; rewriting twice is rewriting once;
 * under `propagate` the inverse mapping gives the text back; each new name is a column of the target, and of nothing else;
 * comments and templates stay to the byte. SEED=n makes the same texts again.
 */
#include "rewrite/rewrite.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS 150 /* of each dialect */
#define DEPTH_MAX 3

static const char there[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: users\ntarget: people\ncolumns:\n"
    "  person: { from: id }\n  offer: { from: tier }\n  name: { from: name }\n";
static const char back[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: people\ntarget: users\ncolumns:\n"
    "  id: { from: person }\n  tier: { from: offer }\n  name: { from: name }\n";
static const char in_place[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: users\ntarget: users\ncolumns:\n"
    "  person: { from: id }\n  offer: { from: tier }\n  name: { from: name }\n";
static const char nothing[] =
    "apiVersion: honk/v1\nkind: Mapping\nsource: nobody\ntarget: none\ncolumns:\n"
    "  a: { from: b }\n";

/* ---- random SQL ---- */

typedef struct {
    GString *sql;
    GRand *chance;
    char quote;
    int depth, commons;
} Writer;

static int
one_of(Writer *writer, int count)
{
    return g_rand_int_range(writer->chance, 0, count);
}

static void
write_blank(Writer *writer)
{
    static const char *const blanks[] = {" ",          " ",  " ",   "\n", " /* users.id */ ",
                                         " -- tier\n", "\t", "\r\n"};
    g_string_append(writer->sql, blanks[one_of(writer, (int) G_N_ELEMENTS(blanks))]);
}

static void
write_name(Writer *writer, const char *name)
{
    if (one_of(writer, 4) != 0)
        g_string_append(writer->sql, name);
    else
        g_string_append_printf(writer->sql, "%c%s%c", writer->quote, name,
                               writer->quote == '[' ? ']' : writer->quote);
}

static void write_query(Writer *writer, const char *const *columns, bool is_named);

static void
write_column(Writer *writer, const char *alias)
{
    static const char *const names[] = {"id", "tier", "name"};
    g_string_append_printf(writer->sql, "%s.", alias);
    write_name(writer, names[one_of(writer, 3)]);
}

/* A correlated subquery; too deep inside of others, just a column. */
static void
write_count(Writer *writer, const char *alias)
{
    bool is_deep = writer->depth >= DEPTH_MAX;
    if (!is_deep)
        g_string_append_printf(
            writer->sql, "(SELECT count(*) FROM streams s%d WHERE s%d.user_id = ", writer->depth,
            writer->depth);
    write_column(writer, alias);
    if (!is_deep)
        g_string_append(writer->sql, ")");
}

static void
write_value(Writer *writer, const char *alias)
{
    switch (one_of(writer, 6)) {
    case 0:
        g_string_append(writer->sql, "max(");
        write_column(writer, alias);
        g_string_append(writer->sql, ")");
        break;
    case 1:
        g_string_append(writer->sql, "CASE WHEN ");
        write_column(writer, alias);
        g_string_append(writer->sql, " = 'tier' THEN 1 ELSE 2 END");
        break;
    case 2:
        write_count(writer, alias);
        break;
    default:
        write_column(writer, alias);
    }
}

/* The users, under an alias of their own: the table, or a query of it. */
static void
write_users(Writer *writer, const char *alias)
{
    static const char *const all[] = {"id", "tier", "name", NULL};
    if (writer->depth < DEPTH_MAX && one_of(writer, 3) == 0) {
        g_string_append(writer->sql, "(");
        write_query(writer, all, false);
        g_string_append(writer->sql, ")");
    } else if (writer->commons > 0 && one_of(writer, 3) == 0) {
        g_string_append_printf(writer->sql, "c%d", one_of(writer, writer->commons));
    } else {
        write_name(writer, "users");
    }
    g_string_append_printf(writer->sql, one_of(writer, 2) == 0 ? " AS %s" : " %s", alias);
}

/* SELECT with these columns of the users, called so; `is_named`: with aliases that nobody renames. */
static void
write_query(Writer *writer, const char *const *columns, bool is_named)
{
    g_autofree char *alias = g_strdup_printf("u%d", writer->depth++);
    g_string_append(writer->sql, "SELECT");
    write_blank(writer);
    for (int i = 0; columns[i] != NULL; i++) {
        g_string_append(writer->sql, i > 0 ? ", " : "");
        if (is_named) {
            write_value(writer, alias);
            g_string_append_printf(writer->sql, " AS %s", columns[i]);
        } else {
            g_string_append_printf(writer->sql, "%s.%s", alias, columns[i]);
        }
    }
    write_blank(writer);
    g_string_append(writer->sql, "FROM ");
    write_users(writer, alias);
    if (one_of(writer, 3) == 0) {
        g_string_append_printf(writer->sql, " JOIN streams t%d ON t%d.user_id = ", writer->depth,
                               writer->depth);
        write_column(writer, alias);
    }
    if (one_of(writer, 2) == 0) {
        write_blank(writer);
        g_string_append(writer->sql, "WHERE ");
        write_column(writer, alias);
        g_string_append(writer->sql, " <> 'tier id' AND 1 = 1");
    }
    writer->depth--;
}

static char *
random_text(const Dialect *dialect, GRand *chance)
{
    static const char *const all[] = {"id", "tier", "name", NULL};
    static const char *const outputs[] = {"aa", "bb", NULL};
    Writer writer = {.sql = g_string_new(NULL), .chance = chance, .quote = dialect->name_quotes[0]};
    int commons = one_of(&writer, 3);
    for (int i = 0; i < commons; i++) {
        g_string_append_printf(writer.sql, "%s c%d AS (", i == 0 ? "WITH" : ",", i);
        write_query(&writer, all, false);
        g_string_append(writer.sql, ")");
        writer.commons = i + 1;
    }
    g_string_append(writer.sql, commons > 0 ? " " : "");
    write_query(&writer, outputs, true);
    if (one_of(&writer, 3) == 0) {
        g_string_append(writer.sql, " UNION ALL ");
        write_query(&writer, outputs, true);
    }
    g_string_append(writer.sql, one_of(&writer, 2) == 0 ? " {# id #}\n" : "");
    return g_string_free(writer.sql, FALSE);
}

/* ---- what is asked ---- */

static const char *const *
columns_of(const SqlSource *table, bool *ret_is_open, void *data)
{
    static const char *const streams[] = {"track", "user_id", NULL},
                             *const users[] = {"id", "tier", "name", NULL},
                             *const people[] = {"person", "offer", "name", NULL};
    const char *name = table->path.count > 0 ? table->path.parts[table->path.count - 1].text : "";
    *ret_is_open = false;
    return g_ascii_strcasecmp(name, "streams") == 0  ? streams
           : g_ascii_strcasecmp(name, "users") == 0  ? users
           : g_ascii_strcasecmp(name, "people") == 0 ? people
                                                     : NULL;
}

static MappingSet *
read_mapping(const char *text)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    MappingSet *set = NULL;
    bool done = mapping_parse(text, strlen(text), "laws", diags, &set, &error);
    g_assert_true(done);
    return set;
}

typedef struct {
    const Dialect *dialect;
    bool propagates, lacks_schema;
    const MappingSet *there, *back, *nothing;
} Law;

static Rewrite *
rewritten(const Law *law, const MappingSet *set, const char *text)
{
    g_autoptr(Renames) renames = renames_new(set);
    RewriteOptions options = {.dialect = law->dialect,
                              .propagates = law->propagates,
                              .columns = law->lacks_schema ? NULL : columns_of};
    return rewrite_text("x.sql", text, strlen(text), renames, &options);
}

static char *
applied(const Law *law, const MappingSet *set, const char *text)
{
    g_autoptr(Rewrite) done = rewritten(law, set, text);
    size_t bytes;
    return rewrite_apply(done, text, strlen(text), &bytes);
}

/* Everything outside of edits stands in the result, in its order. */
static void
check_edits(const Rewrite *done, const char *text, const char *after)
{
    size_t at = 0, to = 0;
    for (guint i = 0; i < done->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(done->edits, i);
        g_assert_cmpuint(edit->begin, >=, at);
        g_assert_cmpmem(after + to, edit->begin - at, text + at, edit->begin - at);
        to += edit->begin - at;
        g_assert_cmpmem(after + to, strlen(edit->text), edit->text, strlen(edit->text));
        to += strlen(edit->text);
        at = edit->end;
    }
    g_assert_cmpstr(after + to, ==, text + at);
}

static void
check_undo(const Rewrite *done, const char *text, const char *after)
{
    g_autoptr(GPtrArray) undo = rewrite_undo(done, text);
    Rewrite reverse = {.edits = undo};
    size_t bytes;
    g_autofree char *again = rewrite_apply(&reverse, after, strlen(after), &bytes);
    g_assert_cmpstr(again, ==, text);
}

static char *
comments_of(const Law *law, const char *text)
{
    g_autoptr(TokenList) tokens = tokens_new(text, strlen(text), law->dialect);
    GString *comments = g_string_new(NULL);
    for (guint i = 0; i < tokens->tokens->len; i++) {
        const Token *token = tokens_at(tokens, i);
        if (token->kind == TOKEN_COMMENT || token->kind == TOKEN_TAG ||
            token->kind == TOKEN_TEMPLATE)
            g_string_append_len(comments, text + token->begin, token->end - token->begin);
    }
    return g_string_free(comments, FALSE);
}

static void
check_comments(const Law *law, const char *text, const char *after)
{
    g_autofree char *before = comments_of(law, text), *then = comments_of(law, after);
    g_assert_cmpstr(before, ==, then);
}

static bool
is_among(const char *const *names, const char *name)
{
    return name != NULL && g_strv_contains(names, name);
}

/* What has one of the names at the end: a column of the target, or what a query calls so. */
static void
check_ref(const SqlRef *ref)
{
    static const char *const news[] = {"person", "offer", NULL}, *const olds[] = {"id", "tier",
                                                                                  NULL};
    const SqlPart *part = &ref->path.parts[ref->column];
    const SqlSource *source = ref->source;
    if (is_among(news, part->text)) {
        g_assert_cmpint(ref->binding, ==, BINDING_COLUMN);
        g_assert_true(source->query != NULL || strcmp(source->path.parts[0].text, "people") == 0);
    } else if (is_among(olds, part->text) && ref->binding == BINDING_COLUMN) {
        g_assert_true(source->query != NULL); /* the table has no such column any more */
    }
}

static void
check_meaning(const Law *law, const char *after)
{
    g_autoptr(Sql) sql = sql_new(after, strlen(after), law->dialect, 0);
    sql_resolve(sql, columns_of, NULL, NULL);
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            g_assert_false(source->kind == SOURCE_TABLE &&
                           strcmp(source->path.parts[0].text, "users") == 0);
        }
        for (guint i = 0; i < block->refs->len; i++)
            check_ref(g_ptr_array_index(block->refs, i));
    }
}

static void
check_text(const Law *law, const char *text)
{
    g_test_message("%s %s: %s", law->dialect->name, law->propagates ? "propagate" : "keep", text);
    g_autofree char *same = applied(law, law->nothing, text);
    g_assert_cmpstr(same, ==, text);
    g_autoptr(Rewrite) done = rewritten(law, law->there, text);
    size_t bytes;
    g_autofree char *after = rewrite_apply(done, text, strlen(text), &bytes);
    g_assert_true(rewrite_is_decided(done));
    check_edits(done, text, after);
    check_undo(done, text, after);
    check_comments(law, text, after);
    check_meaning(law, after);
    g_autofree char *twice = applied(law, law->there, after);
    g_assert_cmpstr(twice, ==, after);
    g_autofree char *again = law->propagates ? applied(law, law->back, after) : g_strdup(text);
    g_assert_cmpstr(again, ==, text);
}

static void
the_laws_hold_in_every_dialect(void)
{
    g_autoptr(MappingSet) forth = read_mapping(there), reverse = read_mapping(back),
                          none = read_mapping(nothing);
    const char *const *names = dialect_names();
    const char *seed = g_getenv("SEED");
    for (size_t d = 0; names[d] != NULL; d++) {
        GRand *chance = g_rand_new_with_seed(seed != NULL ? (guint32) atoi(seed) : (guint32) d + 1);
        for (int i = 0; i < TEXTS; i++) {
            Law law = {dialect_by_name(names[d]), i % 2 == 1, false, forth, reverse, none};
            g_autofree char *text = random_text(law.dialect, chance);
            check_text(&law, text);
        }
        g_rand_free(chance);
    }
}

/* ---- a table that stays where it is ---- */

/* `#` is a column whose name changes, and may be any table's. */
static const char *const places[] = {
    "SELECT # FROM users WHERE # > 3",
    "SELECT #, s.plays FROM users u JOIN plays s ON s.user_id = u.#",
    "SELECT s.plays FROM plays s WHERE s.user_id IN (SELECT # FROM users)",
    "SELECT s.plays FROM plays s WHERE EXISTS (SELECT 1 FROM users WHERE # = s.user_id)",
    "SELECT (SELECT max(#) FROM users u WHERE u.# = s.user_id) FROM plays s",
    "WITH c AS (SELECT * FROM users) SELECT # FROM c JOIN plays s ON s.user_id = c.#",
    "SELECT q.# AS x FROM (SELECT * FROM users) q JOIN plays s ON s.user_id = # ORDER BY #",
    "SELECT count(#), # FROM users JOIN plays s ON s.user_id = 3 GROUP BY # HAVING max(#) > 2",
    "DELETE FROM plays WHERE user_id IN (SELECT # FROM users WHERE # <> 4)",
};

/* As people have it today, or will have it. Caller frees. */
static char *
text_in_place(GRand *chance, bool is_new)
{
    static const char *const olds[] = {"id", "tier"}, *const news[] = {"person", "offer"};
    const char *place = places[g_rand_int_range(chance, 0, (int) G_N_ELEMENTS(places))];
    const char *column = (is_new ? news : olds)[g_rand_int_range(chance, 0, 2)];
    GString *text = g_string_new(NULL);
    for (; *place != '\0'; place++)
        if (*place == '#')
            g_string_append(text, column);
        else
            g_string_append_c(text, *place);
    return g_string_free(text, FALSE);
}

/* What is written in new names stays as it is, whether people wrote it or a first run. */
static void
a_table_in_place_is_rewritten_once_in_every_dialect(void)
{
    g_autoptr(MappingSet) set = read_mapping(in_place);
    const char *const *names = dialect_names();
    for (size_t d = 0; names[d] != NULL; d++) {
        g_autoptr(GRand) chance = g_rand_new_with_seed((guint32) d + 1);
        for (int i = 0; i < TEXTS; i++) {
            Law law = {dialect_by_name(names[d]), i % 2 == 1, i % 4 > 1, set, NULL, NULL};
            g_autofree char *today = text_in_place(chance, false),
                            *then = text_in_place(chance, true);
            g_test_message("%s: %s; %s", law.dialect->name, today, then);
            g_autofree char *after = applied(&law, set, today), *same = applied(&law, set, then);
            g_autofree char *twice = applied(&law, set, after);
            g_assert_cmpstr(twice, ==, after);
            g_assert_cmpstr(same, ==, then);
        }
    }
}

/* ---- long texts ---- */

/* `part` with a number for each `#`. */
static void
append_numbered(GString *text, const char *part, int number)
{
    for (; *part != '\0'; part++)
        if (*part == '#')
            g_string_append_printf(text, "%d", number);
        else
            g_string_append_c(text, *part);
}

static void
repeat(GString *text, const char *before, const char *part, const char *between, const char *behind,
       size_t bytes)
{
    g_string_append(text, before);
    for (int i = 0; text->len < bytes; i++) {
        g_string_append(text, i > 0 ? between : "");
        append_numbered(text, part, i);
    }
    g_string_append(text, behind);
}

/* How many names were compared: no clock disturbs that. */
static uint64_t
work_for(const Law *law, const char *const *shape, size_t bytes)
{
    g_autoptr(GString) text = g_string_new(NULL);
    repeat(text, shape[0], shape[1], shape[2], shape[3], bytes);
    uint64_t before = sql_names_compared;
    g_autofree char *after = applied(law, law->there, text->str);
    g_assert_cmpuint(strlen(after), >, bytes / 2);
    return sql_names_compared - before;
}

/* What stands before, again and again with its number, between, and behind. */
static const char *const shapes[][4] = {
    {"", "SELECT tier AS p# FROM users WHERE id = #", ";\n", ""},
    {"SELECT ", "u.id AS c#, u.tier + #", ", ", " FROM users u"},
    {"SELECT 1 FROM users u WHERE ", "u.id = # /* # */", " OR ", ""},
    {"WITH c AS (SELECT id FROM users), ", "c# AS (SELECT id, # AS x FROM users)", ", ",
     " SELECT id FROM c"},
    {"", "SELECT id AS k# FROM users WHERE tier = '#'", " UNION ALL ", ""},
    {"INSERT INTO people (person) VALUES ", "(#, '#')", ", ", "; SELECT id FROM users"},
    {"SELECT u.id AS k FROM users u WHERE u.tier IN (", "'#', '#'", ", ", ")"},
};

static void
four_times_the_text_is_four_times_the_work(void)
{
    g_autoptr(MappingSet) forth = read_mapping(there);
    Law law = {dialect_by_name("ansi"), false, false, forth, NULL, NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        uint64_t small = work_for(&law, shapes[i], 64 * 1024),
                 large = work_for(&law, shapes[i], 256 * 1024);
        g_test_message("%s…: %" G_GUINT64_FORMAT " names compared, then %" G_GUINT64_FORMAT,
                       shapes[i][1], small, large);
        g_assert_cmpuint(large, <=, 6 * small + 10000);
    }
}

static void
five_megabytes_are_read_and_written(void)
{
    g_autoptr(MappingSet) forth = read_mapping(there);
    Law law = {dialect_by_name("bigquery"), false, false, forth, NULL, NULL};
    uint64_t names = work_for(&law, shapes[0], 5 * 1024 * 1024);
    g_assert_cmpuint(names, <, 50 * 1000 * 1000);
}

/* SELECT id FROM (… (SELECT id FROM users) q0 …) */
static Rewrite *
rewritten_within(int depth)
{
    g_autoptr(MappingSet) forth = read_mapping(there);
    Law law = {dialect_by_name("postgres"), false, false, forth, NULL, NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < depth; i++)
        g_string_append(text, "SELECT id FROM (");
    g_string_append(text, "SELECT id FROM users");
    for (int i = 0; i < depth; i++)
        g_string_append_printf(text, ") q%d", i);
    return rewritten(&law, forth, text->str);
}

static void
brackets_a_thousand_deep_are_followed_and_deeper_ones_refused(void)
{
    g_autoptr(Rewrite) deep = rewritten_within(1000), deeper = rewritten_within(3000);
    g_assert_cmpint(deep->count[DISPOSITION_UNPARSABLE], ==, 0);
    g_assert_cmpint(deep->count[DISPOSITION_NEEDS_PERSON], ==, 0);
    g_assert_cmpint(deep->count[DISPOSITION_REWRITTEN], >, 1000);
    g_assert_cmpuint(deeper->edits->len, ==, 0);
    g_assert_cmpint(deeper->count[DISPOSITION_UNPARSABLE], ==, 1);
}

/* Each is asked whether it is a query, and how the column is called that they are around: by going in once, and by no call
 * of its own for each, for which there is no room. */
static void
a_hundred_thousand_within_each_other_are_gone_through_once(void)
{
    static const struct {
        const char *begin, *end;
    } nests[] = {
        {"(", ")"}, {"CAST(", " AS text)"}, {"BEGIN ", " END;"}, {"IF x = 1 THEN ", " END IF;"}};
    static const char *const names[] = {"postgres", "bigquery"};
    g_autoptr(MappingSet) forth = read_mapping(there);
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(nests); i++) {
        Law law = {dialect_by_name(names[i % 2]), false, false, forth, NULL, NULL};
        bool is_script = i / 2 > 1;
        g_autoptr(GString) text = g_string_new(is_script ? "" : "SELECT ");
        for (int n = 0; n < 100 * 1000; n++)
            g_string_append(text, nests[i / 2].begin);
        g_string_append(text, is_script ? "SELECT id FROM users;" : "id");
        for (int n = 0; n < 100 * 1000; n++)
            g_string_append(text, nests[i / 2].end);
        g_string_append(text, is_script ? "" : " FROM users");
        g_autoptr(Rewrite) done = rewritten(&law, forth, text->str);
        g_assert_cmpuint(done->sites->len, >, 0);
    }
}

static void
variables_that_stand_for_too_many_names_are_refused(void)
{
    g_autoptr(MappingSet) forth = read_mapping(there);
    Law law = {dialect_by_name("bigquery"), false, false, forth, NULL, NULL};
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "{% set x = 'id' %}");
    g_string_append(text, "SELECT ");
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "{{ x }}, ");
    g_string_append(text, "1 FROM users");
    g_autoptr(Rewrite) done = rewritten(&law, forth, text->str);
    g_assert_cmpuint(done->edits->len, ==, 0);
    g_assert_cmpint(done->count[DISPOSITION_UNPARSABLE], ==, 1);
    g_assert_cmpstr(((const Site *) g_ptr_array_index(done->sites, 0))->code, ==, "too-many");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/laws/hold-in-every-dialect", the_laws_hold_in_every_dialect);
    g_test_add_func("/laws/a-table-in-place-is-rewritten-once-in-every-dialect",
                    a_table_in_place_is_rewritten_once_in_every_dialect);
    g_test_add_func("/laws/four-times-the-text-is-four-times-the-work",
                    four_times_the_text_is_four_times_the_work);
    g_test_add_func("/laws/five-megabytes-are-read-and-written",
                    five_megabytes_are_read_and_written);
    g_test_add_func("/laws/brackets-a-thousand-deep-are-followed-and-deeper-ones-refused",
                    brackets_a_thousand_deep_are_followed_and_deeper_ones_refused);
    g_test_add_func("/laws/a-hundred-thousand-within-each-other-are-gone-through-once",
                    a_hundred_thousand_within_each_other_are_gone_through_once);
    g_test_add_func("/laws/variables-that-stand-for-too-many-names-are-refused",
                    variables_that_stand_for_too_many_names_are_refused);
    return g_test_run();
}
