/* gauge.c - how a PostgreSQL does: how far its standbys are behind, and how many sessions it works for. */
#include "driver/postgres/postgres.h"

/* Of a primary the slowest standby (NULL once it has replayed all); of a standby how old what it replayed last is, as far as there
 * is more to replay. */
static const char lag_sql[] =
    "SELECT ceil(1000 * CASE WHEN pg_is_in_recovery() THEN "
    "CASE WHEN pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn() THEN "
    "extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END "
    "ELSE (SELECT extract(epoch FROM max(replay_lag)) FROM pg_stat_replication) END)::int8";

static const char sessions_sql[] = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                                   "AND backend_type = 'client backend' "
                                   "AND application_name <> current_setting('application_name')";

bool
pg_gauge(Conn *base, Gauge gauge, int64_t *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    return pg_int(conn, ret, error, "%s", gauge == GAUGE_LAG_MS ? lag_sql : sessions_sql);
}
