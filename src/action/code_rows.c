/* code_rows.c - see code_rows.h. */
#include "action/code_rows.h"

#include "action/code_look.h"
#include "action/code_queries.h"
#include "action/code_whose.h"
#include "base/json.h"
#include "change/back.h"
#include "change/split.h"
#include "change/written.h"
#include "coding/own_checks.h"
#include "model/change_key.h"

#include <string.h>

/* ---- whose code ---- */

/* What a row has of whoever it belongs to. */
static const char *const of_consumer[] = {"consumer",  "owner",        "deploy",   "verify",
                                          "reviewers", "reviewers_of", "found_by", NULL};

static void
take_consumer(json_t *row, const json_t *sharer)
{
    for (size_t i = 0; of_consumer[i] != NULL; i++) {
        json_t *value = json_object_get(sharer, of_consumer[i]);
        if (value != NULL)
            json_object_set(row, of_consumer[i], value);
        else
            json_object_del(row, of_consumer[i]);
    }
}

void
code_place_share(json_t *place, const json_t *consumer, const char *found_by)
{
    json_t *sharers = json_object_get(place, "sharers"), *sharer = json_object();
    if (sharers == NULL)
        json_object_set_new(place, "sharers", sharers = json_array());
    json_set_string(sharer, "consumer",
                    json_get_string(consumer, "consumer", json_get_string(consumer, "ref", "")));
    json_set_string(sharer, "owner", json_get_string(consumer, "owner", ""));
    json_set_string(sharer, "deploy", json_get_string(consumer, "deploy", "merge"));
    json_set_string(sharer, "verify", json_get_string(consumer, "verify", NULL));
    json_set_string(sharer, "folder", json_get_string(consumer, "folder", NULL));
    json_set_string(sharer, "found_by", json_get_string(consumer, "found_by", found_by));
    if (json_object_get(consumer, "reviewers") != NULL)
        json_object_set(sharer, "reviewers", json_object_get(consumer, "reviewers"));
    json_set_string(sharer, "reviewers_of", json_get_string(consumer, "reviewers_of", NULL));
    json_array_append_new(sharers, sharer);
    if (json_array_size(sharers) == 1)
        take_consumer(place, sharer);
}

/* A place as a row. Caller owns. */
static json_t *
row_of(const json_t *place)
{
    json_t *row = json_deep_copy(place);
    json_object_del(row, "sharers");
    json_object_del(row, "by_owner");
    code_put_nothing(row);
    return row;
}

/* ---- the host ---- */

/* A name of one host may be somebody else's at another. */
static void
keep_reviewers_of(json_t *row, const char *kind)
{
    const char *of = json_get_string(row, "reviewers_of", NULL);
    if (kind == NULL || (of != NULL && g_strcmp0(of, kind) != 0))
        json_object_del(row, "reviewers");
    json_object_del(row, "reviewers_of");
}

bool
code_place_put_host(const Config *config, json_t *place, GError **error)
{
    const RepositoryConfig *where;
    const char *name;
    json_t *sharer;
    size_t i;
    if (!config_repository_url(config, json_get_string(place, "repository", ""), &where, &name,
                               error))
        return false;
    const char *kind = where->forge != NULL ? forge_kind_name(where->forge->kind) : NULL;
    const char *asks = where->forge != NULL && where->forge->asks_owners ? kind : NULL;
    json_set_string(place, "host", kind);
    if (where->forge != NULL && where->forge->merges)
        json_set_string(place, "merge", "auto"); /* unless its own file says nothing of it */
    if (where->forge != NULL && where->forge->builds_first && where->forge->kind != FORGE_GIT)
        json_set_bool(place, "preflight", true);
    keep_reviewers_of(place, asks);
    json_array_foreach(json_object_get(place, "sharers"), i, sharer)
        keep_reviewers_of(sharer, asks);
    return true;
}

/* ---- one row ---- */

/* What it stands on is seen now, and may move; that it stands on what runs is part of the plan. */
static void
put_base(json_t *row, const Look *look, const ChangeBase *base)
{
    json_object_set_new(row, "base",
                        json_pack("{s:s, s:s}", "branch", look->branch, "commit", look->commit));
    if (base->service != NULL)
        json_object_set_new(
            row, "upon", json_pack("{s:s, s:s}", "service", base->service, "commit", base->commit));
}

/* Whoever is asked for a yes sees which of it goes to a coding agent. */
static void
put_coding(json_t *row, const json_t *coding, const Look *look)
{
    json_t *files = json_array(), *mine;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (look_file_is_open(look, file))
            json_array_append_new(files, json_string(file->shown));
    }
    if (coding != NULL && json_array_size(files) > 0) {
        mine = json_deep_copy(coding);
        json_set_int(mine, "sites", look_open_sites(look));
        json_object_set(mine, "files", files);
        json_object_set_new(row, "coding", mine);
    }
    json_decref(files);
}

