/* capture.c - would the new name mean something else where it is written without a qualifier? */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/neighbours.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* A table of which nothing is known but its name: that, in small letters. NULL: it is none. Caller frees. */
static char *
name_of_other(const SqlSource *source)
{
    bool is_other = source->kind == SOURCE_TABLE && source->query == NULL &&
                    source->path.count > 0 && source_rename(source) == NULL;
    return is_other ? g_ascii_strdown(source->path.parts[source->path.count - 1].text, -1) : NULL;
}

/* Names as sets of spellings: by themselves in whatever case, the parts that spell them so. A text says the same one many times. */
static void
spelling_add(GHashTable *names, SqlPart *part)
{
    GPtrArray *parts = list_of(names, part->text);
    for (guint i = 0; i < parts->len; i++) {
        const SqlPart *known = g_ptr_array_index(parts, i);
        if (known->quote == part->quote && strcmp(known->text, part->text) == 0)
            return;
    }
    g_ptr_array_add(parts, part);
}

static guint
name_hash(const void *name)
{
    return sql_name_hash(name);
}

static gboolean
name_equal(const void *a, const void *b)
{
    return text_same_folded(a, b);
}

/* Those of this key, which are made with the first who asks: `of` frees them. */
static GHashTable *
names_of(GHashTable *of, void *key)
{
    GHashTable *names = g_hash_table_lookup(of, key);
    if (names == NULL) {
        names =
            g_hash_table_new_full(name_hash, name_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
        g_hash_table_insert(of, key, names);
    }
    return names;
}

static void
note_spoken_of(Work *work, SqlRef *ref)
{
    SqlPart *part = &ref->path.parts[ref->column];
    g_autofree char *name = name_of_other(ref->source);
    spelling_add(names_of(work->spoken_of, ref->source), part);
    if (name == NULL)
        return;
    if (!g_hash_table_contains(work->spoken_tables, name))
        spelling_add(names_of(work->spoken_tables, g_strdup(name)), part);
    else
        spelling_add(g_hash_table_lookup(work->spoken_tables, name), part);
}

/* Is it the new name of a column of a table beside, which may have been rewritten before? */
static bool
may_be_of_other(Work *work, const SqlRef *ref)
{
    for (guint i = 0; i < ref->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(ref->block->sources, i);
        if (source_has_gained(work, source, ref->path.parts[0].text) &&
            source_form(work, source) != FORM_OLD)
            return true;
    }
    return false;
}

/* o.user_id shows that o has a user_id, and so does user_id where no other table can have it. */
static bool
shows_column(Work *work, const SqlRef *ref)
{
    return ref->binding == BINDING_COLUMN &&
           (ref->column > 0 || (source_rename(ref->source) == NULL && ref->source->query == NULL &&
                                !may_be_of_other(work, ref)));
}

/* Names by which the text speaks of a source's columns. */
static GHashTable *
spoken_of(Work *work, const SqlSource *source)
{
    if (work->spoken_of != NULL)
        return g_hash_table_lookup(work->spoken_of, source);
    work->spoken_of = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
    work->spoken_tables =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (shows_column(work, ref))
                note_spoken_of(work, ref);
        }
    }
    return g_hash_table_lookup(work->spoken_of, source);
}

static bool
is_among(const Work *work, GHashTable *names, const char *name)
{
    const GPtrArray *parts = names != NULL ? g_hash_table_lookup(names, name) : NULL;
    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        const SqlPart *part = g_ptr_array_index(parts, i);
        if (sql_same_column(work->sql->dialect, part->text, part->quote, name))
            return true;
    }
    return false;
}

bool
is_spoken_of(Work *work, const SqlSource *source, const char *name)
{
    return is_among(work, spoken_of(work, source), name);
}

/* Says another place of the text, or another file, that the table has such a column? */
static bool
is_said_elsewhere(Work *work, const SqlSource *source, const char *name)
{
    g_autofree char *called = name_of_other(source);
    if (called == NULL)
        return false;
    work->lacks_columns |= work->options->neighbours == NULL;
    return is_among(work, g_hash_table_lookup(work->spoken_tables, called), name) ||
           neighbours_may_have(work->options->neighbours, source, name);
}

