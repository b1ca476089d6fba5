/*
 * members.c - columns that a program uses through classes of other files: User.plan, User.where(plan: …), user.plan.
 *
 * What is got through the class is followed from name to name (known.c). Of all that a file does with other things,
 * nothing is said: `plan` of a thing of which nobody knows what it is may be anybody's.
 */
#include "rewrite/imports/members.h"
#include "rewrite/program/said.h"

#include <string.h>

#define LINKS_MAX 64 /* of one chain of calls */
#define CLIMB_MAX 2  /* select(User), session.scalars(select(User)) */

static bool
is_among(const Unit *unit, guint index, const char *signs)
{
    char sign = index != G_MAXUINT ? unit_sign(unit, index) : '\0';
    return sign != '\0' && strchr(signs, sign) != NULL;
}

static bool
visit_word(Unit *unit, const ImportedClass *class, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    const ColumnChange *change =
        member_used(class->rename, unit->text->bytes + piece->begin, piece->end - piece->begin);
    if (change != NULL)
        members_tell(unit, class, change, piece->begin, piece->end);
    return change != NULL;
}

/* "plan", "-plan", "plan__in": a string that is the column by itself. */
static void
visit_literal(Unit *unit, const ImportedClass *class, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    size_t begin = piece->inner_begin, end = piece->inner_end;
    guint before = unit_previous(unit, index, true);
    if (before != G_MAXUINT && is_among(unit, before, "=:>"))
        return; /* a value */
    if (begin < end && strchr("-+", unit->text->bytes[begin]) != NULL)
        begin++;
    const ColumnChange *change =
        begin < end ? member_used(class->rename, unit->text->bytes + begin, end - begin) : NULL;
    if (change != NULL)
        members_tell(unit, class, change, begin, end);
}

/* ---- what stands in brackets ---- */

/* plan=…, plan: …, { plan }, :plan, _.plan, it.plan */
static bool
is_named_there(const Unit *unit, guint index)
{
    static const char *const anybody[] = {"_", "it", NULL};
    guint before = unit_previous(unit, index, true), behind = unit_next(unit, index, true);
    bool begins = before == G_MAXUINT || is_among(unit, before, "({[,|") ||
                  unit_piece(unit, before)->kind == PIECE_WORD;
    bool is_symbol = unit->language->has_bare_calls && is_among(unit, before, ":") &&
                     unit_piece(unit, before)->end == unit_piece(unit, index)->begin &&
                     !(is_among(unit, before - 1, ":") &&
                       unit_piece(unit, before - 1)->end == unit_piece(unit, before)->begin);
    if (is_symbol)
        return true;
    if (is_among(unit, before, "."))
        return before > 0 &&
               span_is_among(unit->text, piece_span(unit_piece(unit, before - 1)), anybody);
    if (begins && is_among(unit, behind, ":"))
        return !is_among(unit, behind + 1, ":");
    if (begins && is_among(unit, behind, "="))
        return !is_among(unit, behind + 1, "=>");
    return unit_is_language(unit, "javascript") && is_among(unit, before, "{,") &&
           is_among(unit, behind, ",}") &&
           unit_is_sign(unit, unit_bracket_around((Unit *) unit, index), '{');
}

/* u => …, u -> …, lambda u: … */
static bool
is_parameter(const Unit *unit, guint index, bool *ret_in_brackets)
{
    guint behind = unit_next(unit, index, false), before = unit_previous(unit, index, false);
    *ret_in_brackets = is_among(unit, behind, ")");
    behind += *ret_in_brackets;
    return (is_among(unit, behind, "=-") && is_among(unit, behind + 1, ">")) ||
           span_is(unit->text, piece_span(unit_piece(unit, before)), "lambda");
}

/* (u) => u.plan: known in the brackets around its own. */
static void
name_parameter(Members *members, guint index, bool in_brackets, ImportedClass *class)
{
    guint open = unit_bracket_around(members->unit, index);
    if (in_brackets && open != G_MAXUINT)
        open = unit_bracket_around(members->unit, open);
    members_name(members, index, open, class);
}

