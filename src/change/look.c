/* look.c - see look.h. */
#include "change/look.h"
#include "change/look_dbt.h"

#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/exports.h"
#include "rewrite/project/project.h"

#include <string.h>

static void
look_file_free(void *data)
{
    LookFile *file = data;
    g_free(file->path);
    g_free(file->shown);
    g_free(file->blob);
    g_free(file->text);
    g_free(file->left);
    g_free(file->written);
    rewrite_free(file->rewrite);
    g_free(file);
}

void
look_free(Look *look)
{
    if (look == NULL)
        return;
    g_free(look->branch);
    g_free(look->commit);
    g_ptr_array_unref(look->files);
    g_ptr_array_unref(look->elsewhere);
    g_ptr_array_unref(look->passed_over);
    g_ptr_array_unref(look->paths);
    wishes_free(look->wishes);
    g_free(look->too_large);
    json_decref(look->withheld);
    g_clear_pointer(&look->parts, g_ptr_array_unref);
    g_free(look);
}

/* ---- looking ---- */

/* A file that was read; ProjectFile is its first member. */
typedef struct {
    ProjectFile file;
    char *blob;
    unsigned mode;
} Part;

typedef struct {
    const ChangeRules *rules;
    const GPtrArray *tree;
    Look *look;
    LookTick *tick;
    void *data;
    GPtrArray *parts; /* Part * */
    size_t bytes;     /* of all texts */
    Exports *exports; /* by which others may read the dataset that do not name it */
    GPtrArray *
        rest; /* TreeFile *, borrowed: programs that did not name it; NULL: this is the second look */
} Looking;

static void
part_free(void *data)
{
    Part *part = data;
    g_free((char *) part->file.path);
    g_free((char *) part->file.text);
    rewrite_free(part->file.rewrite);
    g_free(part->blob);
    g_free(part);
}

static void
count_file(Look *look, const LookFile *file)
{
    for (int i = 0; i < DISPOSITION_COUNT; i++) {
        bool stays = i == DISPOSITION_REWRITTEN && !file->is_edited;
        look->count[stays ? DISPOSITION_NEEDS_PERSON : i] += file->rewrite->count[i];
    }
    look->files_edited += file->is_edited;
}

static bool
is_of_use(Looking *looking, TreeFile *entry, const char *bytes, size_t count)
{
    const ChangeRules *rules = looking->rules;
    if (code_is_binary(bytes, count))
        return false;
    if (looking->rest == NULL)
        return exports_wanted(looking->exports, entry->path, bytes, count);
    if (look_is_dbt(entry->path) || renames_concern(rules->renames, entry->path, bytes, count) ||
        project_wants(entry->path, bytes, count, rules->renames, &rules->options))
        return true;
    if (exports_may_want(entry->path, bytes, count))
        g_ptr_array_add(looking->rest, entry);
    return false;
}

static bool
look_at_blob(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    Looking *looking = data;
    TreeFile *entry = looking->tree->pdata[index];
    const ChangeRules *rules = looking->rules;
    if (looking->tick != NULL && !looking->tick(looking->data))
        return fail(error, ERR_STOPPED, "asked to stop");
    if (strcmp(entry->path, WISHES_PATH) == 0) {
        wishes_free(looking->look->wishes);
        looking->look->wishes = wishes_parse(bytes, count);
        return true;
    }
    if (!is_of_use(looking, entry, bytes, count))
        return true;
    looking->bytes += count;
    if (looking->bytes > LOOK_TEXT_BYTES_MAX)
        return fail(
            error, ERR_LIMIT,
            "the code of '%s' and others is over %zu MiB: too much to be looked at together",
            entry->path, LOOK_TEXT_BYTES_MAX / 1024 / 1024);
    Part *part = g_new0(Part, 1);
    char *text = g_malloc(count + 1);
    memcpy(text, bytes, count);
    text[count] = '\0';
    if (looking->rest != NULL)
        exports_take(looking->exports,
                     exports_of(entry->path, text, count, rules->renames, &rules->options));
    *part = (Part){.file = {.path = g_strdup(entry->path), .text = text, .bytes = count},
                   .blob = g_strdup(entry->blob),
                   .mode = entry->mode};
    g_ptr_array_add(looking->parts, part);
    return true;
}

