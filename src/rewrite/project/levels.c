/*
 * levels.c - in which order files are rewritten, so that each finds what those make that it reads.
 *
 * Models of dbt, as ref() says, by themselves or in macros: a level is those whose longest way to a model that reads none has
 * the same length. Files that dbt runs nothing of (YAML, programs) are read by none, and come last. Where models read each other in a
 * circle, or views do, the order does not matter: rounds are repeated until nothing changes.
 */
#include "rewrite/code.h"
#include "rewrite/project/parts.h"

#define NOT_KNOWN G_MAXUINT
#define BUSY (G_MAXUINT - 1)

/* An entry whose level is being found. */
typedef struct {
    const Entry *entry;
    GPtrArray *reads; /* const Entry * */
    guint next;       /* of them */
    guint level;      /* as far as they are known */
} Step;

static void
step_into(const Project *project, GArray *steps, guint *levels, const Entry *entry)
{
    const DbtHome home = dbt_home(entry->place.root);
    Step step = {.entry = entry, .reads = project_reads(project->columns, &home, entry)};
    levels[entry->number] = BUSY;
    g_array_append_val(steps, step);
}

/* One more of what the last one reads; when there is none, its level is known. */
static void
go_on(const Project *project, GArray *steps, guint *levels)
{
    Step *step = &g_array_index(steps, Step, steps->len - 1);
    if (step->next == step->reads->len) {
        levels[step->entry->number] = step->level;
        g_ptr_array_unref(step->reads);
        g_array_set_size(steps, steps->len - 1);
        return;
    }
    const Entry *read = g_ptr_array_index(step->reads, step->next);
    guint level = levels[read->number];
    if (level == NOT_KNOWN) {
        step_into(project, steps, levels, read);
        return;
    }
    step->next++;
    if (level != BUSY)
        step->level = MAX(step->level, level + 1);
}

static bool
is_read(const Entry *entry)
{
    return entry->place.root != NULL && code_is_sql(entry->file->path);
}

/* The count of levels. */
static guint
find_levels(const Project *project, guint *levels)
{
    guint count = 0;
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    for (guint i = 0; i < project->entries->len; i++)
        levels[i] = NOT_KNOWN;
    for (guint i = 0; i < project->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(project->entries, i);
        if (levels[i] == NOT_KNOWN && is_read(entry))
            step_into(project, steps, levels, entry);
        while (steps->len > 0)
            go_on(project, steps, levels);
        if (is_read(entry))
            count = MAX(count, levels[i] + 1);
    }
    return count;
}

const GPtrArray *
project_levels(Project *project)
{
    if (project->levels != NULL)
        return project->levels;
    g_autofree guint *levels = g_new(guint, project->entries->len);
    guint count = find_levels(project, levels);
    project->levels = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    for (guint l = 0; l <= count; l++)
        g_ptr_array_add(project->levels, g_ptr_array_new());
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        g_ptr_array_add(g_ptr_array_index(project->levels, is_read(entry) ? levels[i] : count),
                        entry);
    }
    return project->levels;
}
