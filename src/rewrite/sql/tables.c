/* tables.c - sources that are a renamed dataset. */
#include "base/text.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
inserts_by_position(const SqlSource *source)
{
    const SqlStatement *statement = source->block->statement;
    if (statement == NULL || (!source->is_target && !statement->places_rows))
        return false;
    return statement->places_rows ||
           (statement->kind == STATEMENT_INSERT && !statement->has_columns) ||
           statement->inserts_rows;
}

/* INSERT INTO t DEFAULT VALUES: a row of which nothing is said, neither places nor names. */
static bool
puts_defaults(const Work *work, const SqlSource *source, const Rename *rename)
{
    return rename_only_renames(rename) && work_is_text(work, source->last + 1, "DEFAULT") &&
           work_is_text(work, source->last + 2, "VALUES");
}

/* INSERT *, BY NAME: the rows have the old names. MERGE may ask for as many on both sides, or add what one of them lacks. */
static bool
keeps_names(const SqlSource *source, const Rename *rename)
{
    const SqlStatement *statement = source->block->statement;
    return !statement->takes_rows ||
           (!rename_changes_columns(rename) && (statement->kind != STATEMENT_MERGE ||
                                                rename->is_derived || rename_only_renames(rename)));
}

/* A column more, of a name that another table of the join has, or may have. */
static bool
gains_common_name(Work *work, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    GHashTableIter iter;
    gpointer name = NULL;
    g_hash_table_iter_init(&iter, rename->gained);
    while (!rename->is_derived && g_hash_table_iter_next(&iter, &name, NULL)) {
        SqlPart part = {.text = name};
        for (guint i = 0; i < source->block->sources->len; i++) {
            const SqlSource *other = g_ptr_array_index(source->block->sources, i);
            bool is_open = false;
            sql_source_columns(work->sql, other, &is_open);
            if (other != source && (is_open || source_has(work, other, &part)))
                return true;
        }
    }
    return false;
}

/* NATURAL JOIN, on either side: a new name joins by other columns. */
static bool
is_joined_by_name(Work *work, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    bool is_natural = false, changes = false;
    for (guint i = 0; i < source->block->sources->len; i++)
        is_natural = is_natural || sql_joins_vaguely(g_ptr_array_index(source->block->sources, i));
    for (guint i = 0; is_natural && i < rename->changes->len; i++)
        changes = changes || ((const ColumnChange *) g_ptr_array_index(rename->changes, i))->kind !=
                                 CHANGE_NONE;
    return is_natural && (changes || gains_common_name(work, source));
}

/* PIVOT behind any of the joined tables takes all of them. */
static bool
is_reshaped(const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (((const SqlSource *) g_ptr_array_index(block->sources, i))->is_unread)
            return true;
    return false;
}

/* Of its columns, some of which change, something is made by their names: a person decides, which is written down. */
static bool
is_read_otherwise(Work *work, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    const SqlPart *first = &source->path.parts[0],
                  *last = &source->path.parts[source->path.count - 1];
    if (is_joined_by_name(work, source)) {
        site_refuse(
            work, SITE_TABLE, first->begin, last->end, "joined-by-name", NULL,
            "it is joined by the names that both sides have, and its names change: join with ON");
        return true;
    }
    if (is_reshaped(source->block) && rename_changes_columns(rename)) {
        site_refuse(work, SITE_TABLE, first->begin, last->end, "pivot", NULL,
                    "PIVOT and the like make names of its columns, some of which change");
        return true;
    }
    return sql_reshape_refuses(work, source, rename);
}

/* INSERT INTO the new one … FROM the old one: it would be read and written at once. */
static bool
fills_new(const Work *work, const SqlSource *source, const Rename *rename)
{
    const SqlSource *target = source->block->statement->target;
    const Spelling *spelling = NULL;
    bool is_other = false;
    const Dialect *dialect = work->sql->dialect;
    return target != NULL && target != source && target->path.count > 0 && !rename->is_derived &&
           rename_has_target(work->renames, rename, dialect, &target->path) &&
           renames_find(work->renames, dialect, &target->path, &spelling, &is_other) == NULL;
}

