/* parts.h - how the parts of project.c call each other; inside of this room only. */
#pragma once

#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/definitions.h"
#include "rewrite/exports.h"
#include "rewrite/made.h"
#include "rewrite/neighbours.h"
#include "rewrite/project/words.h"
#include "rewrite/run_steps.h"
#include "rewrite/trigger_calls.h"
#include "rewrite/work.h"

typedef struct {
    ProjectFile *file;
    DbtPlace place;
    GArray *words; /* of the file, and of what macros that it calls stand for; NULL under `keep` */
    char *tables;  /* these */
    JoinedTexts *joined;    /* names that its templates put together; NULL: none, or under `keep` */
    const GHashTable *kept; /* as of RewriteOptions: one of the two of the project; borrowed */
    GPtrArray
        *left; /* Site * of the arena: what needs a person unless what is read keeps its names */
    GPtrArray *told; /* likewise: for what of the file models keep them, which hinders nothing */
    char *seen;      /* what it was rewritten with; NULL: not yet */
    const Dialect *dialect; /* that an SQL file tells by itself; or NULL */
    bool doubts_quotes;     /* what `"x"` is in it (sql/guess.h) */
    const Site *held;       /* why it stays although it is decided (hold.c); or NULL */
    char *barren;           /* what it gave no name with (exports.c); NULL: not known */
    bool is_given;          /* it may get names of others' */
    bool is_of_all;         /* it says something of columns, whatever model they are of */
    guint number;           /* its place among all */
    bool is_new;            /* it was rewritten since its makings were looked at */
    GPtrArray *makings;     /* Making * of those of the project */
    guint functions_first,
        functions_end;     /* those that it makes for triggers, whose rows may be a dataset's */
    bool lacks_definition; /* it asks, or asked, whether another file makes a dataset */
    GPtrArray *given;      /* Export *, on their way to those of all; or NULL */
    GPtrArray *steps;      /* TableStep *, likewise */
    GPtrArray *said;       /* of neighbours_read(), likewise */
} Entry;

/* What a file makes, whose columns change their names. */
typedef struct {
    char *
        key; /* "ref FOLDER MODEL VERSION", "sql a.b.c", "session NUMBER #a": all that are called so are meant by the same name */
    const char *name; /* the last part of what it is called */
    const Entry *entry;
    const Made *made;
    Rename *rename;
    Rename *foreign; /* the same, meant only with its package; or NULL */
    guint place;     /* among those of its entry */
    guint index;     /* among those of the project */
} Making;

typedef struct {
    GPtrArray *entries;
    GPtrArray *levels;  /* the same, GPtrArray * by GPtrArray *: project_levels(); or NULL */
    GPtrArray *roots;   /* DbtRoot * */
    GPtrArray *makings; /* Making *; within a round also NULL */
    Names *names;       /* of these: indices in `makings` */
    GHashTable *by_key; /* the first Making * of each key */
    GPtrArray *renamed; /* Rename *: those of all rounds, because rewrites point at them */
    GHashTable *kept;   /* key -> why, a sentence; NULL where it is kept from the beginning */
    GHashTable *
        states; /* signatures of makings since something was kept: one that comes back does so for ever */
    GHashTable *fresh;                           /* keys of it that are new since all was settled */
    GHashTable *kept_views, *kept_views_and_own; /* names of it; and "" for the file's own model */
    GHashTable *by_model; /* what model_key() gives -> GPtrArray of const Entry * */
    GHashTable *models;   /* "FOLDER MODEL" */
    GHashTable *lent;     /* names of session tables that a file reads and does not make */
    GPtrArray *paths;     /* char *, of all entries */
    GHashTable *by_path;  /* Entry * */
    GHashTable *by_text;  /* the same, of the pointer to its text */
    GHashTable *defined;  /* const Rename *: datasets that a file makes */
    Exports *exports;     /* of this round */
    GPtrArray *old;       /* Exports * of rounds before: rewrites point at them */
    GPtrArray *foreseen;  /* Rewrite * of single statements: makings point at them */
    Macros *macros;
    TriggerCalls *triggers;   /* of all files */
    RunSteps *steps;          /* likewise */
    Definitions *definitions; /* likewise */
    Neighbours *neighbours;   /* likewise */
    ProjectModels *columns;   /* of models */
    Arena *arena;             /* of sites that are kept from one round to the next */
    const Renames *renames;
    const RewriteOptions *options;
    const Dialect *usual; /* of files that do not tell theirs; or NULL */
    unsigned threads;
} Project;

/* All that is read before the first round; closing frees it. (open.c) */
void project_open(Project *project, GPtrArray *files);
void project_close(Project *project);

/* Those that may be named in the file. Array of const Making *; caller frees. */
GPtrArray *makings_in(const Project *project, const Entry *entry);

