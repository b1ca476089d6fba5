/*
 * uses.c - which literals are one string, and where it stands: in which call, under which key.
 *
 * One pass over the pieces with a stack of open brackets. Whatever is added to a literal and is none itself is a hole.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    guint at; /* piece of the bracket */
    Span callee, receiver, option, key;
    Span block;   /* `sink` of `sink { … }` and `"sink": [ … ]` */
    bool is_sink; /* it, or what is around, is called like something that is written */
    int argument;
} Bracket;

typedef struct {
    Unit *unit;
    GArray *brackets; /* Bracket */
} Finder;

/* ---- brackets ---- */

/* The name before `=`, `:`, `=>`, … at `sign`. */
static Span
key_before(const Unit *unit, guint sign)
{
    guint word = unit_previous(unit, sign, false);
    while (word != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_SIGN &&
           strchr("=:<>-?", unit->text->bytes[unit_piece(unit, word)->begin]) != NULL)
        word = unit_previous(unit, word, false);
    const Piece *piece = word != G_MAXUINT ? unit_piece(unit, word) : NULL;
    if (piece == NULL)
        return (Span){0};
    if (piece->kind == PIECE_LITERAL)
        return (Span){piece->inner_begin, piece->inner_end};
    guint colon = unit_previous(unit, word, false), name;
    while (colon != G_MAXUINT && strcmp(unit->language->name, "rust") == 0 &&
           (unit_sign(unit, colon) == '&' || unit_sign(unit, colon) == '\''))
        colon = unit_previous(unit, colon, false); /* NAME: &'static str */
    if (unit_is_sign(unit, sign, '=') && colon != G_MAXUINT && unit_is_sign(unit, colon, ':') &&
        (name = unit_previous(unit, colon, false)) != G_MAXUINT &&
        unit_piece(unit, name)->kind == PIECE_WORD)
        piece = unit_piece(unit, name); /* name: type = "…" */
    return piece->kind == PIECE_WORD ? piece_span(piece) : (Span){0};
}

/* Table[User](…) of Scala: what is called stands before the types. */
static guint
before_types(const Unit *unit, guint index)
{
    int depth = 0;
    if (index == G_MAXUINT || strcmp(unit->language->name, "scala") != 0 ||
        !unit_is_sign(unit, index, ']'))
        return index;
    for (guint i = index; i > 0 && unit_piece(unit, i)->kind != PIECE_LINE; i--) {
        depth += unit_is_sign(unit, i, ']') ? 1 : unit_is_sign(unit, i, '[') ? -1 : 0;
        if (depth == 0)
            return i - 1;
    }
    return index;
}

/* query!(…) of Rust and Elixir: the name before the mark. */
static guint
before_mark(const Unit *unit, guint index)
{
    bool has_mark = unit->language->has_marked_calls && index != G_MAXUINT && index > 0 &&
                    (unit_is_sign(unit, index, '!') || unit_is_sign(unit, index, '?')) &&
                    unit_piece(unit, index - 1)->kind == PIECE_WORD &&
                    unit_piece(unit, index - 1)->end == unit_piece(unit, index)->begin;
    return has_mark ? index - 1 : index;
}

static void
open_bracket(Finder *finder, guint index)
{
    const Unit *unit = finder->unit;
    Bracket bracket = {.at = index};
    guint word = before_types(unit, before_mark(unit, unit_previous(unit, index, false)));
    if (unit_is_sign(unit, index, '(') && word != G_MAXUINT &&
        unit_piece(unit, word)->kind == PIECE_WORD) {
        bracket.callee = piece_span(unit_piece(unit, word));
        guint dot = word > 0 ? word - 1 : G_MAXUINT;
        if (dot != G_MAXUINT && dot > 0 && unit_is_sign(unit, dot, '.') &&
            unit_piece(unit, dot - 1)->kind == PIECE_WORD)
            bracket.receiver = piece_span(unit_piece(unit, dot - 1));
    }
    if (unit_is_sign(unit, index, '[') && word != G_MAXUINT &&
        (unit_is_sign(unit, word, '=') || unit_is_sign(unit, word, ':')))
        bracket.key = key_before(unit, word);
    if (!unit_is_sign(unit, index, '(') && word != G_MAXUINT) {
        bool is_value = unit_is_sign(unit, word, '=') || unit_is_sign(unit, word, ':');
        bool is_named = unit->language->is_data && unit_piece(unit, word)->kind == PIECE_WORD;
        bracket.block = is_value   ? key_before(unit, word)
                        : is_named ? piece_span(unit_piece(unit, word))
                                   : (Span){0};
    }
    guint around = finder->brackets->len;
    bracket.is_sink = key_says_writing(unit->text, bracket.block) ||
                      (around > 0 && g_array_index(finder->brackets, Bracket, around - 1).is_sink);
    g_array_append_val(finder->brackets, bracket);
}

