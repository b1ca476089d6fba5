/* Names, roles, and acting under another name. */
#include "server/identity.h"

#include <string.h>

static json_t *
roles_of_two(void)
{
    return json_pack("{s:[s], s:[s, s], s:[s]}", "approver", "user:default/bo", "operator",
                     "user:default/ada", "user:default/bo", "admin", "local");
}

static void
our_own_user_is_an_admin_and_a_worker(void)
{
    g_auto(Identity) listed = {0}, unlisted = {0};
    g_autoptr(json_t) roles = roles_of_two();
    identity_from_uid(roles, 1000, 1000, &listed);
    g_assert_cmpstr(listed.name, ==, "local");
    g_assert_true(identity_has(&listed, ROLE_ADMIN));
    g_assert_true(identity_has(&listed, ROLE_APPROVER));
    g_assert_true(identity_has(&listed, ROLE_WORKER));
    identity_from_uid(NULL, 1000, 1000, &unlisted);
    g_assert_true(identity_has(&unlisted, ROLE_ADMIN));
}

static void
roles_that_name_local_bind_it(void)
{
    g_auto(Identity) local = {0};
    g_autoptr(json_t) roles = json_pack("{s:[s]}", "author", "local");
    identity_from_uid(roles, 1000, 1000, &local);
    g_assert_true(identity_has(&local, ROLE_AUTHOR));
    g_assert_false(identity_has(&local, ROLE_ADMIN));
    g_assert_false(identity_has(&local, ROLE_APPROVER));
}

static void
another_user_only_reads(void)
{
    g_auto(Identity) other = {0};
    g_autoptr(json_t) roles = roles_of_two();
    identity_from_uid(roles, 1001, 1000, &other);
    g_assert_cmpstr(other.name, ==, "uid:1001");
    g_assert_cmpuint(other.roles, ==, 1u << ROLE_VIEWER);
}

static void
acting_as_a_person_takes_that_persons_roles(void)
{
    g_auto(Identity) who = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) roles = roles_of_two();
    identity_from_uid(roles, 1000, 1000, &who);
    g_assert_true(identity_act_as(roles, "ada", &who, &error));
    g_assert_cmpstr(who.name, ==, "user:default/ada");
    g_assert_cmpstr(who.via, ==, "local");
    g_assert_true(identity_has(&who, ROLE_AUTHOR));
    g_assert_true(identity_has(&who, ROLE_OPERATOR));
    g_assert_false(identity_has(&who, ROLE_APPROVER));
    g_assert_false(identity_has(&who, ROLE_ADMIN));
    g_assert_false(identity_has(&who, ROLE_WORKER));
}

static void
only_a_local_admin_acts_as_others(void)
{
    g_auto(Identity) person = {0}, local = {0};
    g_autoptr(GError) first = NULL, second = NULL, third = NULL;
    g_autoptr(json_t) roles = roles_of_two();
    identity_from_name(roles, "user:default/bo", &person);
    g_assert_false(identity_act_as(roles, "ada", &person, &first));
    g_assert_cmpint(error_code(first), ==, ERR_FORBIDDEN);
    identity_from_uid(roles, 1000, 1000, &local);
    g_assert_false(identity_act_as(roles, "group:default/x", &local, &second));
    g_assert_cmpint(error_code(second), ==, ERR_INVALID);
    g_assert_false(identity_act_as(roles, "not a name!", &local, &third));
    g_assert_cmpstr(local.name, ==, "local");
}

static void
a_delegate_speaks_for_people_but_never_as_an_admin(void)
{
    g_auto(Identity) who = {0}, root = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) roles =
        json_pack("{s:[s], s:[s, s], s:[s]}", "approver", "user:default/bo", "delegate",
                  "service:default/backstage", "user:default/root", "admin", "user:default/root");
    identity_from_name(roles, "service:default/backstage", &who);
    g_assert_cmpuint(who.roles, ==, 1u << ROLE_VIEWER | 1u << ROLE_DELEGATE);
    g_assert_true(identity_act_as(roles, "user:default/bo", &who, &error));
    g_assert_cmpstr(who.name, ==, "user:default/bo");
    g_assert_cmpstr(who.via, ==, "service:default/backstage");
    g_assert_cmpuint(who.roles, ==, 1u << ROLE_VIEWER | 1u << ROLE_AUTHOR | 1u << ROLE_APPROVER);
    identity_from_name(roles, "service:default/backstage", &root);
    g_assert_true(identity_act_as(roles, "user:default/root", &root, &error));
    g_assert_true(identity_has(&root, ROLE_OPERATOR));
    g_assert_false(identity_has(&root, ROLE_ADMIN));
    g_assert_false(identity_act_as(roles, "user:default/bo", &root, &error));
    g_assert_cmpint(error_code(error), ==, ERR_FORBIDDEN);
}

static void
a_refusal_says_whom_to_ask(void)
{
    g_auto(Identity) who = {0};
    g_autoptr(GError) error = NULL, nobody = NULL;
    g_autoptr(json_t) roles = roles_of_two();
    identity_from_name(roles, "user:default/cy", &who);
    g_assert_false(identity_need(&who, ROLE_APPROVER, "approve a plan", roles, &error));
    g_assert_nonnull(strstr(error->message, "to approve a plan one needs the role approver"));
    g_assert_nonnull(strstr(error->message, "you are 'user:default/cy'"));
    g_assert_nonnull(strstr(error->message, "('honk login'), or ask user:default/bo"));
    g_assert_false(identity_need(&who, ROLE_APPROVER, "approve a plan", NULL, &nobody));
    g_assert_nonnull(strstr(nobody->message, "nobody has it yet"));
}

static void
a_workers_token_may_work_and_no_more(void)
{
    g_auto(Identity) who = {0};
    identity_from_name(NULL, "worker:w-1", &who);
    g_assert_true(identity_has(&who, ROLE_WORKER));
    g_assert_false(identity_has(&who, ROLE_AUTHOR));
    g_assert_false(identity_has(&who, ROLE_OPERATOR));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/identity/our own user is an admin and a worker",
                    our_own_user_is_an_admin_and_a_worker);
    g_test_add_func("/identity/roles that name local bind it", roles_that_name_local_bind_it);
    g_test_add_func("/identity/another user only reads", another_user_only_reads);
    g_test_add_func("/identity/acting as a person takes that person's roles",
                    acting_as_a_person_takes_that_persons_roles);
    g_test_add_func("/identity/only a local admin acts as others",
                    only_a_local_admin_acts_as_others);
    g_test_add_func("/identity/a delegate speaks for people, but never as an admin",
                    a_delegate_speaks_for_people_but_never_as_an_admin);
    g_test_add_func("/identity/a refusal says whom to ask", a_refusal_says_whom_to_ask);
    g_test_add_func("/identity/a worker's token may work and no more",
                    a_workers_token_may_work_and_no_more);
    return g_test_run();
}
