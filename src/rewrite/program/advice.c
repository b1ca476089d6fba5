/* advice.c - see advice.h: what libraries write for a column that is called otherwise than its field. */
#include "rewrite/program/advice.h"

#include "base/text.h"

#define LISTED_MAX 8 /* columns of one reason */

typedef enum {
    WAY_FIELD, /* of a class: behind it the field stays, and what uses it */
    WAY_ROWS,  /* of a data frame or a query: behind it what is done with the rows stays */
    WAY_ASKED, /* of what is asked for by its name: the name here, and the one that comes back */
} Way;

struct Advice {
    const char *language, *word; /* that the file must have; NULL: any */
    Way way;
    const char *write; /* with {new}, {old} and {NEW} */
};

/* clang-format off */
#define JVM(word, way, write) {"java", word, way, write}, {"kotlin", word, way, write}, {"groovy", word, way, write}

/* The first that fits: what stands above is told by more. */
static const Advice table[] = {
    {"python", "sqlmodel", WAY_FIELD, "Field(sa_column_kwargs={\"name\": \"{new}\"})"},
    {"python", "mapped_column", WAY_FIELD, "mapped_column(\"{new}\", …)"},
    {"python", "sqlalchemy", WAY_FIELD, "Column(\"{new}\", …)"},
    {"python", "django", WAY_FIELD, "db_column=\"{new}\""},
    {"python", "peewee", WAY_FIELD, "column_name=\"{new}\""},
    {"python", "tortoise", WAY_FIELD, "source_field=\"{new}\""},
    {"python", "pony", WAY_FIELD, "column=\"{new}\""},
    {"python", "pyspark", WAY_ROWS, ".withColumnRenamed(\"{new}\", \"{old}\")"},
    {"python", "spark", WAY_ROWS, ".withColumnRenamed(\"{new}\", \"{old}\")"},
    {"python", "polars", WAY_ROWS, ".rename({\"{new}\": \"{old}\"})"},
    {"python", "ibis", WAY_ROWS, ".rename({\"{old}\": \"{new}\"})"},
    {"python", "pandas", WAY_ROWS, ".rename(columns={\"{new}\": \"{old}\"})"},
    {"python", "to_dataframe", WAY_ROWS, ".rename(columns={\"{new}\": \"{old}\"})"},
    {"python", "sqlalchemy", WAY_ROWS, "Column(\"{new}\", …, key=\"{old}\") and .label(\"{old}\")"},
    JVM("mybatisplus", WAY_FIELD, "@TableField(\"{new}\")"),
    JVM("io.micronaut.data", WAY_FIELD, "@MappedProperty(\"{new}\")"),
    JVM("androidx.room", WAY_FIELD, "@ColumnInfo(name = \"{new}\")"),
    JVM("android.arch.persistence.room", WAY_FIELD, "@ColumnInfo(name = \"{new}\")"),
    JVM("org.springframework.data.relational", WAY_FIELD, "@Column(\"{new}\")"),
    JVM("org.springframework.data.cassandra", WAY_FIELD, "@Column(\"{new}\")"),
    JVM("persistence", WAY_FIELD, "@Column(name = \"{new}\")"),
    JVM("org.hibernate", WAY_FIELD, "@Column(name = \"{new}\")"),
    JVM("org.springframework.data", WAY_FIELD, "@Column(\"{new}\")"),
    JVM("org.jdbi", WAY_FIELD, "@ColumnName(\"{new}\")"),
    JVM("org.apache.beam", WAY_FIELD, "@SchemaFieldName(\"{new}\")"),
    {"kotlin", "exposed", WAY_FIELD, "(\"{new}\") in the call that makes the column"},
    {"kotlin", "ktorm", WAY_FIELD, "(\"{new}\") in the call that makes the column"},
    JVM("org.apache.spark", WAY_ROWS, ".withColumnRenamed(\"{new}\", \"{old}\")"),
    JVM("org.apache.flink", WAY_ROWS, ".renameColumns($(\"{new}\").as(\"{old}\"))"),
    JVM("jooq", WAY_ROWS, "{NEW}.as(\"{old}\")"),
    {"scala", "slick", WAY_FIELD, "column[…](\"{new}\")"},
    {"scala", "getquill", WAY_FIELD, "_.{old} -> \"{new}\" in querySchema"},
    {"scala", "org.apache.spark", WAY_ROWS, ".withColumnRenamed(\"{new}\", \"{old}\")"},
    {"scala", "spark.", WAY_ROWS, ".withColumnRenamed(\"{new}\", \"{old}\")"},
    {"csharp", "FluentNHibernate", WAY_FIELD, ".Column(\"{new}\")"},
    {"csharp", "ServiceStack", WAY_FIELD, "[Alias(\"{new}\")]"},
    {"csharp", "ModelBuilder", WAY_FIELD, ".HasColumnName(\"{new}\")"},
    {"csharp", "EntityTypeBuilder", WAY_FIELD, ".HasColumnName(\"{new}\")"},
    {"csharp", NULL, WAY_FIELD, "[Column(\"{new}\")]"},
    {"php", "@ORM\\", WAY_FIELD, "@ORM\\Column(name=\"{new}\")"},
    {"php", "Doctrine", WAY_FIELD, "#[ORM\\Column(name: '{new}')]"},
    {"php", "Illuminate", WAY_ASKED, "->select('{new} as {old}')"},
    {"php", "DB::", WAY_ASKED, "->select('{new} as {old}')"},
    {"php", "App\\Models", WAY_ASKED, "->select('{new} as {old}')"},
    {"javascript", "sequelize-typescript", WAY_FIELD, "@Column({ field: \"{new}\" })"},
    {"javascript", "@mikro-orm", WAY_FIELD, "@Property({ fieldName: \"{new}\" })"},
    {"javascript", "typeorm", WAY_FIELD, "@Column({ name: \"{new}\" })"},
    {"javascript", "sequelize", WAY_FIELD, "field: \"{new}\""},
    {"javascript", "drizzle-orm", WAY_FIELD, "(\"{new}\") in the call that makes the column"},
    {"javascript", "waterline", WAY_FIELD, "columnName: \"{new}\""},
    {"javascript", "supabase", WAY_ASKED, "\"{old}:{new}\""},
    {"javascript", "knex", WAY_ASKED, "\"{new} as {old}\""},
    {"javascript", "kysely", WAY_ASKED, "\"{new} as {old}\""},
    {"javascript", "objection", WAY_ASKED, "\"{new} as {old}\""},
    {"go", "gorm", WAY_FIELD, "`gorm:\"column:{new}\"`"},
    {"go", "uptrace/bun", WAY_FIELD, "`bun:\"{new}\"`"},
    {"go", "xorm", WAY_FIELD, "`xorm:\"'{new}'\"`"},
    {"go", "beego", WAY_FIELD, "`orm:\"column({new})\"`"},
    {"go", "entgo.io", WAY_FIELD, ".StorageKey(\"{new}\")"},
    {"go", "`pg:\"", WAY_FIELD, "`pg:\"{new}\"`"},
    {"go", "`reform:\"", WAY_FIELD, "`reform:\"{new}\"`"},
    {"go", "`spanner:\"", WAY_FIELD, "`spanner:\"{new}\"`"},
    {"go", "`bigquery:\"", WAY_FIELD, "`bigquery:\"{new}\"`"},
    {"go", "`db:\"", WAY_FIELD, "`db:\"{new}\"`"},
    {"go", "squirrel", WAY_ASKED, "\"{new} AS {old}\""},
    {"go", "goqu", WAY_ASKED, "goqu.C(\"{new}\").As(\"{old}\")"},
    {"rust", "sea_orm", WAY_FIELD, "#[sea_orm(column_name = \"{new}\")]"},
    {"rust", "table!", WAY_FIELD, "#[sql_name = \"{new}\"] in table!"},
    {"rust", "diesel", WAY_FIELD, "#[sql_name = \"{new}\"] in table!"},
    {"rust", "sqlx", WAY_FIELD, "#[sqlx(rename = \"{new}\")]"},
    {"rust", "polars", WAY_ROWS, ".rename([\"{new}\"], [\"{old}\"])"},
    {"rust", "datafusion", WAY_ROWS, ".with_column_renamed(\"{new}\", \"{old}\")"},
    {"elixir", "Ecto.Schema", WAY_FIELD, "source: :{new}"},
    {"elixir", "schema \"", WAY_FIELD, "source: :{new}"},
    {"elixir", "Ecto.Query", WAY_ASKED, "%{{old}: ….{new}}"},
    {"ruby", "Sequel", WAY_FIELD, "def_column_alias :{old}, :{new}"},
    {"ruby", "ActiveRecord", WAY_FIELD, "alias_attribute :{old}, :{new}"},
    {"ruby", "ApplicationRecord", WAY_FIELD, "alias_attribute :{old}, :{new}"},
    {"prisma", NULL, WAY_FIELD, "@map(\"{new}\")"},
    {"xml", "hibernate-mapping", WAY_FIELD, "column=\"{new}\""},
    {"lookml", NULL, WAY_FIELD, "sql: ${TABLE}.{new} ;;"},
    {"r", "data.table", WAY_ROWS, "setnames(…, \"{new}\", \"{old}\")"},
    {"r", NULL, WAY_ROWS, "rename({old} = {new})"},
};
/* clang-format on */

