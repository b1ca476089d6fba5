/*
 * gate.c - what becomes of a change that a coding agent made, case by case: tests/golden/gate/TOPIC.cases
 *
 *   ### the name of the case, a sentence [lines=20]
 *   @@ src/report.py                     a file: all of its lines, as in a diff
 *    unchanged
 *   -before
 *   +after
 *   @@ link gone new exec PATH           what becomes of the file itself
 *   ---
 *   accepted                             or what the gate says, to the letter
 *
 * Lines that hold "users_v1" are the sites. The move is that of docs/rewriting.md: users_v1 becomes users_v2.
 */
#include "cases.h"

#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"users_v1",  "users_v2",     "first_name", "last_name",
                                    "full_name", "country_code", "country",    "created",
                                    "signed_up", "id",           "user_id",    NULL};

static const char *const brings[] = {"UK", "GB", "id", "user_id", "split_part(full_name, ' ', 1)",
                                     NULL};

typedef struct {
    GArray *files; /* GateFile */
    GArray *sites; /* GateSite */
    GPtrArray *texts;
    GString *before, *after;
    int line;
} Reading;

static char *
keep(Reading *reading, char *text)
{
    g_ptr_array_add(reading->texts, text);
    return text;
}

static void
end_file(Reading *reading)
{
    if (reading->files->len == 0)
        return;
    GateFile *file = &g_array_index(reading->files, GateFile, reading->files->len - 1);
    file->before_bytes = reading->before->len;
    file->after_bytes = reading->after->len;
    if (file->mode_before != 0)
        file->before = keep(reading, g_memdup2(reading->before->str, reading->before->len + 1));
    if (file->mode_after != 0)
        file->after = keep(reading, g_memdup2(reading->after->str, reading->after->len + 1));
    g_string_truncate(reading->before, 0);
    g_string_truncate(reading->after, 0);
    reading->line = 0;
}

static void
begin_file(Reading *reading, const char *head)
{
    g_auto(GStrv) parts = g_strsplit(head, " ", -1);
    GateFile file = {.mode_before = 0100644, .mode_after = 0100644};
    end_file(reading);
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strcmp(parts[i], "new") == 0)
            file.mode_before = 0;
        else if (strcmp(parts[i], "gone") == 0)
            file.mode_after = 0;
        else if (strcmp(parts[i], "link") == 0)
            file.mode_after = 0120000;
        else if (strcmp(parts[i], "exec") == 0)
            file.mode_after = 0100755;
        else
            file.path = keep(reading, g_strdup(parts[i]));
    }
    g_array_append_val(reading->files, file);
}

static void
take_line(Reading *reading, const char *line)
{
    g_autofree char *text = g_strcompress(line + 1);
    if (*line != '+') {
        g_string_append_printf(reading->before, "%s\n", text);
        reading->line++;
    }
    if (*line != '-')
        g_string_append_printf(reading->after, "%s\n", text);
    if (*line != '+' && strstr(text, "users_v1") != NULL) {
        const GateFile *file = &g_array_index(reading->files, GateFile, reading->files->len - 1);
        GateSite site = {file->path, reading->line};
        g_array_append_val(reading->sites, site);
    }
}

static void
run(const void *data)
{
    const GoldenCase *one = data;
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(GateFile)),
                      sites = g_array_new(FALSE, FALSE, sizeof(GateSite));
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) before = g_string_new(NULL), after = g_string_new(NULL);
    Reading reading = {files, sites, texts, before, after, 0};
    g_auto(GStrv) lines = g_strsplit(one->text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "@@ "))
            begin_file(&reading, lines[i] + 3);
        else if (*lines[i] != '\0')
            take_line(&reading, lines[i]);
    }
    end_file(&reading);
    GateSpec spec = {.files = (const GateFile *) (void *) files->data,
                     .count = files->len,
                     .sites = (const GateSite *) (void *) sites->data,
                     .site_count = sites->len,
                     .words = words,
                     .target = "users_v2",
                     .brings = brings};
    if (g_str_has_prefix(one->options, "lines="))
        spec.lines_max = atoi(one->options + strlen("lines="));
    g_autoptr(GPtrArray) findings = gate_look(&spec);
    g_autofree char *said = gate_text(findings), *expected = g_strdup(one->expected);
    g_assert_cmpstr(findings->len > 0 ? g_strchomp(said) : "accepted", ==, g_strchomp(expected));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    cases_add(argv[1], "/gate", run);
    return g_test_run();
}
