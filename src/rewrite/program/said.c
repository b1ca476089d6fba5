/*
 * said.c - classes that say what each of their columns is called: Column("plan"), @Column(name = "plan").
 *
 * Their fields keep their own names, and so does what uses them: the table and its columns are written where the class says
 * them. That holds only where every column that changes is said, once, and nothing else in the class may name one.
 */
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include "rewrite/convention.h"
#include "rewrite/imports/imports.h"

#include <string.h>

/* ---- which pieces are the class's ---- */

/* From the bracket behind `name` to what closes it: class A { … }, data class A(…), data class A(…) { … }. */
static guint
end_of_class(Unit *unit, guint name)
{
    guint open = name, end;
    while (open < unit->pieces->len && !unit_is_sign(unit, open, '{') &&
           !unit_is_sign(unit, open, '('))
        open = unit_next(unit, open, true);
    end = unit_bracket_end(unit, open);
    if (open >= unit->pieces->len || end >= unit->pieces->len || unit_is_sign(unit, open, '{'))
        return end;
    guint next = unit_next(unit, end, true);
    for (guint steps = 0; unit_is_sign(unit, next, ':') && steps < 40; steps++) {
        guint behind = unit_next(unit, end, false); /* : Base(a), Other { … } */
        for (; steps < 40 && !unit_is_sign(unit, behind, '{') &&
               unit_piece(unit, behind)->kind != PIECE_LINE;
             steps++)
            behind = unit_next(unit, unit_bracket_end(unit, behind), false);
        next = behind;
    }
    return unit_is_sign(unit, next, '{') ? unit_bracket_end(unit, next) : end;
}

/* class User: of Python, around its __tablename__ or its class Meta. */
static bool
find_by_margins(Unit *unit, guint index, guint *ret_first, guint *ret_end)
{
    guint line = unit_line_around(unit, unit_line_of(unit, index));
    for (; line != G_MAXUINT; line = unit_line_around(unit, line)) {
        guint name = unit_next(unit, line, false);
        if (!unit_is_word(unit, line, "class") || unit_is_word(unit, name, "Meta"))
            continue;
        *ret_first = line;
        *ret_end = body_end(unit, name);
        return true;
    }
    return false;
}

/* The bracket of this kind around the piece. */
static bool
find_around(Unit *unit, guint index, char sign, guint *ret_first, guint *ret_end)
{
    guint open = unit_bracket_around(unit, index);
    while (open != G_MAXUINT && !unit_is_sign(unit, open, sign))
        open = unit_bracket_around(unit, open);
    *ret_first = open;
    *ret_end = open != G_MAXUINT ? unit_bracket_end(unit, open) : 0;
    return open != G_MAXUINT;
}

/* sequelize.define("User", {…}, { tableName: "…" }), pgTable("…", {…}) */
static bool
find_call(Unit *unit, const Use *use, guint *ret_first, guint *ret_end)
{
    static const char *const makers[] = {"define",     "init",        "pgTable",
                                         "mysqlTable", "sqliteTable", NULL};
    if (!find_around(unit, use->first, '(', ret_first, ret_end))
        return false;
    guint callee = unit_previous(unit, *ret_first, true);
    return callee != G_MAXUINT && unit_is_among(unit, callee, makers);
}

/* object Users : Table("…") { … } of Exposed, class Users(tag: Tag) extends Table[User](tag, "…") { … } of Slick */
static bool
find_object(Unit *unit, const Use *use, guint *ret_first, guint *ret_end)
{
    guint close = unit_next(unit, use->last, true), open = unit_next(unit, close, true);
    *ret_first = use->first;
    *ret_end = unit_bracket_end(unit, open);
    return unit_is_sign(unit, close, ')') && unit_is_sign(unit, open, '{');
}