static void
visit_sign(Finder *finder, guint index)
{
    char sign = finder->unit->text->bytes[unit_piece(finder->unit, index)->begin];
    GArray *brackets = finder->brackets;
    if (strchr("([{", sign) != NULL)
        open_bracket(finder, index);
    else if (strchr(")]}", sign) != NULL && brackets->len > 0)
        g_array_set_size(brackets, brackets->len - 1);
    else if (sign == ',' && brackets->len > 0)
        g_array_index(brackets, Bracket, brackets->len - 1).argument++;
}

/* ---- what belongs to the string ---- */

/* Behind an operand that is no literal: names, calls, subscripts. */
static guint
skip_operand(const Unit *unit, guint index)
{
    int depth = 0;
    for (; index < unit->pieces->len; index++) {
        const Piece *piece = unit_piece(unit, index);
        if (piece->kind == PIECE_LINE && depth == 0 && unit->language->plus != '.') {
            guint next = unit_next(unit, index, true);
            if (!unit_is_sign(unit, next, '+') && !unit_is_sign(unit, next, '.'))
                return index;
        }
        if (piece->kind != PIECE_SIGN)
            continue;
        char sign = unit->text->bytes[piece->begin];
        if (unit_is_sign(unit, index, ':') && unit_is_sign(unit, index + 1, ':')) {
            index++; /* Limits::MAX */
            continue;
        }
        if (sign == '?' && index + 1 < unit->pieces->len &&
            (unit_is_sign(unit, index + 1, '.') || unit_is_sign(unit, index + 1, '-')) &&
            unit_piece(unit, index + 1)->begin == piece->end)
            continue; /* user?.id, $user?->id */
        if (depth == 0 && unit_is_plus(unit, index))
            return index;
        if (depth == 0 && strchr("+,;)]}:?=", sign) != NULL)
            return index;
        depth += strchr("([{", sign) != NULL ? 1 : strchr(")]}", sign) != NULL ? -1 : 0;
    }
    return index;
}

/* Behind what is added at `operand`, at its last piece; G_MAXUINT: nothing is there. */
guint
string_operand_end(const Unit *unit, guint operand)
{
    if (unit_may_join(unit, operand) && !string_is_joint(unit, operand))
        return operand;
    guint behind = skip_operand(unit, operand);
    if (behind <= operand)
        return G_MAXUINT;
    guint last = unit_previous(unit, behind, true);
    return last == G_MAXUINT || last < operand ? operand : last;
}

/* From a literal on: the last piece of the string. `is_listed`: a comma puts strings together, too. */
static guint
end_of_string(const Unit *unit, guint first, bool in_brackets, bool is_listed)
{
    const Language *language = unit->language;
    guint last = first;
    for (;;) {
        guint next = unit_next(unit, last, in_brackets);
        bool joins = language->joins_neighbours ||
                     (language->joins_touching &&
                      unit_piece(unit, next)->begin == unit_piece(unit, last)->end);
        if (joins && unit_may_join(unit, next)) {
            last = next;
            continue;
        }
        next = unit_next(unit, last, true);
        bool is_line = is_listed && unit_is_sign(unit, next, ',');
        bool has_plus = language->plus != '\0' || unit_piece(unit, next)->joint != NULL;
        if (!has_plus || (!unit_is_plus(unit, next) && !is_line) || unit_is_plus(unit, next + 1) ||
            unit_is_sign(unit, next + 1, '='))
            return last;
        guint operand = string_operand_end(unit, unit_next(unit, next, true));
        if (operand == G_MAXUINT)
            return last;
        last = operand;
    }
}

