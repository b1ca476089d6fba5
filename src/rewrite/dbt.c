/*
 * dbt.c - {{ ref('model') }} and {{ source('schema', 'table') }}, read in place.
 *
 * Only a call with nothing but string literals is understood, with or without the blanks and dashes that Jinja allows;
 * all else stays a template that nobody can look into.
 */
#include "rewrite/work.h"

#include <string.h>

typedef struct {
    const char *text;
    size_t at, end;
} Reader;

static void
skip_blanks(Reader *reader)
{
    while (reader->at < reader->end && g_ascii_isspace(reader->text[reader->at]))
        reader->at++;
}

static bool
take(Reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at >= reader->end || reader->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

/* 'text' or "text"; begin and end are what is between the quotes. */
static bool
take_literal(Reader *reader, size_t *ret_begin, size_t *ret_end)
{
    skip_blanks(reader);
    if (reader->at >= reader->end ||
        (reader->text[reader->at] != '\'' && reader->text[reader->at] != '"'))
        return false;
    char quote = reader->text[reader->at++];
    *ret_begin = reader->at;
    while (reader->at < reader->end && reader->text[reader->at] != quote &&
           reader->text[reader->at] != '\\')
        reader->at++;
    *ret_end = reader->at;
    return take(reader, quote);
}

typedef struct {
    bool is_source;
    size_t begin[2], end[2];
    int count;
} Call;

static bool
read_call(const char *text, const Token *token, Call *ret)
{
    Reader reader = {.text = text, .at = token->begin + 2, .end = token->end - 2};
    if (reader.at < reader.end && text[reader.at] == '-')
        reader.at++;
    if (reader.end > reader.at && text[reader.end - 1] == '-')
        reader.end--;
    skip_blanks(&reader);
    size_t name = reader.at;
    while (reader.at < reader.end && g_ascii_isalpha(text[reader.at]))
        reader.at++;
    size_t bytes = reader.at - name;
    ret->is_source = bytes == 6 && memcmp(text + name, "source", bytes) == 0;
    if (!ret->is_source && !(bytes == 3 && memcmp(text + name, "ref", bytes) == 0))
        return false;
    ret->count = 0;
    if (!take(&reader, '('))
        return false;
    while (ret->count < 2 &&
           take_literal(&reader, &ret->begin[ret->count], &ret->end[ret->count])) {
        ret->count++;
        if (!take(&reader, ','))
            break;
    }
    if (ret->count == 0 || !take(&reader, ')'))
        return false;
    skip_blanks(&reader);
    return reader.at == reader.end;
}

static bool
is_literal(const char *text, const Call *call, int index, const char *value, size_t bytes)
{
    return call->end[index] - call->begin[index] == bytes &&
           memcmp(text + call->begin[index], value, bytes) == 0;
}

/* Is it the source or model that the mapping's `dbt` names? */
static bool
is_meant(const char *text, const Call *call, const json_t *dbt)
{
    const char *source = json_get_string(dbt, "source", NULL),
               *ref = json_get_string(dbt, "ref", NULL);
    if (!call->is_source)
        return ref != NULL && call->count == 1 && is_literal(text, call, 0, ref, strlen(ref));
    const char *dot = source != NULL ? strrchr(source, '.') : NULL;
    return dot != NULL && call->count == 2 &&
           is_literal(text, call, 0, source, (size_t) (dot - source)) &&
           is_literal(text, call, 1, dot + 1, strlen(dot + 1));
}

bool
is_dbt_call(Work *work, const Token *token, const Rename **ret, size_t *ret_begin, size_t *ret_end,
            char **ret_after)
{
    Call call;
    if (!read_call(work->text, token, &call))
        return false;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const json_t *dbt = rename->mapping != NULL ? mapping_dbt(rename->mapping) : NULL;
        const char *target = json_get_string(dbt, "target", NULL);
        if (dbt == NULL || target == NULL || !is_meant(work->text, &call, dbt))
            continue;
        const char *dot = call.is_source ? strrchr(target, '.') : NULL;
        size_t between = call.begin[call.count - 1] - call.end[0];
        *ret = rename;
        *ret_begin = call.begin[0];
        *ret_end = call.end[call.count - 1];
        *ret_after = dot == NULL
                         ? g_strdup(target)
                         : g_strdup_printf("%.*s%.*s%s", (int) (dot - target), target,
                                           (int) between, work->text + call.end[0], dot + 1);
        return true;
    }
    return false;
}