static void
visit_range(Members *members, ImportedClass *class, guint from, guint to)
{
    Unit *unit = members->unit;
    bool in_brackets;
    for (guint i = MAX(from, class->visited); i < to; i++) {
        PieceKind kind = unit_piece(unit, i)->kind;
        if (kind == PIECE_LITERAL)
            visit_literal(unit, class, i);
        else if (kind == PIECE_WORD && is_named_there(unit, i))
            visit_word(unit, class, i);
        else if (kind == PIECE_WORD && is_parameter(unit, i, &in_brackets))
            name_parameter(members, i, in_brackets, class);
    }
    class->visited = MAX(class->visited, to);
}

/* User{Plan: …} of Go, new User { Plan = … } of C#, users.map { … }: does the bracket belong to what is before it? */
static bool
takes_braces(const Unit *unit, guint last, guint open, bool is_value)
{
    static const char *const with_blocks[] = {"ruby", "kotlin", "scala", NULL};
    static const char *const heads[] = {"impl", "for", "struct", "mod", "enum", "trait", NULL};
    guint before = unit_previous(unit, last, true);
    if (unit_is_language(unit, "rust")) /* not -> User { … */
        return before != G_MAXUINT && !is_value && !is_among(unit, before, ">") &&
               !span_is_among(unit->text, piece_span(unit_piece(unit, before)), heads);
    if (unit_is_language(unit, "go") || unit_is_language(unit, "elixir")) /* %User{plan: …} */
        return unit_piece(unit, last)->end == unit_piece(unit, open)->begin;
    if (unit_is_language(unit, "csharp"))
        return before != G_MAXUINT &&
               span_is(unit->text, piece_span(unit_piece(unit, before)), "new");
    return is_value && g_strv_contains(with_blocks, unit->language->name);
}

/* { |u| … }, do |u| …: u is what the call before it gives. */
static void
name_of_block(Members *members, guint index, ImportedClass *class)
{
    const Unit *unit = members->unit;
    bool is_block = unit_is_sign(unit, index, '{') ||
                    span_is(unit->text, piece_span(unit_piece(unit, index)), "do");
    guint bar = is_block ? unit_next(unit, index, false) : G_MAXUINT;
    if (bar != G_MAXUINT && unit_is_sign(unit, bar, '|') &&
        unit_piece(unit, bar + 1)->kind == PIECE_WORD)
        members_name(members, bar + 1, G_MAXUINT, class);
}

/* User.where plan: 1 of Ruby, which needs no brackets. */
static void
visit_bare_call(Members *members, ImportedClass *class, guint last, guint first)
{
    const Unit *unit = members->unit;
    guint behind = unit_next(unit, last, false), end = behind;
    bool is_call = last > first && unit_piece(unit, last)->kind == PIECE_WORD &&
                   (unit_piece(unit, behind)->kind == PIECE_WORD ||
                    unit_piece(unit, behind)->kind == PIECE_LITERAL || is_among(unit, behind, ":"));
    if (!is_call || !unit->language->has_bare_calls)
        return;
    while (end < unit->pieces->len && end < behind + 200 &&
           (unit_piece(unit, end)->kind != PIECE_LINE ||
            is_among(unit, unit_previous(unit, end, true), ",")))
        end++;
    visit_range(members, class, behind, end);
}

/* ---- chains of calls ---- */

static bool
is_word_class(const Unit *unit, guint index)
{
    return index != G_MAXUINT && span_is(unit->text, piece_span(unit_piece(unit, index)), "class");
}

/* From what is at `last` on: .where(…).first(), [0], { … }; its last piece. `*ret_has_result`: it is no column. */
static guint
visit_chain(Members *members, ImportedClass *class, guint last, bool is_value, bool tells,
            bool *ret_has_result)
{
    Unit *unit = members->unit;
    *ret_has_result = true;
    for (guint links = 0; links < LINKS_MAX; links++) {
        guint word = members_step(unit, last), open = unit_next(unit, last, false);
        guint close = members_closer(members, open);
        if (word != G_MAXUINT) {
            *ret_has_result = !(tells && visit_word(unit, class, word)) &&
                              is_among(unit, unit_next(unit, word, false), "([.{");
            tells = tells && !is_word_class(unit, word); /* User.class.getName() */
            last = word;
        } else if (close != G_MAXUINT && (!unit_is_sign(unit, open, '{') ||
                                          takes_braces(unit, last, open, is_value || links > 0))) {
            name_of_block(members, open, class);
            if (tells && (links > 0 || !is_value)) /* what users("plan") gets is not known */
                visit_range(members, class, open + 1, close);
            last = close;
        } else if ((open = members_pipe(members, last)) != G_MAXUINT) {
            last = members_closer(members, open);
            members_bind(members, open, class);
            if (tells)
                visit_range(members, class, open + 1, last);
        } else {
            break;
        }
    }
    if (unit_is_language(unit, "ruby"))
        name_of_block(members, unit_next(unit, last, false), class);
    return last;
}

