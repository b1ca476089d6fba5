/*
 * hold.c - files that a constant, or a source, seed or model of dbt, ties together are changed together, or not at all.
 *
 * TABLE of config.py becomes the new dataset for all who import it: while one of them needs a person, config.py stays; and
 * while config.py stays, so do all whose columns would change with it. While the YAML that declares a source of dbt
 * stays, nobody can call it by its new name. A macro that stands for a table gives the old or the new one to all
 * who call it, and so does a variable of dbt_project.yml that is one. The columns of a seed, or of
 * a model that keeps its name, are those of its file and of all who read it. Rows in a file stay with the unit test that takes them.
 */
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/imports/imports.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"

#include <string.h>

/* One that names the dataset itself, too, is written once the names of what it reads stay, if nothing is left then. */
bool
entry_is_left(const Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    bool is_decided = rewrite != NULL && rewrite->edits->len > 0 && rewrite_is_decided(rewrite);
    return entry->left->len > 0 && !is_decided;
}

bool
entry_stays(const Entry *entry)
{
    return entry->held != NULL || entry->file->is_held || entry_is_left(entry) ||
           (entry->file->rewrite != NULL && !rewrite_is_decided(entry->file->rewrite));
}

bool
entry_is_changed(const Entry *entry)
{
    return entry->file->rewrite != NULL && entry->file->rewrite->edits->len > 0;
}

/* Where a person looks first. */
static int
line_that_stays(const Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    if (entry_is_left(entry))
        return ((const Site *) g_ptr_array_index(entry->left, 0))->line;
    for (guint i = 0; rewrite != NULL && i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site_hinders(site))
            return site->line;
    }
    return 1;
}

bool
entry_hold(Project *project, Entry *entry, size_t begin, size_t end, const char *what,
           const Entry *other)
{
    const char *text = entry->file->text;
    Site *site = arena_alloc(project->arena, sizeof(Site));
    *site = (Site){.kind = SITE_TABLE,
                   .disposition = DISPOSITION_NEEDS_PERSON,
                   .begin = begin,
                   .end = end,
                   .line = 1,
                   .column = 1,
                   .before = arena_copy(project->arena, text + begin, end - begin),
                   .code = "together"};
    for (size_t i = 0; i < begin; i++) {
        site->column = text[i] == '\n' ? 1 : site->column + 1;
        site->line += text[i] == '\n';
    }
    g_autofree char *reason = g_strdup_printf(
        "this name is %s in %s:%d, which stays as it is until a person decides: both "
        "have to change together",
        what, other->file->path, line_that_stays(other));
    site->reason = arena_text(project->arena, reason);
    entry->held = site;
    return true;
}

static bool
hold_for(Project *project, Entry *reader, const ImportUse *use)
{
    Entry *giver = g_hash_table_lookup(project->by_path, use->export->path);
    if (giver == NULL || giver == reader)
        return false;
    if (entry_stays(reader) && !entry_stays(giver) && entry_is_changed(giver))
        return entry_hold(project, giver, use->export->begin, use->export->end, "used", reader);
    if (entry_stays(giver) && !entry_stays(reader) && entry_is_changed(reader) && use->is_in_sql)
        return entry_hold(project, reader, use->begin, use->end, "set", giver);
    return false;
}

/* ---- sources of dbt ---- */

/* The file that has to change before the source can be read as the new table; NULL where it is there already. */
static const Entry *
declarer(const Project *project, const DbtRoot *root, const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    if (dbt == NULL || !dbt->is_source || dbt->doubt != NULL || rename->is_derived)
        return NULL;
    const DbtDeclared *from = dbt_declared_find(root, &dbt->from),
                      *to = dbt_declared_find(root, &dbt->to);
    bool is_there = to != NULL && (to != from || !to->has_identifier);
    return from != NULL && !is_there ? g_hash_table_lookup(project->by_path, from->path) : NULL;
}

/* Does the text name the source, by itself or by a macro that it calls, which is no place in it? */
static bool
names_source(const Entry *entry, const DbtName *name, size_t *ret_begin, size_t *ret_end)
{
    const ProjectFile *file = entry->file;
    size_t tables = strlen(entry->tables), at = 0;
    bool is_here = find_word(file->text, file->bytes, name->name, &at);
    *ret_begin = is_here ? at : 0;
    *ret_end = is_here ? at + strlen(name->name) : 0;
    return (is_here || find_word(entry->tables, tables, name->name, &at)) &&
           (find_word(file->text, file->bytes, name->package, &at) ||
            find_word(entry->tables, tables, name->package, &at));
}

