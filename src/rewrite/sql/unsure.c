/*
 * unsure.c - what is another thing from dialect to dialect, where nobody has said which one it is and the text does
 * not tell, and what stands where nothing is known to: a person's.
 */
#include "base/text.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* `SELECT name = value` gives the value a name in T-SQL; elsewhere it compares. */
static bool
may_be_alias(const Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const SqlItem *item = ref->in;
    if (item == NULL || item->is_star || item->alias != NULL || ref->path.count > 1 ||
        item->first != part->token || item->last == item->first)
        return false;
    const Token *next = &g_array_index(work->sql->tokens, Token, part->token + 1);
    return next->end == next->begin + 1 && work->text[next->begin] == '=';
}

/* "id" is a text in BigQuery, MySQL and Spark; and why else would it be in quotes here, and without them there? */
static bool
may_be_string(const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (part->quote != '"' || ref->path.count > 1 || ref->is_whole)
        return false;
    for (guint i = 0; i < ref->block->refs->len; i++) {
        const SqlRef *other = g_ptr_array_index(ref->block->refs, i);
        const SqlPart *name = &other->path.parts[other->column];
        if (name->quote == '\0' && text_same_folded(name->text, part->text))
            return true;
    }
    return false;
}

/* "a"."b", FROM "t": such quotes are those of names wherever they stand in the text. */
static bool
quotes_are_names(Work *work)
{
    const Sql *sql = work->sql;
    if (work->quoting != QUOTING_UNKNOWN)
        return work->quoting == QUOTING_NAMES;
    work->quoting = QUOTING_UNCLEAR;
    for (guint i = 1; i + 1 < sql->tokens->len; i++) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_QUOTED && work->text[token->begin] == '"' &&
            (token[1].kind == TOKEN_DOT || token[-1].kind == TOKEN_DOT ||
             token[-1].word == WORD_FROM || token[-1].word == WORD_JOIN ||
             token[-1].word == WORD_INTO || token[-1].word == WORD_UPDATE))
            work->quoting = QUOTING_NAMES;
    }
    return work->quoting == QUOTING_NAMES;
}

/* count("id"): of a text it would be a constant. */
static bool
is_counted(const Work *work, guint index)
{
    static const char *const calls[] = {"count", "min", "max", "sum", "avg"};
    for (size_t i = 0; index > 1 && i < G_N_ELEMENTS(calls); i++)
        if (work_token(work, index - 1)->kind == TOKEN_OPEN &&
            work_is_text(work, index - 2, calls[i]) &&
            work_token(work, index + 1)->kind == TOKEN_CLOSE)
            return true;
    return false;
}

/* WHERE "id" = 5: nobody begins with a text. */
static bool
is_left_operand(const Work *work, guint index)
{
    const Token *before = work_token(work, index - (index > 0)),
                *behind = work_token(work, index + 1);
    bool begins = before->word == WORD_WHERE || before->word == WORD_AND ||
                  before->word == WORD_OR || before->word == WORD_ON || before->word == WORD_HAVING;
    return begins &&
           (behind->kind == TOKEN_OPERATOR || behind->word == WORD_IN || behind->word == WORD_IS ||
            behind->word == WORD_LIKE || behind->word == WORD_NOT || behind->word == WORD_BETWEEN);
}

/* "createdAt": where names in quotes keep their letters nobody can leave these out. */
static bool
needs_quotes(const char *name)
{
    for (; *name != '\0'; name++)
        if (g_ascii_islower(name[0]) && g_ascii_isupper(name[1]))
            return true;
    return false;
}

/* "id" AS note, concat("id", plan): a text as likely as a column, if nothing else in the text tells. */
static bool
may_be_either(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (part->quote != '"' || ref->path.count > 1 || ref->clause == CLAUSE_ASSIGN ||
        ref->clause == CLAUSE_COLUMNS || ref->clause == CLAUSE_NAME || ref->clause == CLAUSE_USING)
        return false;
    bool is_given = ref->block->statement->kind == STATEMENT_INSERT; /* constants, too */
    bool is_alone = ref->is_whole && (ref->in == NULL || ref->in->alias == NULL) && !is_given;
    return !is_alone && !is_counted(work, part->token) && !is_left_operand(work, part->token) &&
           !quotes_are_names(work);
}

/* The new name is no name in some dialects without quotes, and these are other ones from one to the next. */
static bool
refuse_quotes(Work *work, const SqlPart *part, const ColumnChange *change)
{
    if (change->kind != CHANGE_NAME || part->quote != '\0' || !is_reserved_somewhere(change->to))
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "dialect", NULL,
                "'%s' is called '%s' in the new dataset, a name that needs quotes, which depend on "
                "the dialect: say --dialect",
                part->text, change->to);
    return true;
}

