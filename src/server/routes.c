/*
 * routes.c - the list. To add a route: a line here, a handler, and its words in api/openapi.yaml (a test compares).
 */
#include "server/routes.h"

#include "base/limits.h"
#include "base/text.h"
#include "server/handlers.h"

#include <string.h>

#define END                                                                                        \
    {                                                                                              \
        NULL                                                                                       \
    }

/* clang-format off */
static const Input reason_only[] = {
    { "reason", INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input reason_needed[] = {
    { "reason", INPUT_TEXT, true, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input migrate_members[] = {
    { "entityRef", INPUT_TEXT, true,  0, "the migration's entity, as in 'component:default/users-v2'" },
    { "source",    INPUT_TEXT, false, 0, "the source dataset, where the entity does not name it" },
    { "target",    INPUT_TEXT, false, 0, "the target dataset, where the entity does not name it" },
    END
};
static const Input migration_members[] = {
    { "entity", INPUT_TEXT, true,  0, "the migration's entity, as in 'users-v2'" },
    { "source", INPUT_TEXT, false, 0, "the source dataset, where the entity does not name it" },
    { "target", INPUT_TEXT, false, 0, "the target dataset, where the entity does not name it" },
    { "reason", INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input approve_members[] = {
    { "digest", INPUT_TEXT, true,  80, "the plan's digest, or its first 8 hex digits" },
    { "reason", INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input rollback_members[] = {
    { "reason",       INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    { "give_up_rows", INPUT_FLAG, false, 0, "true or false: give up rows written since the swap" },
    { "scope",        INPUT_TEXTS, false, 1000, "a list of steps: only these, and what stands on them" },
    END
};
static const Input done_members[] = {
    { "reason",   INPUT_TEXT,   true,  REASON_BYTES_MAX, "why, for people" },
    { "evidence", INPUT_OBJECT, false, 0, "an object: what shows that it is done" },
    END
};
static const Input lease_members[] = {
    { "worker",  INPUT_TEXT,  true,  0, "the worker's name" },
    { "labels",  INPUT_TEXTS, false, 1000, "a list of what the worker can reach" },
    { "wait_ms", INPUT_COUNT, false, LEASE_WAIT_MS_MAX, "how long to wait for a task, in milliseconds" },
    END
};
static const Input heartbeat_members[] = {
    { "token",    INPUT_COUNT,  true,  0, "the lease's token" },
    { "progress", INPUT_OBJECT, false, 0, "an object: done, total, unit" },
    { "writes",   INPUT_TEXT,   false, 0, "the repositories, as honk.yaml names them, to whose host it is about to write" },
    END
};
static const Input intent_members[] = {
    { "token",     INPUT_COUNT,  true, 0, "the lease's token" },
    { "pre_state", INPUT_OBJECT, true, 0, "an object: the world before the effect" },
    END
};
static const Input report_members[] = {
    { "token",   INPUT_COUNT,  true, 0, "the lease's token" },
    { "outcome", INPUT_OBJECT, true, 0, "an object: how it ended" },
    END
};
static const Input throttle_members[] = {
    { "rows_per_second",         INPUT_COUNT, false, 1000000000, "rows a second, of the whole; 0: no limit" },
    { "bytes_per_second",        INPUT_COUNT, false, 1000000000000, "bytes a second, of the whole; 0: no limit" },
    { "replication_lag_seconds", INPUT_COUNT, false, 86400, "waits while a replica is further behind; 0: no limit" },
    { "load_percent",            INPUT_COUNT, false, 100000, "waits while the worker's machine is loaded more; 0: no limit" },
    { "active_sessions",         INPUT_COUNT, false, 1000000, "waits while a store works for more others; 0: no limit" },
    { "command",                 INPUT_TEXT,  false, 0, "waits while this one of the throttle_commands says so; empty: none" },
    { "reason",                  INPUT_TEXT,  false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input pace_members[] = {
    { "max_failures", INPUT_TEXT,  false, 0, "consumers whose change may fail while the others go on: '3', or '5%' of them" },
    { "soak_ms",      INPUT_COUNT, false, 2592000000, "so long a wave is merged and green before the next" },
    { "by_hand",      INPUT_COUNT, false, 100000, "the first changes that people merge, whatever Honk may merge" },
    { "reason",       INPUT_TEXT,  false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input limit_members[] = {
    { "resource", INPUT_TEXT,  true, 0, "what is limited, as in 'store:listening'" },
    { "count",    INPUT_COUNT, true, 100000, "how many at once, from 0" },
    { "reason",   INPUT_TEXT,  false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input token_members[] = {
    { "identity", INPUT_TEXT,  true,  0, "whom it stands for, as in 'user:default/ada'" },
    { "note",     INPUT_TEXT,  false, REASON_BYTES_MAX, "what it is for" },
    { "ttl_s",    INPUT_COUNT, false, 366LL * 86400, "how long it is good for, in seconds" },
    END
};

static const Input session_members[] = {
    { "token",  INPUT_TEXT, false, 200, "a token of 'honk login --new USER'" },
    { "person", INPUT_TEXT, false, 0,   "in a demo: another one of its people" },
    END
};
static const Input rollout_members[] = {
    { "service",          INPUT_TEXT,   true,  0, "a service of honk.yaml, as in 'player'" },
    { "migration_id",     INPUT_TEXT,   false, 0, "the migration whose approved plan covers it" },
    { "rollout_strategy", INPUT_TEXT,   false, 0, "'canary', 'blue-green' or 'rolling'" },
    { "max_instances",    INPUT_COUNT,  false, 500, "how many instances are changed at the same time" },
    { "revision",         INPUT_OBJECT, false, 0, "an object: code (a commit) and datasets (variable: address)" },
    { "reason",           INPUT_TEXT,   false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input promote_members[] = {
    { "full",   INPUT_FLAG, false, 0, "true or false: to all instances at once, past every step and gate" },
    { "reason", INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    END
};
static const Input campaign_rollback_members[] = {
    { "reason",       INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    { "give_up_rows", INPUT_FLAG, false, 0, "true or false: give up rows written since the swaps" },
    END
};
static const Input campaign_members[] = {
    { "entity", INPUT_TEXT, true,  0, "the campaign's entity, as in 'spring'" },
    { "reason", INPUT_TEXT, false, REASON_BYTES_MAX, "why, for people" },
    END
};

static const Input page_parameters[] = {
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input migrations_parameters[] = {
    { "state", INPUT_TEXTS, false, 400, "states, separated by commas" },
    { "q",     INPUT_TEXT,  false, 0, "part of a name" },
    { "apart", INPUT_FLAG,  false, 0, "1: without those of campaigns" },
    { "mine",  INPUT_FLAG,  false, 0, "1: those that wait for you" },
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input tasks_parameters[] = {
    { "status", INPUT_TEXTS, false, 400, "statuses, separated by commas" },
    { "step",   INPUT_TEXT,  false, 0, "a step's name" },
    { "limit",  INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after",  INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input rollouts_parameters[] = {
    { "state",     INPUT_TEXTS, false, 400, "states, separated by commas" },
    { "service",   INPUT_TEXT,  false, 0, "a service" },
    { "migration", INPUT_TEXT,  false, 0, "a migration: its id, its entity's ref or its short name" },
    { "limit",     INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after",     INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input consumers_parameters[] = {
    { "migration", INPUT_TEXT,  false, 0, "a migration: its id, its entity's ref or its short name" },
    { "stand",     INPUT_TEXTS, false, 100, "done, person, open, over, separated by commas" },
    { "owner",     INPUT_TEXT,  false, 0, "an owner's ref" },
    { "q",         INPUT_TEXT,  false, 0, "part of a name" },
    { "limit",     INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after",     INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input summary_parameters[] = {
    { "migration", INPUT_TEXT, false, 0, "a migration: its id, its entity's ref or its short name" },
    { "owner",     INPUT_TEXT, false, 0, "an owner's ref" },
    { "q",         INPUT_TEXT, false, 0, "part of a name" },
    END
};
static const Input members_parameters[] = {
    { "state", INPUT_TEXTS, false, 400, "states, separated by commas" },
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input events_parameters[] = {
    { "plan",  INPUT_TEXT,  false, 0, "a migration" },
    { "type",  INPUT_TEXTS, false, 1000, "types of events, separated by commas" },
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_COUNT, false, 0, "a sequence number" },
    { "last",  INPUT_COUNT, false, PAGE_ROWS_MAX, "begin with the last so many events" },
    END
};
static const Input migration_events_parameters[] = {
    { "type",  INPUT_TEXTS, false, 1000, "types of events, separated by commas" },
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_COUNT, false, 0, "a sequence number" },
    { "last",  INPUT_COUNT, false, PAGE_ROWS_MAX, "begin with the last so many events" },
    END
};
static const Input entities_parameters[] = {
    { "kind",  INPUT_TEXT,  false, 0, "a kind, as in 'component'" },
    { "type",  INPUT_TEXT,  false, 0, "a `spec.type`, as in 'dataset'" },
    { "owner", INPUT_TEXT,  false, 0, "an owner, as in 'group:default/identity'" },
    { "q",     INPUT_TEXT,  false, 0, "part of a name or title" },
    { "limit", INPUT_COUNT, false, PAGE_ROWS_MAX, "rows of a page" },
    { "after", INPUT_TEXT,  false, 1000, "`next` of the page before" },
    END
};
static const Input apply_parameters[] = {
    { "dry_run", INPUT_FLAG, false, 0, "1 or 0: only say what would change" },
    { "file",    INPUT_TEXT, false, 4096, "where the documents come from: the mapping's path is relative to it" },
    END
};
static const Input lineage_parameters[] = {
    { "ref",       INPUT_TEXT,  true,  0, "an entity" },
    { "direction", INPUT_TEXT,  false, 0, "'up', 'down' or 'both'" },
    { "depth",     INPUT_COUNT, false, 20, "how many steps away" },
    END
};

static const Route routes[] = {
/*    method    path                                   role           body        status handler                  members             parameters */
    { "GET",    "/",                                   ROLE_ANYBODY,  BODY_NONE,  200, handle_home,             NULL,               NULL,
      "show what this is" },
    { "GET",    "/healthz",                            ROLE_ANYBODY,  BODY_NONE,  200, handle_health,           NULL,               NULL,
      "tell that the server lives" },
    { "GET",    "/readyz",                             ROLE_ANYBODY,  BODY_NONE,  200, handle_ready,            NULL,               NULL,
      "tell that the server does its work" },
    { "GET",    "/metrics",                            ROLE_ANYBODY,  BODY_NONE,  200, handle_metrics,          NULL,               NULL,
      "read the metrics as Prometheus text" },
    { "GET",    "/assets/{name}",                      ROLE_ANYBODY,  BODY_NONE,  200, handle_asset,            NULL,               NULL,
      "load a file of the portal" },
    { "POST",   "/session",                            ROLE_ANYBODY,  BODY_JSON,  200, handle_session_post,     session_members,    NULL,
      "log in to the portal" },
    { "DELETE", "/session",                            ROLE_ANYBODY,  BODY_NONE,  200, handle_session_delete,   NULL,               NULL,
      "log out of the portal" },
    { "GET",    "/whoami",                             ROLE_VIEWER,   BODY_NONE,  200, handle_whoami,           NULL,               NULL,
      "tell who one is, and with which roles" },

    { "POST",   "/agents/migrate",                     ROLE_AUTHOR,   BODY_JSON,  201, handle_migrate,          migrate_members,    NULL,
      "plan a migration (the tutorial's call)" },
    { "GET",    "/migrations",                         ROLE_VIEWER,   BODY_NONE,  200, handle_migrations,       NULL,               migrations_parameters,
      "list migrations" },
    { "POST",   "/migrations",                         ROLE_AUTHOR,   BODY_JSON,  201, handle_migration_post,   migration_members,  NULL,
      "plan a migration" },
    { "GET",    "/migrations/{id}",                    ROLE_VIEWER,   BODY_NONE,  200, handle_migration,        NULL,               NULL,
      "read a migration" },
    { "GET",    "/migrations/{id}/plan",               ROLE_VIEWER,   BODY_NONE,  200, handle_plan_get,         NULL,               NULL,
      "read a migration's plan" },
    { "GET",    "/migrations/{id}/report",             ROLE_VIEWER,   BODY_NONE,  200, handle_report_get,       NULL,               NULL,
      "compare a migration's forecast with its outcome" },
    { "POST",   "/migrations/{id}/plan",               ROLE_AUTHOR,   BODY_JSON,  201, handle_plan_post,        reason_only,        NULL,
      "plan a migration again" },
    { "POST",   "/migrations/{id}/approve",            ROLE_APPROVER, BODY_JSON,  200, handle_approve,          approve_members,    NULL,
      "approve a plan by its digest" },
    { "POST",   "/migrations/{id}/withdraw",           ROLE_APPROVER, BODY_JSON,  200, handle_withdraw,         reason_only,        NULL,
      "withdraw one's approval" },
    { "POST",   "/migrations/{id}/reject",             ROLE_APPROVER, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "reject a plan" },
    { "POST",   "/migrations/{id}/start",              ROLE_OPERATOR, BODY_JSON,  200, handle_start,            reason_only,        NULL,
      "start an approved plan" },
    { "POST",   "/migrations/{id}/pause",              ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "pause a migration" },
    { "POST",   "/migrations/{id}/resume",             ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "resume a migration" },
    { "POST",   "/migrations/{id}/cancel",             ROLE_AUTHOR,   BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "cancel a migration that had no effect" },
    { "POST",   "/migrations/{id}/halt",               ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "halt a migration" },
    { "POST",   "/migrations/{id}/rollback",           ROLE_OPERATOR, BODY_JSON,  200, handle_rollback,         rollback_members,   NULL,
      "roll a migration back" },
    { "POST",   "/migrations/{id}/throttle",           ROLE_OPERATOR, BODY_JSON,  200, handle_throttle,         throttle_members,   NULL,
      "change how fast a migration's rows move" },
    { "POST",   "/migrations/{id}/pace",               ROLE_OPERATOR, BODY_JSON,  200, handle_pace,             pace_members,       NULL,
      "change how a migration's changes of code go out" },
    { "POST",   "/migrations/{id}/hold",               ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "hold a rollback that does harm" },
    { "POST",   "/migrations/{id}/go-on",              ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_only,        NULL,
      "go on with a held rollback" },
    { "POST",   "/migrations/{id}/retire",             ROLE_APPROVER, BODY_JSON,  200, handle_act,              reason_needed,      NULL,
      "retire the old dataset, for good" },
    { "POST",   "/migrations/{id}/accept-mixed",       ROLE_OPERATOR, BODY_JSON,  200, handle_act,              reason_needed,      NULL,
      "accept a mixed state" },
    { "GET",    "/migrations/{id}/events",             ROLE_VIEWER,   BODY_NONE,  200, handle_migration_events, NULL,               migration_events_parameters,
      "follow a migration's events" },
    { "GET",    "/migrations/{id}/tasks",              ROLE_VIEWER,   BODY_NONE,  200, handle_migration_tasks,  NULL,               tasks_parameters,
      "list a migration's tasks" },

    { "GET",    "/rollouts",                           ROLE_VIEWER,   BODY_NONE,  200, handle_rollouts,         NULL,               rollouts_parameters,
      "list rollouts" },
    { "POST",   "/rollouts",                           ROLE_VIEWER,   BODY_JSON,  201, handle_rollout_post,     rollout_members,    NULL,
      "roll a service out (the tutorial's call)" },
    { "GET",    "/rollouts/{id}",                      ROLE_VIEWER,   BODY_NONE,  200, handle_rollout,          NULL,               NULL,
      "read a rollout" },
    { "POST",   "/rollouts/{id}/promote",              ROLE_OPERATOR, BODY_JSON,  200, handle_rollout_act,      promote_members,    NULL,
      "let a rollout go on that waits for a person" },
    { "POST",   "/rollouts/{id}/pause",                ROLE_OPERATOR, BODY_JSON,  200, handle_rollout_act,      reason_only,        NULL,
      "pause a rollout" },
    { "POST",   "/rollouts/{id}/resume",               ROLE_OPERATOR, BODY_JSON,  200, handle_rollout_act,      reason_only,        NULL,
      "resume a rollout" },
    { "POST",   "/rollouts/{id}/retry",                ROLE_OPERATOR, BODY_JSON,  200, handle_rollout_act,      reason_only,        NULL,
      "try a rollout again that failed" },
    { "POST",   "/rollouts/{id}/rollback",             ROLE_OPERATOR, BODY_JSON,  200, handle_rollout_act,      reason_only,        NULL,
      "roll a service back to the revision before" },

    { "GET",    "/consumers",                          ROLE_VIEWER,   BODY_NONE, 200, handle_consumers,        NULL,               consumers_parameters,
      "list who reads or writes what moves" },
    { "GET",    "/consumers/summary",                  ROLE_VIEWER,   BODY_NONE, 200, handle_consumers_summary, NULL,              summary_parameters,
      "count who reads or writes what moves" },
    { "GET",    "/consumers/numbers",                  ROLE_VIEWER,   BODY_NONE, 200, handle_consumers_numbers, NULL,              summary_parameters,
      "count what became of them, each with what it is a part of" },

    { "GET",    "/campaigns",                          ROLE_VIEWER,   BODY_NONE, 200, handle_campaigns,        NULL,               page_parameters,
      "list campaigns" },
    { "POST",   "/campaigns",                          ROLE_AUTHOR,   BODY_JSON, 201, handle_campaign_post,    campaign_members,   NULL,
      "begin a campaign" },
    { "GET",    "/campaigns/{id}",                     ROLE_VIEWER,   BODY_NONE, 200, handle_campaign,         NULL,               NULL,
      "read a campaign" },
    { "GET",    "/campaigns/{id}/members",             ROLE_VIEWER,   BODY_NONE, 200, handle_campaign_members, NULL,               members_parameters,
      "list the migrations of a campaign" },
    { "POST",   "/campaigns/{id}/plan",                ROLE_AUTHOR,   BODY_JSON, 200, handle_campaign_plan,    reason_only,        NULL,
      "plan the migrations of a campaign" },
    { "GET",    "/campaigns/{id}/review",              ROLE_VIEWER,   BODY_NONE, 200, handle_campaign_review,  NULL,               NULL,
      "read a campaign's plans by class of change" },
    { "POST",   "/campaigns/{id}/approve",             ROLE_APPROVER, BODY_JSON, 200, handle_campaign_approve, approve_members,    NULL,
      "approve the plans of a campaign by their digest" },
    { "POST",   "/campaigns/{id}/reject",              ROLE_APPROVER, BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "reject the plans of a campaign" },
    { "POST",   "/campaigns/{id}/start",               ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "start a campaign" },
    { "POST",   "/campaigns/{id}/pause",               ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "pause a campaign" },
    { "POST",   "/campaigns/{id}/resume",              ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "resume a campaign" },
    { "POST",   "/campaigns/{id}/throttle",            ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_throttle, throttle_members,  NULL,
      "throttle a campaign" },
    { "POST",   "/campaigns/{id}/halt",                ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "halt a campaign" },
    { "POST",   "/campaigns/{id}/cancel",              ROLE_AUTHOR,   BODY_JSON, 200, handle_campaign_say,     reason_only,        NULL,
      "cancel a campaign that moved nothing" },
    { "POST",   "/campaigns/{id}/rollback",            ROLE_OPERATOR, BODY_JSON, 200, handle_campaign_say,     campaign_rollback_members, NULL,
      "roll a campaign back" },

    { "POST",   "/tasks/lease",                        ROLE_WORKER,   BODY_JSON,  200, handle_lease,            lease_members,      NULL,
      "lease a task" },
    { "GET",    "/tasks/{id}",                         ROLE_VIEWER,   BODY_NONE,  200, handle_task,             NULL,               NULL,
      "read a task" },
    { "POST",   "/tasks/{id}/heartbeat",               ROLE_WORKER,   BODY_JSON,  200, handle_heartbeat,        heartbeat_members,  NULL,
      "extend a lease" },
    { "POST",   "/tasks/{id}/intent",                  ROLE_WORKER,   BODY_JSON,  200, handle_intent,           intent_members,     NULL,
      "write down the world before an effect" },
    { "POST",   "/tasks/{id}/report",                  ROLE_WORKER,   BODY_JSON,  200, handle_report,           report_members,     NULL,
      "report how a task ended" },
    { "POST",   "/tasks/{id}/retry",                   ROLE_OPERATOR, BODY_JSON,  200, handle_task_retry,       reason_only,        NULL,
      "try a failed task again" },
    { "POST",   "/tasks/{id}/skip",                    ROLE_OPERATOR, BODY_JSON,  200, handle_task_skip,        reason_needed,      NULL,
      "skip a failed task" },
    { "POST",   "/tasks/{id}/done",                    ROLE_OPERATOR, BODY_JSON,  200, handle_task_done,        done_members,       NULL,
      "say that a failed task is done" },

    { "GET",    "/entities",                           ROLE_VIEWER,   BODY_NONE,  200, handle_entities,         NULL,               entities_parameters,
      "list entities" },
    { "POST",   "/entities",                           ROLE_AUTHOR,   BODY_DOCUMENTS, 200, handle_entities_post, NULL,              apply_parameters,
      "register entities" },
    { "GET",    "/entities/{kind}/{namespace}/{name}", ROLE_VIEWER,   BODY_NONE,  200, handle_entity,           NULL,               NULL,
      "read an entity" },
    { "GET",    "/lineage",                            ROLE_VIEWER,   BODY_NONE,  200, handle_lineage,          NULL,               lineage_parameters,
      "walk the lineage of an entity" },

    { "GET",    "/events",                             ROLE_VIEWER,   BODY_NONE,  200, handle_events,           NULL,               events_parameters,
      "follow or read all events" },
    { "GET",    "/limits",                             ROLE_VIEWER,   BODY_NONE,  200, handle_limits,           NULL,               NULL,
      "list limits, and what is in use" },
    { "PUT",    "/limits",                             ROLE_OPERATOR, BODY_JSON,  200, handle_limits_put,       limit_members,      NULL,
      "change a limit" },
    { "POST",   "/webhooks/{name}",                    ROLE_ANYBODY,  BODY_SIGNED, 200, handle_webhook,         NULL,               NULL,
      "tell that something happened to a pull request" },
    { "GET",    "/tokens",                             ROLE_ADMIN,    BODY_NONE,  200, handle_tokens,           NULL,               page_parameters,
      "list tokens" },
    { "POST",   "/tokens",                             ROLE_ADMIN,    BODY_JSON,  201, handle_token_post,       token_members,      NULL,
      "make a token" },
    { "DELETE", "/tokens/{id}",                        ROLE_ADMIN,    BODY_NONE,  200, handle_token_delete,     NULL,               NULL,
      "revoke a token" },
    { "POST",   "/blobs",                              ROLE_WORKER,   BODY_BYTES, 201, handle_blob_post,        NULL,               NULL,
      "store a blob" },
    { "GET",    "/blobs/{digest}",                     ROLE_VIEWER,   BODY_NONE,  200, handle_blob_get,         NULL,               NULL,
      "read a blob" },
};
/* clang-format on */

const Route *
route_at(size_t index)
{
    return index < G_N_ELEMENTS(routes) ? &routes[index] : NULL;
}

/* Hold the segments against a pattern; what stands for {…} goes to `params`. */
static bool
path_matches(const char *pattern, const Target *target, const char **params)
{
    unsigned segment = 0;
    unsigned param = 0;

    for (const char *at = pattern + 1; *at != '\0';) {
        size_t bytes = strcspn(at, "/");
        if (segment == target->segment_count)
            return false;
        const char *given = target->segments[segment++];
        if (*at == '{')
            params[param++] = given;
        else if (strlen(given) != bytes || memcmp(at, given, bytes) != 0)
            return false;
        at += at[bytes] == '/' ? bytes + 1 : bytes;
    }
    return segment == target->segment_count;
}

bool
route_find(const char *method, const Target *target, const Route **ret, const char **ret_params,
           char **ret_allow, GError **error)
{
    g_autoptr(GString) allow = g_string_new(NULL);
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        const char *params[ROUTE_PARAMS_MAX] = {NULL};
        if (!path_matches(routes[i].path, target, params))
            continue;
        if (strcmp(routes[i].method, wanted) == 0) {
            *ret = &routes[i];
            memcpy(ret_params, params, sizeof(params));
            return true;
        }
        g_string_append_printf(allow, "%s%s%s", allow->len > 0 ? ", " : "", routes[i].method,
                               strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
    }
    g_autofree char *shown = text_printable(target->path);
    if (allow->len == 0)
        return fail(error, ERR_NOT_FOUND, "there is nothing at '%s'", shown);
    g_autofree char *shown_method = text_printable(method);
    fail(error, ERR_INVALID, "'%s' takes %s, not %s", shown, allow->str, shown_method);
    *ret_allow = g_string_free(g_steal_pointer(&allow), FALSE);
    return false;
}

/* "approve a plan by its digest" */
const char *
route_deed(const Route *route)
{
    return route->summary;
}

const char *
body_kind_name(BodyKind kind)
{
    static const char *const names[] = {[BODY_NONE] = "none",
                                        [BODY_JSON] = "json",
                                        [BODY_DOCUMENTS] = "documents",
                                        [BODY_BYTES] = "bytes",
                                        [BODY_SIGNED] = "signed"};
    return names[kind];
}

static json_t *
inputs_to_json(const Input *inputs)
{
    json_t *list = json_array();
    for (const Input *input = inputs; input != NULL && input->name != NULL; input++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", input->name, "kind",
                                              input_kind_name(input->kind), "required",
                                              input->is_required));
    return list;
}

json_t *
server_routes(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        const Route *route = &routes[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o}", "method", route->method,
                            "path", route->path, "role", role_name(route->role), "body",
                            body_kind_name(route->body), "status", route->status, "summary",
                            route->summary, "members", inputs_to_json(route->members), "parameters",
                            inputs_to_json(route->parameters)));
    }
    return list;
}
