/*
 * renames_index.c - which of all mappings may a name, or a text, speak of: looked up, however many they are.
 *
 * Most files see the mappings of all, and some of their own besides. What the others have is not gathered anew for them: they
 * stand on it (`base`).
 */
#include "rewrite/made.h"
#include "rewrite/work.h"

#include "base/text.h"

#include <string.h>

/* ---- is it worth reading? ---- */

static bool
mentions(const char *text, size_t bytes, const char *word)
{
    return text_find_folded(text, bytes, word) != NULL;
}

/* What each name of it has in it. */
static const char *
spelling_word(const Spelling *spelling)
{
    return spelling->stem != NULL ? spelling->stem : spelling->last;
}

bool
rename_is_mentioned(const Rename *rename, const char *text, size_t bytes)
{
    if (rename->dbt != NULL && mentions(text, bytes, rename->dbt->from.name))
        return true;
    if (rename->alias != NULL && mentions(text, bytes, rename->alias))
        return true;
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        if (mentions(text, bytes, spelling_word(spelling)) ||
            (spelling->escaped != NULL && mentions(text, bytes, spelling->escaped)))
            return true;
    }
    return false;
}

#define FEW_RENAMES                                                                                \
    4 /* so many are found faster one by one: a byte that is rare in a name is looked for */

static void
add_words(GPtrArray *words, const Rename *rename)
{
    if (rename->dbt != NULL)
        g_ptr_array_add(words, rename->dbt->from.name);
    if (rename->alias != NULL)
        g_ptr_array_add(words, rename->alias);
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        g_ptr_array_add(words, (char *) spelling_word(spelling));
        if (spelling->escaped != NULL)
            g_ptr_array_add(words, spelling->escaped);
    }
}

/* The last part, or NULL: nobody says it. */
static const char *
target_word(const Spelling *spelling)
{
    guint length = g_strv_length(spelling->target);
    return length > 0 ? spelling->target[length - 1] : NULL;
}

static void
add_targets(GPtrArray *words, const Rename *rename)
{
    for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
        const char *word = target_word(g_ptr_array_index(rename->spellings, s));
        if (word != NULL)
            g_ptr_array_add(words, (char *) word);
    }
}

static void
note_initials(Renames *renames, const Rename *rename)
{
    for (guint s = 0; s < rename->spellings->len; s++) {
        const char *last = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last;
        renames->initials[strlen(last) % RENAMES_LENGTHS] |= INITIAL_OF(*last);
        renames->all_initials |= INITIAL_OF(*last);
    }
}

/* The list of this name; a new one has what the base has under it, in front. */
static GPtrArray *
named_list(Renames *renames, RenamesBy by, const char *name)
{
    void *key = GUINT_TO_POINTER(sql_name_hash(name));
    GPtrArray *list = g_hash_table_lookup(renames->by[by], key);
    const GPtrArray *below =
        list == NULL && renames->base != NULL ? renames_ending_in(renames->base, by, name) : NULL;
    list = list_of(renames->by[by], key);
    if (below != NULL)
        g_ptr_array_extend(list, (GPtrArray *) below, NULL, NULL);
    return list;
}

static void
note_name(Renames *renames, RenamesBy by, const Rename *rename, const char *name)
{
    GPtrArray *list = named_list(renames, by, name);
    if (list->len == 0 || g_ptr_array_index(list, list->len - 1) != rename)
        g_ptr_array_add(list, (void *) rename);
}

/* The names are the other set's. */
static void
add_all(GHashTable *names, GHashTable *more)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, more);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(names, name);
}

/* Of `items.sku` what stands behind the last dot: what gives the elements of `items` has it for a column. */
static void
add_fields(GHashTable *names, GHashTable *more)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, more);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        char *dot = strrchr(name, '.');
        if (dot != NULL)
            g_hash_table_add(names, dot + 1);
    }
}