/* Of a table whose schema is written elsewhere: does all but its last part stay? */
static bool
keeps_schema(const Spelling *spelling)
{
    guint count = g_strv_length(spelling->source);
    if (g_strv_length(spelling->target) != count)
        return false;
    for (guint i = 0; i + 1 < count; i++)
        if (strcmp(spelling->source[i], spelling->target[i]) != 0)
            return false;
    return true;
}

bool
sql_refuse_table(Work *work, const SqlSource *source, const char *code, const char *format, ...)
{
    const SqlPart *first = &source->path.parts[0],
                  *last = &source->path.parts[source->path.count - 1];
    va_list args;
    va_start(args, format);
    g_autofree char *reason = g_strdup_vprintf(format, args);
    va_end(args);
    site_refuse(work, SITE_TABLE, first->begin, last->end, code, NULL, "%s", reason);
    return true;
}

/* What makes or fills the datasets. */
static bool
is_refused_for_making(Work *work, SqlSource *source)
{
    const Rename *rename = source_rename(source);
    if (set_has(work->new_here, rename))
        return sql_refuse_table(
            work, source, "makes-source",
            "the new dataset is made in this text: it is the move itself, and no consumer");
    if (fills_new(work, source, rename))
        return sql_refuse_table(work, source, "makes-source",
                                "the new dataset is filled from the old one here: it is the move "
                                "itself, and no consumer");
    return sql_define_refuses(work, source, rename);
}

/* Do rows that are put in by position come to stand where they stood? So they do in a table that stays, whatever its columns are
 * called by then. */
static bool
keeps_places(const Work *work, const SqlSource *source, const Rename *rename)
{
    bool is_insert = source->block->statement->kind == STATEMENT_INSERT;
    return sql_keeps_places(work, rename) || (is_insert && rename->is_in_place &&
                                              !rename->trades_names && rename_only_renames(rename));
}

/* Rows that go on under no names, or under those of a moment. */
static bool
is_refused_for_rows(Work *work, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    if (source->is_version && !rename->is_derived)
        return sql_refuse_table(
            work, source, "moment",
            "this is a version of the old dataset, or what a statement left of it: "
            "the new one has others");
    if (inserts_by_position(source) && !rename->is_derived &&
        !puts_defaults(work, source, rename) &&
        !(keeps_places(work, source, rename) && keeps_names(source, rename)))
        return sql_refuse_table(
            work, source, "insert-without-columns",
            "rows are inserted as they are, and the new table's columns may stand "
            "or be called otherwise: name the columns");
    if (source->block->query == NULL && !keeps_names(source, rename))
        return sql_refuse_table(
            work, source, "insert-without-columns",
            "rows go from one table into the other as they are, by the names of "
            "their columns: name the columns");
    return false;
}

/* What becomes of the table here is a person's, which is written down. */
static bool
is_left(Work *work, SqlSource *source, const Spelling *spelling)
{
    if (sql_namesake_refuses(work, source, spelling) || is_refused_for_making(work, source))
        return true;
    if (source->lent > 0 && !keeps_schema(spelling))
        return sql_refuse_table(
            work, source, "apart",
            "the table's schema is said elsewhere in this statement: both change");
    if (!keeps_schema(spelling) && sql_trigger_says_schema(work, source))
        return sql_refuse_table(work, source, "apart",
                                "a trigger is in the schema of its table: that is said before its "
                                "name, too, and wherever it is dropped");
    if (is_refused_for_rows(work, source) || is_read_otherwise(work, source))
        return true;
    return !source_rename(source)->is_derived &&
           (sql_shard_refuses(work, &source->path, spelling) ||
            sql_is_unsure_table(work, &source->path, spelling));
}

static void
edit_table(Work *work, SqlSource *source, const Spelling *spelling)
{
    source->is_left = is_left(work, source, spelling);
    if (source->is_left)
        return;
    if (source_rename(source)->is_derived) { /* is called as before */
        sql_reshape(work, source);
        return;
    }
    SqlPath written = source->path;
    written.parts += source->lent;
    written.count -= source->lent;
    spell_path(work, &written, sql_spelling_in_sight(work, source, spelling));
    sql_write_own_alias(work, source);
    sql_reshape(work, source);
    source->requalified = spelling;
}

