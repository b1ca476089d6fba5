/* work.h - one file in the making; inside of this room only. */
#pragma once

#include "rewrite/renames.h"

#define HOLE "{{}}" /* in the SQL of a program: what is put in there at run time */

typedef struct Imports Imports;
typedef struct Variables Variables;       /* sql/variables.c */
typedef struct RowVariables RowVariables; /* sql/row_variables.c */

/* Pointers of which most texts have none: the set is made with the first one. */
static inline bool
set_has(GHashTable *set, const void *pointer)
{
    return set != NULL && g_hash_table_contains(set, pointer);
}
/* False when it was there already. */
static inline bool
set_add(GHashTable **set, const void *pointer)
{
    if (*set == NULL)
        *set = g_hash_table_new(NULL, NULL);
    return g_hash_table_add(*set, (void *) pointer);
}

/* The list of this key, which is made with the first who asks: `lists` frees it. */
static inline GPtrArray *
list_of(GHashTable *lists, void *key)
{
    GPtrArray *list = g_hash_table_lookup(lists, key);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(lists, key, list);
    }
    return list;
}

/* NULL of none, and of what is no dataset. */
static inline const Rename *
source_rename(const SqlSource *source)
{
    return source != NULL ? source->rename : NULL;
}
static inline const Spelling *
source_spelling(const SqlSource *source)
{
    return source != NULL ? source->spelling : NULL;
}

/* What queries of a program gave by one name. */
typedef struct {
    char *to;     /* by which name they give it now; NULL: by the same */
    bool differs; /* not all do alike */
    bool is_read; /* the program reads it by the name, and follows (program/rows.c) */
} GivenName;

/* What a program reads by the text of an expression: row["sum(id)"] (program/read_texts.c). */
typedef struct {
    char *text;
    bool is_kept;    /* a query of the program gives it by AS */
    bool is_unclear; /* it, or one, does not, or is written otherwise */
} ReadText;

#define GIVEN_ANY "*" /* a name that nobody knows */