#define SAID_MAX 32 /* tables and queries below a star; people stack a dozen */

/* The same of what comes through the stars of a query. */
static bool
is_said_below(Work *work, const SqlSource *source, const char *name, guint *looked)
{
    const SqlQuery *query = source->common != NULL ? source->common->query : source->query;
    const SqlBlock *block = query != NULL ? query_first_block(query) : NULL;
    if ((*looked)++ > SAID_MAX || is_said_elsewhere(work, source, name))
        return *looked <= SAID_MAX;
    for (guint i = 0; block != NULL && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        for (guint s = 0; item->is_star && s < block->sources->len; s++) {
            const SqlSource *below = g_ptr_array_index(block->sources, s);
            if (star_means(item, below) && is_said_below(work, below, name, looked))
                return true;
        }
    }
    return false;
}

bool
is_said_of(Work *work, const SqlSource *source, const char *name)
{
    guint looked = 0;
    return is_spoken_of(work, source, name) || is_said_below(work, source, name, &looked);
}

#define STARS_MAX 64 /* looked through for one name: queries below queries; people stack a dozen */

/* A star of a query that gives its columns' new names: is one of them called so? */
static bool
is_through_star(Work *work, const SqlItem *star, const char *name)
{
    guint count, looked = work->stars_looked++;
    SqlSource *const *sources = sql_star_sources(star, &count);
    bool is_seen = star->block->query != NULL && !star->block->query->is_pinned &&
                   !star_leaves_out(work, star, name),
         does = is_seen && looked >= STARS_MAX; /* perhaps */
    for (guint i = 0; is_seen && !does && i < count; i++)
        does = star_means(star, sources[i]) && source_will_gain(work, sources[i], name);
    work->stars_looked = looked == 0 ? 0 : work->stars_looked;
    return does;
}

/* Of two columns that are called alike only the first can be asked for; the other one has its name all the same, an old or a
 * new one. */
static bool
is_item_called(Work *work, const SqlSource *source, const char *name)
{
    const SqlBlock *block = source->query != NULL ? query_first_block(source->query) : NULL;
    bool has_list =
        source->columns != NULL || (source->common != NULL && source->common->columns != NULL);
    for (guint i = 0; block != NULL && !has_list && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star && is_through_star(work, item, name))
            return true;
        if (item->is_star || item->name == NULL ||
            (!block->has_star && !is_output_beside(work, item, item->name)))
            continue;
        const char *given = item_new_name(work, item);
        if (sql_same_column(work->sql->dialect, name, '\0', given != NULL ? given : item->name))
            return true;
    }
    return false;
}

/* After the change: what had the name may have another one now. */
static bool
has_name(Work *work, const SqlSource *source, const char *name)
{
    SqlPart part = {.text = (char *) name};
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    bool has = is_spoken_of(work, source, name);
    for (guint i = 0; i < names->len; i++) {
        const char *known = g_ptr_array_index(names, i);
        has = has || (known != NULL && sql_same_column(work->sql->dialect, name, '\0', known));
    }
    has = has || (is_open && is_said_of(work, source, name));
    const ColumnChange *change = has ? source_change(work, source, &part) : NULL;
    return has &&
           (change == NULL || change->kind != CHANGE_NAME || is_item_called(work, source, name));
}

/* A column that comes out of a query gets this name. */
static bool
has_new_name(Work *work, const SqlSource *source, const char *name)
{
    bool is_open = false, does = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; !does && i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        const ColumnChange *change = part.text != NULL ? source_change(work, source, &part) : NULL;
        does = change != NULL && change->kind == CHANGE_NAME &&
               sql_same_column(work->sql->dialect, name, '\0', change->to);
    }
    return does || is_item_called(work, source, name);
}

/* Of names that trade places, too: it has the name today, and will have it for another column. */
bool
source_will_have(Work *work, const SqlSource *source, const char *name)
{
    const Rename *rename = source_rename(source);
    if (has_name(work, source, name))
        return true;
    if (rename != NULL)
        return source->columns == NULL && renames_will_have(work->renames, rename, name);
    return source->query != NULL && renames_will_have(work->renames, NULL, name) &&
           has_new_name(work, source, name);
}

