/* pieces.c - what a text is put together from, read and not run. */
#include "rewrite/dbt/pieces.h"

#include <string.h>

typedef struct {
    const char *text;
    const GArray *words;
    Pieces *pieces;
} Reader;

static bool
is(const Reader *reader, guint index, const char *what)
{
    return jinja_is(reader->text, reader->words, index, what);
}

static bool
is_string(const Reader *reader, guint index)
{
    return index < reader->words->len && jinja_word(reader->words, index)->kind == JINJA_STRING;
}

static void
add(const Reader *reader, Piece piece)
{
    Pieces *pieces = reader->pieces;
    if (pieces->count < PIECES_MAX)
        pieces->list[pieces->count++] = piece;
    else
        pieces->list[PIECES_MAX - 1] = (Piece){.is_open = true};
}

static void
add_string(const Reader *reader, guint index)
{
    const JinjaWord *word = jinja_word(reader->words, index);
    add(reader, (Piece){.begin = reader->text + word->begin, .bytes = word->end - word->begin});
}

/* Values of calls, filters and members may be anything. */
static void
add_value(const Reader *reader)
{
    add(reader, (Piece){.is_open = true});
}

/* `(…)`, `[…]`, `.name` and `| name` behind a value. */
static guint
behind_value(const Reader *reader, guint at)
{
    for (;;) {
        if (is(reader, at, "(") || is(reader, at, "["))
            at = jinja_close(reader->text, reader->words, at) + 1;
        else if (is(reader, at, ".") || is(reader, at, "|"))
            at += 2;
        else
            return MIN(at, reader->words->len);
    }
}

/* `%s_id`, `{}_id`: `sign` begins what is filled in, and one of `ends` ends it. */
static void
add_form(const Reader *reader, guint index, char sign, const char *ends)
{
    const JinjaWord *word = jinja_word(reader->words, index);
    const char *at = reader->text + word->begin, *end = reader->text + word->end;
    while (at < end) {
        const char *next = memchr(at, sign, (size_t) (end - at));
        const char *stop = next != NULL ? next : end;
        if (stop > at)
            add(reader, (Piece){.begin = at, .bytes = (size_t) (stop - at)});
        if (next == NULL)
            return;
        add_value(reader);
        for (at = next + 1; at < end && strchr(ends, *at) == NULL; at++)
            ;
        at += at < end;
    }
}

/* ['a', 'b'] | join('_'). False: it is something else. */
static bool
add_list(const Reader *reader, guint open, guint *ret_last)
{
    const char *text = reader->text;
    guint close = jinja_close(text, reader->words, open);
    bool has_sign = is_string(reader, close + 4),
         is_joined = is(reader, close + 1, "|") && is(reader, close + 2, "join");
    if (!is_joined)
        return false;
    for (guint from = open + 1, to; from < close; from = to + 1) {
        to = jinja_find(text, reader->words, from, close, ",");
        if (from > open + 1 && has_sign)
            add_string(reader, close + 4);
        if (to == from + 1 && is_string(reader, from))
            add_string(reader, from);
        else
            add_value(reader);
    }
    *ret_last =
        is(reader, close + 3, "(") ? jinja_close(text, reader->words, close + 3) + 1 : close + 3;
    return true;
}

static guint
read_operand(const Reader *reader, guint at)
{
    guint last = at + 1;
    if (is(reader, at, "[") && add_list(reader, at, &last))
        return last;
    if (is_string(reader, at) && is(reader, last, "%")) {
        add_form(reader, at, '%', "sdif");
        return behind_value(reader, last + (is(reader, last + 1, "(") ? 1 : 2));
    }
    if (is_string(reader, at) && is(reader, last, ".") && is(reader, last + 1, "format")) {
        add_form(reader, at, '{', "}");
        return behind_value(reader, last);
    }
    if (is(reader, at, "(") || is(reader, at, "["))
        last = at;
    guint behind = behind_value(reader, last);
    bool is_plain = behind == last;
    if (is_plain && is_string(reader, at))
        add_string(reader, at);
    else if (is_plain && at < reader->words->len)
        add(reader, (Piece){.word = at + 1});
    else
        add_value(reader);
    return MAX(behind, at + 1);
}

bool
pieces_read(const char *text, const GArray *words, guint first, Pieces *ret)
{
    static const char *const joiners[] = {"~", "+", NULL};
    Reader reader = {text, words, ret};
    bool has_literal = false;
    ret->count = 0;
    ret->last = read_operand(&reader, first);
    while (jinja_is_any(text, words, ret->last, joiners) && ret->last + 1 < words->len)
        ret->last = read_operand(&reader, ret->last + 1);
    ret->last = MIN(ret->last, words->len);
    for (guint i = 0; i < ret->count; i++)
        has_literal |= ret->list[i].begin != NULL && ret->list[i].bytes > 0;
    return has_literal && ret->count > 1;
}

/* ---- may it be a name ---- */

static bool
begins(const char *name, const char *literal, size_t bytes, bool is_folded)
{
    return strlen(name) >= bytes && (is_folded ? g_ascii_strncasecmp(name, literal, bytes) == 0
                                               : memcmp(name, literal, bytes) == 0);
}

static bool
may_be_from(const Pieces *pieces, guint index, GHashTable *literals, const char *name,
            bool is_folded)
{
    const Piece *piece = &pieces->list[index];
    if (index == pieces->count)
        return *name == '\0';
    if (piece->begin != NULL)
        return begins(name, piece->begin, piece->bytes, is_folded) &&
               may_be_from(pieces, index + 1, literals, name + piece->bytes, is_folded);
    if (piece->is_open && (index + 1 == pieces->count || pieces->list[index + 1].is_open))
        return index + 1 == pieces->count ||
               may_be_from(pieces, index + 1, literals, name, is_folded);
    for (size_t bytes = 0, most = strlen(name); bytes <= most; bytes++) {
        g_autofree char *value = piece->is_open ? NULL : g_ascii_strdown(name, (gssize) bytes);
        if ((piece->is_open || g_hash_table_contains(literals, value)) &&
            may_be_from(pieces, index + 1, literals, name + bytes, is_folded))
            return true;
    }
    return false;
}

bool
pieces_may_be(const Pieces *pieces, GHashTable *literals, const char *name, bool is_folded)
{
    return may_be_from(pieces, 0, literals, name, is_folded);
}
