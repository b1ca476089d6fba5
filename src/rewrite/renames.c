/*
 * renames.c - which spelling in code is which dataset.
 *
 * A spelling is the mapping's name for the source, an alias of it, or one that the caller knows (the object in the
 * store). A path in code is that spelling when all its parts agree; with fewer parts only when the default path fills
 * in the rest; with more parts only when these are the schema that a bare name has anyway.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/work.h"

#include "base/text.h"

#include <string.h>

void
spelling_free(void *data)
{
    Spelling *spelling = data;
    g_strfreev(spelling->source);
    g_strfreev(spelling->target);
    g_free(spelling->whole);
    g_free(spelling->escaped);
    g_free(spelling->stem);
    g_free(spelling);
}

void
rename_free(void *data)
{
    Rename *rename = data;
    g_free(rename->key);
    g_free(rename->alias);
    g_clear_pointer(&rename->staying, g_ptr_array_unref);
    g_ptr_array_unref(rename->spellings);
    g_ptr_array_unref(rename->changes);
    g_clear_pointer(&rename->twins, g_ptr_array_unref);
    g_free(rename->columns);
    g_free(rename->slots);
    g_hash_table_unref(rename->targets);
    g_hash_table_unref(rename->gained);
    dbt_rename_free(rename->dbt);
    g_free(rename);
}

/* "gr\u00f6\u00dfe": what writers of JSON make of letters that are not in ASCII. */
static char *
escape(const char *name)
{
    g_autoptr(GError) error = NULL;
    glong count = 0;
    g_autofree gunichar2 *units = g_utf8_to_utf16(name, -1, NULL, &count, &error);
    if (units == NULL || g_str_is_ascii(name))
        return NULL;
    GString *escaped = g_string_new(NULL);
    for (glong i = 0; i < count; i++)
        if (units[i] < 0x80)
            g_string_append_c(escaped, (char) units[i]);
        else
            g_string_append_printf(escaped, "\\u%04x", units[i]);
    return g_string_free(escaped, FALSE);
}

/* Takes the parts. */
static void
add_spelling(Rename *rename, char **source, char **target)
{
    Spelling *spelling = g_new0(Spelling, 1);
    spelling->source = source;
    spelling->target = target;
    spelling->whole = g_strjoinv(".", source);
    spelling->last = source[g_strv_length(source) - 1];
    spelling->escaped = escape(spelling->last);
    if (g_str_has_suffix(spelling->last, "*"))
        spelling->stem = g_strndup(spelling->last, strlen(spelling->last) - 1);
    g_ptr_array_add(rename->spellings, spelling);
}

void
rename_add_spelling(Rename *rename, const char *source, const char *target)
{
    add_spelling(rename, spelling_parts(source), spelling_parts(target));
}

void
rename_add_relation(Rename *rename, char *const *parts)
{
    add_spelling(rename, g_strdupv((char **) parts), g_strdupv((char **) parts));
}

void
renames_add_spelling(Renames *renames, const Mapping *mapping, const char *source,
                     const char *target)
{
    for (guint i = 0; i < renames->list->len; i++) {
        Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->mapping == mapping)
            rename_add_spelling(rename, source, target);
    }
    renames_index(renames);
}

/* An alias is spelled as the code has it, perhaps in its quotes: "&schema".users. Quotes of what is put in are its own. Caller
 * frees. */
static char *
without_quotes(const char *alias)
{
    GString *plain = g_string_new(NULL);
    int depth = 0;
    for (const char *at = alias; *at != '\0'; at++) {
        depth += strchr("{<(", *at) != NULL ? 1 : strchr("}>)", *at) != NULL ? -1 : 0;
        if (depth > 0 || (*at != '"' && *at != '`'))
            g_string_append_c(plain, *at);
    }
    return g_string_free(plain, FALSE);
}

static void
add_names(Rename *rename)
{
    const char *source = mapping_source(rename->mapping), *target = mapping_target(rename->mapping);
    const GPtrArray *aliases = mapping_aliases(rename->mapping);
    rename_add_spelling(rename, source, target);
    if (strchr(text_last_part(source), '-') !=
        NULL) { /* no name of SQL without quotes: its tables have `_` there */
        g_autofree char *from = g_strdelimit(g_strdup(source), "-", '_');
        g_autofree char *to = g_strdelimit(g_strdup(target), "-", '_');
        rename_add_spelling(rename, from, to);
    }
    for (guint i = 0; i < aliases->len; i++) {
        g_autofree char *alias = without_quotes(g_ptr_array_index(aliases, i)),
                        *written = spelling_of_alias(alias, source, target);
        rename_add_spelling(rename, alias, written);
        Spelling *spelling = g_ptr_array_index(rename->spellings, rename->spellings->len - 1);
        spelling->is_glued = spelling_glue(alias, source) != NULL;
    }
}

