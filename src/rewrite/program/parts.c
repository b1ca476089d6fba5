/*
 * parts.c - SQL that a name or a builder of strings gets in parts, some of them under a condition.
 *
 *   q.append("SELECT name FROM users"); if (plan != null) q.append(" WHERE plan = ?");
 *
 * A part is read behind all that was put there before it, or, where these are no statement together, behind the first alone, or with
 * what comes behind it, too. Only the part itself is decided then: each of the others is, in its turn.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/program/program.h"

#include <string.h>

#define PARTS_MAX 64
#define PIECES_MAX 1000 /* from where the name is set to its last part: some hundred lines */
#define LINKS_MAX 64    /* of one chain of calls */

static const char *const appenders[] = {"append",      "appendLine", "appendln",
                                        "WriteString", "push_str",   NULL};
static const char *const makers[] = {"StringBuilder", "StringBuffer", NULL};

/* ---- what is put where ---- */

static bool
is_appender(const Unit *unit, guint index)
{
    static const char *const of_rust[] = {"push", "push_bind", NULL};
    return unit_is_among(unit, index, appenders) ||
           (unit_is_language(unit, "rust") && unit_is_among(unit, index, of_rust));
}

/* `q` of `StringBuilder q = new StringBuilder(`, `let mut q = QueryBuilder::<Postgres>::new(`, whose last word this is. */
static guint
set_by(const Unit *unit, guint maker)
{
    guint at = maker;
    for (int steps = 0; steps < 12 && at != G_MAXUINT; steps++) {
        at = unit_previous(unit, at, true);
        char sign = at != G_MAXUINT ? unit_sign(unit, at) : ';';
        if (sign == '=')
            return unit_previous(unit, at, true);
        if (sign != '\0' && strchr(".:<>", sign) == NULL)
            return G_MAXUINT;
    }
    return G_MAXUINT;
}

/* The word that a chain of calls begins with, of which this is a dot; G_MAXUINT: it begins with something else. */
static guint
root_of(Unit *unit, guint dot)
{
    for (int links = 0; links < LINKS_MAX && dot != G_MAXUINT; links++) {
        guint before = unit_previous(unit, dot, true);
        if (before == G_MAXUINT || unit_piece(unit, before)->kind == PIECE_WORD)
            return before;
        guint open =
            unit_is_sign(unit, before, ')') ? unit_bracket_around(unit, before) : G_MAXUINT;
        guint callee = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
        if (callee == G_MAXUINT || unit_piece(unit, callee)->kind != PIECE_WORD)
            return G_MAXUINT;
        dot = unit_previous(unit, callee, true);
        if (dot == G_MAXUINT || !unit_is_sign(unit, dot, '.'))
            return set_by(unit, callee);
    }
    return G_MAXUINT;
}

/* buildString { append("…") } of Kotlin: its first word. */
static guint
block_of(Unit *unit, guint index)
{
    guint open = unit_bracket_around(unit, index);
    while (open != G_MAXUINT) {
        guint word = unit_previous(unit, open, true);
        if (word != G_MAXUINT && unit_is_sign(unit, open, '{') &&
            unit_is_word(unit, word, "buildString"))
            return word;
        open = unit_bracket_around(unit, open);
    }
    return G_MAXUINT;
}

/* q = …, q := …, q += …, $q .= …: `q`, where this is the sign before what is set. */
static guint
set_at(const Unit *unit, guint sign)
{
    guint name = unit_previous(unit, sign, false);
    char before = name != G_MAXUINT ? unit_sign(unit, name) : '\0';
    if (!unit_is_sign(unit, sign, '=') || (before != '\0' && strchr("+:.", before) == NULL))
        return G_MAXUINT;
    if (before != '\0')
        name = unit_previous(unit, name, false);
    return name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD ? name : G_MAXUINT;
}

/* q = q + …: `q`, where this is the second of them. */
static guint
put_to_itself(const Unit *unit, guint word)
{
    guint sign = unit_previous(unit, word, false);
    guint name = sign != G_MAXUINT ? set_at(unit, sign) : G_MAXUINT;
    return name != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_WORD &&
                   span_is_same(unit->text, piece_span(unit_piece(unit, word)),
                                piece_span(unit_piece(unit, name)))
               ? name
               : G_MAXUINT;
}

