/* cmd_scan.c - honk scan: who mentions a dataset, where, and how. */
#include "cli/code_files.h"

#include <string.h>

/* Of a line, around the place that is told of. */
#define BEFORE_BYTES_MAX 200
#define AFTER_BYTES_MAX 300

#define STATUS_PASSED_OVER 3

#define STATUS_PASSED_OVER 3

static const Option options[] = {
    {0, "dataset", "NAME",
     "the dataset as the code writes it: users_v1, acme-prod.identity.users_v1; required"},
    {0, "dialect", "NAME", "of the SQL; guessed file by file unless said"},
    {0, "default", "PATH",
     "project and dataset of names that do not say theirs: acme-prod.identity"},
    {0},
};

/* What the site is to somebody who looks for readers. */
static const char *
use_of(const Site *site)
{
    if (site->disposition == DISPOSITION_UNAFFECTED)
        return "another";
    if (site->kind == SITE_TABLE)
        return "table";
    return site->code[0] != '\0' ? site->code : site_kind_name(site->kind);
}

static bool
is_inside_letter(char byte)
{
    return ((unsigned char) byte & 0xc0) == 0x80;
}

/* Its line, or what is around the place in one that is longer than people read: a notebook may be a single line. */
static char *
line_of(const CodeFile *file, size_t at)
{
    const char *text = file->text;
    size_t begin = at, end = at, first = at - MIN(at, BEFORE_BYTES_MAX),
           last = MIN(file->bytes, at + AFTER_BYTES_MAX);
    while (begin > first && text[begin - 1] != '\n')
        begin--;
    while (end < last && text[end] != '\n' && text[end] != '\r')
        end++;
    bool is_cut_before = begin == first && first > 0 && text[begin - 1] != '\n';
    bool is_cut_behind =
        end == last && last < file->bytes && text[end] != '\n' && text[end] != '\r';
    while (is_cut_before && begin < at && is_inside_letter(text[begin]))
        begin++;
    while (is_cut_behind && end > at && is_inside_letter(text[end]))
        end--;
    g_autofree char *shown = g_strstrip(g_strndup(text + begin, end - begin));
    return g_strconcat(is_cut_before ? "…" : "", shown, is_cut_behind ? "…" : "", NULL);
}

static void
list_file(Table *table, json_t *list, const CodeFile *file)
{
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(file->rewrite->sites, i);
        g_autofree char *line = line_of(file, site->begin);
        json_t *item = json_object();
        table_cellf(table, TONE_STRONG, "%s:%d:%d", file->path, site->line, site->column);
        table_cell(table, site->disposition == DISPOSITION_UNAFFECTED ? TONE_DIM : TONE_PLAIN,
                   use_of(site));
        table_cell(table, TONE_PLAIN, line);
        json_set_string(item, "path", file->path);
        json_set_int(item, "line", site->line);
        json_set_int(item, "column", site->column);
        json_set_string(item, "use", use_of(site));
        json_set_string(item, "text", line);
        json_set_string(item, "reason", site->reason);
        json_array_append_new(list, item);
    }
}

static bool
read_task(Invocation *call, CodeTask *task, Renames **ret, GError **error)
{
    const char *name = invocation_option(call, "dataset");
    if (name == NULL || name[0] == '\0')
        return fail(error, ERR_INVALID, "--dataset is missing: the name that is looked for");
    if (!code_dialect_read(call, &task->options.dialect, error))
        return false;
    *ret = renames_new_for_name(name);
    if (invocation_has(call, "default") &&
        !renames_set_default(*ret, invocation_option(call, "default"), error))
        return false;
    task->renames = *ret;
    return true;
}

typedef struct {
    View *view;
    Table *table;
    json_t *list;
    int mentions, passed_over;
} Run;

static bool
finish_file(CodeFile *file, void *data, GError **error)
{
    Run *run = data;
    run->passed_over += file->skipped != NULL;
    if (file->skipped != NULL)
        view_tone(run->view, TONE_WARN, "passed over: %s", file->skipped);
    if (file->rewrite == NULL)
        return true;
    run->mentions += file->rewrite->sites->len > 0;
    list_file(run->table, run->list, file);
    return true;
}

static bool
scan_run(Invocation *call, GError **error)
{
    g_autoptr(Renames) renames = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(json_t) list = json_array();
    g_autoptr(Table) table = table_new("place", "use", "line", NULL);
    CodeTask task = {0};
    Run run = {.view = call->view, .table = table, .list = list};
    if (!read_task(call, &task, &renames, error) ||
        !code_files_find(call->args, renames, &files, error))
        return false;
    if (!code_files_rewrite(files, &task, NULL, finish_file, &run, error))
        return false;
    call->status = run.passed_over > 0 ? STATUS_PASSED_OVER : 0;
    if (call->view->json) {
        view_json(call->view, list);
        return true;
    }
    if (table_rows(table) > 0)
        view_table(call->view, table);
    g_autofree char *read = text_plural(files->len, "file", "files");
    view_tone(call->view, TONE_STRONG, "%s read, %d %s it", read, run.mentions,
              run.mentions == 1 ? "mentions" : "mention");
    return true;
}

const Command cmd_scan = {
    .name = "scan",
    .args = "PATH…",
    .summary = "who mentions a dataset, where, and how",
    .deed = "scan the code",
    .about =
        "Reads the files below the paths. In SQL it tells the dataset from WITH tables, aliases "
        "and\n"
        "datasets elsewhere that are called the same; comments are passed over. In programs, "
        "notebooks\n"
        "and configuration it reads the strings. In other files a mention is just that.\n\n"
        "Exit status: 0 all is read, 3 a file was passed over that names the dataset or cannot be "
        "read, "
        "2 bad input.",
    .examples = "honk scan --dataset users_v1 reports/\nhonk scan --dataset "
                "acme-prod.identity.users_v1 --json .",
    .options = options,
    .run = scan_run,
};
