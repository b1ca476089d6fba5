/* lineage_sql.c - read the SQL files on all cores, and tell of them in their order. */
#include "cli/lineage_sql.h"

#include "base/clock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/code_files.h"
#include "rewrite/code_lineage.h"

#include <string.h>
#include <sys/stat.h>

#define STATUS_UNREAD 3
#define BATCH_FILES 64 /* in memory at once, with their lineage */

typedef enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_OPENLINEAGE } Format;

typedef struct {
    const char *path; /* borrowed */
    char *text, *skipped;
    size_t bytes;
    CodeLineage *lineage; /* NULL when it was not read */
} SqlFile;

typedef struct {
    Format format;
    const char *space;
    CodeSchema *schema;
    DbtManifests *manifests; /* or NULL */
    GPtrArray *projects;     /* char *: folders of dbt projects, with `/` at the end, or "" */
    RewriteOptions options;
    int statements, doubts, unparsable, passed_over;
} Job;

static void
job_clear(Job *job)
{
    code_schema_free(job->schema);
    dbt_manifests_free(job->manifests);
    g_clear_pointer(&job->projects, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static void
sql_file_free(void *data)
{
    SqlFile *file = data;
    g_free(file->text);
    g_free(file->skipped);
    code_lineage_free(file->lineage);
    g_free(file);
}

/* ---- reading what is asked ---- */

static bool
read_format(Invocation *call, Job *job, GError **error)
{
    const char *format = invocation_option(call, "format");
    if (format == NULL)
        job->format = call->view->json ? FORMAT_JSON : FORMAT_TEXT;
    else if (strcmp(format, "json") == 0)
        job->format = FORMAT_JSON;
    else if (strcmp(format, "openlineage") == 0)
        job->format = FORMAT_OPENLINEAGE;
    else
        return fail(error, ERR_INVALID, "--format is '%s', expected json or openlineage", format);
    return true;
}

static bool
read_job(Invocation *call, Job *job, GError **error)
{
    const char *schema = invocation_option(call, "schema"),
               *space = invocation_option(call, "namespace");
    job->space = space != NULL ? space : "default";
    if (!read_format(call, job, error) || !code_dialect_read(call, &job->options.dialect, error) ||
        (schema != NULL && !code_schema_read(schema, &job->schema, error)))
        return false;
    job->options.columns = job->schema != NULL ? code_schema_columns : NULL;
    job->options.columns_data = job->schema;
    return true;
}

/* ---- dbt ---- */

static GPtrArray *
find_projects(const GPtrArray *all)
{
    static const char name[] = "dbt_project.yml";
    GPtrArray *projects = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < all->len; i++) {
        const char *path = ((const CodeFile *) g_ptr_array_index(all, i))->path;
        size_t bytes = strlen(path), folder = bytes - MIN(bytes, sizeof name - 1);
        if (strcmp(path + folder, name) == 0 && (folder == 0 || path[folder - 1] == '/'))
            g_ptr_array_add(projects, g_strndup(path, folder));
    }
    return projects;
}

/* The innermost; NULL: in none. */
static const char *
project_of(const Job *job, const char *path)
{
    const char *found = NULL;
    for (guint i = 0; i < job->projects->len; i++) {
        const char *folder = g_ptr_array_index(job->projects, i);
        if (g_str_has_prefix(path, folder) && (found == NULL || strlen(folder) > strlen(found)))
            found = folder;
    }
    return found;
}

/* SQL by its name, or named in the call. */
static bool
is_meant(const GPtrArray *paths, const char *path)
{
    for (guint i = 0; i < paths->len; i++)
        if (strcmp(g_ptr_array_index(paths, i), path) == 0)
            return true;
    return code_is_sql(path);
}

static GPtrArray *
files_meant(const GPtrArray *paths, const GPtrArray *all)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(sql_file_free);
    for (guint i = 0; i < all->len; i++) {
        const char *path = ((const CodeFile *) g_ptr_array_index(all, i))->path;
        if (!is_meant(paths, path))
            continue;
        SqlFile *file = g_new0(SqlFile, 1);
        file->path = path;
        g_ptr_array_add(files, file);
    }
    return files;
}

