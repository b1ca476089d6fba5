/* handlers.h - one function per route, by noun: migrations.c, acts.c, tasks.c, entities.c, events.c, settings.c, system.c. */
#pragma once

#include "server/request.h"

/* system.c */
Handler handle_home, handle_health, handle_ready, handle_metrics, handle_whoami, handle_blob_get,
    handle_blob_post;
/* portal.c, session.c */
Handler handle_asset, handle_session_post, handle_session_delete;
/* migrations.c */
Handler handle_migrations, handle_migration, handle_plan_get, handle_migration_events,
    handle_migration_tasks;
/* plan_report.c */
Handler handle_report_get;
/* planning.c */
Handler handle_migrate, handle_migration_post, handle_plan_post;
/* acts.c */
Handler handle_approve, handle_withdraw, handle_start, handle_act, handle_rollback, handle_throttle,
    handle_pace;
/* rollout_rows.c, rollout_post.c, rollout_acts.c */
Handler handle_rollouts, handle_rollout, handle_rollout_post, handle_rollout_act;
/* campaigns.c, campaign_view.c, campaign_review.c */
Handler handle_campaigns, handle_campaign_post, handle_campaign, handle_campaign_members,
    handle_campaign_plan, handle_campaign_review, handle_campaign_approve, handle_campaign_throttle,
    handle_campaign_say;
/* consumers.c */
Handler handle_consumers, handle_consumers_summary;
/* numbers.c */
Handler handle_consumers_numbers;
/* tasks.c */
Handler handle_task, handle_task_retry, handle_task_skip, handle_task_done;
Handler handle_lease, handle_heartbeat, handle_intent, handle_report;
/* entities.c */
Handler handle_entities, handle_entity, handle_entities_post, handle_lineage;
/* events.c */
Handler handle_events;
/* webhooks.c */
Handler handle_webhook;
/* settings.c */
Handler handle_limits, handle_limits_put, handle_tokens, handle_token_post, handle_token_delete;
