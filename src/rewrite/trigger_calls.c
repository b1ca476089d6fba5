/*
 * trigger_calls.c - see trigger_calls.h.
 *
 * The texts are no trees here: words, names and dots are enough, since CREATE TRIGGER is said in one way. What does not look
 * like a name behind ON (`%I`, `' || t`, `{{ this }}`) is a table that nobody knows.
 */
#include "rewrite/trigger_calls.h"

#include "base/text.h"

#include <string.h>

#define PARTS_MAX 4                 /* of a name */
#define WORDS_MAX 2000              /* of the head of a function, which may have no end */
#define BODY_BYTES_MAX (256 * 1024) /* of one; people write some kilobytes */

struct TriggerCalls {
    GPtrArray *list, *functions;
    GHashTable *calls_of, *made; /* the last part of a function's name -> GPtrArray of these */
    GPtrArray *none;             /* what there is under any other name */
};

static void
path_clear(SqlPath *path)
{
    for (uint32_t i = 0; i < path->count; i++)
        g_free(path->parts[i].text);
    g_free(path->parts);
    *path = (SqlPath){0};
}

static void
call_free(void *data)
{
    TriggerCall *call = data;
    path_clear(&call->table);
    g_ptr_array_unref(call->names);
    g_free(call->function);
    g_free(call);
}

static void
function_free(void *data)
{
    TriggerFunction *function = data;
    g_free(function->function);
    g_free(function);
}

TriggerCalls *
trigger_calls_new(void)
{
    TriggerCalls *calls = g_new0(TriggerCalls, 1);
    *calls = (TriggerCalls){.list = g_ptr_array_new_with_free_func(call_free),
                            .functions = g_ptr_array_new_with_free_func(function_free),
                            .calls_of = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                              (GDestroyNotify) g_ptr_array_unref),
                            .made = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                          (GDestroyNotify) g_ptr_array_unref),
                            .none = g_ptr_array_new()};
    return calls;
}

void
trigger_calls_free(TriggerCalls *calls)
{
    if (calls == NULL)
        return;
    g_hash_table_unref(calls->calls_of);
    g_hash_table_unref(calls->made);
    g_ptr_array_unref(calls->none);
    g_ptr_array_unref(calls->list);
    g_ptr_array_unref(calls->functions);
    g_free(calls);
}

static const char *
last_part(const char *function)
{
    const char *dot = strrchr(function, '.');
    return dot != NULL ? dot + 1 : function;
}

static const GPtrArray *
called_alike(const TriggerCalls *calls, GHashTable *by_name, const char *function)
{
    const GPtrArray *list = g_hash_table_lookup(by_name, last_part(function));
    return list != NULL ? list : calls->none;
}

const GPtrArray *
trigger_calls_to(const TriggerCalls *calls, const char *function)
{
    return called_alike(calls, calls->calls_of, function);
}

const GPtrArray *
trigger_calls_made(const TriggerCalls *calls, const char *function)
{
    return called_alike(calls, calls->made, function);
}

const GPtrArray *
trigger_calls_list(const TriggerCalls *calls)
{
    return calls->list;
}

const GPtrArray *
trigger_calls_functions(const TriggerCalls *calls)
{
    return calls->functions;
}

/* ---- words ---- */

typedef struct {
    const char *path, *text;
    size_t bytes;
    bool has_run;
    size_t begin, end; /* of the word that is looked at; the same at the end of the text */
} Reader;

/* Blanks, comments, and what strings of programs have for the end of a line, or are put together by. */
static size_t
behind_blanks(const Reader *reader, size_t at)
{
    const char *text = reader->text;
    size_t bytes = reader->bytes;
    for (;;) {
        bool is_escape = at + 1 < bytes && text[at] == '\\' && strchr("nrt", text[at + 1]) != NULL;
        if (at < bytes && g_ascii_isspace(text[at])) {
            at++;
        } else if (is_escape) {
            at += 2;
        } else if (at + 1 < bytes && text[at] == '-' && text[at + 1] == '-') {
            const char *line = memchr(text + at, '\n', bytes - at);
            at = line != NULL ? (size_t) (line - text) : bytes;
        } else if (at + 1 < bytes && text[at] == '/' && text[at + 1] == '*') {
            const char *end = text_find_bytes(text + at + 2, bytes - at - 2, "*/");
            at = end != NULL ? (size_t) (end - text) + 2 : bytes;
        } else {
            return at;
        }
    }
}

