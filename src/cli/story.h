/* story.h - states and events in words: what happened, and what a person may do next. */
#pragma once

#include "cli/view.h"

/* How a plan's state, or a task's status, looks. */
Tone story_tone(const char *state);
/* "honk resume users-v2 goes on", or NULL when there is nothing to do. Caller frees. */
char *story_next(const char *state, const char *name);
/* Nothing will happen in this state by itself: watching is over. */
bool story_is_resting(const char *state);
/* The exit status of `watch` and `start --wait` for a state at rest: 0 when all went as asked. */
int story_exit_status(const char *state);
/* "rolling back": a state's name without underscores. Caller frees. */
char *story_words(const char *state);
/* One line of the ledger: "14:03:07  users-v2  plan  running → soaking  every step is done". `name` is
 * what to call the migration; may be NULL. Caller frees. */
char *story_event(const View *view, const json_t *event, const char *name);
/* Worth a line where room is scarce: not the handing out, counting and finishing of each task. */
bool story_is_news(const json_t *event);
/* How long it has been in this state: "for 5 s", or, at rest, "5 s ago"; "" for a moment. Caller frees. */
char *story_since(const char *state, int64_t at_ms);
/* "sha256:0a1b2c3d4e…" -> "0a1b2c3d". Caller frees. */
char *story_digest(const char *digest);
/* "3 m 5 s ago". Caller frees. */
char *story_ago(int64_t at_ms);
