/*
 * catalog.c - the dataset named apart: its schema in one literal and its own name in another one, as catalogs and
 * procedures are asked (`table_schema = 'shop' AND table_name = 'orders'`, f('shop', 'orders')), or below the schema's
 * INFORMATION_SCHEMA.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define TOKENS_MAX 4096 /* of a statement, either way: people ask catalogs in a screen or two */

/* The token is this name, or a literal that is nothing but it. */
static bool
is_name_alone(const Work *work, guint index, const char *name)
{
    TokenKind kind = work_token(work, index)->kind;
    return (kind == TOKEN_WORD || kind == TOKEN_QUOTED || kind == TOKEN_STRING) &&
           sql_says(work, index, name);
}

/* orders` of CONCAT('… `acme.shop.', 'orders`'): what closes a path that another literal began. */
static bool
is_name_closed(const Work *work, guint index, const char *name)
{
    size_t bytes = strlen(name), written = 0;
    if (work_token(work, index)->kind != TOKEN_STRING)
        return false;
    const char *text = sql_inside(work, index, &written);
    return written > bytes && g_ascii_strncasecmp(text, name, bytes) == 0 &&
           strchr("`\"]", text[bytes]) != NULL;
}

/* '… FROM `acme.shop.%s` …', '… FROM shop.': a path in which the table is put in, or put behind. */
static bool
is_begun_path(const Work *work, const Token *token, const char *schema)
{
    const char *at = work->text + token->begin, *end = work->text + token->end - 1;
    size_t bytes = strlen(schema);
    while ((at = text_find_folded(at, (size_t) (end - at), schema)) != NULL) {
        const char *behind = at + bytes;
        bool begins = at[-1] == '.' || strchr("`\"'[ ", at[-1]) != NULL;
        if (begins && behind < end && *behind == '.' &&
            (behind + 1 == end || behind[1] == '%' || behind[1] == '{'))
            return true;
        at = behind;
    }
    return false;
}

/* Is the schema said here: in a literal, or before INFORMATION_SCHEMA or SQLite's own table, perhaps in the quotes of a whole path? */
static bool
says_schema(const Work *work, guint index, const char *schema)
{
    const Token *token = work_token(work, index);
    if (token->kind == TOKEN_STRING)
        return is_name_alone(work, index, schema) || is_begun_path(work, token, schema);
    if (token->kind == TOKEN_QUOTED &&
        text_find_folded(work->text + token->begin, token->end - token->begin,
                         "INFORMATION_SCHEMA") != NULL)
        return text_find_folded(work->text + token->begin, token->end - token->begin, schema) !=
               NULL;
    bool is_catalog = work_is_text(work, index, "INFORMATION_SCHEMA") ||
                      work_is_text(work, index, "sqlite_master") ||
                      work_is_text(work, index, "sqlite_schema");
    if (!is_catalog || index < 2 || work_token(work, index - 1)->kind != TOKEN_DOT)
        return false;
    const Token *before = work_token(work, index - 2);
    return text_find_folded(work->text + before->begin, before->end - before->begin, schema) !=
           NULL;
}

/* SET @sql = 'SELECT … FROM shop.' + @table: wherever that is, what is set to 'orders' may be put behind it. */
static bool
is_put_behind(const Work *work, const char *schema)
{
    g_autofree char *ending = g_strconcat(schema, ".'", NULL);
    const char *at = text_find_folded(work->text, work->bytes, ending);
    return at != NULL && (at == work->text || !is_identifier_byte(at[-1]));
}

/* Where the text speaks of a schema: it is gone through once for each, not for each literal. */
typedef struct {
    GArray
        *places; /* guint32, tokens in their order: those that say it, and the semicolons between */
    bool is_put_behind;
} SchemaSaid;

static void
schema_said_free(void *data)
{
    SchemaSaid *schema = data;
    g_array_unref(schema->places);
    g_free(schema);
}

static const SchemaSaid *
schema_of(Work *work, const char *name)
{
    if (work->schemas == NULL)
        work->schemas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, schema_said_free);
    SchemaSaid *schema = g_hash_table_lookup(work->schemas, name);
    if (schema != NULL)
        return schema;
    schema = g_new(SchemaSaid, 1);
    *schema = (SchemaSaid){.places = g_array_new(FALSE, FALSE, sizeof(guint32)),
                           .is_put_behind = is_put_behind(work, name)};
    program_steps += work->sql->tokens->len;
    for (guint32 i = 0; i < work->sql->tokens->len; i++)
        if (work_token(work, i)->kind == TOKEN_SEMICOLON || says_schema(work, i, name))
            g_array_append_val(schema->places, i);
    g_hash_table_insert(work->schemas, g_strdup(name), schema);
    return schema;
}

/* Is the place one that says it, and near? */
static bool
is_near(const Work *work, const SchemaSaid *schema, guint place, guint index)
{
    if (place >= schema->places->len)
        return false;
    guint at = g_array_index(schema->places, guint32, place);
    return work_token(work, at)->kind != TOKEN_SEMICOLON &&
           MAX(at, index) - MIN(at, index) <= TOKENS_MAX;
}

static bool
is_said_in_statement(const Work *work, guint index, const SchemaSaid *schema)
{
    guint low = 0, high = schema->places->len; /* the first place at `index` or behind */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(schema->places, guint32, middle) < index)
            low = middle + 1;
        else
            high = middle;
    }
    guint behind = low;
    if (low < schema->places->len && g_array_index(schema->places, guint32, low) == index)
        behind++;
    return (low > 0 && is_near(work, schema, low - 1, index)) ||
           is_near(work, schema, behind, index);
}

