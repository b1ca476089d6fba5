/* chain.c - see chain.h: all calls of the query that gets a table, also those that a name gets later. */
#include "rewrite/program/chain.h"

#include <string.h>

#define LINKS_MAX 128      /* of one query */
#define SCOPE_MAX 20000    /* pieces of a function */
#define HEAD_PIECES_MAX 40 /* between `function` and its body, without what is in brackets */

/* The last piece of what a method is called on: before `.`, `->`, `::`; G_MAXUINT: nothing of the kind is there. */
static guint
object_of(const Unit *unit, guint callee)
{
    guint sign = unit_previous(unit, callee, true);
    char last = sign != G_MAXUINT ? unit_sign(unit, sign) : '\0';
    if (last == '.' && unit->language->plus != '.')
        return unit_previous(unit, sign, true);
    bool is_arrow = (last == '>' && unit_sign(unit, sign - 1) == '-') ||
                    (last == ':' && unit_sign(unit, sign - 1) == ':');
    return is_arrow ? unit_previous(unit, sign - 1, true) : G_MAXUINT;
}

/* The word that is called on what ends with `last`; G_MAXUINT: no call is. */
static guint
next_callee(const Unit *unit, guint last)
{
    guint sign = unit_next(unit, last, true);
    bool is_arrow = unit_is_sign(unit, sign, '-') && unit_is_sign(unit, sign + 1, '>');
    bool is_dot = unit_is_sign(unit, sign, '.') && unit->language->plus != '.';
    guint word = is_arrow || is_dot ? unit_next(unit, sign + is_arrow, true) : G_MAXUINT;
    return word != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_WORD &&
                   unit_is_sign(unit, unit_next(unit, word, false), '(')
               ? word
               : G_MAXUINT;
}

static bool
add_link(Chain *chain, guint callee)
{
    Unit *unit = chain->unit;
    guint open = unit_next(unit, callee, false);
    ChainLink link = {.method = chain_method(unit, chain->api, callee),
                      .open = open,
                      .close = unit_bracket_end(unit, open)};
    if (link.method == NULL || link.close >= unit->pieces->len || chain->links->len >= LINKS_MAX)
        return false;
    g_array_append_val(chain->links, link);
    return true;
}

/* This call and all behind it; the last piece in `*ret_last`. */
static bool
add_run(Chain *chain, guint callee, guint *ret_last)
{
    guint first = callee;
    bool is_end = false, has_rows = unit_is_language(chain->unit, "php");
    for (; callee != G_MAXUINT && !(is_end && has_rows);
         callee = next_callee(chain->unit, *ret_last)) {
        if (is_end && chain_method(chain->unit, chain->api, callee) == NULL)
            break;
        if (!add_link(chain, callee))
            return false;
        const ChainLink *link = &g_array_index(chain->links, ChainLink, chain->links->len - 1);
        is_end = is_end || link->method->is_end; /* what is behind it may be done with rows */
        *ret_last = link->close;
    }
    guint last = *ret_last;
    for (guint open; callee != G_MAXUINT && has_rows; callee = next_callee(chain->unit, last)) {
        open = unit_next(chain->unit, callee, false);
        last = unit_bracket_end(chain->unit, open);
        g_array_append_val(chain->rows, open);
    }
    Range range = {first, *ret_last + 1};
    g_array_append_val(chain->ranges, range);
    return true;
}

/* The first call of those that this one stands behind; and the first piece of what that is called on. */
static guint
first_callee(Unit *unit, guint callee, guint *ret_root)
{
    guint object = object_of(unit, callee);
    for (int links = 0; links < LINKS_MAX && object != G_MAXUINT; links++) {
        if (!unit_is_sign(unit, object, ')'))
            break;
        guint open = unit_bracket_around(unit, object);
        guint before = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
        if (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD)
            return G_MAXUINT;
        callee = before;
        object = object_of(unit, callee);
    }
    *ret_root = callee;
    for (int steps = 0; steps < LINKS_MAX && object != G_MAXUINT;
         steps++) { /* this.db, $this->db */
        if (unit_piece(unit, object)->kind != PIECE_WORD)
            return G_MAXUINT;
        *ret_root = object;
        object = object_of(unit, object);
    }
    if (*ret_root > 0 && unit_is_sign(unit, *ret_root - 1, '$'))
        (*ret_root)--;
    return callee;
}

static bool
is_complete(const Chain *chain)
{
    for (guint i = 0; i < chain->links->len; i++)
        if (g_array_index(chain->links, ChainLink, i).method->is_end)
            return true;
    return false;
}

