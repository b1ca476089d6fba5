/*
 * shared.c - parts of SQL that several statements of a mapper include.
 *
 * Each statement decides over the part as if it stood there. All have to decide alike, each time that they include it;
 * else nothing of the file is edited.
 */
#include "rewrite/program/mapper.h"
#include "rewrite/sql/parts.h"

#include <string.h>

struct Shared {
    GHashTable *decided; /* where a part begins: what is edited in it, as text */
    GHashTable *known;   /* what is edited and found in the file, as text */
    guint edits, sites;  /* of the file before this unit */
    Span torn;           /* the part on which they do not agree; empty: they do */
};

Shared *
shared_new(const Unit *unit)
{
    Shared *shared = g_new0(Shared, 1);
    *shared = (Shared){.decided = g_hash_table_new_full(NULL, NULL, NULL, g_free),
                       .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                       .edits = unit->work->out->edits->len,
                       .sites = unit->work->out->sites->len};
    return shared;
}

void
shared_free(Shared *shared)
{
    g_hash_table_unref(shared->decided);
    g_hash_table_unref(shared->known);
    g_free(shared);
}

/* AS is written as the statement around it writes its words: the part gets what the first one says. */
static char *
words_of_edit(const Edit *edit)
{
    char *words = g_strdup_printf("%010zu %010zu %s", edit->begin, edit->end, edit->text);
    char *as = strstr(words, " AS ");
    if (as != NULL)
        memcpy(as, " as ", strlen(" as "));
    return words;
}

static char *
words_of_site(const Site *site)
{
    return g_strdup_printf("%zu-%zu %d %d %s", site->begin, site->end, (int) site->kind,
                           (int) site->disposition, site->code);
}

static int
by_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The edits within the part, each of which has to be there as often as the part is; NULL when one is not. Caller frees. */
static char *
decided_in(const GPtrArray *edits, guint from, Span part, guint times)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = from; i < edits->len; i++) {
        const Edit *edit = g_ptr_array_index(edits, i);
        if (edit->begin >= part.begin && edit->end <= part.end)
            g_ptr_array_add(sorted, words_of_edit(edit));
    }
    g_ptr_array_sort(sorted, by_words);
    for (guint i = 0; i < sorted->len; i++) {
        const char *first = g_ptr_array_index(sorted, i - i % times);
        if (strcmp(first, g_ptr_array_index(sorted, i)) != 0)
            return NULL;
        if (i % times == 0)
            g_string_append_printf(all, "%s\n", first);
    }
    return sorted->len % times == 0 ? g_string_free(g_steal_pointer(&all), FALSE) : NULL;
}

static void
compare(Shared *shared, const GPtrArray *edits, guint from, const GArray *parts, guint index)
{
    Span part = g_array_index(parts, Span, index);
    guint times = 0;
    for (guint i = 0; i < parts->len; i++)
        times += g_array_index(parts, Span, i).begin == part.begin;
    g_autofree char *decided = decided_in(edits, from, part, times);
    const char *before = g_hash_table_lookup(shared->decided, GSIZE_TO_POINTER(part.begin));
    if (decided == NULL || (before != NULL && strcmp(before, decided) != 0))
        shared->torn = part;
    else if (before == NULL)
        g_hash_table_insert(shared->decided, GSIZE_TO_POINTER(part.begin),
                            g_steal_pointer(&decided));
}

/* What is decided in the same way a second time is decided once. */
static void
remove_doubles(Shared *shared, Rewrite *out, guint edits, guint sites)
{
    for (guint i = edits; i < out->edits->len;)
        if (g_hash_table_add(shared->known, words_of_edit(g_ptr_array_index(out->edits, i))))
            i++;
        else
            g_ptr_array_remove_index(out->edits, i);
    for (guint i = sites; i < out->sites->len;)
        if (g_hash_table_add(shared->known, words_of_site(g_ptr_array_index(out->sites, i))))
            i++;
        else
            g_ptr_array_remove_index(out->sites, i);
}

void
shared_visited(Shared *shared, Unit *unit, const Use *use, guint edits, guint sites)
{
    const Piece *piece = unit_piece(unit, use->first);
    Rewrite *out = unit->work->out;
    if (!piece->is_element)
        return;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Span));
    g_autoptr(Text) text = text_new(unit->text);
    mapper_decode(text, unit->language, piece, parts);
    for (guint i = 0; i < parts->len; i++)
        compare(shared, out->edits, edits, parts, i);
    if (parts->len > 0)
        remove_doubles(shared, out, edits, sites);
}

void
shared_finish(Shared *shared, Unit *unit)
{
    Rewrite *out = unit->work->out;
    if (shared->torn.end == 0)
        return;
    g_ptr_array_set_size(out->edits, shared->edits);
    for (guint i = shared->sites; i < out->sites->len; i++) {
        Site *site = g_ptr_array_index(out->sites, i);
        if (site->disposition != DISPOSITION_REWRITTEN)
            continue;
        site->disposition = DISPOSITION_NEEDS_PERSON;
        site->code = "fragment";
        site->reason = "another part of this file is included by statements that need it otherwise";
        site->after = NULL;
    }
    program_refuse(unit->work, unit->text, SITE_FILE, shared->torn.begin, shared->torn.begin,
                   "fragment", NULL,
                   "several statements include this part of SQL, and need it otherwise");
}