/* What is added at `operand`, to a name or to a builder. */
static guint
end_of_added(const Unit *unit, guint operand)
{
    return unit_may_join(unit, operand) ? end_of_string(unit, operand, true, false)
                                        : string_operand_end(unit, operand);
}

guint
string_end(const Unit *unit, guint first)
{
    return end_of_string(unit, first, false, false);
}

/* q = "SELECT …"; q += " FROM users": the end of the last that it surely gets. Only strings: what else is put to it, is more. */
static guint
end_of_growing(Unit *unit, guint first, guint last)
{
    if (unit_is_language(unit, "python"))
        return grown_end(unit, first, last);
    guint name = appended_name(unit, first), operand, end = last;
    while (name != G_MAXUINT && (operand = appended_operand(unit, name, end)) != G_MAXUINT &&
           unit_may_join(unit, operand))
        end = end_of_string(unit, operand, false, false);
    return end;
}

/* The same where a builder of strings gets one piece after another. */
static guint
end_of_appended(Unit *unit, guint first, guint last, bool *ret_has_more)
{
    guint open = appended_open(unit, first), next;
    *ret_has_more = false;
    if (open == G_MAXUINT)
        return end_of_growing(unit, first, last);
    guint end = last;
    while ((next = appended_next(unit, open, end)) != G_MAXUINT) {
        guint behind = end_of_added(unit, unit_next(unit, next, true));
        if (behind == G_MAXUINT || !unit_is_sign(unit, unit_next(unit, behind, true), ')'))
            break;
        end = behind;
    }
    *ret_has_more = end > last && (next != G_MAXUINT || appended_has_more(unit, open, end));
    return end;
}

/* ("a" "b").format(…): the brackets belong to the string. */
static void
widen(const Unit *unit, guint *before, guint *behind)
{
    for (;;) {
        guint open = *before, close = *behind;
        if (open == G_MAXUINT || !unit_is_sign(unit, open, '(') || !unit_is_sign(unit, close, ')'))
            return;
        guint callee = unit_previous(unit, open, false);
        if (callee != G_MAXUINT && unit_piece(unit, callee)->kind == PIECE_WORD)
            return;
        *before = unit_previous(unit, open, true);
        *behind = unit_next(unit, close, true);
    }
}

/* ---- what is done with it ---- */

static void
read_behind(Finder *finder, Use *use, guint behind)
{
    static const char *const formats[] = {"format", "formatted", "format_map", "replace", NULL};
    static const char *const blanks[] = {
        "strip",       "trim", "lstrip", "rstrip", "trimIndent",    "stripIndent", "trimMargin",
        "stripMargin", "as",   "freeze", "squish", "strip_heredoc", "dedent",      NULL};
    const Unit *unit = finder->unit;
    guint name = unit_next(unit, behind, true);
    if (unit_is_sign(unit, behind, '%') && strcmp(unit->language->name, "python") == 0) {
        use->is_changed = true;
    } else if (unit_is_sign(unit, behind, '.') && unit->language->plus != '.' &&
               unit_piece(unit, name)->kind == PIECE_WORD) {
        Span span = piece_span(unit_piece(unit, name));
        use->is_format = span_is(unit->text, span, "format") && unit->language->joins_neighbours;
        use->is_changed = !span_is_among(unit->text, span, blanks);
        if (span_is_among(unit->text, span, formats))
            use->is_changed = true;
    } else if (unit_is_sign(unit, behind, '[')) {
        use->is_changed = true;
    }
}

/* {"…": x, "…": y} */
static bool
is_key(const Unit *unit, guint before, guint behind)
{
    bool begins = before == G_MAXUINT || unit_is_sign(unit, before, '{') ||
                  unit_is_sign(unit, before, ',') || unit_piece(unit, before)->kind == PIECE_LINE;
    bool has_arrow = unit->language->plus == '.' && unit_is_sign(unit, behind, '=') &&
                     unit_is_sign(unit, behind + 1, '>');
    return has_arrow || (begins && unit_is_sign(unit, behind, ':'));
}

