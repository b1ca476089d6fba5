/* look.c - see look.h. */
#include "change/look.h"
#include "change/look_dbt.h"

#include "base/text.h"
#include "gate/gate.h"
#include "rewrite/code.h"
#include "rewrite/exports.h"
#include "rewrite/project.h"

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
    g_ptr_array_unref(look->passed_over);
    g_ptr_array_unref(look->paths);
    wishes_free(look->wishes);
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
    if (look_is_dbt(entry->path) || renames_mentioned(rules->renames, bytes, count) ||
        project_wants(entry->path, bytes, count, &rules->options))
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
    g_ptr_array_add(look->files, file);
    count_file(look, file);
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
    part->file.is_held = left != NULL || look_is_withheld(look, shown);
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
    memset(look->count, 0, sizeof look->count);
    look->files_edited = 0;
    rewrite_parts(look, rules, look->parts);
}

void
look_withhold(Look *look, const ChangeRules *rules, const json_t *withheld)
{
    if (json_array_size(withheld) == 0)
        return;
    look->withheld = json_deep_copy(withheld);
    if (look->parts != NULL)
        look_again(look, rules);
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

/* ---- telling ---- */

char *
look_file_after(const LookFile *file, size_t *ret_bytes)
{
    if (file->written == NULL)
        return rewrite_apply(file->rewrite, file->text, file->bytes, ret_bytes);
    *ret_bytes = file->written_bytes;
    return g_memdup2(file->written, file->written_bytes + 1);
}

json_t *
look_blobs(const Look *look)
{
    json_t *blobs = json_object();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        json_set_string(blobs, file->shown, file->blob);
    }
    return blobs;
}

json_t *
look_counts(const Look *look)
{
    json_t *counts = json_object();
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        json_set_int(counts, disposition_name((Disposition) i), look->count[i]);
    return counts;
}

static void
add_reason(json_t *reasons, const char *path, int line, const char *code, const char *text)
{
    json_t *reason = json_object();
    g_autofree char *shown = text_printable(text);
    json_set_string(reason, "path", path);
    json_set_int(reason, "line", line);
    json_set_string(reason, "code", code);
    json_set_string(reason, "text", shown);
    json_array_append_new(reasons, reason);
}

static bool
has_places(const LookFile *file)
{
    return file->rewrite->count[DISPOSITION_REWRITTEN] > 0 ||
           file->rewrite->count[DISPOSITION_NEEDS_PERSON] > 0;
}

static void
add_reasons_of(json_t *reasons, const LookFile *file)
{
    if (file->left != NULL && has_places(file) && json_array_size(reasons) < LOOK_REASONS_MAX)
        add_reason(reasons, file->shown, 0, "opted-out", file->left);
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = file->rewrite->sites->pdata[i];
        bool is_left = file->written == NULL && (site->disposition == DISPOSITION_NEEDS_PERSON ||
                                                 site->disposition == DISPOSITION_UNPARSABLE);
        if (is_left && json_array_size(reasons) < LOOK_REASONS_MAX)
            add_reason(reasons, file->shown, site->line,
                       site->disposition == DISPOSITION_UNPARSABLE ? "unparsable" : site->code,
                       site->reason != NULL ? site->reason : "not decided");
    }
}

json_t *
look_reasons(const Look *look)
{
    json_t *reasons = json_array(), *one;
    size_t w;
    json_array_foreach(look->withheld, w, one)
        add_reason(reasons, json_get_string(one, "path", ""), (int) json_get_int(one, "line", 0),
                   "other-rows", json_get_string(one, "text", ""));
    for (guint i = 0; i < look->files->len; i++)
        add_reasons_of(reasons, look->files->pdata[i]);
    for (guint i = 0; i < look->passed_over->len; i++)
        if (json_array_size(reasons) < LOOK_REASONS_MAX)
            add_reason(reasons, look->passed_over->pdata[i], 0, "too-large",
                       "too large to be code: nobody looked into it");
    return reasons;
}

static int
compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Quotes, case and spaces are how somebody writes. Caller frees. */
static char *
plain_words(const char *text, size_t bytes)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (size_t i = 0; i < bytes; i++)
        if (strchr("\"`[]'", text[i]) == NULL)
            g_string_append_c(plain, g_ascii_tolower(text[i]));
    g_strstrip(plain->str);
    return text_printable(plain->str);
}

static void
add_classes_of(GHashTable *classes, const LookFile *file)
{
    bool is_by_rules = file->is_edited && file->written == NULL;
    for (guint i = 0; is_by_rules && i < file->rewrite->edits->len; i++) {
        const Edit *edit = file->rewrite->edits->pdata[i];
        g_autofree char *before = plain_words(file->text + edit->begin, edit->end - edit->begin);
        g_autofree char *after = plain_words(edit->text, strlen(edit->text));
        g_hash_table_add(classes, *before != '\0' ? g_strdup_printf("%s -> %s", before, after)
                                                  : g_strdup_printf("+ %s", after));
    }
}

json_t *
look_classes(const Look *look)
{
    g_autoptr(GHashTable) classes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    json_t *ret = json_array();
    GHashTableIter iter;
    void *class;
    for (guint i = 0; i < look->files->len; i++)
        add_classes_of(classes, look->files->pdata[i]);
    g_hash_table_iter_init(&iter, classes);
    while (g_hash_table_iter_next(&iter, &class, NULL))
        g_ptr_array_add(sorted, class);
    g_ptr_array_sort(sorted, compare_text);
    for (guint i = 0; i < MIN(sorted->len, LOOK_CLASSES_MAX); i++)
        json_array_append_new(ret, json_string(sorted->pdata[i]));
    return ret;
}

char *
look_diff(const Look *look)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (!file->is_edited)
            continue;
        g_autofree char *diff =
            file->written == NULL
                ? rewrite_diff(file->rewrite, file->shown, file->text, file->bytes)
                : gate_diff(file->shown, file->text, file->bytes, file->written,
                            file->written_bytes);
        if (all->len + strlen(diff) > LOOK_DIFF_BYTES_MAX) {
            g_string_append(all, "# and more, which is too much to be kept\n");
            break;
        }
        g_string_append(all, diff);
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}
