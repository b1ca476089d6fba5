/*
 * review.c - approvals as rows: one person, one digest, one policy.
 *
 * A row is never changed but for being withdrawn, and never removed: the history of a digest stays readable. What counts are
 * rows of the digest that the plan has now, not withdrawn, younger than the policy's plan_ttl, one per person.
 */
#include "review/review.h"

#include "base/clock.h"
#include "store/ledger.h"

#include <string.h>

#define PREFIX_HEX_MIN 8 /* of a digest: 32 bits, read by a person from a screen */
#define HOLDERS_SHOWN_MAX 5

/* "user:default/bo or user:default/cy", without `but`; NULL when nobody. Caller frees. */
static char *
approvers_but(const json_t *roles, const char *but)
{
    const json_t *list = json_object_get(roles, "approver");
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned shown = 0;

    for (size_t i = 0; i < json_array_size(list) && shown < HOLDERS_SHOWN_MAX; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || strcmp(name, but) == 0)
            continue;
        g_string_append_printf(text, "%s%s", shown > 0 ? " or " : "", name);
        shown++;
    }
    return shown > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static bool
check_role(const json_t *roles, const Approval *approval, GError **error)
{
    if (approval->is_approver)
        return true;
    g_autofree char *others = approvers_but(roles, approval->actor);
    if (others == NULL)
        return fail(error, ERR_FORBIDDEN,
                    "approving needs the role approver; you are '%s', and nobody has it yet: add a "
                    "name under 'roles: "
                    "approver:' in honk.yaml",
                    approval->actor);
    return fail(error, ERR_FORBIDDEN,
                "approving needs the role approver; you are '%s'; log in as somebody who has it "
                "('honk login'), or ask %s",
                approval->actor, others);
}

static bool
check_author(const PolicyConfig *policy, const json_t *roles, const Approval *approval,
             GError **error)
{
    if (policy->self_approval || strcmp(approval->actor, approval->author) != 0)
        return true;
    g_autofree char *others = approvers_but(roles, approval->actor);
    return fail(error, ERR_FORBIDDEN,
                "'%s' asked for this plan, and the policy lets nobody approve their own: ask %s "
                "(or set 'policy: "
                "self_approval: true' in honk.yaml and plan again)",
                approval->actor,
                others != NULL ? others : "another approver (honk.yaml names none yet)");
}

/* "sha256:0123…" and "0123…" mean the same. */
static const char *
digest_hex(const char *digest)
{
    return g_str_has_prefix(digest, "sha256:") ? digest + strlen("sha256:") : digest;
}

static bool
check_digest(const Approval *approval, GError **error)
{
    if (approval->digest == NULL)
        return fail(error, ERR_WRONG_STATE, "there is no plan yet to say yes to");

    const char *is = digest_hex(approval->digest);
    const char *said = approval->digest_said != NULL ? digest_hex(approval->digest_said) : "";
    size_t length = strlen(said);
    if (length < PREFIX_HEX_MIN || length > strlen(is) ||
        strspn(said, "0123456789abcdef") != length)
        return fail(error, ERR_INVALID,
                    "a yes names the digest of what was read, at least its first %d hex digits "
                    "(here '%.12s')",
                    PREFIX_HEX_MIN, is);
    if (strncmp(is, said, length) != 0)
        return fail(error, ERR_MISMATCH,
                    "the plan is '%.12s…' now, not '%.12s…': read it again before saying yes", is,
                    said);
    return true;
}

/* Distinct people who said yes to this digest, without this one. */
static bool
count_others(Db *db, const PolicyConfig *policy, const Approval *approval, int64_t *ret,
             GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(
            db,
            "SELECT count(DISTINCT actor) FROM approval WHERE plan = :plan AND digest = :digest "
            "AND withdrawn_at_ms IS NULL AND actor <> :actor AND at_ms > :after",
            &stmt, error))
        return false;
    stmt_text(stmt, ":plan", approval->plan);
    stmt_text(stmt, ":digest", approval->digest);
    stmt_text(stmt, ":actor", approval->actor);
    stmt_int(stmt, ":after",
             policy->plan_ttl_ms > 0 ? clock_wall_ms() - policy->plan_ttl_ms : INT64_MIN);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret = is_row ? stmt_col_int(stmt, 0) : 0;
    stmt_reset(stmt);
    return true;
}

bool
review_is_eligible(const PolicyConfig *policy, const json_t *roles, const Approval *approval,
                   GError **error)
{
    return check_role(roles, approval, error) && check_author(policy, roles, approval, error);
}

bool
review_may_approve(const PolicyConfig *policy, const json_t *roles, const Approval *approval,
                   GError **error)
{
    return check_role(roles, approval, error) && check_digest(approval, error) &&
           check_author(policy, roles, approval, error);
}