/* What its own file says; NULL: it has none. */
static void
put_wishes(json_t *row, const Wishes *wishes)
{
    if (wishes == NULL || !wishes->merges)
        json_object_del(row, "merge");
    if (wishes == NULL)
        return;
    json_set_string(row, "not_before", wishes->not_before);
    if (wishes->is_draft)
        json_set_bool(row, "draft", true);
    if (wishes->keeps_hours) {
        g_autofree char *hours = wishes_hours_text(wishes);
        json_set_string(row, "hours", hours);
    }
    if (wishes->pulls_max > 0)
        json_object_set_new(row, "limits",
                            json_pack("{s:I}", "pulls", (json_int_t) wishes->pulls_max));
}

/* Of the files in scope. */
static void
put_proofs(json_t *row, const json_t *proofs, const ChangeScope *scope)
{
    g_autoptr(json_t) own = json_array();
    json_t *proof;
    size_t i;
    if (proofs == NULL)
        return;
    json_array_foreach(proofs, i,
                       proof) if (change_scope_has(scope, json_get_string(proof, "path", "")))
        json_array_append(own, proof);
    g_autoptr(json_t) different = code_queries_different(own);
    if (json_array_size(different) > 0)
        json_object_set(row, "withheld", different);
    json_object_set_new(row, "queries", code_queries_count(own));
}

/* The row is taken over. */
/* Both ways: the plain one, and that by the inverse of the mapping. */
static void
rehearse_back(const CodeFound *found, json_t *row)
{
    if (!found->is_planning || found->look->files_edited == 0)
        return;
    json_t *back = back_rehearse(found->rules, found->look);
    if (back == NULL)
        back = json_object();
    back_rehearse_commit(found->repository, found->config, found->look, back);
    json_object_set_new(row, "back", back);
}

static void
put_row(const CodeFound *found, const ChangeScope *scope, json_t *take_row, json_t *rows,
        GPtrArray *diffs)
{
    Look *look = found->look;
    if (scope != NULL)
        look_narrow(look, found->rules, scope);
    put_proofs(take_row, found->proofs, scope);
    look_keep_small(look);
    code_put_look(look, take_row);
    put_wishes(take_row, look->wishes);
    put_base(take_row, look, found->base);
    put_coding(take_row, found->coding, look);
    rehearse_back(found, take_row);
    json_array_append_new(rows, take_row);
    g_ptr_array_add(diffs, found->is_planning ? look_diff(look) : NULL);
}

