/*
 * definitions.c - see definitions.h.
 *
 * Files are put into *chains*: the numbered steps of one folder, in the order of their numbers, or one file alone. A chain
 * that makes the table says its columns; all chains that do so must say the same. One that only changes it must have left no
 * trace that is missing: then the definition is that of today (a dump of the schema beside its migrations), else it may be
 * the one from before. Folders of tests say nothing by themselves, and speak against what is not like them.
 */
#include "rewrite/definitions.h"

#include "base/text.h"
#include "rewrite/table_steps.h"

#include <string.h>

#define COLUMNS_MAX 2000 /* of a table; more are not looked through */
#define NUMBERS_MAX 8    /* of the name of one file: 2020-08-25-132005, 1_2_3 */

/* What one file does to one table. */
typedef struct {
    char *path;
    char *chain; /* the folder whose numbered steps it is one of, else its path */
    guint64 numbers[NUMBERS_MAX];
    bool is_test;
    GPtrArray *steps; /* TableStep *, borrowed */
} Part;

typedef struct {
    GPtrArray *parts;   /* Part * */
    GPtrArray *columns; /* char *, ends with NULL; NULL: not known */
    char *where;
    char *doubt; /* why they are not known although something defines them; or NULL */
} Definition;

struct Definitions {
    GHashTable *of;   /* const Mapping * -> Definition */
    GPtrArray *steps; /* GPtrArray of TableStep *: of all files */
};

static void
part_free(void *data)
{
    Part *part = data;
    g_free(part->path);
    g_free(part->chain);
    g_ptr_array_unref(part->steps);
    g_free(part);
}

static void
definition_free(void *data)
{
    Definition *definition = data;
    g_ptr_array_unref(definition->parts);
    g_clear_pointer(&definition->columns, g_ptr_array_unref);
    g_free(definition->where);
    g_free(definition->doubt);
    g_free(definition);
}

Definitions *
definitions_new(void)
{
    Definitions *definitions = g_new0(Definitions, 1);
    definitions->of = g_hash_table_new_full(NULL, NULL, NULL, definition_free);
    definitions->steps = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    return definitions;
}

void
definitions_free(Definitions *definitions)
{
    if (definitions == NULL)
        return;
    g_hash_table_unref(definitions->of);
    g_ptr_array_unref(definitions->steps);
    g_free(definitions);
}

/* ---- what paths say ---- */

static bool
is_any(const char *word, size_t bytes, const char *const *words)
{
    for (; *words != NULL; words++)
        if (bytes == strlen(*words) && g_ascii_strncasecmp(word, *words, bytes) == 0)
            return true;
    return false;
}

/* Is one of these among the words of the path? */
static bool
has_word(const char *path, const char *const *words)
{
    for (const char *at = path; *at != '\0';) {
        size_t bytes = 0;
        while (g_ascii_isalnum(at[bytes]))
            bytes++;
        if (is_any(at, bytes, words))
            return true;
        at += MAX(bytes, 1);
    }
    return false;
}

static bool
is_of_tests(const char *path)
{
    static const char *const words[] = {"test",    "tests",    "testing",  "testdata", "spec",
                                        "specs",   "fixture",  "fixtures", "mock",     "mocks",
                                        "example", "examples", "sample",   "samples",  "demo",
                                        "e2e",     NULL};
    return has_word(path, words);
}

/* U1__users.sql of Flyway, users.down.sql, revert/users.sql: what takes a step back has not run. */
static bool
is_undoing(const char *path)
{
    static const char *const words[] = {"down", "undo", "revert", "rollback", NULL};
    const char *name = text_behind_slash(path);
    return has_word(path, words) || (name[0] == 'U' && g_ascii_isdigit(name[1]));
}

/* 0001_users.sql, V1_2__users.sql, 2020-08-25-132005_users: the numbers, each plus one. False: there are none. */
static bool
read_numbers(const char *name, guint64 *numbers)
{
    guint count = 0;
    const char *at = name + (name[0] != '\0' && strchr("vVmM", name[0]) != NULL);
    while (count < NUMBERS_MAX && g_ascii_isdigit(*at)) {
        char *end;
        numbers[count++] = g_ascii_strtoull(at, &end, 10) + 1;
        at = end + (strchr("._-", *end) != NULL && *end != '\0');
    }
    return count > 0;
}

