/* Approvals: who may say yes to which digest, and what counts. */
#include "review/review.h"

#include "base/clock.h"

#include <string.h>

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define NOW_MS 1700000000000LL
#define DAY_MS (24LL * 3600 * 1000)

typedef struct {
    Db *db;
    PolicyConfig policy;
    json_t *roles;
} World;

static void
world_open(World *world)
{
    g_autoptr(GError) error = NULL;
    bool opened = db_open_memory(&world->db, &error);
    g_assert_no_error(error);
    g_assert_true(opened);
    world->policy =
        (PolicyConfig){.quorum = 1, .plan_ttl_ms = 7 * DAY_MS, .digest = g_strdup("sha256:policy")};
    world->roles = json_pack("{s:[s, s]}", "approver", "user:default/bo", "user:default/cy");
    clock_set_for_tests(NOW_MS);
}

static void
world_close(World *world)
{
    db_close(world->db);
    json_decref(world->roles);
    g_free(world->policy.digest);
    clock_set_for_tests(-1);
}

static Approval
yes_of(const char *actor, const char *said)
{
    return (Approval){.actor = actor,
                      .is_approver = true,
                      .plan = "m-1",
                      .author = "user:default/ada",
                      .digest = DIGEST,
                      .digest_said = said};
}

/* The error's code, or -1; `quorum` may be NULL. */
static int
try_yes(World *world, const Approval *approval, bool *quorum, char **ret_message)
{
    g_autoptr(GError) error = NULL;
    bool reached = false;
    bool may = review_may_approve(&world->policy, world->roles, approval, &error) &&
               review_quorum(world->db, &world->policy, approval, &reached, &error);
    if (quorum != NULL)
        *quorum = reached;
    if (ret_message != NULL)
        *ret_message = error != NULL ? g_strdup(error->message) : NULL;
    g_assert_cmpint(may, ==, error == NULL);
    return error != NULL ? (int) error_code(error) : -1;
}

static void
record(World *world, const Approval *approval, int64_t now_ms)
{
    g_autoptr(GError) error = NULL;
    bool stored =
        db_begin(world->db, &error) &&
        review_record(world->db, &world->policy, approval, "looks right", now_ms, &error) &&
        db_commit(world->db, &error);
    g_assert_no_error(error);
    g_assert_true(stored);
}

static int
withdraw(World *world, const char *actor)
{
    g_autoptr(GError) error = NULL;
    if (!db_begin(world->db, &error))
        g_assert_not_reached();
    if (!review_withdraw(world->db, "m-1", actor, NOW_MS + 5, &error)) {
        db_rollback(world->db);
        return (int) error_code(error);
    }
    if (!db_commit(world->db, &error))
        g_assert_not_reached();
    return -1;
}

static json_t *
list(World *world)
{
    json_t *rows = NULL;
    g_autoptr(GError) error = NULL;
    if (!review_list(world->db, "m-1", &rows, &error))
        g_assert_no_error(error);
    return rows;
}

static void
eight_hex_digits_are_enough_and_seven_are_not(void)
{
    static const struct {
        const char *said;
        int code;
    } rows[] = {
        {DIGEST, -1},
        {"sha256:01234567", -1},
        {"01234567", -1},
        {"0123456", ERR_INVALID},
        {"", ERR_INVALID},
        {NULL, ERR_INVALID},
        {"zzzzzzzz", ERR_INVALID},
        {"sha256:", ERR_INVALID},
        {DIGEST "0", ERR_INVALID},
        {OTHER, ERR_MISMATCH},
        {"fedcba98", ERR_MISMATCH},
    };
    World world;
    world_open(&world);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Approval approval = yes_of("user:default/bo", rows[i].said);
        g_assert_cmpint(try_yes(&world, &approval, NULL, NULL), ==, rows[i].code);
    }
    world_close(&world);
}

static void
a_plan_that_is_not_made_cannot_be_approved(void)
{
    World world;
    world_open(&world);
    Approval approval = yes_of("user:default/bo", DIGEST);
    approval.digest = NULL;
    g_assert_cmpint(try_yes(&world, &approval, NULL, NULL), ==, ERR_WRONG_STATE);
    world_close(&world);
}

static void
who_has_not_the_role_hears_whom_to_ask(void)
{
    World world;
    world_open(&world);
    Approval approval = yes_of("uid:1000", DIGEST);
    approval.is_approver = false;
    g_autofree char *message = NULL;
    g_assert_cmpint(try_yes(&world, &approval, NULL, &message), ==, ERR_FORBIDDEN);
    g_assert_nonnull(strstr(message, "'uid:1000'"));
    g_assert_nonnull(strstr(message, "user:default/bo or user:default/cy"));
    world_close(&world);
}