/* The call that the class is an argument of, as in select(User), find(User.class, …), Model(&User{}): its bracket; or
 * G_MAXUINT. */
static guint
call_around(const Members *members, guint first, guint last)
{
    static const char *const others[] = {"if", "while", "for", "switch", "catch", "return", NULL};
    Unit *unit = members->unit;
    guint open = unit_bracket_around(unit, first);
    guint behind = unit_next(unit, last, true), before = unit_previous(unit, first, true);
    guint callee = open != G_MAXUINT ? unit_previous(unit, open, true) : G_MAXUINT;
    if (before != G_MAXUINT && (unit_is_sign(unit, before, '&') || unit_is_sign(unit, before, '%')))
        before = unit_previous(unit, before, true);
    if (callee == G_MAXUINT || !unit_is_sign(unit, open, '(') ||
        unit_piece(unit, callee)->kind != PIECE_WORD ||
        span_is_among(unit->text, piece_span(unit_piece(unit, callee)), others) ||
        !is_among(unit, before, "(,[") || !is_among(unit, behind, "),]"))
        return G_MAXUINT;
    return open;
}

/* Set<User>(): the bracket of the call that gets the class so; or G_MAXUINT. */
static guint
call_of_type(const Members *members, guint first, guint last)
{
    const Unit *unit = members->unit;
    guint before = unit_previous(unit, first, true), behind = unit_next(unit, last, true);
    guint open = unit_next(unit, behind, false);
    bool is_type = before != G_MAXUINT && unit_is_sign(unit, before, '<') &&
                   unit_is_sign(unit, behind, '>') && unit_is_sign(unit, open, '(');
    return is_type ? open : G_MAXUINT;
}

/* Is there nothing but brackets behind the class: User, User.class, User{}? */
static bool
is_bare(const Unit *unit, guint last, guint end)
{
    for (guint i = last; i < end; i = i == last ? unit_next(unit, i, true) : i + 1)
        if (unit_piece(unit, i)->kind == PIECE_WORD && i > last)
            return false;
    return true;
}

/* What else Elixir does with the class or row: its first and last piece. */
static void
visit_of_elixir(Members *members, Span pieces, ImportedClass *class, bool is_value, bool tells)
{
    Unit *unit = members->unit;
    guint open = members_changed(unit, pieces.begin, pieces.end, is_value);
    guint word = is_value ? G_MAXUINT : members_referenced(unit, pieces.end);
    if (!tells)
        members_match(members, pieces.end, class);
    if (tells && open != G_MAXUINT)
        visit_range(members, class, open + 1, members_closer(members, open));
    if (tells && word != G_MAXUINT)
        visit_word(unit, class, word);
}

/* The class or value at [first, last], and what is called on it or gets it. */
static void
visit_root(Members *members, guint first, guint last, ImportedClass *class, bool is_value,
           bool tells)
{
    const Unit *unit = members->unit;
    bool has_result = false;
    guint from = first, end = visit_chain(members, class, last, is_value, tells, &has_result);
    guint step = is_value ? G_MAXUINT : members_step(unit, last);
    if (tells)
        visit_bare_call(members, class, end, last);
    bool is_struct = unit_is_language(unit, "elixir") && unit_is_sign(unit, end, '}');
    bool climbs = !is_value && (is_struct || is_bare(unit, last, end) ||
                                (is_word_class(unit, step) && end == step));
    for (int i = 0; climbs && i < CLIMB_MAX; i++) {
        guint open = call_around(members, from, end), type = call_of_type(members, from, end);
        guint close = members_closer(members, open != G_MAXUINT ? open : type);
        if (close == G_MAXUINT)
            break;
        if (tells)
            visit_range(members, class, unit_next(unit, open != G_MAXUINT ? open : type, true),
                        close);
        from = open != G_MAXUINT ? unit_previous(unit, open, true)
                                 : unit_previous(unit, unit_previous(unit, from, true), true);
        end = visit_chain(members, class, close, true, tells, &has_result);
        climbs = end == close && type == G_MAXUINT;
    }
    visit_of_elixir(members, (Span){first, end}, class, is_value, tells);
    if (!tells)
        members_declare(members, from, from == first ? last : end, class, is_value, has_result);
}

