/*
 * rows_got.c - who reads rows that a function of another file gives, by the names of before: `for row in gold(): row["plan"]`.
 *
 * The rows are followed from name to name, as values of a class are (known.c): from the call of a function that the file
 * imports, or of a method of a class that it imports. What is read by a name that changes is a person's, and the query waits.
 */
#include "rewrite/imports/members.h"

#include <string.h>

#define LINKS_MAX 64  /* of one chain of calls */
#define TOLD_MAX 200  /* places of one file */
#define BESIDE_MAX 64 /* pieces behind rows that a function gets: people give it a column or two */

/* The column of the query that is called exactly so; NULL: none that changes. */
static const ColumnChange *
change_called(const ImportedClass *giver, const char *name, size_t bytes)
{
    const char *query = giver->export->text;
    size_t at;
    for (guint i = 0; i < giver->rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(giver->rename->changes, i);
        if (change->kind == CHANGE_NAME && strlen(change->column) == bytes &&
            memcmp(change->column, name, bytes) == 0)
            return strchr(query, '*') != NULL ||
                           find_word(query, strlen(query), change->column, &at)
                       ? change
                       : NULL;
    }
    return NULL;
}

static void
tell(Unit *unit, ImportedClass *giver, size_t begin, size_t end)
{
    Work *work = unit->work;
    const ColumnChange *change = change_called(giver, unit->text->bytes + begin, end - begin);
    Span place = text_span(unit->text, begin, end);
    if (change == NULL || work->mentions >= TOLD_MAX || site_covers(work, place.begin, place.end))
        return;
    g_autofree char *words = column_change_words(change);
    program_refuse(work, unit->text, SITE_COLUMN, begin, end, "data-frame", change->link,
                   "this may be a column of the rows that '%s' of %s gives: %s", giver->name,
                   giver->export->path, words);
    if (!giver->is_told) /* the query waits for who reads its rows */
        imports_note_use(work, giver->export, place, false);
    giver->is_told = true;
    work->mentions++;
}

static void
tell_piece(Unit *unit, ImportedClass *giver, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    if (piece->kind == PIECE_LITERAL)
        tell(unit, giver, piece->inner_begin, piece->inner_end);
    else if (piece->kind == PIECE_WORD)
        tell(unit, giver, piece->begin, piece->end);
}

/* ---- names of rows ---- */

/* const { plan } = …, for (const { plan } of …), ({ plan }) => …: columns by their names; const [row] = …, const { rows } = …: more
 * names of rows. */
static void
name_parts(Members *members, guint open, guint around, ImportedClass *giver, bool tells)
{
    Unit *unit = members->unit;
    guint close = members_closer(members, open);
    for (guint i = open + 1; close != G_MAXUINT && i < close; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->kind != PIECE_WORD || unit_bracket_around(unit, i) != open)
            continue;
        if (change_called(giver, unit->text->bytes + piece->begin, piece->end - piece->begin) ==
            NULL)
            members_name(members, i, around, giver);
        else if (tells && unit_is_sign(unit, open, '{') &&
                 !unit_is_sign(unit, unit_previous(unit, i, true), ':'))
            tell_piece(unit, giver, i);
    }
}

/* row => …, (row) => …, ({ plan }) => …, function (row) {…}, in brackets of a call of the rows. */
static void
name_parameters(Members *members, guint open, guint close, ImportedClass *giver, bool tells)
{
    Unit *unit = members->unit;
    guint first = unit_next(unit, open, true);
    if (unit_is_word(unit, first, "async"))
        first = unit_next(unit, first, true);
    if (unit_is_word(unit, first, "function"))
        first = unit_next(unit, first, true);
    if (unit_is_sign(unit, first, '('))
        first = unit_next(unit, first, true);
    if (first >= close)
        return;
    if (unit_is_sign(unit, first, '{') || unit_is_sign(unit, first, '['))
        name_parts(members, first, open, giver, tells);
    else if (unit_piece(unit, first)->kind == PIECE_WORD && !tells)
        members_name(members, unit_is_word(unit, first, "lambda") ? first + 1 : first, open, giver);
}

/* foreach ($rows as $row), foreach ($rows as $key => $row) */
static void
name_behind_as(Members *members, guint last, ImportedClass *giver)
{
    Unit *unit = members->unit;
    guint as = unit_next(unit, last, true);
    if (!unit_is_word(unit, as, "as") || !unit_is_language(unit, "php"))
        return;
    guint close = members_closer(members, unit_bracket_around(unit, as)), name = G_MAXUINT;
    for (guint i = as + 1; close != G_MAXUINT && i < close; i++)
        if (unit_piece(unit, i)->kind == PIECE_WORD)
            name = i;
    if (name != G_MAXUINT)
        members_name(members, name, G_MAXUINT, giver);
}