static void
an_author_may_not_approve_unless_the_policy_says_so(void)
{
    World world;
    world_open(&world);
    Approval approval = yes_of("user:default/ada", DIGEST);
    g_autofree char *message = NULL;
    g_assert_cmpint(try_yes(&world, &approval, NULL, &message), ==, ERR_FORBIDDEN);
    g_assert_nonnull(strstr(message, "user:default/bo"));

    world.policy.self_approval = true;
    bool quorum = false;
    g_assert_cmpint(try_yes(&world, &approval, &quorum, NULL), ==, -1);
    g_assert_true(quorum);
    record(&world, &approval, NOW_MS);
    g_autoptr(json_t) rows = list(&world);
    g_assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "self")));
    g_assert_nonnull(
        strstr(json_get_string(json_array_get(rows, 0), "policy", ""), "self approval allowed"));
    world_close(&world);
}

static void
a_quorum_counts_people_not_clicks(void)
{
    World world;
    world_open(&world);
    world.policy.quorum = 2;
    Approval bo = yes_of("user:default/bo", DIGEST);
    Approval cy = yes_of("user:default/cy", DIGEST);
    bool quorum = true;
    g_assert_cmpint(try_yes(&world, &bo, &quorum, NULL), ==, -1);
    g_assert_false(quorum);
    record(&world, &bo, NOW_MS);
    record(&world, &bo, NOW_MS + 1); /* twice is once */
    g_assert_cmpint(try_yes(&world, &bo, &quorum, NULL), ==, -1);
    g_assert_false(quorum);
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_true(quorum);
    g_autoptr(json_t) rows = list(&world);
    g_assert_cmpint(json_array_size(rows), ==, 1);
    world_close(&world);
}

static void
a_yes_to_another_digest_does_not_count(void)
{
    World world;
    world_open(&world);
    world.policy.quorum = 2;
    Approval before = yes_of("user:default/bo", OTHER);
    before.digest = OTHER;
    record(&world, &before, NOW_MS);
    Approval cy = yes_of("user:default/cy", DIGEST);
    bool quorum = true;
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_false(quorum);
    world_close(&world);
}

static void
a_withdrawn_yes_does_not_count_and_stays_on_record(void)
{
    World world;
    world_open(&world);
    world.policy.quorum = 2;
    Approval bo = yes_of("user:default/bo", DIGEST);
    Approval cy = yes_of("user:default/cy", DIGEST);
    record(&world, &bo, NOW_MS);
    g_assert_cmpint(withdraw(&world, "user:default/cy"), ==, ERR_NOT_FOUND);
    g_assert_cmpint(withdraw(&world, "user:default/bo"), ==, -1);
    g_assert_cmpint(withdraw(&world, "user:default/bo"), ==, ERR_NOT_FOUND);
    bool quorum = true;
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_false(quorum);
    record(&world, &bo, NOW_MS + 10); /* a second thought */
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_true(quorum);
    g_autoptr(json_t) rows = list(&world);
    g_assert_cmpint(json_array_size(rows), ==, 2);
    g_assert_cmpint(json_get_int(json_array_get(rows, 0), "withdrawn_at_ms", 0), ==, NOW_MS + 5);
    world_close(&world);
}

static void
an_old_yes_expires(void)
{
    World world;
    world_open(&world);
    world.policy.quorum = 2;
    Approval bo = yes_of("user:default/bo", DIGEST);
    Approval cy = yes_of("user:default/cy", DIGEST);
    record(&world, &bo, NOW_MS);
    bool quorum = false;
    clock_set_for_tests(NOW_MS + 7 * DAY_MS - 1);
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_true(quorum);
    clock_set_for_tests(NOW_MS + 7 * DAY_MS);
    g_assert_cmpint(try_yes(&world, &cy, &quorum, NULL), ==, -1);
    g_assert_false(quorum);
    world_close(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/review/eight hex digits are enough and seven are not",
                    eight_hex_digits_are_enough_and_seven_are_not);
    g_test_add_func("/review/a plan that is not made cannot be approved",
                    a_plan_that_is_not_made_cannot_be_approved);
    g_test_add_func("/review/who has not the role hears whom to ask",
                    who_has_not_the_role_hears_whom_to_ask);
    g_test_add_func("/review/an author may not approve unless the policy says so",
                    an_author_may_not_approve_unless_the_policy_says_so);
    g_test_add_func("/review/a quorum counts people not clicks", a_quorum_counts_people_not_clicks);
    g_test_add_func("/review/a yes to another digest does not count",
                    a_yes_to_another_digest_does_not_count);
    g_test_add_func("/review/a withdrawn yes does not count and stays on record",
                    a_withdrawn_yes_does_not_count_and_stays_on_record);
    g_test_add_func("/review/an old yes expires", an_old_yes_expires);
    return g_test_run();
}
