/*
 * makes.c - what strings of a program make: CREATE TABLE in one of them, and DROP TABLE in another.
 */
#include "rewrite/program/program.h"

/* Does the program name the new dataset, too? Then it may be the move itself, and what it drops is the old one. */
static bool
names_target(const Work *work, const Rename *rename)
{
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        guint length = g_strv_length(spelling->target);
        bool is_same = g_strv_equal((const char *const *) spelling->source,
                                    (const char *const *) spelling->target);
        if (!is_same && program_has_word(work, spelling->target[length - 1]) &&
            (length < 2 || program_has_word(work, spelling->target[length - 2])))
            return true;
    }
    return false;
}

bool
program_may_be_move(const Work *work)
{
    GHashTableIter iter;
    void *rename;
    if (work->options->defined == NULL)
        return false;
    g_hash_table_iter_init(&iter, (GHashTable *) work->options->defined);
    while (g_hash_table_iter_next(&iter, &rename, NULL))
        if (names_target(work, rename))
            return true;
    return false;
}

/* Where sites of the program stand for a statement that makes the dataset. */
typedef struct {
    const Rename *rename;
    size_t begin, end;
} Maker;

static void
note_maker(Work *work, const Rename *rename, guint first_site)
{
    Maker maker = {.rename = rename, .begin = SIZE_MAX};
    for (guint i = first_site; i < work->out->sites->len; i++) {
        const Site *site = g_ptr_array_index(work->out->sites, i);
        maker.begin = MIN(maker.begin, site->begin);
        maker.end = MAX(maker.end, site->end);
    }
    if (maker.end <= maker.begin)
        return;
    if (work->makers == NULL)
        work->makers = g_array_new(FALSE, FALSE, sizeof(Maker));
    g_array_append_val(work->makers, maker);
}

/* DROP TABLE in another string goes with it, as in a script. */
void
program_take_definitions(Work *work, Work *inner, guint first_site, bool is_run)
{
    GHashTableIter iter;
    void *rename;
    work->lacks_definition |= inner->lacks_definition;
    work->lets_through |= inner->lets_through;
    work->lacks_columns |= inner->lacks_columns;
    if (inner->defines != NULL) {
        g_hash_table_iter_init(&iter, inner->defines);
        while (is_run && g_hash_table_iter_next(&iter, &rename, NULL)) {
            set_add(&work->defines, rename);
            note_maker(work, rename, first_site);
        }
    }
    if (inner->new_made != NULL) {
        g_hash_table_iter_init(&iter, inner->new_made);
        while (is_run && g_hash_table_iter_next(&iter, &rename, NULL))
            set_add(&work->new_made, rename);
    }
    g_clear_pointer(&inner->defines, g_hash_table_unref);
    g_clear_pointer(&inner->new_made, g_hash_table_unref);
}

void
program_refuse_moves(Work *work)
{
    for (guint i = 0; work->makers != NULL && i < work->makers->len; i++) {
        const Maker *maker = &g_array_index(work->makers, Maker, i);
        if (!set_has(work->new_made, maker->rename))
            continue;
        sites_drop(work, maker->begin, maker->end);
        site_refuse(
            work, SITE_TABLE, maker->begin, maker->end, "makes-source", NULL,
            "the new dataset is made in this program, too: it is the move itself, and no consumer");
        g_hash_table_remove(work->defines, maker->rename);
    }
    g_clear_pointer(&work->makers, g_array_unref);
    g_clear_pointer(&work->new_made, g_hash_table_unref);
}
