/* identity.c - names into roles: see identity.h. */
#include "server/identity.h"

#include "base/text.h"
#include "model/entity.h"

#include <string.h>

#define HOLDERS_SHOWN_MAX 5 /* names in a message */

static const char *const names[ROLE_COUNT] = {
    [ROLE_ANYBODY] = "anybody",   [ROLE_VIEWER] = "viewer",     [ROLE_AUTHOR] = "author",
    [ROLE_APPROVER] = "approver", [ROLE_OPERATOR] = "operator", [ROLE_WORKER] = "worker",
    [ROLE_ADMIN] = "admin",       [ROLE_DELEGATE] = "delegate",
};

const char *
role_name(Role role)
{
    return names[role];
}

bool
role_from_name(const char *name, Role *ret)
{
    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
        if (strcmp(names[role], name) == 0) {
            *ret = role;
            return true;
        }
    }
    return false;
}

void
identity_clear(Identity *identity)
{
    g_free(identity->name);
    g_free(identity->via);
    memset(identity, 0, sizeof(*identity));
}

/* "user:default/ada" or "group:…": somebody with a name of their own. */
static bool
name_is_person(const char *name)
{
    return g_str_has_prefix(name, "user:") || g_str_has_prefix(name, "group:");
}

unsigned
identity_roles(const json_t *roles, const char *name)
{
    unsigned set = 1u << ROLE_VIEWER;

    for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++) {
        if (json_holds(json_object_get(roles, names[role]), name))
            set |= 1u << role;
    }
    if (json_array_size(json_object_get(roles, names[ROLE_AUTHOR])) == 0 && name_is_person(name))
        set |= 1u << ROLE_AUTHOR;
    if (g_str_has_prefix(name, "worker:"))
        set |= 1u << ROLE_WORKER;
    if (set & (1u << ROLE_ADMIN))
        set |= 1u << ROLE_AUTHOR | 1u << ROLE_APPROVER | 1u << ROLE_OPERATOR;
    return set;
}

void
identity_from_uid(const json_t *roles, uid_t peer, uid_t own, Identity *ret)
{
    Identity identity = {0};

    if (peer == own) {
        bool is_listed = false;
        for (Role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
            is_listed |= json_holds(json_object_get(roles, names[role]), "local");
        identity.name = g_strdup("local");
        identity.roles = identity_roles(roles, "local") | 1u << ROLE_WORKER;
        if (!is_listed)
            identity.roles |=
                1u << ROLE_ADMIN | 1u << ROLE_AUTHOR | 1u << ROLE_APPROVER | 1u << ROLE_OPERATOR;
    } else {
        identity.name = g_strdup_printf("uid:%u", (unsigned) peer);
        identity.roles = identity_roles(roles, identity.name);
    }
    *ret = identity;
}

void
identity_from_name(const json_t *roles, const char *name, Identity *ret)
{
    *ret = (Identity){.name = g_strdup(name), .roles = identity_roles(roles, name)};
}

static bool
is_local_admin(const Identity *identity)
{
    return strcmp(identity->name, "local") == 0 && identity_has(identity, ROLE_ADMIN);
}

bool
identity_act_as(const json_t *roles, const char *person, Identity *identity, GError **error)
{
    g_autofree char *ref = NULL;

    bool is_local = is_local_admin(identity);
    if (!is_local && !identity_has(identity, ROLE_DELEGATE))
        return fail(error, ERR_FORBIDDEN,
                    "only 'local' with the role admin, or who has the role delegate, may act as "
                    "somebody else; you are '%s'",
                    identity->name);
    if (!entity_ref_parse(person, "user", "default", &ref, error))
        return fail_in(error, "cannot act as somebody else");
    if (!g_str_has_prefix(ref, "user:"))
        return fail(error, ERR_INVALID,
                    "cannot act as '%s': expected a user, as in 'user:default/ada'", ref);

    g_free(identity->via);
    identity->via = identity->name;
    identity->name = g_steal_pointer(&ref);
    identity->roles = identity_roles(roles, identity->name);
    if (!is_local)
        identity->roles &= ~(1u << ROLE_ADMIN | 1u << ROLE_DELEGATE);
    return true;
}

bool
identity_has(const Identity *identity, Role role)
{
    return role == ROLE_ANYBODY || (identity->roles & (1u << role)) != 0;
}

char *
identity_holders(const json_t *roles, Role role)
{
    const json_t *list = json_object_get(roles, names[role]);
    size_t count = json_array_size(list);
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < count && i < HOLDERS_SHOWN_MAX; i++) {
        if (i > 0)
            g_string_append(text, i + 1 == count ? " or " : ", ");
        g_string_append(text, json_string_value(json_array_get(list, i)));
    }
    if (count > HOLDERS_SHOWN_MAX)
        g_string_append_printf(text, " or %zu others", count - HOLDERS_SHOWN_MAX);
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

json_t *
identity_next(const json_t *roles, const char *text, Role role)
{
    g_autofree char *holders = identity_holders(roles, role);
    json_t *next = json_object();
    json_set_string(next, "text", text);
    json_set_string(next, "role", role_name(role));
    json_set_string(next, "who", holders);
    return next;
}

bool
identity_need(const Identity *identity, Role role, const char *deed, const json_t *roles,
              GError **error)
{
    if (identity_has(identity, role))
        return true;

    g_autofree char *holders = identity_holders(roles, role);
    if (holders == NULL)
        holders = identity_holders(roles, ROLE_ADMIN);
    if (holders == NULL)
        return fail(error, ERR_FORBIDDEN,
                    "to %s one needs the role %s; you are '%s'; nobody has it yet: add a name "
                    "under 'roles: %s:' in honk.yaml",
                    deed, role_name(role), identity->name, role_name(role));
    return fail(error, ERR_FORBIDDEN,
                "to %s one needs the role %s; you are '%s'; log in as somebody who has it ('honk "
                "login'), or ask %s",
                deed, role_name(role), identity->name, holders);
}
