/* split.c - see split.h. */
#include "change/split.h"

#include "base/text.h"

#include <string.h>

typedef struct {
    Look *look;
    const ChangeRules *rules;
    const SplitTrial *trial; /* or NULL */
    int trials_left;
    GPtrArray *parts;  /* SplitPart * */
    GHashTable *whole; /* path -> what the whole makes of it */
} Splitting;

static void
part_free(void *data)
{
    SplitPart *part = data;
    g_ptr_array_unref(part->owners);
    g_ptr_array_unref(part->why);
    change_scope_free(part->scope);
    json_decref(part->checks);
    g_free(part);
}

static void
splitting_clear(Splitting *splitting)
{
    g_clear_pointer(&splitting->parts, g_ptr_array_unref);
    g_clear_pointer(&splitting->whole, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Splitting, splitting_clear)

/* ---- whose files ---- */

/* A file of which somebody has to hear. */
static bool
concerns(const LookFile *file)
{
    return file->is_edited || file->rewrite->count[DISPOSITION_REWRITTEN] > 0 ||
           file->rewrite->count[DISPOSITION_NEEDS_PERSON] > 0 ||
           file->rewrite->count[DISPOSITION_UNPARSABLE] > 0;
}

static SplitPart *
part_of(GPtrArray *parts, const char *owner)
{
    for (guint i = 0; i < parts->len; i++) {
        SplitPart *part = parts->pdata[i];
        if (strcmp(part->owners->pdata[0], owner) == 0)
            return part;
    }
    SplitPart *part = g_new0(SplitPart, 1);
    part->owners = g_ptr_array_new_with_free_func(g_free);
    part->why = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(part->owners, g_strdup(owner));
    g_ptr_array_add(parts, part);
    return part;
}

static int
by_owner(const void *a, const void *b)
{
    const SplitPart *one = *(SplitPart *const *) a, *other = *(SplitPart *const *) b;
    return strcmp(one->owners->pdata[0], other->owners->pdata[0]);
}

/* What becomes of a file, as one text. Caller frees. */
static char *
print_of(const LookFile *file)
{
    size_t bytes = 0;
    g_autofree char *after = look_file_after(file, &bytes);
    g_autofree char *digest = sha256_of(after, bytes);
    const int *count = file->rewrite->count;
    return g_strdup_printf("%d %d %d %d %s", file->is_edited, count[DISPOSITION_REWRITTEN],
                           count[DISPOSITION_NEEDS_PERSON], count[DISPOSITION_UNPARSABLE], digest);
}

/* ---- scopes ---- */

static bool
is_owner(const SplitPart *part, const char *owner)
{
    return g_ptr_array_find_with_equal_func(part->owners, owner, g_str_equal, NULL);
}

/* The first takes what no other has. */
static void
put_scopes(Splitting *splitting, GHashTable *owners)
{
    GHashTableIter iter;
    void *path, *owner;
    for (guint i = 0; i < splitting->parts->len; i++) {
        SplitPart *part = splitting->parts->pdata[i];
        change_scope_free(part->scope);
        part->scope = change_scope_new(i == 0);
        g_hash_table_iter_init(&iter, owners);
        while (g_hash_table_iter_next(&iter, &path, &owner))
            if (is_owner(part, owner) == (i > 0))
                change_scope_add(part->scope, path);
    }
}

/* ---- alone ---- */

/* Narrowed to that scope, a file of which becomes something else than in the whole; NULL: there is none. Caller frees. */
static char *
other_in(const Splitting *splitting, const ChangeScope *scope)
{
    Look *look = splitting->look;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    void *path, *before;
    look_narrow(look, splitting->rules, scope);
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        const char *whole = g_hash_table_lookup(splitting->whole, file->shown);
        g_autofree char *print = print_of(file);
        g_hash_table_add(seen, file->shown);
        if (concerns(file) && g_strcmp0(whole, print) != 0)
            return g_strdup(file->shown);
    }
    g_hash_table_iter_init(&iter, splitting->whole);
    while (g_hash_table_iter_next(&iter, &path, &before))
        if (change_scope_has(scope, path) && !g_hash_table_contains(seen, path))
            return g_strdup(path);
    return NULL;
}