/* "@acme/data @ada" are two. */
static void
add_words(json_t *list, const char *owner)
{
    g_auto(GStrv) words = g_strsplit(owner, " ", -1);
    for (size_t i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0' && !json_holds(list, words[i]))
            json_array_append_new(list, json_string(words[i]));
}

static void
name_part(json_t *row, const char *name, const GPtrArray *owners)
{
    g_autofree char *key = change_key_make(json_get_string(row, "repository", ""), name);
    json_t *list = json_array();
    for (guint i = 0; i < owners->len; i++)
        add_words(list, owners->pdata[i]);
    json_set_string(row, "key", key);
    json_object_set_new(row, "part", json_pack("{s:s, s:o}", "name", name, "owners", list));
}

/* ---- parts ---- */

static void
add_reviewers(json_t *row, const json_t *sharer)
{
    json_t *names = json_object_get(row, "reviewers"), *name;
    size_t i;
    if (json_object_get(sharer, "reviewers") == NULL)
        return;
    names = names != NULL ? json_copy(names) : json_array();
    json_array_foreach(json_object_get(sharer, "reviewers"), i,
                       name) if (!json_holds(names, json_string_value(name)))
        json_array_append(names, name);
    json_object_set_new(row, "reviewers", names);
}

/* The first of its owners whom the catalog knows stands for it; whom only CODEOWNERS names is asked when it is proposed. */
static void
put_whose(json_t *row, const Whose *whose, const SplitPart *part)
{
    const json_t *first = NULL;
    for (guint i = 0; i < part->owners->len; i++) {
        const json_t *sharer = sharer_with(whose->sharers, "owner", part->owners->pdata[i]);
        if (sharer == NULL)
            continue;
        if (first == NULL)
            take_consumer(row, sharer);
        else
            add_reviewers(row, sharer);
        first = first != NULL ? first : sharer;
    }
    if (first == NULL) {
        take_consumer(row, whose->rest);
        json_object_del(row, "reviewers");
        json_set_string(row, "owner", part->owners->pdata[0]);
    }
}

static void
put_why(json_t *row, const SplitPart *part)
{
    json_t *why = json_array();
    for (guint i = 0; i < part->why->len; i++)
        json_array_append_new(why, json_string(part->why->pdata[i]));
    if (json_array_size(why) > 0)
        json_object_set(row, "together", why);
    json_decref(why);
}

/* A service that is deployed from a branch runs one branch. */
static bool
is_deployed_from_branch(const json_t *place)
{
    return sharer_with(json_object_get(place, "sharers"), "deploy", "branch") != NULL;
}

/* Each part by the repository's own checks: only where there are parts, and honk.yaml wants that. */
typedef struct {
    const CodeFound *found;
    const char *verify;
    OwnChecks *checks; /* NULL: nobody has asked yet */
} OwnTrial;

static bool
try_own_checks(void *data, json_t **ret_checks, char **ret_red, GError **error)
{
    OwnTrial *trial = data;
    const CodeFound *found = trial->found;
    if (trial->checks == NULL &&
        !own_checks_open(found->config, found->repository, found->look, trial->verify,
                         found->goes_on, found->goes_on_data, &trial->checks, error))
        return false;
    return own_checks_run(trial->checks, ret_checks, ret_red, error);
}

static bool
split(const CodeFound *found, const json_t *place, Whose *whose, GPtrArray **ret, GError **error)
{
    OwnTrial own = {found, json_get_string(place, "verify", NULL), NULL};
    const SplitTrial trial = {try_own_checks, &own};
    bool ok = look_split(found->look, found->rules, whose_owner, whose,
                         found->config->changes.runs_checks ? &trial : NULL, ret, error);
    own_checks_free(own.checks);
    return ok;
}

static bool
put_by_owner(const CodeFound *found, const json_t *place, json_t *rows, GPtrArray *diffs,
             GError **error)
{
    g_auto(Whose) whose = {0};
    g_autoptr(GPtrArray) parts = NULL;
    if (!whose_open(found->config, found->repository, found->look->commit,
                    json_object_get(place, "sharers"), found->called, &whose, error) ||
        !split(found, place, &whose, &parts, error))
        return false;
    g_autoptr(GPtrArray) names = split_names(parts);
    if (parts->len == 0) {
        json_t *row = row_of(place);
        take_consumer(row, whose.rest);
        put_row(found, NULL, row, rows, diffs);
    }
    for (guint i = 0; i < parts->len; i++) {
        const SplitPart *part = parts->pdata[i];
        json_t *row = row_of(place);
        put_whose(row, &whose, part);
        put_why(row, part);
        if (parts->len > 1 && part->checks != NULL)
            json_object_set(row, "checks", part->checks);
        if (parts->len > 1)
            name_part(row, names->pdata[i], part->owners);
        put_row(found, parts->len > 1 ? part->scope : NULL, row, rows, diffs);
    }
    return true;
}

/* ---- as it was planned ---- */

/* It stays whose it was as long as its consumer is one. */
static json_t *
row_as_planned(const json_t *place, const json_t *planned)
{
    static const char *const members[] = {"key", "part", "together", "checks"};
    json_t *row = row_of(place);
    const json_t *sharer = sharer_with(json_object_get(place, "sharers"), "consumer",
                                       json_get_string(planned, "consumer", ""));
    if (sharer != NULL)
        take_consumer(row, sharer);
    if (json_object_get(planned, "part") != NULL)
        json_set_string(row, "owner", json_get_string(planned, "owner", ""));
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (json_object_get(planned, members[i]) != NULL)
            json_object_set(row, members[i], json_object_get(planned, members[i]));
    return row;
}

/* Of this repository. */
static bool
is_of(const json_t *change, const json_t *place)
{
    return strcmp(json_get_string(change, "repository", ""),
                  json_get_string(place, "repository", "")) == 0;
}

static void
put_as_planned(const CodeFound *found, const json_t *place, json_t *rows, GPtrArray *diffs)
{
    json_t *change;
    size_t i, before = json_array_size(rows);
    json_array_foreach(found->planned, i, change)
    {
        if (!is_of(change, place))
            continue;
        g_autoptr(ChangeScope) scope = change_scope_of(found->planned, change);
        put_row(found, scope, row_as_planned(place, change), rows, diffs);
    }
    if (json_array_size(rows) == before)
        put_row(found, NULL, row_of(place), rows, diffs);
    else
        look_narrow(found->look, found->rules, NULL);
}

bool
code_rows_put(const CodeFound *found, const json_t *place, json_t *rows, GPtrArray *diffs,
              GError **error)
{
    if (found->planned != NULL)
        put_as_planned(found, place, rows, diffs);
    else if (json_get_bool(place, "by_owner", false) && !is_deployed_from_branch(place))
        return put_by_owner(found, place, rows, diffs, error);
    else
        put_row(found, NULL, row_of(place), rows, diffs);
    return true;
}

void
code_rows_put_problem(const json_t *place, const json_t *planned, const char *problem,
                      bool is_blocked, json_t *rows)
{
    json_t *change;
    size_t i, before = json_array_size(rows);
    json_array_foreach(planned, i, change) if (is_of(change, place))
        json_array_append_new(rows, row_as_planned(place, change));
    if (json_array_size(rows) == before)
        json_array_append_new(rows, row_of(place));
    for (i = before; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        json_set_string(row, "problem", problem);
        if (is_blocked)
            json_set_bool(row, "blocked", true);
    }
}