/* A word, a name in quotes, or a single sign. */
static bool
next(Reader *reader)
{
    size_t at = behind_blanks(reader, reader->end);
    reader->begin = reader->end = at;
    if (at >= reader->bytes)
        return false;
    while (reader->end < reader->bytes && is_identifier_byte(reader->text[reader->end]))
        reader->end++;
    if (reader->text[at] == '"') {
        size_t end = at + 1;
        while (end < reader->bytes && (is_identifier_byte(reader->text[end]) ||
                                       (end > at + 1 && reader->text[end] == ' ')))
            end++;
        bool is_name = end > at + 1 && end < reader->bytes && reader->text[end] == '"';
        reader->end = is_name ? end + 1 : at + 1;
    }
    reader->end = MAX(reader->end, at + 1);
    return true;
}

static bool
is_word(const Reader *reader, const char *word)
{
    return reader->end - reader->begin == strlen(word) &&
           g_ascii_strncasecmp(reader->text + reader->begin, word, strlen(word)) == 0;
}

static bool
is_name(const Reader *reader)
{
    char first = reader->end > reader->begin ? reader->text[reader->begin] : '\0';
    return (is_identifier_byte(first) && !g_ascii_isdigit(first)) ||
           (first == '"' && reader->end > reader->begin + 2);
}

/* a.b."c": the word behind it is looked at then. No parts where it is no name. */
static SqlPath
read_path(Reader *reader, size_t *ret_end)
{
    SqlPath path = {.parts = g_new0(SqlPart, PARTS_MAX)};
    bool is_whole = true;
    for (bool goes_on = true; goes_on;) {
        is_whole = is_whole && path.count < PARTS_MAX && is_name(reader);
        bool is_quoted = is_whole && reader->text[reader->begin] == '"';
        if (is_whole)
            path.parts[path.count++] =
                (SqlPart){.text = g_strndup(reader->text + reader->begin + is_quoted,
                                            reader->end - reader->begin - 2 * (size_t) is_quoted),
                          .quote = is_quoted ? '"' : '\0'};
        *ret_end = reader->end;
        goes_on = next(reader) && is_word(reader, ".") && next(reader);
    }
    /* users{{ x }}, users%s: more of the name is put in */
    bool is_glued =
        reader->begin == *ret_end && strchr("{%$<", reader->text[reader->begin]) != NULL;
    for (; (!is_whole || is_glued) && path.count > 0; path.count--)
        g_clear_pointer(&path.parts[path.count - 1].text, g_free);
    return path;
}

char *
trigger_calls_name(const char *schema, const char *name)
{
    g_autofree char *whole =
        schema != NULL ? g_strdup_printf("%s.%s", schema, name) : g_strdup(name);
    return g_ascii_strup(whole, -1);
}

/* The name that begins here, in capitals; NULL: it is put in. Caller frees. */
static char *
read_function(Reader *reader, size_t *ret_begin, size_t *ret_end)
{
    *ret_begin = reader->begin;
    SqlPath path = read_path(reader, ret_end);
    const char *schema = path.count > 1 ? path.parts[path.count - 2].text : NULL;
    char *name =
        path.count > 0 ? trigger_calls_name(schema, path.parts[path.count - 1].text) : NULL;
    path_clear(&path);
    return name;
}

/* ---- triggers ---- */

