/*
 * nulls.c - conditions that may be NULL where they were false: does it make a difference where they stand?
 *
 *   WHERE a = 'x' AND …, ON, HAVING, WHEN       no: neither is true
 *   NOT a = 'x', f(a = 'x'), SELECT a = 'x'     yes
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

/* IS NOT NULL, x NOT IN (…): a NOT that belongs to another comparison. */
static bool
is_of_other(const Work *work, guint index)
{
    if (work_is_text(work, index - (index > 0), "IS"))
        return true;
    switch (work_token(work, index + 1)->word) {
    case WORD_IN:
    case WORD_LIKE:
    case WORD_ILIKE:
    case WORD_BETWEEN:
    case WORD_SIMILAR:
    case WORD_NULL:
    case WORD_EXISTS:
        return true;
    default:
        return false;
    }
}

/* A bracket around conditions, and no function's. */
static bool
opens_condition(const Work *work, guint open)
{
    const Token *before = work_token(work, open - (open > 0));
    switch (before->word) {
    case WORD_WHERE:
    case WORD_ON:
    case WORD_HAVING:
    case WORD_QUALIFY:
    case WORD_WHEN:
    case WORD_AND:
    case WORD_OR:
    case WORD_NOT:
        return true;
    default:
        return before->kind == TOKEN_OPEN;
    }
}

static bool
ends_condition(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    return token->kind != TOKEN_OPERATOR && token->kind != TOKEN_DOT &&
           !work_is_text(work, index, "IS");
}

bool
sql_takes_null_for_false(const Work *work, const SqlBlock *block, guint first, guint end)
{
    bool may_be_negated = true;
    if (!ends_condition(work, end))
        return false;
    for (guint i = first; i > block->first; i--) {
        const Token *before = work_token(work, i - 1);
        if (before->kind == TOKEN_CLOSE && before->match > 0) {
            i = before->match + 1;
        } else if (before->kind == TOKEN_OPEN) {
            if (!opens_condition(work, i - 1) || !ends_condition(work, before->match + 1))
                return false;
            may_be_negated = true;
        } else if (before->word == WORD_AND || before->word == WORD_OR) {
            may_be_negated = false;
        } else if (before->word == WORD_NOT) {
            if (may_be_negated && !is_of_other(work, i - 1))
                return false;
        } else if (before->word == WORD_WHERE || before->word == WORD_ON ||
                   before->word == WORD_HAVING || before->word == WORD_QUALIFY ||
                   before->word == WORD_WHEN) {
            return true;
        }
    }
    return false;
}
