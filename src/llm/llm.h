/*
 * llm.h - language models, asked over HTTP: three APIs, one conversation with tools.
 *
 * Anthropic Messages, OpenAI chat completions and OpenAI responses, as their public references describe them. Answers are
 * streamed. Whoever is too busy (429, 5xx, a stream that breaks) is asked again, later and later, or when it says. What was
 * said is kept as a transcript, from which the same conversation can be held again without the model. The key comes from
 * where honk.yaml says, and is in nothing of this but the request's header.
 *
 * A transcript has one line for each thing:
 *   == {"round", "api", "model"}         a conversation begins
 *   -> [items]                           what was told, as the API writes it: only what is new
 *   <- {"items", "stop", "usage"}        what was answered
 *   -- words                             what happened otherwise
 */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "model/config_coding.h"

#define LLM_ANSWER_BYTES_MAX                                                                       \
    ((size_t) 16 * 1024 * 1024) /* a stream has some 100 bytes for each token */
#define LLM_TRANSCRIPT_BYTES_MAX ((size_t) 8 * 1024 * 1024) /* as long as people's patience */

/* ---- what it uses ---- */

typedef struct {
    int64_t tokens[PRICE_COUNT]; /* none is counted twice */
} LlmUsage;
int64_t llm_usage_tokens(const LlmUsage *usage);
/* Millionths of a US dollar, rounded up; 0 where prices are not known. */
int64_t llm_usage_cost(const LlmUsage *usage, const ModelConfig *model);
void llm_usage_add(LlmUsage *sum, const LlmUsage *more);
/* {"input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "cost_micro_usd"?}. Caller owns. */
json_t *llm_usage_json(const LlmUsage *usage, const ModelConfig *model);

/* ---- an answer ---- */

typedef struct {
    json_t *items; /* as the API writes them, to be told again with the next question */
    char *text;    /* what it says; or "" */
    json_t *calls; /* [{"id", "name", "input"?: object}]; without input: it was no JSON */
    char *stop;    /* why it stopped, in the API's own word */
    LlmUsage usage;
} LlmReply;
void llm_reply_clear(LlmReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LlmReply, llm_reply_clear)
/* It has said all that it wants to say, and calls nothing. */
bool llm_reply_is_end(const LlmReply *reply, ModelApi api);

/* Bytes of an answer as they come, of a stream or of one document. Pure. */
typedef struct LlmHearing LlmHearing;
LlmHearing *llm_hear_begin(ModelApi api, bool is_stream);
void llm_hearing_free(LlmHearing *hearing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LlmHearing, llm_hearing_free)
/* INVALID: it refuses the question. LIMIT, TRANSIENT: it may answer later. */
CHECKED bool llm_hear(LlmHearing *hearing, const char *data, size_t bytes, GError **error);
/* At its end: TRANSIENT when it broke off. */
CHECKED bool llm_heard(LlmHearing *hearing, LlmReply *ret, GError **error);
/* What it has told of its use so far, also of an answer that broke off. */
LlmUsage llm_hearing_usage(const LlmHearing *hearing);

/* ---- a conversation ---- */

typedef struct Llm Llm;
/* `tools`: [{"name", "description", "inputSchema"}]. `replay`: a transcript, whose answers are taken instead; or NULL.
 * Without one: INVALID when the key is not where honk.yaml says. All but the model may go away afterwards. */
CHECKED bool llm_open(const ModelConfig *model, int round, const char *system, const json_t *tools,
                      const char *replay, Llm **ret, GError **error);
void llm_free(Llm *llm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Llm, llm_free)
/* Told with the next question: words, or what came of a call. */
void llm_say(Llm *llm, const char *text);
void llm_tell(Llm *llm, const char *call, const char *text, bool has_failed);
/* The next answer. INVALID: it refuses the question, and will again. UNAUTHORIZED, FORBIDDEN, NOT_FOUND: not with this
 * key, or not this model. LIMIT, TRANSIENT, UNREACHABLE: it did not answer in all tries. STOPPED: `go_on` said so, or the
 * deadline (clock_monotonic_ms) is over. */
CHECKED bool llm_ask(Llm *llm, int64_t deadline_ms, bool (*go_on)(void *data), void *go_on_data,
                     LlmReply *ret, GError **error);
LlmUsage llm_used(const Llm *llm);          /* so far, also for answers that broke off */
const char *llm_transcript(const Llm *llm); /* borrowed */