/* The name, or the word of a block, that gets what begins at `first`; G_MAXUINT: none. */
static guint
target_of(Unit *unit, guint first)
{
    guint open = unit_previous(unit, first, true);
    guint callee = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    if (callee == G_MAXUINT)
        return G_MAXUINT;
    if (unit_is_plus(unit, open))
        return put_to_itself(unit, callee);
    if (!unit_is_sign(unit, open, '('))
        return set_at(unit, open);
    if (!is_appender(unit, callee))
        return unit_is_among(unit, callee, makers) || unit_is_word(unit, callee, "new") ||
                       unit_is_word(unit, callee, "from")
                   ? set_by(unit, callee)
                   : G_MAXUINT;
    guint dot = unit_previous(unit, callee, true);
    return dot != G_MAXUINT && unit_is_sign(unit, dot, '.') ? root_of(unit, dot)
                                                            : block_of(unit, callee);
}

static bool
is_same_target(const Unit *unit, guint target, guint other)
{
    if (other == G_MAXUINT || unit_is_word(unit, target, "buildString"))
        return target == other;
    return span_is_same(unit->text, piece_span(unit_piece(unit, target)),
                        piece_span(unit_piece(unit, other)));
}

/* ---- from where to where ---- */

/* Is the name set or declared with this word, so that nothing of before is in it? */
static bool
is_set(const Unit *unit, guint word)
{
    guint next = unit_next(unit, word, false);
    guint before = unit_previous(unit, word, false);
    if (unit_is_language(unit, "go") && before != G_MAXUINT && unit_is_word(unit, before, "var"))
        return true;
    if (unit_is_sign(unit, next, ':') && unit_is_sign(unit, next + 1, '='))
        return true;
    while (unit_is_language(unit, "kotlin") && unit_is_sign(unit, next, ':') &&
           unit_piece(unit, next + 1)->kind == PIECE_WORD)
        next += 2; /* var q: String = */
    guint value = unit_next(unit, next, false);
    return unit_is_sign(unit, next, '=') && unit_sign(unit, next + 1) != '=' &&
           !(unit_is_plus(unit, unit_next(unit, value, false)) &&
             put_to_itself(unit, value) == word);
}

/* if (x), for (…), while (…), whose bracket closes there */
static bool
closes_head(Unit *unit, guint close)
{
    static const char *const heads[] = {"if", "for", "while", "foreach", "when", "catch", NULL};
    guint open = unit_is_sign(unit, close, ')') ? unit_bracket_around(unit, close) : G_MAXUINT;
    return open != G_MAXUINT && unit_is_among(unit, unit_previous(unit, open, true), heads);
}

/* Does it stand in a block of which only one part is run? */
static bool
is_in_choice(Unit *unit, guint index)
{
    static const char *const heads[] = {"switch", "select", "match", "when", NULL};
    guint open = unit_bracket_around(unit, index);
    for (guint i = open, steps = 0; open != G_MAXUINT && i > 0 && steps < 40; steps++) {
        i = unit_previous(unit, i, true);
        if (i == G_MAXUINT || unit_is_among(unit, i, heads))
            return i != G_MAXUINT;
        if (unit_is_sign(unit, i, ';') || unit_is_sign(unit, i, '{') || unit_is_sign(unit, i, '}'))
            return false;
    }
    return false;
}

/* Nothing before the statement that sets the name decides whether it is run: no `else q = …`, no `if (x) q = …`, no `case 3: q = …`. */
static bool
is_set_surely(Unit *unit, guint name)
{
    static const char *const choices[] = {"else", "do", "return", "then", NULL};
    guint first = name, before = unit_previous(unit, name, false);
    if (before != G_MAXUINT && unit_is_sign(unit, before, '$')) /* $q of PHP */
        before = unit_previous(unit, first = before, false);
    while (
        before != G_MAXUINT && unit_piece(unit, before)->kind != PIECE_LINE &&
        (unit_piece(unit, before)->kind == PIECE_WORD ||
         (unit_sign(unit, before) != '\0' && strchr("<>[]?.,", unit_sign(unit, before)) != NULL))) {
        if (unit_is_among(unit, before, choices))
            return false;
        first = before;
        before = unit_previous(unit, before, false);
    }
    bool begins_line = before == G_MAXUINT || unit_piece(unit, before)->kind == PIECE_LINE;
    before = unit_previous(unit, first, true);
    if (before == G_MAXUINT || is_in_choice(unit, name))
        return before == G_MAXUINT;
    if (!begins_line)
        return unit_is_sign(unit, before, ';') || unit_is_sign(unit, before, '{') ||
               unit_is_sign(unit, before, '}');
    return !unit_is_among(unit, before, choices) && !closes_head(unit, before) &&
           !unit_is_sign(unit, before, ':') && !unit_is_sign(unit, before, '>');
}