static void
refuse_perhaps(Work *work, const SqlSource *source, const Rename *rename)
{
    const SqlPath *path = &source->path;
    site_refuse(
        work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "relation", NULL,
        rename->dbt != NULL
            ? "this may be the table of the model of that name, whose columns are renamed: "
              "where it is not named as dbt's manifest has it, with all parts, nobody knows"
            : "this may be what is made under that name elsewhere, and columns are renamed: "
              "name it with as many parts, or give --default");
}

static void
visit_table(Work *work, SqlSource *source)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    if (source_spelling(source) != NULL && source_spelling(source)->stem != NULL) {
        edit_table(work, source, source_spelling(source));
        return;
    }
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &source->path, &spelling, &is_other);
    if (rename != NULL &&
        source_rename(source) == NULL) /* a literal that cannot hold the new name */
        return;
    const Rename *perhaps =
        rename == NULL ? renames_may_be(work->renames, work->sql->dialect, &source->path) : NULL;
    if (rename != NULL)
        edit_table(work, source, spelling);
    else if (perhaps != NULL)
        refuse_perhaps(work, source, perhaps);
    else if (renames_is_target(work->renames, work->sql->dialect, &source->path))
        sql_note_target(work, &source->path);
    else if (is_other)
        sql_note_other(work, &source->path);
    else
        sql_put_within(work, source);
}

/* WITH t … SELECT … FROM (WITH a AS (SELECT … FROM t) …): in a table of the WITH of a subquery MariaDB (10.11) takes the table that
 * is called `t`, and in one within another WITH table whenever that is read several times; MySQL takes that of WITH. */
static bool
is_seen_over_with(const Work *work, const SqlSource *source)
{
    bool is_within = false, is_left = false;
    const SqlQuery *query = work->sql->dialect->has_blind_commons ? source->block->query : NULL;
    for (; query != NULL; query = query->parent) {
        SqlCommon *common = sql_commons(query, sql_name_hash(source->common->name.text));
        while (common != NULL && common != source->common)
            common = common->next;
        if (common != NULL)
            return is_within;
        is_within = is_within || is_left; /* a table of its WITH */
        is_left = query->common != NULL;
    }
    return false;
}

/* A WITH table of the same name is another thing. */
static void
visit_common(Work *work, const SqlSource *source)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    if (renames_find(work->renames, work->sql->dialect, &source->path, &spelling, &is_other) ==
        NULL)
        return;
    if (is_seen_over_with(work, source)) {
        sql_refuse_table(work, source, "ambiguous",
                         "MySQL takes the WITH table of this name here, and MariaDB may take the "
                         "table: call that of WITH otherwise");
        return;
    }
    Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, source->path.parts[0].begin,
                          source->path.parts[0].end);
    site->reason = "this is the WITH table of that name";
}

/* May the new name stand in the quotes of IDENTIFIER('…')? */
static bool
fits_literal(const Spelling *spelling)
{
    for (guint i = 0; spelling->target[i] != NULL; i++)
        if (strpbrk(spelling->target[i], "\\'\"`") != NULL)
            return false;
    return true;
}

/* A mapping that speaks of the name alone means it wherever it is written alone. */
static void
give_back_schema(const Work *work, SqlSource *source)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    SqlPath own = source->path;
    own.parts += source->lent;
    own.count -= source->lent;
    if (renames_find(work->renames, work->sql->dialect, &source->path, &spelling, &is_other) !=
            NULL ||
        renames_find(work->renames, work->sql->dialect, &own, &spelling, &is_other) == NULL)
        return;
    source->path = own;
    source->lent = 0;
}

