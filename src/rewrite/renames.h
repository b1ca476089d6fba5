/*
 * renames.h - mappings as code is asked by them: each dataset by its spellings, its columns by their names; inside of this room
 * only.
 */
#pragma once

#include "base/text_many.h"
#include "rewrite/rewrite.h"

#define SPELLING_PARTS_MAX 8 /* project.dataset.table and then some */

/* Of an identifier, in most languages. */
static inline bool
is_identifier_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

/* A name of a dataset in code, and its new one. */
typedef struct Spelling {
    char **source, **target; /* parts, NULL-terminated */
    char *whole;             /* the source's parts with dots */
    const char *last;        /* of them */
    char *escaped;           /* the last as JSON may write it; NULL: as it is */
    char *stem;              /* what the last begins with where it ends in `*`; NULL of others */
    bool is_glued; /* an alias behind whose own name something is put in: users{{ suffix }} */
} Spelling;

/* A model or source of dbt. */
typedef struct {
    char *package; /* of a source: its schema; or NULL */
    char *name;
    char *version; /* or NULL */
} DbtName;

/* Why a call is not simply renamed. */
typedef struct {
    const char *code; /* NULL: it is another table */
    const char *reason;
} DbtDoubt;

typedef struct {
    bool is_source;
    DbtName from, to;
    /* Of a source that YAML declares (dbt/sources.c): */
    char *
        identifier; /* what is written for the table's own name, which is not the source's; or NULL */
    DbtDoubt *doubt;  /* a person decides, or it is another table; or NULL */
    char *seed;       /* path of the CSV file that is this model, and changes with it; or NULL */
    char **seed_keys; /* under which dbt_project.yml speaks of it: package, folders, name */
    bool is_there;    /* YAML of the project declares the table of another source that it becomes */
    bool needs_package; /* another model has the name alone */
    bool is_latest;     /* of its versions: what is meant without one */
    Spelling spelling;  /* by which columns are qualified */
    char *source[2], *target[2];
} DbtRename;

/* One mapping. */
struct Rename {
    const Mapping *mapping; /* NULL: only looked for */
    GPtrArray *spellings;   /* Spelling * */
    DbtRename *dbt;         /* or NULL */
    GPtrArray *changes;     /* ColumnChange * */
    GPtrArray *twins;       /* each with its new name in other letters, or NULL; or NULL: none */
    const char **columns;   /* names of the source, NULL-terminated */
    guint *slots;           /* hash table of the columns, open: index in `changes` plus one, or 0 */
    guint slots_mask;       /* as many slots less one; a power of two, at most half full */
    GHashTable *targets;    /* the target's names, in small letters */
    GHashTable *gained;     /* those of them that the source does not have */
    bool has_fields;        /* some columns are fields: `client.os` */
    bool is_in_place; /* the dataset stays, and so do columns that the mapping does not name */
    bool
        trades_names; /* a column is called as another one was: what was rewritten cannot be told from what was not */
    /* Of what another file makes (sql/made.c): its name stays, and its columns get the names that the file gives them. */
    bool is_derived, is_closed; /* closed: `changes` has all its columns */
    bool is_of_rows;            /* it is the name under which a trigger gives the dataset's rows */
    char *key;                  /* of project/project.c */
    char *alias;                /* its name, where nobody knows what it is in; or NULL */
    GPtrArray *staying;         /* ColumnChange * of columns that stay, owned; or NULL */
};

#define RENAMES_LENGTHS 32

/* By the last part of what they are called, or of what that becomes. */
typedef enum { RENAMES_BY_LAST, RENAMES_BY_TARGET, RENAMES_BYS } RenamesBy;

struct Renames {
    const Renames *base; /* of which it has all, and outlives it; or NULL */
    guint first_own;     /* of the list: behind those of the base */
    GPtrArray *list;     /* Rename * */
    char **default_path; /* parts, or NULL */
    bool has_sources;    /* those that the project declares are among them */
    /* Of its own, without those of the base: all that a text may mention them by; NULL: few, each looked for by itself. */
    TextMany *words;
    TextMany *targets; /* likewise the last parts of what they become */
    /* What the last parts of the spellings begin with, a bit for each letter, by how long they are: most names of a text are
     * told by it to be none of them. */
    guint32 initials[RENAMES_LENGTHS], all_initials;
    /* Of names that its own have: sql_name_hash() -> GPtrArray of const Rename *, those of the base, too, in the order of
     * `list`. */
    GHashTable *by[RENAMES_BYS];
    GHashTable *gained; /* all that any of its own gains, in small letters; borrowed */
    GHashTable *coming; /* all that their targets have; likewise */
};

