/* follow.c - see follow.h. */
#include "action/follow.h"

#include "base/clock.h"
#include "base/text.h"

#define FOLLOW_MS_MAX                                                                              \
    ((int64_t) 10 * 60 * 1000) /* then somebody should know that it does not end */
#define REST_US 20000          /* nothing could be done: a writer is between its note and its row */

typedef struct {
    Ticker ticker;
    char note[96];
} FollowTicker;

static void
tell(FollowTicker *ticker, const Behind *behind)
{
    g_autofree char *count = text_count(behind->notes), *bytes = text_count(behind->bytes / 1024);
    int at = g_snprintf(ticker->note, sizeof(ticker->note), "%s changes", count);
    if (behind->ms > 0)
        at += g_snprintf(ticker->note + at, sizeof(ticker->note) - (gulong) at, ", %.1f s",
                         (double) behind->ms / 1000);
    if (behind->bytes > 0)
        at += g_snprintf(ticker->note + at, sizeof(ticker->note) - (gulong) at, ", %s KiB of log",
                         bytes);
    g_snprintf(ticker->note + at, sizeof(ticker->note) - (gulong) at, " behind");
    ticker->ticker.note = ticker->note;
}

static bool
is_too_slow(const Move *move, const Followed *now, int64_t begun_ms, GError **error)
{
    if (clock_monotonic_us() / 1000 - begun_ms < FOLLOW_MS_MAX)
        return false;
    g_autofree char *behind = text_count(now->behind.notes);
    fail(error, ERR_LIMIT,
         "'%s' is written to faster than rows can be copied: %s changes behind after ten minutes; "
         "let its writers rest, or move it frozen",
         move->source, behind);
    return true;
}

static bool
follow_rounds(const Move *move, Transfer *transfer, int64_t behind_max, json_t *evidence,
              GError **error)
{
    FollowTicker ticker = {.ticker = {.env = move->env}};
    int64_t begun_ms = clock_monotonic_us() / 1000, rows = 0;
    Followed now = {0};
    do {
        int64_t before = now.behind.notes;
        tell(&ticker, &now.behind);
        if (!transfer_follow(transfer, behind_max == 0, ticker_tick, &ticker.ticker, &now, error))
            return false;
        rows += now.rows;
        tell(&ticker, &now.behind);
        if (!ticker_tick(rows, &ticker.ticker))
            return fail(error, ERR_STOPPED, "asked to stop");
        if (is_too_slow(move, &now, begun_ms, error))
            return false;
        if (now.behind.notes - now.waiting > behind_max && now.behind.notes == before &&
            now.rows == 0)
            g_usleep(REST_US);
    } while (now.behind.notes - now.waiting > behind_max);
    json_set_int(evidence, "followed", rows);
    json_set_int(evidence, "behind", now.behind.notes);
    return true;
}

/* A column that came while nothing but changes was copied would be left behind. */
bool
follow_source(const Move *move, int64_t behind_max, json_t *evidence, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) planned = columns_identity(move->source_schema);
    return move_transfer(move, 0, &transfer, error) &&
           follow_rounds(move, transfer, behind_max, evidence, error) &&
           move_check_source(move, planned, error);
}

bool
follow_behind(const Move *move, Conn *source, int64_t *ret_notes, GError **error)
{
    bool is_watched;
    Behind behind = {0};
    if (!conn_is_watched(source, move->source, &is_watched, error) ||
        (is_watched && !conn_behind(source, move->source, &behind, error)))
        return false;
    *ret_notes = behind.notes;
    return true;
}

/* Others may be at it. */
bool
follow_keep_up(const Move *move, GError **error)
{
    g_autoptr(Conn) source = NULL;
    g_autoptr(GError) broken = NULL;
    int64_t notes;
    if (move->way != WATCH_LOG ||
        (step_connect(move->env, move->source_store, &source, &broken) &&
         follow_behind(move, source, &notes, &broken)) ||
        error_is(broken, ERR_TRANSIENT))
        return true;
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}
