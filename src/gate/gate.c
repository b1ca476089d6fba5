/* gate.c - see gate.h: what is asked of a file as a whole, and then of its lines. */
#include "gate/inside.h"

#include <string.h>

#define MODE_LINK 0120000u

static void
finding_free(void *data)
{
    GateFinding *finding = data;
    g_free(finding->path);
    g_free(finding->text);
    g_free(finding);
}

static void G_GNUC_PRINTF(5, 0) add(GPtrArray *findings, const char *code, const char *path,
                                    int line, const char *format, va_list args)
{
    if (findings->len >= GATE_FINDINGS_MAX)
        return;
    GateFinding *finding = g_new0(GateFinding, 1);
    *finding = (GateFinding){code, g_strdup(path), line, g_strdup_vprintf(format, args)};
    g_ptr_array_add(findings, finding);
}

void
gate_say(const Gate *gate, const char *code, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(gate->findings, code, gate->file->path, line, format, args);
    va_end(args);
}

/* ---- the file as a whole ---- */

static const struct {
    const char *code, *text;
} refused[] = {
    {"ci-file", "what checks this repository is not changed by a move; leave it as it was"},
    {"lock-file", "versions of dependencies are not changed by a move; leave it as it was"},
    {"build-file", "how it is built and configured is not changed by a move; leave it as it was"},
    {"agent-file", "what programs are told in this repository is people's; leave it as it was"},
    {"expected-file", "what tests expect is people's to change; leave it as it was"},
};

static bool
look_at_path(const Gate *gate)
{
    const char *code = gate_path_refused(gate->file->path);
    for (size_t i = 0; code != NULL && i < G_N_ELEMENTS(refused); i++)
        if (strcmp(refused[i].code, code) == 0)
            gate_say(gate, code, 0, "%s", refused[i].text);
    return code == NULL;
}

static bool
is_text(const char *text, size_t bytes)
{
    return text == NULL || (bytes <= GATE_FILE_BYTES_MAX && memchr(text, '\0', bytes) == NULL &&
                            g_utf8_validate(text, (gssize) bytes, NULL));
}

static bool
has_site(const Gate *gate)
{
    for (size_t i = 0; i < gate->spec->site_count; i++)
        if (strcmp(gate->spec->sites[i].path, gate->file->path) == 0)
            return true;
    return false;
}

/* May its lines be looked at? */
static bool
look_at_file(const Gate *gate)
{
    const GateFile *file = gate->file;
    if (file->mode_after == MODE_LINK)
        gate_say(gate, "link", 0, "no links are made; write a file");
    else if (file->after == NULL)
        gate_say(gate, gate_path_is_test(file->path) ? "test-removed" : "file-removed", 0,
                 "the file is not there any more; put it back");
    else if (file->before == NULL)
        gate_say(gate, "file-added", 0, "no files are added by a move; take it away");
    else if (!is_text(file->after, file->after_bytes) || !is_text(file->before, file->before_bytes))
        gate_say(gate, "binary", 0, "it is no text of UTF-8 that people can read");
    else if (!has_site(gate))
        gate_say(gate, "out-of-scope", 0, "nothing in this file moves; leave it as it was");
    else if (file->mode_before != file->mode_after)
        gate_say(gate, "mode-changed", 0, "its mode was %06o, and is %06o; leave it as it was",
                 file->mode_before, file->mode_after);
    else
        return true;
    return false;
}

static int
lines_of(const GArray *hunks)
{
    int lines = 0;
    for (guint i = 0; i < hunks->len; i++)
        lines +=
            (int) (g_array_index(hunks, Hunk, i).removed + g_array_index(hunks, Hunk, i).added);
    return lines;
}

/* How many lines of it changed. */
static int
look_at_one(const GateSpec *spec, const GateFile *file, GPtrArray *findings)
{
    Gate gate = {.spec = spec, .file = file, .findings = findings, .said = findings->len};
    if (!look_at_path(&gate) || !look_at_file(&gate))
        return 0;
    g_autoptr(Source) before = source_new(file->path, file->before, file->before_bytes),
                      after = source_new(file->path, file->after, file->after_bytes);
    g_autoptr(GArray) hunks = hunks_of(before, after);
    g_autoptr(GHashTable) brings = words_set(spec->brings);
    gate.brings = brings;
    gate.before = before;
    gate.after = after;
    gate.hunks = hunks;
    rule_scope(&gate);
    rule_tests(&gate);
    rule_checks(&gate);
    rule_secrets(&gate);
    rule_characters(&gate);
    rule_moved(&gate);
    return lines_of(hunks);
}

/* ---- all files ---- */

static int
by_place(const void *a, const void *b)
{
    const GateFinding *x = *(GateFinding *const *) a, *y = *(GateFinding *const *) b;
    int order = strcmp(x->path, y->path);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    return order != 0 ? order : strcmp(x->code, y->code);
}

static void G_GNUC_PRINTF(2, 3) say_of_all(GPtrArray *findings, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(findings, "too-large", "", 0, format, args);
    va_end(args);
}

GPtrArray *
gate_look(const GateSpec *spec)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);
    int lines = 0, lines_max = spec->lines_max;
    if (lines_max == 0)
        lines_max = (int) MIN(spec->site_count, 1000) * GATE_LINES_PER_SITE;
    for (size_t i = 0; i < spec->count; i++)
        lines += look_at_one(spec, &spec->files[i], findings);
    g_ptr_array_sort(findings, by_place);
    if (lines > lines_max)
        say_of_all(findings, "%d lines are changed, and %d are the most for %zu sites; change less",
                   lines, lines_max, spec->site_count);
    return findings;
}

char *
gate_text(const GPtrArray *findings)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *finding = findings->pdata[i];
        g_string_append(text, finding->code);
        if (*finding->path != '\0')
            g_string_append_printf(text, " %s", finding->path);
        if (finding->line > 0)
            g_string_append_printf(text, ":%d", finding->line);
        g_string_append_printf(text, ": %s\n", finding->text);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