static const Advice *
find(const Unit *unit, bool is_class)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if ((table[i].way == WAY_FIELD) == is_class && unit_is_language(unit, table[i].language) &&
            (table[i].word == NULL || program_says(unit->work, table[i].word)))
            return &table[i];
    return NULL;
}

const Advice *
advice_of_class(const Unit *unit)
{
    return find(unit, true);
}

const Advice *
advice_of_rows(const Unit *unit)
{
    return find(unit, false);
}

/* ---- in words ---- */

static char *
written(const Advice *advice, const ColumnChange *change)
{
    g_autofree char *capitals = g_ascii_strup(change->to, -1);
    GString *text = g_string_new(advice->write);
    g_string_replace(text, "{NEW}", capitals, 0);
    g_string_replace(text, "{new}", change->to, 0);
    g_string_replace(text, "{old}", change->column, 0);
    return g_string_free(text, FALSE);
}

static const char *
words_of(Way way)
{
    return way == WAY_FIELD  ? "the field may stay, with"
           : way == WAY_ROWS ? "what is done with the rows may stay, behind"
                             : "where rows come back, they keep the name by";
}

void
site_advise(Work *work, Site *site, const Advice *advice, const ColumnChange *change)
{
    if (advice == NULL || change->kind != CHANGE_NAME)
        return;
    g_autofree char *text = written(advice, change);
    site->advice = keep(work, text);
    site->reason = arena_printf(work->out->arena, "%s; %s %s", site->reason, words_of(advice->way),
                                site->advice);
}

