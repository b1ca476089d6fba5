/* chain_text.c - see chain.h: the statement that the calls make, and what becomes of it. */
#include "rewrite/made.h"
#include "rewrite/program/chain.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define SEGMENTS_MAX 500 /* of one query */
#define CALL_MAX 2000    /* pieces between the brackets of a call */

/* ---- the text ---- */

/* a, a.b, a.*, and with an alias: what a library takes for one name. */
static bool
is_name(const Text *text, size_t begin, bool may_alias)
{
    size_t at = begin;
    while (is_identifier_byte(text_byte(text, at)) || text_byte(text, at) == '.' ||
           text_byte(text, at) == '*')
        at++;
    bool is_plain = at > begin;
    if (may_alias && text_byte(text, at) == ' ' &&
        g_ascii_strncasecmp(text->bytes + at, " as ", 4) == 0)
        for (at += 4; is_identifier_byte(text_byte(text, at));)
            at++;
    return is_plain && at == text->count;
}

/* A part of SQL that stays what it is between others: its brackets match, and nothing ends the statement in it. */
static bool
is_apart(const Text *text, size_t begin)
{
    int depth = 0;
    for (size_t at = begin; at < text->count; at++) {
        char c = text->bytes[at];
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth < 0 || c == ';' || text_starts(text, at, "--") || text_starts(text, at, "/*"))
            return false;
    }
    return depth == 0 && text->count > begin;
}

/* What stands between the literals is nowhere, beside the one that comes next. */
static void
glue(Text *text, const Piece *next, const char *what)
{
    size_t at = next->kind == PIECE_LITERAL ? next->inner_begin : next->begin;
    text_begin_part(text, at, next->quoting);
    text_put(text, at, at, what, strlen(what));
}

static bool
put_segment(Unit *unit, Text *text, Segment *segment)
{
    const Piece *piece = unit_piece(unit, segment->piece);
    segment->begin = text->count;
    if (piece->kind == PIECE_LITERAL) {
        text_decode(text, unit->language, piece, false, NULL);
    } else {
        text_begin_part(text, piece->begin, (Quoting){.escape = ESCAPE_NONE, .holes = HOLES_OFF});
        for (size_t at = piece->begin; at < piece->end && !segment->is_short; at++)
            text_copy(text, at);
        if (segment->is_short) /* { weight }: it cannot be written there */
            text_put(text, piece->begin, piece->begin, unit->text->bytes + piece->begin,
                     piece->end - piece->begin);
    }
    segment->end = text->count;
    bool may_alias = segment->clause <= CHAIN_JOIN || segment->clause == CHAIN_RETURNING;
    return !text->is_unread && (segment->is_sql ? is_apart(text, segment->begin)
                                                : is_name(text, segment->begin, may_alias));
}

static bool
sets_itself(const Text *text, const Segment *segment)
{
    return segment->is_sql &&
           memchr(text->bytes + segment->begin, '=', segment->end - segment->begin) != NULL;
}

typedef struct {
    Unit *unit;
    Text *text;
    GArray *segments;
    guint count; /* of those that were put */
} Builder;

/* All of one clause: `first` before the first, `between` before the others, `behind` behind each. */
static bool
put_clause(Builder *builder, ChainClause clause, const char *first, const char *between,
           const char *behind)
{
    bool has_any = false;
    for (guint i = 0; i < builder->segments->len; i++) {
        Segment *segment = &g_array_index(builder->segments, Segment, i);
        const Piece *piece = unit_piece(builder->unit, segment->piece);
        if (segment->clause != clause)
            continue;
        glue(builder->text, piece,
             segment->before != NULL ? segment->before
             : has_any               ? between
                                     : first);
        if (!put_segment(builder->unit, builder->text, segment))
            return false;
        if (clause != CHAIN_SET || !sets_itself(builder->text, segment))
            text_put(builder->text, piece->end, piece->end, behind, strlen(behind));
        builder->count++;
        has_any = true;
    }
    return true;
}

static void
put_tail(Builder *builder, const char *what)
{
    const Segment *last = &g_array_index(builder->segments, Segment, builder->segments->len - 1);
    const Piece *piece = unit_piece(builder->unit, last->piece);
    text_put(builder->text, piece->end, piece->end, what, strlen(what));
}