static bool
is_searched_anyway(const Work *work, const ImportedClass *class)
{
    return work->options->propagates || g_hash_table_contains(work->named, class->rename);
}

static void
tell_of_class(Unit *unit, ImportedClass *class, guint first, guint last)
{
    Work *work = unit->work;
    Span place = text_span(unit->text, unit_piece(unit, first)->begin, unit_piece(unit, last)->end);
    if (class->is_told || site_covers(work, place.begin, place.end))
        return;
    class->is_told = true;
    if (class->export->says_columns) /* and changes: who waits for a person keeps it back */
        imports_note_use(work, class->export, place, false);
    if (class->export->says_columns && work->gives_old_names) {
        program_refuse(work, unit->text, SITE_COLUMN, unit_piece(unit, first)->begin,
                       unit_piece(unit, last)->end, "class", NULL, CLASS_OF_OLD_NAMES);
        return;
    }
    Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, place.begin, place.end);
    g_autofree char *reason = g_strdup_printf("this class stands for the dataset, as %s says: what "
                                              "it does with columns that change is listed",
                                              class->export->path);
    site->reason = keep(work, reason);
}

/* All columns of the file are searched, but it still changes with the class, or not at all. */
static void
tie(Unit *unit, ImportedClass *class, guint first)
{
    const Piece *piece = unit_piece(unit, first);
    if (!class->is_told && class->export->says_columns)
        imports_note_use(unit->work, class->export, text_span(unit->text, piece->begin, piece->end),
                         false);
    class->is_told = true;
}

/* lines: { select: { amount: true } } of Prisma */
static void
visit_relation(Members *members, ImportedClass *class, guint name)
{
    guint open = prisma_relation_open(members->unit, class, name);
    guint close = members_closer(members, open);
    if (close != G_MAXUINT)
        visit_range(members, class, open + 1, close);
}

/* Names first, then what is done with them: a name may be used before it is set, as in `[u.plan for u in users]`. */
static void
visit_pieces(Members *members, bool tells)
{
    Unit *unit = members->unit;
    bool has_queries = unit_is_language(unit, "java") || unit_is_language(unit, "kotlin");
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint last = i;
        if (unit_piece(unit, i)->kind != PIECE_WORD)
            continue;
        ImportedClass *class = members_class(members, i, &last);
        bool is_value = class == NULL;
        if (is_value)
            class = members_value(members, i);
        if (tells && has_queries)
            members_query(members, i);
        if (class == NULL || is_searched_anyway(unit->work, class)) {
            if (class != NULL && tells && !is_value)
                tie(unit, class, i);
            continue;
        }
        if (tells && !is_value) {
            tell_of_class(unit, class, i, last);
            members_declared(members, i, class);
            visit_relation(members, class, i);
        }
        visit_root(members, i, last, class, is_value, tells);
    }
}

static bool
has_class(const Members *members)
{
    guint last;
    for (guint i = 0; i < members->unit->pieces->len; i++)
        if (members_class(members, i, &last) != NULL)
            return true;
    return false;
}

void
imports_members(Unit *unit)
{
    const Imports *imports = unit->work->imports;
    GHashTableIter iter;
    void *class;
    if (imports == NULL || g_hash_table_size(imports->classes) == 0 ||
        unit_is_language(unit, "lookml"))
        return; /* orders.plan of LookML is a field, whatever its column is called */
    Members members;
    members_init(&members, unit);
    g_hash_table_iter_init(&iter, imports->classes);
    while (g_hash_table_iter_next(&iter, NULL, &class))
        ((ImportedClass *) class)->visited = 0;
    if (has_class(&members)) {
        visit_pieces(&members, false);
        visit_pieces(&members, true);
    }
    members_clear(&members);
}