/* b.Entity<User>().ToTable("…").Property(u => u.Plan).HasColumnName("…"); as one statement of several */
static bool
find_statement(const Unit *unit, const Use *use, guint *ret_first, guint *ret_end)
{
    guint begin = use->first, end = use->last;
    while (begin != G_MAXUINT &&
           (unit_sign(unit, begin) == '\0' || strchr(";{}", unit_sign(unit, begin)) == NULL))
        begin = unit_previous(unit, begin, true);
    while (end < unit->pieces->len && !unit_is_sign(unit, end, ';'))
        end++;
    *ret_first = use->first;
    *ret_end = end;
    for (guint i = begin == G_MAXUINT ? 0 : begin; i < use->first; i++)
        if (unit_is_word(unit, i, "Entity") && unit_is_sign(unit, i + 1, '<'))
            return end < unit->pieces->len;
    return false;
}

/* schema "…" do of Ecto: the lines behind it, as far as they stand further in. */
static bool
find_schema(Unit *unit, const Use *use, guint *ret_first, guint *ret_end)
{
    *ret_first = use->last;
    *ret_end = body_end(unit, use->first);
    return *ret_end > use->last;
}

static bool
find_class(Unit *unit, const Use *use, guint *ret_first, guint *ret_end)
{
    guint name;
    if (unit_is_language(unit, "elixir"))
        return find_schema(unit, use, ret_first, ret_end);
    if (unit_is_language(unit, "csharp") && span_is(unit->text, use->callee, "ToTable") &&
        find_statement(unit, use, ret_first, ret_end))
        return true;
    if (around_has_margins(unit->language))
        return unit_is_language(unit, "python") &&
               find_by_margins(unit, use->first, ret_first, ret_end);
    if (unit_is_language(unit, "prisma") ||
        (unit_is_language(unit, "csharp") && span_is(unit->text, use->callee, "ToTable")))
        return find_around(unit, use->first, '{', ret_first, ret_end);
    if (unit_is_language(unit, "javascript") && find_call(unit, use, ret_first, ret_end))
        return true;
    if ((unit_is_language(unit, "kotlin") || unit_is_language(unit, "scala")) &&
        find_object(unit, use, ret_first, ret_end))
        return true;
    name = class_behind(unit, use->last);
    *ret_first = use->first;
    *ret_end = name != G_MAXUINT ? end_of_class(unit, name) : 0;
    return name != G_MAXUINT;
}

/* ---- what it says ---- */

typedef struct {
    Unit *unit;
    const Rename *rename;
    guint first, end;
    bool *is_said; /* of each change */
    GArray *said;  /* SaidColumn */
} Reader;

/* @Entity, @ORM\Entity, and entity: () => Person of a relation. */
static bool
is_entity_itself(const Unit *unit, guint index)
{
    return unit_is_word(unit, index, "Entity") &&
           (unit_is_sign(unit, index - 1, '@') || unit_is_sign(unit, index - 1, '\\') ||
            unit_is_sign(unit, index + 1, ':'));
}

/* Columns of a table that a relation has for itself, or of the other table: what they are called says nothing here. */
static bool
has_other_tables(const Reader *reader)
{
    static const char *const words[] = {
        "ElementCollection", "JoinTable",           "CollectionTable", "SecondaryTable",
        "AttributeOverride", "AssociationOverride", "Entity",          "OwnsOne",
        "OwnsMany",          "UsingEntity",         "Table",           NULL};
    for (guint i = reader->first + 1; i < reader->end; i++)
        if (unit_is_among(reader->unit, i, words) && !is_entity_itself(reader->unit, i))
            return true;
    return false;
}

/* @JoinColumn of one row that this one points to, also in @JoinColumns({…}), not of rows that point to it. */
static bool
is_own_key(const Reader *reader, const Use *use)
{
    static const char *const one[] = {"ManyToOne", "OneToOne", NULL};
    static const char *const many[] = {"OneToMany", "ManyToMany", NULL};
    Unit *unit = reader->unit;
    bool has_callee = span_is(unit->text, use->callee, "JoinColumn");
    guint at = unit_piece_at(unit, has_callee ? use->callee.begin : use->outer.begin);
    for (guint i = at; i != G_MAXUINT && i > reader->first; i = unit_previous(unit, i, true)) {
        char sign = unit_sign(unit, i);
        if (unit_is_among(unit, i, one))
            return true;
        bool is_listed = sign == '{' && unit_is_sign(unit, unit_previous(unit, i, true), '(');
        if (sign == ';' || (sign == '{' && !is_listed) || unit_is_among(unit, i, many))
            return false;
    }
    return false;
}

