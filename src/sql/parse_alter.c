/* parse_alter.c - ALTER TABLE and its like: which columns are named, and what becomes of the table. */
#include "sql/parse_define.h"

/* [CONSTRAINT name] DEFAULT (x) FOR a, in T-SQL; the words before were read, or not. */
static bool
take_default(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t at = end;
    while (at > parser->pos && !is_word(parser, at, WORD_FOR))
        at--;
    if (!is_word(parser, parser->pos, WORD_DEFAULT) || at == parser->pos || at + 2 != end)
        return false;
    parser->pos = at + 1;
    column_take(parser, block, end);
    return true;
}

/* ADD CONSTRAINT …, ADD COLUMN …: false when columns are added, or it is not known what. */
static bool
take_addition(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_column = plain_word_take(parser, end, "COLUMN");
    if (!is_column && (constraint_take(parser, block, end) || take_default(parser, block, end)))
        return true;
    settle(parser, parser->pos + is_text(parser, parser->pos, "CONSTRAINT"));
    attributes_take(parser, block, end);
    return false;
}

/* ALTER COLUMN a SET DEFAULT 1, MODIFY a int NOT NULL */
static SqlShape
take_column_change(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_modified = is_text(parser, parser->pos, "MODIFY");
    parser->pos++;
    plain_word_take(parser, end, "COLUMN");
    if (parser->pos >= end || !is_name(parser, parser->pos))
        return SHAPE_CHANGED;
    column_take(parser, block, end);
    bool is_setting =
        is_word(parser, parser->pos, WORD_SET) && (is_word(parser, parser->pos + 1, WORD_DEFAULT) ||
                                                   is_word(parser, parser->pos + 1, WORD_NOT) ||
                                                   is_text(parser, parser->pos + 1, "STATISTICS") ||
                                                   is_text(parser, parser->pos + 1, "STORAGE"));
    bool is_identity =
        is_text(parser, parser->pos, "ADD") && is_text(parser, parser->pos + 1, "GENERATED");
    attributes_take(parser, block, end);
    return is_modified || is_setting || is_identity ? SHAPE_ADJUSTED : SHAPE_CHANGED;
}

/* What does not depend on any column. */
static bool
is_plain_action(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {
        "OWNER",  "ENABLE",  "DISABLE", "FORCE",   "CLUSTER", "VALIDATE", "AUTO_INCREMENT",
        "ENGINE", "NOCHECK", "CHECK",   "REPLICA", "COMMENT", "NO",       NULL};
    bool is_option = is_word(parser, at, WORD_SET) &&
                     (is_open(parser, at + 1) || is_text(parser, at + 1, "TBLPROPERTIES") ||
                      is_text(parser, at + 1, "OPTIONS"));
    return is_option || is_among_words_of(parser, at, words);
}

/* From where a constraint is dropped to where it is made anew: mostly the next statement. */
#define RENEWAL_TOKENS_MAX 2000

/* DROP CONSTRAINT IF EXISTS a, which is made anew further on: a script that may run twice. */
static bool
take_renewal(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos + 2, last = parser->sql->tokens->len - 1;
    if (!is_text(parser, parser->pos, "DROP") || !is_text(parser, parser->pos + 1, "CONSTRAINT"))
        return false;
    at += is_text(parser, at, "IF") ? 2 : 0;
    if (at >= end || !is_name(parser, at))
        return false;
    const Token *name = peek(parser, at);
    g_autofree char *dropped =
        g_strndup(parser->sql->list->text + name->begin, name->end - name->begin);
    for (uint32_t i = at + 1; i + 2 < MIN(last, at + RENEWAL_TOKENS_MAX); i++)
        if (is_text(parser, i, "ADD") && is_text(parser, i + 1, "CONSTRAINT") &&
            is_text(parser, i + 2, dropped)) {
            settle(parser, at);
            return true;
        }
    return false;
}

static SqlShape
take_action(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (take_renewal(parser, end))
        return SHAPE_NAMED;

    if (is_word(parser, parser->pos, WORD_WITH)) /* WITH CHECK ADD CONSTRAINT */
        parser->pos = MIN(parser->pos + 2, end);
    if (plain_word_take(parser, end, "ADD"))
        return take_addition(parser, block, end) ? SHAPE_NAMED : SHAPE_CHANGED;
    if (is_text(parser, parser->pos, "ALTER") || is_text(parser, parser->pos, "MODIFY"))
        return take_column_change(parser, block, end);
    if (is_plain_action(parser, parser->pos)) {
        attributes_take(parser, block, end);
        return SHAPE_NAMED;
    }
    if (is_text(parser, parser->pos, "CONSTRAINT") && constraint_take(parser, block, end))
        return SHAPE_NAMED; /* ADD CONSTRAINT a …, CONSTRAINT b … */
    attributes_take(parser, block, end);
    return SHAPE_CHANGED;
}

bool
parse_altered_table(Parser *parser, uint32_t end)
{
    if_exists_take(parser, end);
    plain_word_take(parser, end, "ONLY");
    if (!names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, end);
    plain_word_take(parser, end, "*");
    do {
        uint32_t stop = element_end(parser, parser->pos, end);
        SqlShape shape = take_action(parser, block, stop);
        table->shape = MAX(table->shape, shape);
        parser->pos = stop;
    } while (parser->pos < end && parser->pos++ < end);
    return true;
}
