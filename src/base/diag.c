/* diag.c - a list of findings, and its three forms: text, JSON, one error. */
#include "base/diag.h"

#include "base/limits.h"
#include "base/text.h"

struct Diags {
    GPtrArray *items;
    size_t dropped; /* how many came after the list was full */
    bool has_errors;
};

static void
diag_free(void *data)
{
    Diag *diag = data;
    g_free(diag->code);
    g_free(diag->file);
    g_free(diag->message);
    g_free(diag);
}

Diags *
diags_new(void)
{
    Diags *diags = g_new0(Diags, 1);
    diags->items = g_ptr_array_new_with_free_func(diag_free);
    return diags;
}

void
diags_free(Diags *diags)
{
    if (diags == NULL)
        return;
    g_ptr_array_unref(diags->items);
    g_free(diags);
}

void
diags_add(Diags *diags, DiagLevel level, const char *code, const char *file, int line, int column,
          const char *format, ...)
{
    if (level == DIAG_ERROR)
        diags->has_errors = true;
    if (diags->items->len >= DIAGNOSTICS_MAX) {
        diags->dropped++;
        return;
    }
    Diag *diag = g_new0(Diag, 1);
    *diag = (Diag){
        .level = level,
        .code = g_strdup(code),
        .file = g_strdup(file),
        .line = line,
        .column = column,
    };
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diag->message = text_printable(message); /* it may quote a file that speaks to terminals */
    g_ptr_array_add(diags->items, diag);
}

size_t
diags_count(const Diags *diags)
{
    return diags->items->len;
}

const Diag *
diags_get(const Diags *diags, size_t index)
{
    g_assert(index < diags->items->len);
    return diags->items->pdata[index];
}

bool
diags_has_errors(const Diags *diags)
{
    return diags->has_errors;
}

static const char *
diag_level_name(DiagLevel level)
{
    static const char *const names[] = {"error", "warning", "note"};
    return names[level];
}

static void
diag_append(const Diag *diag, GString *text)
{
    if (text->len > 0)
        g_string_append_c(text, '\n');
    if (diag->file != NULL)
        g_string_append_printf(text, "%s:", diag->file);
    if (diag->line > 0)
        g_string_append_printf(text, "%d:", diag->line);
    if (diag->line > 0 && diag->column > 0)
        g_string_append_printf(text, "%d:", diag->column);
    if (diag->file != NULL || diag->line > 0)
        g_string_append_c(text, ' ');
    g_string_append_printf(text, "%s: %s", diag_level_name(diag->level), diag->message);
    if (diag->code != NULL)
        g_string_append_printf(text, " [%s]", diag->code);
}

static char *
diags_lines(const Diags *diags, bool only_errors)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < diags->items->len; i++)
        if (!only_errors || diags_get(diags, i)->level == DIAG_ERROR)
            diag_append(diags_get(diags, i), text);
    if (diags->dropped > 0)
        g_string_append_printf(text, "%s… and %zu more", text->len > 0 ? "\n" : "", diags->dropped);
    return g_string_free(text, FALSE);
}

char *
diags_text(const Diags *diags)
{
    return diags_lines(diags, false);
}

json_t *
diags_json(const Diags *diags)
{
    json_t *list = json_array();
    for (size_t i = 0; i < diags->items->len; i++) {
        const Diag *diag = diags_get(diags, i);
        json_t *item = json_object();
        json_set_string(item, "level", diag_level_name(diag->level));
        json_set_string(item, "code", diag->code);
        json_set_string(item, "file", diag->file);
        if (diag->line > 0)
            json_set_int(item, "line", diag->line);
        if (diag->column > 0)
            json_set_int(item, "column", diag->column);
        json_set_string(item, "message", diag->message);
        json_array_append_new(list, item);
    }
    return list;
}

bool
diags_to_error(const Diags *diags, GError **error)
{
    if (!diags->has_errors)
        return true;
    g_autofree char *text = diags_lines(diags, true);
    return fail(error, ERR_INVALID, "%s", text);
}
