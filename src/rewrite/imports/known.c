/* known.c - see members.h: names of a program that are classes of other files, and values of these. */
#include "rewrite/imports/members.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define BACK_MAX 40   /* pieces between a name and what it is set to */
#define SCOPES_MAX 64 /* of one name; more than that is one scope, up to the end */

static bool
is_plain_word(const Unit *unit, guint index)
{
    static const char *const keywords[] = {
        "return", "new",    "in",      "of",         "await",      "if",     "else",      "not",
        "and",    "or",     "is",      "type",       "func",       "yield",  "for",       "case",
        "as",     "import", "extends", "throw",      "class",      "const",  "let",       "var",
        "val",    "with",   "where",   "implements", "instanceof", "struct", "interface", "do",
        "end",    "range",  "final",   NULL};
    return index != G_MAXUINT && unit_piece(unit, index)->kind == PIECE_WORD &&
           index < unit->pieces->len && !unit_is_among(unit, index, keywords);
}

/* ---- brackets and scopes ---- */

/* Is it a part of what stands before it: a.b? */
static bool
goes_on(const Unit *unit, guint index)
{
    guint before = unit_previous(unit, index, true);
    char sign = before != G_MAXUINT ? unit_sign(unit, before) : '\0';
    if (sign == '\\') /* A\B, but not \B */
        return before > 0 && unit_piece(unit, before - 1)->kind == PIECE_WORD;
    return (sign == '.' && !unit_is_plus(unit, before)) ||
           (sign == '>' && unit_sign(unit, before - 1) == '-') ||
           (sign == ':' && unit_sign(unit, before - 1) == ':');
}

/* self.user, this.user, $this->user, @user: a field of the class around. */
static bool
is_field(const Unit *unit, guint index)
{
    static const char *const selves[] = {"this", "self", "cls", NULL};
    guint before = unit_previous(unit, index, true);
    if (before == G_MAXUINT || unit_is_sign(unit, before, '@'))
        return before != G_MAXUINT;
    if (!goes_on(unit, index))
        return false;
    guint object = unit_previous(unit, before - (unit_sign(unit, before) != '.'), true);
    return unit_is_among(unit, object, selves);
}

static GArray *
find_closers(const Unit *unit)
{
    GArray *closers = g_array_sized_new(FALSE, FALSE, sizeof(guint), unit->pieces->len);
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(guint));
    guint none = G_MAXUINT;
    for (guint i = 0; i < unit->pieces->len; i++) {
        char sign =
            unit_piece(unit, i)->end == unit_piece(unit, i)->begin + 1 ? unit_sign(unit, i) : '\0';
        g_array_append_val(closers, none);
        if (sign != '\0' && strchr("([{", sign) != NULL)
            g_array_append_val(stack, i);
        if (sign == '\0' || strchr(")]}", sign) == NULL || stack->len == 0)
            continue;
        g_array_index(closers, guint, g_array_index(stack, guint, stack->len - 1)) = i;
        g_array_set_size(stack, stack->len - 1);
    }
    return closers;
}

guint
members_closer(const Members *members, guint open)
{
    return open < members->closers->len ? g_array_index(members->closers, guint, open) : G_MAXUINT;
}

/* Is the line one of what `anchor` begins? */
static bool
is_within_line(Unit *unit, guint line, guint anchor)
{
    while (line != G_MAXUINT && line > anchor)
        line = unit_line_around(unit, line);
    return line == anchor;
}

static guint
end_by_margin(Members *members, guint anchor)
{
    Unit *unit = members->unit;
    if (members->anchor == anchor)
        return members->end;
    guint end = anchor + 1;
    while (end < unit->pieces->len &&
           (unit_line_of(unit, end) != end || is_within_line(unit, end, anchor)))
        end++;
    members->anchor = anchor;
    members->end = end;
    return end;
}

static KnownName
scope_by_margin(Members *members, guint index)
{
    static const char *const classes[] = {"class", NULL};
    static const char *const bodies[] = {"class", "defmodule", "def", "async", "defp", NULL};
    Unit *unit = members->unit;
    guint line = unit_line_of(unit, index);
    const char *const *around = is_field(unit, index) ? classes : bodies;
    while (line != G_MAXUINT && !unit_is_among(unit, line, around))
        line = unit_line_around(unit, line);
    return line == G_MAXUINT ? (KnownName){.end = G_MAXUINT}
                             : (KnownName){.begin = line, .end = end_by_margin(members, line)};
}

