/* inside.h - what the files of this room share. */
#pragma once

#include "base/sse.h"
#include "llm/llm.h"

#define LLM_PARTS_MAX 256 /* of one answer: calls, or blocks of text */

/* One text that grows, of one answer. */
typedef struct {
    json_t *head; /* as it began */
    GString *text;
} LlmPart;

typedef struct LlmShape LlmShape;

struct LlmHearing {
    const LlmShape *shape;
    Sse *sse; /* NULL: one document */
    GString *document;
    GPtrArray *parts; /* LlmPart *, by index */
    json_t *items;    /* that are whole; or NULL */
    char *stop;
    bool is_whole;   /* it said that this was all */
    bool is_refused; /* what it says is that it will not */
    LlmUsage usage;
    size_t bytes;
    GError *error;
};

/* How one API writes things. */
struct LlmShape {
    const char *path;       /* after the url */
    const char *key_header; /* up to the key */
    const char *headers[3]; /* more of them */
    /* The whole question; takes `items`. */
    json_t *(*question)(const ModelConfig *model, const char *system, const json_t *tools,
                        const json_t *items);
    /* Of what is told ([{"text"}, {"call", "text", "failed"}]), as items. */
    json_t *(*items)(const json_t *told);
    bool (*event)(LlmHearing *hearing, const char *type, const json_t *data, GError **error);
    void (*finish)(LlmHearing *hearing); /* makes items of parts */
    void (*document)(LlmHearing *hearing, const json_t *document);
    /* Texts and calls of the items. */
    void (*read)(const json_t *items, GString *text, json_t *calls);
    const char *end; /* the word with which it ends by itself */
};
extern const LlmShape llm_anthropic, llm_chat, llm_responses;
const LlmShape *llm_shape(ModelApi api);

/* The part of that number, made if there is none; NULL when there are too many. Borrowed. */
LlmPart *llm_part(LlmHearing *hearing, int64_t index);
/* What a model wrote as a call's input, as it is told back: what is no JSON object, and was cut off perhaps, in one. Hosts refuse
 * a question with anything else. Caller owns. */
json_t *llm_input(const char *text);
/* {"id", "name", "input"?} of what a model wrote as text, by llm_input or not; without input: it was no JSON object. */
void llm_add_call(json_t *calls, const char *id, const char *name, const char *input);
/* An error as hosts tell it ({"type" or "code", "message"}). Always false. */
bool llm_fail_as_told(const json_t *told, GError **error);
void llm_count(LlmUsage *usage, Price price,
               const json_t *number); /* nothing happens without one */
/* By the names that an API has for what was read, what of that came from a cache (a path), and what was written. */
void llm_count_whole(LlmUsage *usage, const json_t *told, const char *read, const char *cached,
                     const char *written);
/* Texts and calls, of its items. */
void llm_read(const LlmShape *shape, LlmReply *reply);

/* How long to wait, by the headers Retry-After-Ms and Retry-After (either may be NULL), or 0. */
int64_t llm_again_ms(const char *again_ms, const char *again, int64_t now_ms);

/* replay.c: the lines of the conversation of that round, or of all when there is none for it. Caller frees. */
GPtrArray *llm_replay_lines(const char *transcript, int round);
CHECKED bool llm_replay_next(const GPtrArray *lines, guint *at, LlmReply *ret, GError **error);
