/*
 * command.h - a verb that people type, and one call of it.
 *
 * A verb is one file: a run function and a const Command at its end; commands.c lists them all.
 * Names may have two words ("mapping draft"). Every verb also takes the options of options.c:
 * --json,
 * --no-color, --config, --server, --as, --help.
 *
 * run() returns false with an error, which main turns into "honk: cannot DEED: message", a hint and
 * the exit status of errors.def. A verb that ran well but has bad news ("the plan halted") returns
 * true and sets call->status.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "cli/view.h"

typedef struct {
    char letter;       /* 'f', or 0 */
    const char *name;  /* "file"; NULL ends the list */
    const char *value; /* what stands for the value in the help: "FILE"; NULL for a switch */
    const char *text;  /* "apply FILE, or every YAML file in it" */
} Option;

typedef struct Invocation Invocation;

typedef struct {
    const char *name; /* "apply", "mapping draft" */
    const char *args; /* "NAME [DIGEST]": words in brackets may be left out, "…" repeats the last */
    const char *summary;   /* half a sentence, for the list of verbs */
    const char *deed;      /* follows "cannot" in errors: "apply the entities" */
    const char *about;     /* paragraphs for --help, or NULL */
    const char *examples;  /* lines of shell for --help */
    const Option *options; /* own options, ended by { 0 }; NULL for none */
    bool (*run)(Invocation *call, GError **error);
} Command;

struct Invocation {
    const Command *command;
    GPtrArray *args; /* char * */
    View *view;
    int status;         /* exit status if run() returns true */
    bool help;          /* --help was given */
    GPtrArray *options; /* OptionGiven *, in order: options.c */
    char *hint;
    struct World *world; /* configuration and server, looked up at first use: client.c */
    void (*world_free)(struct World *world);
};

/* The verb that `words` begin with, and how many words its name has; NULL when there is none. */
const Command *command_find(char *const *words, int count, int *ret_words);
/* In the order of the help; NULL after the last. */
const Command *command_at(size_t index);

/* Read the words after the program's name. INVALID names the nearest verb or option. `*ret` has a
 * NULL command when only help, or only the version, was asked for. */
CHECKED bool invocation_parse(int argc, char *const *argv, Invocation **ret, GError **error);
void invocation_free(Invocation *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Invocation, invocation_free)

const char *invocation_arg(const Invocation *call, size_t index);          /* NULL when absent */
bool invocation_has(const Invocation *call, const char *option);           /* by long name */
const char *invocation_option(const Invocation *call, const char *option); /* the last, or NULL */
/* All values of an option that may be repeated. Array of borrowed char *; caller frees. */
GPtrArray *invocation_options(const Invocation *call, const char *option);
/* A whole number of at least `least`, or `otherwise` when the option was not given. */
CHECKED bool invocation_int(const Invocation *call, const char *option, int64_t least,
                            int64_t otherwise, int64_t *ret, GError **error);
bool invocation_json(const Invocation *call); /* --json */
/* What a person may do about the failure: printed as "hint: …" below the error. The first one
 * stays. */
void invocation_hint(Invocation *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Parse, run, report. The exit status of the program. */
int cli_main(int argc, char *const *argv);
