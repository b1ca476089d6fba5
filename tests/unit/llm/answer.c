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

/* Two calls at once, as each host streams them; arguments in pieces, with what else may stand in a stream. */
static const char *const two_calls[API_COUNT] = {
    [API_ANTHROPIC] =
        ": ping\r\n\r\nevent: message_start\r\n"
        "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5}}}\r\n\r\n"
        "event: ping\ndata: {\"type\":\"ping\"}\n\n" EVENT(
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_"
            "use\",\"id\":\"a\",\"name\":\"view\",\"input\":{}}}")
            EVENT("{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
                  "\"tool_use\",\"id\":\"b\",\"name\":\"shell\",\"input\":{}}}")
                EVENT("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_"
                      "json_delta\",\"partial_json\":\"{\\\"command\\\": \"}}")
                    EVENT(
                        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_"
                        "json_delta\",\"partial_json\":\"{\\\"path\\\": \\\"gr\\u00f6\"}}")
                        EVENT("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                              "\"input_json_delta\",\"partial_json\":\"\\\"ls\\\"}\"}}")
                            EVENT(
                                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                                "\"input_json_delta\",\"partial_json\":\"\\u00dfe\\\"}\"}}")
                                EVENT(
                                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_"
                                    "use\"},\"usage\":{\"output_tokens\":9}}")
                                    EVENT("{\"type\":\"message_stop\"}"),
    [API_CHAT] = EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
                       "null,\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\","
                       "\"function\":{\"name\":\"view\",\"arguments\":\"\"}}]}}]}")
        EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\","
              "\"type\":"
              "\"function\",\"function\":{\"name\":\"shell\",\"arguments\":\"{\\\"command\\\":\"}}]"
              "}}]}") EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
                            "\"function\":{"
                            "\"arguments\":\"{\\\"path\\\":\\\"gr\\u00f6\"}},{\"index\":1,"
                            "\"function\":{"
                            "\"arguments\":\" \\\"ls\\\"}\"}}]}}]}")
            EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
                  "{\"arguments\":\"\\u00dfe\\\"}\"}}]}}]}")
                EVENT("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}")
                    EVENT("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}"
                          "}") "data: [DONE]\n\n",
    [API_RESPONSES] = EVENT("{\"type\":\"response.created\",\"response\":{}}")
        EVENT("{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":"
              "\"function_call\",\"call_id\":\"a\",\"name\":\"view\",\"arguments\":\"\"}}")
            EVENT("{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,"
                  "\"delta\":\"{\\\"path\"}")
                EVENT("{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{"
                      "\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"shell\","
                      "\"arguments\":\"{\\\"command\\\": \\\"ls\\\"}\"}}")
                    EVENT("{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\","
                          "\"output\":[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":"
                          "\"view\",\"arguments\":\"{\\\"path\\\":\\\"gr\\u00f6\\u00dfe\\\"}\"},"
                          "{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"shell\","
                          "\"arguments\":\"{\\\"command\\\": "
                          "\\\"ls\\\"}\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":9}}}"),
};

/* However the network cuts it: in the middle of a name, of an escape, or between the two bytes of a line's end. */
static void
calls_are_the_same_in_whatever_pieces_they_come(void)
{
    for (int api = 0; api < API_COUNT; api++)
        for (size_t step = 1; step < 5000; step = step * 3 + 1) {
            g_autoptr(LlmHearing) hearing = llm_hear_begin((ModelApi) api, true);
            g_auto(LlmReply) reply = {0};
            g_autoptr(GError) error = NULL;
            const char *stream = two_calls[api];
            for (size_t at = 0, all = strlen(stream); at < all; at += step)
                if (!llm_hear(hearing, stream + at, MIN(step, all - at), &error))
                    g_error("%s", error->message);
            if (!llm_heard(hearing, &reply, &error))
                g_error("%s: %s", model_api_name((ModelApi) api), error->message);
            g_autofree char *calls = json_compact(reply.calls);
            g_assert_cmpstr(calls, ==,
                            "[{\"id\":\"a\",\"name\":\"view\",\"input\":{\"path\":\"größe\"}},"
                            "{\"id\":\"b\",\"name\":\"shell\",\"input\":{\"command\":\"ls\"}}]");
            g_assert_cmpint(llm_usage_tokens(&reply.usage), ==, 14);
            g_assert_false(llm_reply_is_end(&reply, (ModelApi) api));
        }
}

