/*
 * parse_trigger.c - triggers, which see the rows of their table as NEW and OLD.
 *
 *   CREATE TRIGGER name AFTER UPDATE OF a, b ON t FOR EACH ROW WHEN (…) EXECUTE FUNCTION f ()
 *   CREATE TRIGGER name AFTER UPDATE OF a, b ON t FOR EACH ROW WHEN … BEGIN UPDATE u SET c = NEW.a; … END
 *   CREATE TRIGGER name BEFORE INSERT ON t FOR EACH ROW SET NEW.a = upper(NEW.a)
 *   CREATE TRIGGER name AFTER UPDATE ON t REFERENCING NEW AS n FOR EACH ROW DECLARE … BEGIN … :n.a … END
 *   CREATE TRIGGER name FOR UPDATE ON t COMPOUND TRIGGER … AFTER EACH ROW IS BEGIN … :NEW.a … END AFTER EACH ROW; END
 *   CREATE TRIGGER name ON t AFTER UPDATE AS IF UPDATE(a) INSERT INTO u SELECT i.a FROM inserted AS i …
 *
 * The body of all but the first is statements like others. Parser.watched is the trigger's table until it ends: that
 * is, where something else is made, or END closes what BEGIN opened. That of the last one, in T-SQL, ends with its batch.
 */
#include "sql/parse_define.h"

#include <string.h>

/* Does EXECUTE FUNCTION f (…) come next, behind FOR EACH ROW WHEN (…)? */
static bool
calls_function(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && !is_text(parser, at, "EXECUTE"))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return at < end &&
           (is_word(parser, at + 1, WORD_FUNCTION) || is_text(parser, at + 1, "PROCEDURE"));
}

/* UPDATE OF a, b: the columns up to ON. */
static void
take_watched_columns(Parser *parser, SqlBlock *block, uint32_t of, uint32_t on)
{
    uint32_t behind = parser->pos;
    for (parser->pos = of; of > 0 && parser->pos < on;)
        if (is_word(parser, parser->pos, WORD_OR)) /* OR DELETE */
            break;
        else if (is_name(parser, parser->pos))
            column_take(parser, block, on);
        else
            parser->pos++;
    parser->pos = behind;
}

static void
take_call(Parser *parser, SqlBlock *block, uint32_t end)
{
    for (; parser->pos < end && !is_text(parser, parser->pos, "EXECUTE"); parser->pos++)
        if (is_open(parser, parser->pos)) {
            group_take(parser, block, end);
            parser->pos--;
        }
    parser->pos = end;
}

static bool
begins_body(const Parser *parser, uint32_t at)
{
    switch (peek(parser, at)->word) {
    case WORD_BEGIN:
    case WORD_DECLARE:
    case WORD_INSERT:
    case WORD_UPDATE:
    case WORD_DELETE:
    case WORD_REPLACE:
    case WORD_SET:
    case WORD_IF:
        return true;
    default:
        return is_text(parser, at, "CALL") || is_text(parser, at, "COMPOUND");
    }
}

/* NEW, OLD, PARENT: its place in SqlStatement.row_names and behind them; -1: it is none. */
static int
row_at(const Parser *parser, uint32_t at)
{
    static const char *const rows[] = {"NEW", "OLD", "PARENT"};
    for (int i = 0; i < (int) G_N_ELEMENTS(rows); i++)
        if (is_text(parser, at, rows[i]))
            return i;
    return -1;
}

/* REFERENCING NEW AS a OLD AS b: which tokens name the rows. False where they are tables. */
static bool
note_row_names(Parser *parser, uint32_t at)
{
    int row = row_at(parser, at);
    for (; row >= 0; row = row_at(parser, ++at)) {
        at += 1 + is_text(parser, at + 1, "ROW");
        at += is_word(parser, at, WORD_AS);
        if (!is_name(parser, at) || is_word(parser, at, WORD_TABLE))
            return false;
        if (row < (int) G_N_ELEMENTS(parser->row_names))
            parser->row_names[row] = at;
    }
    return parser->row_names[0] + parser->row_names[1] > 0;
}

/* [REFERENCING …] [FOR EACH ROW] [WHEN …] [FOLLOWS x]: what may stand before the body. False when the rows are tables. */
static bool
take_before_body(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    uint32_t body = parser->pos;
    while (body < end && !begins_body(parser, body)) {
        if (is_text(parser, body, "REFERENCING") && !note_row_names(parser, body + 1))
            return false;
        body = peek(parser, body)->kind == TOKEN_OPEN ? closing(parser, body, end) + 1 : body + 1;
    }
    if (body >= end)
        return false;
    memcpy(parser->statement->row_names, parser->row_names, sizeof(parser->row_names));
    while (parser->pos < body && !is_word(parser, parser->pos, WORD_WHEN))
        settle(parser, parser->pos++);
    parse_expression(parser, &context, body, 0);
    parser->pos = body;
    return true;
}

static void
begin_body(Parser *parser, SqlSource *table, bool is_batch)
{
    table->shape = SHAPE_READ;
    parser->watched = table;
    parser->is_batch = is_batch;
    parser->is_at_body = true;
    parser->begins = 0;
    if (is_text(parser, parser->pos, "COMPOUND")) { /* TRIGGER … END, with a body for each moment */
        settle(parser, parser->pos++);
        settle(parser, parser->pos++);
        parser->begins = 1;
    }
}