typedef struct {
    const Renames *renames;
    const RewriteOptions *options;
    const char *text;
    size_t bytes;
    const Dialect *dialect; /* of the SQL */
    Sql *sql;
    GHashTable *
        spoken_of; /* SqlSource * -> the names of its columns that the text says with a qualifier (sql/capture.c);
                              * NULL until it is asked for */
    GHashTable *
        bases; /* SqlBlock * -> tables that stay where they are, below its stars (sql/form.c); the same */
    GHashTable *forms;      /* of such SqlSource *: Form; the same */
    GHashTable *converted;  /* set of SqlSource * whose USING becomes ON */
    GHashTable *understood; /* set of where templates begin that were read, plus one */
    GHashTable *made_here;  /* Rename * whose dataset the text makes; NULL: none */
    GHashTable *defines;    /* those that are there for others, of all variants; NULL: none */
    bool lets_through;      /* a star gives columns that are called otherwise to whoever reads it */
    bool lacks_definition;  /* a statement goes with the dataset's definition, which is not here */
    GHashTable *new_here;   /* those whose target it makes; NULL: none */
    bool
        lacks_columns; /* what others say of the columns of a table would be of use, and nobody does */
    guint stars_looked;        /* through, while one name is looked for (capture.c) */
    GHashTable *spoken_tables; /* the same of tables, by their names in small letters */
    bool is_in_string;         /* of a program, to which it tells them: */
    GHashTable *new_made;      /* the same, of all strings of the program; NULL: none */
    GArray *makers;  /* Maker: which of its strings make a dataset; NULL: none (program/makes.c) */
    bool is_settled; /* it is known which queries keep their output names (sql/pin.c) */
    bool is_cut;     /* what was just asked led in a circle, which was not followed */
    GHashTable *outputs; /* SqlBlock * -> its names (sql/outputs.c); NULL until it is asked for */
    GHashTable *keys;    /* SqlBlock * -> what it groups by (sql/output_ref.c); the same */
    GHashTable *changes, *names; /* what queries and sources were asked (sql/asked.c); the same */
    /* What `"x"` is where nobody says the dialect (sql/unsure.c); unknown until it is asked for. */
    enum { QUOTING_UNKNOWN, QUOTING_NAMES, QUOTING_UNCLEAR } quoting;
    bool doubts_quotes; /* the dialect is guessed, and `"x"` may be a text all the same (guess.h) */
    GPtrArray
        *elements; /* Rename *: of what gives the elements of arrays (sql/elements.c); NULL: none */
    GPtrArray *used; /* what the text says that names are in (sql/use.c); NULL: nothing */
    const GPtrArray *used_around; /* likewise, of the text whose routine this is the body of */
    GHashTable *declared;         /* names of variables and parameters, in small letters */
    Variables *variables;         /* the same, with where they are known */
    RowVariables *row_variables;  /* those that hold rows of the dataset; or NULL */
    const Variables *parameters;  /* of the routine whose body the text is; or NULL */
    const Rename *rows; /* the text is the body of a function that sees rows of it alone; or NULL */
    GHashTable *setters;        /* of dbt/variables.c; NULL until it is asked for */
    GHashTable *run, *appended; /* of sql/run.c; the same */
    GHashTable *schemas;        /* of sql/catalog.c; the same */
    int depth;                  /* of SQL in literals of SQL */
    GArray *borders;            /* where macros and the like begin and end (sql/made.c) */
    /* sql_may_follow_assigned(), once it was asked */
    enum { ASSIGNED_UNASKED, ASSIGNED_FOLLOWS, ASSIGNED_STAYS } assigned;
    /* Which schema tables without one are in (sql/namesakes.c), once it was asked. */
    enum { BARE_UNASKED, BARE_IN_FIRST_SCHEMA, BARE_ANYWHERE } bare_tables;
    bool has_holes;      /* a string of a program: what is put in at run time may be any text */
    guint variants_left; /* behind the one that is looked at */
    GHashTable *
        given_names; /* ColumnChange * to which a variant so far gives its name (sql/own.c); or NULL */
    guint written_out;  /* expressions that stand once more in place of their aliases */
    GHashTable *labels; /* of sql/labels.c; NULL until it is asked for */
    /* The text is a query that gives rows of this dataset for a unit test; or NULL. */
    const Rename *gives;
    bool keeps_commons;  /* tables of WITH give their columns the old names, whoever reads them */
    GHashTable *named;   /* Rename * whose dataset is named by a plain string of the program */
    bool asks_for_table; /* __table__ of SQLAlchemy: the table itself, not its class */
    bool has_class;      /* and a class stands for one, whose columns it does not all say */
    GHashTable
        *own_rows;     /* char *: by which SQL reads rows of the program (program/made_views.c) */
    GHashTable *parts; /* places of strings that were read as parts of SQL (program/parts.c) */
    GHashTable *said;  /* Rename * of which a class says all columns that change */
    GHashTable *
        given; /* under `propagate`, char * in small letters -> GivenName; or NULL: nobody asks (sql/given.c) */
    GHashTable *texts; /* without blanks, in small letters -> ReadText; NULL: no program */
    GArray *giving;    /* uint32_t: where those that give new names begin in the program; or NULL */
    const ColumnChange
        *gives_new_name;  /* the first of a text whose query gives it under its new name; or NULL */
    bool gives_old_names; /* SQL gives columns under their old names (`new AS old`) */
    GHashTable *constants; /* of the program: name -> Constant; NULL where there are none */
    bool finds_constants;  /* before the first time: they are looked for */
    bool finds_columns;    /* the second time: uses of columns are looked for */
    int mentions, notes;   /* that were written down so far: for a person, and for nobody */
    const char *path;      /* of the file */
    const char *said_path; /* what the program sets as search_path and the like; NULL: nothing */
    GHashTable *says; /* what it was searched for (program/whole.c); NULL: nothing is remembered */
    Imports *imports; /* of the program, where others give names; or NULL (imports/imports.h) */
    GPtrArray
        *exported; /* Export *: where it is asked for what the program gives others; or NULL */
    Rewrite *out;
} Work;