/* A star that is written out gives `new AS old`. */
static bool
is_alias_of_star(Work *work, const SqlItem *star, const char *name)
{
    SqlPart part = {.text = (char *) name};
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint i = 0; star->is_star && i < count; i++) {
        const SqlSource *source = sources[i];
        const ColumnChange *change =
            source_rename(source) != NULL && (star->star_path.count == 0 || star->star_of == source)
                ? source_change(work, source, &part)
                : NULL;
        if (change != NULL && !star_leaves_out(work, star, name))
            return true;
    }
    return false;
}

/* `a AS name`, or `a` that gets `AS name` because its own name changes. */
static bool
is_output_called(Work *work, const SqlItem *item, const char *name)
{
    const Dialect *dialect = work->sql->dialect;
    const char *given = item->alias != NULL ? item_new_name(work, item) : NULL;
    if (given != NULL)
        return sql_same_column(dialect, given, item->alias->quote, name);
    if (item->alias != NULL)
        return sql_same_column(dialect, item->alias->text, item->alias->quote, name);
    return item->name != NULL && sql_same_column(dialect, item->name, '\0', name) &&
           (item->named_by != NULL || item_needs_alias(work, item));
}

/* `total AS amount`, where total becomes amount: who sorts by either sorts by the same. */
static bool
gives_same_column(const Work *work, const SqlItem *item, const SqlRef *ref)
{
    const SqlRef *plain = item->plain;
    return plain != NULL && plain->binding == BINDING_COLUMN && plain->source == ref->source &&
           ref->binding == BINDING_COLUMN && ref->also == NULL && plain->also == NULL &&
           plain->column + 1 == plain->path.count && ref->column + 1 == ref->path.count &&
           sql_same_column(work->sql->dialect, ref->path.parts[ref->column].text,
                           ref->path.parts[ref->column].quote,
                           plain->path.parts[plain->column].text);
}

static bool
is_alias(Work *work, const SqlRef *ref, const char *name)
{
    for (guint i = 0; ref->block->has_star && i < ref->block->items->len; i++)
        if (is_alias_of_star(work, g_ptr_array_index(ref->block->items, i), name))
            return true;
    for (const SqlItem *item = sql_items_like(work->sql, ref->block, name); item != NULL;
         item = item->next) {
        bool may_be_it = item != ref->in || sql_is_windowed(work->sql, ref) || /* also by its own */
                         (ref->source != NULL && ref->source->block != ref->block);
        if (may_be_it && is_output_called(work, item, name) && !gives_same_column(work, item, ref))
            return true;
    }
    return false;
}

/* Of any column: names may trade places, and a query has only some of a table's. */
static bool
is_new_name(const Work *work, const char *name)
{
    return renames_gain(work->renames, name) || renames_will_have(work->renames, NULL, name);
}

bool
source_will_gain(Work *work, const SqlSource *source, const char *name)
{
    const Rename *rename = source_rename(source);
    if (rename != NULL)
        return source->columns == NULL && rename_gains(rename, name);
    if (source->query == NULL || !is_new_name(work, name))
        return false;
    const SqlPart part = {.text = (char *) name};
    return !source_has(work, source, &part) && has_new_name(work, source, name);
}

/* May a name there mean an output, although a column is called so, too? */
static bool
sees_outputs(const Work *work, const SqlRef *ref)
{
    const Dialect *dialect = work->sql->dialect;
    bool is_late = ref->clause == CLAUSE_HAVING && dialect->has_late_aliases;
    bool is_in_list = ref->clause == CLAUSE_ITEM || ref->clause == CLAUSE_WINDOW;
    bool is_sorted_by =
        ref->clause == CLAUSE_ORDER && (ref->is_whole || !dialect->has_sorted_columns);
    return is_sorted_by || dialect->has_hiding_aliases || is_late ||
           (is_in_list && dialect->has_having_outputs) || /* in what windows sort by */
           (ref->clause == CLAUSE_GROUP && (dialect->has_group_outputs || dialect->is_any ||
                                            (dialect->has_using_outputs && ref->also != NULL))) ||
           (ref->clause == CLAUSE_HAVING && (dialect->has_having_outputs || dialect->is_any));
}

