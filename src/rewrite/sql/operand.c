/*
 * operand.c - does a name stand where only a value can, and no table: SELECT x, x + 1 … WHERE x = y ORDER BY x?
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

/* No function that is given a table, or a row as a whole: min(x), unnest(x), = ANY (x). */
/* clang-format off */
static const char *const calls_of_values[] = {
    "min", "max", "sum", "count", "avg", "coalesce", "nullif", "upper", "lower", "trim", "abs", "round",
    "length", "date", "cast", "year", "month", "substring", "substr", "replace", "any", "all", "some",
    "unnest", "explode", "cardinality", "size", "array_length", "array_append", "array_remove", "array_cat",
    "array_size", "array_contains", "array_position", "array_to_string", "string_agg", "ifnull", "nvl",
    "concat", "greatest", "least", "ltrim", "rtrim", "ceil", "floor", "json_extract", "json_value",
    "char_length", "jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text",
    "jsonb_array_length", "json_array_length", NULL
};
/* clang-format on */

#define WORDS_BEFORE_FROM_MAX 16 /* TRIM(LEADING chr(48) FROM; longer values are rare */

/* TRIM(LEADING '0' FROM, EXTRACT(YEAR FROM: at FROM, behind which a value stands. */
static bool
is_from_of_call(const Work *work, guint from)
{
    static const char *const calls[] = {"trim", "extract", "substring", "substr", "overlay", NULL};
    guint open = from;
    for (guint steps = 0; open > 0 && work_token(work, open)->kind != TOKEN_OPEN; steps++) {
        const Token *before = work_token(work, open - 1);
        open = before->kind == TOKEN_CLOSE && before->match > 0 ? before->match : open - 1;
        if (steps > WORDS_BEFORE_FROM_MAX || work_token(work, open)->word == WORD_SELECT)
            return false;
        if (before->kind == TOKEN_CLOSE)
            open = MAX(open, 1) - 1;
    }
    return open > 0 && work_is_among(work, open - 1, calls);
}

/* Rows are read and changed where nothing but their values can stand. */
static bool
reads_rows(const SqlBlock *block)
{
    const SqlStatement *statement = block->statement;
    return block->sources->len > 0 &&
           (block->query != NULL || statement->kind == STATEMENT_UPDATE ||
            statement->kind == STATEMENT_DELETE || statement->kind == STATEMENT_MERGE);
}

bool
sql_is_operand(const Work *work, const SqlRef *ref)
{
    guint index = ref->path.parts[0].token;
    const Token *before = index > 0 ? work_token(work, index - 1) : NULL;
    if (before == NULL || !reads_rows(ref->block))
        return false;
    if (before->kind == TOKEN_OPEN)
        return (index > 1 && work_is_among(work, index - 2, calls_of_values));
    switch (before->word) {
    case WORD_SELECT:
    case WORD_DISTINCT:
    case WORD_WHERE:
    case WORD_AND:
    case WORD_OR:
    case WORD_BY:
    case WORD_ON:
    case WORD_HAVING:
    case WORD_WHEN:
    case WORD_THEN:
    case WORD_ELSE:
        return true;
    case WORD_FROM:
        return is_from_of_call(work, index - 1);
    default:
        return before->kind == TOKEN_OPERATOR ||
               (before->kind == TOKEN_COMMA && ref->clause == CLAUSE_ITEM);
    }
}
