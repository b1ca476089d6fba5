/*
 * use.c - where the text itself says what names without all their parts are in: USE, SET search_path, SET SCHEMA.
 *
 * It counts for all of the text if it is said once, or always the same, before the first name that may be the dataset's. Where
 * it is not said clearly, or only in part, a name that would be the dataset there is a person's.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    char *text; /* NULL: nothing is said */
    char quote; /* as in SqlPart */
    bool is_hole;
} SaidPart;

typedef struct {
    SaidPart database, schema;
} SaidPlace;

static void
place_free(void *data)
{
    SaidPlace *place = data;
    g_free(place->database.text);
    g_free(place->schema.text);
    g_free(place);
}

static void
part_set(SaidPart *part, const SaidPart *to)
{
    g_free(part->text);
    *part = to != NULL ? *to : (SaidPart){0};
    part->text = g_strdup(part->text);
}

static bool
is_same_part(const SaidPart *a, const SaidPart *b)
{
    return a->quote == b->quote && g_strcmp0(a->text, b->text) == 0;
}

static bool
is_same_place(const SaidPlace *a, const SaidPlace *b)
{
    return is_same_part(&a->database, &b->database) && is_same_part(&a->schema, &b->schema);
}

static SaidPlace *
place_copy(const SaidPlace *place)
{
    SaidPlace *copy = g_new0(SaidPlace, 1);
    part_set(&copy->database, &place->database);
    part_set(&copy->schema, &place->schema);
    return copy;
}

/* ---- what one statement says ---- */

#define NAME_PARTS 2

typedef struct {
    SaidPart parts[NAME_PARTS];
    guint count;
} SaidName;

static void
name_clear(SaidName *name)
{
    for (guint i = 0; i < name->count; i++)
        g_free(name->parts[i].text);
    name->count = 0;
}

static bool
is_new_line(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    size_t before = index > 0 ? work_token(work, index - 1)->end : 0;
    return index == 0 || memchr(work->text + before, '\n', token->begin - before) != NULL;
}

static bool
begins_statement(const Work *work, guint index)
{
    return is_new_line(work, index) || work_token(work, index - 1)->kind == TOKEN_SEMICOLON;
}

static bool
ends_statement(const Work *work, guint index)
{
    TokenKind kind = work_token(work, index)->kind;
    return kind == TOKEN_SEMICOLON || kind == TOKEN_END || is_new_line(work, index);
}

static bool
is_name_part(const Token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED ||
           token->kind == TOKEN_STRING || token->kind == TOKEN_TEMPLATE ||
           token->kind == TOKEN_PARAMETER;
}

/* A name with its dots at `*at`, which goes behind it; false when it is none, or has more parts than is known of. */
static bool
name_take(const Work *work, guint *at, SaidName *name)
{
    for (;;) {
        const Token *token = work_token(work, *at);
        if (!is_name_part(token) || name->count == NAME_PARTS || token->end - token->begin < 1)
            return false;
        bool is_quoted = token->kind == TOKEN_QUOTED || token->kind == TOKEN_STRING;
        size_t begin = token->begin + is_quoted, end = token->end - is_quoted;
        name->parts[name->count++] = (SaidPart){
            .text = g_strndup(work->text + begin, end > begin ? end - begin : 0),
            .quote = (char) (token->kind == TOKEN_QUOTED ? work->text[token->begin] : '\0'),
            .is_hole = token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_PARAMETER,
        };
        if (work_token(work, ++*at)->kind != TOKEN_DOT)
            return true;
        ++*at;
    }
}

static bool
is_dialect(const Work *work, const char *name)
{
    return strcmp(work->sql->dialect->name, name) == 0;
}

/* A database, in which names are in the schema that it has anyway. */
static void
set_database(const Work *work, SaidPlace *place, const SaidPart *database)
{
    const char *usual = work->sql->dialect->default_schema;
    part_set(&place->database, database);
    part_set(&place->schema, usual != NULL ? &(SaidPart){.text = (char *) usual} : NULL);
}

static void
set_name(SaidPlace *place, const SaidName *name)
{
    if (name->count == 2)
        part_set(&place->database, &name->parts[0]);
    part_set(&place->schema, &name->parts[name->count - 1]);
}

/* USE [CATALOG | DATABASE | SCHEMA | NAMESPACE] name */
static bool
take_use(const Work *work, guint index, SaidPlace *place)
{
    guint at = index + 1;
    bool is_kind = !ends_statement(work, at + 1) && work_token(work, at + 1)->kind != TOKEN_DOT,
         is_catalog = is_kind && work_is_text(work, at, "CATALOG"),
         is_database = is_kind && work_is_text(work, at, "DATABASE"),
         is_schema =
             is_kind && (work_is_text(work, at, "SCHEMA") || work_is_text(work, at, "NAMESPACE"));
    at += is_catalog || is_database || is_schema;
    bool has_databases = is_dialect(work, "snowflake") || is_dialect(work, "tsql");
    SaidName name = {0};
    bool is_read = name_take(work, &at, &name) && ends_statement(work, at);
    if (is_read && name.count == 1 && (is_catalog || (has_databases && !is_schema)))
        set_database(work, place, &name.parts[0]);
    else if (is_read)
        set_name(place, &name);
    name_clear(&name);
    return is_read;
}