/* Which chain the file is of, and where in it. */
static void
read_chain(Part *part)
{
    const char *slash = strrchr(part->path, '/'), *name = slash != NULL ? slash + 1 : part->path;
    if (read_numbers(name, part->numbers)) {
        part->chain = g_strndup(part->path, (size_t) (name - part->path));
        return;
    }
    const char *folder = slash;
    while (folder != NULL && folder > part->path && folder[-1] != '/')
        folder--;
    part->chain = folder != NULL && read_numbers(folder, part->numbers)
                      ? g_strndup(part->path, (size_t) (folder - part->path))
                      : g_strdup(part->path);
}

static int
by_order(const void *a, const void *b)
{
    const Part *one = *(Part *const *) a, *other = *(Part *const *) b;
    int order = strcmp(one->chain, other->chain);
    for (guint i = 0; i < NUMBERS_MAX && order == 0; i++)
        order = one->numbers[i] < other->numbers[i] ? -1 : one->numbers[i] > other->numbers[i];
    return order != 0 ? order : strcmp(one->path, other->path);
}

static bool
is_same_place(const Part *one, const Part *other)
{
    return strcmp(one->chain, other->chain) == 0 &&
           memcmp(one->numbers, other->numbers, sizeof one->numbers) == 0;
}

/* ---- adding ---- */

static Part *
part_of(Definitions *definitions, const Mapping *mapping, const char *path)
{
    Definition *definition = g_hash_table_lookup(definitions->of, mapping);
    if (definition == NULL) {
        definition = g_new0(Definition, 1);
        definition->parts = g_ptr_array_new_with_free_func(part_free);
        g_hash_table_insert(definitions->of, (void *) mapping, definition);
    }
    guint count = definition->parts->len;
    Part *last = count > 0 ? g_ptr_array_index(definition->parts, count - 1) : NULL;
    if (last != NULL && strcmp(last->path, path) == 0)
        return last;
    Part *part = g_new0(Part, 1);
    part->path = g_strdup(path);
    part->steps = g_ptr_array_new();
    part->is_test = is_of_tests(path);
    read_chain(part);
    g_ptr_array_add(definition->parts, part);
    return part;
}

void
definitions_add(Definitions *definitions, const char *path, GPtrArray *steps)
{
    if (steps == NULL)
        return;
    g_ptr_array_add(definitions->steps, steps);
    for (guint i = 0; i < steps->len && !is_undoing(path); i++) {
        TableStep *step = g_ptr_array_index(steps, i);
        g_ptr_array_add(part_of(definitions, step->mapping, path)->steps, step);
    }
}

/* ---- one chain after the other ---- */

typedef struct {
    GPtrArray *columns; /* char *, borrowed; NULL: nothing has made the table */
    GHashTable *
        later; /* columns in small letters -> whether the table has them, by steps that make nothing; owned keys */
    const char *first; /* path of its first file */
    char *where;       /* the first place that makes it */
    char *doubt;       /* why nobody knows what it has then; NULL: it is known */
    bool is_removed;
} Chain;

/* The first doubt counts. `says`: what stands behind the place of the step. */
static void
doubt(Chain *chain, const Part *part, const TableStep *step, const char *says)
{
    if (chain->doubt == NULL)
        chain->doubt = g_strdup_printf("%s:%d %s", part->path, step->line, says);
}

static bool
find_name(const GPtrArray *columns, const char *name, guint *ret)
{
    for (guint i = 0; columns != NULL && i < columns->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(columns, i), name) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static bool
is_same_list(const GPtrArray *one, const GPtrArray *other)
{
    bool is_same = one->len == other->len;
    for (guint i = 0; i < one->len && is_same; i++)
        is_same = g_ascii_strcasecmp(g_ptr_array_index(one, i), g_ptr_array_index(other, i)) == 0;
    return is_same;
}

static bool
has_twice(const GPtrArray *columns)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < columns->len; i++)
        if (!g_hash_table_add(seen, g_ascii_strdown(g_ptr_array_index(columns, i), -1)))
            return true;
    return false;
}