static bool
hold_readers(Project *project, const DbtRoot *root, const Rename *rename)
{
    const Entry *giver = declarer(project, root, rename);
    bool has_held = false;
    if (giver == NULL || !entry_stays(giver))
        return false;
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        size_t begin = 0, end = 0;
        if (entry != giver && entry->place.root == root && !entry_stays(entry) &&
            entry_is_changed(entry) && names_source(entry, &rename->dbt->from, &begin, &end))
            has_held = entry_hold(project, entry, begin, end, "declared", giver) || has_held;
    }
    return has_held;
}

static bool
hold_sources(Project *project)
{
    bool has_held = false;
    for (guint r = 0; r < project->roots->len; r++) {
        const DbtRoot *root = g_ptr_array_index(project->roots, r);
        for (guint i = 0; i < root->renames->list->len; i++)
            has_held =
                hold_readers(project, root, g_ptr_array_index(root->renames->list, i)) || has_held;
    }
    return has_held;
}

/* The first file of the project that needs a person, and asks for the source under the name of before. */
static const Entry *
one_that_asks(const Project *project, const DbtRoot *root, const Entry *giver, const DbtName *name)
{
    for (guint i = 0; i < project->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(project->entries, i);
        size_t begin, end;
        if (entry != giver && entry->place.root == root && entry->file->rewrite != NULL &&
            code_is_sql(entry->file->path) && entry_stays(entry) &&
            names_source(entry, name, &begin, &end))
            return entry;
    }
    return NULL;
}

static void
tell_asked(const Project *project, const DbtRoot *root, const Rename *rename)
{
    const Entry *giver = declarer(project, root, rename);
    const Entry *other = giver != NULL && entry_is_changed(giver) && !entry_stays(giver)
                             ? one_that_asks(project, root, giver, &rename->dbt->from)
                             : NULL;
    if (other == NULL)
        return;
    g_autofree char *reason = g_strdup_printf(
        "dbt reads nothing of this project until %s:%d is decided, too: it asks for '%s', which is "
        "not declared any more",
        other->file->path, line_that_stays(other), rename->dbt->from.name);
    rewrite_add_note(giver->file->rewrite, reason);
}

void
project_tell_asked(const Project *project)
{
    for (guint r = 0; r < project->roots->len; r++) {
        const DbtRoot *root = g_ptr_array_index(project->roots, r);
        for (guint i = 0; i < root->renames->list->len; i++)
            tell_asked(project, root, g_ptr_array_index(root->renames->list, i));
    }
}

/* ---- seeds and models of dbt that keep their names ---- */

/* Is the file what makes it, or may it name its columns? */
static bool
speaks_of(const Entry *entry, const DbtRename *dbt)
{
    const ProjectFile *file = entry->file;
    size_t at = 0;
    return g_strcmp0(file->path, dbt->seed) == 0 ||
           g_strcmp0(entry->place.model, dbt->from.name) == 0 ||
           dbt_seeds_have_types(entry->place.root->renames, file->path, file->text) ||
           find_word(file->text, file->bytes, dbt->from.name, &at) ||
           find_word(entry->tables, strlen(entry->tables), dbt->from.name, &at);
}

/* Does dbt read the file? */
static bool
is_of_dbt(const Entry *entry)
{
    const char *path = entry->file->path;
    bool is_yaml = g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
    const DbtRoot *root = entry->place.root;
    return code_is_sql(path) || g_str_has_suffix(path, ".csv") || g_str_has_suffix(path, ".py") ||
           (is_yaml &&
            (strcmp(entry->file->rewrite->language, "dbt") == 0 ||
             g_str_has_suffix(path, "dbt_project.yml") || dbt_is_below(root, path, root->models)));
}

/* The first file that stays, of those that would have to change. */
static const Entry *
one_that_stays(const Project *project, const DbtRename *dbt)
{
    for (guint i = 0; i < project->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(project->entries, i);
        if (entry->file->rewrite != NULL && entry_stays(entry) && is_of_dbt(entry) &&
            speaks_of(entry, dbt))
            return entry;
    }
    return NULL;
}

