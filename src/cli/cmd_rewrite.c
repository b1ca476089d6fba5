/*
 * cmd_rewrite.c - honk rewrite: change the names in code, in place, by a mapping.
 *
 * A file is changed as a whole or not at all (--partial: what is decided). Without --write nothing is changed.
 */
#include "base/text.h"
#include "cli/code_files.h"
#include "cli/code_prove.h"
#include "rewrite/renames.h"

#include <string.h>
#include <sys/stat.h>

#define MAPPING_BYTES_MAX (4 * 1024 * 1024)
#define STATUS_NEEDS_PERSON 3
#define STATUS_OTHER_ROWS 7

static const Option options[] = {
    {'m', "mapping", "FILE", "the mapping; required"},
    {0, "schema", "FILE", "columns of other tables: 'tables: { name: { column: type } }'"},
    {0, "manifest", "FILE",
     "dbt's manifest.json: where its models are, and columns; target/manifest.json unless said"},
    {0, "dialect", "NAME", "of the SQL; guessed file by file unless said"},
    {0, "default", "PATH",
     "project and dataset of names that do not say theirs: acme-prod.identity"},
    {0, "output-names", "POLICY", "keep (new AS old, the mapping's default) or propagate"},
    {'w', "write", NULL, "change the files"},
    {'d', "diff", NULL, "show what would change"},
    {0, "prove", "DATASET",
     "run old and new queries over this dataset's rows (data.db:users), or over 'generated' ones"},
    {0, "partial", NULL, "also change files of which a part needs a person"},
    {0},
};

typedef struct {
    MappingSet *mappings;
    Renames *renames;
    CodeSchema *schema;
    DbtManifests *manifests;
    CodeProver *prover; /* NULL without --prove */
    CodeTask task;
} Job;