static ChangeScope *
scope_of_two(const GHashTable *owners, const SplitPart *one, const SplitPart *other)
{
    ChangeScope *scope = change_scope_new(false);
    GHashTableIter iter;
    void *path, *owner;
    g_hash_table_iter_init(&iter, (GHashTable *) owners);
    while (g_hash_table_iter_next(&iter, &path, &owner))
        if (is_owner(one, owner) || is_owner(other, owner))
            change_scope_add(scope, path);
    return scope;
}

/* ---- together ---- */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
add_texts(GPtrArray *to, const GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(to, g_strdup(texts->pdata[i]));
}

/* What is of `from` is of `into` from now on. */
static void
join(Splitting *splitting, SplitPart *into, SplitPart *from)
{
    add_texts(into->owners, from->owners);
    add_texts(into->why, from->why);
    g_ptr_array_sort(into->owners, by_text);
    g_ptr_array_remove(splitting->parts, from);
    g_ptr_array_sort(splitting->parts, by_owner);
}

static void
join_all(Splitting *splitting, char *take_why)
{
    SplitPart *first = splitting->parts->pdata[0];
    g_ptr_array_add(first->why, take_why);
    while (splitting->parts->len > 1)
        join(splitting, first, splitting->parts->pdata[1]);
}

/* Narrowed to that scope, does the file become what it does in the whole? */
static bool
is_same_in(const Splitting *splitting, const ChangeScope *scope, const char *shown)
{
    look_narrow(splitting->look, splitting->rules, scope);
    const GPtrArray *files = splitting->look->files;
    for (guint i = 0; i < files->len; i++) {
        const LookFile *file = files->pdata[i];
        if (strcmp(file->shown, shown) != 0)
            continue;
        g_autofree char *print = print_of(file);
        return g_strcmp0(g_hash_table_lookup(splitting->whole, shown), print) == 0;
    }
    return false;
}

/* With whose files the part's file becomes what it does in the whole; NULL: with nobody's alone. */
static SplitPart *
needed_by(const Splitting *splitting, const SplitPart *part, const char *shown,
          const GHashTable *owners)
{
    for (guint i = 0; i < splitting->parts->len; i++) {
        SplitPart *other = splitting->parts->pdata[i];
        if (other == part)
            continue;
        g_autoptr(ChangeScope) both = scope_of_two(owners, part, other);
        if (is_same_in(splitting, both, shown))
            return other;
    }
    return NULL;
}

/* False: each stands by itself. */
static bool
join_once(Splitting *splitting, GHashTable *owners)
{
    for (guint i = 0; i < splitting->parts->len; i++) {
        SplitPart *part = splitting->parts->pdata[i];
        g_autofree char *path = other_in(splitting, part->scope);
        if (path == NULL)
            continue;
        SplitPart *other = needed_by(splitting, part, path, owners);
        if (other == NULL) {
            join_all(splitting, g_strdup_printf("'%s' needs what others' files become", path));
            return false;
        }
        g_ptr_array_add(part->why, g_strdup_printf("'%s' needs what the files of %s become", path,
                                                   (const char *) other->owners->pdata[0]));
        join(splitting, part, other);
        return splitting->parts->len > 1;
    }
    return false;
}

/* ---- tried ---- */

/* Narrowed to that scope. The last word on `part` is kept with it. */
static bool
try_in(Splitting *splitting, const ChangeScope *scope, SplitPart *part, char **ret_red,
       GError **error)
{
    json_t *checks = NULL;
    look_narrow(splitting->look, splitting->rules, scope);
    splitting->trials_left--;
    if (!splitting->trial->run(splitting->trial->data, &checks, ret_red, error))
        return false;
    json_decref(part->checks);
    part->checks = checks;
    return true;
}

/* With whose files it is green; `*ret` NULL: with nobody's alone. */
static bool
find_green(Splitting *splitting, SplitPart *part, const GHashTable *owners, SplitPart **ret,
           GError **error)
{
    *ret = NULL;
    for (guint i = 0; i < splitting->parts->len && splitting->trials_left > 0; i++) {
        SplitPart *other = splitting->parts->pdata[i];
        g_autofree char *red = NULL;
        if (other == part)
            continue;
        g_autoptr(ChangeScope) both = scope_of_two(owners, part, other);
        if (!try_in(splitting, both, part, &red, error))
            return false;
        if (red != NULL)
            continue;
        *ret = other;
        return true;
    }
    return true;
}

