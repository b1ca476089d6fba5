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
    copy->advice = arena_text(arena, site->advice);
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

/* Of runs each is at least twice as long as the next one before another is begun, so they are no more than this. */
#define RUNS_MAX 32

/* What the first `count` sites cover, as runs, each in the order in which its sites begin: whoever goes through the text adds
 * one run, mostly. */
typedef struct SitesCovered {
    Covered *all;
    guint count, room;
    guint runs[RUNS_MAX], run_count; /* where each begins */
    const Site *last; /* of the sites: another one is there once one of them is dropped */
} SitesCovered;

static int
covered_by_begin(const void *a, const void *b)
{
    const Covered *one = a, *other = b;
    return one->begin < other->begin ? -1 : one->begin > other->begin;
}

/* The last two become one. */
static void
join_runs(SitesCovered *covered)
{
    guint first = covered->runs[--covered->run_count - 1];
    program_steps += covered->count - first;
    qsort(covered->all + first, covered->count - first, sizeof(Covered), covered_by_begin);
    for (guint i = first + 1; i < covered->count; i++)
        covered->all[i].end_max = MAX(covered->all[i].end_max, covered->all[i - 1].end_max);
}

static void
begin_run(SitesCovered *covered)
{
    for (guint n = covered->run_count; n > 1; n--) {
        guint last = covered->count - covered->runs[n - 1];
        if (covered->runs[n - 1] - covered->runs[n - 2] >= 2 * last)
            break;
        join_runs(covered);
    }
    covered->runs[covered->run_count++] = covered->count;
}

static void
take_in(SitesCovered *covered, const Site *site)
{
    Covered one = {site->begin, site->end};
    const Covered *before = covered->count > 0 ? &covered->all[covered->count - 1] : NULL;
    if (before == NULL || one.begin < before->begin)
        begin_run(covered);
    else
        one.end_max = MAX(one.end_max, before->end_max);
    covered->all[covered->count++] = one;
    covered->last = site;
}

static void
take_in_all(SitesCovered *covered, const GPtrArray *sites, Arena *arena)
{
    if (covered->room < sites->len) {
        covered->room = 2 * sites->len;
        Covered *more = arena_room(arena, covered->room * sizeof(Covered));
        if (covered->count > 0)
            memcpy(more, covered->all, covered->count * sizeof(Covered));
        covered->all = more;
    }
    while (covered->count < sites->len)
        take_in(covered, g_ptr_array_index(sites, covered->count));
}

/* Does any of a run begin before `end`, and end behind `begin`? */
static bool
run_has(const Covered *run, guint count, size_t begin, size_t end)
{
    guint low = 0, high = count; /* the first that begins at `end` or behind */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (run[middle].begin < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && run[low - 1].end_max > begin;
}

static bool
has(const SitesCovered *covered, size_t begin, size_t end)
{
    guint behind = covered->count;
    for (guint n = covered->run_count; n > 0; behind = covered->runs[--n]) {
        guint first = covered->runs[n - 1];
        if (run_has(covered->all + first, behind - first, begin, end))
            return true;
    }
    return false;
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
        covered->count = covered->run_count = 0;
    take_in_all(covered, sites, out->arena);
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
