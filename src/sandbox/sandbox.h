/*
 * sandbox.h - other people's programs, run so that they reach one folder and nothing else.
 *
 * In the box a program sees the system's own programs (read only), an empty home, and its folder, at BOX_FOLDER; that is all
 * that it can write to. It has no network but its own loopback, none of our environment, no process of ours in sight, and
 * nobody to ask. Bubblewrap makes the box (user, mount, pid, net, ipc and uts namespaces); a filter refuses the system calls that
 * lead out of such boxes. Time, memory, processes, disk and output have limits, of which an end tells the reason.
 *
 * Where a box cannot be made, sandbox_new() refuses, unless it is told to do without one.
 */
#pragma once

#include "base/child.h"

#define BOX_FOLDER "/repository" /* where the folder is in the box */
#define BOX_BRIEF "/brief"
#define BOX_HOME "/tmp/home"

typedef struct {
    int time_ms;
    int memory_mib; /* of all its processes together */
    int processes;  /* threads too */
    int disk_mib;   /* that the folder may grow by; the same again for what it writes to /tmp */
    size_t output_bytes; /* of standard output; of standard error the end is kept */
} BoxLimits;

/* Enough for the build and tests of a service; honk.yaml may say more or less. */
#define BOX_LIMITS_DEFAULT                                                                         \
    ((BoxLimits){.time_ms = 10 * 60 * 1000,                                                        \
                 .memory_mib = 4096,                                                               \
                 .processes = 512,                                                                 \
                 .disk_mib = 2048,                                                                 \
                 .output_bytes = (size_t) 8 * 1024 * 1024})

/* All borrowed. */
typedef struct {
    const char *const
        *argv;          /* argv[0] is looked up in the box; with a slash, as it is in the box */
    const char *folder; /* absolute */
    bool is_read_only;  /* the folder, too */
    const char *const *readable; /* more files and folders, absolute, at their own place; or NULL */
    const char *brief; /* a folder to be read at BOX_BRIEF; HONK_BRIEF says where it is; or NULL */
    const char *const *env; /* "NAME=value" beside the few that every box has; or NULL */
    const char *honk;       /* this program, which is in `readable`, where there is a `channel` */
    int channel;            /* one end of a socket pair: see box_launch(); or 0 */
    BoxLimits limits;
    bool is_open; /* no box where none can be made: limits only */
    bool (*go_on)(void *data);
    void *go_on_data;
} BoxSpec;

/* What is missing for a box, as half a sentence with what to do about it; NULL when nothing is. Tried once, then known.
 * Borrowed. */
const char *sandbox_missing(void);
/* Who holds boxes to their processes and their memory, as half a sentence. Borrowed. */
const char *sandbox_held(void);
/* sandbox_missing() tried anew with another program instead of "bwrap": for tests. Caller frees. */
char *sandbox_try(const char *bwrap);

/* ---- a program that one speaks with ---- */

typedef struct Box Box;
/* UNSUPPORTED where no box can be made, with what is missing. */
CHECKED bool box_new(const BoxSpec *spec, Box **ret, GError **error);
void box_free(Box *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Box, box_free)
/* What is started; its descriptors are still to be set. When it has ended, nothing of the box runs any more. Borrowed. */
ChildSpec *box_child(Box *box);
/* To be asked some times a second while it runs: which limit it broke, or NULL. Borrowed. */
const char *box_broken(Box *box);
/* Where the folder, and the brief, is for who runs in it. Borrowed. */
const char *box_folder(const Box *box);
const char *box_brief(const Box *box);

/* ---- a program that runs to its end ---- */

typedef struct {
    bool is_good; /* it ended by itself, with status 0 */
    char *
        end; /* how it ended, as half a sentence: "ended with status 3", "did not end within 10 s" */
    bool is_cut;  /* it was ended: by a limit */
    int status;   /* of one that ended by itself: its exit status */
    char *output; /* as it is: from outside */
    size_t bytes; /* of output */
    char *errors; /* the end of it */
} BoxResult;

/* False when it could not be started, or nobody wants it any more (STOPPED). */
CHECKED bool box_run(const BoxSpec *spec, const char *input, size_t input_bytes, BoxResult *ret,
                     GError **error);
void box_result_clear(BoxResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BoxResult, box_result_clear)

/* ---- a way out ---- */

/*
 * A box whose spec has a `channel` begins with this: a socket that listens on the box's own loopback is handed out over the
 * channel, and BOX_PROXY in the program's arguments and environment becomes its address. Whoever has the other end takes it
 * there, and answers: that is all of a network that the box has.
 */
#define BOX_PROXY "{{proxy}}"
#define BOX_LAUNCH "in-the-box" /* the word by which our program becomes it */
int box_launch(int argc, char **argv);
bool box_send_socket(int channel, int fd);
int box_take_socket(int channel); /* does not wait; -1: none has come */