/* q = …, q := …, $q = …: the name that gets what begins at `root`; G_MAXUINT: none does. */
static guint
name_set(const Unit *unit, guint root)
{
    guint sign = unit_previous(unit, root, true), name = G_MAXUINT;
    if (sign == G_MAXUINT || !unit_is_sign(unit, sign, '='))
        return G_MAXUINT;
    name = unit_previous(unit, sign, false);
    if (name != G_MAXUINT && unit_is_sign(unit, name, ':'))
        name = unit_previous(unit, name, false);
    guint before = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    bool is_plain = before == G_MAXUINT || unit_sign(unit, before) == '\0' ||
                    strchr(";{}$", unit_sign(unit, before)) != NULL ||
                    unit_piece(unit, unit_previous(unit, name, false))->kind == PIECE_LINE;
    return name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD && is_plain ? name
                                                                                       : G_MAXUINT;
}

static bool
is_set_to_itself(const Unit *unit, guint word, guint name)
{
    guint sign = unit_next(unit, word, false), value = unit_next(unit, sign, true);
    if (unit_is_sign(unit, value, '$'))
        value++;
    return unit_is_sign(unit, sign, '=') && unit_piece(unit, value)->kind == PIECE_WORD &&
           span_is_same(unit->text, piece_span(unit_piece(unit, value)),
                        piece_span(unit_piece(unit, name)));
}

static bool is_in_async(Unit *unit, guint root);

/* The bracket that the name is known in: JavaScript and Go declare it there, PHP has it in all of the function. G_MAXUINT:
 * nobody knows. */
static guint
scope_of(Unit *unit, guint name)
{
    static const char *const words[] = {"let", "const", "var", NULL};
    guint open = unit_bracket_around(unit, name), before = unit_previous(unit, name, false);
    if (unit_is_language(unit, "go"))
        return unit_is_sign(unit, unit_next(unit, name, false), ':') ? open : G_MAXUINT;
    if (!unit_is_language(unit, "php"))
        return before != G_MAXUINT && unit_is_among(unit, before, words) ? open : G_MAXUINT;
    for (; open != G_MAXUINT; open = unit_bracket_around(unit, open)) {
        guint at = open;
        for (int steps = 0; steps < HEAD_PIECES_MAX && at != G_MAXUINT; steps++) {
            at = unit_previous(unit, at, true);
            if (at != G_MAXUINT && unit_is_word(unit, at, "function"))
                return open;
            if (at != G_MAXUINT && unit_is_sign(unit, at, ')'))
                at = unit_bracket_around(unit, at);
            else if (at == G_MAXUINT || strchr(";{}", unit_sign(unit, at)) != NULL)
                if (at == G_MAXUINT || unit_sign(unit, at) != '\0')
                    break;
        }
    }
    return G_MAXUINT;
}

/* if (x) $q = …; else $q = …: what is put to the name may be for another query. */
static bool
is_set_before(const Unit *unit, guint open, guint name)
{
    for (guint i = open; i < name; i++)
        if (unit_piece(unit, i)->kind == PIECE_WORD && object_of(unit, i) == G_MAXUINT &&
            span_is_same(unit->text, piece_span(unit_piece(unit, i)),
                         piece_span(unit_piece(unit, name))))
            return true;
    return false;
}

/* What the query gives may hang on a condition then, and with it which names others have in it. */
static bool
has_outputs(const Chain *chain, guint from)
{
    for (guint i = from; i < chain->links->len; i++) {
        LinkKind kind = g_array_index(chain->links, ChainLink, i).method->kind;
        if (kind == LINK_COLUMNS || kind == LINK_NAMED)
            return g_array_index(chain->links, ChainLink, i).close >
                   g_array_index(chain->links, ChainLink, i).open + 1;
    }
    return false;
}

/* `await q`, and `return q` of what is async: what was put to it is all. */
static bool
is_awaited(Unit *unit, guint word)
{
    guint before = unit_previous(unit, word, true);
    return unit_is_language(unit, "javascript") && before != G_MAXUINT &&
           (unit_is_word(unit, before, "await") ||
            (unit_is_word(unit, before, "return") && is_in_async(unit, word)));
}

