/* code_progress.c - a line that is drawn over, on a terminal's stderr only. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/code_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SILENT_MS 500 /* most runs are over by then */
#define DRAW_MS 100

void
code_progress_start(CodeProgress *progress, guint total)
{
    const char *term = g_getenv("TERM");
    bool is_terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    *progress = (CodeProgress){
        .total = total, .is_wanted = is_terminal, .next_ms = clock_monotonic_ms() + SILENT_MS};
}

void
code_progress_draw(CodeProgress *progress, guint done)
{
    int64_t now = clock_monotonic_ms();
    if (!progress->is_wanted || now < progress->next_ms)
        return;
    g_autofree char *some = text_count(done), *all = text_count(progress->total);
    fprintf(stderr, "\r\033[K%s of %s files read", some, all);
    fflush(stderr);
    progress->is_drawn = true;
    progress->next_ms = now + DRAW_MS;
}

void
code_progress_clear(CodeProgress *progress)
{
    if (!progress->is_drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->is_drawn = false;
}
