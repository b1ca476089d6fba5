/* webhook.c - what a host tells is taken only from the host, and only for the repository and branch that it is about. */
#include "forge/webhook.h"

#include <string.h>

#define SECRET "It's a Secret to Everybody"

typedef struct {
    const char *name, *value;
} Header;

static const char *
find_header(const char *name, void *data)
{
    for (const Header *header = data; header->name != NULL; header++)
        if (g_ascii_strcasecmp(header->name, name) == 0)
            return header->value;
    return NULL;
}

static WebhookCall
call_of(ForgeKind kind, const char *secret, Header *headers, const char *body)
{
    return (WebhookCall){.kind = kind,
                         .secret = secret,
                         .header = find_header,
                         .data = headers,
                         .body = body,
                         .bytes = strlen(body),
                         .now_ms = 1700000000000};
}

static void
assert_checked(const WebhookCall *call, bool is_taken)
{
    g_autoptr(GError) error = NULL;
    bool taken = webhook_check(call, &error);
    if (taken != is_taken)
        g_error("taken: %d, %s", taken, error != NULL ? error->message : "");
    g_assert(taken || error_is(error, ERR_UNAUTHORIZED));
}

/* The example of GitHub's own documentation. */
static void
github_signs_the_body_with_the_secret(void)
{
    static const char signature[] =
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    Header right[] = {{"X-Hub-Signature-256", signature}, {NULL}};
    Header upper[] = {{"X-Hub-Signature-256", "SHA256=7571"}, {NULL}}, none[] = {{NULL}};
    WebhookCall call = call_of(FORGE_GITHUB, SECRET, right, "Hello, World!");
    assert_checked(&call, true);
    call = call_of(FORGE_GITHUB, SECRET, right, "Hello, World?");
    assert_checked(&call, false);
    call = call_of(FORGE_GITHUB, "another", right, "Hello, World!");
    assert_checked(&call, false);
    call = call_of(FORGE_GITHUB, SECRET, upper, "Hello, World!");
    assert_checked(&call, false);
    call = call_of(FORGE_GITHUB, SECRET, none, "Hello, World!");
    assert_checked(&call, false);
}