/* The change of the column that is called so, or will be if `is_new`; G_MAXUINT: there is none. */
static guint
change_called(const Rename *rename, const char *name, size_t bytes, bool is_new)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        const char *called = is_new ? change->to : change->column;
        if (called != NULL && strlen(called) == bytes && memcmp(called, name, bytes) == 0)
            return i;
    }
    return G_MAXUINT;
}

/* What is written there instead. A symbol of Elixir (source: :plan) is a word of the file; false: it cannot be one. */
static bool
write_said(const Text *text, size_t begin, size_t end, const char *after, SaidColumn *said)
{
    if (text->from != NULL)
        return text_edit(text, begin, end, after, &said->span, &said->after);
    for (const char *c = after; *c != '\0'; c++)
        if (!is_identifier_byte(*c))
            return false;
    said->span = (Span){(uint32_t) begin, (uint32_t) end};
    said->after = g_strdup(after);
    return !g_ascii_isdigit(after[0]);
}

/* One name of a column in the text; false: it cannot be written. */
static bool
read_name(Reader *reader, const Text *text, size_t begin, size_t end, bool is_again)
{
    const char *name = text->bytes + begin;
    guint index = change_called(reader->rename, name, end - begin, false);
    bool is_new = index == G_MAXUINT;
    if (is_new)
        index = change_called(reader->rename, name, end - begin, true);
    if (index == G_MAXUINT)
        return reader->rename->is_in_place; /* else nobody says what becomes of it */
    const ColumnChange *change = g_ptr_array_index(reader->rename->changes, index);
    if (change->kind == CHANGE_NONE)
        return true;
    if (change->kind != CHANGE_NAME || (!is_again && reader->is_said[index]))
        return false;
    reader->is_said[index] = reader->is_said[index] || !is_again;
    SaidColumn said = {.change = change};
    if (is_new)
        return true;
    if (!write_said(text, begin, end, change->to, &said))
        return false;
    g_array_append_val(reader->said, said);
    return true;
}

/* "plan, name DESC" */
static bool
read_list(Reader *reader, const Text *text)
{
    static const char *const orders[] = {"asc", "desc", "ASC", "DESC", NULL};
    for (size_t at = 0; at < text->count;) {
        size_t begin = at + strspn(text->bytes + at, ", ");
        size_t end = begin + strcspn(text->bytes + begin, ", ");
        bool is_order = span_is_among(text, (Span){(uint32_t) begin, (uint32_t) end}, orders);
        if (end > begin && !is_order && !read_name(reader, text, begin, end, true))
            return false;
        at = end;
    }
    return true;
}

static bool
read_use(Reader *reader, Use *use)
{
    Unit *unit = reader->unit;
    const ColumnPlace *place = column_place(unit, use);
    g_autoptr(Text) text = program_text(unit, use);
    bool is_key = place != NULL && g_strcmp0(place->callee, "JoinColumn") != 0 &&
                  g_strcmp0(place->outer, "JoinColumn") != 0;
    if (place == NULL || (!is_key && !is_own_key(reader, use)))
        return use_is_for_others(unit, use) || use_is_foreign_key(unit, use) ||
               use_is_field_of_django(unit, use, text) || program_is_statement(unit, use, text) ||
               !rename_names_change(reader->rename, text->bytes, text->count);
    return place->is_list ? read_list(reader, text)
                          : read_name(reader, text, 0, text->count, place->is_again);
}

/* Has the field that the symbol is in a source, which says its column? */
static bool
has_source(const Reader *reader, guint symbol)
{
    static const char *const fields[] = {"field",      "belongs_to",  "timestamps", "has_many",
                                         "embeds_one", "embeds_many", "has_one",    NULL};
    for (guint i = symbol; i < reader->end && !unit_is_among(reader->unit, i, fields); i++)
        if (unit_is_word(reader->unit, i, "source"))
            return true;
    return false;
}