bool
sql_is_unsure_table(Work *work, const SqlPath *path, const Spelling *spelling)
{
    if (!work->sql->dialect->is_any || work->options->dialect != NULL ||
        !spelling_adds_quotes(work, path, spelling))
        return false;
    g_autofree char *target = g_strjoinv(".", spelling->target);
    site_refuse(work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "dialect",
                NULL,
                "the new dataset is called '%s', a name that needs quotes, which depend on the "
                "dialect: say --dialect",
                target);
    return true;
}

/* Another value than the column, under its name. */
static bool
is_other_output(const Work *work, const SqlItem *item, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    const SqlRef *plain = item->plain;
    bool may_lack_alias = work->sql->dialect->has_late_aliases;
    if ((item->alias == NULL && !may_lack_alias) || item->name == NULL ||
        !sql_same_column(work->sql->dialect, part->text, part->quote, item->name))
        return false;
    return plain == NULL || plain->source != ref->source ||
           !sql_same_column(work->sql->dialect, part->text, part->quote,
                            plain->path.parts[plain->column].text);
}

/* SELECT -v AS v, RANK() OVER (ORDER BY v): in MariaDB (10.11) by what AS names, in MySQL by the column, as all that is more than a
 * name in both, and PARTITION BY. */
static bool
is_sorted_by_in_window(const Work *work, const SqlRef *ref)
{
    static const char *const behind[] = {"ASC", "DESC", "ROWS", "RANGE", NULL};
    guint at = ref->path.parts[0].token;
    bool may_be =
        work->sql->dialect->has_window_outputs && at > 1 &&
        (ref->clause == CLAUSE_ITEM || ref->clause == CLAUSE_WINDOW || ref->clause == CLAUSE_ORDER);
    if (!may_be || (ref->clause != CLAUSE_WINDOW && !sql_is_windowed(work->sql, ref)))
        return false;
    const Token *before = work_token(work, at - 1);
    TokenKind next = work_token(work, at + 1)->kind;
    bool is_first = before->word == WORD_BY && !work_is_text(work, at - 2, "PARTITION");
    return (is_first || before->kind == TOKEN_COMMA) &&
           (next == TOKEN_COMMA || next == TOKEN_CLOSE || work_is_among(work, at + 1, behind));
}

/* SUM(amount) AS amount … HAVING amount > 3: in some dialects the sum, in others the column; in windows behind HAVING's place
 * nobody has told which. Within an aggregate it is the column. */
static bool
may_be_output(const Work *work, const SqlRef *ref)
{
    bool is_unknown = work->sql->dialect->is_any && work->options->dialect == NULL;
    bool is_late = ref->clause == CLAUSE_HAVING || (ref->clause == CLAUSE_ORDER && !ref->is_whole);
    bool is_in_window = ref->path.count == 1 && is_sorted_by_in_window(work, ref);
    if ((!is_late && !is_in_window) || ref->path.count != 1)
        return false;
    bool is_windowed = sql_is_windowed(work->sql, ref);
    if (!is_in_window && !(is_unknown && !sql_is_aggregated(work->sql, ref)) &&
        !(is_windowed && work->sql->dialect->has_late_aliases))
        return false;
    for (guint i = 0; i < ref->block->items->len; i++)
        if (is_other_output(work, g_ptr_array_index(ref->block->items, i), ref))
            return true;
    return false;
}

/* JSON_OBJECT(id, plan), of nothing but names: their own keys in Oracle, keys and values elsewhere. */
static bool
may_be_key(const Work *work, const SqlRef *ref)
{
    guint at = ref->path.parts[0].token;
    if (!work->sql->dialect->is_any || work_token(work, at - (at > 0))->kind == TOKEN_WORD)
        return false;
    guint open = sql_bracket_around(work->sql, ref);
    if (open == 0 || !work_is_text(work, open - 1, "JSON_OBJECT"))
        return false;
    while (at > open + 1 && (work_token(work, at - 1)->kind == TOKEN_COMMA ||
                             work_token(work, at - 1)->kind == TOKEN_DOT ||
                             work_token(work, at - 1)->kind == TOKEN_WORD ||
                             work_token(work, at - 1)->kind == TOKEN_QUOTED))
        at--;
    return at == open + 1;
}

