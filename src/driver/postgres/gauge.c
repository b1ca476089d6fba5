/* gauge.c - how a PostgreSQL does: how far its standbys are behind, and how many sessions it works for. */
#include "driver/postgres/postgres.h"

#define IS_HIDDEN                                                                                  \
    (-1) /* from a role like ours: who may not see it reads NULL, as if there were nothing */
#define IS_CUT_OFF (-2)

/* Of a primary the slowest standby (NULL once it has replayed all); of a standby how old what it replayed last is, as far as there
 * is more to replay. One that has replayed all and hears of nothing more does not know how far it is behind. */
static const char lag_sql[] =
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN (SELECT CASE WHEN bool_or(state IS NULL) THEN "
    "%d "
    "ELSE ceil(1000 * extract(epoch FROM max(replay_lag))) END FROM pg_stat_replication) "
    "WHEN pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn() THEN "
    "ceil(1000 * extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())) "
    "WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN %d END::int8";

static const char sessions_sql[] =
    "SELECT CASE WHEN bool_or(backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL) "
    "THEN %d ELSE count(*) FILTER (WHERE state = 'active' AND backend_type = 'client backend') END "
    "FROM pg_stat_activity WHERE application_name <> current_setting('application_name')";

bool
pg_gauge(Conn *base, Gauge gauge, int64_t *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    bool is_lag = gauge == GAUGE_LAG_MS,
         done = is_lag ? pg_int(conn, ret, error, lag_sql, IS_HIDDEN, IS_CUT_OFF)
                       : pg_int(conn, ret, error, sessions_sql, IS_HIDDEN);
    if (done && *ret == IS_HIDDEN)
        return fail(error, ERR_FORBIDDEN,
                    "role '%s' may not see it, expected a member of pg_read_all_stats",
                    PQuser(conn->db));
    if (done && *ret == IS_CUT_OFF)
        return fail(error, ERR_UNREACHABLE, "its primary does not reach it any more");
    return done;
}
