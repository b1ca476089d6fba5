/*
 * demo.h - one run of the demo: the company's folder, its server, and how far it has come.
 */
#pragma once

#include "cli/demo_server.h"
#include "fleet/fleet.h"

typedef struct {
    char *subject, *text; /* "users-v2", "succeeded in 4.2 s" */
} Note;

typedef struct {
    Invocation *call;
    View *view;
    char *folder; /* absolute */
    int64_t users;
    bool is_json;         /* the summary is JSON; what happens is told on standard error */
    bool is_fresh;        /* not going on from an earlier run */
    bool is_prepared;     /* there is a folder with data to go on from */
    bool is_interrupted;  /* Ctrl-C or SIGTERM came */
    bool has_tried_again; /* what stood still because an earlier run was cut short */
    DemoServer server;
    Config *config; /* of the folder; NULL until the services are looked at */
    int64_t began_ms;
    int part, parts;    /* how many headings there were, and will be */
    GPtrArray *summary; /* Note *: lines for the end */
} Demo;

/* demo_folder.c: files and rows. Says whether it starts afresh or goes on. */
CHECKED bool demo_prepare(Demo *demo, GError **error);
/* Note how far it has come: "prepared", "moved", "rolled back". */
CHECKED bool demo_mark(Demo *demo, const char *stage, GError **error);

/* demo_services.c: start what is missing of the company's services, and show them. */
CHECKED bool demo_services_start(Demo *demo, GError **error);
void demo_services_show(Demo *demo);
/* End them all, also those that an earlier demo left; how many there were. */
int demo_services_stop(Demo *demo);

/* demo_witness.c: run the witness and show what it says; MISMATCH when it does not agree. */
CHECKED bool demo_witness(Demo *demo, const char *mode, GError **error);

/* demo_row.c: the same row of the old dataset and of the new one. */
CHECKED bool demo_show_row(Demo *demo, GError **error);

/* demo_repositories.c: make the consumers' git repositories, with their histories. */
CHECKED bool demo_repositories(Demo *demo, GError **error);

/* demo_coding.c: may its coding agent be started? If not, that is shown, and it is taken out of honk.yaml. */
CHECKED bool demo_coding_prepare(Demo *demo, GError **error);
/* What it did, where it was let at the users' consumers. */
CHECKED bool demo_coding_show(Demo *demo, GError **error);

/* What is asked for. */
typedef struct {
    const char *name;        /* of the migration */
    const char *file;        /* of entities, from the demo's folder */
    const char *const *sets; /* "name=value" for a template */
    bool is_first;           /* told at length */
} DemoMove;

/* demo_command.c: show a command, run it as that user, and show what it says. Words end with NULL. */
CHECKED bool demo_command(Demo *demo, const char *user, const char *const *words, GError **error);
/* The same for git: what the migration's branch changes in a repository. */
CHECKED bool demo_show_diff(Demo *demo, const char *name, const char *repository, GError **error);

/* demo_move.c: from a file of entities to a finished migration, from whatever state it is in. */
CHECKED bool demo_move(Demo *demo, const DemoMove *move, GError **error);
CHECKED bool demo_roll_back(Demo *demo, const DemoMove *move, GError **error);

/* cmd_demo.c: the server died. Start another one, which goes on where it was. */
CHECKED bool demo_serve_again(Demo *demo, GError **error);
/* cmd_demo.c: has somebody asked us to end? STOPPED then. */
CHECKED bool demo_goes_on(Demo *demo, GError **error);
/* "[3/6] A server with two workers". */
void demo_heading(Demo *demo, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A line of the summary. */
void demo_note(Demo *demo, const char *subject, const char *format, ...) G_GNUC_PRINTF(3, 4);
