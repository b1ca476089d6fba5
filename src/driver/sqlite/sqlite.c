/* sqlite.c - the driver's roles; what it promises is in README.md beside this file. */
#include "driver/sqlite/sqlite.h"

#include "driver/drivers.h"

const Driver driver_sqlite = {
    .name = "sqlite",
    .summary = "SQLite files: read, written, swapped, and moved by one statement inside a file",
    .open = sqlite_open,
    .close = sqlite_close,
    .describe = sqlite_describe,
    .outline = sqlite_outline,
    .identity = sqlite_identity,
    .fingerprint = sqlite_fingerprint,
    .types = &sqlite_type_ops,
    .scan = &sqlite_scan_ops,
    .load = &sqlite_load_ops,
    .push = &sqlite_push_ops,
    .freeze = &sqlite_freeze_ops,
    .watch = &sqlite_watch_ops,
    .snapshot = &sqlite_snapshot_ops,
    .swap = &sqlite_swap_ops,
    .query = &sqlite_query_ops,
    .repair = sqlite_repair,
    .unique_columns = sqlite_unique_columns,
};
