/*
 * limits.h - every maximum, with its unit in its name and its reason beside it.
 *
 * A limit that a person may want to change is a setting in honk.yaml instead; these are what keeps
 * a mistake or an enemy from costing more than one request.
 */
#pragma once

/* clang-format off */
#define JSON_DEPTH_MAX 64                        /* ten times deeper than any document of ours */
#define JSON_BYTES_MAX (64 * 1024 * 1024)        /* a plan over 1,800 consumers is under 10 MiB */
#define YAML_BYTES_MAX (64 * 1024 * 1024)        /* 50,000 entities of 1 KiB */
#define YAML_DEPTH_MAX 64                        /* Backstage entities need fewer than 10 */
#define YAML_NODES_MAX (4 * 1000 * 1000)         /* 50,000 entities of 40 nodes, doubled */
#define YAML_ALIASED_NODES_MAX (100 * 1000)      /* copies; real anchors name a few dozen lines */
#define DIAGNOSTICS_MAX 200                      /* a person reads the first dozen */
#define HTTP_BODY_BYTES_MAX (16 * 1024 * 1024)   /* one file or result; bigger things are blobs */
#define HTTP_BLOB_BYTES_MAX (64 * 1024 * 1024)   /* a plan, a slice, evidence */
#define SSE_EVENT_BYTES_MAX (1024 * 1024)        /* an event of ours is under 8 KiB */
#define HTTP_CONNECTIONS_MAX 2048                /* one thread each, of whose stack some pages are touched */
#define HTTP_STREAMS_MAX 1024                    /* of those, how many may be event streams: people, screens */
#define OPEN_FILES_MAX 8192                      /* what the server asks for: streams take two each */
#define PAGE_ROWS_DEFAULT 100
#define PAGE_ROWS_MAX 1000
#define MAILBOX_ITEMS_MAX 4096                   /* waiting for a beat; then callers get `limit` */
#define EVENT_TEXT_BYTES_MAX 4096                /* a reason that a person reads */
#define REASON_BYTES_MAX 2000
#define NAME_BYTES_MAX 253                       /* Backstage allows 63; store objects are longer */
#define BATCH_ROWS_MAX 4096
#define BATCH_BYTES_MAX (8 * 1024 * 1024)        /* four of these are in flight per range */
#define CELL_BYTES_MAX (16 * 1024 * 1024)        /* one value; larger: refused with its place */
#define RECORD_BYTES_MAX (32 * 1024 * 1024)      /* one CSV record or JSON line */
#define CHILDREN_PER_STEP_MAX 100000             /* ranges of one table: a week of copying */
#define PLAN_STEPS_MAX 10000
#define CHECKPOINT_BYTES_MAX (64 * 1024)         /* in the task's row, written with every poll: 500 instances */
#define SIGNALS_MAX 100                          /* words to one task that nobody has taken notice of yet */
/* clang-format on */
