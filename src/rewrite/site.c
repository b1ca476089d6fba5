/* site.c - sites and edits as they are found. */
#include "rewrite/work.h"

#include <stdlib.h>
#include <string.h>

char *
keep(Work *work, const char *text)
{
    return arena_text(work->out->arena, text);
}

Site *
site_add(Work *work, SiteKind kind, Disposition disposition, size_t begin, size_t end)
{
    Arena *arena = work->out->arena;
    Site *site = arena_room(arena, sizeof(Site));
    *site = (Site){.kind = kind,
                   .disposition = disposition,
                   .begin = begin,
                   .end = end,
                   .before = arena_copy(arena, work->text + begin, end - begin),
                   .code = ""};
    g_ptr_array_add(work->out->sites, site);
    return site;
}

Site *
site_copy(Arena *arena, const Site *site)
{
    Site *copy = arena_alloc(arena, sizeof(Site));
    *copy = *site;
    copy->before = arena_text(arena, site->before);
    copy->after = arena_text(arena, site->after);
    copy->reason = arena_text(arena, site->reason);
    copy->link = arena_text(arena, site->link);
    copy->keeps = arena_text(arena, site->keeps);
    return copy;
}

void
site_refuse(Work *work, SiteKind kind, size_t begin, size_t end, const char *code, const char *link,
            const char *format, ...)
{
    va_list args;
    Site *site = site_add(work, kind, DISPOSITION_NEEDS_PERSON, begin, end);
    site->code = code;
    site->link = keep(work, link);
    va_start(args, format);
    site->reason = arena_vprintf(work->out->arena, format, args);
    va_end(args);
}

/* The text lives as long as the result. */
static void
edit_add_kept(Work *work, size_t begin, size_t end, const char *text)
{
    Edit *edit = arena_room(work->out->arena, sizeof(Edit));
    *edit = (Edit){.begin = begin, .end = end, .text = text};
    g_ptr_array_add(work->out->edits, edit);
}

void
edit_add(Work *work, size_t begin, size_t end, const char *text)
{
    edit_add_kept(work, begin, end, keep(work, text));
}

void
site_edit(Work *work, SiteKind kind, size_t begin, size_t end, const char *after)
{
    Site *site = site_add(work, kind, DISPOSITION_REWRITTEN, begin, end);
    site->after = keep(work, after);
    if (g_strcmp0(site->before, after) == 0)
        site->disposition = DISPOSITION_ALREADY;
    else
        edit_add_kept(work, begin, end, site->after);
}

/* Bytes of a site; `end_max` is the furthest of all that begin here or before. */
typedef struct {
    size_t begin, end_max;
} Covered;

/* What the first `count` sites cover, in the order in which they begin. */
typedef struct SitesCovered {
    Covered *all;
    guint count, room;
    const Site *last; /* of them: another one is there once one of them is dropped */
} SitesCovered;

#define FEW 16 /* are put at their places one by one; more are sorted among all */

static int
covered_by_begin(const void *a, const void *b)
{
    const Covered *one = a, *other = b;
    return one->begin < other->begin ? -1 : one->begin > other->begin;
}

/* Those from `first` on are new, and mostly found in their order. The first that is not where it was. */
static guint
put_in_order(Covered *all, guint first, guint count)
{
    guint sorted = MAX(first, 1), lowest = first;
    while (sorted < count && all[sorted - 1].begin <= all[sorted].begin)
        sorted++;
    if (sorted < count && count - sorted > FEW) {
        qsort(all, count, sizeof *all, covered_by_begin);
        return 0;
    }
    for (; sorted < count; sorted++) {
        Covered one = all[sorted];
        guint at = sorted;
        for (; at > 0 && all[at - 1].begin > one.begin; at--)
            all[at] = all[at - 1];
        all[at] = one;
        lowest = MIN(lowest, at);
    }
    return lowest;
}

static void
take_in(SitesCovered *covered, const GPtrArray *sites, Arena *arena)
{
    guint first = covered->count;
    if (covered->room < sites->len) {
        covered->room = 2 * sites->len;
        Covered *more = arena_room(arena, covered->room * sizeof(Covered));
        if (first > 0)
            memcpy(more, covered->all, first * sizeof(Covered));
        covered->all = more;
    }
    for (; covered->count < sites->len; covered->count++) {
        covered->last = g_ptr_array_index(sites, covered->count);
        covered->all[covered->count] = (Covered){covered->last->begin, covered->last->end};
    }
    for (guint i = MAX(put_in_order(covered->all, first, covered->count), 1); i < covered->count;
         i++)
        covered->all[i].end_max = MAX(covered->all[i].end_max, covered->all[i - 1].end_max);
}

/* Does any of them begin before `end`, and end behind `begin`? */
static bool
has(const SitesCovered *covered, size_t begin, size_t end)
{
    guint low = 0, high = covered->count; /* the first that begins at `end` or behind */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (covered->all[middle].begin < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && covered->all[low - 1].end_max > begin;
}

bool
site_covers(const Work *work, size_t begin, size_t end)
{
    Rewrite *out = work->out;
    const GPtrArray *sites = out->sites;
    if (out->covered == NULL) {
        out->covered = arena_room(out->arena, sizeof(SitesCovered));
        *out->covered = (SitesCovered){0};
    }
    SitesCovered *covered = out->covered;
    if (covered->count > sites->len ||
        (covered->count > 0 && sites->pdata[covered->count - 1] != covered->last))
        covered->count = 0;
    if (covered->count < sites->len)
        take_in(covered, sites, out->arena);
    return has(covered, begin, end);
}

void
sites_drop(Work *work, size_t begin, size_t end)
{
    GPtrArray *edits = work->out->edits, *sites = work->out->sites;
    for (guint i = edits->len; i > 0; i--) {
        const Edit *edit = g_ptr_array_index(edits, i - 1);
        if (edit->begin >= begin && edit->end <= end)
            g_ptr_array_remove_index(edits, i - 1);
    }
    for (guint i = sites->len; i > 0; i--) {
        const Site *site = g_ptr_array_index(sites, i - 1);
        if (site->begin >= begin && site->end <= end)
            g_ptr_array_remove_index(sites, i - 1);
    }
}
