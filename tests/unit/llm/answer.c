/* answer.c - answers of language models, as their hosts write them: whole, in pieces, broken, refused; and what they cost. */
#include "llm/inside.h"

#include <string.h>

#define EVENT(json) "data: " json "\n\n"

static bool
hear(ModelApi api, const char *stream, LlmReply *ret, GError **error)
{
    g_autoptr(LlmHearing) hearing = llm_hear_begin(api, true);
    return llm_hear(hearing, stream, strlen(stream), error) && llm_heard(hearing, ret, error);
}

static void
assert_fails(ModelApi api, const char *stream, ErrorCode code, const char *message)
{
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(hear(api, stream, &reply, &error));
    if (!error_is(error, code) || strstr(error->message, message) == NULL)
        g_error("%s: %s", error_wire_name(error_code(error)), error->message);
}

/* What it thought goes back as it came, signature and all: else the host refuses the next question. */
static void
what_it_thought_is_kept_as_it_came(void)
{
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    static const char stream[] =
        EVENT("{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7}}}")
            EVENT("{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
                  "\"thinking\",\"thinking\":\"\"}}")
                EVENT("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                      "\"thinking_delta\",\"thinking\":\"Hm\"}}")
                    EVENT("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                          "\"signature_delta\",\"signature\":\"s1\"}}")
                        EVENT("{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
                              "\"type\":\"text\",\"text\":\"\"}}")
                            EVENT("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{"
                                  "\"type\":\"text_delta\",\"text\":\"Yes\"}}")
                                EVENT("{\"type\":\"of_the_future\"}")
                                    EVENT("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
                                          "\"end_turn\"},\"usage\":{\"output_tokens\":9}}")
                                        EVENT("{\"type\":\"message_stop\"}");
    if (!hear(API_ANTHROPIC, stream, &reply, &error))
        g_error("%s", error->message);
    g_autofree char *items = json_compact(reply.items);
    g_assert_cmpstr(
        items, ==,
        "[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm\","
        "\"signature\":\"s1\"},{\"type\":\"text\",\"text\":\"Yes\"}]}]");
    g_assert_cmpstr(reply.text, ==, "Yes");
    g_assert_true(llm_reply_is_end(&reply, API_ANTHROPIC));
    g_assert_cmpint(llm_usage_tokens(&reply.usage), ==, 16);
}

static void
an_input_that_is_no_json_is_told_so(void)
{
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    static const char stream[] =
        EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":"
              "\"a\",\"function\":"
              "{\"name\":\"view\",\"arguments\":\"{\\\"pa\"}}]}}]}")
            EVENT("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_"
                  "calls\"}]}") "data: [DONE]\n\n";
    if (!hear(API_CHAT, stream, &reply, &error))
        g_error("%s", error->message);
    const json_t *call = json_array_get(reply.calls, 0);
    g_assert_cmpstr(json_get_string(call, "name", ""), ==, "view");
    g_assert_null(json_object_get(call, "input"));
    g_assert_false(llm_reply_is_end(&reply, API_CHAT));
}

static void
what_breaks_off_is_no_answer(void)
{
    assert_fails(API_ANTHROPIC, EVENT("{\"type\":\"message_stop\"}"), ERR_TRANSIENT, "broke off");
    assert_fails(API_CHAT, EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"I\"}}]}"),
                 ERR_TRANSIENT, "broke off");
    assert_fails(API_RESPONSES, EVENT("{\"type\":\"response.created\",\"response\":{}}"),
                 ERR_TRANSIENT, "broke off");
    assert_fails(API_CHAT, "", ERR_TRANSIENT, "broke off");
    assert_fails(API_CHAT, EVENT("{\"choices\":[{"), ERR_TRANSIENT, "an event of the answer");
}

static void
what_is_told_in_the_stream_is_an_error(void)
{
    assert_fails(
        API_ANTHROPIC,
        EVENT(
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}"),
        ERR_TRANSIENT, "Busy");
    assert_fails(API_RESPONSES,
                 EVENT("{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_"
                       "limit_exceeded\"}}}"),
                 ERR_LIMIT, "it gave no reason");
    assert_fails(API_CHAT,
                 EVENT("{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"Too "
                       "\\u001b[31mlong\"}}"),
                 ERR_INVALID, "Too \\x1b[31mlong");
}

static void
no_answer_makes_more_parts_than_there_may_be(void)
{
    assert_fails(API_ANTHROPIC,
                 EVENT("{\"type\":\"content_block_start\",\"index\":100000000,\"content_block\":{"
                       "\"type\":\"text\"}}"),
                 ERR_TRANSIENT, "cannot be read");
    assert_fails(
        API_CHAT,
        EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1,\"id\":\"a\"}]}}]}"),
        ERR_TRANSIENT, "cannot be read");
}

static void
it_waits_as_long_as_it_is_told(void)
{
    g_assert_cmpint(llm_again_ms("7", 0), ==, 7000);
    g_assert_cmpint(llm_again_ms("Thu, 01 Jan 1970 00:01:00 GMT", 20000), ==, 40000);
    g_assert_cmpint(llm_again_ms("Thu, 01 Jan 1970 00:01:00 GMT", 90000), ==, 0);
    g_assert_cmpint(llm_again_ms("soon", 0), ==, 0);
    g_assert_cmpint(llm_again_ms("-1", 0), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, 0), ==, 0);
}

static void
money_is_rounded_up_once(void)
{
    const ModelConfig model = {.prices = {300000, 30000, 375000, 15000000}};
    const LlmUsage one = {{1, 1, 1, 0}}, most = {{1000000000, 0, 0, 1000000000}};
    g_assert_cmpint(llm_usage_cost(&one, &model), ==, 1);
    g_assert_cmpint(llm_usage_cost(&most, &model), ==, 15300000000);
    g_assert_cmpint(llm_usage_cost(&one, &(ModelConfig){0}), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/llm/what it thought is kept as it came", what_it_thought_is_kept_as_it_came);
    g_test_add_func("/llm/an input that is no JSON is told so",
                    an_input_that_is_no_json_is_told_so);
    g_test_add_func("/llm/what breaks off is no answer", what_breaks_off_is_no_answer);
    g_test_add_func("/llm/what is told in the stream is an error",
                    what_is_told_in_the_stream_is_an_error);
    g_test_add_func("/llm/no answer makes more parts than there may be",
                    no_answer_makes_more_parts_than_there_may_be);
    g_test_add_func("/llm/it waits as long as it is told", it_waits_as_long_as_it_is_told);
    g_test_add_func("/llm/money is rounded up once", money_is_rounded_up_once);
    return g_test_run();
}
