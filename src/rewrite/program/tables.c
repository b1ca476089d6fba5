/* tables.c - where a name of a table stands in a program: where rows are read, at a class. */
#include "rewrite/program/program.h"

#include <string.h>

/* clang-format off */
static const char *const reading_calls[] = {
    "table", "fromTable", "from_table", "readTable", "read_table", "read_sql_table", "ref", "resolve", "getTable",
    "get_table", "tbl", "dbReadTable", "Table", "table_ref", "list_rows", "read_delta", "querySchema", NULL};
static const char *const reading_keys[] = {
    "table", "table_name", "tableName", "table_id", "dbtable", "source_table", "sourceTable", "source_table_name",
    "input_table", "inputTable", "from_table", "sql_table_name", "__tablename__", "getTableName", "table-name", "source-table",
    "view_name", "viewName", NULL};
/* clang-format on */

/* modelBuilder.Entity<User>().ToTable("…") */
static bool
is_entity(const Unit *unit, const Use *use)
{
    return strcmp(unit->language->name, "csharp") == 0 &&
           span_is(unit->text, use->callee, "ToTable") && use->argument == 0 &&
           !span_is(unit->text, use->key, "schema");
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

/* TABLES = ("users_v1", "songs_v1") of Python, and its TABLES = (("users_v1", "id"), ("songs_v1", "id")), whose tables come first. */
static Span
name_of_tuple(Unit *unit, const Use *use)
{
    guint open = unit_bracket_around(unit, use->first), before;
    if (!unit_is_language(unit, "python") || use->callee.end > 0 || open == G_MAXUINT ||
        !unit_is_sign(unit, open, '('))
        return (Span){0};
    before = unit_previous(unit, open, true);
    bool is_within = before != G_MAXUINT && use->argument == 0 && unit_sign(unit, before) != '\0' &&
                     strchr("([,", unit_sign(unit, before)) != NULL;
    guint outer = is_within ? unit_bracket_around(unit, open) : open;
    before = outer != G_MAXUINT ? unit_previous(unit, outer, true) : G_MAXUINT;
    guint name = before != G_MAXUINT && unit_is_sign(unit, before, '=')
                     ? unit_previous(unit, before, true)
                     : G_MAXUINT;
    return name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD
               ? piece_span(unit_piece(unit, name))
               : (Span){0};
}

/* TABLES, EXPORTED_TABLES, TABLES_TO_DUMP */
static bool
is_called_tables(const Text *text, Span called)
{
    static const char *const words[] = {"tables", "views", "table_names", "view_names"};
    const char *name = text->bytes + called.begin;
    size_t length = called.end - called.begin;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t bytes = strlen(words[i]);
        bool is_end = length >= bytes &&
                      g_ascii_strncasecmp(name + length - bytes, words[i], bytes) == 0 &&
                      (length == bytes || strchr("_-", name[length - bytes - 1]) != NULL);
        if (is_end || (length > bytes && g_ascii_strncasecmp(name, words[i], bytes) == 0 &&
                       name[bytes] == '_'))
            return true;
    }
    return false;
}