static bool
hold_all(Project *project, const DbtRename *dbt, const Entry *other)
{
    bool has_held = false;
    for (guint i = 0; other != NULL && i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        size_t begin = 0;
        if (entry_stays(entry) || !entry_is_changed(entry) || !speaks_of(entry, dbt))
            continue;
        bool has_name = find_word(entry->file->text, entry->file->bytes, dbt->from.name, &begin);
        size_t end = has_name ? begin + strlen(dbt->from.name) : 0;
        has_held = entry_hold(project, entry, end > 0 ? begin : 0, end, "used", other) || has_held;
    }
    return has_held;
}

/* Is it made by a file that changes with it? */
static bool
is_made_here(const Project *project, const DbtRoot *root, const Rename *rename)
{
    if (rename->dbt == NULL || !rename_changes_columns(rename))
        return false;
    if (rename->dbt->seed != NULL)
        return true;
    g_autofree char *key = g_strdup_printf("%s %s", root->folder, rename->dbt->from.name);
    return rename_keeps_model(rename) && g_hash_table_contains(project->models, key);
}

/* Of one that gets another name, its file, while that cannot give the columns theirs. A reader that stays holds nobody up: it
 * asks for a model that is not there any more, and dbt says so. */
static const Entry *
maker_that_stays(const Project *project, const DbtRoot *root, const Rename *rename)
{
    const RewriteOptions options = {.made = root->made, .home = dbt_home(root)};
    const char *path = dbt_maker_path(&options, &rename->dbt->from);
    const Entry *entry = path != NULL ? g_hash_table_lookup(project->by_path, path) : NULL;
    return entry != NULL && entry->file->rewrite != NULL && entry_stays(entry) ? entry : NULL;
}

static bool
hold_rename(Project *project, const DbtRoot *root, const Rename *rename)
{
    const RewriteOptions options = {.made = root->made, .home = dbt_home(root)};
    const Entry *other = NULL;
    if (dbt_is_renamed(root->renames, &options, rename) && rename_changes_columns(rename))
        other = maker_that_stays(project, root, rename);
    else if (is_made_here(project, root, rename))
        other = one_that_stays(project, rename->dbt);
    return hold_all(project, rename->dbt, other);
}

static bool
hold_made(Project *project)
{
    bool has_held = false;
    for (guint r = 0; r < project->roots->len; r++) {
        const DbtRoot *root = g_ptr_array_index(project->roots, r);
        for (guint i = 0; i < root->renames->list->len; i++)
            has_held =
                hold_rename(project, root, g_ptr_array_index(root->renames->list, i)) || has_held;
    }
    return has_held;
}

/* ---- rows of unit tests ---- */

/* A file of rows stays with the test that takes them. */
static bool
hold_fixture(Project *project, const DbtFixture *fixture)
{
    Entry *entry =
        fixture->path != NULL ? g_hash_table_lookup(project->by_path, fixture->path) : NULL;
    bool has_held = false;
    for (guint i = 0; entry != NULL && i < fixture->uses->len; i++) {
        const Entry *user = g_hash_table_lookup(project->by_path, dbt_fixture_user(fixture, i));
        if (user != NULL && user->file->rewrite != NULL && entry_stays(user) &&
            entry_is_changed(entry) && !entry_stays(entry))
            has_held = entry_hold(project, entry, 0, 0, "used", user) || has_held;
    }
    return has_held;
}

static bool
hold_fixtures(Project *project)
{
    bool has_held = false;
    for (guint r = 0; r < project->roots->len; r++) {
        GHashTableIter iter;
        void *fixture;
        g_hash_table_iter_init(&iter,
                               ((const DbtRoot *) g_ptr_array_index(project->roots, r))->fixtures);
        while (g_hash_table_iter_next(&iter, NULL, &fixture))
            has_held = hold_fixture(project, fixture) || has_held;
    }
    return has_held;
}

/* ---- macros of dbt that stand for a table ---- */

typedef struct {
    Project *project;
    bool has_held;
} MacroTables;