static void
read_one(void *item, void *data)
{
    SqlFile *file = item;
    const Job *job = data;
    g_autoptr(GError) error = NULL;
    if (!file_read(file->path, CODE_FILE_BYTES_MAX, &file->text, &file->bytes, &error))
        file->skipped = g_strdup(error->message);
    else if (code_is_binary(file->text, file->bytes))
        file->skipped = g_strdup_printf("'%s' is no text", file->path);
    else {
        RewriteOptions options = job->options;
        options.home.folder = project_of(job, file->path);
        file->lineage = code_lineage_new(file->path, file->text, file->bytes, &options);
    }
}

/* ---- showing ---- */

static void
show_feeds(Table *table, const char *name, Tone tone, const FeedSet *set)
{
    for (guint i = 0; i < set->list->len; i++) {
        const Feed *feed = &g_array_index(set->list, Feed, i);
        table_cell(table, tone, i == 0 ? name : "");
        table_cellf(table, TONE_PLAIN, "%s.%s", feed->table, feed->column);
        table_cell(table, feed_is_indirect(feed->kind) ? TONE_DIM : TONE_PLAIN,
                   feed_kind_name(feed->kind));
    }
    if ((set->list->len > 0 && !set->is_partial) || tone == TONE_DIM)
        return;
    table_cell(table, tone, set->list->len == 0 ? name : "");
    table_cell(table, TONE_PLAIN, NULL);
    table_cell(table, set->is_partial ? TONE_WARN : TONE_DIM,
               set->is_partial ? "not known" : "no column");
}

static void
show_doubts(View *view, const SqlFile *file, const json_t *unknown)
{
    size_t index;
    json_t *one;
    json_array_foreach(unknown, index, one)
    {
        view_tone(view, TONE_WARN, "%s:%d:%d: not known: %s", file->path,
                  (int) json_get_int(one, "line", 0), (int) json_get_int(one, "column", 0),
                  json_get_string(one, "what", ""));
    }
}

static void
show_statement(View *view, const SqlFile *file, const LineageStatement *statement,
               const json_t *json)
{
    g_autoptr(Table) table = table_new("column", "from", "how", NULL);
    g_autoptr(GString) reads = g_string_new(NULL);
    for (guint i = 0; i < statement->tables->len; i++)
        g_string_append_printf(reads, "%s%s", i > 0 ? ", " : "",
                               (const char *) g_ptr_array_index(statement->tables, i));
    view_tone(view, TONE_STRONG, "%s:%d  %s%s%s", file->path, (int) json_get_int(json, "line", 0),
              statement_kind_name(statement->kind), statement->target != NULL ? " " : "",
              statement->target != NULL ? statement->target : "");
    view_line(view, "reads %s", reads->len > 0 ? reads->str : "no table");
    for (guint i = 0; i < statement->columns->len; i++) {
        const LineageColumn *column = g_ptr_array_index(statement->columns, i);
        show_feeds(table, column->name != NULL ? column->name : "(no name)", TONE_STRONG,
                   column->feeds);
    }
    show_feeds(table, "(all rows)", TONE_DIM, statement->rows);
    if (table_rows(table) > 0)
        view_table(view, table);
    show_doubts(view, file, json_object_get(json, "unknown"));
    view_line(view, "%s", "");
}

static void
show_file(View *view, const SqlFile *file, const json_t *json)
{
    const json_t *broken = json_object_get(json, "unparsable");
    for (guint i = 0; i < file->lineage->lineage->statements->len; i++)
        show_statement(view, file, g_ptr_array_index(file->lineage->lineage->statements, i),
                       json_array_get(json_object_get(json, "statements"), i));
    if (broken != NULL)
        view_tone(view, TONE_WARN,
                  "%s:%d:%d: begins here and does not end, or is nested too deeply", file->path,
                  (int) json_get_int(broken, "line", 0), (int) json_get_int(broken, "column", 0));
    if (file->lineage->lineage->is_cut)
        view_tone(view, TONE_WARN,
                  "%s: more than %d columns go into columns here: what is told of "
                  "it is not all",
                  file->path, LINEAGE_FEEDS_MAX);
}