bool
use_is_in_list_of_tables(Unit *unit, const Use *use)
{
    if (use->is_compared || unit_is_language(unit, "javascript"))
        return false;
    Span name = use->in_list ? use->key : name_of_tuple(unit, use);
    return name.end > name.begin && is_called_tables(unit->text, name);
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

/* Places of single libraries, by language: NULL is anything. */
typedef struct {
    const char *language, *callee, *outer, *key;
    const char *word; /* that the file must have; or NULL */
    bool is_class;
    int argument;
} TablePlace;

/* clang-format off */
static const TablePlace places[] = {
    {"elixir", "schema", .is_class = true},                              /* schema "…" do of Ecto */
    {"elixir", "in"},                                                    /* from(u in "…") */
    {"elixir", .key = "join_through"}, {"elixir", "insert_all"}, {"elixir", "update_all"},
    {"javascript", "Entity", .word = "typeorm", .is_class = true},       /* @Entity("…"), @Entity({ name: "…" }) */
    {"javascript", "ViewEntity", .word = "typeorm", .is_class = true},
    {"javascript", .outer = "Entity", .key = "name", .word = "typeorm", .is_class = true},
    {"javascript", .outer = "ViewEntity", .key = "name", .word = "typeorm", .is_class = true},
    {"javascript", .outer = "JoinTable", .key = "name", .word = "typeorm", .is_class = true},
    {"javascript", "knex", .word = "knex"},                              /* knex("…").where(…) */
    {"javascript", "trx", .word = "knex"}, {"javascript", "db", .word = "knex"},
    {"javascript", "database", .word = "knex"},
    {"javascript", "pgTable", .word = "drizzle-orm", .is_class = true},      /* const users = pgTable("…", {…}) of Drizzle */
    {"javascript", "mysqlTable", .word = "drizzle-orm", .is_class = true},
    {"javascript", "sqliteTable", .word = "drizzle-orm", .is_class = true},
    {"java", "JoinTable", .key = "name", .is_class = true}, {"kotlin", "JoinTable", .key = "name", .is_class = true},
    {"java", "CollectionTable", .key = "name", .is_class = true}, {"kotlin", "CollectionTable", .key = "name", .is_class = true},
    {"java", "SecondaryTable", .key = "name", .is_class = true}, {"kotlin", "SecondaryTable", .key = "name", .is_class = true},
    {"java", "TableName", .word = "mybatisplus", .is_class = true}, {"kotlin", "TableName", .word = "mybatisplus", .is_class = true},
    {"java", "TableName", .key = "value", .word = "mybatisplus", .is_class = true},
    {"kotlin", "TableName", .key = "value", .word = "mybatisplus", .is_class = true},
    {"java", "MappedEntity", .word = "micronaut", .is_class = true}, {"kotlin", "MappedEntity", .word = "micronaut", .is_class = true},
    {"java", "MappedEntity", .key = "value", .word = "micronaut", .is_class = true},
    {"kotlin", "MappedEntity", .key = "value", .word = "micronaut", .is_class = true},
    {"java", "Table", .key = "value", .word = "org.springframework.data", .is_class = true},
    {"kotlin", "Table", .key = "value", .word = "org.springframework.data", .is_class = true},
    {"kotlin", "IntIdTable", .word = "exposed", .is_class = true}, {"kotlin", "LongIdTable", .word = "exposed", .is_class = true},
    {"kotlin", "UUIDTable", .word = "exposed", .is_class = true}, {"kotlin", "IdTable", .word = "exposed", .is_class = true},
    {"php", "assertDatabaseHas"}, {"php", "assertDatabaseMissing"}, {"php", "assertDatabaseCount"}, {"php", "seeInDatabase"},
    {"php", "missingFromDatabase"}, {"php", "notSeeInDatabase"}, {"php", "assertSoftDeleted"},
    {"php", "unique", .word = "Rule"}, {"php", "exists", .word = "Rule"}, /* Rule::unique('…') of Laravel */
    {"php", "belongsToMany", .argument = 1},                             /* of Laravel: the table between two classes */
    {"prisma", "map", .is_class = true},                                /* @@map("…"), but @map is a column's */
    {"prisma", "map", .key = "name", .is_class = true},
    {"python", "relationship", .key = "secondary", .word = "sqlalchemy", .is_class = true},
};
/* clang-format on */

static bool
has_word(const Unit *unit, const char *word)
{
    return word == NULL || program_has_word(unit->work, word);
}

/* `).join`: called on a result. */
static bool
is_behind_result(const Text *text, size_t dot)
{
    while (dot > 0 && g_ascii_isspace(text->bytes[dot - 1]))
        dot--;
    return dot > 0 && text->bytes[dot - 1] == ')';
}

static bool
is_method(const Text *text, Span callee)
{
    return callee.begin > 0 && text->bytes[callee.begin - 1] == '.';
}

/* cache.db("…"), but not knex("…"), app.knex("…") and this.db("…"), which somebody gave the object */
static bool
is_of_other(const Text *text, const Use *use)
{
    bool is_given = span_is(text, use->callee, "knex") || (span_is(text, use->receiver, "this") &&
                                                           !span_is(text, use->callee, "database"));
    return is_method(text, use->callee) && !is_given;
}

static const TablePlace *
place_of(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        const TablePlace *place = &places[i];
        bool is_key = place->key != NULL ? span_is(text, use->key, place->key)
                                         : use->key.end == 0 && use->argument == place->argument;
        if (is_key && strcmp(unit->language->name, place->language) == 0 &&
            (place->callee == NULL || span_is(text, use->callee, place->callee)) &&
            (place->outer == NULL || span_is(text, use->outer, place->outer)) &&
            has_word(unit, place->word) &&
            !(g_strcmp0(place->word, "knex") == 0 && is_of_other(text, use)) &&
            (strcmp(place->language, "prisma") != 0 || prisma_maps_table(unit, use)))
            return place;
    }
    return NULL;
}

