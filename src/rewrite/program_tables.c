/* program_tables.c - where a name of a table stands in a program: where rows are read, where they are written, at a class. */
#include "rewrite/program.h"

#include <string.h>

/* clang-format off */
static const char *const reading_calls[] = {
    "table", "fromTable", "from_table", "readTable", "read_table", "read_sql_table", "ref", "resolve", "getTable",
    "get_table", "tbl", "dbReadTable", "Table", "table_ref", "list_rows", "read_delta", "querySchema", NULL};
static const char *const reading_keys[] = {
    "table", "table_name", "tableName", "table_id", "dbtable", "source_table", "sourceTable", "source_table_name",
    "input_table", "inputTable", "from_table", "sql_table_name", "__tablename__", "getTableName", "table-name", "source-table", NULL};
static const char *const writing_calls[] = {
    "insertInto", "saveAsTable", "writeTo", "write_table", "writeTable", "to_gbq", "to_sql", "createTable", "create_table",
    "deleteTable", "delete_table", "dropTable", "drop_table", "dbWriteTable", "dbRemoveTable", "dbCreateTable",
    "insertOrThrow", "insertWithOnConflict", "update", "updateWithOnConflict", "upsert", "delete", "write_database",
    "dbAppendTable", "copy_to", "bq_table_create", "bq_table_upload", "bq_table_delete", "spark_write_table",
    "spark_write_jdbc", "spark_write_delta", "insert_rows", "insert_rows_json", "load_table_from_uri", "load_table_from_file", "load_table_from_dataframe",
    "load_table_from_json", "insert_all", "update_all", "delete_all", "insert", "truncate", "WriteToBigQuery", "into", "saveAsBigQueryTable", "toTable", NULL};
static const char *const writing_words[] = {
    "destination", "--destination", "dest_", "dest", "output", "sink", "target", "write", "to_table", "into", NULL};
/* clang-format on */

static bool
begins_with_any(const Text *text, Span span, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t bytes = strlen(words[i]);
        if (span.end - span.begin >= bytes &&
            g_ascii_strncasecmp(text->bytes + span.begin, words[i], bytes) == 0)
            return true;
    }
    return false;
}

bool
key_says_writing(const Text *text, Span key)
{
    while (key.begin > 0 && key.end > key.begin &&
           (text->bytes[key.begin - 1] == '.' || text->bytes[key.begin - 1] == '_' ||
            g_ascii_isalnum(text->bytes[key.begin - 1])))
        key.begin--; /* job.sink.table of HOCON */
    for (uint32_t at = key.begin; at < key.end; at++)
        if ((at == key.begin || text->bytes[at - 1] == '.') &&
            begins_with_any(text, (Span){at, key.end}, writing_words))
            return true;
    return false;
}

#define LINES_MAX 4000 /* of YAML, above a name: what people write by hand is shorter */

/* The keys of YAML that it stands below. */
static bool
is_below_sink(const Unit *unit, const Use *use)
{
    const char *bytes = unit->text->bytes;
    size_t line = use->whole.begin, indent = G_MAXSIZE;
    if (strcmp(unit->language->name, "yaml") != 0)
        return false;
    for (int looked = 0; line > 0 && looked < LINES_MAX; looked++) {
        size_t end = line; /* of the line, which the first time is that of the name */
        while (line > 0 && bytes[line - 1] != '\n')
            line--;
        size_t at = line, last;
        while (at < end && (bytes[at] == ' ' || bytes[at] == '-'))
            at++;
        for (last = at; last < end && bytes[last] != ':' && bytes[last] != '\n';)
            last++;
        bool is_key = last < end && bytes[last] == ':' && bytes[at] != '#' && at - line < indent;
        if (is_key && key_says_writing(unit->text, (Span){(uint32_t) at, (uint32_t) last}))
            return true;
        indent = is_key ? at - line : indent;
        line -= line > 0;
    }
    return false;
}

/* The piece before a link of a chain, `write` for `df.write.format("x").option("y", …)`; G_MAXUINT: it is the first. */
static guint
link_before(const Unit *unit, guint link)
{
    guint dot = unit_previous(unit, link, true);
    guint at = dot != G_MAXUINT && unit_is_sign(unit, dot, '.') ? unit_previous(unit, dot, true)
                                                                : G_MAXUINT;
    int depth = 0;
    for (; at != G_MAXUINT && at > 0; at = unit_previous(unit, at, true)) {
        depth += unit_is_sign(unit, at, ')') ? 1 : unit_is_sign(unit, at, '(') ? -1 : 0;
        if (depth == 0 && !unit_is_sign(unit, at, '('))
            return at;
    }
    return at;
}

