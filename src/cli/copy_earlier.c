/* copy_earlier.c - what a copy that was killed has left, and how the next one to the same target finds it: by names, and by what writers hear. */
#include "base/text.h"
#include "cli/copy.h"

#include <string.h>

/* The same for every copy to this target, and no other. */
char *
copy_mark(const Pair *pair)
{
    const StoreConfig *store = pair->target.store;
    const char *path = json_get_string(store->settings, "path", NULL);
    g_autofree char *settings = json_compact(store->settings);
    g_autofree char *whole = path != NULL ? g_canonicalize_filename(path, NULL) : NULL;
    g_autofree char *text = g_strdup_printf("%s %s %s", store->driver,
                                            whole != NULL ? whole : settings, pair->target.object);
    g_autofree char *digest = sha256_of(text, strlen(text));
    return g_strdup_printf("honk copy %.8s", digest + strlen("sha256:"));
}

bool
copy_goes_on(int64_t rows_done, void *data)
{
    return !local_is_interrupted();
}

bool
copy_clear_target(const Copy *copy, Conn *target, GError **error)
{
    const Writer writer = {.plan = copy->id, .task = "copy", .token = local_token(copy->local)};
    return conn_drop(target, copy->kept, error) &&
           conn_unstage(target, copy->stage, &writer, error);
}

/* It died while keys changed their names: the target is as before. */
static bool
undo_half_swap(const Copy *copy, GError **error)
{
    const Writer writer = {.plan = copy->id, .task = "copy", .token = local_token(copy->local)};
    g_autofree char *lost = g_strconcat(copy->stage, "_lost", NULL);
    int64_t rows = 0;
    view_tone(copy->view, TONE_WARN,
              "an earlier copy was killed while it put its rows in place; taking that back");
    return conn_swap_back(copy->pair.target_conn, copy->stage, copy->pair.target.object, copy->kept,
                          lost, false, &writer, &rows, error);
}

/* What an earlier copy that was killed after the swap left undone is done first. */
static bool
finish_swap(Copy *copy, GError **error)
{
    SwapState state = SWAP_BEFORE;
    bool is_kept = false;
    Conn *target = copy->pair.target_conn;
    if (target == NULL)
        return true;
    if (!conn_swap_state(target, copy->stage, copy->pair.target.object, copy->kept, copy->id,
                         &state, error) ||
        !conn_exists(target, copy->kept, &is_kept, error))
        return false;
    if (state != SWAP_BEFORE || is_kept)
        local_end_slowly();
    if (state == SWAP_HALF)
        return undo_half_swap(copy, error);
    if (state != SWAP_AFTER && !is_kept)
        return true;
    view_tone(
        copy->view, TONE_WARN,
        "an earlier copy was killed after it had put its rows in place; clearing up behind it");
    conn_set_tick(target, copy_goes_on, NULL);
    bool done = conn_settle(target, copy->id, error) && copy_clear_target(copy, target, error);
    conn_set_tick(target, NULL, NULL);
    return done;
}

/* What froze the source is a copy to this target that was killed, or one that loses to us; or somebody else, who knows why. */
static bool
let_writers_in(Copy *copy, GError **error)
{
    const Pair *pair = &copy->pair;
    g_autofree char *words = NULL;
    g_autoptr(Conn) source = NULL;
    if (!conn_freeze_words(pair->source_conn, pair->source.object, &words, error))
        return false;
    if (words == NULL)
        return true;
    if (strstr(words, copy->mark) == NULL) {
        view_tone(copy->view, TONE_WARN, "'%s' is frozen, and stays so: writers hear \"%s\"",
                  pair->source.text, words);
        return true;
    }
    local_end_slowly();
    view_tone(copy->view, TONE_WARN,
              "an earlier copy was killed while it kept writers out of '%s'; they may write again",
              pair->source.text);
    return conn_open(pair_source_store(pair), &source, error) &&
           conn_thaw(source, pair->source.object, error);
}

bool
copy_finish_earlier(Copy *copy, GError **error)
{
    return finish_swap(copy, error) && let_writers_in(copy, error);
}
