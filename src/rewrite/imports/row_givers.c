/*
 * row_givers.c - functions that give others the rows of a query whose columns get new names, under `propagate`: who gives.
 *
 * def gold(conn): … return cur.fetchall() of one file is called in another one, which reads row["plan"] and names no dataset.
 * Who reads the rows is found by what it imports (rows_got.c).
 */
#include "rewrite/convention.h"
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define PASSED_ON_MAX 200 /* of one file, with what it gives itself */
#define HEAD_PIECES 40    /* of a function, between its brackets and its body: types */

static const char *const gives_back[] = {"return", "yield", NULL};

/* ---- the function around a piece ---- */

/* The function that was last asked for, of which a body may have thousands of strings. */
typedef struct {
    guint name, begin; /* `begin`: of its body */
    bool gives;
} Giver;

/* def gold(conn): of Python; G_MAXUINT: it is in none. */
static guint
name_by_margin(Unit *unit, guint index, guint *ret_body)
{
    static const char *const heads[] = {"def", "async", NULL};
    guint line = unit_line_around(unit, unit_line_of(unit, index));
    while (line != G_MAXUINT && !unit_is_among(unit, line, heads))
        line = unit_line_around(unit, line);
    if (line == G_MAXUINT)
        return G_MAXUINT;
    guint head = unit_is_word(unit, line, "async") ? unit_next(unit, line, false) : line;
    *ret_body = unit_next(unit, head, false);
    return *ret_body;
}

guint
row_function_by_margin(Unit *unit, guint index)
{
    guint body;
    return name_by_margin(unit, index, &body);
}

/* gold = (pool) => …, gold: function (pool) {…}: the name before what makes the function, whose brackets open there. */
static guint
name_it_is_set_to(const Unit *unit, guint open)
{
    static const char *const words[] = {"async", "function", "static", NULL};
    guint before = open;
    do
        before = unit_previous(unit, before, true);
    while (before != G_MAXUINT && unit_is_among(unit, before, words));
    char sign = before != G_MAXUINT ? unit_sign(unit, before) : '\0';
    guint name = sign == '=' || sign == ':' ? unit_previous(unit, before, true) : G_MAXUINT;
    return name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD ? name : G_MAXUINT;
}

/* The name of the function whose parameters these brackets hold: function gold(pool), async gold(pool). */
static guint
name_before_parameters(const Unit *unit, guint open)
{
    static const char *const others[] = {"if",    "for",   "while", "switch", "catch",
                                         "match", "using", "with",  NULL};
    guint name = unit_previous(unit, open, true);
    if (name == G_MAXUINT || unit_is_among(unit, name, others))
        return G_MAXUINT;
    if (unit_is_word(unit, name, "function") || unit_is_word(unit, name, "async") ||
        unit_piece(unit, name)->kind != PIECE_WORD)
        return name_it_is_set_to(unit, open);
    return name;
}

/* The same of what stands before a body, or before an expression behind =>. */
static guint
name_before_body(Unit *unit, guint body)
{
    guint index = unit_previous(unit, body, true);
    bool is_arrow = index != G_MAXUINT && index > 0 && unit_is_sign(unit, index, '>') &&
                    unit_is_sign(unit, index - 1, '=');
    if (is_arrow)
        index = unit_previous(unit, index - 1, true);
    for (int count = 0; index != G_MAXUINT && count < HEAD_PIECES; count++) {
        char sign = unit_sign(unit, index);
        if (sign == ')') {
            guint open = unit_bracket_around(unit, index);
            return is_arrow ? name_it_is_set_to(unit, open) : name_before_parameters(unit, open);
        }
        if (sign != '\0' && strchr(";{}", sign) != NULL)
            return G_MAXUINT;
        if (is_arrow && unit_piece(unit, index)->kind == PIECE_WORD && count == 0 &&
            name_it_is_set_to(unit, index) != G_MAXUINT)
            return name_it_is_set_to(unit, index); /* pool => … */
        index = unit_previous(unit, index, true);
    }
    return G_MAXUINT;
}

/* const gold = (pool) => pool.query("…"): the piece behind the arrow; G_MAXUINT: there is none before it in the statement. */
static guint
behind_arrow(const Unit *unit, guint index)
{
    for (int count = 0; index > 1 && count < HEAD_PIECES; index--, count++) {
        char sign = unit_sign(unit, index);
        if (sign != '\0' && strchr(";{}", sign) != NULL)
            return G_MAXUINT;
        if (sign == '>' && unit_is_sign(unit, index - 1, '='))
            return unit_next(unit, index, true);
    }
    return G_MAXUINT;
}

static guint
name_by_brackets(Unit *unit, guint index, guint *ret_body)
{
    guint arrow = behind_arrow(unit, index);
    guint name = arrow != G_MAXUINT ? name_before_body(unit, arrow) : G_MAXUINT;
    *ret_body = G_MAXUINT; /* an expression, which it gives */
    guint open = unit_bracket_around(unit, index);
    for (; name == G_MAXUINT && open != G_MAXUINT; open = unit_bracket_around(unit, open)) {
        if (!unit_is_sign(unit, open, '{'))
            continue;
        name = name_before_body(unit, open);
        *ret_body = open;
    }
    return name;
}

