/* rows.c - the fields of our rows, and everything that is the same for all of them. */
#include "engine/rows.h"

#include <inttypes.h>
#include <string.h>

/* ---- the fields ---- */

/* clang-format off */
#define INT(type, name) {#name, FIELD_INT, offsetof(type, name), false}
#define TEXT(type, name) {#name, FIELD_TEXT, offsetof(type, name), false}
#define FIXED_INT(type, name) {#name, FIELD_INT, offsetof(type, name), true}
#define FIXED_TEXT(type, name) {#name, FIELD_TEXT, offsetof(type, name), true}

static const Field plan_fields[] = {
    FIXED_INT(PlanRow, n), FIXED_TEXT(PlanRow, id), {"state", FIELD_STATE, offsetof(PlanRow, state), false},
    INT(PlanRow, since_ms), TEXT(PlanRow, reason), TEXT(PlanRow, actor), TEXT(PlanRow, wake_event),
    FIXED_TEXT(PlanRow, author), FIXED_TEXT(PlanRow, migration), FIXED_TEXT(PlanRow, kind), TEXT(PlanRow, name),
    TEXT(PlanRow, request), TEXT(PlanRow, services), TEXT(PlanRow, consumers),
    TEXT(PlanRow, needs), TEXT(PlanRow, digest), TEXT(PlanRow, observations), TEXT(PlanRow, diagnostics),
    TEXT(PlanRow, start), TEXT(PlanRow, source_url), TEXT(PlanRow, target_url), INT(PlanRow, soak_ms),
    INT(PlanRow, rollback_window_ms), INT(PlanRow, retention_ms), INT(PlanRow, has_retire), INT(PlanRow, effects), INT(PlanRow, effects_ms),
    INT(PlanRow, held), TEXT(PlanRow, scope), TEXT(PlanRow, throttle), TEXT(PlanRow, pace), INT(PlanRow, give_up), INT(PlanRow, failures),
    TEXT(PlanRow, mixed_by), INT(PlanRow, token), FIXED_INT(PlanRow, created_ms), INT(PlanRow, planned_ms),
    INT(PlanRow, expires_ms), INT(PlanRow, started_ms), INT(PlanRow, paused_ms), INT(PlanRow, soak_until_ms),
    INT(PlanRow, window_until_ms), INT(PlanRow, keep_until_ms), INT(PlanRow, ended_ms),
};

static const Field step_fields[] = {
    TEXT(StepRow, plan), INT(StepRow, ordinal), TEXT(StepRow, name), TEXT(StepRow, action), TEXT(StepRow, after),
    TEXT(StepRow, needs), TEXT(StepRow, uses), TEXT(StepRow, params), TEXT(StepRow, text),
    TEXT(StepRow, reverse_text), INT(StepRow, deadline_ms),
};

static const Field task_fields[] = {
    FIXED_INT(TaskRow, n), FIXED_TEXT(TaskRow, id), FIXED_TEXT(TaskRow, plan), FIXED_TEXT(TaskRow, step),
    FIXED_TEXT(TaskRow, action), FIXED_TEXT(TaskRow, parent), FIXED_TEXT(TaskRow, key), FIXED_TEXT(TaskRow, params),
    {"phase", FIELD_PHASE, offsetof(TaskRow, phase), false},
    {"status", FIELD_STATUS, offsetof(TaskRow, status), false},
    INT(TaskRow, since_ms), TEXT(TaskRow, reason), TEXT(TaskRow, actor), INT(TaskRow, attempt), INT(TaskRow, tries),
    INT(TaskRow, probes), INT(TaskRow, token), TEXT(TaskRow, worker), INT(TaskRow, lease_until_ms),
    INT(TaskRow, wake_ms), TEXT(TaskRow, wake_event), INT(TaskRow, deadline_ms), TEXT(TaskRow, intent),
    TEXT(TaskRow, evidence), TEXT(TaskRow, error_code), TEXT(TaskRow, error), TEXT(TaskRow, progress),
    FIXED_TEXT(TaskRow, needs), FIXED_TEXT(TaskRow, uses), FIXED_TEXT(TaskRow, spare), FIXED_INT(TaskRow, weight), INT(TaskRow, children_done),
    FIXED_INT(TaskRow, created_ms), INT(TaskRow, started_ms), INT(TaskRow, ended_ms),
    TEXT(TaskRow, checkpoint), TEXT(TaskRow, signals), INT(TaskRow, signal_n), INT(TaskRow, signals_told),
};