/* object Orders : SortableTable("…") of Exposed, whatever the table's own base is called. */
static bool
is_exposed_object(const Unit *unit, const Use *use)
{
    static const char *const heads[] = {"object", "class", NULL};
    static const char end[] = "Table";
    size_t bytes = use->callee.end - use->callee.begin;
    guint callee = unit_is_language(unit, "kotlin") && bytes >= strlen(end)
                       ? piece_of_callee(unit, use)
                       : G_MAXUINT;
    guint colon = callee != G_MAXUINT ? unit_previous(unit, callee, true) : G_MAXUINT;
    guint name = colon != G_MAXUINT ? unit_previous(unit, colon, true) : G_MAXUINT;
    guint head = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    return head != G_MAXUINT && unit_is_sign(unit, colon, ':') &&
           unit_is_among(unit, head, heads) && use->argument == 0 &&
           (use->key.end == 0 || span_is(unit->text, use->key, "name")) &&
           memcmp(unit->text->bytes + use->callee.end - strlen(end), end, strlen(end)) == 0 &&
           has_word(unit, "exposed");
}

/* What only builders of queries are called; not `.on("users.made", f)` of events, nor path.join("a", "users.json"). */
static bool
is_builder_of_columns(const Unit *unit, const Use *use)
{
    static const char *const first[] = {
        "select",      "column",    "columns",    "where",     "andWhere",      "orWhere",
        "whereNot",    "whereIn",   "whereNotIn", "whereNull", "whereNotNull",  "whereBetween",
        "andWhereNot", "orWhereIn", "orderBy",    "groupBy",   "countDistinct", NULL};
    static const char *const joins[] = {"innerJoin", "leftJoin",      "rightJoin",
                                        "fullJoin",  "leftOuterJoin", NULL};
    const Text *text = unit->text;
    size_t dot = use->callee.begin;
    if (dot < 2 || text->bytes[dot - 1] != '.')
        return false;
    if (span_is(text, use->callee, "join"))
        return use->argument > 0 && is_behind_result(text, dot - 1);
    return use->argument == 0 ? span_is_among(text, use->callee, first)
                              : span_is_among(text, use->callee, joins);
}

/* ForeignKeyConstraint(["a", "b"], ["users.a", "users.b"]): in the second list. */
static bool
is_in_key_constraint(const Unit *unit, const Use *use)
{
    guint open = span_is(unit->text, use->outer, "ForeignKeyConstraint") && use->callee.end == 0
                     ? unit_bracket_around((Unit *) unit, use->first)
                     : G_MAXUINT;
    guint before = open != G_MAXUINT ? unit_previous(unit, open, true) : G_MAXUINT;
    return before != G_MAXUINT && unit_is_sign(unit, open, '[') &&
           (unit_is_sign(unit, before, ',') ||
            (unit_is_sign(unit, before, '=') &&
             unit_is_word(unit, unit_previous(unit, before, true), "refcolumns")));
}

bool
use_is_foreign_key(const Unit *unit, const Use *use)
{
    static const char *const modules[] = {"db", "sa", NULL}; /* of Flask, and by habit */
    bool is_key = use->argument == 0 && span_is(unit->text, use->callee, "ForeignKey");
    return strcmp(unit->language->name, "python") == 0 &&
           (is_key || is_in_key_constraint(unit, use)) &&
           (has_word(unit, "sqlalchemy") || span_is_among(unit->text, use->receiver, modules));
}

/* ForeignKey("users.id") of SQLAlchemy; .where("users.id", 3) and the like, where knex builds queries. */
bool
use_is_column_with_table(const Unit *unit, const Use *use)
{
    if (strcmp(unit->language->name, "python") == 0)
        return (span_is(unit->text, use->callee, "ForeignKey") && use->argument == 0) ||
               is_in_key_constraint(unit, use);
    if (use_is_column_of_builder(unit, use))
        return true;
    return strcmp(unit->language->name, "javascript") == 0 && use->key.end == 0 && !use->is_key &&
           has_word(unit, "knex") && is_builder_of_columns(unit, use);
}

bool
use_is_read_by_call(const Unit *unit, const Use *use)
{
    return span_is_among(unit->text, use->callee, reading_calls);
}