/* The name of the function around the piece that gives something back; G_MAXUINT: there is none. */
static guint
function_around(Unit *unit, guint index, Giver *giver)
{
    guint body = G_MAXUINT;
    bool has_margins = around_has_margins(unit->language);
    guint name =
        has_margins ? name_by_margin(unit, index, &body) : name_by_brackets(unit, index, &body);
    if (name != G_MAXUINT && (name != giver->name || body != giver->begin)) {
        guint end = body == G_MAXUINT ? body
                    : has_margins     ? body_end(unit, name)
                                      : unit_bracket_end(unit, body);
        *giver = (Giver){.name = name, .begin = body};
        giver->gives = body == G_MAXUINT || unit_has_word(unit, body, end, gives_back);
    }
    return name != G_MAXUINT && giver->gives ? name : G_MAXUINT;
}

/* ---- what is given ---- */

/* "gold", "Members.gold", and in PHP what that is in; NULL: nobody else sees it. Caller frees. */
static char *
within_of(Unit *unit, guint name, const char *before)
{
    static const char exported[] = "exports."; /* module.exports = { gold() {…} } */
    Around around = {.unit = unit};
    around_brackets(&around, name);
    if (around_has_margins(unit->language))
        around_margins(&around, name);
    if (around.is_hidden)
        return NULL;
    g_autofree char *within = around_join(&around, before, piece_span(unit_piece(unit, name)));
    bool is_exported = g_str_has_prefix(within, exported);
    return g_strdup(within + (is_exported ? strlen(exported) : 0));
}

/* The dataset that the query reads, some of whose columns it names; NULL: none. */
static const Rename *
rename_read(const Work *work, const Text *text)
{
    size_t at;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; rename_changes_columns(rename) && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (find_word(text->bytes, text->count, spelling->last, &at))
                return rename;
        }
    }
    return NULL;
}

/* The function around the piece is added, as one that gives rows at `place`; NULL: nobody else sees one. */
static Export *
add_giver(Unit *unit, guint index, Span place, const Rename *rename, Giver *giver)
{
    g_autofree char *before = NULL, *module = exports_module(unit, &before);
    guint name = function_around(unit, index, giver);
    g_autofree char *within =
        module != NULL && name != G_MAXUINT ? within_of(unit, name, before) : NULL;
    if (within == NULL)
        return NULL;
    exports_add_class(unit, module, within, place, rename);
    Export *export = g_ptr_array_index(unit->work->exported, unit->work->exported->len - 1);
    export->gives_rows = true;
    return export;
}

static void
set_text(char **text, char *value)
{
    g_free(*text);
    *text = value;
}

static void
note(Unit *unit, Use *use, const Text *text, Giver *giver)
{
    const Rename *rename = rename_read(unit->work, text);
    if (rename == NULL || !program_is_statement(unit, use, text))
        return;
    Span place = text_span(unit->text, use->whole.begin, use->whole.end);
    g_autofree char *query = g_strndup(text->bytes, text->count);
    exports_note_pages(unit, use->first, query, unit->work->path, place, rename);
    Export *export = add_giver(unit, use->first, place, rename, giver);
    if (export != NULL)
        set_text(&export->text, g_steal_pointer(&query));
}

/* Does the file give rows under that name already, of whatever query? */
static bool
gives_under(const Work *work, const char *within)
{
    for (guint i = 0; i + 1 < work->exported->len; i++) {
        const Export *export = g_ptr_array_index(work->exported, i);
        if (export->gives_rows && strcmp(export->within, within) == 0)
            return true;
    }
    return false;
}

void
exports_pass_rows_on(Unit *unit, guint index, const ImportedClass *from)
{
    GPtrArray *exported = unit->work->exported;
    const Piece *piece = unit_piece(unit, index);
    Giver giver = {.name = G_MAXUINT};
    Export *export =
        exported->len < PASSED_ON_MAX
            ? add_giver(unit, index, (Span){piece->begin, piece->end}, from->rename, &giver)
            : NULL;
    if (export == NULL)
        return;
    if (gives_under(unit->work, export->within)) {
        g_ptr_array_set_size(exported, (gint) exported->len - 1);
        export_free(export);
        return;
    }
    set_text(&export->text, g_strdup(from->export->text));
    set_text(&export->path, g_strdup(from->export->path));
    export->begin = from->export->begin;
    export->end = from->export->end;
}

void
exports_note_row_givers(Unit *unit)
{
    static const char *const languages[] = {"python", "javascript", "php", NULL};
    if (!unit->work->options->propagates || unit->depth > 0 ||
        !g_strv_contains(languages, unit->language->name))
        return;
    Giver giver = {.name = G_MAXUINT};
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        g_autoptr(Text) text = program_text(unit, use);
        if (text_mentions(unit->work, text))
            note(unit, use, text, &giver);
    }
}