static char *
in_small_letters(const char *name)
{
    return g_ascii_strdown(name, -1);
}

static void
add_gained(Rename *rename)
{
    g_autoptr(GPtrArray) targets = mapping_targets(rename->mapping);
    for (guint i = 0; i < targets->len; i++) {
        g_hash_table_add(rename->targets, in_small_letters(g_ptr_array_index(targets, i)));
        g_hash_table_add(rename->gained, in_small_letters(g_ptr_array_index(targets, i)));
    }
    for (guint i = 0; i < rename->changes->len; i++) {
        g_autofree char *old = in_small_letters(
            ((const ColumnChange *) g_ptr_array_index(rename->changes, i))->column);
        g_hash_table_remove(rename->gained, old);
    }
}

static DbtRename *
read_dbt(const json_t *dbt)
{
    const char *source = json_get_string(dbt, "source", NULL),
               *ref = json_get_string(dbt, "ref", NULL),
               *target = json_get_string(dbt, "target", NULL);
    if (target == NULL || (source == NULL && ref == NULL))
        return NULL;
    return dbt_rename_new(source != NULL ? source : ref, target, source != NULL);
}

/* Every name of a text is looked up here, and most are not there. */
void
rename_index_columns(Rename *rename)
{
    guint room = 4;
    while (room < 2 * rename->changes->len + 2)
        room *= 2;
    rename->slots = g_new0(guint, room);
    rename->slots_mask = room - 1;
    for (guint c = 0; c < rename->changes->len; c++) {
        guint slot = sql_name_hash(rename->columns[c]) & rename->slots_mask;
        while (rename->slots[slot] > 0)
            slot = (slot + 1) & rename->slots_mask;
        rename->slots[slot] = c + 1;
    }
}

static bool
trades_names(const Rename *rename)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        SqlPart part = {.text = (char *) change->to};
        if (change->kind == CHANGE_NAME && g_ascii_strcasecmp(change->to, change->column) != 0 &&
            rename_column(rename, dialect_by_name("ansi"), &part) != NULL)
            return true;
    }
    return false;
}

/* `mapping` may be NULL: then it is only looked for. */
static Rename *
rename_new(const Mapping *mapping)
{
    Rename *rename = g_new0(Rename, 1);
    *rename = (Rename){
        .mapping = mapping,
        .spellings = g_ptr_array_new_with_free_func(spelling_free),
        .changes = mapping != NULL ? mapping_changes(mapping) : g_ptr_array_new(),
        .dbt = mapping != NULL ? read_dbt(mapping_dbt(mapping)) : NULL,
        .targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .gained = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    rename->columns = g_new0(const char *, rename->changes->len + 1);
    for (guint c = 0; c < rename->changes->len; c++) {
        rename->columns[c] = ((const ColumnChange *) g_ptr_array_index(rename->changes, c))->column;
        rename->has_fields = rename->has_fields || strchr(rename->columns[c], '.') != NULL;
    }
    rename->twins = rename_twins(rename->changes);
    rename->is_in_place =
        mapping != NULL && strcmp(mapping_source(mapping), mapping_target(mapping)) == 0;
    rename_index_columns(rename);
    rename->trades_names = trades_names(rename);
    return rename;
}

static Renames *
renames_empty(void)
{
    Renames *renames = g_new0(Renames, 1);
    renames->list = g_ptr_array_new_with_free_func(rename_free);
    return renames;
}

static void
add_mapping(Renames *renames, const Mapping *mapping)
{
    Rename *rename = rename_new(mapping);
    add_gained(rename);
    add_names(rename);
    g_ptr_array_add(renames->list, rename);
}

Renames *
renames_new(const MappingSet *set)
{
    Renames *renames = renames_empty();
    for (size_t i = 0; i < mapping_count(set); i++)
        add_mapping(renames, mapping_get(set, i));
    renames_index(renames);
    return renames;
}

Renames *
renames_new_of(const Mapping *mapping)
{
    Renames *renames = renames_empty();
    add_mapping(renames, mapping);
    renames_index(renames);
    return renames;
}

Renames *
renames_new_for_name(const char *name)
{
    Renames *renames = renames_empty();
    Rename *rename = rename_new(NULL);
    if (name[0] != '\0')
        rename_add_spelling(rename, name, name);
    g_ptr_array_add(renames->list, rename);
    renames_index(renames);
    return renames;
}

void
renames_free(Renames *renames)
{
    if (renames == NULL)
        return;
    g_ptr_array_unref(renames->list);
    g_strfreev(renames->default_path);
    renames_clear_index(renames);
    g_free(renames);
}

bool
renames_set_default(Renames *renames, const char *path, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);
    bool is_name = parts[0] != NULL && g_strv_length(parts) < SPELLING_PARTS_MAX;
    for (guint i = 0; is_name && parts[i] != NULL; i++)
        is_name =
            parts[i][strspn(parts[i], " \t\n")] != '\0' && strpbrk(parts[i], "\"`[]'") == NULL;
    if (!is_name)
        return fail(error, ERR_INVALID,
                    "--default '%s' is no name: expected what a table's name may have before it, "
                    "without quotes, as 'project.dataset' or 'schema'",
                    path);
    g_strfreev(renames->default_path);
    renames->default_path = g_steal_pointer(&parts);
    return true;
}