/* alias(plan) of DuckDB gives the name as a value. */
static bool
is_asked_for_name(const Work *work, const SqlRef *ref)
{
    guint first = ref->path.parts[0].token, last = ref->path.parts[ref->path.count - 1].token;
    return work->sql->dialect->has_alias_prefix && first > 1 &&
           work_token(work, first - 1)->kind == TOKEN_OPEN &&
           work_token(work, last + 1)->kind == TOKEN_CLOSE &&
           work_is_text(work, first - 2, "alias");
}

#define ALIAS_STEPS_MAX 16
#define ALIAS_REFS_MAX 1000 /* of a query that is looked into */

/* Does what AS names mean this output, by what AS names in it? */
static bool
leads_to(const SqlItem *from, const SqlItem *to, int *steps)
{
    const ArenaList *refs = from->block->refs;
    if (refs->len > ALIAS_REFS_MAX || ++*steps > ALIAS_STEPS_MAX)
        return false;
    for (guint i = 0; i < refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(refs, i);
        if (ref->in == from && ref->binding == BINDING_OUTPUT && ref->item != from &&
            (ref->item == to || leads_to(ref->item, to, steps)))
            return true;
    }
    return false;
}

/* `SELECT a AS b, b AS a` in ClickHouse, where an alias hides the column: each would mean the other, so one or both are the column
 * after all, as the version has it. */
static bool
is_circle(const Work *work, const SqlRef *ref)
{
    int steps = 0;
    return work->sql->dialect->has_hiding_aliases && ref->in != NULL && ref->in->alias != NULL &&
           ref->item != ref->in && ref->item->block == ref->block && ref->in->block == ref->block &&
           leads_to(ref->item, ref->in, &steps);
}

bool
sql_is_unsure_output(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    bool changes = false;
    for (guint i = 0; i < ref->block->sources->len && !changes; i++) {
        const ColumnChange *change =
            source_change(work, g_ptr_array_index(ref->block->sources, i), part);
        changes = change != NULL && change->kind != CHANGE_NONE;
    }
    if (!changes || !is_circle(work, ref))
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                "'%s' may be the column here, or what AS gives that name, which means this one: "
                "qualify it",
                part->text);
    return true;
}

bool
sql_is_unsure(Work *work, const SqlRef *ref, const ColumnChange *change)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    const Rename *rename = ref->source != NULL ? source_rename(ref->source) : NULL;
    const char *why = NULL;
    if (rename != NULL && expression_has_text_for_name(work->sql->dialect, rename, change)) {
        site_refuse(
            work, SITE_COLUMN, part->begin, part->end, "dialect", NULL,
            "what the mapping writes for '%s' has a name in quotes, which is a text in this "
            "dialect: leave the quotes out, or give the column a name that needs none",
            part->text);
        return true;
    }
    if (may_be_output(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be the column here, or what AS gives that name: qualify it",
                    part->text);
        return true;
    }
    if (is_asked_for_name(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "whole-row", NULL,
                    "the name '%s' is a value here, and changes: write it as a text", part->text);
        return true;
    }
    if (may_be_key(work, ref)) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' may be the name of a field here, or a value, as the dialect has it: say "
                    "KEY and VALUE",
                    part->text);
        return true;
    }
    bool is_unknown = work->sql->dialect->is_any && work->options->dialect == NULL;
    bool is_doubtful = work->doubts_quotes && !needs_quotes(part->text);
    if (!is_unknown && !is_doubtful)
        return false;
    if (is_unknown && refuse_quotes(work, part, change))
        return true;
    if (is_unknown && may_be_alias(work, ref))
        why = "may be compared here, or be the name of what follows";
    else if (may_be_string(ref) || may_be_either(work, ref))
        why = "may be a text here";
    else if (is_unknown && part->quote == '"' && strchr(change->column, '.') == NULL &&
             strcmp(part->text, change->column) != 0)
        why = "may be another column than the one that is written in other letters";
    if (why != NULL)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' %s, as the dialect has it: say --dialect", part->text, why);
    return why != NULL;
}

/* FROM a ? JOIN b: whatever it is, it may call the table by another name. */
void
sql_strange(Work *work, const SqlBlock *block)
{
    const Token *token = work_token(work, block->strange);
    bool changes = false;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->is_unread) /* PIVOT is told of already */
            return;
        changes = changes || source_changes(work, source);
    }
    if (changes)
        site_refuse(work, SITE_MENTION, token->begin, token->end, "unread", NULL,
                    "it is not understood what '%.*s' is behind a table here, of which columns "
                    "change",
                    (int) MIN(token->end - token->begin, 40), work->text + token->begin);
}