static const Field campaign_fields[] = {
    FIXED_INT(CampaignRow, n), FIXED_TEXT(CampaignRow, id), FIXED_TEXT(CampaignRow, ref),
    {"state", FIELD_CAMPAIGN, offsetof(CampaignRow, state), false}, INT(CampaignRow, since_ms),
    TEXT(CampaignRow, reason), TEXT(CampaignRow, actor), TEXT(CampaignRow, wake_event), INT(CampaignRow, wake_ms),
    FIXED_TEXT(CampaignRow, author), FIXED_TEXT(CampaignRow, owner), FIXED_TEXT(CampaignRow, waves),
    INT(CampaignRow, wave), FIXED_INT(CampaignRow, failures_allowed), INT(CampaignRow, started),
    TEXT(CampaignRow, waits), TEXT(CampaignRow, throttle), INT(CampaignRow, give_up), FIXED_INT(CampaignRow, created_ms),
    INT(CampaignRow, started_ms), INT(CampaignRow, ended_ms),
};

static const Field member_fields[] = {
    FIXED_INT(MemberRow, n), FIXED_TEXT(MemberRow, campaign), FIXED_TEXT(MemberRow, migration),
    FIXED_TEXT(MemberRow, owner), TEXT(MemberRow, plan), INT(MemberRow, start_n), INT(MemberRow, excused),
};

#define ROW_TYPE(name, key, type, fields) {name, key, sizeof(type), fields, G_N_ELEMENTS(fields)}
#define KEY 0 /* the place of the key among the fields, where there is one */
const RowType plan_rows = ROW_TYPE("plan", "n", PlanRow, plan_fields);
const RowType step_rows = ROW_TYPE("step", NULL, StepRow, step_fields);
const RowType task_rows = ROW_TYPE("task", "n", TaskRow, task_fields);
const RowType campaign_rows = ROW_TYPE("campaign", "n", CampaignRow, campaign_fields);
const RowType member_rows = ROW_TYPE("campaign_member", "n", MemberRow, member_fields);
/* clang-format on */

void
text_set(char **field, const char *value)
{
    if (g_strcmp0(*field, value) == 0)
        return;
    char *copy = g_strdup(value); /* before freeing: it may be a part of the old one */
    g_free(*field);
    *field = copy;
}

void
text_take(char **field, char *value)
{
    g_free(*field);
    *field = value;
}

static void *
field_at(const void *row, const Field *field)
{
    return (char *) row + field->offset;
}

/* ---- memory ---- */

void
row_clear(const RowType *type, void *row)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (type->fields[i].kind == FIELD_TEXT)
            g_free(*(char **) field_at(row, &type->fields[i]));
    memset(row, 0, type->bytes);
}

void
row_copy(const RowType *type, const void *from, void *to)
{
    memcpy(to, from, type->bytes);
    for (size_t i = 0; i < type->field_count; i++)
        if (type->fields[i].kind == FIELD_TEXT) {
            char **text = field_at(to, &type->fields[i]);
            *text = g_strdup(*text);
        }
}

static bool
field_equal(const Field *field, const void *a, const void *b)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return g_strcmp0(*(char *const *) a, *(char *const *) b) == 0;
    case FIELD_INT:
        return *(const int64_t *) a == *(const int64_t *) b;
    case FIELD_STATE:
        return *(const PlanState *) a == *(const PlanState *) b;
    case FIELD_STATUS:
        return *(const TaskStatus *) a == *(const TaskStatus *) b;
    case FIELD_PHASE:
        return *(const TaskPhase *) a == *(const TaskPhase *) b;
    case FIELD_CAMPAIGN:
        return *(const CampaignState *) a == *(const CampaignState *) b;
    }
    return false;
}

bool
row_equal(const RowType *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (!field_equal(&type->fields[i], field_at(a, &type->fields[i]),
                         field_at(b, &type->fields[i])))
            return false;
    return true;
}

/* ---- disk ---- */

