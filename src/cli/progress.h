/*
 * progress.h - how far a verb is that does its work in this process: a live table of steps on a terminal, a line when a
 * step changes elsewhere, nothing with --json. The steps look as those of `honk watch`.
 */
#pragma once

#include "cli/view.h"

typedef struct Progress Progress;

Progress *progress_new(View *view, const char *title);
void progress_free(Progress *progress); /* what was drawn last stays */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)
/* A step begins; `is_back` when it is being taken back. */
void progress_step(Progress *progress, const char *name, bool is_back);
/* Cheap: draws only now and then. `total` 0: unknown. */
void progress_at(Progress *progress, int64_t done, int64_t total);
/* How many bytes the rows have that the step has moved; shown by the next progress_at(), as a rate. */
void progress_bytes(Progress *progress, int64_t bytes);
/* It met trouble, and is tried again in a moment; `why` is shown until it moves on. */
void progress_again(Progress *progress, const char *why);
/* The step is over: "done", "failed", "reversed". */
void progress_end(Progress *progress, const char *status);
