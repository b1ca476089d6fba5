/*
 * pages.c - pages that programs fill with rows, under `propagate`: res.render('users', { users: rows }) and `user.plan` in users.ejs.
 *
 * A page asks for columns by the names that the query gives them, and nothing but the call that renders it says whose they are.
 * What it reads by a name that changes is a person's, and the query waits.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/imports/imports.h"
#include "rewrite/program/program.h"

#include <string.h>

#define BLOCKS_AROUND                                                                              \
    3 /* of braces around a query, in which its rows may go to a page: `try {`, `if (…) {`, the function */
#define TOLD_MAX 50  /* places of one page */
#define PAGES_MAX 50 /* that one file fills */

static const char module[] = "page";

/* ---- which files ---- */

bool
pages_has(const char *path)
{
    static const char *const endings[] = {
        ".html",       ".htm",   ".ejs",    ".erb", ".pug",      ".jade",   ".twig", ".njk", ".hbs",
        ".handlebars", ".jinja", ".jinja2", ".j2",  ".mustache", ".liquid", ".tpl",  NULL};
    return code_ends_with(path, endings);
}

bool
pages_may_show(const char *path, const char *text, size_t bytes)
{
    bool is_plain = g_str_has_suffix(path, ".html") || g_str_has_suffix(path, ".htm");
    return pages_has(path) &&
           (!is_plain || memmem(text, bytes, "{{", 2) != NULL ||
            memmem(text, bytes, "{%", 2) != NULL || memmem(text, bytes, "<%", 2) != NULL);
}

/* Does the path end in the page that is called so: `users`, `users/index.html`? */
static bool
is_called(const char *path, const char *page)
{
    size_t bytes = strlen(page);
    for (const char *at = path; (at = strstr(at, page)) != NULL; at++)
        if ((at == path || at[-1] == '/') && strchr(at + bytes, '/') == NULL &&
            (at[bytes] == '\0' || at[bytes] == '.'))
            return true;
    return false;
}

/* ---- who fills them ---- */

/* "users", "./users/index.html" of render('…'), render_template("…"), view('…'); NULL: it is no such string. Caller frees. */
static char *
page_at(Unit *unit, const Use *use)
{
    static const char *const calls[] = {"render",
                                        "render_template",
                                        "render_to_string",
                                        "TemplateResponse",
                                        "renderView",
                                        "renderFile",
                                        "view",
                                        "template",
                                        "get_template",
                                        NULL};
    guint open = unit_bracket_around(unit, use->first);
    guint callee = unit_is_sign(unit, open, '(') ? unit_previous(unit, open, false) : G_MAXUINT;
    const Piece *piece = unit_piece(unit, use->first);
    if (callee == G_MAXUINT || use->first != use->last || piece->kind != PIECE_LITERAL ||
        !unit_is_among(unit, callee, calls))
        return NULL;
    g_autofree char *name =
        g_strndup(unit->text->bytes + piece->inner_begin, piece->inner_end - piece->inner_begin);
    size_t front = strspn(name, "./"), bytes = strlen(name);
    for (size_t i = 0; i < bytes; i++)
        if (!is_identifier_byte(name[i]) && strchr("./-", name[i]) == NULL)
            return NULL;
    return bytes > front ? g_strdup(name + front) : NULL;
}

bool
use_is_page(Unit *unit, const Use *use)
{
    static const char *const others[] = {"view", "template", NULL}; /* may be of a store, too */
    g_autofree char *page = page_at(unit, use);
    guint open = unit_bracket_around(unit, use->first);
    return page != NULL && !unit_is_among(unit, unit_previous(unit, open, false), others);
}

/* `{ a: 1 }`, and no block. */
static bool
is_object(Unit *unit, guint open)
{
    guint before = unit_previous(unit, open, true);
    char sign = before != G_MAXUINT ? unit_sign(unit, before) : '\0';
    return (sign != '\0' && strchr("(,:=[?", sign) != NULL) || unit_is_word(unit, before, "return");
}