static void
field_bind(Stmt *stmt, int position, const Field *field, const void *value)
{
    switch (field->kind) {
    case FIELD_TEXT:
        stmt_text_at(stmt, position, *(char *const *) value);
        return;
    case FIELD_INT:
        stmt_int_at(stmt, position, *(const int64_t *) value);
        return;
    case FIELD_STATE:
        stmt_text_at(stmt, position, plan_state_name(*(const PlanState *) value));
        return;
    case FIELD_STATUS:
        stmt_text_at(stmt, position, task_status_name(*(const TaskStatus *) value));
        return;
    case FIELD_PHASE:
        stmt_text_at(stmt, position, task_phase_name(*(const TaskPhase *) value));
        return;
    case FIELD_CAMPAIGN:
        stmt_text_at(stmt, position, campaign_state_name(*(const CampaignState *) value));
        return;
    }
}

static void
row_bind(Stmt *stmt, const RowType *type, const void *row, bool is_insert)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (is_insert || !type->fields[i].is_fixed || i == KEY)
            field_bind(stmt, (int) i + 1, &type->fields[i], field_at(row, &type->fields[i]));
}

/* The texts are made once: they are asked for with every row. */
static const char *
row_sql(const RowType *type, bool is_insert)
{
    static const RowType *const types[] = {&plan_rows, &step_rows, &task_rows, &campaign_rows,
                                           &member_rows};
    static char *made[G_N_ELEMENTS(types)][2];
    size_t which = 0;
    while (types[which] != type)
        which++;
    if (made[which][is_insert] != NULL)
        return made[which][is_insert];

    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) values = g_string_new(NULL);
    g_autoptr(GString) pairs = g_string_new(NULL);
    for (size_t i = 0; i < type->field_count; i++) {
        const char *name = type->fields[i].name, *comma = i > 0 ? ", " : "";
        g_string_append_printf(names, "%s%s", comma, name);
        g_string_append_printf(values, "%s?%zu", comma, i + 1);
        if (!type->fields[i].is_fixed)
            g_string_append_printf(pairs, "%s%s = ?%zu", pairs->len > 0 ? ", " : "", name, i + 1);
    }
    made[which][is_insert] = is_insert ? g_strdup_printf("INSERT INTO %s(%s) VALUES (%s)",
                                                         type->table, names->str, values->str)
                                       : g_strdup_printf("UPDATE %s SET %s WHERE %s = ?1",
                                                         type->table, pairs->str, type->key);
    return made[which][is_insert];
}

bool
row_insert(Db *db, const RowType *type, const void *row, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, row_sql(type, true), &stmt, error))
        return false;
    row_bind(stmt, type, row, true);
    return stmt_run(stmt, NULL, error);
}

bool
row_update(Db *db, const RowType *type, const void *row, GError **error)
{
    Stmt *stmt = NULL;
    int64_t changes = 0;
    g_assert(type->key != NULL);
    if (!db_prepare(db, row_sql(type, false), &stmt, error))
        return false;
    row_bind(stmt, type, row, false);
    if (!stmt_run(stmt, &changes, error))
        return false;
    if (changes != 1)
        return fail(error, ERR_CORRUPT, "a %s row vanished from the state", type->table);
    return true;
}

char *
row_select_sql(const RowType *type, const char *where)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < type->field_count; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", type->fields[i].name);
    return g_strdup_printf("SELECT %s FROM %s %s", names->str, type->table, where);
}

static bool
field_read(Stmt *stmt, int column, const Field *field, void *value)
{
    const char *text = field->kind == FIELD_INT ? NULL : stmt_col_text(stmt, column);
    switch (field->kind) {
    case FIELD_TEXT:
        *(char **) value = g_strdup(text);
        return true;
    case FIELD_INT:
        *(int64_t *) value = stmt_col_int(stmt, column);
        return true;
    case FIELD_STATE:
        return plan_state_from_name(text, value);
    case FIELD_STATUS:
        return task_status_from_name(text, value);
    case FIELD_PHASE:
        return task_phase_from_name(text, value);
    case FIELD_CAMPAIGN:
        return campaign_state_from_name(text, value);
    }
    return false;
}

bool
row_read(const RowType *type, Stmt *stmt, void *row, GError **error)
{
    memset(row, 0, type->bytes);
    for (size_t i = 0; i < type->field_count; i++)
        if (!field_read(stmt, (int) i, &type->fields[i], field_at(row, &type->fields[i]))) {
            fail(error, ERR_CORRUPT, "%s.%s holds '%s', which is no such name", type->table,
                 type->fields[i].name, stmt_col_text(stmt, (int) i));
            row_clear(type, row);
            return false;
        }
    return true;
}
