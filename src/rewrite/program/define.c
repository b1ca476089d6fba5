/*
 * define.c - see convention.h: what has a table by the rules of frameworks that do more than derive a class: calls that
 * define a model, structs, objects, sets of a context, generated names.
 */
#include "rewrite/convention.h"

#include <string.h>

#define BODY_MAX 4000 /* pieces of one struct or class that are looked through */

static bool
is_behind(const Unit *unit, guint index, const char *word)
{
    return index > 0 && unit_is_word(unit, index - 1, word);
}

/* Behind the bracket that encloses the piece; the end of the text where none does. */
static guint
end_around(Unit *unit, guint index)
{
    guint open = unit_bracket_around(unit, index);
    return open == G_MAXUINT ? unit->pieces->len : unit_bracket_end(unit, open);
}

/* The `{` of the body whose head the name is in; G_MAXUINT: there is none. */
static guint
body_of(const Unit *unit, guint name)
{
    for (guint i = name; i < unit->pieces->len && i < name + HEAD_MAX; i++)
        if (unit_is_sign(unit, i, '{'))
            return i;
    return G_MAXUINT;
}

/* const User = sequelize.define("User", …): what the class is called, where this is the call's bracket; G_MAXUINT: it is not said. */
static guint
class_of_define(Unit *unit, guint open)
{
    guint define = unit_previous(unit, open, true), dot = unit_previous(unit, define, true);
    guint object = dot != G_MAXUINT ? unit_previous(unit, dot, true) : G_MAXUINT;
    guint sign = object != G_MAXUINT ? unit_previous(unit, object, true) : G_MAXUINT;
    guint name = sign != G_MAXUINT && unit_is_sign(unit, sign, '=')
                     ? unit_previous(unit, sign, true)
                     : G_MAXUINT;
    return name != G_MAXUINT && unit_piece(unit, name)->kind == PIECE_WORD ? name : G_MAXUINT;
}

/* sequelize.define("User", …), class User extends Model, without tableName in what belongs to it. */
bool
holds_for_sequelize(Unit *unit, Called *called)
{
    static const char *const said[] = {"tableName", NULL}, *const define[] = {"define", NULL};
    static const char *const models[] = {"Model", NULL}, *const classes[] = {"class", NULL};
    guint name = called->name, end = name + 1;
    if (unit_piece(unit, name)->kind == PIECE_LITERAL) {
        guint open = unit_previous(unit, name, true); /* also of the line before */
        guint callee = open != G_MAXUINT && unit_is_sign(unit, open, '(')
                           ? unit_previous(unit, open, true)
                           : G_MAXUINT;
        if (callee == G_MAXUINT || !unit_is_among(unit, callee, define))
            return false;
        called->class = class_of_define(unit, open);
        return !unit_has_word(unit, name, end_around(unit, name), said);
    }
    if (!is_behind_class(unit, name) ||
        !unit_has_word(unit, name + 1, head_end(unit, name), models))
        return false;
    while (end < unit->pieces->len && !unit_is_among(unit, end, classes))
        end++;
    guint from = name > HEAD_MAX ? name - HEAD_MAX : 0; /* @Table({ tableName: … }) */
    while (from < name && unit_has_word(unit, from, name - 1, classes))
        from++;
    return !unit_has_word(unit, from, end, said);
}

/* @Entity() class User, with nothing in the brackets that says a name. */
bool
holds_for_entity(Unit *unit, Called *called)
{
    static const char *const entity[] = {"Entity", NULL}, *const classes[] = {"class", NULL};
    static const char *const said[] = {"name", "tableName", NULL};
    guint at = called->name;
    if (!is_behind_class(unit, at))
        return false;
    for (at--; at > 0 && called->name - at < HEAD_MAX && !unit_is_among(unit, at - 1, classes);
         at--)
        if (unit_is_among(unit, at, entity) && unit_is_sign(unit, at - 1, '@')) {
            guint open = at + 1, end = unit_bracket_end(unit, open);
            return !unit_is_sign(unit, open, '(') ||
                   (unit_piece(unit, open + 1)->kind != PIECE_LITERAL &&
                    !unit_has_word(unit, open, end, said));
        }
    return false;
}

