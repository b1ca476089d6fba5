/* clang-format off */
/*
 * rewrite.h - bytes and a mapping in, edits and dispositions out. Pure.
 *
 * Every place that names the dataset or one of its columns is a site, and every site gets a disposition. Nothing is
 * guessed: what cannot be decided is left as it is and says why. An edit covers the bytes of a name and nothing else.
 *
 *   names of datasets     renames_new() turns mappings into a table: spelling -> spelling, column -> what becomes of it
 *   rewrite_text()        one file: sites and edits
 *   rewrite_apply()       the edits applied
 */
/* clang-format on */
#pragma once

#include "base/yaml.h"
#include "mapping/mapping.h"
#include "rewrite/dbt/manifest.h"
#include "sql/sql.h"

/* ---- what is renamed ---- */

typedef struct Renames Renames;

/* `set` is borrowed and must outlive it. */
Renames *renames_new(const MappingSet *set);
/* Of one mapping alone. */
Renames *renames_new_of(const Mapping *mapping);
/* For looking only: every site of a dataset that is written like this; "" is none. */
Renames *renames_new_for_name(const char *name);
/* Another way to write the source of `mapping`, and what it becomes: what the object is called in its store. */
void renames_add_spelling(Renames *renames, const Mapping *mapping, const char *source,
                          const char *target);
void renames_free(Renames *renames);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Renames, renames_free)
/* Names with fewer parts than the mapping's are looked for in this project or dataset ("acme-prod.identity"). ERR_INVALID: it is
 * no name. */
bool renames_set_default(Renames *renames, const char *path, GError **error);
/* Does the text hold the last part of any spelling? Fast: for files that do not mention the dataset at all. */
bool renames_mentioned(const Renames *renames, const char *text, size_t bytes);
/* Is the file to be looked at: does it do so, or does its path name a dataset of which it may list the columns? As fast. */
bool renames_concern(const Renames *renames, const char *path, const char *text, size_t bytes);

/* ---- sites ---- */

typedef enum {
    DISPOSITION_REWRITTEN,
    DISPOSITION_ALREADY,    /* names the new dataset */
    DISPOSITION_UNAFFECTED, /* same name, another thing: `reason` says what */
    DISPOSITION_NEEDS_PERSON,
    DISPOSITION_UNPARSABLE,
    DISPOSITION_COUNT
} Disposition;

typedef enum { SITE_TABLE, SITE_COLUMN, SITE_STAR, SITE_MENTION, SITE_FILE } SiteKind;

typedef struct {
    SiteKind kind;
    Disposition disposition;
    size_t begin, end;  /* bytes of the file */
    int line, column;   /* from 1; the column in bytes */
    const char *before; /* what stands there */
    const char *after;  /* what is written instead; NULL when nothing is */
    const char *code;   /* of what needs a person: docs/rewriting.md lists them; "" otherwise */
    const char *reason; /* for people; NULL when there is nothing to say */
    const char *link;   /* from the mapping, or NULL */
    const char *advice; /* what keeps the name of a field, in the words of its library; or NULL */
    const char
        *keeps; /* key of the making that keeps its names for this (project/keep.c), or NULL */
    bool
        is_left; /* what it reads keeps its names for it: the text is right, and new names would need a person */
} Site;

typedef struct {
    size_t begin, end;
    const char *text;
} Edit;

typedef struct Made Made;
typedef struct Rename Rename;

typedef struct {
    const char *language; /* "sql", "text" */
    const char *dialect;  /* of SQL, else NULL */
    GPtrArray *sites;     /* Site *, in the order of the text */
    GPtrArray *edits;     /* Edit *, in the order of the text; they do not overlap */
    int count[DISPOSITION_COUNT];
    GPtrArray *
        made; /* Made *: what others read by name; empty unless it is asked for (project/project.h) */
    GHashTable *defines;   /* const Rename *: datasets that it makes for others, too; NULL: none */
    bool lacks_definition; /* a statement goes with the definition of a dataset, wherever that is */
    bool
        lacks_columns; /* it may be of use to know how files define tables (definitions.h, neighbours.h) */
    GPtrArray *imports; /* ImportUse *: names of other files that it uses (imports/imports.h) */
    struct SitesCovered *covered; /* site.c: what they cover; NULL: nobody has asked */
    Arena *arena;                 /* of sites, edits and their texts */
} Rewrite;

/* The macros of a dbt project: which of their arguments go into the SQL as they are. */
typedef struct Macros Macros;
Macros *macros_new(void);
void macros_free(Macros *macros);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Macros, macros_free)
/* Read the macros that a file defines. Not while others look at them. */
void macros_read(Macros *macros, const char *text, size_t bytes);
/* Once all are read: what the text gives them. Not while others look at them. */
void macros_note_calls(Macros *macros, const char *text, size_t bytes);

