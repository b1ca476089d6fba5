/*
 * keep.c - which views and models keep the names of their columns, although their policy is to let them change.
 *
 * A file that needs a person is not written: so what it reads must not change, and it says so itself. A file that reads
 * what it makes, by whatever way round, would be given names that are not there yet.
 */
#include "rewrite/made.h"
#include "rewrite/project/parts.h"

#include <string.h>

static bool
keep_names(Project *project, const char *key, const char *why)
{
    if (g_hash_table_contains(project->kept, key))
        return false;
    g_hash_table_insert(project->kept, g_strdup(key), g_strdup(why));
    g_hash_table_add(project->fresh, g_strdup(key));
    return true;
}

/* ---- readers that need a person ---- */

static const Site *
first_undecided(const Rewrite *rewrite)
{
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site_hinders(site))
            return site;
    }
    return NULL;
}

static void
remember(Project *project, Entry *entry)
{
    const GPtrArray *sites = entry->file->rewrite->sites;
    for (guint i = 0; i < sites->len; i++) {
        const Site *site = g_ptr_array_index(sites, i);
        if (site->disposition == DISPOSITION_NEEDS_PERSON && site_hinders(site)) {
            Site *copy = site_copy(project->arena, site);
            copy->is_left = true;
            g_ptr_array_add(entry->left, copy);
        }
    }
}

static bool
keep_for(Project *project, Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    const Site *site = rewrite != NULL ? first_undecided(rewrite) : NULL;
    bool has_kept = false;
    if (site == NULL && (rewrite == NULL || !entry->file->is_held))
        return false;
    int line = site != NULL ? site->line : 1;
    g_autoptr(GPtrArray) makings = makings_in(project, entry);
    g_autofree char *why =
        g_strdup_printf("it keeps the names of its columns: %s:%d reads it, and needs a person",
                        entry->file->path, line);
    for (guint i = 0; i < makings->len; i++)
        has_kept |= keep_names(project, ((const Making *) g_ptr_array_index(makings, i))->key, why);
    if (has_kept)
        remember(project, entry);
    g_autofree char *own_why = g_strdup_printf(
        "it keeps the names of its columns: with other names, line %d would need a person", line);
    for (guint i = 0; i < rewrite->made->len; i++) {
        const Made *made = g_ptr_array_index(rewrite->made, i);
        g_autofree char *key = made_key(project, entry, made);
        has_kept |= !made->is_snapshot && keep_names(project, key, own_why);
    }
    return has_kept;
}

/* ---- readers outside of the project ---- */

/* An exposure needs nothing but that the model keeps its names: its file changes as if it were not there. */
static bool
keep_for_outside(Project *project, Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    bool has_kept = false;
    for (guint i = 0; rewrite != NULL && i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site->keeps == NULL)
            continue;
        g_autofree char *why = g_strdup_printf(
            "it keeps the names of its columns: %s:%d reads it from outside of the project",
            entry->file->path, site->line);
        has_kept |= keep_names(project, site->keeps, why);
        g_ptr_array_add(entry->told, site_copy(project->arena, site));
    }
    return has_kept;
}

/* ---- makings that contradict each other ---- */

static const Making *
find(const Project *project, const char *key)
{
    return g_hash_table_lookup(project->by_key, key);
}

static const ColumnChange *
change_called(const Rename *rename, const char *column)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (g_ascii_strcasecmp(change->column, column) == 0)
            return change->kind != CHANGE_NONE ? change : NULL;
    }
    return NULL;
}

static bool
is_other(const Made *made, const Rename *rename)
{
    guint count = 0;
    for (guint i = 0; i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        count += column->change != NULL;
        if (column->change != change_called(rename, column->name))
            return true;
    }
    for (guint i = 0; i < rename->changes->len; i++)
        count -=
            ((const ColumnChange *) g_ptr_array_index(rename->changes, i))->kind != CHANGE_NONE;
    return count != 0;
}

/* The same view is made in two places, or twice in one, with other names. */
static bool
keep_contradicted(Project *project, const Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    bool has_kept = false;
    for (guint i = 0; rewrite != NULL && i < rewrite->made->len; i++) {
        const Made *made = g_ptr_array_index(rewrite->made, i);
        g_autofree char *key = made_key(project, entry, made);
        const Making *making = !made->is_snapshot ? find(project, key) : NULL;
        if (making != NULL && is_other(made, making->rename))
            has_kept |=
                keep_names(project, key,
                           "it keeps the names of its columns: it is made in two ways, and only "
                           "one of them would change them");
    }
    return has_kept;
}