/* const { rows } = await gold(), for (const { plan } of rows) */
static void
name_before(Members *members, guint first, ImportedClass *giver, bool tells)
{
    static const char *const between[] = {"await", "of", "in", "yield", NULL};
    Unit *unit = members->unit;
    guint index = unit_previous(unit, first, true);
    while (index != G_MAXUINT && (unit_is_among(unit, index, between) ||
                                  unit_is_sign(unit, index, '(') || unit_is_sign(unit, index, '=')))
        index = unit_previous(unit, index, true);
    if (index == G_MAXUINT || !unit_is_language(unit, "javascript") ||
        (!unit_is_sign(unit, index, '}') && !unit_is_sign(unit, index, ']')))
        return;
    guint open = unit_bracket_around(unit, index);
    if (unit_is_sign(unit, unit_previous(unit, first, true), '=') ||
        unit_is_among(unit, unit_previous(unit, first, true), between))
        name_parts(members, open, G_MAXUINT, giver, tells);
}

/* ---- what gives rows, and rows ---- */

/* gold(…), repo.gold(…), $members->gold(…): the last piece of the name; G_MAXUINT: it is none. */
static ImportedClass *
giver_at(const Unit *unit, guint index, guint *ret_last)
{
    const GHashTable *givers = unit->work->imports->givers;
    const Piece *piece = unit_piece(unit, index);
    guint before = unit_previous(unit, index, true);
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    char sign = before != G_MAXUINT ? unit_sign(unit, before) : '\0';
    bool is_member = sign == '.' || (sign == '>' && unit_sign(unit, before - 1) == '-') ||
                     (sign == ':' && unit_sign(unit, before - 1) == ':');
    g_autofree char *method = g_strconcat(".", name, NULL);
    *ret_last = index;
    if (piece->is_import || !unit_is_sign(unit, unit_next(unit, index, false), '('))
        return NULL;
    return g_hash_table_lookup((GHashTable *) givers, is_member ? method : name);
}

static ImportedClass *
rows_at(Members *members, guint index)
{
    const Unit *unit = members->unit;
    const Piece *piece = unit_piece(unit, index);
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    return unit->depth == 0 ? members_known(members, index)
                            : g_hash_table_lookup(unit->work->imports->rows, name);
}

/* Of what is at `last` on: .plan, ["plan"], .get("plan"), .map(row => …); its last piece. */
static guint
visit_chain(Members *members, ImportedClass *giver, guint last, bool is_call, bool tells)
{
    Unit *unit = members->unit;
    for (guint links = 0; links < LINKS_MAX; links++) {
        guint word = members_step(unit, last), open = unit_next(unit, last, false);
        guint close = unit_is_sign(unit, open, '{') ? G_MAXUINT : members_closer(members, open);
        if (word != G_MAXUINT) {
            if (tells && !unit_is_sign(unit, unit_next(unit, word, false), '('))
                tell_piece(unit, giver, word);
            last = word;
        } else if (close != G_MAXUINT) {
            guint first = unit_next(unit, open, true);
            if (tells && (links > 0 || !is_call) && unit_next(unit, first, true) == close)
                tell_piece(unit, giver,
                           unit_piece(unit, first)->kind == PIECE_LITERAL ? first : open);
            if (links > 0 || !is_call)
                name_parameters(members, open, close, giver, tells);
            last = close;
        } else {
            break;
        }
    }
    return last;
}

/* Members(db).gold(), this.repo.gold(): where what stands before the name begins. */
static guint
chain_begin(Unit *unit, guint index)
{
    for (guint links = 0; links < LINKS_MAX; links++) {
        guint sign = unit_previous(unit, index, true);
        bool is_arrow = sign != G_MAXUINT && sign > 0 && unit_is_sign(unit, sign, '>') &&
                        unit_is_sign(unit, sign - 1, '-');
        if (sign == G_MAXUINT || (!is_arrow && !unit_is_sign(unit, sign, '.')))
            return index;
        guint before = unit_previous(unit, sign - is_arrow, true);
        if (before != G_MAXUINT && unit_is_sign(unit, before, ')'))
            before = unit_previous(unit, unit_bracket_around(unit, before), true);
        if (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD)
            return index;
        index = before;
    }
    return index;
}

/* (await gold(pool)).map(…): the bracket that closes around it, or `end`. */
static guint
end_in_brackets(Unit *unit, guint begin, guint end)
{
    static const char *const verbs[] = {"return", "yield", "await", "of", "in", NULL};
    guint open = unit_bracket_around(unit, begin), first = unit_next(unit, open, true);
    guint before = open != G_MAXUINT ? unit_previous(unit, open, true) : G_MAXUINT;
    if (unit_is_word(unit, first, "await"))
        first = unit_next(unit, first, true);
    bool is_alone = open != G_MAXUINT && unit_is_sign(unit, open, '(') && first == begin &&
                    unit_next(unit, end, true) == unit_bracket_end(unit, open) &&
                    (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD ||
                     unit_is_among(unit, before, verbs));
    return is_alone ? unit_bracket_end(unit, open) : end;
}