/* Together all of it is green, as `all` says. */
static void
join_red(Splitting *splitting, SplitPart *part, SplitPart *other, const char *red, json_t *all)
{
    const char *whose = part->owners->pdata[0];
    if (other != NULL) {
        g_ptr_array_add(part->why, g_strdup_printf("alone, what changes of %s fails %s, and not "
                                                   "with the files of %s",
                                                   whose, red, (char *) other->owners->pdata[0]));
        join(splitting, part, other);
        return;
    }
    join_all(splitting,
             g_strdup_printf("alone, what changes of %s fails %s, and not with all", whose, red));
    SplitPart *first = splitting->parts->pdata[0];
    json_decref(first->checks);
    first->checks = json_incref(all);
}

/* One after the other, until each is green by itself. `all`: what the whole gave. */
static bool
try_parts(Splitting *splitting, GHashTable *owners, json_t *all, GError **error)
{
    for (guint i = 0; i < splitting->parts->len && splitting->parts->len > 1;) {
        SplitPart *part = splitting->parts->pdata[i], *other = NULL;
        g_autofree char *red = NULL;
        bool is_tried = part->checks != NULL;
        if (!is_tried && splitting->trials_left <= 0) {
            join_all(splitting, g_strdup("to try each alone takes too long"));
            return true;
        }
        if (!is_tried && (!try_in(splitting, part->scope, part, &red, error) ||
                          (red != NULL && !find_green(splitting, part, owners, &other, error))))
            return false;
        i = red != NULL ? 0 : i + 1;
        if (red != NULL) {
            join_red(splitting, part, other, red, all);
            put_scopes(splitting, owners);
        }
    }
    return true;
}

/* What is red with all of them is no ground to keep them together. */
static bool
try_all(Splitting *splitting, GHashTable *owners, GError **error)
{
    g_autoptr(json_t) all = NULL;
    g_autofree char *red = NULL;
    if (splitting->trial == NULL || splitting->parts->len < 2)
        return true;
    look_narrow(splitting->look, splitting->rules, NULL);
    return splitting->trial->run(splitting->trial->data, &all, &red, error) &&
           (red != NULL || try_parts(splitting, owners, all, error));
}

/* ---- the whole ---- */

/* path -> owner, of all files that concern anybody. */
static GHashTable *
find_owners(Splitting *splitting, SplitOwner *owner_of, void *data)
{
    GHashTable *owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < splitting->look->files->len; i++) {
        const LookFile *file = splitting->look->files->pdata[i];
        if (!concerns(file))
            continue;
        const char *owner = owner_of(file->path, data);
        part_of(splitting->parts, owner);
        g_hash_table_insert(owners, g_strdup(file->shown), g_strdup(owner));
        g_hash_table_insert(splitting->whole, g_strdup(file->shown), print_of(file));
    }
    g_ptr_array_sort(splitting->parts, by_owner);
    return owners;
}

bool
look_split(Look *look, const ChangeRules *rules, SplitOwner *owner_of, void *data,
           const SplitTrial *trial, GPtrArray **ret, GError **error)
{
    g_auto(Splitting)
        splitting = {.look = look,
                     .rules = rules,
                     .trial = trial,
                     .trials_left = SPLIT_TRIALS_MAX,
                     .parts = g_ptr_array_new_with_free_func(part_free),
                     .whole = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_autoptr(GHashTable) owners = find_owners(&splitting, owner_of, data);
    if (splitting.parts->len > SPLIT_PARTS_MAX)
        join_all(&splitting, g_strdup_printf("they are of more than %d owners", SPLIT_PARTS_MAX));
    do
        put_scopes(&splitting, owners);
    while (look->parts != NULL && splitting.parts->len > 1 && join_once(&splitting, owners));
    put_scopes(&splitting, owners);
    bool ok = try_all(&splitting, owners, error);
    put_scopes(&splitting, owners);
    look_narrow(look, rules, NULL);
    if (ok)
        *ret = g_steal_pointer(&splitting.parts);
    return ok;
}