static void
show_events(View *view, const Job *job, const SqlFile *file, const char *time)
{
    g_autoptr(json_t) events =
        code_lineage_events(file->lineage, file->path, file->text, job->space, time);
    size_t index;
    json_t *event;
    json_array_foreach(events, index, event)
    {
        view_json_line(view, event);
    }
}

static void
count_file(Job *job, const SqlFile *file)
{
    const GPtrArray *statements = file->lineage->lineage->statements;
    job->statements += (int) statements->len;
    job->unparsable += file->lineage->is_broken;
    for (guint i = 0; i < statements->len; i++)
        job->doubts +=
            (int) ((const LineageStatement *) g_ptr_array_index(statements, i))->doubts->len;
}

static void
finish_file(Invocation *call, Job *job, const SqlFile *file, const char *time)
{
    job->passed_over += file->skipped != NULL;
    if (file->skipped != NULL && job->format == FORMAT_TEXT)
        view_tone(call->view, TONE_WARN, "passed over: %s", file->skipped);
    if (file->lineage == NULL)
        return;
    count_file(job, file);
    if (job->format == FORMAT_OPENLINEAGE) {
        show_events(call->view, job, file, time);
        return;
    }
    g_autoptr(json_t) json = code_lineage_json(file->lineage, file->path, file->text, file->bytes);
    if (job->format == FORMAT_TEXT)
        show_file(call->view, file, json);
    else
        view_json_list_add(call->view, json);
}

static void
show_summary(View *view, const Job *job, guint files)
{
    g_autofree char *read = text_plural(files, "file of SQL", "files of SQL");
    g_autofree char *statements = text_plural(job->statements, "statement", "statements");
    g_autofree char *doubts = text_plural(job->doubts, "thing is", "things are");
    view_tone(view, TONE_STRONG, "%s read, %s; %s%s", read, statements,
              job->doubts > 0 ? doubts : "all is known", job->doubts > 0 ? " not known" : "");
}

/* Some at a time: what has been told of is let go. */
static void
read_all(Invocation *call, Job *job, const GPtrArray *files, const char *time)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    for (guint i = 0; i < files->len; i++) {
        g_ptr_array_add(batch, g_ptr_array_index(files, i));
        if (batch->len < BATCH_FILES && i + 1 < files->len)
            continue;
        parallel_each(batch, g_get_num_processors(), read_one, job);
        for (guint b = 0; b < batch->len; b++) {
            SqlFile *file = g_ptr_array_index(batch, b);
            finish_file(call, job, file, time);
            g_clear_pointer(&file->text, g_free);
            g_clear_pointer(&file->lineage, code_lineage_free);
        }
        g_ptr_array_set_size(batch, 0);
    }
}

bool
lineage_sql_run(Invocation *call, GError **error)
{
    g_auto(Job) job = {0};
    g_autoptr(GPtrArray) all = NULL;
    if (!read_job(call, &job, error) || !code_files_find(call->args, NULL, &all, error) ||
        !code_manifests_read(call->view, invocation_option(call, "manifest"), all, &job.manifests,
                             error))
        return false;
    job.options.manifests = job.manifests;
    job.projects = find_projects(all);
    g_autoptr(GPtrArray) files = files_meant(call->args, all);
    g_autofree char *time = clock_text(clock_wall_ms());
    if (job.format == FORMAT_JSON)
        view_json_list_begin(call->view, "files");
    read_all(call, &job, files, time);
    g_autoptr(json_t) rest = json_pack("{s:i}", "passed_over", job.passed_over);
    if (job.format == FORMAT_JSON)
        view_json_list_end(call->view, rest);
    else if (job.format == FORMAT_TEXT)
        show_summary(call->view, &job, files->len);
    call->status = job.unparsable > 0 || job.passed_over > 0 ? STATUS_UNREAD : 0;
    return true;
}