/* cluster('c', shop, orders), of ClickHouse */
static bool
is_behind_schema(const Work *work, guint index, const char *schema)
{
    return work->sql->dialect->has_hiding_aliases && index > 2 &&
           work_token(work, index - 1)->kind == TOKEN_COMMA &&
           is_name_alone(work, index - 2, schema) &&
           (work_token(work, index - 3)->kind == TOKEN_COMMA ||
            work_token(work, index - 3)->kind == TOKEN_OPEN);
}

bool
sql_is_named_apart(Work *work, guint index)
{
    const Token *token = work_token(work, index);
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint parts = g_strv_length(spelling->source);
            if (parts < 2 || !(is_name_alone(work, index, spelling->last) ||
                               is_name_closed(work, index, spelling->last)))
                continue;
            const char *name = spelling->source[parts - 2];
            if (token->kind != TOKEN_STRING) {
                if (is_behind_schema(work, index, name))
                    return true;
                continue;
            }
            const SchemaSaid *schema = schema_of(work, name);
            if (schema->is_put_behind || is_said_in_statement(work, index, schema))
                return true;
        }
    }
    return false;
}

/* ---- f('shop', 'orders') ---- */

/* Nothing but this text in single quotes, letter by letter. */
static bool
is_literal_of(const Work *work, guint index, const char *name)
{
    size_t bytes = 0;
    if (work_token(work, index)->kind != TOKEN_STRING)
        return false;
    const char *text = sql_inside(work, index, &bytes);
    return bytes == strlen(name) && memcmp(text, name, bytes) == 0;
}

/* dblink('a server', …) asks another database. */
bool
sql_takes_values(const Work *work, guint function)
{
    static const char *const values[] = {
        "replace", "translate", "coalesce",  "nullif",         "nvl",    "ifnull", "isnull",
        "decode",  "concat",    "concat_ws", "regexp_replace", "format", "if",     "iif",
        "choose",  "greatest",  "least",     "position",       "instr",  "strpos", "row",
        "map",     "list",      "hstore",    "enum",           "set",    "elt",    "field",
        "in",      "any",       "all"};
    static const char *const kinds[] = {"dblink", "array", "json",   "struct",
                                        "object", "list_", "contain"};
    const Token *name = work_token(work, function);
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (work_is_text(work, function, values[i]))
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (text_find_folded(work->text + name->begin, name->end - name->begin, kinds[i]) != NULL)
            return true;
    return false;
}

/* ops.f(…), CALL f(…), PERFORM f(…): certainly no function that the database has by itself. */
static bool
is_own_routine(const Work *work, guint function)
{
    return function > 0 && (work_token(work, function - 1)->kind == TOKEN_DOT ||
                            work_is_text(work, function - 1, "CALL") ||
                            work_is_text(work, function - 1, "PERFORM"));
}

/* The call that the argument stands in gets names of things: it is no VALUES (…), no INSERT INTO t (SELECT …). Two ordinary words
 * may be anything, unless somebody made the function. */
static bool
is_call_with_names(const Work *work, guint argument, const char *table)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    guint open = sql_row_of(work, argument);
    const Token *name = open > 0 ? work_token(work, open - 1) : NULL;
    Word first = work_token(work, open + 1)->word;
    if (work_token(work, open)->kind != TOKEN_OPEN || name == NULL || name->kind != TOKEN_WORD ||
        word_is_reserved(name->word) || name->word == WORD_VALUES || first == WORD_SELECT ||
        first == WORD_WITH)
        return false;
    return is_own_routine(work, open - 1) ||
           (!sql_takes_values(work, open - 1) && strspn(table, letters) < strlen(table));
}

/* Two arguments of one call, next to each other, and the second is this one. */
static bool
is_second_of_two(const Work *work, guint index)
{
    if (index < 4 || work_token(work, index - 1)->kind != TOKEN_COMMA)
        return false;
    TokenKind before = work_token(work, index - 3)->kind,
              behind = work_token(work, index + 1)->kind;
    return (before == TOKEN_COMMA || before == TOKEN_OPEN) &&
           (behind == TOKEN_COMMA || behind == TOKEN_CLOSE);
}

void
sql_edit_inside(Work *work, guint index, const char *from, const char *to)
{
    size_t bytes = 0;
    const char *text = sql_inside(work, index, &bytes);
    size_t at = (size_t) (text - work->text);
    if (strcmp(from, to) != 0)
        site_edit(work, SITE_TABLE, at, at + bytes, to);
}

static bool
can_follow(const Work *work, guint index, const Rename *rename, const Spelling *spelling)
{
    return g_strv_length(spelling->target) == 2 && !rename_changes_columns(rename) &&
           rename_only_renames(rename) && strpbrk(spelling->target[0], "'\\") == NULL &&
           strpbrk(spelling->target[1], "'\\") == NULL &&
           is_call_with_names(work, index, spelling->source[1]);
}

bool
sql_named_by_two(Work *work, guint index)
{
    for (guint i = 0; is_second_of_two(work, index) && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            char **source = spelling->source, **target = spelling->target;
            if (g_strv_length(source) != 2 || !is_literal_of(work, index, source[1]) ||
                !is_literal_of(work, index - 2, source[0]))
                continue;
            if (!can_follow(work, index, rename, spelling))
                return false;
            sql_edit_inside(work, index - 2, source[0], target[0]);
            sql_edit_inside(work, index, source[1], target[1]);
            return true;
        }
    }
    return false;
}