/* REFERENCING NEW TABLE AS a OLD TABLE AS b */
static void
read_names(Reader *reader, GPtrArray *names)
{
    while (is_word(reader, "NEW") || is_word(reader, "OLD")) {
        if (!next(reader) || (is_word(reader, "TABLE") && !next(reader)) ||
            (is_word(reader, "AS") && !next(reader)))
            return;
        g_ptr_array_add(names,
                        g_strndup(reader->text + reader->begin, reader->end - reader->begin));
        if (!next(reader))
            return;
    }
}

/* Behind CREATE TRIGGER, up to the function that it calls. */
static void
read_trigger(TriggerCalls *calls, Reader *reader)
{
    TriggerCall *call = g_new0(TriggerCall, 1);
    size_t end;
    bool has_table = false;
    call->names = g_ptr_array_new_with_free_func(g_free);
    call->text = reader->text;
    call->path = reader->path;
    call->has_run = reader->has_run;
    while (next(reader) && !is_word(reader, ";") && !is_word(reader, "TRIGGER")) {
        if (!has_table && is_word(reader, "ON") && next(reader)) {
            call->table = read_path(reader, &end);
            has_table = true;
        }
        if (is_word(reader, "REFERENCING") && next(reader))
            read_names(reader, call->names);
        if (!is_word(reader, "EXECUTE") || !next(reader) ||
            !(is_word(reader, "FUNCTION") || is_word(reader, "PROCEDURE")) || !next(reader))
            continue;
        call->function = read_function(reader, &call->begin, &call->end);
        break;
    }
    if (call->function == NULL) {
        call_free(call);
        return;
    }
    g_ptr_array_add(calls->list, call);
    g_ptr_array_add(list_of(calls->calls_of, (char *) last_part(call->function)), call);
}

/* ---- functions ---- */

/* Behind AS: what stands between the quotes of the body. */
static void
read_body(Reader *reader, TriggerFunction *function)
{
    const char *text = reader->text + reader->begin;
    const char *end = text + MIN(reader->bytes - reader->begin, BODY_BYTES_MAX);
    const char *tag_end = *text == '$' ? memchr(text + 1, '$', (size_t) (end - text) - 1) : text;
    if ((*text != '$' && *text != '\'') || tag_end == NULL)
        return;
    g_autofree char *tag = g_strndup(text, (size_t) (tag_end + 1 - text));
    const char *close = text_find_bytes(tag_end + 1, (size_t) (end - tag_end) - 1, tag);
    for (; *tag == '\'' && close != NULL && close + 1 < end && close[1] == '\'';)
        close = text_find_bytes(close + 2, (size_t) (end - close) - 2, tag);
    if (close == NULL)
        return;
    function->body_begin = (size_t) (tag_end + 1 - reader->text);
    function->body_end = (size_t) (close - reader->text);
    reader->end = function->body_end + strlen(tag);
}

static bool
is_understood(const Reader *reader)
{
    Reader language = *reader;
    if (next(&language) && is_word(&language, "'"))
        next(&language);
    return is_word(&language, "plpgsql") || is_word(&language, "sql");
}

/* Behind FUNCTION. What it returns stands before its body, its language on either side. */
static void
read_routine(TriggerCalls *calls, const Reader *at)
{
    Reader reader = *at;
    bool is_trigger = false;
    TriggerFunction *function = g_new0(TriggerFunction, 1);
    *function = (TriggerFunction){.path = at->path, .text = at->text, .has_run = at->has_run};
    bool has_name = next(&reader) && (function->function = read_function(&reader, &function->begin,
                                                                         &function->end)) != NULL;
    bool goes_on = has_name;
    for (int words = 0; goes_on && words < WORDS_MAX && !is_word(&reader, ";"); words++) {
        if (is_word(&reader, "RETURNS") && next(&reader))
            is_trigger = is_word(&reader, "TRIGGER");
        if (is_word(&reader, "LANGUAGE"))
            function->is_understood = is_understood(&reader);
        if (is_trigger && is_word(&reader, "AS") && function->body_end == 0 && next(&reader))
            read_body(&reader, function);
        goes_on = next(&reader);
    }
    if (!is_trigger) {
        function_free(function);
        return;
    }
    g_ptr_array_add(calls->functions, function);
    g_ptr_array_add(list_of(calls->made, (char *) last_part(function->function)), function);
}