/* The schema, a name of one part. `may_go_on`: others may follow behind a comma, or the body of a function behind AS. */
static bool
take_one(const Work *work, guint at, bool may_go_on, SaidPlace *place)
{
    SaidName name = {0};
    bool is_read =
        name_take(work, &at, &name) && name.count == 1 &&
        (ends_statement(work, at) || (may_go_on && (work_token(work, at)->kind == TOKEN_COMMA ||
                                                    work_is_text(work, at, "AS"))));
    if (is_read)
        set_name(place, &name);
    name_clear(&name);
    return is_read;
}

/* SET search_path TO a, b: what is there in the first one is meant. */
static bool
take_search_path(const Work *work, guint index, SaidPlace *place)
{
    guint at = index + 1;
    at += work_is_text(work, at, "SESSION") || work_is_text(work, at, "LOCAL");
    return work_is_text(work, at, "search_path") &&
           (work_is_text(work, at + 1, "TO") || work_is_text(work, at + 1, "=")) &&
           take_one(work, at + 2, true, place);
}

/* SELECT set_config('search_path', 'a, b', false) */
static bool
take_config(const Work *work, guint index, SaidPlace *place)
{
    const Token *name = work_token(work, index + 2), *value = work_token(work, index + 4);
    if (!work_is_text(work, index, "set_config") ||
        work_token(work, index + 1)->kind != TOKEN_OPEN || name->kind != TOKEN_STRING ||
        value->kind != TOKEN_STRING || work_token(work, index + 3)->kind != TOKEN_COMMA ||
        !work_is_text(work, index + 2, "'search_path'"))
        return false;
    size_t begin = value->begin + 1, end = begin;
    while (end + 1 < value->end && is_identifier_byte(work->text[end]))
        end++;
    g_autofree char *schema = g_strndup(work->text + begin, end - begin);
    part_set(&place->schema, &(SaidPart){.text = schema});
    return end > begin;
}

/* SET SCHEMA 'a'; but not ALTER TABLE t SET SCHEMA a, which moves it. */
static bool
take_schema(const Work *work, guint index, SaidPlace *place)
{
    return (index == 0 || work_token(work, index - 1)->kind == TOKEN_SEMICOLON) &&
           work_is_text(work, index + 1, "SCHEMA") && take_one(work, index + 2, false, place);
}

/* CREATE FUNCTION … SET search_path = a AS …: what is said there counts in the function alone. */
static bool
is_of_routine(const Work *work, guint index)
{
    const SqlStatement *statement = sql_statement_from(work->sql, index);
    return statement != NULL && statement->first < index &&
           work_token(work, index - 1)->kind != TOKEN_SEMICOLON;
}

/* `*ret_is_clear` becomes false where it does not count for what follows. */
static bool
take_statement(const Work *work, guint index, SaidPlace *place, bool *ret_is_clear)
{
    if (work_is_text(work, index, "SET") && take_search_path(work, index, place)) {
        *ret_is_clear = *ret_is_clear && !is_of_routine(work, index);
        return true;
    }
    if (take_config(work, index, place))
        return true;
    if (work_is_text(work, index, "SET"))
        return take_schema(work, index, place);
    return begins_statement(work, index) && work_is_text(work, index, "USE") &&
           take_use(work, index, place);
}

/* ---- what is said in all of the text ---- */

/* May the token be the name of a dataset that moves? */
static bool
may_be_dataset(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    bool is_quoted = token->kind == TOKEN_QUOTED;
    if (token->kind != TOKEN_WORD && !is_quoted)
        return false;
    size_t begin = token->begin + is_quoted, end = token->end - is_quoted;
    if (end <= begin || !renames_may_end(work->renames, work->text + begin, end - begin))
        return false;
    g_autofree char *name = g_strndup(work->text + begin, end - begin);
    return renames_ending_in(work->renames, RENAMES_BY_LAST, name) != NULL;
}