/* FROM t AS name, in BigQuery: the row, whatever columns there are. Tables by the names that they will have. */
static bool
is_row_called(const Work *work, const SqlSource *source, const char *name)
{
    const char *called =
        work->sql->dialect->has_hiding_rows && source->kind != SOURCE_ARRAY && !source->is_twin
            ? source_called_after(source)
            : NULL;
    return called != NULL && sql_same_column(work->sql->dialect, called, '\0', name);
}

bool
is_new_name_taken(Work *work, const SqlRef *ref, const char *name)
{
    bool is_apart = is_converted(work, ref); /* both sides of the join have their own */
    const SqlPart part = {.text = (char *) name};
    if (sql_is_value_name(work->sql, ref, &part))
        return true;
    if ((sees_outputs(work, ref) && is_alias(work, ref, name)) || is_declared(work, name))
        return true;
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (is_row_called(work, source, name))
                return true;
            if (source != ref->source && (source != ref->also || is_apart) && !source->is_twin &&
                (is_apart || !is_merged_into(work, ref, source)) &&
                source_will_have(work, source, name))
                return true;
        }
        if (block == ref->source->block)
            break;
    }
    return false;
}

/* ---- names that stay, and would be caught by a new one ---- */

/* Where nobody knows whose the name is, it may be that of a source which does not get such a column, and stays. */
static const SqlSource *
catcher_in(Work *work, const SqlRef *ref, const SqlBlock *block)
{
    bool is_guess = ref->binding == BINDING_UNDECIDED && ref->also == NULL;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        const char *name = ref->path.parts[0].text;
        bool is_other = is_guess || (source != ref->source && source != ref->also);
        if (is_other && source_will_gain(work, source, name))
            return source;
        if (ref->binding == BINDING_COLUMN && source->alias == NULL &&
            source_spelling(source) != NULL && is_row_called(work, source, name))
            return source; /* by the table's new name */
    }
    return NULL;
}

/* `SELECT plan AS plan_name … GROUP BY plan_name`: afterwards the alias and the column are the same. */
static bool
is_alias_of_catcher(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    const SqlRef *plain = ref->binding == BINDING_OUTPUT ? ref->item->plain : NULL;
    if (plain == NULL || plain->source != catcher || plain->binding != BINDING_COLUMN)
        return false;
    const ColumnChange *change =
        source_change(work, plain->source, &plain->path.parts[plain->column]);
    return change != NULL && change->kind == CHANGE_NAME &&
           sql_same_column(work->sql->dialect, ref->path.parts[0].text, '\0', change->to);
}

/* … unless a second table gets such a column. */
static bool
is_caught_again(Work *work, const SqlRef *ref, const SqlSource *catcher)
{
    const ArenaList *sources = catcher->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        if (source != catcher && source_will_have(work, source, ref->path.parts[0].text))
            return true;
    }
    return false;
}

const SqlSource *
ref_catcher(Work *work, const SqlRef *ref)
{
    bool is_output = ref->is_over_columns || (ref->clause == CLAUSE_ORDER && ref->is_whole);
    if (ref->path.count != 1 || !ref_may_be_qualified(work, ref) || ref->binding == BINDING_LOCAL ||
        (ref->binding == BINDING_OUTPUT && is_output) ||
        (!is_new_name(work, ref->path.parts[0].text) && !work->sql->dialect->has_hiding_rows))
        return NULL;
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        const SqlSource *catcher = catcher_in(work, ref, block);
        if (catcher != NULL)
            return is_alias_of_catcher(work, ref, catcher) && !is_caught_again(work, ref, catcher)
                       ? NULL
                       : catcher;
        if (ref->binding == BINDING_OUTPUT ||
            (ref->source != NULL && ref->binding == BINDING_COLUMN && block == ref->source->block))
            break;
    }
    return NULL;
}