/* `name(`, which is the macro's call, or its head. */
static bool
has_call(const Entry *entry, const char *name, size_t *ret)
{
    const char *text = entry->file->text;
    size_t bytes = entry->file->bytes, from = 0, at = 0;
    while (find_word(text + from, bytes - from, name, &at)) {
        *ret = from + at;
        from = *ret + strlen(name);
        size_t open = from;
        while (open < bytes && g_ascii_isspace(text[open]))
            open++;
        if (open < bytes && text[open] == '(')
            return true;
    }
    return false;
}

/* Who calls it gets what the macro's file says: the old table while that stays, the new one when it has changed. */
static bool
hold_caller(Project *project, Entry *giver, size_t in_giver, Entry *caller, const char *name)
{
    size_t in_caller = 0, bytes = strlen(name);
    if (caller == giver || caller->place.root != giver->place.root || *caller->tables == '\0' ||
        entry_stays(caller) == entry_stays(giver) || !code_is_sql(caller->file->path) ||
        !has_call(caller, name, &in_caller))
        return false;
    if (entry_stays(giver))
        return entry_is_changed(caller) &&
               entry_hold(project, caller, in_caller, in_caller + bytes, "set", giver);
    return caller->file->rewrite != NULL && entry_is_changed(giver) &&
           entry_hold(project, giver, in_giver, in_giver + bytes, "used", caller);
}

static void
hold_macro(const char *name, const char *table, const char *file, void *data)
{
    MacroTables *tables = data;
    Entry *giver = g_hash_table_lookup(tables->project->by_text, file);
    size_t head = 0;
    if (giver == NULL || giver->place.root == NULL ||
        !renames_mentioned(giver->place.root->renames, table, strlen(table)) ||
        !has_call(giver, name, &head))
        return;
    const GPtrArray *entries = tables->project->entries;
    for (guint i = 0; i < entries->len; i++)
        tables->has_held =
            hold_caller(tables->project, giver, head, g_ptr_array_index(entries, i), name) ||
            tables->has_held;
}

static bool
hold_macros(Project *project)
{
    MacroTables tables = {.project = project};
    macros_each_table(project->macros, hold_macro, &tables);
    return tables.has_held;
}

/* ---- variables of dbt that are a table ---- */

/* Who asks for it gets what dbt_project.yml says, with the columns of before or the new ones. */
static bool
hold_asker(Project *project, Entry *giver, const YamlNode *value, Entry *asker, size_t at)
{
    if (entry_stays(asker) == entry_stays(giver))
        return false;
    if (entry_stays(giver))
        return entry_is_changed(asker) &&
               entry_hold(project, asker, at, at + strlen("var"), "set", giver);
    return asker->file->rewrite != NULL && entry_is_changed(giver) &&
           entry_hold(project, giver, value->begin, value->end, "used", asker);
}

static bool
hold_by_vars(Project *project, Entry *asker)
{
    const DbtRoot *root = asker->place.root;
    if (!code_is_sql(asker->file->path) || *asker->tables == '\0')
        return false;
    g_autofree char *path = g_strconcat(root->folder, "dbt_project.yml", NULL);
    Entry *giver = g_hash_table_lookup(project->by_path, path);
    const YamlNode *value;
    bool has_held = false;
    size_t begin = 0, at = 0;
    while (giver != NULL && (value = dbt_var_next(dbt_settings(root), asker->file->text,
                                                  asker->file->bytes, &at, &begin)) != NULL)
        if (value->kind == YAML_SCALAR &&
            renames_mentioned(root->renames, value->text, strlen(value->text)))
            has_held = hold_asker(project, giver, value, asker, begin) || has_held;
    return has_held;
}

static bool
hold_vars(Project *project)
{
    bool has_held = false;
    for (guint i = 0; i < project->entries->len; i++)
        has_held = hold_by_vars(project, g_ptr_array_index(project->entries, i)) || has_held;
    return has_held;
}

bool
project_hold(Project *project)
{
    bool has_held = hold_sources(project);
    has_held = hold_made(project) || has_held;
    has_held = hold_fixtures(project) || has_held;
    has_held = hold_macros(project) || has_held;
    has_held = hold_vars(project) || has_held;
    has_held = project_hold_triggers(project) || has_held;
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const Rewrite *rewrite = entry->file->rewrite;
        for (guint u = 0; rewrite != NULL && u < rewrite->imports->len; u++)
            has_held = hold_for(project, entry, g_ptr_array_index(rewrite->imports, u)) || has_held;
    }
    return has_held;
}
