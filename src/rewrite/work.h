/* work.h - one file in the making; inside of this room only. */
#pragma once

#include "rewrite/rewrite.h"

#define SPELLING_PARTS_MAX 8 /* project.dataset.table and then some */

/* A name of a dataset in code, and its new one. */
typedef struct {
    char **source, **target; /* parts, NULL-terminated */
} Spelling;

/* One mapping. */
typedef struct {
    const Mapping *mapping; /* NULL: only looked for */
    GPtrArray *spellings;   /* Spelling * */
    GPtrArray *changes;     /* ColumnChange * */
    const char **columns;   /* names of the source, NULL-terminated */
} Rename;

struct Renames {
    GPtrArray *list;     /* Rename * */
    char **default_path; /* parts, or NULL */
};

/* The spelling that a path means, or NULL. `*ret_is_other`: it is called so, but is in another dataset. */
const Rename *renames_find(const Renames *renames, const Dialect *dialect, const SqlPath *path,
                           const Spelling **ret_spelling, bool *ret_is_other);
/* Is it a mapping's target? */
bool renames_is_target(const Renames *renames, const Dialect *dialect, const SqlPath *path);
/* NULL when the mapping does not speak of it. */
const ColumnChange *rename_column(const Rename *rename, const Dialect *dialect,
                                  const SqlPart *part);

typedef struct {
    const Renames *renames;
    const RewriteOptions *options;
    const char *text;
    size_t bytes;
    Sql *sql;
    GHashTable *matched;    /* SqlSource * -> Rename * */
    GHashTable *spelled;    /* SqlSource * -> Spelling *: what its path became */
    GHashTable *pinned;     /* SqlQuery * whose output names stay */
    GHashTable *understood; /* where templates begin that were read, plus one */
    bool has_holes;         /* a string of a program: what is put in at run time may be any text */
    GHashTable *named;      /* Rename * whose dataset is named by a plain string of the program */
    bool finds_columns;     /* the second time: uses of columns are looked for */
    int mentions, notes;    /* that were written down so far: for a person, and for nobody */
    Rewrite *out;
} Work;

Rewrite *rewrite_new(const char *language);

/* ---- writing down (site.c) ---- */

Site *site_add(Work *work, SiteKind kind, Disposition disposition, size_t begin, size_t end);
/* A site that needs a person. */
void site_refuse(Work *work, SiteKind kind, size_t begin, size_t end, const char *code,
                 const char *link, const char *format, ...) G_GNUC_PRINTF(7, 8);
/* Edit and site in one. `after` is copied. */
void site_edit(Work *work, SiteKind kind, size_t begin, size_t end, const char *after);
/* An edit that belongs to another site: an alias behind a column, a qualifier. */
void edit_add(Work *work, size_t begin, size_t end, const char *text);
bool site_covers(const Work *work, size_t begin, size_t end);

/* ---- how names are written (spelling.c) ---- */

/* `name` where `old` stands: same quotes, or those that the name needs. Caller frees. */
char *spell_like(const Dialect *dialect, const SqlPart *old, const char *name);
/* What is written for the whole path, as edits of its parts. */
void spell_path(Work *work, const SqlPath *path, const Spelling *spelling);
/* The name by which columns of a renamed table without alias are qualified. Caller frees. */
/* A name of `count` parts in a plain string: as many, while what is left out agrees; `*ret_kept` leading parts stay as they
 * are. Caller frees. */
char *spell_name(const Spelling *spelling, guint count, guint *ret_kept);
char *spell_qualifier(const Dialect *dialect, const SqlSource *source, const Spelling *spelling);

/* ---- text (mention.c) ---- */

/* The word, not as a part of another one, whatever its case. */
bool find_word(const char *text, size_t bytes, const char *word, size_t *ret);
/* Every mention needs a person. */
void mentions_in_text(Work *work);

/* ---- SQL (sql_*.c) ---- */

void sql_text(Work *work);     /* all of the below (rewrite.c) */
void sql_tables(Work *work);   /* match sources, edit tables */
void sql_flow(Work *work);     /* which queries keep their output names */
void sql_columns(Work *work);  /* references and stars */
void sql_mentions(Work *work); /* what else names the dataset */
void sql_holes(Work *work);    /* what is put in may name a column that changes */
bool is_dbt_call(Work *work, const Token *token, const Rename **ret, size_t *ret_begin,
                 size_t *ret_end,
                 char **ret_after); /* {{ ref('x') }}; what to write between begin and end */

/* What becomes of a column as readers of this source see it; NULL when it stays. `part` is its name today. */
const ColumnChange *source_change(Work *work, const SqlSource *source, const SqlPart *part);
/* Does any column that comes out of it change? */
bool source_changes(Work *work, const SqlSource *source);
/* The new name under which readers find an item, or NULL when it keeps its own. */
const char *item_new_name(Work *work, const SqlItem *item);
/* An item without alias whose name would change although it must not. */
bool item_needs_alias(Work *work, const SqlItem *item);
bool query_names_matter(const SqlQuery *query);
/* What else is changed of a source called `name`, apart from this column: conflicts of new names (sql_capture.c). */
bool is_new_name_taken(Work *work, const SqlRef *ref, const char *name);
/* Literals that a changed column is compared with (sql_literals.c). False when it is used otherwise. */
bool edit_literals(Work *work, const SqlRef *ref, const ColumnChange *change);
void sql_star(Work *work, const SqlItem *item); /* sql_star.c */
