/*
 * consumer_rows.h - the rows of all that is said about consumers: one for each consumer `c` of the newest plan `p` of each
 * migration that is not over, or of the plan that is asked for; with its tasks `t` (its code is rewritten) and `u` (that is
 * proposed), where there are such; and `b` (its branch is built before that).
 */
#pragma once

#include "server/request.h"
#include "store/db.h"
#include "telemetry/prometheus.h"

#define CONSUMER_OVER_SQL                                                                          \
    "('draft', 'stale', 'rejected', 'expired', 'cancelled', 'rolled_back', 'closed_mixed')"

/* As change_key.h calls its change. */
#define CONSUMER_KEY_SQL "coalesce(c.value ->> '$.key', c.value ->> '$.repository') "
#define CONSUMER_JOIN_SQL                                                                          \
    "FROM plan p, json_each(p.consumers) c "                                                       \
    "LEFT JOIN step sr ON sr.plan = p.id AND sr.action = 'rewrite' "                               \
    "LEFT JOIN task t ON t.plan = p.id AND t.step = sr.name AND "                                  \
    "t.key = " CONSUMER_KEY_SQL "LEFT JOIN step sb ON sb.plan = p.id AND sb.action = 'builds' "    \
    "LEFT JOIN task b ON b.plan = p.id AND b.step = sb.name AND "                                  \
    "b.key = " CONSUMER_KEY_SQL "LEFT JOIN step sp ON sp.plan = p.id AND sp.action = 'propose' "   \
    "LEFT JOIN task u ON u.plan = p.id AND u.step = sp.name AND "                                  \
    "u.key = " CONSUMER_KEY_SQL
#define CONSUMER_WHERE_SQL                                                                         \
    "WHERE p.kind = 'migration' AND (p.id = :plan OR (:plan IS NULL AND p.state NOT "              \
    "IN " CONSUMER_OVER_SQL " AND NOT EXISTS (SELECT 1 FROM plan later WHERE "                     \
    "later.migration = p.migration AND later.id > p.id AND later.kind = 'migration' AND "          \
    "later.state NOT IN " CONSUMER_OVER_SQL "))) "                                                 \
    "AND (:owner IS NULL OR c.value ->> '$.owner' = :owner) "                                      \
    "AND (:q IS NULL OR instr(lower(c.value ->> '$.consumer' || ' ' || p.migration), "             \
    "lower(:q)) > 0) "

typedef struct {
    char *plan; /* NULL: of all */
    const char *stands, *owner, *q;
} ConsumerFilter;

/* From the parameters `migration`, `stand`, `owner`, `q`. */
CHECKED bool consumer_filter_read(Request *request, ConsumerFilter *ret, GError **error);
void consumer_filter_clear(ConsumerFilter *filter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ConsumerFilter, consumer_filter_clear)
/* :plan, :owner, :q; `data` is a ConsumerFilter. */
void consumer_filter_bind(Stmt *stmt, const void *data);