/* ---- tables of a session (sessions.c) ---- */

/* #x of T-SQL; ##x is there for all. */
bool session_names(const char *name);
/* Once, before anything is made. */
void sessions_read(Project *project, const GPtrArray *files);

/* ---- makings (makings.c) ---- */

void making_free(void *data);
char *model_key(const DbtPlace *place);
/* Of what the file makes: `key` of Making; NULL of a model that the file is not. Caller frees. */
char *made_key(const Project *project, const Entry *entry, const Made *made);
/* May that file read it: is it no table of a session, which only those in its own file do? */
bool making_is_seen(const Making *making, const Entry *from);
typedef struct Foresight Foresight;
/* Of all files, in their order. With a foresight what they would make, instead of what they make as they are rewritten now.
 * Array of Making *; caller frees. */
GPtrArray *makings_find(Project *project, Foresight *foresight);
/* They become those of the project, and belong to it. */
void makings_take(Project *project, GPtrArray *makings);
/* What this file makes now takes the place of what it made before. */
void makings_renew(Project *project, Entry *entry);
/* The same twice: nothing has changed. Caller frees. */
char *makings_signature(const GPtrArray *makings);
/* Of each by itself: key -> signature. Caller frees. */
GHashTable *makings_said(const GPtrArray *makings);
/* By files, and by their places in these; for sorting. */
int makings_compare(const void *a, const void *b);

/* Entries in an order in which each comes behind those that it reads, but for circles; array of arrays, each of those that do
 * not read each other. Belongs to the project. (levels.c) */
const GPtrArray *project_levels(Project *project);
/* Models, and files of macros, that the file names by itself; ref() is that of `home`. Array of const Entry *; caller
 * frees. (upstream.c) */
GPtrArray *project_reads(const ProjectModels *models, const DbtHome *home, const Entry *entry);

/* What a file is rewritten with, as a text: the same twice gives the same. Caller frees. */
char *signature_of(const Entry *entry, const GPtrArray *makings);
/* Once all is settled: keep what cannot be followed. False when there is nothing more. */
bool project_keep(Project *project);
bool project_keep_all(Project *project);
/* Those that are not made any more, or with other columns, now that files were rewritten with what was known. */
bool project_keep_vanished(Project *project, GHashTable *known, const GPtrArray *next);
/* Files that a constant ties together stay if one of them does. False when there is nothing more. */
bool project_hold(Project *project);
/* Does a person have to look at it for what it reads, whose names stay for that? */
bool entry_is_left(const Entry *entry);
/* Does it stay as it is, for whatever reason; and would anything change in it? */
bool entry_stays(const Entry *entry);
bool entry_is_changed(const Entry *entry);
/* It stays, because of `other`, in which the name at these bytes is `what`. True. */
bool entry_hold(Project *project, Entry *entry, size_t begin, size_t end, const char *what,
                const Entry *other);
/* The same for functions and the triggers that call them (hold_triggers.c). */
bool project_hold_triggers(Project *project);
/* What files of programs give each other, with what is known in this round. (exports.c) */
void project_read_exports(Project *project);
struct ProjectModel {
    ProjectModels *all;
    const Entry *entry;
    bool is_read, is_busy, is_open;
    char **names;         /* NULL: not known */
    GHashTable *upstream; /* paths of itself and of what it is made of; NULL: not asked yet */
};

struct ProjectModels {
    const Project *project;
    GHashTable *named; /* name -> GPtrArray of ProjectModel */
    GRecMutex lock;    /* of what is read; a model asks for others */
    int depth;
};

/* Of all entries. (columns.c) */
ProjectModels *project_models_new(const Project *project);
void project_models_free(ProjectModels *models);
/* The dialect of its text, where that does not tell; or NULL. */
const Dialect *entry_usual(const Project *project, const Entry *entry);
/* What the file is rewritten by; the same with these makings instead of all that it names. Caller frees. */
Renames *entry_renames(const Project *project, const Entry *entry);
Renames *renames_seen_from(const Project *project, const Entry *entry, const GPtrArray *makings);
/* But for whether it names anything that is renamed. */
RewriteOptions entry_options(const Project *project, const Entry *entry);

/* ---- views of views (foresee.c) ---- */

Foresight *foresight_new(Project *project);
void foresight_free(Foresight *foresight);
/* What the statement makes, with all that was noted before; `made` itself where that is known, or nobody knows better.
 * The rest belongs to the project. */
const Made *foresee(Foresight *foresight, Entry *entry, const Made *made);
void foresight_note(Foresight *foresight, const Making *making);

/* Write down, in the files, what was kept, and why (tell.c). */
void project_tell(Project *project);
/* In YAML that changes: who still asks for a source under the name of before (hold.c). */
void project_tell_asked(const Project *project);
