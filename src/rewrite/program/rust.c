/* rust.c - Rust: raw strings with any number of signs, characters beside lifetimes, tables of Diesel. */
#include "rewrite/program/program.h"

#include <string.h>

#define HASHES_MAX 255 /* what the language allows */

/* r"…", br#"…"#: behind the letters, or 0. */
static size_t
raw_letters(const Text *text, size_t at)
{
    char next = text_byte(text, at + 1);
    if (text->bytes[at] == 'r' && (next == '"' || next == '#'))
        return 1;
    bool has_two = (text->bytes[at] == 'b' || text->bytes[at] == 'c') && next == 'r';
    next = text_byte(text, at + 2);
    return has_two && (next == '"' || next == '#') ? 2 : 0;
}

static size_t
count_hashes(const Text *text, size_t at)
{
    size_t count = 0;
    while (count < HASHES_MAX && text_byte(text, at + count) == '#')
        count++;
    return count;
}

static size_t
lex_raw(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    size_t letters = raw_letters(text, at), hashes = count_hashes(text, at + letters);
    size_t inner = at + letters + hashes + 1;
    if (letters == 0 || text_byte(text, inner - 1) != '"')
        return 0; /* r#type: a name */
    for (size_t i = inner; i < end; i++) {
        if (text->bytes[i] != '"' || count_hashes(text, i + 1) < hashes)
            continue;
        Piece piece = {.kind = PIECE_LITERAL,
                       .is_bytes = text->bytes[at] != 'r',
                       .begin = (uint32_t) at,
                       .end = (uint32_t) (i + 1 + hashes),
                       .inner_begin = (uint32_t) inner,
                       .inner_end = (uint32_t) i,
                       .quoting = {.quote = '"', .escape = ESCAPE_NONE, .is_long = hashes > 0}};
        g_array_append_val(pieces, piece);
        return piece.end;
    }
    *ret_broken_at = at;
    return end;
}

/* 'x', '\'', and 'a, a lifetime: behind it. Its quotes open nothing. */
static size_t
lex_quote(const Text *text, size_t at, size_t end, GArray *pieces)
{
    size_t behind = at + 1;
    if (text->bytes[at] != '\'')
        return 0;
    if (text_byte(text, behind) == '\\') {
        for (behind += 2; behind < end && text->bytes[behind] != '\''; behind++)
            if (text->bytes[behind] == '\n')
                return 0;
        behind++;
    } else {
        behind = (size_t) (g_utf8_next_char(text->bytes + behind) - text->bytes);
        if (text_byte(text, behind) == '\'')
            behind++;
        else
            while (is_identifier_byte(text_byte(text, behind)))
                behind++;
    }
    Piece piece = {.kind = PIECE_SIGN, .begin = (uint32_t) at, .end = (uint32_t) MIN(behind, end)};
    g_array_append_val(pieces, piece);
    return piece.end;
}

size_t
special_of_rust(const Text *text, size_t at, size_t end, GArray *pieces, size_t *ret_broken_at)
{
    bool begins = at == 0 || !is_identifier_byte(text->bytes[at - 1]);
    size_t behind = begins ? lex_raw(text, at, end, pieces, ret_broken_at) : 0;
    return behind > 0 ? behind : lex_quote(text, at, end, pieces);
}

/* ---- tables of Diesel ---- */

#define MACRO_PIECES_MAX 400 /* from `table!` to the name: comments, attributes, `use` */

/* table! { users (id) { … } }; of what is before the name, no bracket is open but the macro's. */
static bool
is_in_table_macro(const Unit *unit, guint index)
{
    int depth = 0;
    if (!unit_is_sign(unit, index + 1, '('))
        return false;
    for (guint i = index; i > 1 && index - i < MACRO_PIECES_MAX; i--) {
        char sign = unit_sign(unit, i - 1);
        depth += sign == ')' || sign == ']' || sign == '}' ? 1 : 0;
        if (sign != '(' && sign != '[' && sign != '{')
            continue;
        if (depth-- == 0)
            return i > 2 && unit_is_sign(unit, i - 2, '!') &&
                   span_is(unit->text, piece_span(unit_piece(unit, i - 3)), "table");
    }
    return false;
}

/* #[diesel(table_name = users)] */
static bool
is_in_attribute(const Unit *unit, guint index)
{
    guint i = index;
    while (i > 2 && (unit_is_sign(unit, i - 1, ':') || unit_piece(unit, i - 1)->kind == PIECE_WORD))
        i--; /* crate::schema::users */
    return i > 2 && unit_is_sign(unit, i - 1, '=') &&
           span_is(unit->text, piece_span(unit_piece(unit, i - 2)), "table_name");
}

bool
rust_word_is_table(const Unit *unit, guint index)
{
    return is_in_table_macro(unit, index) || is_in_attribute(unit, index);
}
