/* written.c - see written.h. */
#include "change/written.h"

#include "base/text.h"

#include <string.h>

bool
look_file_is_open(const Look *look, const LookFile *file)
{
    return file->left == NULL && (file->written != NULL || !file->is_edited) &&
           file->rewrite->count[DISPOSITION_NEEDS_PERSON] > 0 &&
           file->rewrite->count[DISPOSITION_UNPARSABLE] == 0 &&
           file->bytes <= GATE_FILE_BYTES_MAX && gate_path_refused(file->path) == NULL &&
           !look_is_withheld(look, file->shown);
}

/* Those that people were left with. */
static int64_t
open_sites(const LookFile *file)
{
    return file->rewrite->count[DISPOSITION_NEEDS_PERSON] +
           file->rewrite->count[DISPOSITION_REWRITTEN];
}

int64_t
look_open_sites(const Look *look)
{
    int64_t sites = 0;
    for (guint i = 0; i < look->files->len; i++)
        if (look_file_is_open(look, look->files->pdata[i]))
            sites += open_sites(look->files->pdata[i]);
    return sites;
}

int64_t
look_written_sites(const Look *look)
{
    int64_t sites = 0;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        sites += file->written != NULL ? open_sites(file) : 0;
    }
    return sites;
}

static void
count_written(Look *look, const LookFile *file, int sign)
{
    look->count[DISPOSITION_NEEDS_PERSON] -= sign * open_sites(file);
    look->count[DISPOSITION_REWRITTEN] += sign * open_sites(file);
    look->files_edited += sign;
}

void
look_write(Look *look, LookFile *file, const char *text, size_t bytes)
{
    g_assert(file->written == NULL && !file->is_edited);
    file->written = g_malloc(bytes + 1);
    memcpy(file->written, text, bytes);
    file->written[bytes] = '\0';
    file->written_bytes = bytes;
    file->is_edited = true;
    count_written(look, file, 1);
}

void
look_unwrite(Look *look, LookFile *file)
{
    if (file->written == NULL)
        return;
    g_clear_pointer(&file->written, g_free);
    file->is_edited = false;
    count_written(look, file, -1);
}

/* ---- scope ---- */

static void
add_word(WrittenScope *scope, const char *word)
{
    if (word != NULL && *word != '\0')
        g_ptr_array_add(scope->words, (void *) word);
}

static void
add_columns(WrittenScope *scope, const Mapping *mapping)
{
    GPtrArray *changes = mapping_changes(mapping), *targets = mapping_targets(mapping);
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = changes->pdata[i];
        if (change->kind != CHANGE_NONE) {
            g_ptr_array_add(scope->kept, g_strdup(change->column));
            g_ptr_array_add(scope->kept, g_strdup(change->to));
        }
    }
    for (guint i = 0; i < targets->len; i++)
        g_ptr_array_add(scope->kept, g_strdup(targets->pdata[i]));
    for (guint i = 0; i < scope->kept->len; i++)
        add_word(scope, scope->kept->pdata[i]);
    g_ptr_array_unref(changes);
    g_ptr_array_unref(targets);
}

/* What stands in the place of a column, and its values, old and new. */
static void
add_brings(WrittenScope *scope, const Mapping *mapping)
{
    GPtrArray *changes = mapping_changes(mapping), *expressions = mapping_expressions(mapping);
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = changes->pdata[i];
        const char *old;
        json_t *new;
        if (change->expr != NULL)
            g_ptr_array_add(scope->brings, g_strdup(change->expr));
        json_object_foreach(change->values, old, new)
        {
            g_ptr_array_add(scope->brings, g_strdup(old));
            g_ptr_array_add(scope->brings, json_is_string(new) ? g_strdup(json_string_value(new))
                                                               : json_compact(new));
        }
    }
    for (guint i = 0; i < expressions->len; i++)
        g_ptr_array_add(scope->brings, g_strdup(expressions->pdata[i]));
    g_ptr_array_unref(changes);
    g_ptr_array_unref(expressions);
}

static WrittenScope *
scope_new(const ChangeRules *rules)
{
    WrittenScope *scope = g_new0(WrittenScope, 1);
    scope->sites = g_array_new(FALSE, FALSE, sizeof(GateSite));
    scope->words = g_ptr_array_new();
    scope->brings = g_ptr_array_new_with_free_func(g_free);
    scope->kept = g_ptr_array_new_with_free_func(g_free);
    add_word(scope, rules->source);
    add_word(scope, rules->target);
    scope->target = rules->target;
    if (rules->mapping != NULL) {
        const GPtrArray *aliases = mapping_aliases(rules->mapping);
        for (guint i = 0; aliases != NULL && i < aliases->len; i++)
            add_word(scope, aliases->pdata[i]);
        add_word(scope, mapping_source(rules->mapping));
        add_word(scope, mapping_target(rules->mapping));
        add_columns(scope, rules->mapping);
        add_brings(scope, rules->mapping);
    }
    g_ptr_array_add(scope->words, NULL);
    g_ptr_array_add(scope->brings, NULL);
    return scope;
}

static void
add_sites(WrittenScope *scope, const LookFile *file)
{
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = file->rewrite->sites->pdata[i];
        GateSite one = {file->path, site->line};
        if (site->disposition != DISPOSITION_UNAFFECTED)
            g_array_append_val(scope->sites, one);
    }
}

WrittenScope *
written_scope_new(const ChangeRules *rules, const Look *look)
{
    WrittenScope *scope = scope_new(rules);
    for (guint i = 0; i < look->files->len; i++)
        if (look_file_is_open(look, look->files->pdata[i]))
            add_sites(scope, look->files->pdata[i]);
    return scope;
}