/* ---- models that two files are ---- */

/* What the file makes as the model; NULL where it stays as it is. */
static const Made *
made_as_model(const Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    const Made *found = NULL;
    bool stays = rewrite == NULL || entry->held != NULL || entry->file->is_held ||
                 entry_is_left(entry) || !rewrite_is_decided(rewrite);
    for (guint i = 0; !stays && i < rewrite->made->len; i++) {
        const Made *made = g_ptr_array_index(rewrite->made, i);
        if (made->name == NULL && !made->is_snapshot)
            found = made;
    }
    return found;
}

static bool
makes_the_same(const Made *one, const Made *other)
{
    bool is_same = one->is_open == other->is_open && one->columns->len == other->columns->len;
    for (guint i = 0; is_same && i < one->columns->len; i++) {
        const MadeColumn *mine = g_ptr_array_index(one->columns, i),
                         *theirs = g_ptr_array_index(other->columns, i);
        is_same =
            mine->change == theirs->change && g_ascii_strcasecmp(mine->name, theirs->name) == 0;
    }
    return is_same;
}

/* One of them is enabled at a time, as for each database another one, and each makes the same columns. */
static bool
is_twin(const Making *making, const Entry *other)
{
    const DbtPlace *place = &making->entry->place;
    const Made *made = made_as_model(other);
    return place->root->settings != NULL && place->is_chosen && other->place.is_chosen &&
           made != NULL && !made->is_unclear && makes_the_same(making->made, made);
}

/* Several files are the model of one name. */
static bool
keep_doubled(Project *project, const Making *making)
{
    bool is_clear = true;
    const GPtrArray *same =
        making->made->name == NULL ? g_hash_table_lookup(project->by_model, making->key) : NULL;
    for (guint i = 0; same != NULL && is_clear && i < same->len; i++) {
        const Entry *entry = g_ptr_array_index(same, i);
        is_clear = entry == making->entry || is_twin(making, entry);
    }
    return !is_clear && keep_names(project, making->key,
                                   "it keeps the names of its columns: two files are called so");
}

/* ---- circles ---- */

/* Those that lead nowhere are in `seen`, which belongs to the key. */
static bool
reaches(const Project *project, const Making *from, const char *key, GHashTable *seen)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    g_ptr_array_add(left, (void *) from);
    while (left->len > 0) {
        const Making *making = g_ptr_array_steal_index_fast(left, left->len - 1);
        if (!g_hash_table_add(seen, (void *) making))
            continue;
        for (guint i = 0; i < making->made->reads->len; i++) {
            const Rename *read = g_ptr_array_index(making->made->reads, i);
            const Making *next = find(project, read->key);
            if (strcmp(read->key, key) == 0)
                return true;
            if (next != NULL)
                g_ptr_array_add(left, (void *) next);
        }
    }
    return false;
}

static int
count_reader(GHashTable *readers, Making *making, int more)
{
    int count = GPOINTER_TO_INT(g_hash_table_lookup(readers, making)) + more;
    g_hash_table_insert(readers, making, GINT_TO_POINTER(count));
    return count;
}

/* What this one reads has so many readers more; those that have none any more are put behind `unread`. */
static void
count_reads(const Project *project, const Making *making, GHashTable *readers, int more,
            GQueue *unread)
{
    for (guint i = 0; i < making->made->reads->len; i++) {
        const Rename *read = g_ptr_array_index(making->made->reads, i);
        Making *next = read->key != NULL ? (Making *) find(project, read->key) : NULL;
        if (next == NULL)
            continue;
        if (count_reader(readers, next, more) == 0 && unread != NULL)
            g_queue_push_tail(unread, next);
    }
}

/*
 * Those that may be in a circle, or be read by one: what nobody reads falls away, and with it what only that has read, until
 * nothing does. Where there is no circle nothing is left. The keys are Making *; caller frees.
 */