static void read_before(Finder *finder, Use *use, guint before);

/* `t = PROJECT + ".shop.users"`: a name, before which nothing is put to the string. */
static void
read_operand_before(Finder *finder, Use *use, guint plus)
{
    const Unit *unit = finder->unit;
    guint last = unit_previous(unit, plus, true), first = last, before;
    use->has_operand_before = true;
    if (last == G_MAXUINT || unit_piece(unit, last)->kind != PIECE_WORD ||
        (unit->language->plus != '\0' && unit->language->plus != '+'))
        return;
    first = unit_name_begin(unit, last);
    before = unit_previous(unit, first, false);
    if (before == G_MAXUINT || first == 0 || unit_sign(unit, before) == '\0' ||
        strchr("=(,", unit_sign(unit, before)) == NULL)
        return;
    use->lead = first;
    read_before(finder, use, before);
}

static void
read_before(Finder *finder, Use *use, guint before)
{
    const Unit *unit = finder->unit;
    if (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_SIGN)
        return;
    char sign = unit->text->bytes[unit_piece(unit, before)->begin];
    char earlier = before > 0 && unit_piece(unit, before - 1)->kind == PIECE_SIGN
                       ? unit->text->bytes[unit_piece(unit, before - 1)->begin]
                       : '\0';
    if (sign == '=' && before > 0 && unit_is_plus(unit, before - 1))
        use->is_appended = true;
    else if (unit_is_plus(unit, before))
        read_operand_before(finder, use, before);
    else if (sign == '<' && earlier == '<' && unit->language->has_bare_calls)
        use->is_appended = true; /* sql << "…" of Ruby */
    else if (sign == '=' || sign == ':' || (sign == '>' && (earlier == '=' || earlier == '-')) ||
             (sign == '-' && earlier == '<')) {
        use->key = key_before(unit, before);
        use->is_compared = sign == '=' && earlier != '\0' && strchr("=!", earlier) != NULL;
        use->is_assigned = use->key.end > 0 && (sign == '=' || sign == '-') &&
                           (sign == '-' || earlier == '\0' || strchr("=!<>", earlier) == NULL);
    } else if (sign == '[') {
        guint what = unit_previous(unit, before, false);
        bool is_subscript =
            what != G_MAXUINT && (unit_piece(unit, what)->kind == PIECE_WORD ||
                                  unit_is_sign(unit, what, ')') || unit_is_sign(unit, what, ']'));
        use->is_key = use->is_key || is_subscript;
    }
}

/* A string that is a statement of its own. */
static bool
is_docstring(const Finder *finder, guint before, guint behind)
{
    const Unit *unit = finder->unit;
    bool begins = before == G_MAXUINT || unit_piece(unit, before)->kind == PIECE_LINE;
    bool ends = behind >= unit->pieces->len || unit_piece(unit, behind)->kind == PIECE_LINE;
    return unit->language->has_docstrings && begins && ends && finder->brackets->len == 0;
}

/* option("dbtable", "…"), put("table", "…"): the argument before is the key. */
static void
read_bracket(Finder *finder, Use *use, const Piece *piece)
{
    static const char *const setters[] = {"option", "put",        "set",   "setProperty", "conf",
                                          "config", "setIfUnset", "param", NULL};
    if (finder->brackets->len == 0)
        return;
    Bracket *bracket = &g_array_index(finder->brackets, Bracket, finder->brackets->len - 1);
    const Text *text = finder->unit->text;
    use->is_in_sink = bracket->is_sink;
    use->callee = bracket->callee;
    use->receiver = bracket->receiver;
    use->argument = bracket->argument;
    if (finder->brackets->len > 1)
        use->outer = bracket[-1].callee;
    if (use->key.end == 0 && bracket->option.end > 0 && use->argument == 1 &&
        span_is_among(text, bracket->callee, setters))
        use->key = bracket->option;
    if (use->key.end == 0 && bracket->key.end > 0) {
        use->key = bracket->key;
        use->in_list = true;
    }
    if (use->argument == 0)
        bracket->option = (Span){piece->inner_begin, piece->inner_end};
}