void
written_scope_free(WrittenScope *scope)
{
    if (scope == NULL)
        return;
    g_array_unref(scope->sites);
    g_ptr_array_unref(scope->words);
    g_ptr_array_unref(scope->brings);
    g_ptr_array_unref(scope->kept);
    g_free(scope);
}

GPtrArray *
written_look(const WrittenScope *scope, const GateFile *files, size_t count)
{
    GateSpec spec = {.files = files,
                     .count = count,
                     .sites = (const GateSite *) (const void *) scope->sites->data,
                     .site_count = scope->sites->len,
                     .words = (const char *const *) scope->words->pdata,
                     .target = scope->target,
                     .brings = (const char *const *) scope->brings->pdata};
    return gate_look(&spec);
}

/* ---- columns that are gone ---- */

static bool
is_target_column(const GPtrArray *targets, const char *name)
{
    for (guint i = 0; name != NULL && i < targets->len; i++)
        if (g_ascii_strcasecmp(targets->pdata[i], name) == 0)
            return true;
    return false;
}

/* The text as if the new dataset were the old one: then rules find its columns, by where they stand. Caller frees. */
static char *
as_before(const ChangeRules *rules, const char *after, size_t bytes)
{
    g_autoptr(GString) text = g_string_new_len(after, (gssize) bytes);
    g_string_replace(text, rules->target, rules->source, 0);
    g_string_replace(text, mapping_target(rules->mapping), mapping_source(rules->mapping), 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static int
count_uses(const Rewrite *rewrite)
{
    int uses = 0;
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = rewrite->sites->pdata[i];
        uses += (site->kind == SITE_TABLE || site->kind == SITE_MENTION) &&
                site->disposition != DISPOSITION_UNAFFECTED;
    }
    return uses;
}

/* A place that is gone is not one that moved: code that reads nothing any more would pass all else. */
static bool
prove_uses(const ChangeRules *rules, const LookFile *file, const Rewrite *left, GError **error)
{
    int was = count_uses(file->rewrite), is = count_uses(left);
    return is >= was || fail(error, ERR_MISMATCH,
                             "'%s' names '%s' in %d places, and named '%s' in %d: none may be "
                             "taken away",
                             file->shown, rules->target, is, rules->source, was);
}

static bool
prove_columns(const ChangeRules *rules, const LookFile *file, const char *after, size_t bytes,
              GError **error)
{
    if (rules->is_in_place)
        return true;
    RewriteOptions options = rules->options;
    options.leaves_sources = true;
    g_autofree char *text = as_before(rules, after, bytes);
    g_autoptr(Rewrite) left =
        rewrite_text(file->path, text, strlen(text), rules->renames, &options);
    g_autoptr(GPtrArray) targets = mapping_targets(rules->mapping);
    if (!prove_uses(rules, file, left, error))
        return false;
    for (guint i = 0; i < left->sites->len; i++) {
        const Site *site = left->sites->pdata[i];
        bool is_column = site->kind == SITE_COLUMN || site->kind == SITE_STAR;
        bool is_old = site->disposition == DISPOSITION_REWRITTEN ||
                      site->disposition == DISPOSITION_NEEDS_PERSON;
        if (is_column && is_old && !is_target_column(targets, site->before)) {
            g_autofree char *shown = text_printable(site->before != NULL ? site->before : "");
            return fail(error, ERR_MISMATCH, "'%s' would read '%s' of '%s' in line %d: %s",
                        file->shown, shown, rules->target, site->line,
                        site->reason != NULL ? site->reason : "the new dataset does not have it");
        }
    }
    return true;
}

bool
written_prove(const ChangeRules *rules, const LookFile *file, const char *after, size_t after_bytes,
              GError **error)
{
    g_autoptr(WrittenScope) scope = scope_new(rules);
    GateFile one = {.path = file->path,
                    .before = file->text,
                    .before_bytes = file->bytes,
                    .after = after,
                    .after_bytes = after_bytes,
                    .mode_before = file->mode,
                    .mode_after = file->mode};
    add_sites(scope, file);
    g_autoptr(GPtrArray) findings = written_look(scope, &one, 1);
    const GateFinding *first = findings->len > 0 ? findings->pdata[0] : NULL;
    if (first != NULL)
        return fail(error, ERR_MISMATCH, "'%s', line %d: %s [%s]", file->shown, first->line,
                    first->text, first->code);
    return prove_columns(rules, file, after, after_bytes, error);
}

/* ---- from a commit ---- */

typedef struct {
    Look *look;
    GPtrArray *open; /* LookFile *, in the order of the blobs */
} Taking;

static bool
take_blob(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    Taking *taking = data;
    LookFile *file = taking->open->pdata[index];
    (void) error;
    if (count != file->bytes || memcmp(bytes, file->text, count) != 0)
        look_write(taking->look, file, bytes, count);
    return true;
}

static LookFile *
find_open(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        LookFile *file = look->files->pdata[i];
        if (file->written == NULL && strcmp(file->path, path) == 0 && look_file_is_open(look, file))
            return file;
    }
    return NULL;
}

bool
change_take_written(const Repository *repository, Look *look, const char *commit, GError **error)
{
    g_autoptr(GPtrArray) tree = NULL, open = g_ptr_array_new(), blobs = g_ptr_array_new();
    Taking taking = {look, open};
    if (look_open_sites(look) == 0)
        return true;
    if (!repository_tree(repository, commit, &tree, error))
        return false;
    for (guint i = 0; i < tree->len; i++) {
        TreeFile *file = tree->pdata[i];
        LookFile *found = find_open(look, file->path);
        if (found == NULL)
            continue;
        g_ptr_array_add(open, found);
        g_ptr_array_add(blobs, file);
    }
    return repository_blobs(repository, blobs, take_blob, &taking, error);
}
