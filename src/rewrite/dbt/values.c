/* values.c - {{ dbt_utils.get_column_values(table=ref('x'), column='a', where='b > 1') }}: names of the table that it is
 * given. The values that come back are the same as before. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const char *keyword;
    guint place;
    bool is_about_columns;
} Parameter;

static const Parameter parameters[] = {
    {"table", 0, false},       {"column", 1, true},   {"order_by", 2, true},
    {"max_records", 3, false}, {"default", 4, false}, {"where", 5, true},
};

/* [first, last) of an argument, without its name. */
static const Parameter *
parameter_of(const char *text, const GArray *words, guint place, guint *first, guint last)
{
    bool is_named = *first + 1 < last && jinja_is(text, words, *first + 1, "=");
    for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
        if (is_named ? !jinja_is(text, words, *first, parameters[i].keyword)
                     : place != parameters[i].place)
            continue;
        *first += is_named ? 2 : 0;
        return &parameters[i];
    }
    return NULL;
}

static void
edit_names(Work *work, const Rename *rename, const JinjaWord *string)
{
    const char *text = work->text;
    for (size_t at = string->begin; at < string->end;) {
        size_t from = at;
        bool is_name_quote = strchr(work->sql->dialect->name_quotes, text[at]) != NULL;
        if ((text[at] == '\'' || text[at] == '"') &&
            !is_name_quote) { /* a literal of the condition */
            for (at++; at < string->end && text[at] != text[from]; at++)
                ;
            at++;
            continue;
        }
        while (at < string->end && is_identifier_byte(text[at]))
            at++;
        g_autofree char *name = g_strndup(text + from, at - from);
        SqlPart part = {.text = name};
        const ColumnChange *change =
            at > from ? rename_column(rename, work->sql->dialect, &part) : NULL;
        bool is_quoted = from > string->begin && strchr("\"`[", text[from - 1]) != NULL;
        g_autofree char *written = change != NULL && change->to != NULL && !is_quoted
                                       ? spell_like(work->sql->dialect, &part, change->to)
                                       : NULL;
        bool is_plain = written == NULL || strcmp(written, change->to) == 0;
        if (change != NULL && change->kind == CHANGE_NAME && is_plain)
            site_edit(work, SITE_COLUMN, from, at, change->to);
        else if (change != NULL && change->kind != CHANGE_NONE)
            site_refuse(work, SITE_COLUMN, from, at, "in-template", change->link,
                        "'%s' does not only change its name, or needs quotes under its new one",
                        part.text);
        at += at == from;
    }
}

/* Is each argument one text, list or call that is understood? Then the names in them are changed, if `edits`. */
static bool
visit_arguments(Work *work, const Rename *rename, const GArray *words, const JinjaCall *call,
                bool edits)
{
    guint place = 0;
    for (guint from = call->first, to; from < call->last; from = to + 1, place++) {
        to = jinja_find(work->text, words, from, call->last, ",");
        guint first = from;
        const Parameter *parameter = parameter_of(work->text, words, place, &first, to);
        if (parameter == NULL)
            return false;
        if (!parameter->is_about_columns)
            continue;
        if (to != first + 1 || jinja_word(words, first)->kind != JINJA_STRING)
            return false;
        if (edits)
            edit_names(work, rename, jinja_word(words, first));
    }
    return true;
}

bool
dbt_values(Work *work, const Token *token, size_t at, const Rename *rename)
{
    const char *text = work->text;
    g_autoptr(GArray) words = jinja_words(text, token);
    for (guint i = 0; i + 1 < words->len; i++) {
        if (!jinja_is(text, words, i, "get_column_values") || !jinja_is(text, words, i + 1, "("))
            continue;
        guint close = jinja_close(text, words, i + 1);
        JinjaCall call = {.first = i + 2, .last = close};
        bool is_within = close < words->len && at > jinja_word(words, i)->begin &&
                         at < jinja_word(words, close)->begin;
        if (!is_within || !visit_arguments(work, rename, words, &call, false))
            continue;
        visit_arguments(work, rename, words, &call, true);
        return true;
    }
    return false;
}

/* Is the table a call, or a variable that was set to one? */
static bool
has_table(Work *work, const GArray *words, const JinjaCall *call)
{
    const char *text = work->text;
    guint place = 0;
    for (guint from = call->first, to; from < call->last; from = to + 1, place++) {
        to = jinja_find(text, words, from, call->last, ",");
        guint first = from;
        const Parameter *parameter = parameter_of(text, words, place, &first, to);
        if (parameter != &parameters[0])
            continue;
        const JinjaWord *word = jinja_word(words, first);
        if (jinja_is(text, words, first, "ref") || jinja_is(text, words, first, "source"))
            return jinja_close(text, words, first + 1) + 1 == to;
        DbtCall *found =
            to == first + 1 && word->kind == JINJA_NAME
                ? dbt_call_of_variable(work, text + word->begin, word->end - word->begin)
                : NULL;
        if (found != NULL)
            dbt_call_clear(found);
        g_free(found);
        return found != NULL;
    }
    return false;
}

bool
dbt_values_settles(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const Token *token = work_token(work, part->token);
    if (token->kind != TOKEN_TEMPLATE || !g_str_has_suffix(ref->macro, "get_column_values"))
        return false;
    g_autoptr(GArray) words = jinja_words(work->text, token);
    for (guint i = 0; i + 1 < words->len; i++) {
        guint close = jinja_is(work->text, words, i, "get_column_values")
                          ? jinja_close(work->text, words, i + 1)
                          : words->len;
        JinjaCall call = {.first = i + 2, .last = close};
        if (close < words->len && part->begin > jinja_word(words, i)->begin &&
            part->begin < jinja_word(words, close)->begin)
            return has_table(work, words, &call);
    }
    return false;
}