/* glue("… {x}") of R, string.Format("… {0}", x) of C#. */
static bool
is_filled_by_braces(const Unit *unit, const Use *use)
{
    static const char *const glues[] = {"glue", "glue_sql", "str_glue", NULL};
    static const char *const formats[] = {"Format", NULL};
    static const char *const macros[] = {"format", "format_args", NULL};
    if (use->argument != 0)
        return false;
    if (strcmp(unit->language->name, "rust") == 0)
        return span_is_among(unit->text, use->callee, macros);
    return span_is_among(unit->text, use->callee,
                         unit->language->has_bare_columns              ? glues
                         : strcmp(unit->language->name, "csharp") == 0 ? formats
                                                                       : formats + 1);
}

/* table, table_name, get_source_table */
static bool
is_function_of_table(const Unit *unit, guint index)
{
    static const char *const names[] = {"table", "table_name", "table_id", "__tablename__", NULL};
    static const char *const ends[] = {"_table", "_table_name", "_table_id"};
    Span span = piece_span(unit_piece(unit, index));
    g_autofree char *name =
        g_strndup(unit->text->bytes + span.begin, (size_t) (span.end - span.begin));
    bool is_getter = g_str_has_prefix(name, "get_") || g_str_has_prefix(name, "_get_");
    for (size_t i = 0; is_getter && i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(name, ends[i]))
            return true;
    return unit_is_among(unit, index, names);
}

/* def table(self): return "…", also with a type and a docstring: what the function is called; G_MAXUINT: it is another one. */
static guint
function_of_python(const Unit *unit, guint before)
{
    guint at = unit_previous(unit, before, true);
    if (at != G_MAXUINT && unit_piece(unit, at)->kind == PIECE_LITERAL)
        at = unit_previous(unit, at, true);
    if (at == G_MAXUINT || !unit_is_sign(unit, at, ':'))
        return G_MAXUINT;
    for (guint i = 0; i < 4 && at != G_MAXUINT && !unit_is_sign(unit, at, ')'); i++)
        at = unit_previous(unit, at, true); /* -> str */
    if (at == G_MAXUINT || at < 4 || !unit_is_sign(unit, at, ')'))
        return G_MAXUINT;
    guint open = unit_is_sign(unit, at - 1, '(') ? at - 1 : at - 2; /* of a static one */
    bool is_one = unit_is_sign(unit, open, '(') && unit_is_word(unit, open - 2, "def") &&
                  is_function_of_table(unit, open - 1);
    return is_one ? open - 1 : G_MAXUINT;
}

/* func (User) TableName() string { return "…" }: what the function is called is the string's key. */
static void
read_return(const Finder *finder, Use *use, guint before)
{
    static const char *const names[] = {"TableName", "getTableName", "table_name", NULL};
    const Unit *unit = finder->unit;
    guint at = before;
    if (before == G_MAXUINT || !span_is(unit->text, piece_span(unit_piece(unit, before)), "return"))
        return;
    guint function =
        unit_is_language(unit, "python") ? function_of_python(unit, before) : G_MAXUINT;
    if (function != G_MAXUINT)
        use->key = piece_span(unit_piece(unit, function));
    at = unit_previous(unit, at, true);
    if (at == G_MAXUINT || !unit_is_sign(unit, at, '{'))
        return;
    for (guint i = 0; i < 3 && at != G_MAXUINT && !unit_is_sign(unit, at, ')'); i++)
        at = unit_previous(unit, at, true); /* and its type */
    if (at == G_MAXUINT || at < 2 || !unit_is_sign(unit, at, ')') ||
        !unit_is_sign(unit, at - 1, '('))
        return;
    Span name = piece_span(unit_piece(unit, at - 2));
    if (span_is_among(unit->text, name, names))
        use->key = name;
}