Rewrite *rewrite_new(const char *language);
/* What it reads by the text of an expression, as far as that can be told by its quotes; and what is like this one, or NULL. */
GHashTable *read_texts_new(const char *text, size_t bytes);
ReadText *read_text_find(GHashTable *texts, const char *text);
/* For g_ptr_array_sort() of Edit *. */
int edits_by_place(const void *a, const void *b);
/* What [begin, end) of the text becomes by these edits, which lie within it, in their order; appended. */
void edits_apply(const GPtrArray *edits, const char *text, size_t begin, size_t end, GString *to);
/* One more site to a finished rewrite, which copies it. */
void rewrite_add_site(Rewrite *rewrite, const Site *site);
/* One that says something of the whole file, which hinders nothing. */
void rewrite_add_note(Rewrite *rewrite, const char *reason);
Site *site_copy(Arena *arena, const Site *site);

/* ---- writing down (site.c) ---- */

/* Its texts live as long as the result: keep() copies. */
Site *site_add(Work *work, SiteKind kind, Disposition disposition, size_t begin, size_t end);
/* A site that needs a person. */
void site_refuse(Work *work, SiteKind kind, size_t begin, size_t end, const char *code,
                 const char *link, const char *format, ...) G_GNUC_PRINTF(7, 8);
/* What the mapping says of the column, for a person. Caller frees. (change_words.c) */
char *column_change_words(const ColumnChange *change);
/* Edit and site in one. `after` is copied. */
void site_edit(Work *work, SiteKind kind, size_t begin, size_t end, const char *after);
/* An edit that belongs to another site: an alias behind a column, a qualifier. */
void edit_add(Work *work, size_t begin, size_t end, const char *text);
/* Forget what was decided within. */
void sites_drop(Work *work, size_t begin, size_t end);
/* A copy that lives as long as the result; NULL of NULL. */
char *keep(Work *work, const char *text);
/* Is any of these bytes a site? */
bool site_covers(const Work *work, size_t begin, size_t end);

/* ---- how names are written (spelling.c) ---- */

/* What the default path (--default, or NULL) says of the part at `index` of a name of which `before` parts stand before the
 * table's own; NULL when nothing. It is said of the last ones where it has more, and of the first ones where it has fewer. */
const char *default_part(char *const *default_path, guint index, guint before);
/* The parts of a name with dots; what a template puts in, {{ target.schema }}, is one of them. Caller frees. */
char **spelling_parts(const char *name);
/* What an alias has put in behind the source's own name: `{{ day }}` of x.users{{ day }}; borrowed, NULL: nothing. */
const char *spelling_glue(const char *alias, const char *source);
/* What an alias of the source becomes. Caller frees. */
char *spelling_of_alias(const char *alias, const char *source, const char *target);

/* `name` where `old` stands: same quotes, or those that the name needs. Caller frees. */
char *spell_like(const Dialect *dialect, const SqlPart *old, const char *name);
/* Does it need quotes in any dialect? */
bool is_reserved_somewhere(const char *name);
/* What is written for the whole path, as edits of its parts. */
void spell_path(Work *work, const SqlPath *path, const Spelling *spelling);
/* AS, or `as` where the select list writes it so, or has none and the verb is in small letters. */
const char *word_as(const Work *work, const SqlBlock *block);
/* Is a column of that name known of it? */
bool source_has(Work *work, const SqlSource *source, const SqlPart *part);
/* By what its columns are qualified once the text is changed; NULL: by nothing. Borrowed. */
const char *source_called_after(const SqlSource *source);
/* The one that is called so in the block, or around it; NULL: none. */
const SqlSource *source_called(const SqlBlock *block, const char *name, size_t bytes);
/* The other source that `name` means then as a qualifier in `block`, where it is to mean `source`; or NULL. */
const SqlSource *qualifier_catcher(const SqlBlock *block, const SqlSource *source,
                                   const char *name);