/* Where the target is set, in a block that is around the part too; G_MAXUINT: nobody knows. */
static guint
begin_of(Unit *unit, guint target, guint part)
{
    if (unit_is_word(unit, target, "buildString"))
        return target;
    guint at = part;
    for (; at > 0 && part - at < PIECES_MAX; at--)
        if (unit_piece(unit, at - 1)->kind == PIECE_WORD && is_set(unit, at - 1) &&
            is_same_target(unit, target, at - 1))
            break;
    if (at == 0 || part - at >= PIECES_MAX)
        return G_MAXUINT;
    guint block = unit_bracket_around(unit, at - 1), around = unit_bracket_around(unit, part);
    while (around != G_MAXUINT && around != block)
        around = unit_bracket_around(unit, around);
    return around == block && is_set_surely(unit, at - 1) ? at - 1 : G_MAXUINT;
}

static guint
end_of(Unit *unit, guint target, guint begin, guint part)
{
    bool is_block = unit_is_word(unit, target, "buildString");
    guint open = is_block ? unit_next(unit, begin, true) : unit_bracket_around(unit, begin);
    guint end = open != G_MAXUINT ? unit_bracket_end(unit, open) : unit->pieces->len;
    for (guint i = part; i < end; i++)
        if (i - begin > PIECES_MAX || (!is_block && unit_piece(unit, i)->kind == PIECE_WORD &&
                                       is_set(unit, i) && is_same_target(unit, target, i)))
            return i;
    return end;
}

/* ---- the parts ---- */

typedef struct {
    GPtrArray *texts; /* what each of them says */
    guint own;        /* the one that is asked for; G_MAXUINT: not found yet */
    guint place;      /* where what is given with it begins */
    bool has_unknown; /* one that is no value says nothing that is known */
} Parts;

/* Of `q.append(x ? "…" : "…")`, the first piece in the brackets; of `q += fmt.Sprintf("…", x)` that of the call; else that of the
 * string. */
static guint
place_of(Unit *unit, const Use *use)
{
    guint before = unit_previous(unit, use->first, true),
          open = unit_bracket_around(unit, use->first);
    bool is_choice = before != G_MAXUINT && open != G_MAXUINT && unit_is_sign(unit, open, '(') &&
                     (unit_is_sign(unit, before, '?') || unit_is_sign(unit, before, ':'));
    guint format = format_begin(unit, use->first);
    return is_choice ? unit_next(unit, open, true) : format != G_MAXUINT ? format : use->first;
}

/* What the string says, without what stands for a name that it is put to. */
static size_t
text_begin(const Use *use, const Text *text)
{
    return use->has_operand_before && text_starts(text, 0, HOLE) ? strlen(HOLE) : 0;
}

/* The string that begins with this piece; NULL: none does. */
static const Use *
use_at(const Unit *unit, guint first)
{
    guint from = unit_uses_before(unit, first);
    const Use *use = from < unit->uses->len ? &g_array_index(unit->uses, Use, from) : NULL;
    return use != NULL && use->first == first ? use : NULL;
}

/* Is what comes next compared, or in a list of values? */
static bool
awaits_value(const Parts *parts)
{
    const char *said =
        parts->texts->len > 0 ? g_ptr_array_index(parts->texts, parts->texts->len - 1) : "";
    size_t end = strlen(said);
    while (end > 0 && g_ascii_isspace(said[end - 1]))
        end--;
    return end > 0 && strchr("=<>'%", said[end - 1]) != NULL;
}

/* What is given at `first`; behind it. */
static guint
add_part(Unit *unit, Parts *parts, guint first, const Use *own)
{
    guint format = format_literal(unit, first);
    const Use *use =
        parts->place == first ? own : use_at(unit, format != G_MAXUINT ? format : first);
    GArray *expressions = unit->expressions;
    if (parts->place == first)
        parts->own = parts->texts->len;
    if (use == NULL) {
        parts->has_unknown = parts->has_unknown || !awaits_value(parts);
        g_ptr_array_add(parts->texts, g_strdup(HOLE));
        return first;
    }
    unit->expressions = NULL; /* they are read where the string is visited */
    g_autoptr(Text) text = program_text(unit, use);
    unit->expressions = expressions;
    guint open = unit_previous(unit, first, true);
    bool ends_line = appended_ends_line(unit, unit_bracket_end(unit, open));
    g_ptr_array_add(parts->texts, g_strdup_printf("%s%s", text->bytes + text_begin(use, text),
                                                  ends_line ? "\n" : ""));
    return use->last;
}

