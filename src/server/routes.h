/*
 * routes.h - everything that can be asked for over HTTP, as one table (routes.c).
 */
#pragma once

#include "server/request.h"

typedef enum {
    BODY_NONE, /* none, or an empty one */
    BODY_JSON, /* application/json, checked against `members`; may be left out when no member is required */
    BODY_DOCUMENTS, /* entities: YAML or JSON, one or more documents */
    BODY_BYTES,     /* a blob */
    BODY_SIGNED,    /* of a host that signs it: nobody else says who it is */
} BodyKind;

struct Route {
    const char *method;
    const char *path; /* "/migrations/{id}/approve" */
    Role role;        /* needed to get as far as the handler */
    BodyKind body;
    int status; /* of success */
    Handler *handler;
    const Input *members;    /* of the body; NULL: none */
    const Input *parameters; /* of the address; NULL: none */
    const char *summary;     /* half a sentence; begins with a verb */
};

const Route *route_at(size_t index); /* NULL after the last */
/* Find the route, and what stands for its {…}. NOT_FOUND, or with `*ret_allow` set (caller frees) when only the method is
 * wrong. HEAD finds GET. */
CHECKED bool route_find(const char *method, const Target *target, const Route **ret,
                        const char **ret_params, char **ret_allow, GError **error);
/* "approve": what the route does, for messages. */
const char *route_deed(const Route *route);
const char *body_kind_name(BodyKind kind);