static void
job_clear(Job *job)
{
    renames_free(job->renames);
    code_prover_free(job->prover);
    code_schema_free(job->schema);
    dbt_manifests_free(job->manifests);
    mapping_set_free(job->mappings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

/* ---- reading what is asked ---- */

static bool
read_mapping(Invocation *call, Job *job, GError **error)
{
    const char *path = invocation_option(call, "mapping");
    g_autofree char *text = NULL;
    g_autoptr(Diags) diags = diags_new();
    size_t bytes = 0;
    if (path == NULL) {
        invocation_hint(call, "'honk mapping draft SOURCE TARGET' writes a first one");
        return fail(error, ERR_INVALID,
                    "--mapping is missing: the file that says what becomes what");
    }
    if (!file_read(path, MAPPING_BYTES_MAX, &text, &bytes, error) ||
        !mapping_parse(text, bytes, path, diags, &job->mappings, error))
        return false;
    job->renames = renames_new(job->mappings);
    return !invocation_has(call, "default") ||
           renames_set_default(job->renames, invocation_option(call, "default"), error);
}

static bool
read_policy(Invocation *call, Job *job, GError **error)
{
    const char *policy = invocation_option(call, "output-names");
    job->task.options.propagates = policy == NULL
                                       ? mapping_propagates_names(mapping_get(job->mappings, 0))
                                       : strcmp(policy, "propagate") == 0;
    if (policy == NULL || job->task.options.propagates || strcmp(policy, "keep") == 0)
        return true;
    return fail(error, ERR_INVALID, "--output-names is '%s', expected keep or propagate", policy);
}

static bool
read_job(Invocation *call, Job *job, GError **error)
{
    const char *schema = invocation_option(call, "schema");
    if (!read_mapping(call, job, error) ||
        !code_dialect_read(call, &job->task.options.dialect, error) ||
        !read_policy(call, job, error))
        return false;
    if (schema != NULL && (!code_schema_read(schema, &job->schema, error) ||
                           !code_schema_check(job->schema, job->mappings, schema, error)))
        return false;
    job->task.renames = job->renames;
    job->task.makes_diffs = invocation_has(call, "diff") && !call->view->json;
    job->task.options.is_partial = invocation_has(call, "partial");
    job->task.options.columns = job->schema != NULL ? code_schema_columns : NULL;
    job->task.options.columns_data = job->schema;
    return code_prover_open(call, mapping_get(job->mappings, 0), &job->task.options, &job->prover,
                            error);
}

/* ---- one file ---- */

static bool
is_to_change(const Invocation *call, const CodeFile *file)
{
    return file->rewrite->edits->len > 0 && file->rewrite->count[DISPOSITION_UNPARSABLE] == 0 &&
           (rewrite_is_decided(file->rewrite) || invocation_has(call, "partial"));
}

/* A link that was named stays one: what it leads to is written. */
static bool
write_file(const CodeFile *file, GError **error)
{
    struct stat entry;
    size_t bytes = 0;
    g_autofree char *path = realpath(file->path, NULL);
    g_autofree char *after = rewrite_apply(file->rewrite, file->text, file->bytes, &bytes);
    if (path == NULL || stat(path, &entry) != 0)
        return fail_errno(error, ERR_NOT_FOUND, "cannot read '%s'", file->path);
    return file_write_atomic(path, after, bytes, (int) (entry.st_mode & 07777), error);
}

static void
show_undecided(View *view, const CodeFile *file)
{
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(file->rewrite->sites, i);
        if (site->kind == SITE_FILE && site->disposition == DISPOSITION_UNAFFECTED)
            view_tone(view, TONE_DIM, "%s: %s", file->path, site->reason);
        if (site->disposition != DISPOSITION_NEEDS_PERSON &&
            site->disposition != DISPOSITION_UNPARSABLE)
            continue;
        view_tone(view, TONE_WARN, "%s:%d:%d: %s [%s]%s%s", file->path, site->line, site->column,
                  site->reason, site->code, site->link != NULL ? " " : "",
                  site->link != NULL ? site->link : "");
    }
}

/* ---- all files ---- */

typedef struct {
    int mention, change, person, passed_over, sites[DISPOSITION_COUNT];
} Count;

static void
count_file(Count *count, const CodeFile *file, bool changes)
{
    count->mention++;
    count->change += changes;
    count->person += file->rewrite->count[DISPOSITION_NEEDS_PERSON] +
                         file->rewrite->count[DISPOSITION_UNPARSABLE] >
                     0;
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        count->sites[i] += file->rewrite->count[i];
}

static void
show_summary(View *view, const Count *count, guint files, bool writes)
{
    g_autofree char *read = text_plural(files, "file", "files");
    if (count->mention == 0) {
        view_line(view, "%s read: none names the dataset", read);
        return;
    }
    view_tone(view, TONE_STRONG, "%s read, %d %s the dataset: %d %s, %d %s a person", read,
              count->mention, count->mention == 1 ? "names" : "name", count->change,
              writes ? "changed" : "would change", count->person,
              count->person == 1 ? "needs" : "need");
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        if (count->sites[i] > 0)
            view_line(view, "  %6d  %s", count->sites[i], disposition_name((Disposition) i));
    if (!writes && count->change > 0)
        view_line(view, "nothing was written: --diff shows the changes, --write makes them");
}

static void
show_proof(View *view, const ProofCount *count)
{
    g_autofree char *rows = text_plural(count->generated, "row", "rows");
    view_line(view,
              "queries run before and after%s%s%s: %d give the same rows, %d other rows, %d cannot "
              "be run",
              count->generated > 0 ? " on " : "", count->generated > 0 ? rows : "",
              count->generated > 0 ? " that were made up" : "", count->same, count->different,
              count->not_run);
    if (count->refused > 0) {
        g_autofree char *refused = text_plural(count->refused, "row", "rows");
        view_line(view, "left out of both: %s that the mapping refuses, which would be put aside",
                  refused);
    }
}

/* What stands behind the files, which have been told of by now. */
static json_t *
sums_json(const Count *count)
{
    json_t *answer = json_object(), *sites = json_object();
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        json_set_int(sites, disposition_name((Disposition) i), count->sites[i]);
    json_object_set_new(answer, "sites", sites);
    json_set_int(answer, "passed_over", count->passed_over);
    return answer;
}

typedef struct {
    Invocation *call;
    Job *job;
    Count count;
    ProofCount proofs;
} Run;

/* Queries that give other rows keep their file as it is. */
static bool
prove_file(CodeFile *file, void *data, GError **error)
{
    Run *run = data;
    bool differs = false;
    if (file->rewrite == NULL || file->is_held || !is_to_change(run->call, file))
        return true;
    if (!code_prove(run->job->prover, file, &file->proofs, &differs, error))
        return false;
    file->is_held = differs;
    return true;
}

static bool
finish_file(CodeFile *file, void *data, GError **error)
{
    Run *run = data;
    Invocation *call = run->call;
    code_proofs_count(file->proofs, &run->proofs);
    run->count.passed_over += file->skipped != NULL;
    if (file->skipped != NULL)
        view_tone(call->view, TONE_WARN, "passed over: %s", file->skipped);
    if (file->rewrite == NULL || file->rewrite->sites->len == 0)
        return true;
    bool changes = is_to_change(call, file) && !file->is_held,
         writes = invocation_has(call, "write");
    count_file(&run->count, file, changes);
    if (changes && writes && !write_file(file, error))
        return false;
    if (call->view->json) {
        g_autoptr(json_t) entry = rewrite_json(file->rewrite, file->path, changes && writes);
        if (file->proofs != NULL)
            json_object_set(entry, "queries", file->proofs);
        view_json_list_add(call->view, entry);
        return true;
    }
    if (changes && invocation_has(call, "diff"))
        code_diff_show(call->view, file->diff);
    show_undecided(call->view, file);
    return true;
}

/* The schema says the names of today, as mappings do: it is what the work is done by. */
static void
leave_out(GPtrArray *files, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    struct stat wanted, entry;
    for (guint i = files->len; i-- > 0 && stat(path, &wanted) == 0;) {
        const CodeFile *file = g_ptr_array_index(files, i);
        if (g_str_has_suffix(file->path, name) && stat(file->path, &entry) == 0 &&
            entry.st_dev == wanted.st_dev && entry.st_ino == wanted.st_ino)
            g_ptr_array_remove_index(files, i);
    }
}

/* What is to be read, and what dbt knows of it. */
static bool
find_files(Invocation *call, Job *job, GPtrArray **ret, GError **error)
{
    if (!code_files_find(call->args, job->renames, ret, error))
        return false;
    if (invocation_has(call, "schema"))
        leave_out(*ret, invocation_option(call, "schema"));
    bool done = code_manifests_read(call->view, invocation_option(call, "manifest"), *ret,
                                    &job->manifests, error);
    job->task.options.manifests = job->manifests;
    return done;
}

/* Nothing is written twice by mistake where that would be seen; here nobody could. */
static void
warn_of_second_run(const Run *run)
{
    const char *name = renames_applied_once(run->job->renames);
    if (name != NULL && run->count.change > 0)
        view_tone(run->call->view, TONE_WARN,
                  "'%s' is a name of before and a new one: apply this mapping once, as a second "
                  "run would take what this one writes for what was there before",
                  name);
}

/* Each file is told of as soon as it is decided, and let go. */
static bool
rewrite_files(Run *run, GPtrArray *files, GError **error)
{
    Invocation *call = run->call;
    Job *job = run->job;
    if (call->view->json)
        view_json_list_begin(call->view, "files");
    if (!code_files_rewrite(files, &job->task, job->prover != NULL ? prove_file : NULL, finish_file,
                            run, error))
        return false;
    if (call->view->json) {
        g_autoptr(json_t) sums = sums_json(&run->count);
        view_json_list_end(call->view, sums);
        warn_of_second_run(run);
        return true;
    }
    show_summary(call->view, &run->count, files->len, invocation_has(call, "write"));
    if (job->prover != NULL)
        show_proof(call->view, &run->proofs);
    warn_of_second_run(run);
    return true;
}

static bool
rewrite_run(Invocation *call, GError **error)
{
    g_auto(Job) job = {0};
    g_autoptr(GPtrArray) files = NULL;
    Run run = {.call = call, .job = &job};
    if (!read_job(call, &job, error) || !find_files(call, &job, &files, error) ||
        !rewrite_files(&run, files, error))
        return false;
    call->status = run.count.person + run.count.passed_over > 0 ? STATUS_NEEDS_PERSON : 0;
    if (run.proofs.different > 0)
        call->status = STATUS_OTHER_ROWS;
    return true;
}

const Command cmd_rewrite = {
    .name = "rewrite",
    .args = "PATH…",
    .summary = "change the names in code by a mapping, in place",
    .deed = "rewrite the code",
    .about =
        "Reads SQL files, also with Jinja, and the strings of programs, notebooks and "
        "configuration,\n"
        "and changes the bytes of the names that mean the moving dataset: tables in every "
        "quoting, columns\n"
        "through aliases, WITH and subqueries. Comments and spacing stay. What cannot be decided "
        "is left as\n"
        "it is and listed with its place; a file with such a place is not changed unless --partial "
        "is given.\n\n"
        "Exit status: 0 all is decided, 3 something needs a person, or a file was passed over,\n"
        "7 a query gives other rows, 2 bad input.",
    .examples = "honk rewrite --mapping mappings/users.yaml --diff reports/\n"
                "honk rewrite --mapping mappings/users.yaml --prove shop.db:users_v1 reports/\n"
                "honk rewrite --mapping mappings/users.yaml --dialect bigquery --schema "
                "schema.yaml --write .",
    .options = options,
    .run = rewrite_run,
};