/* addFilters(q, x): somebody else may put text to a builder, but to no string. */
static bool
is_handed_over(const Unit *unit, guint word)
{
    guint before = unit_previous(unit, word, true), behind = unit_next(unit, word, true);
    while (before != G_MAXUINT &&
           (unit_is_sign(unit, before, '&') || unit_is_word(unit, before, "mut")))
        before = unit_previous(unit, before, true);
    return before != G_MAXUINT &&
           (unit_is_sign(unit, before, '(') || unit_is_sign(unit, before, ',')) &&
           (unit_is_sign(unit, behind, ')') || unit_is_sign(unit, behind, ','));
}

/* False: nobody knows what the target has, or it has too much. */
static bool
find_parts(Unit *unit, const Use *own, Parts *parts)
{
    guint target = target_of(unit, parts->place = place_of(unit, own));
    guint begin = target != G_MAXUINT ? begin_of(unit, target, own->first) : G_MAXUINT;
    if (begin == G_MAXUINT)
        return false;
    guint end = end_of(unit, target, begin, own->last);
    bool is_builder = false, is_passed_on = false;
    for (guint i = begin; i < end && parts->texts->len < PARTS_MAX; i++) {
        bool is_call = is_appender(unit, i) || unit_is_among(unit, i, makers) ||
                       unit_is_word(unit, i, "new") || unit_is_word(unit, i, "from");
        guint sign = is_call ? unit_next(unit, i, false) : i;
        is_passed_on = is_passed_on || (i > begin && unit_piece(unit, i)->kind == PIECE_WORD &&
                                        is_same_target(unit, target, i) && is_handed_over(unit, i));
        if (!unit_is_sign(unit, sign, is_call ? '(' : '='))
            continue;
        guint first = unit_next(unit, sign, true);
        if (!is_call && put_to_itself(unit, first) != G_MAXUINT)
            first = unit_next(unit, unit_next(unit, first, true), true);
        bool is_part =
            is_call || unit_piece(unit, first)->kind == PIECE_LITERAL || unit_is_plus(unit, i - 1);
        if (is_part && is_same_target(unit, target, target_of(unit, first)) &&
            !(is_call && unit_is_sign(unit, first, ')')))
            i = add_part(unit, parts, first, own), is_builder = is_builder || is_call;
    }
    return !(is_builder && is_passed_on) && parts->own != G_MAXUINT &&
           parts->texts->len < PARTS_MAX && parts->texts->len > 1;
}

/* ---- what a part is read with ---- */

static char *
joined(const Parts *parts, guint from, guint to)
{
    GString *whole = g_string_new(NULL);
    for (guint i = from; i < to; i++)
        g_string_append(whole, g_ptr_array_index(parts->texts, i));
    return g_string_free(whole, FALSE);
}

static bool
mentions_any(const Unit *unit, const Parts *parts)
{
    for (guint i = 0; i < parts->texts->len; i++) {
        const char *said = g_ptr_array_index(parts->texts, i);
        if (renames_mentioned(unit->work->renames, said, strlen(said)))
            return true;
    }
    return false;
}

/* `is_all`: with all that is put there before it, so that a name of which nothing is found stays. */
static bool
read_with(Unit *unit, Use *use, const Text *text, const char *front, const char *rest, bool is_all)
{
    size_t from = text_begin(use, text), begin = strlen(front);
    g_autoptr(Text) whole = text_put_between(text, from, front, rest);
    return program_sql_part(unit, use, whole, (Range){begin, begin + text->count - from}, is_all);
}

PartAnswer
program_part(Unit *unit, Use *use, const Text *text)
{
    static const char *const languages[] = {"java", "kotlin", "scala",      "csharp", "groovy",
                                            "go",   "rust",   "javascript", "php",    NULL};
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    void *place =
        GSIZE_TO_POINTER((gsize) text_span(unit->text, use->whole.begin, use->whole.end).begin + 1);
    Parts parts = {.texts = texts, .own = G_MAXUINT};
    if (!g_strv_contains(languages, unit->language->name) || text->is_unread || use->is_bytes ||
        use->is_message || use->is_docstring || !find_parts(unit, use, &parts) ||
        !mentions_any(unit, &parts))
        return PART_NONE;
    if (g_hash_table_contains(unit->work->parts, place))
        return PART_READ; /* in the pass before */
    g_autofree char *before = joined(&parts, 0, parts.own);
    g_autofree char *behind = joined(&parts, parts.own + 1, texts->len);
    const char *first = parts.own > 0 ? g_ptr_array_index(texts, 0) : "";
    bool is_all = !parts.has_unknown;
    if (!read_with(unit, use, text, before, "", is_all) &&
        !read_with(unit, use, text, before, behind, is_all) &&
        !read_with(unit, use, text, first, "", false))
        return PART_UNREAD;
    g_hash_table_add(unit->work->parts, place);
    return PART_READ;
}