static void
gitea_signs_it_too_and_writes_no_name_before_the_signature(void)
{
    Header right[] = {
        {"X-Gitea-Signature", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        {NULL}};
    WebhookCall call = call_of(FORGE_GITEA, SECRET, right, "Hello, World!");
    assert_checked(&call, true);
    call = call_of(FORGE_GITHUB, SECRET, right, "Hello, World!");
    assert_checked(&call, false);
}

static void
gitlab_sends_the_secret_itself(void)
{
    Header right[] = {{"X-Gitlab-Token", "abc"}, {NULL}};
    Header longer[] = {{"X-Gitlab-Token", "abcabc"}, {NULL}};
    Header empty[] = {{"X-Gitlab-Token", ""}, {NULL}};
    WebhookCall call = call_of(FORGE_GITLAB, "abc", right, "{}");
    assert_checked(&call, true);
    call.data = longer;
    assert_checked(&call, false);
    call.data = empty;
    assert_checked(&call, false);
}

/* Of the example of standardwebhooks.com, at its own time. */
static void
gitlab_with_a_signing_token_signs_identifier_time_and_body_for_some_minutes(void)
{
    static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    static const char body[] = "{\"test\": 2432232314}";
    Header right[] = {
        {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
        {"webhook-timestamp", "1614265330"},
        {"webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {NULL}};
    Header token[] = {{"X-Gitlab-Token", secret}, {NULL}};
    WebhookCall call = call_of(FORGE_GITLAB, secret, right, body);
    call.now_ms = 1614265330000 + 60000;
    assert_checked(&call, true);
    call.now_ms = 1614265330000 + 301000;
    assert_checked(&call, false);
    call.now_ms = 1614265330000 - 301000;
    assert_checked(&call, false);
    call.now_ms = 1614265330000;
    right[0].value = "msg_other";
    assert_checked(&call, false);
    call.data = token;
    assert_checked(&call, false);
}

static void
assert_read(ForgeKind kind, const char *event, const char *body, const char *repository,
            const char *branch)
{
    Header headers[] = {{"X-GitHub-Event", event}, {"X-Gitea-Event", event}, {NULL}};
    WebhookCall call = call_of(kind, SECRET, headers, body);
    g_auto(Webhook) webhook = {0};
    g_autoptr(GError) error = NULL;
    if (!webhook_read(&call, &webhook, &error))
        g_error("%s", error->message);
    g_assert_cmpstr(webhook.repository, ==, repository);
    g_assert_cmpstr(webhook.branch, ==, branch);
    g_assert_cmpstr(webhook.main, ==, repository != NULL ? "main" : NULL);
}

#define REPOSITORY "\"repository\":{\"full_name\":\"acme/player\",\"default_branch\":\"main\"}"
#define PROJECT                                                                                    \
    "\"project\":{\"path_with_namespace\":\"acme/x/player\",\"default_branch\":\"main\"}"

static void
events_of_each_host_name_the_repository_and_the_branch(void)
{
    assert_read(FORGE_GITHUB, "pull_request",
                "{\"action\":\"closed\",\"pull_request\":{\"merged\":true,\"head\":{\"ref\":\"honk/"
                "a\"}}," REPOSITORY "}",
                "acme/player", "honk/a");
    assert_read(FORGE_GITHUB, "check_run",
                "{\"check_run\":{\"check_suite\":{\"head_branch\":\"honk/a\"}}," REPOSITORY "}",
                "acme/player", "honk/a");
    assert_read(FORGE_GITHUB, "status", "{\"sha\":\"0\"," REPOSITORY "}", "acme/player", NULL);
    assert_read(FORGE_GITEA, "push", "{\"ref\":\"refs/heads/main\"," REPOSITORY "}", "acme/player",
                "main");
    assert_read(FORGE_GITLAB, NULL,
                "{\"object_kind\":\"merge_request\",\"object_attributes\":{\"source_branch\":"
                "\"honk/a\"}," PROJECT "}",
                "acme/x/player", "honk/a");
    assert_read(FORGE_GITLAB, NULL,
                "{\"object_kind\":\"pipeline\",\"object_attributes\":{\"ref\":\"refs/"
                "merge-requests/1/head\"}," PROJECT "}",
                "acme/x/player", NULL);
}

static void
what_is_of_another_kind_or_shape_is_about_nobody(void)
{
    assert_read(FORGE_GITHUB, "star", "{" REPOSITORY "}", NULL, NULL);
    assert_read(FORGE_GITHUB, "ping", "{\"zen\":\"Keep it logically awesome.\"}", NULL, NULL);
    assert_read(FORGE_GITHUB, "push", "{\"repository\":[]}", NULL, NULL);
    assert_read(FORGE_GITLAB, "push", "{}", NULL, NULL);
    Header none[] = {{NULL}};
    WebhookCall call = call_of(FORGE_GITHUB, SECRET, none, "payload=%7B%7D");
    g_auto(Webhook) webhook = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(webhook_read(&call, &webhook, &error));
    g_assert(error_is(error, ERR_INVALID));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define CASE(name) g_test_add_func("/forge/webhook/" #name, name)
    CASE(github_signs_the_body_with_the_secret);
    CASE(gitea_signs_it_too_and_writes_no_name_before_the_signature);
    CASE(gitlab_sends_the_secret_itself);
    CASE(gitlab_with_a_signing_token_signs_identifier_time_and_body_for_some_minutes);
    CASE(events_of_each_host_name_the_repository_and_the_branch);
    CASE(what_is_of_another_kind_or_shape_is_about_nobody);
    return g_test_run();
}
