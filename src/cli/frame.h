/*
 * frame.h - a few lines at the bottom of a terminal that are drawn again and again in the same place.
 *
 * Lines are cut to the terminal's width as it is now, so that nothing wraps and a resize does no harm.
 */
#pragma once

#include "cli/view.h"

typedef struct Frame Frame;

Frame *frame_new(View *view); /* hides the cursor */
/* Draw `text` (lines, with colours) over what was drawn before, in one write. */
void frame_draw(Frame *frame, const char *text);
/* What was drawn last stays; the cursor comes back, below it. */
void frame_free(Frame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Frame, frame_free)

/* Cut a line with colour escapes to `width` columns, the last of them `mark`. Caller frees. */
char *frame_cut(const char *line, int width, const char *mark);
