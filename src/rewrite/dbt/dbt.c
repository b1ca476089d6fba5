/*
 * dbt.c - ref('model') and source('schema', 'table'), read in place, with packages and versions.
 *
 * Only calls with literals are understood. A mapping names a source as `schema.table`, a model as `model`,
 * `package.model`, `model.v2` or `package.model.v2`, as dbt's own files do.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <stdlib.h>
#include <string.h>

/* Reasons that do not depend on what is found. */
typedef struct {
    DbtDoubt version, latest, package, undeclared, other, model, elsewhere, move;
} Doubts;
static const Doubts doubts;

/* ---- names of the mapping ---- */

static bool
is_version(const char *part)
{
    return part[0] == 'v' && part[1] != '\0' && strspn(part + 1, "0123456789") == strlen(part + 1);
}

static DbtName
read_name(const char *text, bool is_source)
{
    DbtName name = {0};
    g_auto(GStrv) parts = g_strsplit(text, ".", SPELLING_PARTS_MAX);
    guint count = g_strv_length(parts);
    if (!is_source && count > 1 && is_version(parts[count - 1]))
        name.version = g_strdup(parts[--count] + 1);
    name.name = g_strdup(count > 0 ? parts[count - 1] : "");
    if (count > 1) {
        g_clear_pointer(&parts[count - 1], g_free);
        name.package = g_strjoinv(".", parts);
    }
    return name;
}

static void
name_clear(DbtName *name)
{
    g_free(name->package);
    g_free(name->name);
    g_free(name->version);
}

DbtRename *
dbt_rename_new(const char *from, const char *to, bool is_source)
{
    DbtRename *dbt = g_new0(DbtRename, 1);
    dbt->is_source = is_source;
    dbt->from = read_name(from, is_source);
    dbt->to = read_name(to, is_source);
    if (is_source && dbt->to.package == NULL)
        dbt->to.package = g_strdup(dbt->from.package);
    dbt_rename_spell(dbt);
    return dbt;
}

static DbtName
copy_name(const DbtName *name)
{
    return (DbtName){g_strdup(name->package), g_strdup(name->name), g_strdup(name->version)};
}

DbtRename *
dbt_rename_copy(const DbtRename *dbt)
{
    DbtRename *copy = g_new0(DbtRename, 1);
    copy->is_source = dbt->is_source;
    copy->from = copy_name(&dbt->from);
    copy->to = copy_name(&dbt->to);
    dbt_rename_spell(copy);
    return copy;
}

void
dbt_rename_spell(DbtRename *dbt)
{
    dbt->source[0] = dbt->from.name;
    dbt->target[0] = dbt->to.name;
    dbt->spelling =
        (Spelling){.source = dbt->source, .target = dbt->target, .last = dbt->from.name};
}

void
dbt_rename_free(DbtRename *dbt)
{
    if (dbt == NULL)
        return;
    name_clear(&dbt->from);
    name_clear(&dbt->to);
    g_free(dbt->identifier);
    g_free(dbt->seed);
    g_strfreev(dbt->seed_keys);
    if (dbt->doubt != NULL)
        g_free((char *) dbt->doubt->reason);
    g_free(dbt->doubt);
    g_free(dbt);
}

/* ---- calls ---- */

static bool
is_called(const char *text, const JinjaArgument *argument, const char *name)
{
    size_t bytes = strlen(name);
    return argument->callee_end - argument->callee == bytes &&
           memcmp(text + argument->callee, name, bytes) == 0;
}

static bool
is_keyword(const char *text, const JinjaArgument *argument, const char *name)
{
    size_t bytes = strlen(name);
    return argument->keyword_end - argument->keyword == bytes &&
           memcmp(text + argument->keyword, name, bytes) == 0;
}

static char *
copy(const char *text, const JinjaArgument *argument)
{
    return g_strndup(text + argument->begin, argument->end - argument->begin);
}

/* One more argument of the call; false when it is not understood. */
static bool
take_argument(const char *text, const JinjaArgument *argument, DbtCall *call)
{
    if (argument->keyword_end > 0) {
        if (!is_keyword(text, argument, "v") && !is_keyword(text, argument, "version"))
            return false;
        call->version = copy(text, argument);
        call->version_begin = argument->begin;
        call->version_end = argument->end;
        return true;
    }
    if (argument->kind != JINJA_LITERAL || argument->is_mixed || argument->place != call->count ||
        call->count == 2)
        return false;
    call->names[call->count] = copy(text, argument);
    call->begin[call->count] = argument->begin;
    call->end[call->count++] = argument->end;
    return true;
}

void
dbt_call_clear(DbtCall *call)
{
    g_free(call->names[0]);
    g_free(call->names[1]);
    g_free(call->version);
}

static void
call_free(void *data)
{
    dbt_call_clear(data);
    g_free(data);
}