static void
take_made(Chain *chain, const Part *part, const TableStep *step)
{
    bool is_there = chain->columns != NULL && !step->replaces;
    if (is_there || has_twice(step->names) || g_hash_table_size(chain->later) > 0) {
        if (!is_there || !is_same_list(chain->columns, step->names))
            doubt(chain, part, step, "defines the table once more, with other columns");
        return;
    }
    g_clear_pointer(&chain->columns, g_ptr_array_unref);
    chain->columns = g_ptr_array_new();
    for (guint i = 0; i < step->names->len; i++)
        g_ptr_array_add(chain->columns, g_ptr_array_index(step->names, i));
    chain->is_removed = false;
    g_free(chain->where);
    chain->where = g_strdup_printf("%s:%d", part->path, step->line);
}

/* Where the table was made elsewhere, it is looked at in the end whether it agrees. */
static void
note_later(Chain *chain, const char *name, bool is_there)
{
    g_hash_table_insert(chain->later, g_ascii_strdown(name, -1), GINT_TO_POINTER(is_there));
}

static void
take_added(Chain *chain, const Part *part, const TableStep *step)
{
    char *name = g_ptr_array_index(step->names, 0);
    guint at = 0;
    if (chain->columns == NULL) {
        note_later(chain, name, true);
    } else if (find_name(chain->columns, name, &at)) {
        if (!step->may_be_done)
            doubt(chain, part, step, "adds a column that was there");
    } else if (step->behind == NULL) {
        g_ptr_array_add(chain->columns, name);
    } else if (*step->behind == '\0' || find_name(chain->columns, step->behind, &at)) {
        g_ptr_array_insert(chain->columns, *step->behind == '\0' ? 0 : (gint) at + 1, name);
    } else {
        doubt(chain, part, step, "adds a column behind one that is not known");
    }
}

static void
take_dropped(Chain *chain, const Part *part, const TableStep *step)
{
    const char *name = g_ptr_array_index(step->names, 0);
    guint at;
    if (chain->columns == NULL)
        note_later(chain, name, false);
    else if (find_name(chain->columns, name, &at))
        g_ptr_array_remove_index(chain->columns, at);
    else if (!step->may_be_done)
        doubt(chain, part, step, "drops a column that was not there");
}

static void
take_renamed(Chain *chain, const Part *part, const TableStep *step)
{
    char *from = g_ptr_array_index(step->names, 0), *to = g_ptr_array_index(step->names, 1);
    guint at, other;
    if (chain->columns == NULL) {
        note_later(chain, from, false);
        note_later(chain, to, true);
    } else if (find_name(chain->columns, from, &at) &&
               (!find_name(chain->columns, to, &other) || other == at)) {
        chain->columns->pdata[at] = to;
    } else {
        doubt(chain, part, step, "renames a column that was not there, or to one that was");
    }
}

static void
take_step(Chain *chain, const Part *part, const TableStep *step)
{
    switch (step->kind) {
    case TABLE_STEP_MADE:
        take_made(chain, part, step);
        break;
    case TABLE_STEP_REMOVED:
        chain->is_removed = chain->columns != NULL;
        g_clear_pointer(&chain->columns, g_ptr_array_unref);
        break;
    case TABLE_STEP_ADDED:
        take_added(chain, part, step);
        break;
    case TABLE_STEP_DROPPED:
        take_dropped(chain, part, step);
        break;
    case TABLE_STEP_RENAMED:
        take_renamed(chain, part, step);
        break;
    case TABLE_STEP_UNCLEAR:
        doubt(chain, part, step, "does something else with it, or may do so");
        break;
    }
    if (chain->columns != NULL && chain->columns->len > COLUMNS_MAX)
        doubt(chain, part, step, "gives it more columns than are looked through");
}

