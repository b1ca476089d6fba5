/*
 * trigger_calls.h - which tables' triggers call which function, in all files of a call. Inside of this room only.
 *
 * A function that triggers call sees the rows of their tables, and nothing in it says which tables those are. That stands
 * where the triggers are made, which may be another file, a step that has run, or a string of a program. So texts are looked
 * through for it, whatever language they are in.
 */
#pragma once

#include "rewrite/work.h"

/* CREATE TRIGGER … ON a.b … EXECUTE FUNCTION c.d(…) */
typedef struct {
    char *function;    /* its name in capitals, with its schema if that is said */
    SqlPath table;     /* no parts: it is put in at run time, or not understood */
    GPtrArray *names;  /* char *: under which the function gets its rows (REFERENCING) */
    bool has_run;      /* in a step from one version to the next */
    const char *path;  /* of the file */
    const char *text;  /* that it stands in */
    size_t begin, end; /* the function's name in it */
} TriggerCall;

/* CREATE FUNCTION a.b() RETURNS trigger AS $$ … $$ */
typedef struct {
    char *function; /* likewise */
    const char *path;
    const char *text;
    size_t begin, end;           /* its name */
    size_t body_begin, body_end; /* what stands between the quotes; the same: none is known */
    bool is_understood;          /* in SQL or PL/pgSQL */
    bool has_run;                /* likewise */
} TriggerFunction;

typedef struct TriggerCalls TriggerCalls;

TriggerCalls *trigger_calls_new(void);
void trigger_calls_free(TriggerCalls *calls);
/* What the text makes is put beside what others do. Both are borrowed. */
void trigger_calls_read(TriggerCalls *calls, const char *path, const char *text, size_t bytes,
                        bool has_run);
/* May there be any? As fast as a search for one word. */
bool trigger_calls_may_be(const char *text, size_t bytes);

/* All of them: TriggerCall *, TriggerFunction *. */
const GPtrArray *trigger_calls_list(const TriggerCalls *calls);
const GPtrArray *trigger_calls_functions(const TriggerCalls *calls);
/* Those of them whose function may be this one, where its schema is not another (trigger_calls_same()). */
const GPtrArray *trigger_calls_to(const TriggerCalls *calls, const char *function);
const GPtrArray *trigger_calls_made(const TriggerCalls *calls, const char *function);
/* Does the file make a function of that name itself? Then that is the one which it means. */
bool trigger_calls_makes(const TriggerCalls *calls, const char *path, const char *function);

/* Whose triggers call the function. */
typedef struct {
    const Rename *rename; /* of the first table that is a dataset; or NULL */
    guint count;
    bool is_of_others; /* some are other tables', or nobody knows whose */
    bool is_unclear;   /* nobody knows whose some are, or there are none: it may be any dataset's */
} TriggerBinding;

/* As in TriggerCall; `schema` may be NULL. Caller frees. */
char *trigger_calls_name(const char *schema, const char *name);
/* May both be the same function? One of them may say no schema. */
bool trigger_calls_same(const char *one, const char *other);
/* A step that has run tells whose the function may be, and not that it is called for the dataset today. */
TriggerBinding trigger_calls_of(const TriggerCalls *calls, const char *function,
                                const Renames *renames, const Dialect *dialect);
