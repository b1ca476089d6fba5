/*
 * said_places.c - where libraries say what the columns of a class are called (said.c).
 */
#include "rewrite/program/said.h"

#include <string.h>

#define ANY_ARGUMENT 1000
#define TYPE_MAX 100 /* pieces of sql<…> */

/* clang-format off */
static const ColumnPlace places[] = {
    {"python", "Column", .word = "sqlalchemy"}, {"python", "mapped_column", .word = "sqlalchemy"},
    {"python", "Index", .word = "sqlalchemy", .is_again = true, .argument = 1, .last = ANY_ARGUMENT},
    {"python", "UniqueConstraint", .word = "sqlalchemy", .is_again = true, .last = ANY_ARGUMENT},
    {"python", .key = "db_column"}, {"python", .key = "column_name", .word = "peewee"},
    {"python", .key = "source_field", .word = "tortoise"},
    {"java", "Column", .key = "name"}, {"kotlin", "Column", .key = "name"},
    {"java", "Column", .word = "org.springframework.data"}, {"kotlin", "Column", .word = "org.springframework.data"},
    {"java", "Column", .key = "value", .word = "org.springframework.data"},
    {"kotlin", "Column", .key = "value", .word = "org.springframework.data"},
    {"java", "TableField", .word = "mybatisplus"}, {"kotlin", "TableField", .word = "mybatisplus"},
    {"java", "TableField", .key = "value", .word = "mybatisplus"}, {"kotlin", "TableField", .key = "value", .word = "mybatisplus"},
    {"java", "TableId", .word = "mybatisplus"}, {"kotlin", "TableId", .word = "mybatisplus"},
    {"java", "TableId", .key = "value", .word = "mybatisplus"}, {"kotlin", "TableId", .key = "value", .word = "mybatisplus"},
    {"java", "MappedProperty", .word = "micronaut"}, {"kotlin", "MappedProperty", .word = "micronaut"},
    {"java", "MappedProperty", .key = "value", .word = "micronaut"}, {"kotlin", "MappedProperty", .key = "value", .word = "micronaut"},
    {"java", "JoinColumn", .key = "name"}, {"kotlin", "JoinColumn", .key = "name"},
    {"java", "Index", .key = "columnList", .is_again = true, .is_list = true},
    {"kotlin", "Index", .key = "columnList", .is_again = true, .is_list = true},
    {"java", .key = "columnNames", .is_again = true}, {"kotlin", .key = "columnNames", .is_again = true},
    {"java", "ColumnInfo", .key = "name"}, {"kotlin", "ColumnInfo", .key = "name"},
    {"csharp", "Column"}, {"csharp", "HasColumnName"}, {"csharp", "Column", .key = "Name", .word = "LinqToDB"},
    {"php", "Column", .key = "name"}, {"php", "JoinColumn", .key = "name"},
    {"php", .key = "columns", .is_again = true, .word = "Doctrine"},
    {"javascript", .outer = "Column", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "PrimaryColumn", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "PrimaryGeneratedColumn", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "CreateDateColumn", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "UpdateDateColumn", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "DeleteDateColumn", .key = "name", .word = "typeorm"},
    {"javascript", .outer = "JoinColumn", .key = "name", .word = "typeorm"},
    {"javascript", .key = "field", .word = "sequelize"},
    {"javascript", .key = "fieldName", .word = "mikro-orm"}, {"javascript", .key = "fieldNames", .word = "mikro-orm"},
    {"rust", .key = "column_name", .word = "sea_orm"},
    {"scala", "column"},
    {"prisma", "map"}, {"prisma", "map", .key = "name"},
};
/* clang-format on */

/* The key that it is a value of, also in columnNames = {"a", "b"} of Java, columns: ['a', 'b'] of PHP. */
static Span
key_of(const Unit *unit, const Use *use)
{
    guint open = unit_bracket_around((Unit *) unit, use->first);
    bool is_list = use->key.end == 0 && open != G_MAXUINT && open > 1 &&
                   !unit_is_sign(unit, open, '(') &&
                   (unit_is_sign(unit, open - 1, '=') || unit_is_sign(unit, open - 1, ':'));
    guint name = is_list ? unit_previous(unit, open - 1, true) : G_MAXUINT;
    return name != G_MAXUINT ? piece_span(unit_piece(unit, name)) : use->key;
}

static bool
is_place(const Unit *unit, const Use *use, const ColumnPlace *place)
{
    const Text *text = unit->text;
    bool is_key = place->key != NULL ? span_is(text, key_of(unit, use), place->key)
                                     : use->key.end == 0 && use->argument >= place->argument &&
                                           use->argument <= place->last;
    return is_key && unit_is_language(unit, place->language) &&
           (place->callee == NULL || span_is(text, use->callee, place->callee)) &&
           (place->outer == NULL || span_is(text, use->outer, place->outer)) &&
           (place->word == NULL || program_says(unit->work, place->word));
}

