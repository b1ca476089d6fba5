/*
 * default.c - does a program say, beside SQL whose tables have one part, that these are in another dataset than the
 * command says with --default? query("… FROM orders", database="archive"), bq query --dataset_id=archive, USE archive.
 *
 * What stands there may be a database around the dataset as well, so that nothing is decided: a person looks at it.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define CALL_PIECES_MAX 400 /* of a call that runs one statement */
#define NEAR 12             /* pieces, from default_dataset to the name that it says */

/* ---- names ---- */

/* Is the name, of which some parts may stand before the last one, in what --default says? */
static bool
is_default(const Unit *unit, const char *name, size_t bytes)
{
    char *const *path = unit->work->renames->default_path;
    while (bytes > 0 && !is_identifier_byte(name[bytes - 1]))
        bytes--;
    size_t begin = bytes;
    while (begin > 0 && strchr(".:`'\" ", name[begin - 1]) == NULL)
        begin--;
    for (size_t i = 0; path[i] != NULL; i++)
        if (strlen(path[i]) == bytes - begin &&
            g_ascii_strncasecmp(path[i], name + begin, bytes - begin) == 0)
            return true;
    return false;
}

static bool
is_plain(const char *name, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (!is_identifier_byte(name[i]) && strchr("-.:", name[i]) == NULL)
            return false;
    return bytes > 0;
}

bool
default_is_other(const Unit *unit, const char *name, size_t bytes)
{
    return is_plain(name, bytes) && !is_default(unit, name, bytes);
}

static bool
is_other(const Unit *unit, Span name)
{
    return default_is_other(unit, unit->text->bytes + name.begin, name.end - name.begin);
}

/* ---- calls and objects ---- */

static Span
inner_of(const Piece *piece)
{
    return piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                        : piece_span(piece);
}

/* The string behind a key that says where names without parts are, also in an object of its own. */
static bool
says_other(const Unit *unit, guint key)
{
    static const char *const parts[] = {"datasetId", "dataset_id", "Database", NULL};
    guint sign = unit_next(unit, key, true), value = unit_next(unit, sign, true);
    if (!unit_is_sign(unit, sign, ':') && !unit_is_sign(unit, sign, '='))
        return false;
    if (unit_piece(unit, value)->kind == PIECE_LITERAL)
        return is_other(unit, inner_of(unit_piece(unit, value)));
    for (guint i = value; i < value + NEAR; i++) {
        guint behind = unit_next(unit, unit_next(unit, i, true), true);
        if (span_is_among(unit->text, inner_of(unit_piece(unit, i)), parts))
            return unit_piece(unit, behind)->kind == PIECE_LITERAL &&
                   is_other(unit, inner_of(unit_piece(unit, behind)));
    }
    return false;
}

/* default_dataset=…, QueryExecutionContext={"Database": …}, however far in. */
static bool
has_other_default(Unit *unit, const Use *use)
{
    static const char *const keys[] = {"default_dataset", "defaultDataset", "QueryExecutionContext",
                                       NULL};
    guint open = unit_bracket_around(unit, use->first);
    guint end = open != G_MAXUINT ? MIN(unit_bracket_end(unit, open), open + CALL_PIECES_MAX) : 0;
    for (guint i = open + 1; i < end && i < unit->pieces->len; i++)
        if (span_is_among(unit->text, inner_of(unit_piece(unit, i)), keys) && says_other(unit, i))
            return true;
    return false;
}

/* ---- the shell ---- */

/* NULL: of any client. `is_around`: what it says is around a schema, and means something only where --default has more parts. */
static const struct {
    const char *client, *flag;
    bool is_around;
} flags[] = {
    {NULL, "--dataset_id", false},
    {NULL, "--database", false},
    {NULL, "--schema", false},
    {NULL, "-D", false},
    {NULL, "--schemaname", false},
    {"snowsql", "-s", false},
    {"snowsql", "-d", true},
    {"snowsql", "--dbname", true},
    {"psql", "-d", true},
    {"psql", "--dbname", true},
    {"sqlcmd", "-d", true},
    {"impala-shell", "-d", false},
    {"clickhouse-client", "-d", false},
    {"clickhouse", "-d", false},
};

/* The command's first line: here-documents stand below it. */
static size_t
line_begin(const Unit *unit, size_t at)
{
    const char *bytes = unit->text->bytes;
    at -= at > 0 && bytes[at - 1] == '\n';
    while (at > 0 && (bytes[at - 1] != '\n' || (at > 1 && bytes[at - 2] == '\\')))
        at--;
    return at;
}

/* A name that is put in is whatever the command's caller says. */
static bool
flag_says_other(const Unit *unit, const char *value, const char *end)
{
    const char *behind = value;
    while (behind < end && !g_ascii_isspace(*behind))
        behind++;
    if (behind > value && (*value == '"' || *value == '\'')) {
        value++;
        behind -= behind[-1] == '"' || behind[-1] == '\'';
    }
    size_t bytes = behind > value ? (size_t) (behind - value) : 0;
    return default_is_other(unit, value, bytes);
}