static GHashTable *
find_knots(const Project *project)
{
    GHashTable *left = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) readers = g_hash_table_new(NULL, NULL); /* how many are left */
    g_autoptr(GQueue) unread = g_queue_new();
    for (guint i = 0; i < project->makings->len; i++)
        g_hash_table_add(left, g_ptr_array_index(project->makings, i));
    for (guint i = 0; i < project->makings->len; i++) {
        Making *making = g_ptr_array_index(project->makings, i),
               *first = (Making *) find(project, making->key);
        count_reads(project, making, readers, 1, NULL);
        if (first != making) { /* what is made twice stays, both times */
            count_reader(readers, making, 1);
            count_reader(readers, first, 1);
        }
    }
    for (guint i = 0; i < project->makings->len; i++)
        if (g_hash_table_lookup(readers, g_ptr_array_index(project->makings, i)) == NULL)
            g_queue_push_tail(unread, g_ptr_array_index(project->makings, i));
    for (Making *making; (making = g_queue_pop_head(unread)) != NULL;) {
        g_hash_table_remove(left, making);
        count_reads(project, making, readers, -1, unread);
    }
    return left;
}

static bool
keep_circle(Project *project, const Making *making)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    return reaches(project, making, making->key, seen) &&
           keep_names(project, making->key,
                      "it keeps the names of its columns: it is made of itself, as it was before");
}

/* ---- all readers that need a person ---- */

/* Is it kept since all was settled, or made of what is? Then what reads it may need nobody. */
static bool
is_touched(const Project *project, const Making *making, GHashTable *seen)
{
    if (g_hash_table_contains(project->fresh, making->key))
        return true;
    if (!g_hash_table_add(seen, (void *) making))
        return false;
    for (guint i = 0; i < making->made->reads->len; i++) {
        const Rename *read = g_ptr_array_index(making->made->reads, i);
        const Making *next = read->key != NULL ? find(project, read->key) : NULL;
        if (next != NULL && is_touched(project, next, seen))
            return true;
    }
    return false;
}

static bool
reads_touched(const Project *project, const Entry *entry)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) makings = makings_in(project, entry);
    for (guint i = 0; i < makings->len; i++)
        if (is_touched(project, g_ptr_array_index(makings, i), seen))
            return true;
    return false;
}

/* As many at once as have nothing to do with each other: each time all is settled anew. */
static bool
keep_for_all(Project *project)
{
    bool has_kept = false;
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const Rewrite *rewrite = entry->file->rewrite;
        if (rewrite == NULL || (first_undecided(rewrite) == NULL && !entry->file->is_held))
            continue;
        if (!has_kept || !reads_touched(project, entry))
            has_kept = keep_for(project, entry) || has_kept;
    }
    return has_kept;
}

/* ---- the whole ---- */

bool
project_keep(Project *project)
{
    bool has_kept = false;
    g_autoptr(GHashTable) knots = find_knots(project);
    g_hash_table_remove_all(project->fresh);
    for (guint i = 0; i < project->makings->len; i++) {
        const Making *making = g_ptr_array_index(project->makings, i);
        if (making->made->is_unclear)
            has_kept |=
                keep_names(project, making->key,
                           "it keeps the names of its columns: branches of a template, or two "
                           "columns of one name, do not agree");
        has_kept |= keep_doubled(project, making) ||
                    (g_hash_table_contains(knots, making) && keep_circle(project, making));
    }
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        has_kept |= keep_contradicted(project, entry);
        has_kept |= keep_for_outside(project, entry);
    }
    return has_kept || keep_for_all(project);
}

/* A file that needs a person once its own view has other names makes no such view then, and so on without end. */
bool
project_keep_vanished(Project *project, GHashTable *known, const GPtrArray *next)
{
    bool has_kept = false;
    g_autoptr(GHashTable) said = makings_said(next);
    GHashTableIter iter;
    void *key, *text;
    g_hash_table_iter_init(&iter, known);
    while (g_hash_table_iter_next(&iter, &key, &text))
        if (g_strcmp0(g_hash_table_lookup(said, key), text) != 0)
            has_kept |= keep_names(project, key,
                                   "it keeps the names of its columns: with other names, the file "
                                   "that makes it would need a person");
    return has_kept;
}

bool
project_keep_all(Project *project)
{
    bool has_kept = false;
    for (guint i = 0; i < project->makings->len; i++)
        has_kept |=
            keep_names(project, ((const Making *) g_ptr_array_index(project->makings, i))->key,
                       "it keeps the names of its columns: there is no end to who reads whom");
    return has_kept;
}
