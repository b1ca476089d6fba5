/*
 * literals.c - a column whose values change, compared with literals: country_code = 'UK' becomes country = 'GB'.
 *
 * Only where the mapping says which literal becomes which, and nothing but literals stands on the other side.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Tokens of literals, as guint; `is_case`: they stand behind WHEN, and the first that fits is taken. */
typedef struct {
    GArray *tokens;
    bool is_case, is_null; /* is_null: IS NULL, and no literal at all */
    bool is_given;         /* they are written into the column, and not compared with it */
    bool is_negative;      /* <>, NOT IN */
    guint end;             /* the token behind the comparison */
} Literals;

static const Token *
at(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

static bool
is_sign(const Work *work, guint index, const char *sign)
{
    const Token *token = at(work, index);
    return token->kind == TOKEN_OPERATOR && token->end - token->begin == strlen(sign) &&
           memcmp(work->text + token->begin, sign, strlen(sign)) == 0;
}

static bool
is_equality(const Work *work, guint index)
{
    return is_sign(work, index, "=") || is_sign(work, index, "==");
}

static bool
is_comparison(const Work *work, guint index)
{
    return is_equality(work, index) || is_sign(work, index, "<>") || is_sign(work, index, "!=");
}

static bool
is_literal(const Work *work, guint index)
{
    return at(work, index)->kind == TOKEN_STRING || at(work, index)->kind == TOKEN_NUMBER;
}

/* Behind the literal, and what makes it a text: 'a'::text, as PostgreSQL prints its own definitions. */
static guint
behind_literal(const Work *work, guint literal)
{
    static const char *const texts[] = {"text", "varchar", "bpchar", "string", "character", NULL};
    guint behind = literal + 1;
    while (at(work, literal)->kind == TOKEN_STRING && is_sign(work, behind, "::") &&
           work_is_among(work, behind + 1, texts)) {
        behind += 2;
        behind += work_is_text(work, behind, "varying");
        if (at(work, behind)->kind == TOKEN_OPEN && at(work, behind)->match > behind)
            behind = at(work, behind)->match + 1;
    }
    return behind;
}

/* Ends there, so that it is not 'a' || b, nor 'a' 'b', which is one text. */
static bool
ends_value(const Work *work, guint index)
{
    TokenKind kind = at(work, index)->kind;
    return is_sign(work, index, "|>") || (kind != TOKEN_OPERATOR && kind != TOKEN_OPEN &&
                                          kind != TOKEN_DOT && kind != TOKEN_STRING);
}

/* The value behind `a =`, `a <>`, `a <=> `, `a IS [NOT] DISTINCT FROM`, and `a IS [NOT]` of SQLite, at what stands behind `a`; 0: it
 * is none of these. */
static guint
compared_from(const Work *work, guint behind, bool *ret_is_negative)
{
    guint next = behind + 1;
    *ret_is_negative = is_comparison(work, behind) && !is_equality(work, behind);
    if (is_comparison(work, behind) || is_sign(work, behind, "<=>"))
        return next;
    if (!work_is_text(work, behind, "IS"))
        return 0;
    bool is_not = at(work, next)->word == WORD_NOT;
    next += is_not;
    bool is_distinct = work_is_text(work, next, "DISTINCT") && work_is_text(work, next + 1, "FROM");
    *ret_is_negative = is_distinct != is_not;
    return is_distinct ? next + 2 : at(work, next)->kind == TOKEN_STRING ? next : 0;
}

static bool
find_list(const Work *work, guint open, Literals *ret)
{
    guint close = at(work, open)->match;
    if (at(work, open)->kind != TOKEN_OPEN || close <= open + 1)
        return false;
    for (guint i = open + 1; i < close; i++) {
        guint behind = behind_literal(work, i);
        bool is_followed = behind < close && at(work, behind)->kind == TOKEN_COMMA;
        if (!is_literal(work, i) || (!is_followed && behind != close))
            return false;
        g_array_append_val(ret->tokens, i);
        i = behind;
    }
    ret->end = close + 1;
    return true;
}

/* ('a', 'b'), UNNEST(['a', 'b']), behind IN */
static bool
find_members(const Work *work, guint open, Literals *ret)
{
    bool is_array = work_is_text(work, open, "UNNEST") && at(work, open + 1)->kind == TOKEN_OPEN &&
                    at(work, open + 2)->kind == TOKEN_OPEN &&
                    at(work, open + 2)->match + 1 == at(work, open + 1)->match;
    if (!is_array)
        return find_list(work, open, ret);
    bool is_found = find_list(work, open + 2, ret);
    ret->end++;
    return is_found;
}

/* = ANY (ARRAY['a', 'b']), <> ALL (ARRAY['a']), at the sign */
static bool
find_array(const Work *work, guint sign, Literals *ret)
{
    bool is_any = is_equality(work, sign) &&
                  (work_is_text(work, sign + 1, "ANY") || work_is_text(work, sign + 1, "SOME"));
    bool is_all = !is_equality(work, sign) && work_is_text(work, sign + 1, "ALL");
    if ((!is_any && !is_all) || at(work, sign + 2)->kind != TOKEN_OPEN ||
        !work_is_text(work, sign + 3, "ARRAY") || at(work, sign + 4)->kind != TOKEN_OPEN ||
        at(work, sign + 4)->match + 1 != at(work, sign + 2)->match)
        return false;
    bool is_found = find_list(work, sign + 4, ret);
    ret->end++;
    return is_found;
}

/* DECODE(column, 'a', x, 'b', y, z), at the bracket: as CASE column WHEN 'a' THEN x WHEN 'b' THEN y ELSE z. */
static bool
find_decoded(const Work *work, guint open, guint last, Literals *ret)
{
    guint close = at(work, open)->match;
    if (at(work, open)->kind != TOKEN_OPEN || at(work, last + 1)->kind != TOKEN_COMMA)
        return false;
    for (guint comma = last + 1; comma < close;) {
        guint value = comma + 1, behind = sql_element_end(work->sql, value, close, NULL);
        if (behind >= close) /* what else is given */
            break;
        if (!is_literal(work, value) || behind != value + 1)
            return false;
        g_array_append_val(ret->tokens, value);
        comma = sql_element_end(work->sql, behind + 1, close, NULL);
    }
    ret->is_case = true;
    return ret->tokens->len > 0;
}

/* CASE column WHEN 'a' THEN … WHEN 'b' THEN … END; `first` is the token behind the column. */
static bool
find_cases(const Work *work, guint first, Literals *ret)
{
    int depth = 0;
    ret->is_case = true;
    for (guint i = first; at(work, i)->kind != TOKEN_END; i++) {
        const Token *token = at(work, i);
        if (token->kind == TOKEN_OPEN && token->match > i) {
            i = token->match;
            continue;
        }
        if (token->word == WORD_END && depth-- == 0)
            return ret->tokens->len > 0;
        depth += token->word == WORD_CASE;
        if (token->word != WORD_WHEN || depth > 0)
            continue;
        if (!is_literal(work, i + 1) || at(work, i + 2)->word != WORD_THEN)
            return false;
        guint literal = i + 1;
        g_array_append_val(ret->tokens, literal);
    }
    return false;
}

/* IS NULL, IS NOT NULL */
static bool
is_asked_for_null(const Work *work, guint index)
{
    guint null = index + 1 + (at(work, index + 1)->word == WORD_NOT);
    return work_is_text(work, index, "IS") && work_is_text(work, null, "NULL");
}

/* COUNT(column), of the tokens `first` to `last`: of interest is only where it is NULL. */
static bool
is_counted(const Work *work, guint first, guint last)
{
    return first >= 3 && at(work, first - 1)->kind == TOKEN_OPEN &&
           at(work, last + 1)->kind == TOKEN_CLOSE && work_is_text(work, first - 2, "COUNT") &&
           at(work, first - 3)->kind != TOKEN_DOT;
}

/* Of a column whose values change in a way that no literal follows. */
static bool
is_only_null_asked(const Work *work, const SqlRef *ref)
{
    guint first = ref->path.parts[0].token, last = ref->path.parts[ref->column].token;
    return is_counted(work, first, last) ||
           (is_asked_for_null(work, last + 1) && at(work, first - 1)->kind != TOKEN_OPERATOR);
}

#define LIST_MAX 500 /* columns of a row that are looked at; a longer list is a person's */

/* Which name of its list in brackets it is, from 0 on; `*ret_open` is the bracket, or something else. */
static guint
place_in_list(const Work *work, guint name, guint *ret_open)
{
    guint place = 0, i = name;
    while (i > 0 && at(work, i)->kind != TOKEN_OPEN && place < LIST_MAX)
        place += at(work, --i)->kind == TOKEN_COMMA;
    *ret_open = i;
    return place;
}

/* The value at this place of a row of VALUES: a literal, or NULL, which is the same before and after. */
static bool
find_given(const Work *work, guint open, guint place, Literals *ret)
{
    guint close = at(work, open)->match, value = open + 1;
    for (guint commas = 0; commas < place && value < close; value++) {
        if (at(work, value)->kind == TOKEN_OPEN)
            value = at(work, value)->match;
        commas += at(work, value)->kind == TOKEN_COMMA;
    }
    bool is_alone =
        value < close && (value + 1 == close || at(work, value + 1)->kind == TOKEN_COMMA);
    if (is_alone && is_literal(work, value))
        g_array_append_val(ret->tokens, value);
    return is_alone && (is_literal(work, value) || work_is_text(work, value, "NULL"));
}

/* (a, column, b) VALUES (1, 'x', 2), (3, 'y', 4) */
static bool
find_rows(const Work *work, guint name, Literals *ret)
{
    guint open = 0, place = place_in_list(work, name, &open), close = at(work, open)->match;
    if (at(work, open)->kind != TOKEN_OPEN || close <= name ||
        (!work_is_text(work, close + 1, "VALUES") && !work_is_text(work, close + 1, "VALUE")))
        return false;
    ret->is_given = true;
    for (guint row = close + 2; at(work, row)->kind == TOKEN_OPEN; row++) {
        if (!find_given(work, row, place, ret))
            return false;
        row = at(work, row)->match + 1;
        if (at(work, row)->kind != TOKEN_COMMA)
            break;
    }
    return ret->tokens->len > 0;
}

static bool
find_literals(const Work *work, guint first, guint last, Literals *ret)
{
    ret->is_null = is_asked_for_null(work, last + 1) || is_counted(work, first, last);
    if (ret->is_null)
        return true;
    if (first >= 1 && at(work, first - 1)->word == WORD_CASE &&
        at(work, last + 1)->word == WORD_WHEN)
        return find_cases(work, last + 1, ret);
    bool is_operand = first >= 1 && at(work, first - 1)->kind == TOKEN_OPERATOR &&
                      !is_comparison(work, first - 1);
    if (is_operand) /* a || b = 'c' */
        return false;
    if (first >= 2 && work_is_text(work, first - 2, "DECODE") &&
        find_decoded(work, first - 1, last, ret))
        return true;
    if (at(work, last + 1)->word == WORD_IN)
        return find_members(work, last + 2, ret);
    ret->is_negative = true;
    if (at(work, last + 1)->word == WORD_NOT && at(work, last + 2)->word == WORD_IN)
        return find_members(work, last + 3, ret);
    guint literal = compared_from(work, last + 1, &ret->is_negative);
    guint behind = behind_literal(work, literal);
    if (literal > 0 && is_literal(work, literal) && ends_value(work, behind)) {
        g_array_append_val(ret->tokens, literal);
        ret->end = behind;
        return true;
    }
    if (literal > 0 && find_array(work, last + 1, ret))
        return true;
    if (first >= 2 && is_comparison(work, first - 1) && is_literal(work, first - 2) &&
        (first == 2 || ends_value(work, first - 3) || at(work, first - 3)->kind == TOKEN_OPEN) &&
        ends_value(work, last + 1)) {
        literal = first - 2;
        g_array_append_val(ret->tokens, literal);
        ret->is_negative = !is_equality(work, first - 1);
        ret->end = last + 1;
        return true;
    }
    return false;
}

/* N'a' of T-SQL and MySQL, E'a' of PostgreSQL, r'a' of BigQuery and Spark: bytes before the quote. */
static size_t
prefix_of(const Work *work, const Token *token)
{
    const Dialect *dialect = work->sql->dialect;
    switch (g_ascii_toupper(work->text[token->begin])) {
    case 'N':
        return dialect->has_alias_first || dialect->is_any;
    case 'E':
        return dialect->has_dollar_quotes;
    case 'R':
        return dialect->has_prefixes;
    default:
        return 0;
    }
}

static bool
is_simple_string(const char *text, size_t bytes)
{
    return bytes >= 2 && (text[0] == '\'' || text[0] == '"') && text[bytes - 1] == text[0] &&
           memchr(text + 1, text[0], bytes - 2) == NULL && memchr(text, '\\', bytes) == NULL &&
           memmem(text, bytes, "{{", 2) == NULL; /* a template's text is not known */
}

/* What the literal says; NULL when it cannot be read. Caller frees. */
static char *
literal_text(const Work *work, const Token *token)
{
    size_t prefix = token->kind == TOKEN_STRING ? prefix_of(work, token) : 0;
    const char *text = work->text + token->begin + prefix;
    size_t bytes = token->end - token->begin - prefix;
    if (token->kind != TOKEN_STRING)
        return g_strndup(text, bytes);
    return is_simple_string(text, bytes) ? g_strndup(text + 1, bytes - 2) : NULL;
}

/* A value of the mapping as text. Caller frees. */
static char *
value_text(const json_t *value)
{
    return json_is_string(value) ? g_strdup(json_string_value(value)) : json_compact(value);
}

static bool
has_literal(const Work *work, const Literals *literals, const char *text)
{
    for (guint i = 0; i < literals->tokens->len; i++) {
        g_autofree char *one =
            literal_text(work, at(work, g_array_index(literals->tokens, guint, i)));
        if (g_strcmp0(one, text) == 0)
            return true;
    }
    return false;
}

/* Does another value become the same, so that rows would be meant that were not? In a list all of them may stand. */
static bool
is_shared(const Work *work, const Literals *literals, const json_t *values, const char *old,
          const char *new)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) values, key, value)
    {
        g_autofree char *text = value_text(value);
        if (!json_is_null(value) && strcmp(text, new) == 0 && strcmp(key, old) != 0 &&
            (literals->is_case || !has_literal(work, literals, key)))
            return true;
    }
    return false;
}