/* Names in (…) are those of the body behind it, or, said to be private or the like, of the class. */
static KnownName
scope_by_brackets(Members *members, guint index)
{
    static const char *const fields[] = {"private", "protected", "public", "readonly", "val", NULL};
    Unit *unit = members->unit;
    guint open = unit_bracket_around(unit, index), before = unit_previous(unit, index, true);
    bool is_field = unit_is_among(unit, before, fields);
    while (open != G_MAXUINT && !unit_is_sign(unit, open, '{')) {
        guint body = members_closer(members, open);
        for (guint steps = 0;
             body != G_MAXUINT && steps < BACK_MAX && unit_is_sign(unit, open, '(') && !is_field;
             steps++, body++) {
            char sign = unit_sign(unit, body);
            if (sign == ';' || sign == '}')
                break;
            if (sign == '{' && members_closer(members, body) != G_MAXUINT)
                return (KnownName){.begin = open, .end = members_closer(members, body)};
        }
        open = unit_bracket_around(unit, open);
    }
    return open == G_MAXUINT ? (KnownName){.begin = 0, .end = G_MAXUINT}
                             : (KnownName){.begin = open, .end = members_closer(members, open)};
}

/* ---- names ---- */

void
members_name(Members *members, guint name, guint open, ImportedClass *class)
{
    const Piece *piece = unit_piece(members->unit, name);
    KnownName known = open != G_MAXUINT
                          ? (KnownName){.begin = open, .end = members_closer(members, open)}
                      : members->has_margins ? scope_by_margin(members, name)
                                             : scope_by_brackets(members, name);
    known.class = class;
    bool is_own = is_field(members->unit, name);
    if (is_own && !members->has_margins)
        known = (KnownName){.class = class, .end = G_MAXUINT};
    g_autofree char *key =
        g_strdup_printf("%s%.*s", is_own ? "." : "", (int) (piece->end - piece->begin),
                        members->unit->text->bytes + piece->begin);
    GArray *list = g_hash_table_lookup(members->names, key);
    if (list == NULL) {
        list = g_array_new(FALSE, FALSE, sizeof(KnownName));
        g_hash_table_insert(members->names, g_steal_pointer(&key), list);
    }
    KnownName *last = list->len > 0 ? &g_array_index(list, KnownName, list->len - 1) : NULL;
    if (last != NULL && last->class == class && last->begin == known.begin)
        return;
    if (list->len < SCOPES_MAX)
        g_array_append_val(list, known);
    else
        last->end = G_MAXUINT;
}

static void
add_first(void *key, void *value, void *data)
{
    (void) value;
    g_hash_table_add(data, g_strndup(key, strcspn(key, ".")));
}

void
members_init(Members *members, Unit *unit)
{
    *members = (Members){.unit = unit,
                         .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                        (GDestroyNotify) g_array_unref),
                         .firsts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .closers = find_closers(unit),
                         .anchor = G_MAXUINT,
                         .has_margins = around_has_margins(unit->language) ||
                                        strcmp(unit->language->name, "elixir") == 0};
    g_hash_table_foreach(unit->work->imports->classes, add_first, members->firsts);
}

void
members_clear(Members *members)
{
    g_hash_table_unref(members->names);
    g_hash_table_unref(members->firsts);
    g_array_unref(members->closers);
}

/* ---- which class ---- */

guint
members_step(const Unit *unit, guint index)
{
    guint sign = unit_next(unit, index, true);
    while (unit_is_sign(unit, sign, '?') || unit_is_sign(unit, sign, '!') ||
           unit_is_sign(unit, sign, '&'))
        sign++;
    char first = unit_sign(unit, sign);
    bool is_double = (first == '-' && unit_is_sign(unit, sign + 1, '>')) ||
                     (first == ':' && unit_is_sign(unit, sign + 1, ':'));
    if ((first != '.' || unit_is_plus(unit, sign)) && first != '\\' && !is_double)
        return G_MAXUINT; /* of PHP, a dot puts strings together */
    guint word = unit_next(unit, sign + is_double, true);
    while (unit_is_sign(unit, word, '$'))
        word++;
    return unit_piece(unit, word)->kind == PIECE_WORD && word < unit->pieces->len ? word
                                                                                  : G_MAXUINT;
}

