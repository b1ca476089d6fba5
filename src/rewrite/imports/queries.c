/* queries.c - see members.h: methods of repositories whose names are queries: findByPlanAndName of Spring. */
#include "rewrite/imports/members.h"

#include <string.h>

/* userRepository.findBy…, List<User> findBy…, User user = people.findBy…: is it the class's query? */
static bool
is_query_of(const Members *members, const ImportedClass *class, guint index)
{
    const Unit *unit = members->unit;
    guint object = unit_is_sign(unit, index - 1, '.') && index > 1 ? index - 2 : G_MAXUINT, last;
    const Piece *piece = unit_piece(unit, object);
    if (object != G_MAXUINT &&
        members_is_prefix(class->name, unit->text->bytes + piece->begin, piece->end - piece->begin))
        return true;
    for (guint i = index; i-- > 0 && unit_piece(unit, i)->kind != PIECE_LINE;)
        if (members_class(members, i, &last) == class)
            return true;
    return false;
}

/* findByPlanAndName, existsByPlan: methods of repositories, whose names are queries. */
void
members_query(const Members *members, guint index)
{
    static const char *const verbs[] = {"find",   "get",  "count", "exists",
                                        "delete", "read", "query"};
    Unit *unit = members->unit;
    const Piece *piece = unit_piece(unit, index);
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    const char *by = strstr(name, "By");
    bool is_query = false;
    for (size_t i = 0; by != NULL && i < G_N_ELEMENTS(verbs); i++)
        is_query = is_query || g_str_has_prefix(name, verbs[i]);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, unit->work->imports->classes);
    while (is_query && g_hash_table_iter_next(&iter, NULL, &value)) {
        const ImportedClass *class = value;
        bool is_own = is_query_of(members, class, index);
        for (const char *at = by + 2, *end; is_own && *at != '\0'; at = end) {
            const char *and = strstr(at, "And"), * or = strstr(at, "Or");
            end = and == NULL || (or != NULL && or < and) ? or : and;
            size_t bytes = end != NULL ? (size_t) (end - at) : strlen(at);
            const ColumnChange *change = member_change(class->rename, at, bytes);
            if (change != NULL)
                members_tell(unit, class, change, piece->begin, piece->end);
            end = end == NULL ? at + bytes : end + (end == and? 3 : 2);
        }
    }
}