/* Is it a flag that this command's client has, and that says something? */
static bool
is_flag_of(const Unit *unit, const Use *use, size_t flag)
{
    bool is_of_it =
        flags[flag].client == NULL || span_is(unit->text, use->callee, flags[flag].client);
    return is_of_it && (!flags[flag].is_around || unit->work->renames->default_path[1] != NULL);
}

/* mysql -h host archive -e "…": the word that is neither an option nor what one says. */
static bool
has_other_word(const Unit *unit, const Use *use)
{
    static const char *const clients[] = {"mysql", "mariadb", NULL};
    static const char *const with_value[] = {"-h",
                                             "-u",
                                             "-P",
                                             "-S",
                                             "-e",
                                             "-D",
                                             "--host",
                                             "--user",
                                             "--port",
                                             "--socket",
                                             "--execute",
                                             "--database",
                                             "--defaults-file",
                                             NULL};
    if (!span_is_among(unit->text, use->callee, clients))
        return false;
    for (guint i = unit_pieces_before(unit, use->callee.end); i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->kind != PIECE_LITERAL || piece->callee.begin != use->callee.begin)
            break;
        bool is_value = piece->key.end > 0 && (text_byte(unit->text, piece->key.end) == '=' ||
                                               span_is_among(unit->text, piece->key, with_value));
        if (!is_value && piece->quoting.is_bare && text_byte(unit->text, piece->inner_begin) != '-')
            return is_other(unit, inner_of(piece));
    }
    return false;
}

static bool
has_other_flag(const Unit *unit, const Use *use)
{
    if (!unit_is_language(unit, "shell"))
        return false;
    const char *at = unit->text->bytes + line_begin(unit, use->whole.begin),
               *end = unit->text->bytes + use->whole.begin;
    for (; at < end; at++)
        for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
            size_t bytes = strlen(flags[i].flag);
            if ((size_t) (end - at) > bytes + 1 && memcmp(at, flags[i].flag, bytes) == 0 &&
                strchr("= ", at[bytes]) != NULL && is_flag_of(unit, use, i) &&
                flag_says_other(unit, at + bytes + 1, end))
                return true;
        }
    return has_other_word(unit, use);
}

/* ---- USE ---- */

/* "USE archive" */
static bool
uses_other(const Unit *unit, const Use *use)
{
    static const char *const words[] = {"database", "schema", "namespace", NULL};
    const Piece *piece = unit_piece(unit, use->first);
    const char *bytes = unit->text->bytes + piece->inner_begin;
    size_t count = piece->inner_end - piece->inner_begin, at = 4;
    if (use->first != use->last || count < 5 || g_ascii_strncasecmp(bytes, "use ", 4) != 0)
        return false;
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t length = strlen(words[i]);
        if (count > at + length + 1 && bytes[at + length] == ' ' &&
            g_ascii_strncasecmp(bytes + at, words[i], length) == 0)
            at += length + 1;
    }
    count -= bytes[count - 1] == ';';
    return default_is_other(unit, bytes + at, count - at);
}

static bool
has_other_use(Unit *unit)
{
    static const char asked[] = "USE ";
    if (unit->asked == NULL)
        unit->asked = g_hash_table_new(g_str_hash, g_str_equal);
    void *known = g_hash_table_lookup(unit->asked, asked);
    bool is_there = GPOINTER_TO_INT(known) == 1;
    for (guint i = 0; known == NULL && !is_there && i < unit->uses->len; i++)
        is_there = uses_other(unit, &g_array_index(unit->uses, Use, i));
    g_hash_table_insert(unit->asked, (void *) asked, GINT_TO_POINTER(is_there ? 1 : 2));
    return is_there;
}

/* ---- the whole ---- */

bool
program_says_other_default(Unit *unit, const Use *use)
{
    Span beside = {0};
    if (unit->work->renames->default_path == NULL || unit->pieces == NULL)
        return false; /* SQL that SQL runs stands beside nothing of a program */
    if (program_dataset_beside(unit, use, &beside) && is_other(unit, beside))
        return true;
    return has_other_default(unit, use) || has_other_flag(unit, use) || has_other_use(unit) ||
           program_goes_elsewhere(unit);
}

/* ---- search_path ---- */

#define SAID_BYTES 80 /* behind the word, up to the end of its line: "-csearch_path=shop,public" */
#define SAID_MAX 20   /* places of one file */

char *
program_said_path(const Work *work)
{
    static const char *const words[] = {"search_path", "searchPath", "currentSchema",
                                        "current_schema"};
    g_autoptr(GString) said = g_string_new(NULL);
    const char *end = work->text + work->bytes;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t bytes = strlen(words[i]);
        const char *at = work->text;
        for (int count = 0;
             count < SAID_MAX && (at = memmem(at, (size_t) (end - at), words[i], bytes)) != NULL;
             count++) {
            at += bytes;
            size_t rest = MIN((size_t) (end - at), SAID_BYTES);
            const char *line = memchr(at, '\n', rest);
            g_string_append_len(said, at, line != NULL ? line - at : (gssize) rest);
            g_string_append_c(said, '\n');
        }
    }
    return said->len > 0 ? g_string_free(g_steal_pointer(&said), FALSE) : NULL;
}