/* The models of a dbt project, whose SQL tells their columns. (project/columns.c) */
typedef struct ProjectModels ProjectModels;

typedef struct {
    const Dialect *dialect; /* NULL: guessed from the text */
    bool doubts_quotes;     /* it was guessed, and `"x"` may be a text all the same (sql/guess.h) */
    bool is_partial;        /* what is decided is written although the rest of the file is not */
    const Dialect *usual;   /* of texts that do not tell theirs; NULL: ANSI */
    bool
        tells_none; /* the file is SQL, was asked for its dialect, and does not tell: it is not asked again */
    bool propagates;       /* output names change, instead of `new AS old` */
    SqlColumnsFn *columns; /* schemas of other tables, or NULL */
    void *columns_data;
    const DbtManifests *manifests; /* what `columns` does not know, and where models are; or NULL */
    const Macros *macros;          /* of the dbt project, or NULL */
    const ProjectModels *models;   /* likewise */
    /* What dbt's source(…) is was found out before, with the whole project: it is not asked again. */
    bool leaves_sources;
    /* Of many files together (project/project.h): */
    bool finds_made, is_mentioned; /* is_mentioned: whatever the text says */
    const char *model, *version;   /* the file is this model of dbt; or NULL */
    bool is_persisted;             /* its table has rows under the names of before, or may have */
    bool is_incremental;           /* it has, for certain, and its query adds rows to them */
    const char *
        said; /* what dbt_project.yml has run beside the model, or says of its columns, a line each; or NULL */
    DbtHome home;             /* of the file */
    const YamlNode *settings; /* dbt_project.yml of the file's project; or NULL */
    const GHashTable *vars;   /* names of its variables that only its SQL asks for; or NULL */
    const GHashTable
        *made; /* models, seeds, snapshots of the file's project (dbt/made.c); NULL: not known */
    const GPtrArray *roots; /* DbtRoot *: all projects of dbt; NULL: not known */
    const GPtrArray
        *paths; /* char *: all files that there are, also those of no use; NULL: only these */
    const GHashTable *defined; /* const Rename *: datasets that other files make; or NULL */
    const struct Definitions *definitions; /* what files say of the datasets' columns; or NULL */
    const struct Neighbours *neighbours;   /* and of other tables'; or NULL */
    const struct Exports *exports;         /* what other files give; or NULL */
    const struct RunSteps *steps;          /* scripts that have run, as others tell; or NULL */
    const struct TriggerCalls
        *triggers; /* of all files, and functions that they call; NULL: those of this text */
    const GHashTable *kept; /* what keeps its output names, "" the file's own model; or NULL */
} RewriteOptions;

/* How often this thread looked at pieces of programs and bytes around their strings, at those of templates, and at a text as a whole: a measure of work that no clock disturbs. */
extern _Thread_local uint64_t program_steps;

/* `path` tells the language by its ending; behind the `bytes` of the text there is a NUL. Always gives a result. */
Rewrite *rewrite_text(const char *path, const char *text, size_t bytes, const Renames *renames,
                      const RewriteOptions *options);
void rewrite_free(Rewrite *rewrite);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rewrite, rewrite_free)
/* Add the datasets that the text makes to a set of const Rename *. */
void rewrite_defined_add(GHashTable *defined, const Rewrite *rewrite);
/* Do the file's edits wait for it? Not where only the file itself is to be called otherwise (`model-file`): its text is right
 * by either name; and not where it is left. */
bool site_hinders(const Site *site);
/* Nothing hinders the edits. */
bool rewrite_is_decided(const Rewrite *rewrite);
/* The text with all edits. Caller frees. */
char *rewrite_apply(const Rewrite *rewrite, const char *text, size_t bytes, size_t *ret_bytes);
/* The edits that undo these, against the new text. Caller frees with g_ptr_array_unref(). */
GPtrArray *rewrite_undo(const Rewrite *rewrite, const char *text);

const char *disposition_name(Disposition disposition);
const char *site_kind_name(SiteKind kind);
/* {path, language, dialect, changed, sites: [{begin, end, line, column, kind, before, after, disposition, code,
 * reason, link}]}. Caller owns. */
json_t *rewrite_json(const Rewrite *rewrite, const char *path, bool is_changed);
/* Unified, three lines of context, as git and patch apply it: every byte of a line as it is; "" without edits. Caller frees. */
char *rewrite_diff(const Rewrite *rewrite, const char *path, const char *text, size_t bytes);