ImportedClass *
members_class(const Members *members, guint index, guint *ret_last)
{
    const Unit *unit = members->unit;
    const Piece *piece = unit_piece(unit, index);
    g_autofree char *first = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    ImportedClass *found = NULL;
    if (piece->kind != PIECE_WORD || piece->is_import ||
        !g_hash_table_contains(members->firsts, first))
        return NULL;
    const ImportedClass *own = g_hash_table_lookup(unit->work->imports->classes, first);
    if (goes_on(unit, index) && (own == NULL || !own->is_registered))
        return NULL;
    g_autoptr(GString) name = g_string_new(first);
    for (guint at = index, steps = 0; at != G_MAXUINT && steps < AROUND_MAX; steps++) {
        ImportedClass *class = g_hash_table_lookup(unit->work->imports->classes, name->str);
        if (class != NULL) {
            found = class;
            *ret_last = at;
        }
        at = members_step(unit, at);
        const Piece *next = unit_piece(unit, at);
        if (at != G_MAXUINT)
            g_string_append_printf(name, ".%.*s", (int) (next->end - next->begin),
                                   unit->text->bytes + next->begin);
    }
    return found;
}

static ImportedClass *
known_at(const Members *members, const char *name, guint index)
{
    const GArray *list = g_hash_table_lookup(members->names, name);
    for (guint i = list != NULL ? list->len : 0; i > 0; i--) {
        const KnownName *known = &g_array_index(list, KnownName, i - 1);
        if (index >= known->begin && index < known->end)
            return known->class;
    }
    return NULL;
}

ImportedClass *
members_known(const Members *members, guint index)
{
    const Piece *piece = unit_piece(members->unit, index);
    bool is_own = is_field(members->unit, index);
    g_autofree char *field = g_strdup_printf(".%.*s", (int) (piece->end - piece->begin),
                                             members->unit->text->bytes + piece->begin);
    ImportedClass *class = is_own ? known_at(members, field, index) : NULL;
    return class != NULL || (!is_own && goes_on(members->unit, index))
               ? class
               : known_at(members, field + 1, index);
}

ImportedClass *
members_value(const Members *members, guint index)
{
    const Unit *unit = members->unit;
    const Piece *piece = unit_piece(unit, index);
    if (piece->kind != PIECE_WORD || piece->is_import)
        return NULL;
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    ImportedClass *class = members_known(members, index);
    return class != NULL ? class : members_called(members, index, name);
}

/* ---- declarations ---- */

/* f( before what it is given: what it makes of that is not known. */
static bool
opens_call(const Unit *unit, guint open)
{
    static const char *const same[] = {"list",      "sorted",    "reversed", "tuple",
                                       "await",     "return",    "in",       "of",
                                       "enumerate", "DataFrame", NULL};
    guint callee = unit_previous(unit, open, true);
    return unit_is_sign(unit, open, '(') && callee != G_MAXUINT &&
           (unit_piece(unit, callee)->kind == PIECE_WORD || unit_is_sign(unit, callee, '>')) &&
           !unit_is_among(unit, callee, same);
}

/* Past `await`, names of objects and the like to the sign that sets something; G_MAXUINT: nothing is set. */
static guint
setting_sign(const Unit *unit, guint index)
{
    static const char *const loops[] = {"in", "of", NULL};
    for (guint steps = 0; steps < BACK_MAX && index != G_MAXUINT; steps++) {
        const Piece *piece = unit_piece(unit, index);
        char sign = unit_sign(unit, index);
        if (unit_is_among(unit, index, loops) || (sign == '<' && unit_sign(unit, index + 1) == '-'))
            return index;
        if (piece->kind == PIECE_LINE || (sign != '\0' && strchr(";{}", sign) != NULL) ||
            opens_call(unit, index))
            return G_MAXUINT;
        if (sign == '=') {
            char before = index > 0 ? unit_sign(unit, index - 1) : '\0';
            return unit_sign(unit, index + 1) == '=' || unit_sign(unit, index + 1) == '>' ||
                           (before != '\0' && strchr("=!<>", before) != NULL)
                       ? G_MAXUINT
                       : index;
        }
        index = index > 0 ? index - 1 : G_MAXUINT;
    }
    return G_MAXUINT;
}

