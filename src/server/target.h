/*
 * target.h - what a request asks for: "/migrations/users%2Dv2/events?after=7&type=plan.state".
 *
 * We split before we decode, so that a '/' inside a name ("component:default%2Fusers-v2") stays inside its segment, which
 * the HTTP library cannot do once it has decoded the whole path.
 */
#pragma once

#include "base/error.h"

#define TARGET_BYTES_MAX 4096    /* a path of names and a few filters */
#define TARGET_SEGMENTS_MAX 8    /* our deepest route has 4 */
#define TARGET_PARAMETERS_MAX 16 /* our richest list knows 6 */

typedef struct {
    char *name, *value;
} TargetParameter;

typedef struct {
    char *path; /* as sent, without the query: for messages */
    unsigned segment_count;
    char *segments[TARGET_SEGMENTS_MAX]; /* decoded, never empty */
    unsigned parameter_count;
    TargetParameter parameters[TARGET_PARAMETERS_MAX]; /* decoded, each name once */
} Target;

/* INVALID when an escape is broken, hides a NUL, is not UTF-8, or a parameter comes twice; TOO_LARGE over the limits
 * above. */
CHECKED bool target_parse(const char *text, Target *ret, GError **error);
void target_clear(Target *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

const char *target_parameter(const Target *target, const char *name); /* NULL when absent */