static bool
has_clause(const Builder *builder, ChainClause clause)
{
    for (guint i = 0; i < builder->segments->len; i++)
        if (g_array_index(builder->segments, Segment, i).clause == clause)
            return true;
    return false;
}

static bool
put_insert(Builder *builder)
{
    ChainClause columns = has_clause(builder, CHAIN_SET) ? CHAIN_SET : CHAIN_SELECT;
    if (!has_clause(builder, columns) ||
        !put_clause(builder, CHAIN_FROM, "INSERT INTO ", ", ", "") ||
        !put_clause(builder, columns, " (", ", ", ""))
        return false;
    put_tail(builder, ") VALUES (");
    for (guint i = 0; i + 1 < builder->count; i++)
        put_tail(builder, i == 0 ? "1" : ", 1");
    put_tail(builder, ")");
    return true;
}

static bool
put_select(Builder *builder, bool is_scalar)
{
    if (!put_clause(builder, CHAIN_SELECT, "SELECT ", ", ", ""))
        return false;
    if (!has_clause(builder, CHAIN_SELECT))
        put_tail(builder, is_scalar ? "SELECT 1" : "SELECT *");
    return put_clause(builder, CHAIN_FROM, " FROM ", ", ", "") &&
           put_clause(builder, CHAIN_JOIN, " JOIN ", " JOIN ", "");
}

static bool
put_front(Builder *builder, LinkKind verb, bool is_scalar)
{
    switch (verb) {
    case LINK_INSERT_INTO:
        return put_insert(builder);
    case LINK_UPDATE:
        return put_clause(builder, CHAIN_FROM, "UPDATE ", ", ", "") &&
               put_clause(builder, CHAIN_SET, " SET ", ", ", " = 1");
    case LINK_DELETE:
        return put_clause(builder, CHAIN_FROM, "DELETE FROM ", ", ", "");
    default:
        return put_select(builder, is_scalar);
    }
}

static bool
put_all(Builder *builder, LinkKind verb, bool is_scalar)
{
    return builder->segments->len > 0 && builder->segments->len < SEGMENTS_MAX &&
           put_front(builder, verb, is_scalar) &&
           put_clause(builder, CHAIN_WHERE, " WHERE (", " AND (", ") IS NOT NULL") &&
           put_clause(builder, CHAIN_GROUP, " GROUP BY ", ", ", "") &&
           put_clause(builder, CHAIN_HAVING, " HAVING (", " AND (", ") IS NOT NULL") &&
           put_clause(builder, CHAIN_ORDER, " ORDER BY ", ", ", "") &&
           put_clause(builder, CHAIN_RETURNING, " RETURNING ", ", ", "") &&
           builder->count == builder->segments->len;
}

/* ---- what was found in it ---- */

static bool
is_written_plainly(const char *text)
{
    for (; *text != '\0'; text++)
        if (!is_identifier_byte(*text) && *text != '.')
            return false;
    return true;
}

/* `mass`, or `mass AS weight`, or ` AS weight` behind a name. */
static bool
is_fit(const Segment *segment, const char *text)
{
    const char *as = strstr(text, " AS ");
    as = as != NULL ? as : strstr(text, " as ");
    if (as == NULL)
        return is_written_plainly(text);
    g_autofree char *front = g_strndup(text, (size_t) (as - text));
    return segment->may_alias && is_written_plainly(front) &&
           is_written_plainly(as + strlen(" AS "));
}

typedef struct {
    const GArray *segments;
    const Text *text;
    const Renames *renames;
} Found;

static bool
is_edited(const Rewrite *inner, const Segment *segment)
{
    for (guint i = 0; i < inner->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        if (edit->begin >= segment->begin && edit->end <= segment->end)
            return true;
    }
    return false;
}

/* SQL may have a word of its own where a library has the name of a column (`user`), which it writes in quotes. */
static bool
is_missed(const Rewrite *inner, const Found *found, const Segment *segment)
{
    bool is_column = segment->clause == CHAIN_SELECT || segment->clause == CHAIN_SET ||
                     segment->clause == CHAIN_WHERE || segment->clause == CHAIN_RETURNING;
    size_t end = segment->begin;
    while (end < segment->end && is_identifier_byte(found->text->bytes[end]))
        end++;
    g_autofree char *name = g_strndup(found->text->bytes + segment->begin, end - segment->begin);
    SqlPart part = {.text = name, .end = (uint32_t) strlen(name)};
    if (segment->is_sql || !is_column || text_byte(found->text, end) == '.')
        return false;
    for (guint i = 0; i < found->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(found->renames->list, i);
        const ColumnChange *change =
            rename_is_mentioned(rename, found->text->bytes, found->text->count)
                ? rename_column(rename, dialect_by_name("bigquery"), &part)
                : NULL;
        if (change != NULL && change->kind != CHANGE_NONE && !is_edited(inner, segment))
            return true;
    }
    return false;
}