/* type User struct { gorm.Model … `gorm:"…"` }, and no TableName() of it in the file. */
bool
holds_for_gorm(Unit *unit, Called *called)
{
    static const char *const model[] = {"gorm", NULL}, *const said[] = {"TableName", NULL};
    guint name = called->name, open = name + 2;
    if (!is_behind(unit, name, "type") || !unit_is_word(unit, name + 1, "struct") ||
        !unit_is_sign(unit, open, '{'))
        return false;
    guint end = MIN(unit_bracket_end(unit, open), open + BODY_MAX);
    bool is_model = unit_has_word(unit, open, end, model);
    for (guint i = open; i < end && !is_model; i++) {
        const Piece *piece = unit_piece(unit, i);
        is_model = piece->kind == PIECE_LITERAL &&
                   memmem(unit->text->bytes + piece->begin, piece->end - piece->begin,
                          "gorm:", strlen("gorm:")) != NULL;
    }
    for (guint i = 0; is_model && i < unit->pieces->len; i++) {
        const Piece *receiver = i > 1 ? unit_piece(unit, i - 2) : NULL;
        const Piece *own = unit_piece(unit, name);
        if (receiver != NULL && unit_is_among(unit, i, said) &&
            span_is_same(unit->text, (Span){receiver->begin, receiver->end},
                         (Span){own->begin, own->end}))
            return false;
    }
    return is_model;
}

/* modelBuilder.Entity<User>().ToTable("…"), in this file: then nothing goes by a rule. */
static bool
has_said_table(const Unit *unit, guint class)
{
    static const char *const near[] = {"ToTable", "ToView", NULL};
    const guint far = 400; /* pieces: of a block that says the columns, too */
    for (guint i = 1; i + 2 < unit->pieces->len; i++) {
        guint end = i + 2;
        if (!unit_is_word(unit, i, "Entity") || !unit_is_sign(unit, i + 1, '<'))
            continue;
        while (end < unit->pieces->len && !unit_is_sign(unit, end, '>'))
            end++;
        if (!span_is_same(unit->text, piece_span(unit_piece(unit, end - 1)),
                          piece_span(unit_piece(unit, class))))
            continue;
        for (guint k = end;
             k < unit->pieces->len && k < end + far && !unit_is_word(unit, k, "Entity"); k++)
            if (unit_is_among(unit, k, near))
                return true;
    }
    return false;
}

/* DbSet<User> Users: the set gives the table its name. */
bool
holds_for_dbset(Unit *unit, Called *called)
{
    guint name = called->name, class = name - 2;
    if (name < 4 || !unit_is_sign(unit, name - 1, '>'))
        return false;
    guint open = class;
    while (open > 1 &&
           (unit_piece(unit, open)->kind == PIECE_WORD || unit_is_sign(unit, open, '.')))
        open--;
    called->class = class;
    called->is_elsewhere = true;
    return unit_is_sign(unit, open, '<') && is_behind(unit, open, "DbSet") &&
           !has_said_table(unit, class);
}

/* object Users : IntIdTable(), without a name in the brackets. */
bool
holds_for_exposed(Unit *unit, Called *called)
{
    guint colon = called->name + 1, table = colon + 1, open = table + 1;
    const Piece *piece = unit_piece(unit, table);
    if (!is_behind(unit, called->name, "object") || !unit_is_sign(unit, colon, ':') ||
        table >= unit->pieces->len || piece->kind != PIECE_WORD)
        return false;
    while (unit_is_sign(unit, open, '<') || unit_is_sign(unit, open, '>') ||
           (unit_piece(unit, open)->kind == PIECE_WORD && unit_is_sign(unit, open + 1, '>')))
        open++; /* IdTable<Long>() */
    g_autofree char *base = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    return g_str_has_suffix(base, "Table") && unit_is_sign(unit, open, '(') &&
           unit_piece(unit, open + 1)->kind != PIECE_LITERAL &&
           !unit_is_word(unit, open + 1, "name");
}

/* class User(SQLModel, table=True), without __tablename__. */
bool
holds_for_sqlmodel(Unit *unit, Called *called)
{
    static const char *const table[] = {"table", NULL}, *const said[] = {"__tablename__", NULL};
    guint name = called->name;
    return is_behind_class(unit, name) &&
           unit_has_word(unit, name + 1, head_end(unit, name), table) &&
           !unit_has_word(unit, name, body_end(unit, name), said);
}

/* #[derive(DeriveIden)] enum Users { Table, … }, and Users::Table in migrations. */
bool
holds_for_iden(Unit *unit, Called *called)
{
    static const char *const table[] = {"Table", NULL};
    guint name = called->name, body = body_of(unit, name);
    called->class = G_MAXUINT;
    if (is_behind(unit, name, "enum") && body == name + 1)
        return unit_has_word(unit, body, unit_bracket_end(unit, body), table);
    return unit_is_sign(unit, name + 1, ':') && unit_is_sign(unit, name + 2, ':') &&
           unit_is_among(unit, name + 3, table);
}

/* ORDER_LINES.ID, from(ORDER_LINES): the generated name of the table. */
bool
holds_for_jooq(Unit *unit, Called *called)
{
    guint before = unit_previous(unit, called->name, true);
    called->class = G_MAXUINT;
    called->is_generated = true;
    return unit_piece(unit, called->name)->kind == PIECE_WORD &&
           !unit_is_sign(unit, called->name + 1, '=') &&
           (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD);
}