/* Has the source a name by which its columns can be qualified? Templates and parameters alone have none. */
bool can_qualify(const SqlSource *source);
/* A name of `count` parts in a plain string: as many, while what is left out agrees; `*ret_kept` leading parts stay as they
 * are. Caller frees. */
char *spell_name(const Spelling *spelling, guint count, guint *ret_kept);
/* Of how many parts is what is written where `count` parts stand? */
guint spelling_parts_written(const Spelling *spelling, guint count);
/* Does what is written for this path need quotes where it has none today? */
bool spelling_adds_quotes(const Work *work, const SqlPath *path, const Spelling *spelling);
/* The name by which columns of a renamed table without alias are qualified. Caller frees. */
char *spell_qualifier(const Dialect *dialect, const SqlSource *source, const Spelling *spelling);

/* ---- migrations of schemas (history.c) ---- */

/* Has the file been run, so that it is not changed any more? */
bool is_history(const char *path, const char *text, size_t bytes);
/* Is a numbered file among them a definition that is run again whenever it changes? (history_anew.c) */
bool is_run_anew(const char *path, const char *text, size_t bytes);
/* Does the file look like a step from one version of a schema to the next, which has run, or runs where the old one is? */
bool is_step(const char *path);
/* Every mention stays as it is. */
void history_mentions(Work *work);
/* What is decided of a file that lies among migrations, and may be one, becomes a person's. (history_held.c) */
void history_hold(Work *work);
/* The same of what stands in a program's list of migrations alone. (history_listed.c) */
void history_hold_listed(Work *work);
/* Does a file of SQL say by its name that it changes columns, which it does once? */
bool is_called_change(const char *path, const char *text, size_t bytes);

/* ---- lists of columns of the dataset that the file's path names (described.c) ---- */

/* Beside whatever else the file says. */
void described_columns(Work *work);
/* Does the file fill the table that its path names (query.sql, metadata.yaml)? Then it is a person's. */
void described_makers(Work *work);
/* Columns that a page shows by a name that changes. (imports/pages.c) */
void pages_tell(Work *work);
/* Rows of the dataset that tests begin with, which the file's path alone says. (described_rows.c) */
void described_rows(Work *work);
bool described_rows_concern(const Renames *renames, const char *path);

/* ---- files whose queries others read by names (named_outputs.c) ---- */

/* Is it read under a name that nobody follows? Its outputs keep their names, whatever the policy is. */
bool outputs_are_named(const char *path, const char *text, size_t bytes);

/* ---- text (mention.c) ---- */

#define MENTIONS_MAX 100 /* of one file: a person looks at the first few */

/* `users` in a text of people, or as a name of a program, says little: nothing but its place makes it a table. */
bool mention_is_ordinary(const char *text, size_t bytes, size_t begin, size_t end);
#define ORDINARY_WORD "this is an ordinary word, and nothing around it names a table"
/* The word, not as a part of another one, whatever its case. */
bool find_word(const char *text, size_t bytes, const char *word, size_t *ret);
/* Does a column that changes stand there, as such a word? */
bool rename_names_change(const Rename *rename, const char *text, size_t bytes);
/* The last two parts of a name, or its only one, whatever their case and whether or not each has quotes of its own. */
bool find_mention(const char *text, size_t bytes, char *const *parts, size_t *ret_begin,
                  size_t *ret_end);
/* Does the name stand in this text only as a word among others, and is it no SQL? `is_value`: nor a part of some. */
bool is_among_words(const char *text, size_t bytes, const char *word, bool is_value);
/* Every mention needs a person. */
void mentions_in_text(Work *work);
/* So does every reading of a model whose columns are renamed elsewhere. */
void mentions_of_models(Work *work);
