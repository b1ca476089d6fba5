/*
 * identity.h - everybody is somebody: who asks, and what they may do.
 *
 * On the Unix socket the kernel says who is there: the server's own user is "local", another one "uid:1001". Over TCP a
 * bearer token says it ("user:default/ada", "worker:…"); only its SHA-256 is stored. Roles come from honk.yaml:
 *
 *   viewer     reads: everybody who is somebody
 *   author     registers entities and asks for plans; everybody with a name, unless honk.yaml lists authors
 *   approver   says yes to a digest
 *   operator   starts, pauses, rolls back
 *   worker     leases tasks: local processes of the server's own user, and tokens of "worker:…"
 *   admin      all of it, tokens and limits; "local", unless honk.yaml gives it other roles
 *   delegate   speaks for people that it knows: a portal such as Backstage ("service:default/backstage"); nobody by itself
 *
 * A local admin and a delegate may act as a person ("Honk-As: user:default/ada") with that person's roles, not their own: so
 * one machine can play author and approver, and people of a portal need no tokens. A delegate is somewhere else, so for
 * nobody has it the role admin. Whatever was done that way is recorded with both names.
 */
#pragma once

#include "base/json.h"

#include <sys/types.h>

typedef enum {
    ROLE_ANYBODY,
    ROLE_VIEWER,
    ROLE_AUTHOR,
    ROLE_APPROVER,
    ROLE_OPERATOR,
    ROLE_WORKER,
    ROLE_ADMIN,
    ROLE_DELEGATE,
    ROLE_COUNT
} Role;

const char *role_name(Role role);
bool role_from_name(const char *name, Role *ret);

typedef struct {
    char *
        name; /* "local", "uid:1001", "user:default/ada", "service:default/backstage", "worker:w-…" */
    char *via;      /* who acts under that name ("local", "service:…"), or NULL */
    unsigned roles; /* set of 1u << Role */
} Identity;

void identity_clear(Identity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)

/* What honk.yaml's `roles` make of a name. */
unsigned identity_roles(const json_t *roles, const char *name);
void identity_from_uid(const json_t *roles, uid_t peer, uid_t own, Identity *ret);
void identity_from_name(const json_t *roles, const char *name, Identity *ret);
/* Become `person` ("ada", "user:default/ada"); FORBIDDEN unless a local admin or a delegate asks. */
CHECKED bool identity_act_as(const json_t *roles, const char *person, Identity *identity,
                             GError **error);

bool identity_has(const Identity *identity, Role role);
/* FORBIDDEN with the way on: "to approve a plan one needs the role approver; you are 'uid:1000'; …, or ask …". */
CHECKED bool identity_need(const Identity *identity, Role role, const char *deed,
                           const json_t *roles, GError **error);
/* "user:default/bo or user:default/cy": who in honk.yaml has the role; NULL when nobody. Caller frees. */
char *identity_holders(const json_t *roles, Role role);
/* What would move something, and who may: {"text", "role", "who"}. Caller owns. */
json_t *identity_next(const json_t *roles, const char *text, Role role);
