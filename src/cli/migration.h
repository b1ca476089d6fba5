/*
 * migration.h - a migration as the server tells it (GET /migrations/NAME), and the pictures made of it.
 */
#pragma once

#include "cli/client.h"

/* `name`: of its entity, a ref, or the id of one plan (m-…). Caller owns. */
CHECKED bool migration_get(Invocation *call, const char *name, json_t **ret, GError **error);
/* A part of a migration that people may change while it runs ("pace"): says what holds, in the words of `text` (NULL: `nothing`), or
 * sends `changes` with the reason of --reason, when there are any, and says what holds then. */
CHECKED bool migration_setting(Invocation *call, const char *part, json_t *changes,
                               char *(*text)(const json_t *setting), const char *nothing,
                               GError **error);
/* The same of a campaign. */
CHECKED bool campaign_setting(Invocation *call, const json_t *campaign, const char *part,
                              json_t *changes, char *(*text)(const json_t *setting),
                              const char *nothing, GError **error);
/* "users-v2", of "migration:default/users-v2". Borrowed. */
const char *migration_name(const json_t *migration);

/* State in colour, since when, why. Caller frees. */
char *migration_headline(const View *view, const json_t *migration);
/* Steps with status, bar, counts, rate and time left; one line each. Caller frees. */
char *migration_steps(const View *view, const json_t *migration, int width);
/* What the status of a step is called: "later" of one that is blocked. Borrowed. */
const char *migration_step_words(const json_t *step);
/* The same for one step, without a bar. Caller frees. */
char *migration_step_line(const View *view, const json_t *step);
/* Quarantine, approvals, what would move it, and who may; one line each. Caller frees. */
char *migration_notes(const View *view, const json_t *migration);
/* Findings of planning, or differences of a drift, one line each; NULL when there are none. Caller frees. */
char *migration_findings(const json_t *migration);
/* Nothing moves until a person does something, or at all. */
bool migration_is_resting(const json_t *migration);
/* Of a command that waited until it rests: 0 when all went as asked. */
int migration_exit_status(const json_t *migration);
/* The command to go on with; NULL when there is none. Caller frees. */
char *migration_next(const json_t *migration);