bool
dbt_next_template(const char *text, size_t *at, size_t end, Token *ret)
{
    const char *open = *at < end ? memmem(text + *at, end - *at, "{{", 2) : NULL;
    const char *close = open != NULL ? memmem(open, (size_t) (text + end - open), "}}", 2) : NULL;
    if (close == NULL)
        return false;
    *at = (size_t) (close - text) + 2;
    *ret =
        (Token){.kind = TOKEN_TEMPLATE, .begin = (uint32_t) (open - text), .end = (uint32_t) *at};
    return true;
}

GPtrArray *
dbt_calls(const char *text, const Token *template)
{
    GPtrArray *calls = g_ptr_array_new_with_free_func(call_free);
    g_autoptr(GArray) found = jinja_arguments(text, template);
    DbtCall *call = NULL;
    uint32_t callee = UINT32_MAX;
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_ref = is_called(text, one, "ref"), is_source = is_called(text, one, "source");
        if (!is_ref && !is_source)
            continue;
        if (one->callee != callee) {
            call = g_new0(DbtCall, 1);
            callee = call->callee = one->callee;
            call->is_source = is_source;
            call->is_understood = true;
            g_ptr_array_add(calls, call);
        }
        call->is_understood = call->is_understood && take_argument(text, one, call);
    }
    for (guint i = 0; i < calls->len; i++) {
        call = g_ptr_array_index(calls, i);
        call->is_understood =
            call->is_understood && (call->is_source ? call->count == 2 : call->count > 0);
    }
    return calls;
}

/* The template is that call and nothing else, or gives it back: {{ return(ref('x')) }}, {% do return(ref('x')) %}. */
static bool
is_alone(const char *text, const Token *template, const DbtCall *call)
{
    g_autoptr(GArray) words = jinja_words(text, template);
    guint first, last;
    jinja_returned(text, words, &first, &last);
    return first + 1 < last && jinja_word(words, first)->begin == call->callee &&
           jinja_close(text, words, first + 1) + 1 == last;
}

DbtCall *
dbt_call_alone(const char *text, const Token *template)
{
    g_autoptr(GPtrArray) calls = dbt_calls(text, template);
    if (calls->len != 1)
        return NULL;
    const DbtCall *call = g_ptr_array_index(calls, 0);
    return call->is_understood && is_alone(text, template, call) ? g_ptr_array_steal_index(calls, 0)
                                                                 : NULL;
}

/* ---- meaning ---- */

static bool
is_meant(const DbtRename *dbt, const DbtCall *call)
{
    const char *name = call->names[call->count - 1],
               *package = call->count > 1 ? call->names[0] : NULL;
    if (dbt == NULL || dbt->is_source != call->is_source || strcmp(name, dbt->from.name) != 0)
        return false;
    if (dbt->needs_package && package == NULL)
        return false;
    return package == NULL || (dbt->from.package == NULL && !dbt->is_source) ||
           g_strcmp0(package, dbt->from.package) == 0;
}

/* Nobody says what the source is: its name is often its schema's. */
static const DbtDoubt *
doubt_by_name(const Rename *rename, const DbtCall *call, bool is_written)
{
    const DbtDoubt *doubt = NULL;
    for (guint s = 0; rename->dbt == NULL && s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        guint length = g_strv_length(spelling->source);
        if (g_ascii_strcasecmp(spelling->last, call->names[call->count - 1]) != 0)
            continue;
        if (!call->is_source)
            return is_written ? &doubts.elsewhere : &doubts.model;
        if (length > 1 && g_ascii_strcasecmp(spelling->source[length - 2], call->names[0]) == 0)
            return &doubts.undeclared;
        doubt = &doubts.other;
    }
    return doubt;
}

static const DbtDoubt *
doubt_by_names(const Work *work, const DbtCall *call)
{
    const GPtrArray *list = work->renames->list;
    const RewriteOptions *options = work->options;
    const DbtDoubt *doubt = NULL;
    bool is_written = options->manifests != NULL && !call->is_source &&
                      dbt_manifests_relation(options->manifests, &options->home,
                                             call->names[call->count - 1], call->version) != NULL;
    for (guint i = 0; (doubt == NULL || doubt->code == NULL) && i < list->len; i++) {
        const DbtDoubt *one = doubt_by_name(g_ptr_array_index(list, i), call, is_written);
        doubt = one != NULL ? one : doubt;
    }
    return doubt;
}

/* The file is the new model, or one that it is made of, or has a macro of it: by the new name, it would be made of itself. */
static bool
is_move(const Work *work, const Rename *rename)
{
    return !rename->is_derived && !rename->dbt->is_source && !rename_keeps_model(rename) &&
           project_makes(work->options, work->path, &rename->dbt->to);
}

/* ref('users') where the project's YAML says that the latest version is the one that the mapping goes to: it is read already. */
static const DbtDoubt *
doubt_of_version(const Work *work, const DbtRename *dbt, const DbtCall *call)
{
    const char *latest = dbt_latest(work->options, work->path, dbt->from.name);
    bool is_target = call->version == NULL && latest != NULL && dbt->from.version != NULL &&
                     strcmp(dbt->from.name, dbt->to.name) == 0 &&
                     g_strcmp0(latest, dbt->to.version) == 0;
    return is_target ? &doubts.latest : &doubts.version;
}