/* v = …, v: T = …, v := …, for v in …: the name before the sign. */
static guint
name_before(const Unit *unit, guint sign)
{
    guint name = unit_previous(unit, sign, false);
    while (name != G_MAXUINT && (unit_is_sign(unit, name, ':') || unit_is_sign(unit, name, '|')))
        name = unit_previous(unit, name, false);
    guint colon = name != G_MAXUINT ? unit_previous(unit, name, false) : G_MAXUINT;
    if (unit_is_sign(unit, sign, '=') && colon != G_MAXUINT && unit_is_sign(unit, colon, ':'))
        name = unit_previous(unit, colon, false);
    return is_plain_word(unit, name) ? name : G_MAXUINT;
}

/* Before `List<`, `Optional[`, `&`, `*`, `?`: what may stand between a name and its type. */
static guint
before_type(const Unit *unit, guint index)
{
    for (guint steps = 0; steps < BACK_MAX; steps++) {
        index = unit_previous(unit, index, true);
        char sign = index != G_MAXUINT ? unit_sign(unit, index) : '\0';
        if (sign != '\0' && strchr("<[&*?|", sign) != NULL) {
            guint word = unit_previous(unit, index, true);
            bool is_generic = strchr("<[", sign) != NULL && is_plain_word(unit, word);
            index = is_generic && word != G_MAXUINT && unit_sign(unit, index) != '[' ? word : index;
            if (sign == '[' && is_generic && strcmp(unit->language->name, "go") != 0)
                index = word;
            continue;
        }
        return sign == ']' ? index - 1 : index;
    }
    return G_MAXUINT;
}

/* user: User, users: List<User> */
static void
declare_behind_colon(Members *members, guint first, ImportedClass *class)
{
    const Unit *unit = members->unit;
    guint colon = before_type(unit, first);
    if (colon == G_MAXUINT || !unit_is_sign(unit, colon, ':') || unit_sign(unit, colon - 1) == ':')
        return;
    guint name = unit_previous(unit, colon, false);
    if (name != G_MAXUINT && unit_is_sign(unit, name, '?'))
        name = unit_previous(unit, name, false);
    if (is_plain_word(unit, name))
        members_name(members, name, G_MAXUINT, class);
}

/* User user, List<User> users, User $user */
static void
declare_before_name(Members *members, guint last, ImportedClass *class)
{
    const Unit *unit = members->unit;
    guint name = unit_next(unit, last, false);
    while (unit_sign(unit, name) != '\0' && strchr(">]?[.$&*", unit_sign(unit, name)) != NULL)
        name = unit_next(unit, name, false);
    guint behind = unit_next(unit, name, false);
    char sign = unit_sign(unit, behind);
    if (name > last && is_plain_word(unit, name) &&
        (unit_piece(unit, behind)->kind == PIECE_LINE ||
         (sign != '\0' && strchr("=;,):{", sign) != NULL)) &&
        unit_sign(unit, last + 1) != '.')
        members_name(members, name, G_MAXUINT, class);
}

/* user User, user *models.User, users []User of Go */
static void
declare_behind_name(Members *members, guint first, ImportedClass *class)
{
    const Unit *unit = members->unit;
    guint name = unit_previous(unit, first, false);
    while (name != G_MAXUINT && unit_sign(unit, name) != '\0' &&
           strchr("*[].", unit_sign(unit, name)) != NULL)
        name = unit_previous(unit, name, false);
    if (is_plain_word(unit, name))
        members_name(members, name, G_MAXUINT, class);
}

void
members_declare(Members *members, guint first, guint last, ImportedClass *class, bool is_value,
                bool has_result)
{
    static const char *const many[] = {"in", "of", "range", NULL};
    const Unit *unit = members->unit;
    guint sign = setting_sign(unit, first > 0 ? first - 1 : G_MAXUINT);
    bool is_loop = unit_is_among(unit, sign, many) ||
                   (sign != G_MAXUINT && unit_is_among(unit, unit_next(unit, sign, false), many));
    guint name = sign != G_MAXUINT ? name_before(unit, sign) : G_MAXUINT;
    if (name != G_MAXUINT && (has_result || is_loop))
        members_name(members, name, G_MAXUINT, class);
    if (is_value)
        return;
    declare_behind_colon(members, first, class);
    if (strcmp(unit->language->name, "go") == 0)
        declare_behind_name(members, first, class);
    else
        declare_before_name(members, last, class);
}
