/*
 * rows.h - what of a plan, a step and a task is on disk, field by field.
 *
 * Each field is named once, in rows.c: binding, reading, copying and freeing go through that table,
 * so that memory and disk cannot disagree about what there is.
 */
#pragma once

#include "model/campaign.h"
#include "store/db.h"

typedef struct {
    int64_t n;
    char *id;
    PlanState state;
    int64_t since_ms;
    char *reason, *actor, *wake_event;
    char *author, *migration, *kind, *name, *request, *needs;
    char *digest, *observations, *diagnostics, *start;
    char *source_url, *target_url, *services, *consumers, *throttle, *pace;
    int64_t soak_ms, rollback_window_ms, retention_ms;
    int64_t has_retire, effects, effects_ms, held;
    char *scope;
    int64_t give_up, failures;
    char *mixed_by;
    int64_t token;
    int64_t created_ms, planned_ms, expires_ms, started_ms, paused_ms;
    int64_t soak_until_ms, window_until_ms, keep_until_ms, ended_ms;
} PlanRow;

typedef struct {
    char *plan;
    int64_t ordinal;
    char *name, *action, *after, *needs, *uses, *params, *text, *reverse_text;
    int64_t deadline_ms;
} StepRow;

typedef struct {
    int64_t n;
    char *id, *plan, *step, *action, *parent, *key, *params;
    TaskPhase phase;
    TaskStatus status;
    int64_t since_ms;
    char *reason, *actor;
    int64_t attempt, tries, probes, token;
    char *worker;
    int64_t lease_until_ms, wake_ms;
    char *wake_event;
    int64_t deadline_ms;
    char *intent, *evidence, *error_code, *error, *progress, *needs, *uses;
    int64_t weight, children_done, created_ms, started_ms, ended_ms;
    char *checkpoint, *signals, *spare;
    int64_t signal_n, signals_told;
} TaskRow;

typedef struct {
    int64_t n;
    char *id, *ref;
    CampaignState state;
    int64_t since_ms;
    char *reason, *actor, *wake_event;
    int64_t wake_ms;
    char *author, *owner, *waves;
    int64_t wave, failures_allowed, started;
    char *waits, *throttle;
    int64_t give_up, created_ms, started_ms, ended_ms;
} CampaignRow;

typedef struct {
    int64_t n;
    char *campaign, *migration, *owner, *plan;
    int64_t start_n, excused;
} MemberRow;

typedef enum {
    FIELD_INT,
    FIELD_TEXT,
    FIELD_STATE,
    FIELD_STATUS,
    FIELD_PHASE,
    FIELD_CAMPAIGN
} FieldKind;
typedef struct {
    const char *name;
    FieldKind kind;
    size_t offset;
    bool
        is_fixed; /* written with the row and never again: updates, and the indexes, leave it alone */
} Field;
typedef struct {
    const char *table;
    const char *key; /* "n": updates are by it; NULL: rows are only inserted */
    size_t bytes;
    const Field *fields;
    size_t field_count;
} RowType;
extern const RowType plan_rows, step_rows, task_rows, campaign_rows, member_rows;

void row_clear(const RowType *type, void *row);
void row_copy(const RowType *type, const void *from, void *to); /* `to` is zeroed or cleared */
bool row_equal(const RowType *type, const void *a, const void *b);
CHECKED bool row_insert(Db *db, const RowType *type, const void *row, GError **error);
/* Every field that can change; a row that is not there is CORRUPT. */
CHECKED bool row_update(Db *db, const RowType *type, const void *row, GError **error);
/* "SELECT a, b, … FROM table"; caller frees. */
char *row_select_sql(const RowType *type, const char *where);
/* The row that the statement stands on; CORRUPT when a state has no such name. */
CHECKED bool row_read(const RowType *type, Stmt *stmt, void *row, GError **error);

/* Set a text field: the old value is freed. */
void text_set(char **field, const char *value);
void text_take(char **field, char *value);
