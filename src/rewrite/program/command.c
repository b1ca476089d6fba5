/*
 * command.c - commands of a shell in a string: BashOperator(bash_command="psql -c 'SELECT …'"), `run:` of a workflow.
 *
 * Such a string is a script of a shell, where a client of a database is called in it. In all others nobody knows whether a shell
 * gets them.
 */
#include "rewrite/program/program.h"

#include <string.h>

static const char *const clients[] = {"psql",
                                      "mysql",
                                      "mariadb",
                                      "sqlite3",
                                      "duckdb",
                                      "snowsql",
                                      "trino",
                                      "spark-sql",
                                      "beeline",
                                      "hive",
                                      "presto",
                                      "impala-shell",
                                      "clickhouse-client",
                                      "clickhouse",
                                      "sqlcmd",
                                      "cockroach",
                                      "bq",
                                      NULL};

/* What runs the command that is said behind it. */
static const char *const runners[] = {
    "docker", "docker-compose", "podman", "kubectl", "ssh",  "timeout",
    "xargs",  "heroku",         "flyctl", "nohup",   "gosu", "su",
    "watch",  "railway",        "sh",     "bash",    NULL};

/* Without the folder that it is in. */
static Span
without_folder(const Text *text, Span word)
{
    for (uint32_t at = word.end; at > word.begin; at--)
        if (text->bytes[at - 1] == '/')
            return (Span){at, word.end};
    return word;
}

/* `bq … query`, of which `query` is known as the command: is the word bq before it? */
static bool
is_behind_bq(const Text *text, Span command)
{
    size_t begin = command.begin, at = 0;
    while (begin > 0 && strchr(";|&(", text->bytes[begin - 1]) == NULL)
        begin--;
    return find_word(text->bytes + begin, command.begin - begin, "bq", &at);
}

/* Is a literal of the command one that a client gets? */
static bool
is_of_client(const Text *text, const Piece *piece)
{
    Span command = without_folder(text, piece->callee);
    return command.end > command.begin &&
           (span_is_among(text, command, clients) || is_behind_bq(text, command));
}

/* Does it say an option, or have quotes, or is it a here-document? Texts that speak of a client do not. */
static bool
is_given(const Text *text, const Piece *piece)
{
    return !piece->quoting.is_bare || text_byte(text, piece->inner_begin) == '-' ||
           (piece->key.end > 0 && text_byte(text, piece->key.begin) == '-');
}

static bool
has_word_of_client(const char *text, size_t bytes)
{
    size_t at = 0;
    for (size_t i = 0; clients[i] != NULL; i++)
        if (find_word(text, bytes, clients[i], &at))
            return true;
    return false;
}

static bool
calls_client(const Text *text, const GArray *pieces)
{
    uint32_t behind = UINT32_MAX; /* a client that something else runs, as its argument */
    Span runner = {0};
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        Span word = {piece->inner_begin, piece->inner_end};
        if (piece->kind != PIECE_LITERAL)
            continue;
        if (piece->callee.begin != runner.begin || piece->callee.end != runner.end)
            behind = UINT32_MAX;
        runner = piece->callee;
        bool is_run = span_is_among(text, without_folder(text, runner), runners);
        if (is_given(text, piece) && (is_of_client(text, piece) || piece->begin > behind))
            return true;
        if (is_run && !piece->quoting.is_bare && /* sh -c 'psql …', which tells for itself */
            has_word_of_client(text->bytes + word.begin, word.end - word.begin))
            return true;
        if (is_run && piece->quoting.is_bare &&
            span_is_among(text, without_folder(text, word), clients))
            behind = piece->end;
    }
    return false;
}

static bool
is_command(const Text *text)
{
    size_t broken_at;
    if (!has_word_of_client(text->bytes, text->count)) /* as most strings */
        return false;
    g_autoptr(GArray) pieces =
        language_lex(text, language_by_name("shell"), 0, text->count, &broken_at);
    return broken_at == SIZE_MAX && calls_client(text, pieces);
}

static size_t
margin_of(const Text *text, size_t line)
{
    size_t at = line;
    while (text_byte(text, at) == ' ')
        at++;
    return text_byte(text, at) == '\n' || at == text->count ? SIZE_MAX : at - line;
}

/* What all lines begin with is YAML's, or taken away by dedent(): without it, a here-document ends where it does. */
static Text *
without_margin(const Text *text)
{
    size_t margin = SIZE_MAX;
    for (size_t at = 0; at < text->count; at++)
        if (at == 0 ? text->bytes[0] == ' ' : text->bytes[at - 1] == '\n')
            margin = MIN(margin, margin_of(text, at));
    Text *lines = text_new(text);
    for (size_t at = 0; at < text->count; at++) {
        bool begins_line = at == 0 || text->bytes[at - 1] == '\n';
        for (size_t i = 0; begins_line && i < margin && text_byte(text, at) == ' '; i++)
            at++;
        if (begins_line)
            text_begin_part(lines, at, (Quoting){.escape = ESCAPE_NONE, .holes = HOLES_OFF});
        if (at < text->count)
            text_copy(lines, at);
    }
    return lines;
}

bool
program_command(Unit *unit, const Use *use, const Text *text)
{
    bool is_known = !text->is_unread && text->fixed->len == 0 && !use->has_more &&
                    !use->is_appended && !use->has_operand_before;
    if (!is_known || use->is_message || use->is_docstring || use->is_bytes || use->is_key ||
        use->is_compared || unit->depth >= PROGRAM_DEPTH_MAX || !is_command(text))
        return false;
    g_autoptr(Text) lines = without_margin(text);
    program_unit(unit->work, lines, language_by_name("shell"), unit->dialect, 0, lines->count,
                 unit->depth + 1);
    return true;
}