/* What a name gets behind the piece, in the block around it: q = q.where(…), q.orderBy(…). False: it goes elsewhere. */
static bool
add_later(Chain *chain, guint name, guint last)
{
    Unit *unit = chain->unit;
    guint open = scope_of(unit, name), count = chain->links->len;
    guint end = open < unit->pieces->len ? unit_bracket_end(unit, open) : 0;
    bool is_used = false;
    if (end == 0 || end - open > SCOPE_MAX || is_set_before(unit, open, name))
        return false;
    for (guint i = last + 1; i < end && i < unit->pieces->len; i++) {
        if (unit_piece(unit, i)->kind != PIECE_WORD || object_of(unit, i) != G_MAXUINT ||
            !span_is_same(unit->text, piece_span(unit_piece(unit, i)),
                          piece_span(unit_piece(unit, name))))
            continue;
        guint callee = next_callee(unit, i);
        if (callee != G_MAXUINT) {
            if (!add_run(chain, callee, &i))
                return false;
        } else if (!is_set_to_itself(unit, i, name) && !is_awaited(unit, i)) {
            return false;
        }
        is_used = true;
    }
    return is_used && !has_outputs(chain, count);
}

/* async (x) => knex(…), async function f() { … return knex(…) }: whoever calls it gets rows, and cannot put more to the query. */
static bool
is_in_async(Unit *unit, guint root)
{
    static const char *const blocks[] = {"if",   "for", "while", "switch",  "catch",
                                         "else", "try", "do",    "finally", NULL};
    guint at = unit_previous(unit, root, true), open = unit_bracket_around(unit, root);
    while (!unit_is_sign(unit, at, '>') && open != G_MAXUINT) { /* else `=> knex(…)` */
        at = unit_previous(unit, open, true);
        guint head = at != G_MAXUINT && unit_is_sign(unit, at, ')')
                         ? unit_previous(unit, unit_bracket_around(unit, at), true)
                         : at;
        if (head == G_MAXUINT)
            return false;
        if (!unit_is_among(unit, head, blocks))
            break;
        open = unit_bracket_around(unit, open);
    }
    for (int steps = 0; at != G_MAXUINT && steps < 8; steps++, at = unit_previous(unit, at, true)) {
        char sign = unit_sign(unit, at);
        if (unit_is_word(unit, at, "async"))
            return true;
        if (sign == ')')
            at = unit_bracket_around(unit, at);
        else if (sign != '\0' && strchr(";{},(=", sign) != NULL &&
                 !(sign == '=' && unit_is_sign(unit, at + 1, '>')))
            return false;
    }
    return false;
}

/* Promise.all([knex(…), knex(…)]), .whereIn("id", knex(…)): nobody puts more to it. */
static bool
is_taken_there(const Chain *chain, guint root)
{
    static const char *const promises[] = {"all", "allSettled", "race", NULL};
    Unit *unit = chain->unit;
    guint open = unit_bracket_around(unit, root);
    bool is_list = open != G_MAXUINT && unit_is_sign(unit, open, '[');
    guint call = is_list ? unit_previous(unit, open, true) : open;
    guint callee = call != G_MAXUINT && unit_is_sign(unit, call, '(')
                       ? unit_previous(unit, call, false)
                       : G_MAXUINT;
    if (callee == G_MAXUINT)
        return false;
    if (is_list)
        return unit_is_among(unit, callee, promises);
    const LinkMethod *method = chain_method(unit, chain->api, callee);
    return method != NULL && (method->kind == LINK_WHERE || method->kind == LINK_JOIN);
}

/* Is what begins at `root` run right there, so that nothing is put to it elsewhere? */
static bool
is_run_there(const Chain *chain, guint root)
{
    Unit *unit = chain->unit;
    guint before = unit_previous(unit, root, true);
    if (!unit_is_language(unit, "javascript") || before == G_MAXUINT)
        return false;
    char sign = unit_sign(unit, before);
    if ((sign == '>' && unit_sign(unit, before - 1) == '=') || unit_is_word(unit, before, "return"))
        return is_in_async(unit, root);
    return unit_is_word(unit, before, "await") || (sign != '\0' && strchr(";{}", sign) != NULL) ||
           is_taken_there(chain, root);
}

bool
chain_find(Chain *chain, const Use *use)
{
    Unit *unit = chain->unit;
    guint callee = use->argument == 0 ? piece_of_callee(unit, use) : G_MAXUINT;
    guint root = G_MAXUINT, last = 0;
    if (callee == G_MAXUINT || chain_method(unit, chain->api, callee) == NULL)
        return false;
    guint first = first_callee(unit, callee, &root);
    if (first == G_MAXUINT || !add_run(chain, first, &last))
        return false;
    guint name = name_set(unit, root);
    return is_complete(chain) || is_run_there(chain, root) ||
           (name != G_MAXUINT && add_later(chain, name, last));
}