bool
review_quorum(Db *db, const PolicyConfig *policy, const Approval *approval, bool *ret_reached,
              GError **error)
{
    int64_t others = 0;
    if (!count_others(db, policy, approval, &others, error))
        return false;
    *ret_reached = others + 1 >= MAX(policy->quorum, 1);
    return true;
}

static bool
event_append(Db *db, const char *plan, const char *actor, const char *to, const char *reason,
             int64_t now_ms, json_t *data, GError **error)
{
    g_auto(Event) event = {
        .at_ms = now_ms,
        .type = g_strdup("plan.approval"),
        .plan = g_strdup(plan),
        .actor = g_strdup(actor),
        .to = g_strdup(to),
        .reason = g_strdup(reason),
        .data = data,
    };
    return ledger_append(db, &event, error);
}

bool
review_record(Db *db, const PolicyConfig *policy, const Approval *approval, const char *reason,
              int64_t now_ms, GError **error)
{
    bool is_self = strcmp(approval->actor, approval->author) == 0;
    g_autofree char *text = g_strdup_printf("quorum %d, self approval %s", MAX(policy->quorum, 1),
                                            policy->self_approval ? "allowed" : "not allowed");
    Stmt *stmt = NULL;
    int64_t changes = 0;

    /* Saying yes twice is saying it once. */
    if (!db_prepare(
            db,
            "INSERT INTO approval (plan, digest, actor, policy, policy_digest, self, reason, "
            "at_ms) "
            "SELECT :plan, :digest, :actor, :policy, :policy_digest, :self, :reason, :at_ms WHERE "
            "NOT EXISTS "
            "(SELECT 1 FROM approval WHERE plan = :plan AND digest = :digest AND actor = :actor "
            "AND withdrawn_at_ms IS NULL AND at_ms > :after)",
            &stmt, error))
        return false;
    stmt_text(stmt, ":plan", approval->plan);
    stmt_text(stmt, ":digest", approval->digest);
    stmt_text(stmt, ":actor", approval->actor);
    stmt_text(stmt, ":policy", text);
    stmt_text(stmt, ":policy_digest", policy->digest != NULL ? policy->digest : "");
    stmt_int(stmt, ":self", is_self);
    stmt_text(stmt, ":reason", reason);
    stmt_int(stmt, ":at_ms", now_ms);
    stmt_int(stmt, ":after", policy->plan_ttl_ms > 0 ? now_ms - policy->plan_ttl_ms : INT64_MIN);
    if (!stmt_run(stmt, &changes, error))
        return false;
    if (changes == 0)
        return true;
    return event_append(
        db, approval->plan, approval->actor, "approved", reason, now_ms,
        json_pack("{s:s, s:b, s:s}", "digest", approval->digest, "self", is_self, "policy", text),
        error);
}

bool
review_withdraw(Db *db, const char *plan, const char *actor, int64_t now_ms, GError **error)
{
    Stmt *stmt = NULL;
    int64_t changes = 0;
    if (!db_prepare(
            db,
            "UPDATE approval SET withdrawn_at_ms = :now WHERE plan = :plan AND actor = :actor "
            "AND withdrawn_at_ms IS NULL",
            &stmt, error))
        return false;
    stmt_int(stmt, ":now", now_ms);
    stmt_text(stmt, ":plan", plan);
    stmt_text(stmt, ":actor", actor);
    if (!stmt_run(stmt, &changes, error))
        return false;
    if (changes == 0)
        return fail(error, ERR_NOT_FOUND,
                    "'%s' has not approved this plan, so there is nothing to withdraw", actor);
    return event_append(db, plan, actor, "withdrawn", NULL, now_ms, NULL, error);
}

static json_t *
row_to_json(Stmt *stmt)
{
    json_t *row = json_object();
    json_set_string(row, "actor", stmt_col_text(stmt, 0));
    json_set_int(row, "at_ms", stmt_col_int(stmt, 1));
    json_set_string(row, "digest", stmt_col_text(stmt, 2));
    json_set_string(row, "policy", stmt_col_text(stmt, 3));
    json_set_bool(row, "self", stmt_col_int(stmt, 4) != 0);
    json_set_string(row, "reason", stmt_col_text(stmt, 5));
    if (!stmt_col_is_null(stmt, 6))
        json_set_int(row, "withdrawn_at_ms", stmt_col_int(stmt, 6));
    return row;
}

bool
review_list(Db *db, const char *plan, json_t **ret, GError **error)
{
    g_autoptr(json_t) list = json_array();
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!db_prepare(db,
                    "SELECT actor, at_ms, digest, policy, self, reason, withdrawn_at_ms FROM "
                    "approval WHERE plan = :plan "
                    "ORDER BY id",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        json_array_append_new(list, row_to_json(stmt));
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    *ret = g_steal_pointer(&list);
    return true;
}
