/*
 * program_makes.c - what strings of a program make: CREATE TABLE in one of them, and DROP TABLE in another.
 */
#include "rewrite/program.h"

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

/* DROP TABLE in another string goes with it, as in a script. */
void
program_take_definitions(Work *work, Work *inner, bool is_run)
{
    GHashTableIter iter;
    void *rename;
    work->lacks_definition |= inner->lacks_definition;
    if (inner->defines == NULL)
        return;
    g_hash_table_iter_init(&iter, inner->defines);
    while (is_run && g_hash_table_iter_next(&iter, &rename, NULL))
        set_add(&work->defines, rename);
    g_clear_pointer(&inner->defines, g_hash_table_unref);
}
