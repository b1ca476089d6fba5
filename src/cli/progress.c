/* progress.c - see progress.h. */
#include "cli/progress.h"

#include "base/clock.h"
#include "cli/frame.h"
#include "cli/migration.h"

#define DRAW_MS 100   /* no faster: eyes do not see it */
#define PLAIN_MS 2000 /* in a log, a line every other second is enough */
#define RATE_MS_MIN 300

struct Progress {
    View *view;
    char *title;
    json_t *migration; /* {"steps": […]}, as the API shows a migration */
    json_t *step;      /* the one at work; borrowed */
    Frame *frame;      /* NULL: plain lines */
    int64_t began_ms, moved_ms, drawn_ms, first;
    int64_t bytes; /* of the step's rows */
};

Progress *
progress_new(View *view, const char *title)
{
    Progress *progress = g_new0(Progress, 1);
    progress->view = view;
    progress->title = g_strdup(title);
    progress->migration = json_pack("{s:[]}", "steps");
    if (view->is_terminal && !view->json)
        progress->frame = frame_new(view);
    return progress;
}

void
progress_free(Progress *progress)
{
    if (progress == NULL)
        return;
    frame_free(progress->frame);
    json_decref(progress->migration);
    g_free(progress->title);
    g_free(progress);
}

static void
draw(Progress *progress)
{
    View *view = progress->view;
    progress->drawn_ms = clock_monotonic_ms();
    if (view->json)
        return;
    if (progress->frame == NULL) {
        g_autofree char *line = migration_step_line(view, progress->step);
        view_raw(view, line);
        view_raw(view, "\n");
        fflush(view->out);
        return;
    }
    g_autofree char *title = view_toned(view, TONE_STRONG, progress->title);
    g_autofree char *steps = migration_steps(view, progress->migration, view_width(view));
    g_autofree char *text = g_strdup_printf("%s\n\n%s", title, steps);
    frame_draw(progress->frame, text);
}

void
progress_step(Progress *progress, const char *name, bool is_back)
{
    json_t *steps = json_object_get(progress->migration, "steps"), *step;
    size_t i;
    progress->step = NULL;
    json_array_foreach(steps, i, step) if (g_strcmp0(json_get_string(step, "name", ""), name) == 0)
        progress->step = step;
    if (progress->step == NULL) {
        progress->step = json_object();
        json_set_string(progress->step, "name", name);
        json_array_append_new(steps, progress->step);
    }
    progress->began_ms = clock_monotonic_ms();
    progress->moved_ms = progress->bytes = 0;
    progress->drawn_ms = progress->began_ms;
    json_object_del(progress->step, "progress");
    json_object_del(progress->step, "started_at_ms");
    json_object_del(progress->step, "ended_at_ms");
    json_set_string(progress->step, "phase", is_back ? "reverse" : "forward");
    json_set_string(progress->step, "status", "leased");
    if (progress->frame != NULL)
        draw(progress);
}

void
progress_at(Progress *progress, int64_t done, int64_t total)
{
    int64_t now = clock_monotonic_ms();
    if (progress->moved_ms == 0) {
        progress->moved_ms = now;
        progress->first = done;
    }
    if (now - progress->drawn_ms < (progress->frame != NULL ? DRAW_MS : PLAIN_MS))
        return;
    int64_t took = now - progress->moved_ms;
    int64_t rate = took >= RATE_MS_MIN ? (done - progress->first) * 1000 / took : 0;
    json_t *at = json_object();
    json_set_int(at, "done", done);
    json_set_int(at, "total", total);
    json_set_int(at, "rate", MAX(rate, 0));
    if (progress->bytes > 0 && done > 0 && rate > 0) /* rows of one dataset are alike */
        json_set_int(at, "byte_rate",
                     (int64_t) ((double) progress->bytes / (double) done * (double) rate));
    json_set_int(at, "eta_ms", rate > 0 ? (total - done) * 1000 / rate : 0);
    json_object_set_new(progress->step, "progress", at);
    if (progress->frame != NULL || total > 0)
        draw(progress);
}

void
progress_bytes(Progress *progress, int64_t bytes)
{
    progress->bytes = bytes;
}

void
progress_again(Progress *progress, const char *why)
{
    json_set_string(progress->step, "status", "retry_wait");
    json_set_string(progress->step, "error", why != NULL ? why : "");
    draw(progress);
    json_set_string(progress->step, "status", "leased");
    json_object_del(progress->step, "error");
    progress->moved_ms = 0;
}

void
progress_end(Progress *progress, const char *status)
{
    json_t *at = json_object_get(progress->step, "progress");
    int64_t now = clock_monotonic_ms();
    json_set_string(progress->step, "status", status);
    json_set_int(progress->step, "started_at_ms", progress->began_ms);
    json_set_int(progress->step, "ended_at_ms", now);
    if (at != NULL && g_strcmp0(status, "done") == 0)
        json_set_int(at, "done", json_get_int(at, "total", 0));
    draw(progress);
}