/* That it was cut short, kept back or refused is no word that it is done. */
static void
only_one_word_says_that_it_has_said_all(void)
{
    static const struct {
        ModelApi api;
        const char *stop;
        bool is_end;
    } words[] = {
        {API_ANTHROPIC, "end_turn", true},
        {API_ANTHROPIC, "max_tokens", false},
        {API_ANTHROPIC, "refusal", false},
        {API_ANTHROPIC, "pause_turn", false},
        {API_ANTHROPIC, "stop_sequence", false},
        {API_ANTHROPIC, "model_context_window_exceeded", false},
        {API_CHAT, "stop", true},
        {API_CHAT, "length", false},
        {API_CHAT, "content_filter", false},
        {API_CHAT, "of_the_future", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_auto(LlmReply) reply = {0};
        g_autoptr(GError) error = NULL;
        g_autofree char *stream =
            words[i].api == API_CHAT
                ? g_strdup_printf(EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"I\"},"
                                        "\"finish_reason\":\"%s\"}]}") "data: [DONE]\n\n",
                                  words[i].stop)
                : g_strdup_printf(
                      EVENT("{\"type\":\"message_start\",\"message\":{}}")
                          EVENT("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}")
                              EVENT("{\"type\":\"message_stop\"}"),
                      words[i].stop);
        if (!hear(words[i].api, stream, &reply, &error))
            g_error("%s: %s", words[i].stop, error->message);
        g_assert_cmpstr(reply.stop, ==, words[i].stop);
        g_assert_true(llm_reply_is_end(&reply, words[i].api) == words[i].is_end);
    }
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(
        hear(API_RESPONSES,
             EVENT("{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
                   "\"incomplete_details\":{\"reason\":\"content_filter\"},\"output\":[]}}"),
             &reply, &error));
    g_assert_false(llm_reply_is_end(&reply, API_RESPONSES));
    g_assert_nonnull(strstr(reply.stop, "content_filter"));
}

static void
an_answer_without_an_end_is_ended(void)
{
    g_autoptr(LlmHearing) hearing = llm_hear_begin(API_CHAT, true);
    g_autoptr(GError) error = NULL;
    static const char event[] =
        EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more and more\"}}]}");
    g_autoptr(GString) many = g_string_new(NULL);
    while (many->len < 1024 * 1024)
        g_string_append(many, event);
    size_t heard = 0;
    while (llm_hear(hearing, many->str, many->len, &error))
        heard += many->len;
    g_assert_cmpint(heard, <=, LLM_ANSWER_BYTES_MAX);
    g_assert_true(error_is(error, ERR_INVALID));
    g_assert_cmpstr(error->message, ==, "the answer is larger than 16 MiB");
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
    assert_fails(API_CHAT, EVENT("{\"error\":{\"code\":\"rate_limit\",\"message\":\"\"}}"),
                 ERR_LIMIT, "it gave no reason");
    assert_fails(API_CHAT,
                 EVENT("{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"Too "
                       "\\u001b[31mlong\"}}"),
                 ERR_INVALID, "Too \\x1b[31mlong");
}