/* Is the page filled in the function that has the rows? */
static bool
is_near(Unit *unit, guint rows, guint page)
{
    if (around_has_margins(unit->language))
        return row_function_by_margin(unit, rows) == row_function_by_margin(unit, page);
    int blocks = 0;
    for (guint open = unit_bracket_around(unit, rows); open != G_MAXUINT;
         open = unit_bracket_around(unit, open)) {
        if (!unit_is_sign(unit, open, '{') || is_object(unit, open))
            continue;
        if (page > open && page < unit_bracket_end(unit, open))
            return true;
        if (++blocks == BLOCKS_AROUND)
            return false;
    }
    return blocks == 0;
}

void
exports_note_pages(Unit *unit, guint index, const char *query, const char *path, Span place,
                   const Rename *rename)
{
    GPtrArray *exported = unit->work->exported;
    guint most = exported->len + PAGES_MAX;
    for (guint i = 0; i < unit->uses->len && exported->len < most; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        g_autofree char *page = page_at(unit, use);
        if (page == NULL || !is_near(unit, index, use->first))
            continue;
        Export *export = g_new0(Export, 1);
        *export = (Export){.path = g_strdup(path),
                           .module = g_strdup(module),
                           .within = g_strdelimit(g_strconcat(module, " ", page, NULL), ".", ' '),
                           .text = g_strdup(query),
                           .after = g_steal_pointer(&page),
                           .rename = rename,
                           .is_class = true,
                           .gives_rows = true,
                           .begin = place.begin,
                           .end = place.end};
        g_ptr_array_add(exported, export);
    }
}

/* ---- pages ---- */

bool
pages_are_given(const Exports *exports, const char *path)
{
    const GPtrArray *list = pages_has(path) ? exports_of_module(exports, module) : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++)
        if (is_called(path, ((const Export *) g_ptr_array_index(list, i))->after))
            return true;
    return false;
}

/* user.plan, user["plan"], user->plan, {{plan}} */
static bool
is_read(const Work *work, size_t begin, size_t end)
{
    const char *text = work->text;
    char before = begin > 0 ? text[begin - 1] : '\0', behind = end < work->bytes ? text[end] : '\0';
    size_t at = begin;
    if (before == '.' || (before == '>' && begin > 1 && text[begin - 2] == '-'))
        return behind != '(' && (begin < 2 || text[begin - 2] != '.');
    if (before == '\'' || before == '"')
        return begin > 1 && text[begin - 2] == '[' && behind == before;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    return at > 1 && text[at - 1] == '{' && text[at - 2] == '{' && (behind == '}' || behind == ' ');
}

static bool
tell_column(Work *work, const Export *export, const ColumnChange *change)
{
    size_t from = 0, at = 0, length = strlen(change->column);
    bool is_told = false;
    for (; work->mentions < TOLD_MAX &&
           find_word(work->text + from, work->bytes - from, change->column, &at);
         from += at + length) {
        size_t begin = from + at;
        if (!is_read(work, begin, begin + length) || site_covers(work, begin, begin + length))
            continue;
        g_autofree char *words = column_change_words(change);
        site_refuse(work, SITE_COLUMN, begin, begin + length, "data-frame", change->link,
                    "this may be a column of the rows with which %s fills the page: %s",
                    export->path, words);
        if (!is_told) /* the query waits for the page that shows its rows */
            imports_note_use(work, export, (Span){begin, begin + length}, false);
        is_told = true;
        work->mentions++;
    }
    return is_told;
}

void
pages_tell(Work *work)
{
    const Exports *exports = work->options->exports;
    const GPtrArray *list =
        exports != NULL && pages_has(work->path) ? exports_of_module(exports, module) : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        const Rename *rename =
            is_called(work->path, export->after) ? rename_here(work, export->rename) : NULL;
        size_t at;
        for (guint c = 0; rename != NULL && c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            if (change->kind == CHANGE_NAME &&
                (strchr(export->text, '*') != NULL ||
                 find_word(export->text, strlen(export->text), change->column, &at)))
                tell_column(work, export, change);
        }
    }
}