/* Which sources are renamed datasets: names of columns depend on it, so it comes before sql_resolve(). */
static void
match_source(Work *work, SqlSource *source)
{
    const Spelling *spelling = NULL;
    const Rename *rename = NULL;
    bool is_other = false;
    if (source->rows_of != NULL) { /* which stands before it */
        source->rename = source_rename(source->rows_of);
        return;
    }
    if (source->lent > 0)
        give_back_schema(work, source);
    if (source->kind == SOURCE_TEMPLATE)
        dbt_name_source(work, source);
    if ((source->kind == SOURCE_TABLE && !source->is_template) || sql_is_put_before(work, source))
        rename =
            renames_find(work->renames, work->sql->dialect, &source->path, &spelling, &is_other);
    else
        rename = sql_put_behind(work, source, &spelling);
    if (source->path.is_in_literal && spelling != NULL && !fits_literal(spelling))
        rename = NULL;
    if (rename != NULL)
        source->kind = SOURCE_TABLE;
    if (rename != NULL)
        source->rename = rename;
    if (spelling != NULL)
        source->spelling = spelling;
    if (rename == NULL && source->kind == SOURCE_TABLE && !source->is_template)
        sql_shard_match(work, source);
}

static const char *const *
known_columns(const SqlSource *table, bool *ret_is_open, void *data)
{
    if (table->array != NULL)
        return sql_element_columns(data, table);
    return table_columns(data, table, ret_is_open);
}

/* A query that runs today has no name of the new table's: if the old one had it, the mapping would speak of it. */
static bool
lacks(const SqlSource *table, const SqlPart *name, void *data)
{
    const Rename *rename = source_rename(table);
    return rename != NULL && rename_gains(rename, name->text);
}

/* users_v1 AS u (a, b): the new table's columns may stand otherwise. */
static void
check_alias_list(Work *work, const SqlSource *source)
{
    const SqlPart *first = g_ptr_array_index(source->columns, 0);
    if (source->reshape == NULL && rename_changes_columns(source_rename(source)))
        site_refuse(work, SITE_COLUMN, first->begin, first->end, "star", NULL,
                    "columns are named here by their places, and those of the new table may stand "
                    "otherwise: name them in a subquery");
}

typedef void VisitSource(Work *work, SqlSource *source);

static void
each_source(Work *work, VisitSource *visit)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++)
            visit(work, g_ptr_array_index(block->sources, i));
    }
}

/* {{ ref('users') }}, whose name dbt_templates() writes. */
static void
visit_template(Work *work, SqlSource *source, const Spelling *spelling)
{
    if (!sql_reshape_refuses(work, source, source_rename(source)))
        sql_reshape(work, source);
    source->requalified = spelling;
}

/* `inserted` of a trigger has the columns of its table, and is called as before. */
static void
visit_rows(Work *work, SqlSource *source)
{
    if (source_rename(source) != NULL && !is_read_otherwise(work, source))
        sql_reshape(work, source);
}

/* Those that nobody asked for their columns. */
static void
match_elements(Work *work, SqlSource *source)
{
    if (source->array != NULL)
        sql_element_columns(work, source);
}

static void
visit_source(Work *work, SqlSource *source)
{
    const Spelling *spelling = source_spelling(source);
    if (source->columns != NULL && source->columns->len > 0 && source->array == NULL &&
        source_rename(source) != NULL)
        check_alias_list(work, source);
    if (source->is_template && spelling != NULL)
        visit_template(work, source, spelling);
    else if (source->rows_of != NULL)
        visit_rows(work, source);
    else if (source->kind == SOURCE_TABLE && !source->is_template)
        visit_table(work, source);
    else if (source->kind == SOURCE_COMMON)
        visit_common(work, source);
    else if (sql_is_put_before(work, source))
        sql_put_before(work, source);
    else if (source->kind == SOURCE_TEMPLATE && spelling == NULL)
        sql_put_whole(work, source);
}

void
sql_tables(Work *work)
{
    each_source(work, match_source);
    sql_note_makers(work);
    sql_resolve(work->sql, known_columns, lacks, work);
    each_source(work, match_elements);
    sql_letters(work);
    sql_namesakes(work);
    each_source(work, visit_source);
    sql_qualifiers(work);
}