static guint
innermost(const Finder *finder)
{
    return g_array_index(finder->brackets, Bracket, finder->brackets->len - 1).at;
}

/* @Select({"SELECT …", "FROM …"}) of MyBatis: its lines are one statement. */
static bool
is_in_statement_of_lines(const Finder *finder)
{
    static const char *const names[] = {"Select", "Insert", "Update", "Delete", NULL};
    const Unit *unit = finder->unit;
    guint count = finder->brackets->len;
    for (guint i = count > 2 ? count - 2 : 0; i < count; i++) {
        Span callee = g_array_index(finder->brackets, Bracket, i).callee;
        if (callee.begin > 0 && unit->text->bytes[callee.begin - 1] == '@' &&
            span_is_among(unit->text, callee, names))
            return unit->language->imports == imports_classes;
    }
    return false;
}

/* const ( … ) of Go: what is in the brackets is set, and no argument. */
static bool
declares(const Finder *finder)
{
    static const char *const words[] = {"const", "var", NULL};
    Span callee = g_array_index(finder->brackets, Bracket, finder->brackets->len - 1).callee;
    return strcmp(finder->unit->language->name, "go") == 0 &&
           span_is_among(finder->unit->text, callee, words);
}

static guint
visit_literal(Finder *finder, guint first)
{
    Unit *unit = finder->unit;
    const Piece *piece = unit_piece(unit, first);
    bool in_brackets = finder->brackets->len > 0;
    bool is_listed = is_in_statement_of_lines(finder) ||
                     (in_brackets && string_is_in_joined_list(unit, innermost(finder)));
    guint last = piece->is_alone ? first : end_of_string(unit, first, in_brackets, is_listed);
    bool has_more = false;
    if (!piece->is_alone)
        last = end_of_appended(unit, first, last, &has_more);
    Use use = {.first = first,
               .last = last,
               .whole = {piece->begin, unit_piece(unit, last)->end},
               .has_more = has_more,
               .is_bytes = piece->is_bytes,
               .is_sql = piece->is_sql};
    guint before = unit_previous(unit, first, in_brackets),
          behind = unit_next(unit, last, in_brackets);
    use.is_docstring = piece->quoting.holes == HOLES_NONE &&
                       is_docstring(finder, unit_previous(unit, first, false), behind);
    if (behind < unit->pieces->len && unit_piece(unit, behind)->kind == PIECE_LINE) {
        guint next = unit_next(unit, behind, true); /* .format(…) on the next line */
        behind = unit_is_sign(unit, next, '.') ? next : behind;
    }
    widen(unit, &before, &behind);
    read_behind(finder, &use, behind);
    use.is_key = is_key(unit, before, behind);
    read_before(finder, &use, before);
    read_return(finder, &use, before);
    read_bracket(finder, &use, piece);
    if (piece->callee.end > 0)
        use.callee = piece->callee;
    if (unit->language->has_bare_calls && before != G_MAXUINT &&
        unit_piece(unit, before)->kind == PIECE_WORD) {
        use.callee = piece_span(unit_piece(unit, before));
        use.argument = 0;
    }
    if (piece->key.end > 0) {
        use.key = piece->key;
        use.in_list = piece->in_list;
    }
    if (piece->key.end > 0) /* TABLE=…, but not --table=… */
        use.is_assigned = piece->key.end + 1 == piece->begin;
    else if (finder->brackets->len > 0 && unit_is_sign(unit, innermost(finder), '(') &&
             !declares(finder))
        use.is_assigned = false;
    use.is_message = use_is_message(unit, &use);
    use.is_format = use.is_format || is_filled_by_braces(unit, &use);
    g_array_append_val(unit->uses, use);
    return last;
}

void
program_find_uses(Unit *unit)
{
    Finder finder = {.unit = unit, .brackets = g_array_new(FALSE, FALSE, sizeof(Bracket))};
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->kind == PIECE_LITERAL && !piece->is_character)
            i = visit_literal(&finder, i);
        else if (piece->kind == PIECE_SIGN)
            visit_sign(&finder, i);
    }
    g_array_unref(finder.brackets);
    program_mark_growing(unit);
}