/* 'uk' where the mapping has 'UK': the same value in MySQL and T-SQL, as they compare by default, blanks at the end aside. */
static bool
may_be_other_letters(const Work *work, const json_t *values, const char *text)
{
    const Dialect *dialect = work->sql->dialect;
    if (!dialect->has_loose_letters && !dialect->is_any)
        return false;
    g_autofree char *trimmed = g_strchomp(g_strdup(text));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) values, key, value)
    {
        if (strcmp(key, text) != 0 && text_same_folded(key, trimmed))
            return true;
    }
    return false;
}

/* The new literal in the old one's quotes; NULL when it stays. False when it cannot be read, or becomes no literal that means
 * the same rows. */
static bool
new_literal(const Work *work, guint index, const Literals *literals, const ColumnChange *change,
            char **ret)
{
    const json_t *values = change->values;
    const Token *token = at(work, index);
    bool is_string = token->kind == TOKEN_STRING;
    *ret = NULL;
    g_autofree char *old = literal_text(work, token);
    json_t *found = old != NULL ? json_object_get(values, old) : NULL;
    if (old == NULL || json_is_null(found) || (found == NULL && change->has_all_values) ||
        (found == NULL && is_string && may_be_other_letters(work, values, old)))
        return false;
    g_autofree char *new = found != NULL ? value_text(found) : g_strdup(old);
    int prefix = is_string ? (int) prefix_of(work, token) : 0;
    char quote = is_string ? work->text[token->begin + (size_t) prefix] : '\'';
    bool is_number = !is_string && new[0] != '\0' && strspn(new, "0123456789.-") == strlen(new);
    if ((!literals->is_given && is_shared(work, literals, values, old, new)) ||
        (found != NULL && (strchr(new, quote) != NULL || strchr(new, '\\') != NULL)))
        return false;
    if (found != NULL)
        *ret = is_number ? g_strdup(new)
                         : g_strdup_printf("%.*s%c%s%c", prefix, work->text + token->begin, quote,
                                           new, quote);
    return true;
}