bool
use_reads_table(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    static const char *const second[] = {"tbl", "dbReadTable", "read_sql_table", NULL};
    if (use->in_list ||
        use->is_compared) /* who sets it may stay, because a person has to look at it */
        return false;
    if (place_of(unit, use) != NULL || is_exposed_object(unit, use))
        return true;
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
    while (at > 0 && unit_is_language(unit, "go") && g_ascii_isspace(bytes[at - 1]))
        at--; /* a dot ends the line before */
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

/* knex("a").join("b", …): what is called on a result, and gets more. */
static bool
is_joined(const Unit *unit, const Use *use)
{
    size_t dot = use->callee.begin;
    return span_is(unit->text, use->callee, "join") && is_method(unit->text, use->callee) &&
           is_behind_result(unit->text, dot - 1) && has_word(unit, "knex") &&
           unit_is_sign(unit, unit_next(unit, use->last, true), ',');
}

bool
use_is_in_library(const Unit *unit, const Use *use)
{
    const TablePlace *place = place_of(unit, use);
    return (place != NULL && g_strcmp0(place->word, "knex") == 0) || is_joined(unit, use) ||
           use_is_in_call_of_builder(unit, use);
}

/* db.From("users_v1 AS u"), .leftJoin("…"): builders of queries; not join("folder", "…") */
bool
use_is_in_builder(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"from",       "leftJoin",   "rightJoin",     "innerJoin",
                                        "fullJoin",   "crossJoin",  "left_join",     "full_join",
                                        "right_join", "inner_join", "leftOuterJoin", "select_from",
                                        "cross_join", NULL};
    if (use->argument != 0 || use->key.end > 0 || use->has_more || use->is_appended)
        return false;
    return use_is_in_library(unit, use) ||
           (span_is_among(unit->text, use->callee, calls) && is_of_builder(unit, use));
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

/* @Entity({ name: "users" }) of TypeORM, @Entity(tableName = "users") of Room; not what else its brackets say: an index, keys. */
static bool
is_in_entity(const Unit *unit, const Use *use)
{
    static const char *const others[] = {"schema",      "database",       "orderBy", "comment",
                                         "primaryKeys", "ignoredColumns", NULL};
    bool is_script = unit_is_language(unit, "javascript");
    return (span_is(unit->text, use->callee, "Entity") ||
            (is_script && span_is(unit->text, use->outer, "Entity"))) &&
           !span_is_among(unit->text, use->key, others) && !use->in_list &&
           !unit_is_language(unit, "php"); /* repositoryClass of Doctrine */
}

/* table("…") and Table("…") of languages in which the one gives rows, and the other makes a class. */
static bool
is_called_table_there(const Unit *unit, const Use *use, char first)
{
    static const char *const typed[] = {"java", "kotlin", "scala", "csharp", "php", NULL};
    static const char *const others[] = {"schema", "catalog", "comment", NULL};
    return span_is(unit->text, use->callee, "table") &&
           unit->text->bytes[use->callee.begin] == first &&
           !span_is_among(unit->text, use->key, others) &&
           g_strv_contains(typed, unit->language->name);
}

bool
use_gives_rows(const Unit *unit, const Use *use)
{
    return is_called_table_there(unit, use, 't') && !use_is_of_class(unit, use);
}

bool
use_is_of_class(const Unit *unit, const Use *use)
{
    static const char *const keys[] = {"__tablename__", "db_table", NULL};
    const Text *text = unit->text;
    if (span_is_among(text, use->key, keys) || is_returned(unit, use))
        return true;
    if (is_entity(unit, use) || span_is(text, use->callee, "querySchema"))
        return true;
    if (is_in_entity(unit, use))
        return true;
    const TablePlace *place = place_of(unit, use);
    if (is_field_of_model(unit, use) || is_exposed_object(unit, use) ||
        (place != NULL && place->is_class))
        return true;
    if (strcmp(unit->language->name, "rust") == 0)
        return span_is(text, use->key, "table_name"); /* #[sea_orm(table_name = "…")] */
    if (strcmp(unit->language->name, "ruby") == 0)
        return use->is_assigned && span_is(text, use->key, "table_name");
    if (strcmp(unit->language->name, "javascript") == 0)
        return span_is(text, use->key, "tableName");
    return is_called_table_there(unit, use, 'T');
}

/* ---- tables that stay ---- */

/* Where the dataset keeps its name, this stays whatever it means, if nothing beside it can be a column that becomes another. */
bool
program_is_as_before(const Unit *unit, const Rename *rename)
{
    bool is_so = unit->language->is_data && (rename->is_in_place || rename->is_derived);
    for (guint i = 0; is_so && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        is_so = change->kind == CHANGE_NONE || !program_has_word(unit->work, change->column);
    }
    return is_so;
}