/* All places that are said, each once; `*ret_is_clear`: there is one, and it is said before a dataset is named. */
static GPtrArray *
read_places(const Work *work, bool *ret_is_clear)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(place_free);
    SaidPlace now = {0};
    bool is_named = false;
    *ret_is_clear = true;
    for (guint i = 0; i < work->sql->tokens->len; i++) {
        SaidPlace *before = place_copy(&now);
        if (take_statement(work, i, &now, ret_is_clear)) {
            if (!is_same_place(before, &now) && !is_named)
                g_ptr_array_set_size(places, 0); /* USE CATALOG a; USE SCHEMA b */
            *ret_is_clear = *ret_is_clear && (!is_named || is_same_place(before, &now));
            g_ptr_array_add(places, place_copy(&now));
        } else {
            is_named = is_named || may_be_dataset(work, i);
        }
        place_free(before);
    }
    part_set(&now.database, NULL);
    part_set(&now.schema, NULL);
    return g_steal_pointer(&places);
}

/* Asked of all words of all texts, of which few are as long. */
static bool
may_say_place(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    size_t bytes = token->end - token->begin;
    if (token->kind != TOKEN_WORD ||
        (bytes != strlen("SET") && bytes != strlen("search_path") && bytes != strlen("set_config")))
        return false;
    return work_is_text(work, index, "SET") || work_is_text(work, index, "set_config") ||
           work_is_text(work, index, "search_path") ||
           (work_is_text(work, index, "USE") && begins_statement(work, index));
}

static bool
says_place(const Work *work)
{
    for (guint i = 0; i < work->sql->tokens->len; i++)
        if (may_say_place(work, i))
            return true;
    return false;
}

typedef enum { FITS_NOT, FITS_PERHAPS, FITS } Fit;

static Fit
part_fits(const Work *work, const SaidPart *part, const char *name)
{
    if (part->text == NULL || (part->is_hole && strcmp(part->text, name) != 0))
        return FITS_PERHAPS;
    return part->is_hole || sql_same_table(work->sql->dialect, part->text, part->quote, name)
               ? FITS
               : FITS_NOT;
}

/* Is what stands before the last `count` parts of the dataset's name what the place says? */
static Fit
place_fits(const Work *work, const SaidPlace *place, const Spelling *spelling, guint count)
{
    guint length = g_strv_length(spelling->source);
    const SaidPart *parts[] = {&place->schema, &place->database};
    Fit fit = FITS;
    for (guint i = count; i < length; i++) {
        Fit one = i - 1 < G_N_ELEMENTS(parts)
                      ? part_fits(work, parts[i - 1], spelling->source[length - 1 - i])
                      : FITS_PERHAPS;
        fit = MIN(fit, one);
    }
    return fit;
}

/* In the letters of the mapping, by which a default path is compared; borrowed. */
static const char *
in_letters(const Work *work, const SaidPart *part, guint behind)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint length = g_strv_length(spelling->source);
            const char *name = length > behind ? spelling->source[length - 1 - behind] : NULL;
            if (name != NULL && part_fits(work, part, name) == FITS)
                return name;
        }
    }
    return part->text;
}

static char **
default_of(const Work *work, const SaidPlace *place)
{
    char *const *said = work->renames->default_path;
    const char *database = place->database.text != NULL      ? in_letters(work, &place->database, 2)
                           : said != NULL && said[1] != NULL ? said[0]
                                                             : NULL,
               *schema = place->schema.text != NULL ? in_letters(work, &place->schema, 1) : NULL;
    g_autoptr(GStrvBuilder) parts = g_strv_builder_new();
    if (database != NULL)
        g_strv_builder_add(parts, database);
    if (schema != NULL)
        g_strv_builder_add(parts, schema);
    return g_strv_builder_end(parts);
}

Renames *
sql_use(Work *work)
{
    if (work->sql->is_broken || !says_place(work))
        return NULL;
    bool is_clear;
    g_autoptr(GPtrArray) places = read_places(work, &is_clear);
    const SaidPlace *last = places->len > 0 ? g_ptr_array_index(places, places->len - 1) : NULL;
    bool is_whole = is_clear && last != NULL && !last->database.is_hole && !last->schema.is_hole;
    if (last == NULL || (!is_whole && work->renames->default_path != NULL))
        return NULL;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    Renames *own = renames_with(work->renames, none);
    if (is_whole) {
        g_strfreev(own->default_path);
        own->default_path = default_of(work, last);
    }
    work->used = g_steal_pointer(&places);
    return own;
}

const Spelling *
sql_said_spelling(const Work *work, const SqlPath *path)
{
    const GPtrArray *used = work->used != NULL ? work->used : work->used_around;
    for (guint i = 0; used != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (path->count >= g_strv_length(spelling->source) ||
                !spelling_ends_alike(work->sql->dialect, path, spelling, path->count))
                continue;
            for (guint p = 0; p < used->len; p++) {
                if (place_fits(work, g_ptr_array_index(used, p), spelling, path->count) != FITS_NOT)
                    return spelling;
            }
        }
    }
    return NULL;
}