/* field :tariff, :string, source: :plan of Ecto; false: a field without a source is called like a column that changes. */
static bool
read_sources(Reader *reader)
{
    Unit *unit = reader->unit;
    for (guint i = reader->first + 3; i < reader->end; i++) {
        const Piece *piece = unit_piece(unit, i);
        const char *name = unit->text->bytes + piece->begin;
        size_t bytes = piece->end - piece->begin;
        if (piece->kind != PIECE_WORD || !unit_is_sign(unit, i - 1, ':') ||
            unit_piece(unit, i - 1)->end != piece->begin)
            continue;
        if (unit_is_sign(unit, i - 2, ':') && unit_is_word(unit, i - 3, "source")) {
            if (!read_name(reader, unit->text, piece->begin, piece->end, false))
                return false;
            continue;
        }
        guint index = change_called(reader->rename, name, bytes, false);
        const ColumnChange *change =
            index != G_MAXUINT ? g_ptr_array_index(reader->rename->changes, index) : NULL;
        if (change != NULL && change->kind != CHANGE_NONE && !has_source(reader, i))
            return false;
    }
    return true;
}

/* All that the class has; false: something in it is not understood. */
static bool
read_class(Reader *reader, const Use *own)
{
    const Unit *unit = reader->unit;
    if (unit_is_language(unit, "elixir") && !read_sources(reader))
        return false;
    for (guint i = unit_uses_before(unit, reader->first); i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        if (use->first >= reader->end)
            break;
        if (use == own || use->last >= reader->end)
            continue;
        if (use_is_of_class(unit, use) || !read_use(reader, use))
            return false;
    }
    for (guint i = 0; i < reader->rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(reader->rename->changes, i);
        if (change->kind != CHANGE_NONE && !reader->is_said[i])
            return false;
    }
    return true;
}

static void
said_clear(void *data)
{
    g_free(((SaidColumn *) data)->after);
}

/* Between the pieces, of which `own` says the table, or nobody does. Caller frees; NULL: not all of them are said. */
static GArray *
read_said(Unit *unit, guint first, guint end, const Use *own, const Rename *rename)
{
    g_autofree bool *is_said = g_new0(bool, rename->changes->len + 1);
    g_autoptr(GArray) said = g_array_new(FALSE, FALSE, sizeof(SaidColumn));
    Reader reader = {unit, rename, first, end, is_said, said};
    g_array_set_clear_func(said, said_clear);
    bool is_understood = rename_only_renames(rename) && unit->text->from == NULL &&
                         end <= unit->pieces->len && !has_other_tables(&reader) &&
                         read_class(&reader, own);
    return is_understood ? g_steal_pointer(&said) : NULL;
}

GArray *
class_said_columns(Unit *unit, const Use *use, const Rename *rename)
{
    guint first, end;
    return find_class(unit, use, &first, &end) ? read_said(unit, first, end, use, rename) : NULL;
}

GArray *
class_said_at(Unit *unit, guint name, const Rename *rename)
{
    bool has_brackets = unit_is_language(unit, "java") || unit_is_language(unit, "kotlin");
    return has_brackets && rename->is_in_place
               ? read_said(unit, name, end_of_class(unit, name), NULL, rename)
               : NULL;
}

bool
class_write_said(Unit *unit, const Use *use, const Rename *rename)
{
    return class_write_columns(unit, class_said_columns(unit, use, rename), rename);
}

bool
class_write_columns(Unit *unit, GArray *take_said, const Rename *rename)
{
    Work *work = unit->work;
    g_autoptr(GArray) said = take_said;
    for (guint i = 0; said != NULL && i < said->len; i++) {
        const SaidColumn *column = &g_array_index(said, SaidColumn, i);
        Site *site = site_add(work, SITE_COLUMN, DISPOSITION_REWRITTEN, column->span.begin,
                              column->span.end);
        site->after = keep(work, column->change->to);
        edit_add(work, column->span.begin, column->span.end, column->after);
    }
    if (said != NULL)
        g_hash_table_add(work->said, (void *) rename);
    return said != NULL;
}