/* Every edit stands in one literal, as the library can take it, and nothing is left to a person. */
static bool
takes_all(const Rewrite *inner, void *data)
{
    const Found *all = data;
    const GArray *segments = all->segments;
    for (guint i = 0; i < segments->len; i++)
        if (is_missed(inner, all, &g_array_index(segments, Segment, i)))
            return false;
    for (guint i = 0; i < inner->sites->len; i++) {
        Disposition found = ((const Site *) g_ptr_array_index(inner->sites, i))->disposition;
        if (found == DISPOSITION_NEEDS_PERSON || found == DISPOSITION_UNPARSABLE)
            return false;
    }
    for (guint i = 0; i < inner->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        bool is_in_one = false;
        for (guint k = 0; k < segments->len && !is_in_one; k++) {
            const Segment *segment = &g_array_index(segments, Segment, k);
            is_in_one = edit->begin >= segment->begin && edit->end <= segment->end &&
                        edit->end > segment->begin && is_fit(segment, edit->text);
        }
        if (!is_in_one)
            return false;
    }
    return inner->edits->len > 0;
}

/* ---- chains ---- */

static void *
place_of(const Unit *unit, guint piece)
{
    size_t begin = unit_piece(unit, piece)->begin;
    return GSIZE_TO_POINTER((gsize) text_span(unit->text, begin, begin + 1).begin + 1);
}

bool
use_is_in_chain(const Unit *unit, const Use *use)
{
    return g_hash_table_contains(unit->work->parts, place_of(unit, use->first));
}

bool
use_begins_chain(const Unit *unit, const Use *use)
{
    const ChainLibrary *library = use->argument == 0 ? chain_library(unit) : NULL;
    guint callee = library != NULL ? piece_of_callee(unit, use) : G_MAXUINT;
    const LinkMethod *method = callee != G_MAXUINT ? chain_method(unit, library, callee) : NULL;
    return method != NULL && method->kind >= LINK_TABLE && method->kind <= LINK_JOIN_SQL &&
           method->kind != LINK_DELETE;
}

static const Rename *
rename_of(const Unit *unit, const Text *text)
{
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        if (rename_is_mentioned(rename, text->bytes, text->count))
            return rename;
    }
    return NULL;
}

static bool
is_segment(const GArray *segments, guint piece)
{
    for (guint i = 0; i < segments->len; i++)
        if (g_array_index(segments, Segment, i).piece == piece)
            return true;
    return false;
}

/* A literal between the calls that was not read, and has the name of a column that changes. */
static bool
has_other_names(const Chain *chain, const GArray *segments, const Rename *rename)
{
    const Unit *unit = chain->unit;
    for (guint r = 0; r < chain->ranges->len; r++) {
        Range range = g_array_index(chain->ranges, Range, r);
        for (guint i = (guint) range.begin; i < range.end; i++) {
            const Piece *piece = unit_piece(unit, i);
            if (piece->kind == PIECE_LITERAL && !is_segment(segments, i) &&
                rename_names_change(rename, unit->text->bytes + piece->inner_begin,
                                    piece->inner_end - piece->inner_begin))
                return true;
        }
    }
    return false;
}

/* Of all datasets that the query reads: columns only get other names, and only where they were read. */
static bool
are_understood(const Chain *chain, const GArray *segments, const Text *text)
{
    const GPtrArray *list = chain->unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!rename_is_mentioned(rename, text->bytes, text->count))
            continue;
        if (!rename_only_renames(rename) || has_other_names(chain, segments, rename))
            return false;
        for (size_t t = 0; chain->api->tacit[t] != NULL; t++)
            if (rename_names_change(rename, chain->api->tacit[t], strlen(chain->api->tacit[t])))
                return false;
    }
    return true;
}