/* df.write.….option("dbtable", "…"), .save("…"), .jdbc(url, "…") of Spark */
static bool
is_in_writer(const Unit *unit, const Use *use)
{
    static const char *const setters[] = {"option", "save", "jdbc", "start", NULL},
                             *const writers[] = {"write", "writeStream", "writeTo", NULL};
    guint link = use->first;
    if (!span_is_among(unit->text, use->callee, setters))
        return false;
    while (link > 0 && unit_piece(unit, link)->begin != use->callee.begin)
        link--;
    for (link = link_before(unit, link); link != G_MAXUINT; link = link_before(unit, link))
        if (span_is_among(unit->text, piece_span(unit_piece(unit, link)), writers))
            return true;
    return false;
}

/* saveAsTypedBigQueryTable(Table.Spec("…")): what is made of the name is written to. */
static bool
is_written_outside(const Unit *unit, const Use *use)
{
    static const char *const savers[] = {"saveAs", NULL};
    const Text *text = unit->text;
    return begins_with_any(text, use->callee, savers) ||
           (!span_is_among(text, use->callee, reading_calls) &&
            (span_is_among(text, use->outer, writing_calls) ||
             begins_with_any(text, use->outer, savers)));
}

/* modelBuilder.Entity<User>().ToTable("…") */
static bool
is_entity(const Unit *unit, const Use *use)
{
    return strcmp(unit->language->name, "csharp") == 0 &&
           span_is(unit->text, use->callee, "ToTable");
}

/* bq rm, bq load: commands that do more than read. */
bool
use_writes_table(const Unit *unit, const Use *use)
{
    static const char *const commands[] = {"rm",     "mk",    "load",      "cp",       "insert",
                                           "update", "mkdef", "partition", "undelete", NULL};
    const Text *text = unit->text;
    if (unit->language->joins_touching && span_is_among(text, use->callee, commands))
        return true;
    if (is_entity(unit, use))
        return false;
    return span_is_among(text, use->callee, writing_calls) || is_in_writer(unit, use) ||
           is_written_outside(unit, use) || use->is_in_sink || is_below_sink(unit, use) ||
           key_says_writing(text, use->key);
}

/* USERS_TABLE = …, users_table_name: … */
static bool
is_called_table(const Text *text, Span key)
{
    static const char *const ends[] = {"_table", "_table_name", "_table_id", "-table", NULL};
    for (size_t i = 0; ends[i] != NULL; i++) {
        size_t bytes = strlen(ends[i]);
        if (key.end - key.begin > bytes &&
            g_ascii_strncasecmp(text->bytes + key.end - bytes, ends[i], bytes) == 0)
            return true;
    }
    return false;
}

/* usersTable, usersTableName, and tableUsers of Go; elsewhere that may be tableTitle, and what a browser shows */
static bool
is_called_table_in_a_word(const Unit *unit, Span key)
{
    static const char *const ends[] = {"Table", "TableName"};
    static const char *const fronts[] = {"table", "Table"};
    const char *name = unit->text->bytes + key.begin;
    size_t length = key.end - key.begin;
    if (strcmp(unit->language->name, "javascript") == 0 || unit->language->is_data)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        size_t bytes = strlen(ends[i]);
        if (length > bytes && memcmp(name + length - bytes, ends[i], bytes) == 0 &&
            g_ascii_islower(name[length - bytes - 1]))
            return true;
    }
    bool is_go = strcmp(unit->language->name, "go") == 0;
    for (size_t i = 0; is_go && i < G_N_ELEMENTS(fronts); i++) {
        size_t bytes = strlen(fronts[i]);
        if (length > bytes && memcmp(name, fronts[i], bytes) == 0 && g_ascii_isupper(name[bytes]))
            return true;
    }
    return false;
}

/* schema "…" do of Ecto */
static bool
is_schema_of_ecto(const Unit *unit, const Use *use)
{
    return strcmp(unit->language->name, "elixir") == 0 &&
           span_is(unit->text, use->callee, "schema");
}

