/*
 * answer.c - what EXEC answers to thousands of commands, without a value for each.
 *
 * hiredis makes each answer by functions that can be others than its own: these only note what went wrong.
 */
#include "driver/redis/redis.h"

#include <string.h>

void
exec_answer_clear(ExecAnswer *answer)
{
    g_clear_pointer(&answer->refused, g_free);
    g_clear_pointer(&answer->failed, g_free);
    g_clear_pointer(&answer->reason, g_free);
    g_clear_pointer(&answer->wrong, g_array_unref);
}

/* Any address will do as the answer that hiredis hands on. */
static void *
take_text(const redisReadTask *task, char *text, size_t bytes)
{
    ExecAnswer *answer = task->privdata;
    guint at = (guint) task->idx;
    if (task->type != REDIS_REPLY_ERROR)
        return answer;
    char **says = task->parent != NULL      ? &answer->reason
                  : answer->awaits_commands ? &answer->refused
                                            : &answer->failed;
    if (*says == NULL)
        *says = g_strndup(text, bytes);
    if (task->parent != NULL)
        g_array_append_val(answer->wrong, at);
    return answer;
}

static void *
take_nil(const redisReadTask *task)
{
    ExecAnswer *answer = task->privdata;
    answer->is_nil = answer->is_nil || (task->parent == NULL && !answer->awaits_commands);
    return answer;
}

static void *
take_number(const redisReadTask *task, long long number)
{
    return task->privdata;
}

#if HIREDIS_MAJOR > 0
typedef size_t ElementCount;
#else
typedef int ElementCount;
#endif

static void *
take_array(const redisReadTask *task, ElementCount elements)
{
    return task->privdata;
}

static void
forget(void *answer)
{
}

static redisReplyObjectFunctions functions = {.createString = take_text,
                                              .createArray = take_array,
                                              .createInteger = take_number,
                                              .createNil = take_nil,
                                              .freeObject = forget};

static bool
read_answers(redisContext *db, guint commands, ExecAnswer *answer)
{
    void *one = NULL;
    for (guint i = 0; i < commands + 2; i++) { /* MULTI, each of them, EXEC */
        answer->awaits_commands = i <= commands;
        if (db->err != 0 || redisGetReply(db, &one) != REDIS_OK)
            return false;
    }
    return true;
}

bool
redis_read_exec(const RedisConn *conn, redisContext *db, guint commands, ExecAnswer *ret,
                GError **error)
{
    redisReplyObjectFunctions *before = db->reader->fn;
    void *before_data = db->reader->privdata;
    *ret = (ExecAnswer){.wrong = g_array_new(FALSE, FALSE, sizeof(guint))};
    db->reader->fn = &functions;
    db->reader->privdata = ret;
    bool is_read = read_answers(db, commands, ret);
    db->reader->fn = before;
    db->reader->privdata = before_data;
    return is_read || redis_fail_lost(conn, db, error);
}