static void
note_names(Renames *renames, const Rename *rename)
{
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        note_name(renames, RENAMES_BY_LAST, rename, spelling->last);
        if (target_word(spelling) != NULL)
            note_name(renames, RENAMES_BY_TARGET, rename, target_word(spelling));
    }
    add_all(renames->gained, rename->gained);
    if (rename->has_fields)
        add_fields(renames->gained, rename->gained);
    add_all(renames->coming, rename->targets);
}

void
renames_clear_index(Renames *renames)
{
    g_clear_pointer(&renames->words, text_many_free);
    g_clear_pointer(&renames->targets, text_many_free);
    for (int by = 0; by < RENAMES_BYS; by++)
        g_clear_pointer(&renames->by[by], g_hash_table_unref);
    g_clear_pointer(&renames->gained, g_hash_table_unref);
    g_clear_pointer(&renames->coming, g_hash_table_unref);
}

static void
note_initials_of(Renames *renames, const Renames *base)
{
    memcpy(renames->initials, base->initials, sizeof renames->initials);
    renames->all_initials = base->all_initials;
}

void
renames_index(Renames *renames)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new(), targets = g_ptr_array_new();
    renames_clear_index(renames);
    for (int by = 0; by < RENAMES_BYS; by++)
        renames->by[by] =
            g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    renames->gained = g_hash_table_new(g_str_hash, g_str_equal);
    renames->coming = g_hash_table_new(g_str_hash, g_str_equal);
    if (renames->base != NULL)
        note_initials_of(renames, renames->base);
    for (guint i = renames->first_own; i < renames->list->len; i++) {
        note_initials(renames, g_ptr_array_index(renames->list, i));
        note_names(renames, g_ptr_array_index(renames->list, i));
    }
    if (renames->list->len - renames->first_own <= FEW_RENAMES)
        return;
    for (guint i = renames->first_own; i < renames->list->len; i++) {
        add_words(words, g_ptr_array_index(renames->list, i));
        add_targets(targets, g_ptr_array_index(renames->list, i));
    }
    renames->words = text_many_new(words);
    renames->targets = text_many_new(targets);
}

/* A star is rare, and looked for many bytes at once; the two together are not. */
static bool
has_wildcard(const char *text, size_t bytes)
{
    const char *end = text + bytes, *at = text;
    while (at < end && (at = memchr(at, '*', (size_t) (end - at))) != NULL) {
        at++;
        if (at < end && *at == '`')
            return true;
    }
    return false;
}

static bool
any_mentioned(const Renames *renames, const char *text, size_t bytes)
{
    if (renames->words != NULL && text_many_has(renames->words, text, bytes))
        return true;
    for (guint i = renames->first_own; renames->words == NULL && i < renames->list->len; i++)
        if (rename_is_mentioned(g_ptr_array_index(renames->list, i), text, bytes))
            return true;
    return renames->base != NULL && any_mentioned(renames->base, text, bytes);
}

static bool
is_left_in(const Rename *rename, const char *text, size_t bytes)
{
    bool names_target = false, names_column = false;
    bool has_any = rename->changes->len > 0 && !rename->is_derived; /* of a scan: never */
    for (guint s = 0; has_any && s < rename->spellings->len; s++) {
        const char *word = target_word(g_ptr_array_index(rename->spellings, s));
        names_target = names_target || (word != NULL && mentions(text, bytes, word));
    }
    for (guint i = 0; names_target && !names_column && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        names_column =
            rename_leaves_behind(rename, change) && mentions(text, bytes, change->column);
    }
    return names_column;
}

bool
renames_left_in(const Renames *renames, const char *text, size_t bytes)
{
    for (; renames != NULL; renames = renames->base) {
        if (renames->targets != NULL && !text_many_has(renames->targets, text, bytes))
            continue;
        for (guint i = renames->first_own; i < renames->list->len; i++)
            if (is_left_in(g_ptr_array_index(renames->list, i), text, bytes))
                return true;
    }
    return false;
}

bool
renames_mentioned(const Renames *renames, const char *text, size_t bytes)
{
    /* a wildcard may mean the dataset */
    return has_wildcard(text, bytes) || any_mentioned(renames, text, bytes);
}