static bool
has_null(const json_t *values)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) values, key, value)
    {
        if (json_is_null(value))
            return true;
    }
    return false;
}

/* A value that becomes NULL is neither like others nor unlike them any more. */
static bool
is_lost_as_null(const Work *work, const SqlRef *ref, const ColumnChange *change,
                const Literals *literals)
{
    if (!has_null(change->values) || literals->is_case || ref->clause == CLAUSE_ASSIGN ||
        literals->is_given)
        return false;
    if (literals->is_null || literals->is_negative)
        return true;
    guint first = MIN(ref->path.parts[0].token, g_array_index(literals->tokens, guint, 0));
    return !sql_takes_null_for_false(work, ref->block, first, literals->end);
}

static bool
can_edit(const Work *work, const SqlRef *ref, const ColumnChange *change, Literals *literals)
{
    guint first = ref->path.parts[0].token;
    bool is_found = ref->clause == CLAUSE_COLUMNS
                        ? find_rows(work, first, literals)
                        : find_literals(work, first, ref->path.parts[ref->column].token, literals);
    if (!is_found || is_lost_as_null(work, ref, change, literals))
        return false;
    for (guint i = 0; i < literals->tokens->len; i++) {
        g_autofree char *probe = NULL;
        if (!new_literal(work, g_array_index(literals->tokens, guint, i), literals, change, &probe))
            return false;
    }
    return true;
}

bool
edit_literals(Work *work, const SqlRef *ref, const ColumnChange *change)
{
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(guint));
    Literals literals = {.tokens = tokens};
    if (change->kind != CHANGE_VALUES || change->to == NULL || ref->column + 1 != ref->path.count)
        return false;
    if (change->values != NULL ? !can_edit(work, ref, change, &literals)
                               : !change->keeps_nulls || !is_only_null_asked(work, ref))
        return false;
    edit_column_name(work, ref, &ref->path.parts[ref->column], change->to);
    for (guint i = 0; i < tokens->len; i++) {
        g_autofree char *new = NULL;
        guint index = g_array_index(tokens, guint, i);
        if (new_literal(work, index, &literals, change, &new) && new != NULL)
            edit_add(work, at(work, index)->begin, at(work, index)->end, new);
    }
    return true;
}