/* WITH EXECUTE AS OWNER AFTER UPDATE AS: up to the body, of T-SQL. False when there is none. */
static bool
take_before_batch(Parser *parser, uint32_t end)
{
    uint32_t as = parser->pos;
    while (as < end && !(is_word(parser, as, WORD_AS) && !is_text(parser, as - 1, "EXECUTE") &&
                         !is_text(parser, as - 1, "EXEC")))
        as++;
    if (as >= end)
        return false;
    while (parser->pos <= as)
        settle(parser, parser->pos++);
    return true;
}

/* Does ON stand right behind the trigger's name, as in T-SQL? */
static bool
is_batch_at(const Parser *parser, uint32_t name)
{
    while (peek(parser, name + 1)->kind == TOKEN_DOT)
        name += 2;
    return is_word(parser, name + 1, WORD_ON);
}

bool
parse_trigger(Parser *parser, uint32_t end)
{
    uint32_t of = 0;
    memset(parser->row_names, 0, sizeof(parser->row_names));
    if_exists_take(parser, end);
    uint32_t on = find_on(parser, parser->pos, end);
    bool is_batch = is_batch_at(parser, parser->pos);
    lend_schema_at(parser, parser->pos, end);
    settle(parser, parser->pos);
    for (; parser->pos < on; parser->pos++)
        of = is_text(parser, parser->pos, "OF") && !is_text(parser, parser->pos - 1, "INSTEAD") &&
                     of == 0
                 ? parser->pos + 1
                 : of;
    if (!take_word(parser, end, WORD_ON) || !names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, end);
    take_watched_columns(parser, block, of, on);
    parser->statement->watched = table;
    table->shape = SHAPE_COPIED; /* where its body sees rows, and is not read */
    if (is_batch) {
        if (parser->sql->dialect->has_alias_first && take_before_batch(parser, end))
            begin_body(parser, table, true);
    } else if (calls_function(parser, parser->pos, end)) {
        table->shape = SHAPE_WATCHED;
        take_call(parser, block, end);
    } else if (!parser->sql->dialect->has_alias_first && take_before_body(parser, block, end)) {
        begin_body(parser, table, false);
    }
    if (!parser->is_at_body)
        parser->schema.count = 0;
    return true;
}

bool
parse_altered_trigger(Parser *parser, uint32_t end)
{
    return parser->sql->dialect->has_alias_first && is_batch_at(parser, parser->pos) &&
           parse_trigger(parser, end);
}

/* END IF and the like end something else. */
static bool
ends_block(const Parser *parser, uint32_t at)
{
    static const char *const others[] = {"IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR", NULL};
    return is_word(parser, at, WORD_END) && !is_among_words_of(parser, at + 1, others);
}

/* GO, or what can only be the first statement of a batch. */
static bool
ends_batch(const Parser *parser, uint32_t at)
{
    static const char *const kinds[] = {"TRIGGER", "PROCEDURE", "PROC", "FUNCTION", "VIEW", NULL};
    bool is_maker = is_word(parser, at, WORD_CREATE) || is_text(parser, at, "ALTER");
    if (is_word(parser, at, WORD_CREATE) && is_word(parser, at + 1, WORD_OR))
        at += 2; /* CREATE OR ALTER */
    return is_text(parser, at, "GO") || (is_maker && is_among_words_of(parser, at + 1, kinds));
}

/* Another trigger or routine is made, or anything behind a body of one statement. */
static bool
ends_body(Parser *parser)
{
    static const char *const makes[] = {"TRIGGER", "PROCEDURE", "FUNCTION", "DEFINER", NULL};
    if (is_word(parser, parser->pos, WORD_CREATE))
        return parser->begins <= 0 || is_among_words_of(parser, parser->pos + 1, makes);
    return parser->watched != NULL && ends_block(parser, parser->pos) && --parser->begins <= 0;
}

void
watch_statement(Parser *parser)
{
    if (parser->begins <= 0 && !parser->is_at_body) /* behind a body of one statement */
        parser->schema.count = 0;
    if (parser->is_batch ? !ends_batch(parser, parser->pos) : !ends_body(parser))
        return;
    parser->watched = NULL;
    parser->schema.count = 0;
    parser->is_batch = false;
    memset(parser->row_names, 0, sizeof(parser->row_names));
}

/* ---- rows of the table ---- */

SqlSource *
watched_rows(const Parser *parser, const SqlPath *path)
{
    bool is_rows = parser->watched != NULL && parser->is_batch && path->count == 1 &&
                   (g_ascii_strcasecmp(path->parts[0].text, "inserted") == 0 ||
                    g_ascii_strcasecmp(path->parts[0].text, "deleted") == 0);
    return is_rows ? parser->watched : NULL;
}

/* The reference is to a column of the trigger's table, which is none of its block's sources. */
bool
update_asked_take(Parser *parser, uint32_t end)
{
    if (parser->watched == NULL || !parser->is_batch ||
        !is_word(parser, parser->pos, WORD_UPDATE) || !is_open(parser, parser->pos + 1) ||
        parser->pos + 2 >= end || peek(parser, parser->pos + 3)->kind != TOKEN_CLOSE)
        return false;
    parser->pos += 2;
    column_take(parser, block_new(parser, NULL, NULL), end);
    return true;
}

bool
row_take(Parser *parser, uint32_t end)
{
    bool is_row = parser->watched != NULL &&
                  (is_text(parser, parser->pos, "NEW") || is_text(parser, parser->pos, "OLD")) &&
                  peek(parser, parser->pos + 1)->kind == TOKEN_DOT && parser->pos + 2 < end;
    if (!is_row)
        return false;
    Context context = {.block = block_new(parser, NULL, NULL), .clause = CLAUSE_OTHER};
    ref_add(parser, &context, path_take(parser, end, false));
    return true;
}
