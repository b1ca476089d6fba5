/*
 * log.c - a line is built in memory and written at once, so that lines of several threads and
 * processes never mix.
 *
 * What cannot be written (a closed pipe, a full disk) is dropped: a program must not stop because
 * nobody reads its log.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR"};

/* Written once by log_init(), before threads start. */
static struct {
    const char *component;
    LogLevel least;
    bool as_json;
} settings = {.component = "honk", .least = LOG_INFO};

void
log_init(const char *component, LogLevel least, bool as_json)
{
    settings.component = component;
    settings.least = least;
    settings.as_json = as_json;
}

static void
log_append_json(GString *line, LogLevel level, const char *time, const char *body, json_t *fields)
{
    json_t *object = json_object();
    json_set_string(object, "timestamp", time);
    json_set_string(object, "severity_text", level_names[level]);
    json_set_string(object, "component", settings.component);
    json_set_string(object, "body", body);
    if (fields != NULL)
        json_object_update_missing(object, fields);
    g_autofree char *text = json_compact(object);
    json_decref(object);
    g_string_append(line, text);
}

/* A person has read the sentence: what it says already, and what only programs look for, is left out. */
static bool
is_said(const char *body, const char *key, const json_t *value)
{
    return strcmp(key, "event") == 0 || strcmp(key, "seq") == 0 ||
           (json_is_string(value) && strstr(body, json_string_value(value)) != NULL);
}

static void
log_append_plain(GString *line, LogLevel level, const char *time, const char *body, json_t *fields)
{
    g_autofree char *shown = text_printable(body);
    g_string_append_printf(line, "%.8s %-5s %s: %s", time + strlen("2026-11-23T"),
                           level_names[level], settings.component, shown);
    const char *key;
    json_t *value;
    json_object_foreach(fields, key, value)
    {
        if (is_said(body, key, value))
            continue;
        g_autofree char *text = json_compact(value);
        g_autofree char *printable = text_printable(text);
        g_string_append_printf(line, " %s=%s", key, printable);
    }
}

static void
log_write(const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(STDERR_FILENO, data, bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        data += written;
        bytes -= (size_t) written;
    }
}

void
log_line(LogLevel level, json_t *fields, const char *format, ...)
{
    g_autoptr(json_t) owned = fields;
    if (level < settings.least)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *body = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *time = clock_text(clock_wall_ms());
    g_autoptr(GString) line = g_string_new(NULL);
    if (settings.as_json)
        log_append_json(line, level, time, body, owned);
    else
        log_append_plain(line, level, time, body, owned);
    g_string_append_c(line, '\n');
    log_write(line->str, line->len);
}
