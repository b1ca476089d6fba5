/* standing.c - see standing.h. */
#include "server/standing.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define GIVEN_SQL                                                                                  \
    "SELECT key, coalesce(json_extract(evidence, '$.template.revision'), "                         \
    "json_extract(checkpoint, '$.template.revision')) FROM task "                                  \
    "WHERE plan = :plan AND action = 'rollout' AND key <> ''"

/* What was accepted as it is stands on nothing any more; what its services run is looked at by their own tasks. */
#define LATER_SQL                                                                                  \
    "SELECT p.id, p.migration, p.kind, json_extract(s.value, '$.from'), "                          \
    "json_extract(s.value, '$.to') FROM plan p, json_each(p.services) s "                          \
    "WHERE p.services IS NOT NULL AND p.id <> :plan AND p.effects <> 0 "                           \
    "AND p.state NOT IN ('rolled_back', 'closed_mixed') "                                          \
    "AND json_extract(s.value, '$.problem') IS NULL "                                              \
    "AND json_extract(s.value, '$.service') = :service ORDER BY p.n DESC"

static json_t *
json_of(const char *text)
{
    json_t *json = NULL;
    return text != NULL && json_parse(text, strlen(text), "a stored value", &json, NULL) ? json
                                                                                         : NULL;
}

/* {service: revision} that the plan gave. */
static bool
given_by(Db *db, const char *plan, json_t **ret, GError **error)
{
    g_autoptr(json_t) given = json_object();
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db, GIVEN_SQL, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    do {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        json_t *revision = is_row ? json_of(stmt_col_text(stmt, 1)) : NULL;
        if (revision != NULL)
            json_object_set_new(given, stmt_col_text(stmt, 0), revision);
    } while (is_row);
    *ret = g_steal_pointer(&given);
    return true;
}

static bool
refuse(Stmt *stmt, const char *service, GError **error)
{
    g_autofree char *id = g_strdup(stmt_col_text(stmt, 0));
    g_autofree char *migration = g_strdup(stmt_col_text(stmt, 1));
    bool is_rollout = g_strcmp0(stmt_col_text(stmt, 2), "rollout") == 0;
    const char *name = text_behind_slash(migration);

    stmt_reset(stmt);
    if (is_rollout)
        return fail(error, ERR_WRONG_STATE,
                    "rollout '%s.%s' went on from what this one gave service '%s', and stands: "
                    "roll that back first (honk rollout rollback %s.%s)",
                    id, service, service, id, service);
    return fail(error, ERR_WRONG_STATE,
                "migration '%s' was made upon what this one gave service '%s', and stands: roll "
                "that back first (honk rollback %s)",
                name, service, name);
}

static bool
look_for_later(Db *db, const char *plan, const char *service, const json_t *given, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db, LATER_SQL, &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    stmt_text(stmt, ":service", service);
    do {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        g_autoptr(json_t) from = is_row ? json_of(stmt_col_text(stmt, 3)) : NULL;
        g_autoptr(json_t) to = is_row ? json_of(stmt_col_text(stmt, 4)) : NULL;
        if (from != NULL && json_equal(from, (json_t *) given) &&
            (to == NULL || !json_equal(from, to)))
            return refuse(stmt, service, error);
    } while (is_row);
    return true;
}

bool
standing_look(Command *command, Db *db, GError **error)
{
    g_autoptr(json_t) given = NULL;
    const char *service;
    json_t *revision;

    if (!given_by(db, command->plan, &given, error))
        return false;
    json_object_foreach(
        given, service,
        revision) if (!look_for_later(db, command->plan, service, revision, error)) return false;
    return true;
}
