/* text.c - SQLite's tokens, and what is done with CREATE statements by moving through them. */
#include "driver/sqlite/text.h"

#include <sqlite3.h>
#include <string.h>

/* --- tokens --- */

static bool
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (c & 0x80) != 0;
}

static const char *
skip_blank(const char *p)
{
    for (;;) {
        if (g_ascii_isspace(*p)) {
            p++;
        } else if (p[0] == '-' && p[1] == '-') {
            while (*p != '\0' && *p != '\n')
                p++;
        } else if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            p = end != NULL ? end + 2 : p + strlen(p);
        } else {
            return p;
        }
    }
}

/* Behind the closing quote; doubled ones belong to the text, except in [brackets]. */
static const char *
skip_quoted(const char *p)
{
    char close = *p == '[' ? ']' : *p;
    for (p++; *p != '\0'; p++) {
        if (*p != close)
            continue;
        if (close == ']' || p[1] != close)
            return p + 1;
        p++;
    }
    return p;
}

SqlToken
sql_next(const char **cursor)
{
    const char *begin = skip_blank(*cursor), *end = begin;
    SqlKind kind = SQL_OTHER;
    if (*begin == '\0') {
        kind = SQL_END;
    } else if (*begin == '\'') {
        kind = SQL_STRING;
        end = skip_quoted(begin);
    } else if (*begin == '"' || *begin == '`' || *begin == '[') {
        kind = SQL_QUOTED;
        end = skip_quoted(begin);
    } else if (g_ascii_isdigit(*begin)) {
        while (is_word_byte(*end) || *end == '.')
            end++;
    } else if (is_word_byte(*begin)) {
        kind = SQL_WORD;
        while (is_word_byte(*end))
            end++;
    } else {
        end++;
    }
    *cursor = end;
    return (SqlToken){.kind = kind, .begin = begin, .bytes = (size_t) (end - begin)};
}

bool
sql_is(SqlToken token, const char *word)
{
    return (token.kind == SQL_WORD || token.kind == SQL_OTHER) && strlen(word) == token.bytes &&
           g_ascii_strncasecmp(token.begin, word, token.bytes) == 0;
}

bool
sql_is_name(SqlToken token)
{
    return token.kind == SQL_WORD || token.kind == SQL_QUOTED || token.kind == SQL_STRING;
}

char *
sql_name(SqlToken token)
{
    if (token.kind != SQL_QUOTED && token.kind != SQL_STRING)
        return g_strndup(token.begin, token.bytes);
    GString *name = g_string_sized_new(token.bytes);
    char close = *token.begin == '[' ? ']' : *token.begin;
    for (size_t i = 1; i + 1 < token.bytes; i++) {
        g_string_append_c(name, token.begin[i]);
        if (token.begin[i] == close)
            i++;
    }
    return g_string_free(name, FALSE);
}

bool
sql_names(SqlToken token, const char *name)
{
    if (!sql_is_name(token))
        return false;
    g_autofree char *own = sql_name(token);
    return g_ascii_strcasecmp(own, name) == 0;
}

bool
sql_has_word(const char *sql, const char *word)
{
    for (SqlToken token = sql_next(&sql); token.kind != SQL_END; token = sql_next(&sql))
        if (sql_is(token, word))
            return true;
    return false;
}