/* Builders whose fields are what makes them: plan: text("plan") of Drizzle, val plan = text("plan") of Exposed. */
static bool
is_made_field(Unit *unit, const Use *use)
{
    bool is_drizzle =
        unit_is_language(unit, "javascript") && program_says(unit->work, "drizzle-orm");
    bool is_exposed = unit_is_language(unit, "kotlin") && program_says(unit->work, "exposed");
    guint callee = is_drizzle || is_exposed ? piece_of_callee(unit, use) : G_MAXUINT;
    guint sign = callee != G_MAXUINT ? unit_previous(unit, callee, true) : G_MAXUINT;
    return sign != G_MAXUINT && use->argument == 0 && use->key.end == 0 &&
           unit_is_sign(unit, sign, is_drizzle ? ':' : '=');
}

const ColumnPlace *
column_place(Unit *unit, const Use *use)
{
    static const ColumnPlace made = {0};
    if (use_is_foreign_key(unit, use)) /* of another table, or of this one as of another */
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (is_place(unit, use, &places[i]))
            return &places[i];
    return is_made_field(unit, use) ? &made : NULL;
}

/* ---- what is for others ---- */

bool
use_is_for_others(const Unit *unit, const Use *use)
{
    static const char *const callees[] = {
        "JsonProperty", "SerializedName", "JsonPropertyName", "JsonAlias", "SerialName",
        "Json",         "DataMember",     "XmlElement",       "Display",   "DisplayName",
        "Schema",       "ApiProperty",    "ApiModelProperty", "serde",     NULL};
    static const char *const keys[] = {"comment",      "doc",         "help_text",
                                       "verbose_name", "description", NULL};
    return use->is_docstring || use->is_message ||
           span_is_among(unit->text, use->callee, callees) ||
           span_is_among(unit->text, use->outer, callees) ||
           span_is_among(unit->text, use->key, keys);
}

/* sql`…`, Prisma.sql`…`, sql<number>`…` of Drizzle and Kysely */
static bool
is_tagged(const Unit *unit, const Use *use)
{
    guint before = use->first > 0 ? use->first - 1 : G_MAXUINT;
    for (guint steps = 0;
         steps < TYPE_MAX && before != G_MAXUINT && before > 0 &&
         unit_sign(unit, use->first - 1) == '>' && !unit_is_sign(unit, before, '<');
         steps++)
        before--;
    if (before != G_MAXUINT && before > 0 && unit_is_sign(unit, before, '<'))
        before--;
    return unit_is_language(unit, "javascript") && before != G_MAXUINT &&
           unit_is_word(unit, before, "sql");
}

bool
use_is_raw_sql(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"text",
                                        "literal_column",
                                        "RawSQL",
                                        "literal",
                                        "raw",
                                        "fragment",
                                        "sql",
                                        "SQL",
                                        "selectRaw",
                                        "whereRaw",
                                        "orderByRaw",
                                        "havingRaw",
                                        "groupByRaw",
                                        "joinRaw",
                                        "orWhereRaw",
                                        "expr",
                                        "fromSqlRaw",
                                        "Formula",
                                        "extra",
                                        "Literal",
                                        "selectExpr",
                                        "db_raw",
                                        "queryRaw",
                                        "executeRaw",
                                        "unsafe_raw",
                                        "CustomFunction",
                                        "custom",
                                        "rawQuery",
                                        "cust",
                                        "cust_with_values",
                                        "cust_with_expr",
                                        "Raw",
                                        "CustomOperator",
                                        "CustomStringFunction",
                                        "CustomLongFunction",
                                        "SimpleLiteral",
                                        "SimpleExpression",
                                        "RawExpression",
                                        NULL};
    return !unit->language->is_data &&
           (span_is_among(unit->text, use->callee, calls) ||
            span_is_among(unit->text, use->outer, calls) || is_tagged(unit, use));
}

/* Django has names of fields in all strings but in parts of SQL, whatever their columns are called. */
bool
use_is_field_of_django(const Unit *unit, const Use *use, const Text *text)
{
    size_t at = strchr("-+", text_byte(text, 0)) != NULL && text->count > 0;
    for (; at < text->count; at++)
        if (!is_identifier_byte(text->bytes[at]))
            return false;
    return unit_is_language(unit, "python") && program_says(unit->work, "django") &&
           !use_is_raw_sql(unit, use);
}

bool
use_says_column(Unit *unit, const Use *use)
{
    Span place = text_span(unit->text, use->whole.begin, use->whole.end);
    return column_place(unit, use) != NULL && (g_hash_table_size(unit->work->named) == 0 ||
                                               site_covers(unit->work, place.begin, place.end));
}