const Rename *
dbt_find(const Work *work, const DbtCall *call, const DbtDoubt **ret_doubt)
{
    const GPtrArray *list = work->renames->list;
    *ret_doubt = NULL;
    for (guint i = 0; call->is_understood && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!is_meant(rename->dbt, call))
            continue;
        if (!call->is_source && call->count > 1 &&
            dbt_is_of_other_package(work->options, &rename->dbt->from, call->names[0])) {
            *ret_doubt = &doubts.package;
            continue;
        }
        if (rename->dbt->doubt != NULL) {
            *ret_doubt = rename->dbt->doubt;
            continue;
        }
        if (g_strcmp0(call->version, rename->dbt->from.version) == 0 ||
            (call->version == NULL && rename->dbt->is_latest)) {
            bool is_of_move = is_move(work, rename);
            *ret_doubt = is_of_move ? &doubts.move : NULL;
            return is_of_move ? NULL : rename;
        }
        if (rename->is_derived) /* its versions are known */
            continue;
        /* another version, or the latest: which one that is depends on the project */
        bool is_unclear = call->version == NULL || rename->dbt->from.version == NULL;
        *ret_doubt = is_unclear ? doubt_of_version(work, rename->dbt, call) : NULL;
    }
    if (call->is_understood && *ret_doubt == NULL && !work->options->leaves_sources)
        *ret_doubt = doubt_by_names(work, call);
    return NULL;
}

const Rename *
dbt_find_target(const Work *work, const DbtCall *call)
{
    const char *package = call->count > 1 ? call->names[0] : NULL;
    for (guint i = 0; call->is_understood && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const DbtRename *dbt = rename->dbt;
        if (dbt == NULL || rename->is_derived || dbt->doubt != NULL ||
            dbt->is_source != call->is_source ||
            strcmp(dbt->to.name, call->names[call->count - 1]) != 0 ||
            g_strcmp0(dbt->to.version, call->version) != 0)
            continue;
        if (package == NULL || (dbt->to.package == NULL && !dbt->is_source) ||
            g_strcmp0(package, dbt->to.package) == 0)
            return rename;
    }
    return NULL;
}

void
dbt_tell(Work *work, const DbtDoubt *doubt, size_t begin, size_t end)
{
    if (doubt->code != NULL) {
        site_refuse(work, SITE_TABLE, begin, end, doubt->code, NULL, "%s", doubt->reason);
        return;
    }
    Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, begin, end);
    site->reason = keep(work, doubt->reason);
}

/* ---- writing ---- */

static void
edit_version(Work *work, const DbtRename *dbt, const DbtCall *call)
{
    size_t behind = call->end[call->count - 1] + 1; /* the quote, too */
    if (g_strcmp0(call->version, dbt->to.version) == 0)
        return;
    if (dbt->to.version == NULL) {
        edit_add(work, behind, call->version_end, "");
    } else if (call->version != NULL) {
        edit_add(work, call->version_begin, call->version_end, dbt->to.version);
    } else {
        g_autofree char *written = g_strdup_printf(", v=%s", dbt->to.version);
        edit_add(work, behind, behind, written);
    }
}

void
dbt_edit(Work *work, const DbtRename *dbt, const DbtCall *call)
{
    bool has_package = call->count > 1 && dbt->to.package != NULL && !call->is_wrapped;
    size_t last = call->count - 1, begin = call->begin[has_package ? 0 : last];
    if (call->is_wrapped && g_strcmp0(call->names[0], dbt->to.package) != 0) {
        site_refuse(
            work, SITE_TABLE, begin, call->end[last], "in-template", NULL,
            "'%s' is what the macro says, or is said behind it, and the new table is in '%s'",
            call->names[0], dbt->to.package);
        return;
    }
    g_autofree char *after = has_package ? g_strdup_printf("%s%.*s%s", dbt->to.package,
                                                           (int) (call->begin[1] - call->end[0]),
                                                           work->text + call->end[0], dbt->to.name)
                                         : g_strdup(dbt->to.name);
    site_edit(work, SITE_TABLE, begin, call->end[last], after);
    edit_version(work, dbt, call);
}

static const Doubts doubts = {
    .version = {"version", "another version of this model is mapped, or none: which one this means "
                           "depends on the project"},
    .latest = {NULL, "without a version this is the latest one, which the mapping goes to"},
    .undeclared = {"source-undeclared",
                   "this may be the dataset: no YAML that is looked at declares this source; look "
                   "at the whole project, or say `dbt:` in the mapping"},
    .other = {NULL, "a source of another name, with a table of the same name; no YAML that is "
                    "looked at declares it"},
    .elsewhere = {NULL,
                  "a model of the dataset's name, whose table is another one, as dbt's manifest "
                  "has it; if it is the dataset, say `dbt:` in the mapping"},
    .model = {NULL, "a model of the dataset's name: where dbt puts its table is not in these "
                    "files; if it is the dataset, say `dbt:` in the mapping"},
    .package = {NULL, "a model of that name in another package than that which makes the dataset"},
    .move = {"makes-source", "the new model is made of this one: it is the move itself, and no "
                             "consumer"},
};