char *
sql_quote(const char *name)
{
    GString *quoted = g_string_new("\"");
    for (; *name != '\0'; name++) {
        g_string_append_c(quoted, *name);
        if (*name == '"')
            g_string_append_c(quoted, '"');
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

char *
sql_quote_if_needed(const char *name)
{
    bool is_plain = g_ascii_isalpha(name[0]) || name[0] == '_';
    for (const char *p = name; *p != '\0'; p++)
        is_plain = is_plain && (g_ascii_isalnum(*p) || *p == '_');
    if (is_plain && !sqlite3_keyword_check(name, (int) strlen(name)))
        return g_strdup(name);
    return sql_quote(name);
}

/* --- CREATE statements --- */

/* Takes the word if it is the next one. */
static bool
take(const char **cursor, const char *word)
{
    const char *ahead = *cursor;
    if (!sql_is(sql_next(&ahead), word))
        return false;
    *cursor = ahead;
    return true;
}

/* Moves behind CREATE, its adjectives, the kind, IF NOT EXISTS and the name's last part. */
static bool
created_at(const char **cursor, SqlToken *ret)
{
    static const char *const adjectives[] = {"TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL"};
    static const char *const kinds[] = {"TABLE", "INDEX", "VIEW", "TRIGGER"};
    if (!take(cursor, "CREATE"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(adjectives); i++)
        take(cursor, adjectives[i]);
    bool has_kind = false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && !has_kind; i++)
        has_kind = take(cursor, kinds[i]);
    const char *ahead = *cursor; /* a table may be called `if` */
    if (take(&ahead, "IF") && take(&ahead, "NOT") && take(&ahead, "EXISTS"))
        *cursor = ahead;
    SqlToken token = sql_next(cursor);
    if (take(cursor, "."))
        token = sql_next(cursor);
    *ret = token;
    return has_kind && sql_is_name(token);
}

bool
sql_created(const char *create, SqlToken *ret)
{
    return created_at(&create, ret);
}

bool
sql_indexed(const char *create, SqlToken *ret)
{
    SqlToken name;
    if (!created_at(&create, &name) || !sql_is(sql_next(&create), "ON"))
        return false;
    *ret = sql_next(&create);
    return sql_is_name(*ret);
}

/* Everything from `from` on, where `name` before a point becomes `token`. */
static void
append_qualified(GString *to, const char *from, const char *name, const char *token)
{
    const char *cursor = from, *copied = from;
    SqlToken before = {0};
    for (SqlToken word = sql_next(&cursor); word.kind != SQL_END; word = sql_next(&cursor)) {
        const char *ahead = cursor;
        if (word.kind != SQL_STRING && sql_names(word, name) && !sql_is(before, ".") &&
            sql_is(sql_next(&ahead), ".")) {
            g_string_append_len(to, copied, word.begin - copied);
            g_string_append(to, token);
            copied = cursor;
        }
        before = word;
    }
    g_string_append(to, copied);
}

bool
sql_rename_table(const char *create, const char *token, char **ret, GError **error)
{
    SqlToken name;
    if (!sql_created(create, &name))
        return fail(error, ERR_UNSUPPORTED, "cannot find the table's name in '%s'", create);
    g_autofree char *old = sql_name(name);
    g_autoptr(GString) text = g_string_new_len(create, name.begin - create);
    g_string_append(text, token);
    append_qualified(text, name.begin + name.bytes, old, token);
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

bool
sql_rename_index(const char *create, const char *index_token, const char *table_token, char **ret,
                 GError **error)
{
    SqlToken index, table;
    if (!sql_created(create, &index) || !sql_indexed(create, &table))
        return fail(error, ERR_UNSUPPORTED, "cannot find the names in '%s'", create);
    g_autofree char *old = sql_name(table);
    g_autoptr(GString) text = g_string_new_len(create, index.begin - create);
    g_string_append(text, index_token);
    const char *between = index.begin + index.bytes;
    g_string_append_len(text, between, table.begin - between);
    g_string_append(text, table_token);
    append_qualified(text, table.begin + table.bytes, old, table_token);
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

/* Behind the parenthesis that closes the one at the cursor; the cursor stays if there is none. */
static const char *
skip_parentheses(const char *cursor)
{
    const char *start = cursor;
    int depth = 0;
    for (SqlToken token = sql_next(&cursor); token.kind != SQL_END; token = sql_next(&cursor)) {
        depth += sql_is(token, "(") - sql_is(token, ")");
        if (depth == 0)
            return *token.begin == ')' ? cursor : start;
    }
    return start;
}

/* One optional part of a foreign key clause at the cursor; moves behind it. */
static bool
skip_reference_part(const char **cursor)
{
    const char *p = *cursor;
    SqlToken token = sql_next(&p);
    if (sql_is(token, "ON")) {
        sql_next(&p); /* DELETE or UPDATE */
        token = sql_next(&p);
        if (sql_is(token, "SET") || sql_is(token, "NO"))
            sql_next(&p);
    } else if (sql_is(token, "MATCH")) {
        sql_next(&p);
    } else {
        if (sql_is(token, "NOT"))
            token = sql_next(&p);
        if (!sql_is(token, "DEFERRABLE"))
            return false;
        const char *ahead = p;
        if (sql_is(sql_next(&ahead), "INITIALLY")) {
            sql_next(&ahead); /* DEFERRED or IMMEDIATE */
            p = ahead;
        }
    }
    *cursor = p;
    return true;
}

/* The cursor is behind REFERENCES: table, columns, actions. */
static const char *
skip_references(const char *cursor)
{
    sql_next(&cursor);
    cursor = skip_parentheses(cursor);
    while (skip_reference_part(&cursor)) {
    }
    return cursor;
}

char *
sql_without_references(const char *create)
{
    GString *text = g_string_new(NULL);
    const char *cursor = create, *copied = create;
    const char *constraint = NULL; /* where CONSTRAINT name begins, if that was just before */
    const char *comma = NULL;      /* the one just before, if there is one */
    for (SqlToken token = sql_next(&cursor); token.kind != SQL_END; token = sql_next(&cursor)) {
        const char *from = constraint != NULL ? constraint : token.begin;
        if (sql_is(token, "FOREIGN")) { /* a constraint of the table goes with its comma */
            const char *p = cursor;
            sql_next(&p); /* KEY */
            p = skip_parentheses(p);
            sql_next(&p); /* REFERENCES */
            cursor = skip_references(p);
            g_string_append_len(text, copied, (comma != NULL ? comma : from) - copied);
            copied = cursor;
        } else if (sql_is(token, "REFERENCES")) {
            cursor = skip_references(cursor);
            g_string_append_len(text, copied, from - copied);
            copied = cursor;
        }
        if (sql_is(token, "CONSTRAINT")) {
            constraint = token.begin;
            sql_next(&cursor); /* its name */
            continue;
        }
        constraint = NULL;
        comma = sql_is(token, ",") ? token.begin : NULL;
    }
    g_string_append(text, copied);
    return g_string_free(text, FALSE);
}

GPtrArray *
sql_checks(const char *create)
{
    GPtrArray *checks = g_ptr_array_new_with_free_func(g_free);
    for (SqlToken token = sql_next(&create); token.kind != SQL_END; token = sql_next(&create)) {
        if (!sql_is(token, "CHECK"))
            continue;
        const char *begin = skip_blank(create), *end = skip_parentheses(begin);
        if (end > begin + 2)
            g_ptr_array_add(checks, g_strstrip(g_strndup(begin + 1, (size_t) (end - begin) - 2)));
        create = end;
    }
    return checks;
}

bool
sql_check_expression(const char *sql, char **ret_message)
{
    int depth = 0;
    const char *problem = NULL;
    const char *cursor = sql;
    SqlToken token = sql_next(&cursor);
    if (token.kind == SQL_END)
        problem = "it is empty";
    for (; token.kind != SQL_END && problem == NULL; token = sql_next(&cursor)) {
        depth += sql_is(token, "(") - sql_is(token, ")");
        if (depth < 0)
            problem = "a ')' has no '(' before it";
        else if (sql_is(token, ";"))
            problem = "';' ends a statement, expected one expression";
        else if (sql_is(token, "?") || sql_is(token, ":") || sql_is(token, "@") ||
                 *token.begin == '$')
            problem = "parameters have no value here";
    }
    if (problem == NULL && depth > 0)
        problem = "a '(' is not closed";
    if (problem != NULL)
        *ret_message = g_strdup(problem);
    return problem == NULL;
}
