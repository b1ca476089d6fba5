/* declared.c - see members.h: fields of a class that another file ties to the table: class Line { int Amount; }. */
#include "rewrite/imports/members.h"

#include <string.h>

#define HEAD_MAX 60 /* pieces between the name of a class and its body */

/* int Amount { get; set; }, List<int> Amount = …; but not return Amount; */
static bool
declares_field(const Unit *unit, guint index)
{
    static const char *const others[] = {"return", "new", "in", "is", "as", "throw", NULL};
    guint before = unit_previous(unit, index, true), behind = unit_next(unit, index, true);
    char first = before != G_MAXUINT ? unit_sign(unit, before) : '\0',
         next = unit_sign(unit, behind);
    bool has_type = first == '\0' ? before != G_MAXUINT && !unit_is_among(unit, before, others)
                                  : strchr(">?]", first) != NULL;
    return has_type && next != '\0' && strchr("{;=", next) != NULL;
}

/* Is it the class of this file's own package, and not only one of the same name that the file sees? */
static bool
is_of_package(Unit *unit, const ImportedClass *class)
{
    g_autofree char *within = imports_within(imports_package(unit), class->name);
    const GPtrArray *list =
        exports_within(unit->work->options->exports, class->export->module, within);
    for (guint i = 0; list != NULL && i < list->len; i++)
        if (((const Export *) g_ptr_array_index(list, i))->is_class)
            return true;
    return false;
}

void
members_declared(const Members *members, guint name, const ImportedClass *class)
{
    static const char *const heads[] = {"class", "record", "struct", NULL};
    Unit *unit = members->unit;
    guint open = name;
    if (name == 0 || !unit_is_language(unit, "csharp") || !unit_is_among(unit, name - 1, heads) ||
        !is_of_package(unit, class))
        return;
    while (open < name + HEAD_MAX && open < unit->pieces->len && !unit_is_sign(unit, open, '{'))
        open++;
    guint close = members_closer(members, open);
    for (guint i = open; close != G_MAXUINT && i < close; i++) {
        const Piece *piece = unit_piece(unit, i);
        const ColumnChange *change =
            piece->kind == PIECE_WORD && declares_field(unit, i)
                ? member_change(class->rename, unit->text->bytes + piece->begin,
                                piece->end - piece->begin)
                : NULL;
        if (change != NULL)
            members_tell(unit, class, change, piece->begin, piece->end);
    }
}
