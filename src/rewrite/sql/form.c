/*
 * form.c - was what reads a table that stays where it is rewritten before?
 *
 * Nothing but the names by which it is asked tells: an old one is left in nothing that was rewritten, and a new one is in
 * nothing else. What a star lets through is told of by those who read it.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#define BELOW_MAX 32 /* tables and queries below a star; people stack a dozen */

static bool
is_named_by_list(const SqlSource *source)
{
    return source->columns != NULL || (source->common != NULL && source->common->columns != NULL);
}

/* ---- the tables that stay, and whose columns come through ---- */

static const GPtrArray *bases_of_block(Work *work, const SqlBlock *block, int depth);

static void
add_bases(Work *work, GPtrArray *bases, const SqlSource *source, int depth)
{
    const Rename *rename = source_rename(source);
    const SqlQuery *query = source->common != NULL ? source->common->query : source->query;
    const SqlBlock *block = query != NULL ? query_first_block(query) : NULL;
    if (is_named_by_list(source) || bases->len >= BELOW_MAX)
        return;
    if (rename != NULL && rename->is_in_place && !rename->trades_names)
        g_ptr_array_add(bases, (void *) source);
    const GPtrArray *below = rename == NULL && block != NULL && block->has_star && depth < BELOW_MAX
                                 ? bases_of_block(work, block, depth + 1)
                                 : NULL;
    for (guint i = 0; below != NULL && i < below->len && bases->len < BELOW_MAX; i++)
        g_ptr_array_add(bases, g_ptr_array_index(below, i));
}

/* Each query is gone into once, also one that reads itself. */
static const GPtrArray *
bases_of_block(Work *work, const SqlBlock *block, int depth)
{
    GPtrArray *bases = g_hash_table_lookup(work->bases, block);
    if (bases != NULL)
        return bases;
    bases = g_ptr_array_new();
    g_hash_table_insert(work->bases, (void *) block, bases);
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        for (guint s = 0; item->is_star && s < block->sources->len; s++) {
            const SqlSource *below = g_ptr_array_index(block->sources, s);
            if (star_means(item, below))
                add_bases(work, bases, below, depth);
        }
    }
    return bases;
}

/* Those whose columns the source has. Caller frees. */
static GPtrArray *
bases_of(Work *work, const SqlSource *source)
{
    GPtrArray *bases = g_ptr_array_new();
    if (work->bases == NULL)
        work->bases = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    add_bases(work, bases, source, 0);
    return bases;
}

bool
source_has_gained(Work *work, const SqlSource *source, const char *name)
{
    if (!renames_gain(work->renames, name)) /* nearly all */
        return false;
    bool has_gained = false;
    g_autoptr(GPtrArray) bases = bases_of(work, source);
    for (guint i = 0; !has_gained && i < bases->len; i++)
        has_gained = rename_gains(source_rename(g_ptr_array_index(bases, i)), name);
    return has_gained;
}

/* ---- what they are asked for ---- */

static guint
form_at(const Work *work, const SqlSource *base)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(work->forms, base));
}

static void
note_form(Work *work, const SqlSource *source, const char *name, guint form)
{
    g_autoptr(GPtrArray) bases = bases_of(work, source);
    for (guint i = 0; i < bases->len; i++) {
        void *base = g_ptr_array_index(bases, i);
        if (rename_gains(source_rename(base), name))
            g_hash_table_insert(work->forms, base, GUINT_TO_POINTER(form_at(work, base) | form));
    }
}

/* Of the tables in sight: what gets the name; NULL: none does. */
static const SqlSource *
gainer_in_sight(Work *work, const SqlRef *ref)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent)
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source_has_gained(work, source, ref->path.parts[0].text))
                return source;
        }
    return NULL;
}

/* A name that a column gets: qualified it is that one, if this runs, and where nothing in sight has it today. Beside a table
 * of which nobody knows all columns it may be that one's. */
static void
note_new(Work *work, const SqlRef *ref, const SqlPart *part)
{
    bool is_bare = ref->path.count == 1 && !is_declared(work, part->text);
    bool is_qualified = ref->binding == BINDING_COLUMN && ref->column > 0;
    const SqlSource *source = is_qualified ? ref->source : NULL;
    if (is_bare && (ref->binding == BINDING_NONE || ref->binding == BINDING_COLUMN))
        source = gainer_in_sight(work, ref);
    if (source == NULL || source_has(work, source, part))
        return;
    bool is_guess = is_bare && ref->binding == BINDING_COLUMN;
    note_form(work, source, part->text, is_guess ? FORM_PERHAPS_NEW : FORM_NEW);
}

static void
note_ref(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = ref->binding == BINDING_COLUMN && ref->source != NULL
                                     ? source_change(work, ref->source, part)
                                     : NULL;
    if (change != NULL && change->to != NULL)
        note_form(work, ref->source, change->to, FORM_OLD);
    else if (change == NULL && renames_gain(work->renames, part->text))
        note_new(work, ref, part);
}

static bool
any_in_place(const Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++)
        if (((const Rename *) g_ptr_array_index(work->renames->list, i))->is_in_place)
            return true;
    return false;
}

static void
note_forms(Work *work)
{
    work->forms = g_hash_table_new(NULL, NULL);
    for (guint b = 0; any_in_place(work) && b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++)
            note_ref(work, g_ptr_array_index(block->refs, i));
    }
}

Form
source_form(Work *work, const SqlSource *source)
{
    guint form = FORM_UNTOLD;
    if (work->forms == NULL)
        note_forms(work);
    if (g_hash_table_size(work->forms) == 0)
        return FORM_UNTOLD;
    g_autoptr(GPtrArray) bases = bases_of(work, source);
    for (guint i = 0; i < bases->len; i++)
        form |= form_at(work, g_ptr_array_index(bases, i));
    if ((form & FORM_OLD) != 0)
        return (form & FORM_NEW) != 0 ? FORM_UNTOLD : FORM_OLD;
    return (form & FORM_NEW) != 0 ? FORM_NEW : (Form) form;
}