static bool
read_chain(Chain *chain, Use *use)
{
    LinkKind verb;
    bool is_scalar = false;
    Unit *unit = chain->unit;
    if (!chain_find(chain, use))
        return false;
    g_autoptr(GArray) segments = chain_segments(chain, &verb, &is_scalar);
    if (segments == NULL)
        return false;
    g_autoptr(Text) text = text_new(unit->text);
    Builder builder = {.unit = unit, .text = text, .segments = segments};
    Found found = {.segments = segments, .text = text, .renames = unit->work->renames};
    if (!put_all(&builder, verb, is_scalar) || !are_understood(chain, segments, text) ||
        !program_sql_checked(unit, use, text, takes_all, &found))
        return false;
    for (guint i = 0; i < segments->len; i++)
        g_hash_table_add(unit->work->parts,
                         place_of(unit, g_array_index(segments, Segment, i).piece));
    for (guint i = 0; i < chain->links->len; i++)
        g_hash_table_add(unit->work->parts,
                         place_of(unit, g_array_index(chain->links, ChainLink, i).open));
    for (guint i = 0; i < chain->rows->len; i++) {
        g_hash_table_add(unit->work->parts, place_of(unit, g_array_index(chain->rows, guint, i)));
        guint first = unit_next(unit, g_array_index(chain->rows, guint, i), true);
        if (unit_piece(unit, first)->kind == PIECE_LITERAL) /* ->get()->pluck('weight') */
            g_hash_table_add(unit->work->parts, place_of(unit, first));
    }
    return true;
}

/* Is there a column between these brackets: in a literal, or as a key? */
static bool
has_column_within(Unit *unit, const Rename *rename, guint open)
{
    guint end = MIN(unit_bracket_end(unit, open), unit->pieces->len);
    for (guint i = open + 1; i < end && i < open + CALL_MAX; i++) {
        const Piece *piece = unit_piece(unit, i);
        bool is_literal = piece->kind == PIECE_LITERAL;
        size_t begin = is_literal ? piece->inner_begin : piece->begin,
               bytes = (is_literal ? piece->inner_end : piece->end) - begin;
        bool is_key = piece->kind == PIECE_WORD && unit_sign(unit, i - 1) != '.' &&
                      unit_is_language(unit, "javascript");
        if ((is_literal || is_key) && rename_names_change(rename, unit->text->bytes + begin, bytes))
            return true;
    }
    return false;
}

/* A call of the library elsewhere that names a column: it may be put to one of these queries. */
static void
name_others(Unit *unit, const ChainLibrary *library, const Rename *rename)
{
    for (guint i = 1; i < unit->pieces->len; i++) {
        guint open = i + 1;
        if (unit_piece(unit, i)->kind != PIECE_WORD || !unit_is_sign(unit, open, '(') ||
            (unit_sign(unit, i - 1) != '.' && unit_sign(unit, i - 1) != '>') ||
            g_hash_table_contains(unit->work->parts, place_of(unit, open)))
            continue;
        const LinkMethod *method = chain_method(unit, library, i);
        if (method != NULL && method->kind != LINK_NEUTRAL &&
            has_column_within(unit, rename, open)) {
            g_hash_table_add(unit->work->named, (void *) rename);
            return;
        }
    }
}

void
program_chains(Unit *unit)
{
    const ChainLibrary *library =
        unit->work->options->propagates || unit->depth > 0 ? NULL : chain_library(unit);
    g_autoptr(GHashTable) read = g_hash_table_new(NULL, NULL);
    for (guint i = 0; library != NULL && i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        if (use->argument != 0 || use->first != use->last || use_is_in_chain(unit, use) ||
            piece_of_callee(unit, use) == G_MAXUINT ||
            chain_method(unit, library, piece_of_callee(unit, use)) == NULL)
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        const Rename *rename = text_mentions(unit->work, text) ? rename_of(unit, text) : NULL;
        if (rename == NULL || !rename_changes_columns(rename) || !rename_only_renames(rename))
            continue;
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(ChainLink));
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint));
        Chain chain = {
            .unit = unit, .api = library, .links = links, .ranges = ranges, .rows = rows};
        if (read_chain(&chain, use))
            g_hash_table_add(read, (void *) rename);
    }
    GHashTableIter iter;
    void *rename;
    g_hash_table_iter_init(&iter, read);
    while (g_hash_table_iter_next(&iter, &rename, NULL))
        name_others(unit, library, rename);
}
