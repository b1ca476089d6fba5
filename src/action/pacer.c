/* pacer.c - see pacer.h. */
#include "action/pacer.h"

#include "action/brake.h"
#include "base/clock.h"

#include <unistd.h>

#define MILLION INT64_C(1000000)
#define NAP_MS 100           /* what people change is heard of within that time and a heartbeat */
#define BRAKE_EVERY_MS 1000  /* how often it is measured while a worker waits */
#define BRAKE_HERE_MS 30000  /* then the worker has better things to do */
#define BRAKE_LATER_MS 10000 /* and the task looks again */
#define REST_INSIDE_US                                                                             \
    (60 * MILLION) /* a transaction that is open longer keeps its store from cleaning up */

static int64_t
now_us(const Pacer *pacer)
{
    StepEnv *env = pacer->move->env;
    return env->now_us != NULL ? env->now_us(env) : clock_monotonic_us();
}

static json_t *
throttle_now(const Pacer *pacer)
{
    StepEnv *env = pacer->move->env;
    return env->throttle != NULL ? env->throttle(env) : NULL;
}

static void
tell(const Pacer *pacer, const char *slowed)
{
    StepEnv *env = pacer->move->env;
    if (env->tell != NULL)
        env->tell(env, pacer->bytes, slowed);
}

void
pacer_init(Pacer *pacer, const Move *move, const Transfer *transfer, Ticker ticker)
{
    *pacer = (Pacer){.ticker = ticker, .move = move, .transfer = transfer};
    pacer->at_us = now_us(pacer);
}

/* ---- rates ---- */

/* What time has paid of a debt in millionths, when `rate` are free in a second. No credit is kept: who could not move for a while
 * may not be the faster for it. */
static int64_t
paid(int64_t owed, int64_t rate, int64_t us)
{
    return rate == 0 || us > owed / rate ? 0 : owed - rate * us;
}

static void
owe(Pacer *pacer, int64_t rows, int64_t bytes)
{
    pacer->rows_owed += MAX(rows - pacer->rows, 0) * MILLION;
    pacer->bytes_owed += MAX(bytes - pacer->bytes, 0) * MILLION;
    pacer->rows = MAX(rows, pacer->rows);
    pacer->bytes = MAX(bytes, pacer->bytes);
}

/* Until all is paid at these rates. */
static int64_t
wait_us(Pacer *pacer, const json_t *throttle)
{
    int64_t rows = throttle_limit(throttle, THROTTLE_ROWS);
    int64_t bytes = throttle_limit(throttle, THROTTLE_BYTES), now = now_us(pacer);
    int64_t us = MAX(now - pacer->at_us, 0);
    pacer->at_us = now;
    pacer->rows_owed = paid(pacer->rows_owed, rows, us);
    pacer->bytes_owed = paid(pacer->bytes_owed, bytes, us);
    int64_t for_rows = rows > 0 ? (pacer->rows_owed + rows - 1) / rows : 0;
    int64_t for_bytes = bytes > 0 ? (pacer->bytes_owed + bytes - 1) / bytes : 0;
    return MAX(for_rows, for_bytes);
}

static void
tell_rate(const Pacer *pacer, const json_t *throttle)
{
    g_autoptr(json_t) rates = json_object();
    for (ThrottleKind kind = THROTTLE_ROWS; kind <= THROTTLE_BYTES; kind++)
        json_set_int(rates, throttle_member(kind), throttle_limit(throttle, kind));
    g_autofree char *text = throttle_text(rates);
    g_autofree char *shares = text != NULL ? g_strconcat(text, ", each range", NULL) : g_strdup("");
    tell(pacer, shares);
}

/* Wait as long as something is owed, `most_us` at most; false: asked to stop. */
static bool
rest(Pacer *pacer, int64_t most_us, int64_t *ret_us)
{
    int64_t begun_us = now_us(pacer);
    for (;;) {
        g_autoptr(json_t) throttle = throttle_now(pacer);
        int64_t us = wait_us(pacer, throttle);
        *ret_us = pacer->at_us - begun_us;
        us = MIN(us, most_us - *ret_us);
        if (us <= 0)
            return true;
        tell_rate(pacer, throttle);
        step_nap(pacer->move->env, CLAMP(us / 1000, 1, NAP_MS));
        if (!ticker_tick(pacer->rows, &pacer->ticker))
            return false;
    }
}

bool
pacer_tick(int64_t rows_done, void *data)
{
    Pacer *pacer = data;
    int64_t us = 0;
    owe(pacer, rows_done, transfer_bytes(pacer->transfer));
    tell(pacer, "");
    if (!ticker_tick(rows_done, &pacer->ticker))
        return false;
    if (!transfer_may_rest(pacer->transfer))
        return true;
    bool goes_on = rest(pacer, REST_INSIDE_US - pacer->rested_us, &us);
    pacer->rested_us += us;
    return goes_on;
}

void
pacer_settle(Pacer *pacer, const RangeResult *result)
{
    int64_t ignored;
    if (result->was_there)
        return;
    owe(pacer, result->rows_in, result->bytes);
    tell(pacer, "");
    /* To stop here is fine: the rows are in. */
    if (!rest(pacer, G_MAXINT64, &ignored))
        return;
    tell(pacer, "");
}

/* ---- brakes ---- */

/* Until it is time to measure again, or people have changed what holds. */
static bool
wait_before_it_begins(Pacer *pacer, const json_t *throttle, int64_t ms, GError **error)
{
    for (int64_t left = ms; left > 0; left -= NAP_MS) {
        g_autoptr(json_t) now = throttle_now(pacer);
        if (now == NULL || !json_equal(now, throttle))
            break;
        step_nap(pacer->move->env, MIN(left, NAP_MS));
        if (!ticker_tick(0, &pacer->ticker))
            return fail(error, ERR_STOPPED, "asked to stop");
    }
    return true;
}

bool
pacer_begin(Pacer *pacer, Outcome *outcome, bool *ret_waits, GError **error)
{
    int64_t begun_us = now_us(pacer);
    *ret_waits = false;
    for (;;) {
        g_autoptr(json_t) throttle = throttle_now(pacer);
        g_autofree char *reason = throttle != NULL ? brake_reason(pacer->move, throttle) : NULL;
        pacer->at_us = now_us(pacer);
        tell(pacer, reason != NULL ? reason : "");
        if (reason == NULL)
            return true;
        if (pacer->at_us - begun_us >= BRAKE_HERE_MS * 1000) {
            *ret_waits = true;
            outcome->kind = OUTCOME_WAIT;
            outcome->until_ms = clock_wall_ms() + BRAKE_LATER_MS;
            outcome->message = g_strdup_printf("slowed: %s", reason);
            return true;
        }
        if (!wait_before_it_begins(pacer, throttle, BRAKE_EVERY_MS, error))
            return false;
    }
}