bool
use_reads_table(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    if (is_schema_of_ecto(unit, use))
        return true;
    static const char *const second[] = {"tbl", "dbReadTable", "read_sql_table", NULL};
    if (use->in_list)
        return false;
    bool is_call = span_is_among(text, use->callee, reading_calls) && use->argument < 2;
    /* dplyr's tbl(con, "x"), Slick's Table[User](tag, "x"); otherwise the name comes first */
    if (is_call && use->key.end == 0)
        return use->argument == 0 || span_is_among(text, use->callee, second) ||
               (span_is(text, use->callee, "Table") && strcmp(unit->language->name, "scala") == 0);
    if (use->key.end == 0 && span_is(text, use->callee, "jdbc"))
        return use->argument == 1; /* spark.read.jdbc(url, "…") */
    if (is_entity(unit, use))
        return use->argument == 0;
    if (is_call && span_is(text, use->callee, "Table") && span_is(text, use->key, "name"))
        return true;
    return span_is_among(text, use->key, reading_keys) || is_called_table(text, use->key) ||
           (use->is_assigned && is_called_table_in_a_word(unit, use->key));
}

/* query.from("…"), `).from("…")`: of an object; but neither a class's Array.from("…") nor a bucket of a storage. */
static bool
is_of_builder(const Unit *unit, const Use *use)
{
    const char *bytes = unit->text->bytes;
    uint32_t at = use->callee.begin;
    if (at > 1 && bytes[at - 1] == '.')
        at--;
    else if (at > 2 && memcmp(bytes + at - 2, "->", 2) == 0)
        at -= 2;
    else
        return false;
    while (at > 0 && g_ascii_isspace(bytes[at - 1]))
        at--;
    uint32_t end = at;
    while (at > 0 && is_identifier_byte(bytes[at - 1]))
        at--;
    if (at == end)
        return at > 0 && bytes[at - 1] == ')';
    return !g_ascii_isupper(bytes[at]) && !span_is(unit->text, (Span){at, end}, "storage");
}

/* db.From("users_v1 AS u"), .leftJoin("…"): builders of queries; not join("folder", "…") */
bool
use_is_in_builder(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"from",       "leftJoin",   "rightJoin",     "innerJoin",
                                        "fullJoin",   "crossJoin",  "left_join",     "full_join",
                                        "right_join", "inner_join", "leftOuterJoin", "select_from",
                                        "cross_join", NULL};
    return use->argument == 0 && use->key.end == 0 && !use->has_more && !use->is_appended &&
           span_is_among(unit->text, use->callee, calls) && is_of_builder(unit, use);
}

/* protected $table = "…" of Laravel, class Meta: table_name = "…" of Peewee. */
static bool
is_field_of_model(const Unit *unit, const Use *use)
{
    const guint near = 24; /* pieces: fields of Meta before it */
    bool is_php = strcmp(unit->language->name, "php") == 0;
    if (is_php ? !span_is(unit->text, use->key, "table")
               : strcmp(unit->language->name, "python") != 0 ||
                     !span_is(unit->text, use->key, "table_name"))
        return false;
    for (guint i = use->first; i > 0 && use->first - i < (is_php ? 6 : near); i--) {
        Span word = piece_span(unit_piece(unit, i - 1));
        if (span_is(unit->text, word, is_php ? "protected" : "Meta"))
            return true;
    }
    return false;
}

/* func (User) TableName() string { return "…" }, whose key is what the function is called. */
static bool
is_returned(const Unit *unit, const Use *use)
{
    guint before = unit_previous(unit, use->first, true);
    return use->key.end > 0 && before != G_MAXUINT &&
           span_is(unit->text, piece_span(unit_piece(unit, before)), "return");
}

bool
use_is_of_class(const Unit *unit, const Use *use)
{
    static const char *const typed[] = {"java", "kotlin", "scala", "csharp", NULL};
    static const char *const keys[] = {"__tablename__", "db_table", NULL};
    const Text *text = unit->text;
    if (span_is_among(text, use->key, keys) || is_returned(unit, use))
        return true;
    if (is_entity(unit, use) || span_is(text, use->callee, "querySchema"))
        return true;
    if (span_is(text, use->callee, "Entity") ||
        span_is(text, use->outer, "Entity")) /* of Room, of TypeORM */
        return true;
    if (is_field_of_model(unit, use) || is_schema_of_ecto(unit, use))
        return true;
    if (strcmp(unit->language->name, "rust") == 0)
        return span_is(text, use->key, "table_name"); /* #[sea_orm(table_name = "…")] */
    if (strcmp(unit->language->name, "ruby") == 0)
        return use->is_assigned && span_is(text, use->key, "table_name");
    if (strcmp(unit->language->name, "javascript") == 0)
        return span_is(text, use->key, "tableName");
    return span_is(text, use->callee, "Table") && g_strv_contains(typed, unit->language->name);
}