static int
by_path(const void *a, const void *b)
{
    const Part *one = *(Part *const *) a, *other = *(Part *const *) b;
    return strcmp(one->file.path, other->file.path);
}

static void
sort_in(Look *look, LookFile *file)
{
    bool is_ours = change_scope_has(look->scope, file->shown);
    g_ptr_array_add(is_ours ? look->files : look->elsewhere, file);
    if (is_ours)
        count_file(look, file);
}

static void
take_part(Look *look, Part *part)
{
    const Rewrite *rewrite = part->file.rewrite;
    if (rewrite == NULL || rewrite->sites->len == 0)
        return;
    LookFile *file = g_new0(LookFile, 1);
    *file = (LookFile){.path = g_strdup(part->file.path),
                       .shown = text_printable(part->file.path),
                       .blob = g_strdup(part->blob),
                       .mode = part->mode,
                       .text = g_memdup2(part->file.text, part->file.bytes + 1),
                       .bytes = part->file.bytes,
                       .rewrite = g_steal_pointer(&part->file.rewrite)};
    file->left = wishes_against(look->wishes, file->path);
    file->is_edited = file->left == NULL && rewrite->edits->len > 0 &&
                      rewrite->count[DISPOSITION_UNPARSABLE] == 0 && rewrite_is_decided(rewrite);
    sort_in(look, file);
}

bool
look_is_withheld(const Look *look, const char *shown)
{
    json_t *one;
    size_t i;
    json_array_foreach(look->withheld, i,
                       one) if (strcmp(json_get_string(one, "path", ""), shown) == 0) return true;
    return false;
}

/* What stays gives nothing to others either. */
static void
hold_part(const Look *look, Part *part)
{
    g_autofree char *left = wishes_against(look->wishes, part->file.path);
    g_autofree char *shown = text_printable(part->file.path);
    part->file.is_held =
        left != NULL || look_is_withheld(look, shown) || !change_scope_has(look->scope, shown);
}

static void
rewrite_parts(Look *look, const ChangeRules *rules, GPtrArray *parts)
{
    RewriteOptions options = rules->options;
    g_autoptr(DbtManifests) manifests = look_dbt_read(parts, look->passed_over);
    options.paths = look->paths;
    options.manifests = manifests;
    for (guint i = 0; i < parts->len; i++)
        hold_part(look, parts->pdata[i]);
    project_rewrite(parts, rules->renames, &options, 1);
    g_ptr_array_sort(parts, by_path);
    for (guint i = 0; i < parts->len; i++)
        take_part(look, parts->pdata[i]);
}

/* Those that name the dataset; then, where these give others a constant for it, those that may get it. */
static bool
read_parts(const Repository *repository, Looking *looking, GError **error)
{
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    looking->rest = rest;
    if (!repository_blobs(repository, looking->tree, look_at_blob, looking, error))
        return false;
    looking->rest = NULL;
    looking->tree = rest;
    return exports_are_empty(looking->exports) || rest->len == 0 ||
           repository_blobs(repository, rest, look_at_blob, looking, error);
}

/* Files that are too large for code are named, not read. */
static void
drop_huge(Look *look, GPtrArray *tree)
{
    for (guint i = tree->len; i > 0; i--) {
        const TreeFile *file = tree->pdata[i - 1];
        if (file->bytes <= CODE_FILE_BYTES_MAX)
            continue;
        g_autofree char *shown = text_printable(file->path);
        g_ptr_array_add(look->passed_over, g_steal_pointer(&shown));
        g_ptr_array_remove_index(tree, i - 1);
    }
}