Rename *
rename_like(const Rename *base, DbtRename *dbt)
{
    Rename *rename = rename_new(base->mapping);
    dbt_rename_free(rename->dbt);
    rename->dbt = dbt;
    if (base->mapping != NULL)
        add_gained(rename);
    return rename;
}

/* ---- looking up ---- */

static bool
part_is(const Dialect *dialect, const SqlPart *part, const char *name)
{
    return sql_same_table(dialect, part->text, part->quote, name);
}

/* The last `count` parts of both agree. */
static bool
ends_alike(const Dialect *dialect, const SqlPath *path, char *const *parts, guint length,
           guint count)
{
    for (guint i = 1; i <= count; i++)
        if (!part_is(dialect, &path->parts[path->count - i], parts[length - i]))
            return false;
    return true;
}

const char *
default_part(char *const *default_path, guint index, guint before)
{
    guint length = default_path != NULL ? g_strv_length((char **) default_path) : 0;
    guint at = index + (length > before ? length - before : 0);
    return at < length ? default_path[at] : NULL;
}

/* Would the default path put these leading parts before the name? */
static bool
default_fills(const Renames *renames, char *const *parts, guint missing)
{
    guint before = g_strv_length((char **) parts) - 1;
    for (guint i = 0; i < missing; i++)
        if (g_strcmp0(default_part(renames->default_path, i, before), parts[i]) != 0)
            return false;
    return true;
}

/* main.users is users in SQLite, public.users in PostgreSQL. */
static bool
is_default_schema(const Renames *renames, const Dialect *dialect, const SqlPath *path, guint extra)
{
    const char *schema = dialect->default_schema;
    if (extra == 1 && schema != NULL && part_is(dialect, &path->parts[0], schema))
        return true;
    for (guint i = 0; i < extra; i++) {
        const char *part = default_part(renames->default_path, i, path->count - 1);
        if (part == NULL || !part_is(dialect, &path->parts[i], part))
            return false;
    }
    return true;
}

bool
spelling_ends_alike(const Dialect *dialect, const SqlPath *path, const Spelling *spelling,
                    guint count)
{
    return ends_alike(dialect, path, spelling->source, g_strv_length(spelling->source), count);
}

typedef enum { MATCH_NONE, MATCH_OTHER, MATCH_SAME } Match;

static Match
match(const Renames *renames, const Dialect *dialect, const SqlPath *path, char *const *parts)
{
    guint length = g_strv_length((char **) parts), count = MIN(length, path->count);
    if (path->count == 0 || !part_is(dialect, &path->parts[path->count - 1], parts[length - 1]))
        return MATCH_NONE;
    if (!ends_alike(dialect, path, parts, length, count))
        return MATCH_OTHER;
    bool is_same =
        path->count == length ||
        (path->count < length ? default_fills(renames, parts, length - path->count)
                              : is_default_schema(renames, dialect, path, path->count - length));
    return is_same ? MATCH_SAME : MATCH_OTHER;
}