#define INITIAL_OF(letter) (1U << ((guchar) (letter) &31)) /* of both cases it is the same */

/* May the name be the last part of a spelling, in letters of either case? */
static inline bool
renames_may_end(const Renames *renames, const char *name, size_t bytes)
{
    return (renames->initials[bytes % RENAMES_LENGTHS] & INITIAL_OF(*name)) != 0;
}

/* Those whose last part may be this name, but for its case; or NULL. */
static inline const GPtrArray *
renames_ending_in(const Renames *renames, RenamesBy by, const char *name)
{
    const GPtrArray *list = NULL;
    void *key = GUINT_TO_POINTER(sql_name_hash(name));
    for (; list == NULL && renames != NULL; renames = renames->base)
        list = g_hash_table_lookup(renames->by[by], key);
    return list;
}

/* The spelling that a path means, or NULL. `*ret_is_other`: it is called so, but is in another dataset. */
const Rename *renames_find(const Renames *renames, const Dialect *dialect, const SqlPath *path,
                           const Spelling **ret_spelling, bool *ret_is_other);
/* Whose target it is, or NULL. */
const Rename *renames_of_target(const Renames *renames, const Dialect *dialect,
                                const SqlPath *path);
bool renames_is_target(const Renames *renames, const Dialect *dialect, const SqlPath *path);
bool rename_has_target(const Renames *renames, const Rename *rename, const Dialect *dialect,
                       const SqlPath *path);
/* What was a column and is none of the target: under its name nothing is found there. */
bool rename_leaves_behind(const Rename *rename, const ColumnChange *change);
/* Does the text name the target, and a column that is left behind? */
bool renames_left_in(const Renames *renames, const char *text, size_t bytes);
/* A dataset whose new name is the old one of another, or a table in place whose columns trade their names: nothing tells what
 * was rewritten from what was not. NULL: there is none. */
const char *renames_applied_once(const Renames *renames);
/* Does any of its columns become something else? */
bool rename_changes_columns(const Rename *rename);
/* Does the mapping say what becomes of the column? In place, what it does not name stays. */
bool rename_says(const Rename *rename, const Dialect *dialect, const SqlPart *part);
/* NULL when the mapping does not speak of it. */
const ColumnChange *rename_column(const Rename *rename, const Dialect *dialect,
                                  const SqlPart *part);
/* The change at `index`, with its new name in the letters of this part (renames_letters.c). */
const ColumnChange *rename_in_letters(const Rename *rename, guint index, const Dialect *dialect,
                                      const SqlPart *part);
/* Likewise that name alone; caller frees. */
char *change_in_letters(const ColumnChange *change, const Dialect *dialect, const SqlPart *part);
/* The same where letters of either case are one name in any dialect, as what YAML calls columns. Caller frees. */
char *change_in_letters_of(const ColumnChange *change, const char *text);
/* The new name of a table, or of what it is in, in the letters that the writer has for the old one; caller frees. */
char *name_in_letters(const Dialect *dialect, const SqlPart *part, const char *from,
                      const char *to);
/* The dialect that a text is taken for, where nobody says it, with the case rules that the mappings show; or NULL, as `guess`. */
const Dialect *renames_guessed(const Renames *renames, const Dialect *guess);
/* For a Rename; caller frees. */
GPtrArray *rename_twins(const GPtrArray *changes);
/* Of what gives the elements of `array`, a column whose fields the mapping of `of` names (`items.sku`): these are its columns, or
 * fields of a column that is `called` so. NULL where it names none, or more than their last names change; caller frees. */
Rename *rename_of_elements(const Rename *of, const Dialect *dialect, const char *array,
                           const char *called);
/* Will the dataset have a column of this name that it does not have today? */
bool rename_gains(const Rename *rename, const char *name);
/* Does any of them? */
bool renames_gain(const Renames *renames, const char *name);
/* Will any dataset that this is the mapping of, NULL: any at all, have a column of this name? */
bool renames_will_have(const Renames *renames, const Rename *of, const char *name);