bool
look_at(const Repository *repository, const ChangeRules *rules, const char *commit, LookTick *tick,
        void *data, Look **ret, GError **error)
{
    g_autoptr(Look) look = g_new0(Look, 1);
    g_autoptr(GPtrArray) tree = NULL;
    look->files = g_ptr_array_new_with_free_func(look_file_free);
    look->elsewhere = g_ptr_array_new_with_free_func(look_file_free);
    look->scope = rules->scope;
    look->passed_over = g_ptr_array_new_with_free_func(g_free);
    look->paths = g_ptr_array_new_with_free_func(g_free);
    if (!repository_head(repository, &look->branch, &look->commit, error))
        return false;
    if (commit != NULL) {
        g_free(look->commit);
        look->commit = g_strdup(commit);
    }
    if (!repository_tree(repository, look->commit, &tree, error))
        return false;
    drop_huge(look, tree);
    look->files_read = tree->len;
    for (guint i = 0; i < tree->len; i++)
        g_ptr_array_add(look->paths, g_strdup(((const TreeFile *) tree->pdata[i])->path));
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);
    g_autoptr(Exports) exports = exports_new();
    Looking looking = {rules, tree, look, tick, data, parts, 0, exports, NULL};
    if (!read_parts(repository, &looking, error))
        return false;
    rewrite_parts(look, rules, parts);
    if (rules->options.propagates || !exports_are_empty(exports))
        look->parts = g_steal_pointer(&parts);
    *ret = g_steal_pointer(&look);
    return true;
}

/* ---- what stays ---- */

/* What a file that stays would have given to others is not given: all is done once more. */
static void
look_again(Look *look, const ChangeRules *rules)
{
    g_ptr_array_set_size(look->files, 0);
    g_ptr_array_set_size(look->elsewhere, 0);
    memset(look->count, 0, sizeof look->count);
    look->files_edited = 0;
    rewrite_parts(look, rules, look->parts);
}

static void
keep_withheld(Look *look)
{
    for (guint i = 0; i < look->files->len; i++) {
        LookFile *file = look->files->pdata[i];
        if (!file->is_edited || !look_is_withheld(look, file->shown))
            continue;
        int edits = file->rewrite->count[DISPOSITION_REWRITTEN];
        file->is_edited = false;
        look->files_edited--;
        look->count[DISPOSITION_REWRITTEN] -= edits;
        look->count[DISPOSITION_NEEDS_PERSON] += edits;
    }
}

void
look_withhold(Look *look, const ChangeRules *rules, const json_t *withheld)
{
    if (json_array_size(withheld) == 0)
        return;
    look->withheld = json_deep_copy(withheld);
    if (look->parts != NULL)
        look_again(look, rules);
    keep_withheld(look);
}

/* ---- parts of it ---- */

static int
by_file_path(const void *a, const void *b)
{
    const LookFile *one = *(LookFile *const *) a, *other = *(LookFile *const *) b;
    return strcmp(one->path, other->path);
}

/* Where no file follows another each is what it is, whoever else is there. */
static void
sort_again(Look *look)
{
    g_autoptr(GPtrArray) all = look->files;
    g_ptr_array_extend_and_steal(all, look->elsewhere);
    g_ptr_array_set_free_func(all, NULL);
    g_ptr_array_sort(all, by_file_path);
    look->files = g_ptr_array_new_with_free_func(look_file_free);
    look->elsewhere = g_ptr_array_new_with_free_func(look_file_free);
    memset(look->count, 0, sizeof look->count);
    look->files_edited = 0;
    for (guint i = 0; i < all->len; i++)
        sort_in(look, all->pdata[i]);
}

void
look_narrow(Look *look, const ChangeRules *rules, const ChangeScope *scope)
{
    look->scope = scope;
    if (look->parts == NULL) {
        sort_again(look);
        return;
    }
    look_again(look, rules);
    keep_withheld(look);
}