/* Of those who pay, of the key, of the name: no other question is answered either, so that it is nobody's fault here. */
static void
what_is_wrong_with_the_account_is_no_fault_of_the_question(void)
{
    static const struct {
        const char *event;
        ErrorCode code;
    } told[] = {
        {EVENT("{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}"),
         ERR_FORBIDDEN},
        {EVENT("{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}}"),
         ERR_UNAUTHORIZED},
        {EVENT("{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}}"),
         ERR_NOT_FOUND},
        {EVENT("{\"error\":{\"type\":\"invalid_request_error\",\"code\":null,\"message\":\"Your "
               "credit balance is too low to ask\"}}"),
         ERR_FORBIDDEN},
        {EVENT("{\"error\":{\"type\":\"server_error\",\"code\":null}}"), ERR_TRANSIENT},
        {EVENT("{\"error\":{\"code\":502}}"), ERR_TRANSIENT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
        assert_fails(API_CHAT, told[i].event, told[i].code, "");
    assert_fails(API_ANTHROPIC,
                 EVENT("{\"type\":\"error\",\"error\":{\"type\":\"billing_error\"}}"),
                 ERR_FORBIDDEN, "");
    assert_fails(API_RESPONSES,
                 EVENT("{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"bio_"
                       "policy\"}}}"),
                 ERR_INVALID, "");
}

/* Hosts refuse a question in which an answer of their own stands as it came. */
static void
what_is_told_back_is_what_hosts_take(void)
{
    static const struct {
        ModelApi api;
        const char *stream, *items;
    } answers[] = {
        {API_ANTHROPIC,
         EVENT("{\"type\":\"message_start\",\"message\":{}}") EVENT(
             "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
             "\"text\":\"\"}}")
             EVENT("{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
                   "\"tool_use\",\"id\":\"a\",\"name\":\"shell\",\"input\":{}}}")
                 EVENT("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_"
                       "json_delta\",\"partial_json\":\"{\\\"comm\"}}")
                     EVENT(
                         "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"}}")
                         EVENT("{\"type\":\"message_stop\"}"),
         "[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":"
         "\"shell\",\"input\":{\"unreadable\":\"{\\\"comm\"}}]}]"},
        {API_CHAT,
         EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{"
               "\"name\":\"shell\",\"arguments\":\"{\\\"comm\"}}]}}]}")
             EVENT("{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}"),
         "[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"a\",\"type\":"
         "\"function\",\"function\":{\"name\":\"shell\",\"arguments\":\"{\\\"unreadable\\\":"
         "\\\"{\\\\\\\"comm\\\"}\"}}]}]"},
        {API_RESPONSES,
         EVENT("{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
               "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[{\"type\":"
               "\"function_call\",\"id\":\"fc1\",\"status\":\"incomplete\",\"call_id\":\"a\","
               "\"name\":\"shell\",\"arguments\":\"{\\\"comm\"}]}}"),
         "[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"shell\",\"arguments\":\"{"
         "\\\"unreadable\\\":\\\"{\\\\\\\"comm\\\"}\"}]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_auto(LlmReply) reply = {0};
        g_autoptr(GError) error = NULL;
        if (!hear(answers[i].api, answers[i].stream, &reply, &error))
            g_error("%s", error->message);
        g_autofree char *items = json_compact(reply.items), *calls = json_compact(reply.calls);
        g_assert_cmpstr(items, ==, answers[i].items);
        g_assert_cmpstr(calls, ==, "[{\"id\":\"a\",\"name\":\"shell\"}]");
    }
}

/* Some hosts that speak as OpenAI does give every call the number 0, or write an empty name with its later pieces. */
static void
another_id_is_another_call(void)
{
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    static const char stream[] =
        EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{"
              "\"name\":\"view\",\"arguments\":\"{\\\"path\\\":\"}}]}}]}")
            EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"\","
                  "\"function\":{\"name\":\"\",\"arguments\":\"\\\"x\\\"}\"}}]}}]}")
                EVENT("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"b\","
                      "\"function\":{\"name\":\"diff\",\"arguments\":\"{}\"}}]}}]}")
                    EVENT("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    if (!hear(API_CHAT, stream, &reply, &error))
        g_error("%s", error->message);
    g_autofree char *calls = json_compact(reply.calls);
    g_assert_cmpstr(calls, ==,
                    "[{\"id\":\"a\",\"name\":\"view\",\"input\":{\"path\":\"x\"}},"
                    "{\"id\":\"b\",\"name\":\"diff\",\"input\":{}}]");
    g_assert_false(llm_reply_is_end(&reply, API_CHAT));
}

/* They end as an answer does, but are none. */
static void
a_refusal_is_no_work_that_is_done(void)
{
    static const struct {
        ModelApi api;
        const char *stream;
    } refusals[] = {
        {API_CHAT, EVENT("{\"choices\":[{\"delta\":{\"refusal\":\"I will not.\"}}]}")
                       EVENT("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}")},
        {API_RESPONSES,
         EVENT("{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":"
               "[{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\","
               "\"refusal\":\"I will not.\"}]}]}}")},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_auto(LlmReply) reply = {0};
        g_autoptr(GError) error = NULL;
        if (!hear(refusals[i].api, refusals[i].stream, &reply, &error))
            g_error("%s", error->message);
        g_assert_cmpstr(reply.stop, ==, "refusal");
        g_assert_cmpstr(reply.text, ==, "I will not.");
        g_assert_false(llm_reply_is_end(&reply, refusals[i].api));
    }
}

/* Of a host that does not stream, although it was asked to. */
static void
an_answer_in_one_piece_is_told_back_as_one_in_many(void)
{
    g_autoptr(LlmHearing) hearing = llm_hear_begin(API_CHAT, false);
    g_auto(LlmReply) reply = {0};
    g_autoptr(GError) error = NULL;
    static const char answer[] =
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"
        "\"refusal\":null,\"annotations\":[],\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\","
        "\"function\":{\"name\":\"diff\",\"arguments\":\"\"}}]},\"finish_reason\":\"tool_calls\"}],"
        "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}}";
    if (!llm_hear(hearing, answer, strlen(answer), &error) || !llm_heard(hearing, &reply, &error))
        g_error("%s", error->message);
    g_autofree char *items = json_compact(reply.items);
    g_assert_cmpstr(
        items, ==,
        "[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"a\","
        "\"type\":\"function\",\"function\":{\"name\":\"diff\",\"arguments\":\"{}\"}}]}]");
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
    static const char later[] = "Thu, 01 Jan 1970 00:01:00 GMT";
    g_assert_cmpint(llm_again_ms(NULL, "7", 0), ==, 7000);
    g_assert_cmpint(llm_again_ms(NULL, "0.5", 0), ==, 500);
    g_assert_cmpint(llm_again_ms("1250", "2", 0), ==, 1250);
    g_assert_cmpint(llm_again_ms("soon", "2", 0), ==, 2000);
    g_assert_cmpint(llm_again_ms(NULL, later, 20000), ==, 40000);
    g_assert_cmpint(llm_again_ms(NULL, later, 90000), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, "soon", 0), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, "-1", 0), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, "nan", 0), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, "1e300", 0), ==, 0);
    g_assert_cmpint(llm_again_ms(NULL, NULL, 0), ==, 0);
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
    g_test_add_func("/llm/calls are the same in whatever pieces they come",
                    calls_are_the_same_in_whatever_pieces_they_come);
    g_test_add_func("/llm/only one word says that it has said all",
                    only_one_word_says_that_it_has_said_all);
    g_test_add_func("/llm/an answer without an end is ended", an_answer_without_an_end_is_ended);
    g_test_add_func("/llm/what breaks off is no answer", what_breaks_off_is_no_answer);
    g_test_add_func("/llm/what is told in the stream is an error",
                    what_is_told_in_the_stream_is_an_error);
    g_test_add_func("/llm/what is wrong with the account is no fault of the question",
                    what_is_wrong_with_the_account_is_no_fault_of_the_question);
    g_test_add_func("/llm/what is told back is what hosts take",
                    what_is_told_back_is_what_hosts_take);
    g_test_add_func("/llm/another id is another call", another_id_is_another_call);
    g_test_add_func("/llm/a refusal is no work that is done", a_refusal_is_no_work_that_is_done);
    g_test_add_func("/llm/an answer in one piece is told back as one in many",
                    an_answer_in_one_piece_is_told_back_as_one_in_many);
    g_test_add_func("/llm/no answer makes more parts than there may be",
                    no_answer_makes_more_parts_than_there_may_be);
    g_test_add_func("/llm/it waits as long as it is told", it_waits_as_long_as_it_is_told);
    g_test_add_func("/llm/money is rounded up once", money_is_rounded_up_once);
    return g_test_run();
}