/* array_column($rows, 'plan'), sortBy(rows, 'plan'): strings beside rows that a function gets. */
static void
tell_beside(Members *members, ImportedClass *giver, guint index)
{
    Unit *unit = members->unit;
    guint open = unit_bracket_around(unit, index);
    guint callee = open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
    guint close = members_closer(members, open);
    if (callee == G_MAXUINT || !unit_is_sign(unit, open, '(') || close == G_MAXUINT ||
        unit_piece(unit, callee)->kind != PIECE_WORD)
        return;
    for (guint i = index; i < MIN(close, index + BESIDE_MAX); i++)
        if (unit_piece(unit, i)->kind == PIECE_LITERAL)
            tell_piece(unit, giver, i);
}

/* Who gives the rows that the word is a call for, up to `last`, or that are in the variable of its name; NULL: none. */
static ImportedClass *
giver_or_rows(Members *members, guint word, guint *ret_last, bool *ret_is_call)
{
    const Piece *piece = unit_piece(members->unit, word);
    *ret_last = word;
    *ret_is_call = false;
    if (piece->kind != PIECE_WORD || piece->is_import)
        return NULL;
    ImportedClass *giver = giver_at(members->unit, word, ret_last);
    *ret_is_call = giver != NULL;
    return *ret_is_call ? giver : rows_at(members, word);
}

static void
visit_pieces(Members *members, bool tells)
{
    Unit *unit = members->unit;
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint last;
        bool is_call;
        ImportedClass *giver = giver_or_rows(members, i, &last, &is_call);
        if (giver == NULL)
            continue;
        guint begin = is_call ? chain_begin(unit, i) : i;
        guint end = visit_chain(members, giver, last, is_call, tells);
        guint outer = end_in_brackets(unit, begin, end);
        if (outer != end)
            end = visit_chain(members, giver, outer, false, tells);
        name_before(members, begin, giver, tells);
        if (tells) {
            if (end == i)
                tell_beside(members, giver, i);
            continue;
        }
        members_declare(members, begin, last, giver, true, true);
        name_behind_as(members, end, giver);
    }
}

/* Expressions within strings are read apart, and later: there, a name is of rows wherever it stands. */
static void
keep_names(const Members *members)
{
    GHashTableIter iter;
    void *key, *value;
    g_hash_table_iter_init(&iter, members->names);
    while (members->unit->depth == 0 && g_hash_table_iter_next(&iter, &key, &value)) {
        const char *name = key;
        g_hash_table_insert(members->unit->work->imports->rows, g_strdup(name + (name[0] == '.')),
                            g_array_index((GArray *) value, KnownName, 0).class);
    }
}

void
imports_rows(Unit *unit)
{
    const Imports *imports = unit->work->imports;
    if (imports == NULL || g_hash_table_size(imports->givers) == 0)
        return;
    Members members;
    members_init(&members, unit);
    visit_pieces(&members, false);
    keep_names(&members);
    visit_pieces(&members, true);
    members_clear(&members);
}

/* ---- passing on ---- */

/* return gold(conn), return await repo.gold(), (conn) => gold(conn) */
static bool
is_given_back(Unit *unit, guint begin)
{
    static const char *const verbs[] = {"return", "yield", NULL};
    guint before = unit_previous(unit, begin, true);
    while (before != G_MAXUINT &&
           (unit_is_word(unit, before, "await") || unit_is_word(unit, before, "from") ||
            unit_is_sign(unit, before, '(')))
        before = unit_previous(unit, before, true);
    return before != G_MAXUINT &&
           (unit_is_among(unit, before, verbs) ||
            (before > 0 && unit_is_sign(unit, before, '>') && unit_is_sign(unit, before - 1, '=')));
}

/* Is something else made of the rows: gold(conn).map(…), [f(r) for r in gold(conn)]? */
static bool
is_made_other(Unit *unit, guint last, guint end)
{
    static const char *const makers[] = {"=>", "lambda", "map(", "reduce(", "length", "count"};
    size_t begin = unit_piece(unit, last)->end, bytes = unit_piece(unit, end)->end - begin;
    for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
        if (memmem(unit->text->bytes + begin, bytes, makers[i], strlen(makers[i])) != NULL)
            return true;
    return false;
}

void
imports_pass_rows_on(Unit *unit)
{
    const Imports *imports = unit->work->imports;
    if (imports == NULL || unit->depth > 0 || g_hash_table_size(imports->givers) == 0)
        return;
    Members members;
    members_init(&members, unit);
    visit_pieces(&members, false);
    for (guint i = 0; i < unit->pieces->len; i++) {
        guint last;
        bool is_call;
        ImportedClass *giver = giver_or_rows(&members, i, &last, &is_call);
        guint begin = is_call ? chain_begin(unit, i) : i;
        if (is_call)
            exports_note_pages(unit, i, giver->export->text, giver->export->path,
                               (Span){giver->export->begin, giver->export->end}, giver->rename);
        if (giver == NULL || !is_given_back(unit, begin))
            continue;
        guint end = visit_chain(&members, giver, last, is_call, false);
        guint outer = end_in_brackets(unit, begin, end);
        end = outer != end ? visit_chain(&members, giver, outer, false, false) : end;
        if (!is_made_other(unit, last, end))
            exports_pass_rows_on(unit, i, giver);
    }
    members_clear(&members);
}