const Rename *
renames_find(const Renames *renames, const Dialect *dialect, const SqlPath *path,
             const Spelling **ret_spelling, bool *ret_is_other)
{
    const char *last = path->count > 0 ? path->parts[path->count - 1].text : "";
    *ret_is_other = false;
    if (!renames_may_end(renames, last, strlen(last)))
        return NULL;
    const GPtrArray *list = renames_ending_in(renames, RENAMES_BY_LAST, last);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            Match found = match(renames, dialect, path, spelling->source);
            *ret_is_other = *ret_is_other || found == MATCH_OTHER;
            if (found != MATCH_SAME)
                continue;
            *ret_spelling = spelling;
            *ret_is_other = false;
            return rename;
        }
    }
    return NULL;
}

bool
rename_has_target(const Renames *renames, const Rename *rename, const Dialect *dialect,
                  const SqlPath *path)
{
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        if (match(renames, dialect, path, spelling->target) == MATCH_SAME)
            return true;
    }
    return false;
}

const Rename *
renames_of_target(const Renames *renames, const Dialect *dialect, const SqlPath *path)
{
    const char *last = path->count > 0 ? path->parts[path->count - 1].text : "";
    const GPtrArray *list = renames_ending_in(renames, RENAMES_BY_TARGET, last);
    for (guint i = 0; list != NULL && i < list->len; i++)
        if (rename_has_target(renames, g_ptr_array_index(list, i), dialect, path))
            return g_ptr_array_index(list, i);
    return NULL;
}

bool
renames_is_target(const Renames *renames, const Dialect *dialect, const SqlPath *path)
{
    return renames_of_target(renames, dialect, path) != NULL;
}

bool
rename_changes_columns(const Rename *rename)
{
    for (guint i = 0; i < rename->changes->len; i++)
        if (((const ColumnChange *) g_ptr_array_index(rename->changes, i))->kind != CHANGE_NONE)
            return true;
    return false;
}

const ColumnChange *
rename_column(const Rename *rename, const Dialect *dialect, const SqlPart *part)
{
    guint mask = rename->slots_mask;
    for (guint slot = sql_name_hash(part->text) & mask; rename->slots[slot] > 0;
         slot = (slot + 1) & mask) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, rename->slots[slot] - 1);
        if (sql_same_column(dialect, part->text, part->quote, change->column))
            return rename_in_letters(rename, rename->slots[slot] - 1, dialect, part);
    }
    return NULL;
}

bool
rename_says(const Rename *rename, const Dialect *dialect, const SqlPart *part)
{
    return rename_column(rename, dialect, part) != NULL ||
           (rename->is_in_place && !rename_gains(rename, part->text));
}

#define SMALL_BYTES 64 /* of a name that is folded without asking for memory; people write twenty */

/* Is the name in a set of names in small letters? Asked of nearly every name of a text. */
static bool
has_small(GHashTable *names, const char *name)
{
    char small[SMALL_BYTES];
    size_t bytes = 0;
    if (g_hash_table_size(names) == 0)
        return false;
    for (; name[bytes] != '\0' && bytes + 1 < sizeof small; bytes++)
        small[bytes] = g_ascii_tolower(name[bytes]);
    small[bytes] = '\0';
    g_autofree char *long_one = name[bytes] != '\0' ? in_small_letters(name) : NULL;
    return g_hash_table_contains(names, long_one != NULL ? long_one : small);
}

bool
rename_gains(const Rename *rename, const char *name)
{
    return has_small(rename->gained, name);
}

bool
rename_leaves_behind(const Rename *rename, const ColumnChange *change)
{
    return change->kind != CHANGE_NONE && !has_small(rename->targets, change->column);
}

bool
renames_gain(const Renames *renames, const char *name)
{
    for (; renames != NULL; renames = renames->base)
        if (has_small(renames->gained, name))
            return true;
    return false;
}

bool
renames_will_have(const Renames *renames, const Rename *of, const char *name)
{
    if (of != NULL)
        return has_small(of->targets, name);
    for (; renames != NULL; renames = renames->base)
        if (has_small(renames->coming, name))
            return true;
    return false;
}

const char *
renames_applied_once(const Renames *renames)
{
    g_autoptr(GHashTable) sources = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (rename->mapping != NULL && !rename->is_in_place)
            g_hash_table_add(sources, (char *) mapping_source(rename->mapping));
    }
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        const char *target = rename->mapping != NULL ? mapping_target(rename->mapping) : NULL;
        bool is_passed_on = target != NULL && g_hash_table_contains(sources, target);
        if (is_passed_on || (target != NULL && rename->is_in_place && rename->trades_names))
            return target;
    }
    return NULL;
}