/* Columns that no new name is enough for. */
static void
append_others(GString *text, const Rename *rename)
{
    guint listed = 0;
    for (guint i = 0; i < rename->changes->len && listed < LISTED_MAX; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind == CHANGE_NONE || change->kind == CHANGE_NAME)
            continue;
        g_autofree char *words = column_change_words(change);
        g_string_append_printf(text, "%s%s", listed++ == 0 ? "; more than a name changes: " : ", ",
                               words);
    }
}

void
site_advise_all(Work *work, Site *site, const Advice *advice, const Rename *rename)
{
    g_autoptr(GString) text = g_string_new(NULL), reason = g_string_new(site->reason);
    guint listed = 0;
    for (guint i = 0; advice != NULL && i < rename->changes->len && listed < LISTED_MAX; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NAME)
            continue;
        g_autofree char *one = written(advice, change);
        g_string_append_printf(text, "%s%s for '%s'", listed++ == 0 ? "" : ", ", one,
                               change->column);
    }
    if (listed > 0) {
        site->advice = keep(work, text->str);
        g_string_append_printf(reason, "; %s %s", words_of(advice->way), text->str);
    }
    append_others(reason, rename);
    site->reason = keep(work, reason->str);
}

Site *
program_refuse_class(Unit *unit, const Text *text, size_t begin, size_t end, const Rename *rename,
                     const char *reason)
{
    Site *site =
        program_refuse(unit->work, text, SITE_TABLE, begin, end, "class", NULL, "%s", reason);
    if (rename_changes_columns(rename)) {
        g_hash_table_add(unit->work->named, (void *) rename);
        unit->work->has_class = true;
        site_advise_all(unit->work, site, advice_of_class(unit), rename);
    }
    return site;
}

void
program_refuse_rows(Unit *unit, const Text *text, const Rename *rename)
{
    Site *site = program_refuse(unit->work, text, SITE_TABLE, 0, text->count, "data-frame", NULL,
                                "rows of the table are read here, and columns change: what is done "
                                "with them has to follow");
    g_hash_table_add(unit->work->named, (void *) rename);
    site_advise_all(unit->work, site, advice_of_rows(unit), rename);
}
