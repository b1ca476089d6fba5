/*
 * sqlx.c - Dataform's .sqlx: SQL with ${ref("name")} in it, and blocks of settings and JavaScript before.
 *
 * The SQL between the blocks is one text; `config` and `js` are code, `pre_operations` and the like are SQL of their own.
 */
#include "rewrite/program/program.h"

#include <string.h>

typedef struct {
    const Text *text;
    const Language *language;
    size_t end;
    GArray *pieces;
} Sqlx;

static void
add_sql(Sqlx *sqlx, size_t begin, size_t end)
{
    const char *bytes = sqlx->text->bytes;
    while (begin < end && g_ascii_isspace(bytes[begin]))
        begin++;
    while (end > begin && g_ascii_isspace(bytes[end - 1]))
        end--;
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .is_sql = true,
                   .begin = (uint32_t) begin,
                   .end = (uint32_t) end,
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) end,
                   .quoting = {.escape = ESCAPE_NONE, .holes = HOLES_DOLLAR_BRACES}};
    if (end > begin)
        g_array_append_val(sqlx->pieces, piece);
}

static void
add_code(Sqlx *sqlx, size_t begin, size_t end)
{
    size_t broken = SIZE_MAX;
    g_autoptr(GArray) pieces = lex_code(sqlx->text, sqlx->language, begin, end, &broken);
    g_array_append_vals(sqlx->pieces, pieces->data, pieces->len);
}

/* `config {` at the beginning of a line: what is behind the bracket, or 0. */
static size_t
block_at(const Sqlx *sqlx, size_t line, bool *ret_is_code)
{
    static const char *const names[] = {"config", "js", "pre_operations", "post_operations",
                                        "incremental_where"};
    const char *bytes = sqlx->text->bytes;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t at = line + strlen(names[i]);
        if (at >= sqlx->end || memcmp(bytes + line, names[i], strlen(names[i])) != 0)
            continue;
        while (at < sqlx->end && g_ascii_isspace(bytes[at]))
            at++;
        *ret_is_code = i < 2;
        if (at < sqlx->end && bytes[at] == '{')
            return at + 1;
    }
    return 0;
}

GArray *
lex_sqlx(const Text *text, const Language *language, size_t begin, size_t end,
         size_t *ret_broken_at)
{
    Sqlx sqlx = {.text = text,
                 .language = language,
                 .end = end,
                 .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    size_t from = begin;
    for (size_t line = begin; line < end;) {
        bool is_code = false;
        size_t inner = block_at(&sqlx, line, &is_code);
        size_t behind = inner > 0 ? expression_end(text, language, inner, end, '}', 0) : 0;
        if (inner > 0 && behind == 0) {
            *ret_broken_at = line;
            break;
        }
        if (inner > 0) {
            add_sql(&sqlx, from, line);
            if (is_code)
                add_code(&sqlx, inner, behind - 1);
            else
                add_sql(&sqlx, inner, behind - 1);
            from = behind;
        }
        line = MAX(line, behind);
        const char *next = memchr(text->bytes + line, '\n', end - line);
        line = next != NULL ? (size_t) (next - text->bytes) + 1 : end;
    }
    add_sql(&sqlx, from, end);
    return sqlx.pieces;
}