/* ---- the whole ---- */

bool
trigger_calls_may_be(const char *text, size_t bytes)
{
    return text_find_folded(text, bytes, "trigger") != NULL &&
           (text_find_folded(text, bytes, "execute") != NULL ||
            text_find_folded(text, bytes, "returns") != NULL);
}

void
trigger_calls_read(TriggerCalls *calls, const char *path, const char *text, size_t bytes,
                   bool has_run)
{
    Reader reader = {.path = path, .text = text, .bytes = bytes};
    bool is_made = false; /* CREATE, OR REPLACE, CONSTRAINT stands before */
    if (!trigger_calls_may_be(text, bytes))
        return;
    reader.has_run = has_run || is_history(path, text, bytes);
    while (next(&reader)) {
        if (is_made && is_word(&reader, "FUNCTION"))
            read_routine(calls, &reader);
        while (is_made && is_word(&reader, "TRIGGER"))
            read_trigger(calls, &reader);
        is_made = is_word(&reader, "CREATE") || is_word(&reader, "REPLACE") ||
                  is_word(&reader, "CONSTRAINT");
    }
}

bool
trigger_calls_makes(const TriggerCalls *calls, const char *path, const char *function)
{
    const GPtrArray *alike = trigger_calls_made(calls, function);
    for (guint i = 0; i < alike->len; i++) {
        const TriggerFunction *one = g_ptr_array_index(alike, i);
        if (strcmp(one->path, path) == 0 && trigger_calls_same(one->function, function))
            return true;
    }
    return false;
}

bool
trigger_calls_same(const char *one, const char *other)
{
    const char *dot = strrchr(one, '.'), *other_dot = strrchr(other, '.');
    if (dot != NULL && other_dot != NULL)
        return strcmp(one, other) == 0;
    return strcmp(dot != NULL ? dot + 1 : one, other_dot != NULL ? other_dot + 1 : other) == 0;
}

static bool
has_change(const Rename *rename, const ColumnChange *change)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *own = g_ptr_array_index(rename->changes, i);
        if (strcmp(own->column, change->column) == 0)
            return own->kind == change->kind && g_strcmp0(own->to, change->to) == 0;
    }
    return change->kind == CHANGE_NONE;
}

/* Both tables stay, and the same columns of them get the same names: to what sees the rows of both they are one. */
static bool
change_alike(const Rename *one, const Rename *other)
{
    const Rename *both[] = {one, other};
    for (guint b = 0; b < 2; b++) {
        const Rename *rename = both[b];
        if (rename->is_derived || !rename->is_in_place)
            return false;
        for (guint i = 0; i < rename->changes->len; i++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, i);
            if ((change->kind != CHANGE_NAME && change->kind != CHANGE_NONE) ||
                !has_change(both[1 - b], change))
                return false;
        }
    }
    return true;
}

TriggerBinding
trigger_calls_of(const TriggerCalls *calls, const char *function, const Renames *renames,
                 const Dialect *dialect)
{
    TriggerBinding binding = {0};
    bool has_run = false;
    const GPtrArray *alike = trigger_calls_to(calls, function);
    for (guint i = 0; i < alike->len; i++) {
        const TriggerCall *call = g_ptr_array_index(alike, i);
        const Spelling *spelling;
        bool is_other;
        if (!trigger_calls_same(call->function, function))
            continue;
        const Rename *rename = renames_find(renames, dialect, &call->table, &spelling, &is_other);
        binding.count++;
        binding.is_unclear |= call->table.count == 0;
        has_run |= call->has_run && rename != NULL;
        binding.is_of_others |=
            rename == NULL || (binding.rename != NULL && rename != binding.rename &&
                               !change_alike(rename, binding.rename));
        if (binding.rename == NULL && !call->has_run)
            binding.rename = rename;
    }
    binding.is_unclear |= binding.rename == NULL && (binding.count == 0 || has_run);
    return binding;
}