/* The parts from `from` on that are of one chain, one after the other. Returns where the next one begins. */
static guint
run_chain(const GPtrArray *parts, guint from, Chain *chain)
{
    const Part *first = g_ptr_array_index(parts, from);
    guint at = from;
    for (; at < parts->len; at++) {
        const Part *part = g_ptr_array_index(parts, at);
        if (strcmp(part->chain, first->chain) != 0)
            break;
        if (at > from && is_same_place(part, g_ptr_array_index(parts, at - 1)))
            doubt(chain, part, g_ptr_array_index(part->steps, 0),
                  "is a step of the same number as another one");
        for (guint i = 0; i < part->steps->len && chain->doubt == NULL; i++)
            take_step(chain, part, g_ptr_array_index(part->steps, i));
    }
    if (chain->is_removed && chain->doubt == NULL)
        chain->doubt = g_strdup_printf("%s makes it, and it is dropped again", chain->where);
    return at;
}

/* ---- all of them ---- */

/* Why the chain speaks against what the base says; NULL: it does not. Caller frees. */
static char *
contradiction(const Chain *chain, const Chain *base)
{
    GHashTableIter iter;
    void *name, *is_there;
    guint at;
    if (chain->doubt != NULL)
        return g_strdup(chain->doubt);
    if (chain->columns != NULL && !is_same_list(chain->columns, base->columns))
        return g_strdup_printf("%s and %s define it with other columns, or in another order",
                               base->where, chain->where);
    g_hash_table_iter_init(&iter, chain->later);
    while (g_hash_table_iter_next(&iter, &name, &is_there))
        if (find_name(base->columns, name, &at) != (bool) GPOINTER_TO_INT(is_there))
            return g_strdup_printf("%s changes its columns, and %s may be from before that",
                                   chain->first, base->where);
    return NULL;
}

static void
chain_free(void *data)
{
    Chain *chain = data;
    g_clear_pointer(&chain->columns, g_ptr_array_unref);
    g_hash_table_unref(chain->later);
    g_free(chain->where);
    g_free(chain->doubt);
    g_free(chain);
}

static void
settle(Definition *definition)
{
    g_autoptr(GPtrArray) chains = g_ptr_array_new_with_free_func(chain_free);
    const Chain *base = NULL;
    g_ptr_array_sort(definition->parts, by_order);
    for (guint at = 0; at < definition->parts->len;) {
        const Part *first = g_ptr_array_index(definition->parts, at);
        Chain *chain = g_new0(Chain, 1);
        chain->first = first->path;
        chain->later = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_ptr_array_add(chains, chain);
        at = run_chain(definition->parts, at, chain);
        base = base == NULL && chain->columns != NULL && !first->is_test ? chain : base;
    }
    for (guint i = 0; i < chains->len && base != NULL && definition->doubt == NULL; i++)
        definition->doubt = contradiction(g_ptr_array_index(chains, i), base);
    if (base == NULL || definition->doubt != NULL)
        return;
    definition->columns = g_ptr_array_ref(base->columns);
    g_ptr_array_add(definition->columns, NULL);
    definition->where = g_strdup(base->where);
}

void
definitions_settle(Definitions *definitions)
{
    GHashTableIter iter;
    void *definition;
    g_hash_table_iter_init(&iter, definitions->of);
    while (g_hash_table_iter_next(&iter, NULL, &definition))
        settle(definition);
}

static const Definition *
definition_of(const Definitions *definitions, const Mapping *mapping)
{
    return definitions != NULL && mapping != NULL ? g_hash_table_lookup(definitions->of, mapping)
                                                  : NULL;
}

const char *
definitions_doubt(const Definitions *definitions, const Mapping *mapping)
{
    const Definition *definition = definition_of(definitions, mapping);
    return definition != NULL ? definition->doubt : NULL;
}

const char *const *
definitions_columns(const Definitions *definitions, const Mapping *mapping, const char **ret_where)
{
    const Definition *definition = definition_of(definitions, mapping);
    if (definition == NULL || definition->columns == NULL)
        return NULL;
    *ret_where = definition->where;
    return (const char *const *) definition->columns->pdata;
}
