/* work.h - one file in the making; inside of this room only. */
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
    /* Of a source that YAML declares (dbt_sources.c): */
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
    /* Of what another file makes (sql_made.c): its name stays, and its columns get the names that the file gives them. */
    bool is_derived, is_closed; /* closed: `changes` has all its columns */
    bool is_of_rows;            /* it is the name under which a trigger gives the dataset's rows */
    char *key;                  /* of project.c */
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
    /* What the last parts of the spellings begin with, a bit for each letter, by how long they are: most names of a text are
     * told by it to be none of them. */
    guint32 initials[RENAMES_LENGTHS], all_initials;
    /* Of names that its own have: sql_name_hash() -> GPtrArray of const Rename *, those of the base, too, in the order of
     * `list`. */
    GHashTable *by[RENAMES_BYS];
    GHashTable *gained; /* all that any of its own gains, in small letters; borrowed */
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
/* Is it a mapping's target? */
bool renames_is_target(const Renames *renames, const Dialect *dialect, const SqlPath *path);
bool rename_has_target(const Renames *renames, const Rename *rename, const Dialect *dialect,
                       const SqlPath *path);
/* NULL when the mapping does not speak of it. */
/* Does any of its columns become something else? */
bool rename_changes_columns(const Rename *rename);
const ColumnChange *rename_column(const Rename *rename, const Dialect *dialect,
                                  const SqlPart *part);
/* The change at `index`, with its new name in the letters of this part (renames_letters.c). */
const ColumnChange *rename_in_letters(const Rename *rename, guint index, const Dialect *dialect,
                                      const SqlPart *part);
/* Likewise that name alone; caller frees. */
char *change_in_letters(const ColumnChange *change, const Dialect *dialect, const SqlPart *part);
/* The new name of a table, or of what it is in, in the letters that the writer has for the old one; caller frees. */
char *name_in_letters(const Dialect *dialect, const SqlPart *part, const char *from,
                      const char *to);
/* The dialect that a text is taken for, where nobody says it, with the case rules that the mappings show; or NULL, as `guess`. */
const Dialect *renames_guessed(const Renames *renames, const Dialect *guess);
/* For a Rename; caller frees. */
GPtrArray *rename_twins(const GPtrArray *changes);
/* Will the dataset have a column of this name that it does not have today? */
bool rename_gains(const Rename *rename, const char *name);
/* Does any of them? */
bool renames_gain(const Renames *renames, const char *name);
/* Will any dataset that this is the mapping of, NULL: any at all, have a column of this name? */
bool renames_will_have(const Renames *renames, const Rename *of, const char *name);

typedef struct Imports Imports;

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

typedef struct {
    const Renames *renames;
    const RewriteOptions *options;
    const char *text;
    size_t bytes;
    const Dialect *dialect; /* of the SQL */
    Sql *sql;
    GHashTable *
        spoken_of; /* SqlSource * -> GPtrArray of the SqlPart * by which its columns are named with a qualifier;
                              * NULL until it is asked for */
    GHashTable *converted;  /* set of SqlSource * whose USING becomes ON */
    GHashTable *understood; /* set of where templates begin that were read, plus one */
    GHashTable *made_here;  /* Rename * whose dataset the text makes; NULL: none */
    GHashTable *defines;    /* those that are there for others, of all variants; NULL: none */
    bool lacks_definition;  /* a statement goes with the dataset's definition, which is not here */
    GHashTable *new_here;   /* those whose target it makes; NULL: none */
    bool is_settled;        /* it is known which queries keep their output names (sql_pin.c) */
    bool is_cut;            /* what was just asked led in a circle, which was not followed */
    GHashTable *outputs; /* SqlBlock * -> its names (sql_outputs.c); NULL until it is asked for */
    GHashTable *keys;    /* SqlBlock * -> what it groups by (sql_output_ref.c); the same */
    GHashTable *changes, *names; /* what queries and sources were asked (sql_asked.c); the same */
    /* What `"x"` is where nobody says the dialect (sql_unsure.c); unknown until it is asked for. */
    enum { QUOTING_UNKNOWN, QUOTING_NAMES, QUOTING_UNCLEAR } quoting;
    GHashTable *declared;        /* names of variables and parameters, in small letters */
    GPtrArray *variables;        /* the same, with where they are known */
    const GPtrArray *parameters; /* of the routine whose body the text is; or NULL */
    const Rename *rows; /* the text is the body of a function that sees rows of it alone; or NULL */
    GHashTable *setters; /* of dbt_variables.c; NULL until it is asked for */
    GHashTable *run;     /* of sql_assigned.c; the same */
    GHashTable *schemas; /* of sql_catalog.c; the same */
    int depth;           /* of SQL in literals of SQL */
    GArray *borders;     /* where macros and the like begin and end (sql_made.c) */
    /* sql_may_follow_assigned(), once it was asked */
    enum { ASSIGNED_UNASKED, ASSIGNED_FOLLOWS, ASSIGNED_STAYS } assigned;
    bool has_holes; /* a string of a program: what is put in at run time may be any text */
    /* The text is a query that gives rows of this dataset for a unit test; or NULL. */
    const Rename *gives;
    bool keeps_commons;    /* tables of WITH give their columns the old names, whoever reads them */
    GHashTable *named;     /* Rename * whose dataset is named by a plain string of the program */
    GHashTable *said;      /* Rename * of which a class says all columns that change */
    bool gives_old_names;  /* SQL gives columns under their old names (`new AS old`) */
    GHashTable *constants; /* of the program: name -> Constant; NULL where there are none */
    bool finds_constants;  /* before the first time: they are looked for */
    bool finds_columns;    /* the second time: uses of columns are looked for */
    int mentions, notes;   /* that were written down so far: for a person, and for nobody */
    const char *path;      /* of the file */
    GHashTable *says; /* what it was searched for (program_whole.c); NULL: nothing is remembered */
    Imports *imports; /* of the program, where others give names; or NULL (imports.h) */
    GPtrArray
        *exported; /* Export *: where it is asked for what the program gives others; or NULL */
    Rewrite *out;
} Work;

Rewrite *rewrite_new(const char *language);
/* One more site to a finished rewrite, which copies it. */
void rewrite_add_site(Rewrite *rewrite, const Site *site);
Site *site_copy(Arena *arena, const Site *site);

/* ---- writing down (site.c) ---- */

/* Its texts live as long as the result: keep() copies. */
Site *site_add(Work *work, SiteKind kind, Disposition disposition, size_t begin, size_t end);
/* A site that needs a person. */
void site_refuse(Work *work, SiteKind kind, size_t begin, size_t end, const char *code,
                 const char *link, const char *format, ...) G_GNUC_PRINTF(7, 8);
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

/* The parts of a name with dots; what a template puts in, {{ target.schema }}, is one of them. Caller frees. */
/* What the default path (--default, or NULL) says of the part at `index` of a name of which `before` parts stand before the
 * table's own; NULL when nothing. It is said of the last ones where it has more, and of the first ones where it has fewer. */
const char *default_part(char *const *default_path, guint index, guint before);
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
/* The other source that `name` means then as a qualifier in `block`, where it is to mean `source`; or NULL. */
const SqlSource *qualifier_catcher(const SqlBlock *block, const SqlSource *source,
                                   const char *name);
/* Has the source a name by which its columns can be qualified? Templates and parameters alone have none. */
bool can_qualify(const SqlSource *source);
/* A name of `count` parts in a plain string: as many, while what is left out agrees; `*ret_kept` leading parts stay as they
 * are. Caller frees. */
char *spell_name(const Spelling *spelling, guint count, guint *ret_kept);
/* Does what is written for this path need quotes where it has none today? */
bool spelling_adds_quotes(const Work *work, const SqlPath *path, const Spelling *spelling);
/* The name by which columns of a renamed table without alias are qualified. Caller frees. */
char *spell_qualifier(const Dialect *dialect, const SqlSource *source, const Spelling *spelling);

/* ---- dbt (dbt.c) ---- */

/* ref('model'), ref('package', 'model', v=1), source('schema', 'table') */
typedef struct {
    bool is_source, is_understood;
    uint32_t callee; /* where it begins */
    guint count;     /* of names */
    char *names[2], *version;
    size_t begin[2], end[2]; /* of the names, without quotes */
    bool
        is_wrapped; /* the first one is not said before the other: by a macro (dbt_wrapped.c), or behind it */
    size_t version_begin, version_end;
} DbtCall;

DbtRename *dbt_rename_new(const char *from, const char *to, bool is_source);
/* Its names; nothing of what YAML says. */
DbtRename *dbt_rename_copy(const DbtRename *dbt);
/* Once its names have changed. */
void dbt_rename_spell(DbtRename *dbt);
void dbt_rename_free(DbtRename *dbt);
/* Of a model that is a seed; freed with its DbtRename (dbt_seeds.c). */
DbtDoubt *dbt_seed_doubt(void);
/* May the file be a seed or model that the mapping calls otherwise, or of which it renames columns? */
bool dbt_files_concern(const Renames *renames, const char *path);
/* Of the seed that changes with its file, or NULL. */
const Rename *dbt_seed_at(const Renames *renames, const char *path);
/* Is it the dbt_project.yml that may say types of columns of such a seed, without naming it? */
bool dbt_seeds_have_types(const Renames *renames, const char *path, const char *text);
/* The file is such a seed, and its header is decided (dbt_seed_file.c). */
bool dbt_seed_file(Work *work);
/* What becomes of a model to which the mapping gives another name, in the file's project (dbt_made.c). */
typedef enum {
    MODEL_UNKNOWN, /* the file is looked at alone, no file that is known makes either, or the new name is given up at once */
    MODEL_STAYS,   /* the new one is there, and the old one beside it */
    MODEL_RENAMED  /* only the old one is: it is the same model */
} ModelFate;
/* Does the mapping give the model another name, or version? */
bool dbt_moves(const DbtRename *dbt);
ModelFate dbt_fate(const Renames *renames, const RewriteOptions *options, const DbtRename *dbt);
/* Is it such a model, which is the same by another name? */
bool dbt_is_renamed(const Renames *renames, const RewriteOptions *options, const Rename *rename);
/* The file that makes it; NULL: none that is known. */
const char *dbt_maker_path(const RewriteOptions *options, const DbtName *name);
/* The mapping that does so with this model of the file's own project; NULL: none. */
const Rename *dbt_moved(const Work *work, const char *name, const char *version);
/* Is the file's own model such a one? Its readers take its columns as the mapping says. */
bool dbt_is_called_otherwise(const Work *work);
/* Under which dbt_project.yml speaks of such a model's file, where that gets another name; else NULL. */
char *const *dbt_renamed_keys(const Work *work, const Rename *rename);
/* Where the file makes such a model: its name is a person's, or that of a block, which is renamed. */
void dbt_made_here(Work *work);
/* All calls in a template or tag; array of DbtCall *; caller frees. */
GPtrArray *dbt_calls(const char *text, const Token *template);
/* The next "{{ … }}" from byte `*at` on that ends before `end`; `*at` goes behind it. */
bool dbt_next_template(const char *text, size_t *at, size_t end, Token *ret);
/* The one call that the template consists of, or NULL. */
DbtCall *dbt_call_alone(const char *text, const Token *template);
void dbt_call_clear(DbtCall *call);
/* The call that stands for a template: itself, what its variable was set to, or what its macro or the project's variable consists of. Its places in
 * the text are those of the call where `*ret_is_here`. Caller frees with dbt_call_clear() and g_free(); NULL: none. */
DbtCall *dbt_call_behind(Work *work, const Token *token, bool *ret_is_here);
/* Of a macro of the project that gives back ref() or source() of what it gets; caller frees so, too. NULL: none. (dbt_wrapped.c) */
DbtCall *dbt_call_wrapped(Work *work, const Token *token);
/* The one that this variable is set to; NULL where it is none, or set twice. Caller frees so, too. (dbt_variables.c) */
DbtCall *dbt_call_of_variable(Work *work, const char *name, size_t bytes);
/* What else is done with variables that stand for a table whose columns change. After dbt_templates(). */
void dbt_variables(Work *work);
/* Is this call all that a macro consists of, which is followed wherever it is called? */
bool dbt_is_table_macro(Work *work, guint token);
/* The mapping that a table macro called somewhere in the template stands for; or NULL. */
const Rename *dbt_macro_within(Work *work, const Token *token);
/* The model of the project that is called; NULL where none is, or more than one may be. */
typedef struct ProjectModel ProjectModel;
ProjectModel *project_model_find(const ProjectModels *models, const DbtHome *home,
                                 const DbtCall *call);
/* Is the file of this path that model, or one that it is made of, directly or by way of others? (project_upstream.c) */
bool project_makes(const RewriteOptions *options, const char *path, const DbtName *model);
/* Its columns, as SqlColumnsFn; borrowed. */
const char *const *project_model_columns(ProjectModel *model, bool *ret_is_open);
/* The mapping whose model or source is called, or NULL. `*ret_doubt`: perhaps, or only by name; borrowed, or NULL. */
const Rename *dbt_find(const Work *work, const DbtCall *call, const DbtDoubt **ret_doubt);
/* Write the doubt down at this place. */
void dbt_tell(Work *work, const DbtDoubt *doubt, size_t begin, size_t end);
void dbt_edit(Work *work, const DbtRename *dbt, const DbtCall *call);
/* Sources that are a call, or a variable that stands for one: gives them the names of models and tables. */
void dbt_name_source(Work *work, SqlSource *source);
/* Calls in templates that are no sources, and what else names a model there (dbt_templates.c). */
void dbt_templates(Work *work);
/* The dataset's name in templates that are not understood; (dbt_mentions.c) */
void dbt_mentions(Work *work);
/* Calls of the dataset in quotes of SQL, where nothing else has seen them (dbt_quoted.c). */
void dbt_quoted(Work *work);

/* The text that config(…) of a file gives under a key; NULL where it does not say. False when it is no plain text, or is
 * said twice. Caller frees (dbt_config.c). */
bool dbt_config_text(const char *text, size_t bytes, const char *key, char **ret);
/* Does a setting of this name hold columns of the model, or expressions over them; or no word that is one? */
bool dbt_setting_names_columns(const char *key);
bool dbt_setting_names_none(const char *key);
/* Columns of the file's model in its config(…), after sql_made(). */
void dbt_config(Work *work);
/* Macros of the project that give a setting in this {{ config(…) }} and name a column that changes need a person
 * (dbt_config_macros.c). */
void dbt_config_macros(Work *work, const Token *template, const Made *made);

/* The same, where the model is the dataset of a mapping. */
void dbt_config_follows(Work *work, const Rename *rename);
/* Does the mapping leave the model its name, while columns of it change; the file of such a model gives them their new names
 * (dbt_own.c). */
bool rename_keeps_model(const Rename *rename);
void dbt_own(Work *work);
/* The statement makes the dataset: its query gives the columns their new names; false where that is refused, which is written
 * down (sql_own.c). */
bool sql_own_names(Work *work, const Rename *rename, const SqlStatement *statement);
void sql_own_refuse(Work *work, const SqlStatement *statement, const char *code,
                    const char *reason);
/* The dataset that CREATE … AS or SELECT … INTO makes, and how it is spelled; NULL of others. Such statements are renamed
 * with their output names (sql_maker.c). */
const Rename *statement_makes(const Work *work, const SqlStatement *statement,
                              const Spelling **ret_spelling);
void sql_makers(Work *work);
/* May a temporary table of the dataset's name be renamed with what reads it? */
bool renames_as_temporary(const Rename *rename, const Spelling *spelling, const SqlPath *path);
/* Which datasets the text makes: Work.made_here, Work.new_here. Once it is known which tables are one. */
void sql_note_makers(Work *work);
/* What such a mapping says of the model that the file is; or NULL. */
const Rename *dbt_own_rename(const Work *work);

/* {{ dbt_utils.star(…) }}: do the names that it writes out follow those of what is read; must these stay for it; what it
 * names itself. False when it is no star over what changes (dbt_star.c). */
bool dbt_star_follows(Work *work, const SqlItem *star);
bool dbt_star_is_rigid(Work *work, const SqlItem *star);
bool dbt_star(Work *work, const SqlItem *star);
/* `u` of star(from=u), deduplicate(relation=u). False: the table is given otherwise. */
bool dbt_star_variable(const Work *work, const Token *token, uint32_t *ret_begin,
                       uint32_t *ret_end);

/* A table in get_column_values(…), given at byte `at` by a call or a variable; a call in SQL that is put together with `~`: all
 * that it names is changed there. False: neither (dbt_values.c, dbt_sums.c). */
bool dbt_values(Work *work, const Token *token, size_t at, const Rename *rename);
/* Is it a name of the table that get_column_values(…) is given, and no column of the query around it? */
bool dbt_values_settles(Work *work, const SqlRef *ref);
bool dbt_sum(Work *work, const Token *token, const DbtCall *call);
/* A part of the text, with blanks for all bytes but ends of lines, into which SQL is put at its place (dbt_sums.c). */
typedef struct {
    char *text; /* caller frees */
    size_t begin, bytes;
} Excerpt;
Excerpt excerpt_new(const Work *work, size_t begin, size_t end);
/* Where the file's byte stands in it. */
static inline char *
excerpt_at(const Excerpt *excerpt, size_t byte)
{
    return excerpt->text + (byte - excerpt->begin);
}
/* Rewrites the SQL in it, in the file. False: what would be written cannot stand there, and nothing is. */
bool excerpt_rewrite(Work *work, const Excerpt *excerpt);
/* SQL in hooks of config(…) (dbt_hooks.c). */
void dbt_hooks(Work *work);

/* Names in small letters: what templates may write as tables of WITH; and texts that are a name, which they may write before a
 * dot (dbt_commons.c). */
typedef struct {
    GHashTable *tables, *texts;
} DbtSpoken;
void dbt_spoken_read(const Work *work, DbtSpoken *ret);
void dbt_spoken_clear(DbtSpoken *spoken);

/* What callers put into the queries of macros (dbt_given.c). */
void dbt_given(Work *work);

/* The one that is called so in the block, or around it; NULL: none. (dbt_implied.c) */
const SqlSource *source_called(const SqlBlock *block, const char *name, size_t bytes);
/* Macros that name columns by themselves (dbt_implied.c). */
void dbt_implied(Work *work);

/* Texts in templates that name a column which changes, and that no query has read; when all else is decided (dbt_unread.c). */
void dbt_unread(Work *work);
/* Names that templates put together; may a text have one of the dataset's (dbt_joined.c)? */
void dbt_joined(Work *work);
bool dbt_joined_concern(const Renames *renames, const char *text, size_t bytes);
/* All in a text that nobody has read, which must stay; NULL: none. May one of them ask for this model (dbt_joined_texts.c)? */
typedef struct JoinedTexts JoinedTexts;
JoinedTexts *joined_texts_read(const char *text, size_t bytes);
void joined_texts_free(JoinedTexts *joined);
bool joined_texts_may_read(const JoinedTexts *joined, const char *model);
/* Names that a template is a part of (dbt_glued.c). */
void dbt_glued(Work *work);
/* The value of {{ var('x') }}, where it is a call, `{{ ref('y') }}`, and the template nothing else; borrowed, or NULL
 * (dbt_var_tables.c). */
const char *dbt_var_table(const YamlNode *settings, const char *text, const Token *token);
/* Such values of all variables that the text asks for, one behind the other. Caller frees. */
char *dbt_var_tables_in(const YamlNode *settings, const char *text, size_t bytes);
/* What the project says for the next variable that the text asks for, from byte `*at` on, which goes behind it; NULL: none more.
 * `*ret_begin`: of `var`. */
const YamlNode *dbt_var_next(const YamlNode *settings, const char *text, size_t bytes, size_t *at,
                             size_t *ret_begin);
/* {{ var('x') }} in SQL whose value names the dataset or its columns (dbt_var_uses.c). */
void dbt_var_uses(Work *work);
/* Keys of dbt_project.yml: settings of models and folders, names of variables; and of sources, which follow
 * (dbt_project_keys.c). */
void dbt_project_keys(Work *work);
/* Does it say something of a source whose tables go to another one? */
bool dbt_project_has_moved(const Renames *renames, const char *path, const char *text);
/* Calls in what dbt_project.yml has run beside the models (dbt_project_hooks.c). */
void dbt_project_hooks(Work *work);
/* The same in `vars` of dbt_project.yml, where they are set. */
void dbt_vars_set(Work *work);
/* May the text name the dataset by a variable of the project? `settings` may be NULL. */
bool dbt_vars_mention(const YamlNode *settings, const Renames *renames, const char *text);

/* A YAML file of a dbt project (dbt_yaml.c). False when it is none. */
bool dbt_yaml(Work *work);

/* ---- migrations of schemas (history.c) ---- */

/* Has the file been run, so that it is not changed any more? */
bool is_history(const char *path, const char *text, size_t bytes);
/* Does the file look like a step from one version of a schema to the next, which has run, or runs where the old one is? */
bool is_step(const char *path);
/* Every mention stays as it is. */
void history_mentions(Work *work);
/* What is decided of a program that lies among migrations, and may be one, becomes a person's. */
void history_hold(Work *work);

/* ---- lists of columns of the dataset that the file's path names (described.c) ---- */

/* Beside whatever else the file says. */
void described_columns(Work *work);
/* Does the file fill the table that its path names (query.sql, metadata.yaml)? Then it is a person's. */
void described_makers(Work *work);

/* ---- text (mention.c) ---- */

#define MENTIONS_MAX 100 /* of one file: a person looks at the first few */

/* `users` in a text of people, or as a name of a program, says little: nothing but its place makes it a table. */
bool mention_is_ordinary(const char *text, size_t bytes, size_t begin, size_t end);
#define ORDINARY_WORD "this is an ordinary word, and nothing around it names a table"
/* The word, not as a part of another one, whatever its case. */
bool find_word(const char *text, size_t bytes, const char *word, size_t *ret);
/* The last two parts of a name, or its only one, whatever their case and whether or not each has quotes of its own. */
bool find_mention(const char *text, size_t bytes, char *const *parts, size_t *ret_begin,
                  size_t *ret_end);
/* Does the name stand in this text only as a word among others, and is it no SQL? `is_value`: nor a part of some. */
bool is_among_words(const char *text, size_t bytes, const char *word, bool is_value);
/* Every mention needs a person. */
void mentions_in_text(Work *work);
/* So does every reading of a model whose columns are renamed elsewhere. */
void mentions_of_models(Work *work);

/* ---- SQL (sql_*.c) ---- */

/* The token at `index`, or the end's behind it. */
static inline const Token *
work_token(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

/* The first that begins at this byte or behind it. */
guint work_token_from(const Work *work, size_t byte);
/* Is the token this word or sign, in letters of either case? */
bool work_is_text(const Work *work, guint index, const char *text);

void sql_text(Work *work);   /* all of the following, in each variant of the text (sql_text.c) */
void sql_tables(Work *work); /* match sources, edit tables */
void sql_qualifiers(Work *work); /* of tables that are called anew */
/* What is known of a table's columns; as SqlColumnsFn. */
const char *const *table_columns(const Work *work, const SqlSource *table, bool *ret_is_open);
void sql_flow(Work *work);    /* which queries keep their output names (sql_pin.c) */
void sql_using(Work *work);   /* joins by names that are not the same any more */
void sql_columns(Work *work); /* references and stars */
/* Is this column something else in one of the dialects that the text may be in, or has a table's new name other quotes?
 * Then it is refused (sql_unsure.c). */
bool sql_is_unsure(Work *work, const SqlRef *ref, const ColumnChange *change);
bool sql_is_unsure_table(Work *work, const SqlPath *path, const Spelling *spelling);
/* One of the tables of a dataset `events_*`: its source is that dataset (sql_shards.c). */
void sql_shard_match(Work *work, SqlSource *source);
/* Refused where shards become one table. */
bool sql_shard_refuses(Work *work, const SqlPath *path, const Spelling *spelling);
/* Parts of a dataset that is one table, or shards of which it is not known. */
void sql_shards(Work *work);
/* A table that is the target, or one that is called like the dataset (sql_other.c). */
void sql_note_target(Work *work, const SqlPath *path);
void sql_note_other(Work *work, const SqlPath *path);
/* @schema.users, {{ schema }}.users (sql_put_in.c): an alias of the mapping may be written so; is it refused as a name that
 * is none; is a name in quotes refused that may become one of the mapping? */
bool sql_is_put_before(const Work *work, const SqlSource *source);
void sql_put_before(Work *work, const SqlSource *source);
void sql_put_whole(Work *work, const SqlSource *source); /* @table, as an alias has it */
/* users{{ suffix }}, as an alias has it: whose it is, and the path with it; or NULL. */
const Rename *sql_put_behind(Work *work, SqlSource *source, const Spelling **ret_spelling);
bool sql_put_in_refuses(Work *work, const SqlPath *path);
/* What is not understood behind a table whose columns change is a person's. */
void sql_strange(Work *work, const SqlBlock *block);
void sql_hints(Work *work);    /* tables in hints to the optimizer (sql_hints.c) */
void sql_mentions(Work *work); /* what else names the dataset */
/* The literal (a token) is SQL that is run, and now is decided. */
bool sql_inner(Work *work, guint literal);
/* What stands between the quotes of the literal (a token), also of N'…'; no zero byte ends it (sql_people.c). */
const char *sql_inside(const Work *work, guint literal, size_t *ret_bytes);
/* The same of a literal, or of a name with or without quotes; is it this one, in letters of either case (sql_people.c)? */
const char *sql_said(const Work *work, guint index, size_t *ret_bytes);
bool sql_says(const Work *work, guint index, const char *name);
/* The literal (a token) is a table's name, and now is decided (sql_named.c). */
bool sql_named(Work *work, guint literal);
/* What else its statement says of the dataset that the literal (a token) names: columns in literals. Does the function take a
 * table, and a column of it (sql_named_columns.c)? */
void sql_named_columns(Work *work, guint literal, const Rename *rename);
bool sql_takes_column(const Work *work, guint function);
/* What the literal is compared with: the name before `=`, or before IN (…); 0 when it is with nothing that has a name. */
guint sql_compared_with(const Work *work, guint literal);
/* Is a catalog asked for a table called like the literal (a token)? Is it the dataset, whose new name can stand there
 * (sql_named_catalog.c)? */
bool sql_asks_catalog(const Work *work, guint literal);
bool sql_catalog_follows(const Work *work, guint literal, const Spelling *spelling);
/* Is it the type of the table's rows that is named (sql_row_type.c)? */
bool sql_is_row_type(const Work *work, const SqlPath *path);
/* The literal (a token) is the table that an extended property of T-SQL is said of, and now is decided (sql_properties.c). */
bool sql_property(Work *work, guint literal);
/* The token is the dataset's own name, and another one of its statement says its schema (sql_catalog.c). */
bool sql_is_named_apart(Work *work, guint index);
/* The literal is the dataset's own name, and its schema is the argument of a call before it: both are rewritten, where no column
 * changes. False where they are not. */
bool sql_named_by_two(Work *work, guint index);
/* Makes the function a value of its arguments, whatever they say: concat, format, json_object (sql_catalog.c)? */
bool sql_takes_values(const Work *work, guint function);
/* Is the value (a token) set to a variable or a column; may SQL in such values be rewritten (sql_assigned.c)? */
bool sql_is_assigned(const Work *work, guint value);
bool sql_may_follow_assigned(Work *work);
/* Is it set to a variable of which nothing is done but that it is run: SET @q = '…'; EXEC (@q)? */
bool sql_is_only_run(Work *work, guint value);
void sql_joined(Work *work); /* names that are put together from literals */
/* May it hold one although no word of it is the dataset's? */
bool sql_may_join(const char *text, size_t bytes);
/* Does a file that is no SQL put a name of the dataset together from literals? (program_halves.c) */
bool program_may_join(const Renames *renames, const char *path, const char *text, size_t bytes);
/* The bracket before the row of values that the literal (a token) is in; the token itself where that is far. */
guint sql_row_of(const Work *work, guint literal);
/* x = 'here', LIKE 'here', IN ('here', …), VALUES ('here', …): a value, which is not put together with others. */
bool sql_is_value(const Work *work, guint literal);
/* \ir tables/users.sql of psql, \. users.sql of MySQL's client, :r tables\users.sql of sqlcmd, @users.sql of SQL*Plus: is
 * the byte within such a line, which is the path of a file? */
bool sql_is_in_path(const Work *work, size_t byte);
/* Why the name in the literal (a token) does not mean the dataset; NULL: it may (sql_people.c). */
const char *sql_other_text(const Work *work, guint literal, const char *name);
/* Is the literal (a token) a value that stays, because the tables which it may name keep their names (sql_stays.c)? */
bool sql_value_stays(const Work *work, guint literal);
/* Variables of scripts and routines (sql_declared.c). */
void sql_declared(Work *work);
bool is_declared(const Work *work, const char *name);
/* Variables and parameters, each with where it is known (sql_variables.c). is_declared() is also true of types in declarations,
 * and everywhere. */
GPtrArray *variables_new(void);
/* CREATE … FUNCTION, and within packages, where nobody says the dialect, FUNCTION alone: the word; 0 when there is none. */
guint routine_at(const Work *work, guint at);
void sql_variables(Work *work);
/* Those that are known in the body of a routine, which the literal is; caller frees. */
GPtrArray *variables_of_body(const Work *work, guint literal, const char *body, size_t bytes);
/* Is one known at the token, and what does its name mean in a query that has such a column? */
bool is_variable_at(const Work *work, guint token, const char *name, VariableRule *ret_rule);
/* PIVOT and the like behind the dataset: a person's, for a reason that is written down; the names in it (sql_reshape.c). */
bool sql_reshape_refuses(Work *work, const SqlSource *source, const Rename *rename);
void sql_reshape(Work *work, const SqlSource *source);
/* The column that is named went into it, so that nobody knows what is meant: a person's. */
bool sql_reshape_has_taken(Work *work, const SqlRef *ref, const SqlPart *part);
void sql_residue(Work *work); /* names of the dataset that nobody has understood */
void sql_escaped(Work *work); /* names of U&"…", which are not read */
/* What the mapping says of the column that the token names, alone or as all of a literal; NULL: it names none. */
const ColumnChange *token_column(const Work *work, const Rename *rename, const Token *token);
/* Does a person decide about a statement that makes or changes the table (sql_define.c)? Then it is written down. */
bool sql_define_refuses(Work *work, const SqlSource *source, const Rename *rename);
/* Has the new table the same columns at the same places, as far as this text can tell? */
bool sql_keeps_places(const Work *work, const Rename *rename);
/* Has the new table the columns of the old one, under other names, and no more? Fields of columns are not looked into. */
bool rename_only_renames(const Rename *rename);
/* Columns in such statements that were not understood. */
void sql_define(Work *work);
/* Is the function that the trigger calls in the text, and does it go along (sql_trigger_function.c)? */
bool sql_trigger_follows(const Work *work, const SqlStatement *statement, const Rename *rename);
/* Whose rows the function sees whose body the literal is, if they are a dataset's alone; or NULL. The tables under which its triggers give them: Rename *, owned; caller frees. */
const Rename *sql_rows_of_body(const Work *work, guint literal);
GPtrArray *sql_row_tables_of_body(const Work *work, guint literal, const Rename *rows);
void sql_trigger_functions(Work *work);
/* What becomes of NEW.a, at NEW; NULL: it is something else, or stays. To write it, at `a` (sql_trigger_rows.c). */
const ColumnChange *row_column_change(const Work *work, const Rename *rename, guint index);
/* The same, where it is known that a row stands there. */
const ColumnChange *row_change_at(const Work *work, const Rename *rename, guint index);
void row_column_edit(Work *work, guint index, const ColumnChange *change);
/* Does a body say NEW or OLD with a column that changes? Where in it. */
bool rows_see_column(const Rename *rename, const char *body, size_t bytes, const ColumnChange **ret,
                     size_t *ret_at);
void sql_trigger_rows(Work *work);
void sql_triggers(Work *work);
void sql_holes(Work *work); /* what is put in may name a column that changes */

/* ---- what a file makes that others read by name (sql_made.c) ---- */

typedef struct {
    char *name;
    const ColumnChange *change; /* or NULL: it stays */
} MadeColumn;

struct Made {
    char *name; /* of a view or table with its dots, of a snapshot; NULL: the file's own model */
    bool is_snapshot;
    bool is_open;       /* there may be more columns */
    bool is_unclear;    /* branches of a template do not agree */
    bool is_varied;     /* they have not the same columns */
    bool is_whole;      /* the columns are all that there are, and mean themselves without quotes */
    size_t begin, end;  /* bytes of the statement, in the text that it stands in by itself */
    GPtrArray *columns; /* MadeColumn * */
    GPtrArray *reads;   /* const Rename *: what its query reads of others' makings */
};

void made_free(void *made);
void sql_borders(Work *work);
/* Is it in a macro, a block that is set, and the like? After sql_borders(). */
bool statement_is_in_text(const Work *work, const SqlStatement *statement);
void sql_made(Work *work);
/* Is it the query of the file's model? */
bool statement_is_model(const Work *work, const SqlStatement *statement);
/* Put what another variant of the text makes beside it. */
void made_merge(GPtrArray *list, GPtrArray *others);
/* May the names of this query, which is a statement's result, change because its readers follow them? */
bool names_may_change(Work *work, const SqlQuery *query);
/* Are there readers by name that are followed? */
bool names_are_followed(Work *work, const SqlQuery *query);
bool query_is_result(const SqlQuery *query);
/* Does it give one value, whose fields are its columns: ARRAY(SELECT AS STRUCT …)? */
bool query_is_struct(const SqlQuery *query);
/* Does the star let columns of the source through? */
bool star_means(const SqlItem *star, const SqlSource *source);
/* Does the list have an output of this name besides what its stars let through of `source`? */
bool has_output_beside(Work *work, const SqlBlock *block, const SqlSource *source,
                       const char *name);
/* What was answered before, true if it was; the answer, to be kept; and none of them holds any more (sql_asked.c). */
bool asked_change(const Work *work, const SqlQuery *query, const SqlPart *part,
                  const ColumnChange **ret);
void asked_note_change(Work *work, const SqlQuery *query, const SqlPart *part,
                       const ColumnChange *change);
void asked_forget_changes(Work *work);
const SqlStatement *query_statement(const SqlQuery *query);
const SqlBlock *query_first_block(const SqlQuery *query);
/* What comes through a star under this name; NULL when it stays. `owner`: a source that is known to have the name, or NULL: of
 * a table with a thousand columns each of them is asked for. */
const ColumnChange *star_change(Work *work, const SqlItem *star, const SqlSource *owner,
                                const SqlPart *part);
/* The change under which readers find an item; NULL when it keeps its name. */
const ColumnChange *item_change(Work *work, const SqlItem *item);

/* A Rename of what is made. `dbt` NULL, or the model's name, which it takes. */
Rename *rename_derive(const Made *made, DbtRename *dbt);
void rename_free(void *rename);
/* What the mapping of `base` says, of a table that dbt calls otherwise; takes `dbt`. */
Rename *rename_like(const Rename *base, DbtRename *dbt);
/* `base` and some more; all borrowed. */
void renames_clear_index(Renames *renames);
/* Once the list is whole, and again when a name is added. */
void renames_index(Renames *renames);
Renames *renames_with(const Renames *base, const GPtrArray *more);
void spelling_free(void *spelling);
void rename_index_columns(Rename *rename); /* once `columns` is there */
void rename_add_spelling(Rename *rename, const char *source, const char *target);
/* Its table has these parts, which stay. */
void rename_add_relation(Rename *rename, char *const *parts);
/* Do the last `count` parts of both agree? */
bool spelling_ends_alike(const Dialect *dialect, const SqlPath *path, const Spelling *spelling,
                         guint count);
bool rename_is_mentioned(const Rename *rename, const char *text, size_t bytes);
/* Something made elsewhere that this path may name, with more or fewer parts than are known; or NULL. */
const Rename *renames_may_be(const Renames *renames, const Dialect *dialect, const SqlPath *path);

/* What becomes of a column as readers of this source see it; NULL when it stays. `part` is its name today. */
const ColumnChange *source_change(Work *work, const SqlSource *source, const SqlPart *part);
/* Does any column that comes out of it change? */
bool source_changes(Work *work, const SqlSource *source);
/* The new name under which readers find an item, or NULL when it keeps its own. */
const char *item_new_name(Work *work, const SqlItem *item);
/* An item without alias whose name would change although it must not. */
bool item_needs_alias(Work *work, const SqlItem *item);
/* Has another item of its list this name (sql_outputs.c)? The first item that has it, or NULL. */
bool is_output_beside(Work *work, const SqlItem *item, const char *name);
const SqlItem *output_called(Work *work, const SqlBlock *block, const char *name);
bool query_names_matter(const SqlQuery *query);
/* Does the text speak of a column of the source by this name, as in `o.name`? */
bool is_spoken_of(Work *work, const SqlSource *source, const char *name);
/* After the change (sql_capture.c): does the source have a column of this name, or one that it does not have today? */
bool source_will_have(Work *work, const SqlSource *source, const char *name);
bool source_will_gain(Work *work, const SqlSource *source, const char *name);
/* Would the new name of this column mean something else where it stands? */
bool is_new_name_taken(Work *work, const SqlRef *ref, const char *name);
/* The source whose new column would be meant by this name, which stays; or NULL. */
const SqlSource *ref_catcher(Work *work, const SqlRef *ref);
/* Of a name in USING: it cannot stay, nor just be renamed. */
bool using_is_lost(Work *work, const SqlRef *ref);
/* Is it a name that was joined by USING, and is not any more; and does the other side of the join have `name`, too? */
bool is_converted(Work *work, const SqlRef *ref);
/* Is a name joined by USING that of this source, too, and stays so? */
bool is_merged_into(Work *work, const SqlRef *ref, const SqlSource *source);
bool is_doubled_by_on(Work *work, const SqlRef *ref, const char *name);
/* Names inside of templates (dbt_macros.c, dbt_project.c): is it no column at all; may it be changed where it stands? */
bool macro_takes_no_column(Work *work, const SqlRef *ref);
bool macro_takes_column(Work *work, const SqlRef *ref);
/* Can this be written into the text of a template that byte `at` is in? */
bool macro_can_carry(const Work *work, size_t at, const char *written);
/* `name` of {% macro name(…) %}; NULL when there is none. Caller frees. */
char *macros_name(const char *text, const Token *tag);
/* What the macros that are called in the text stand for, as text. Caller frees. */
char *macros_tables_in(const Macros *macros, const char *text, size_t bytes);
/* Each macro that stands for a table: what it is called, what it stands for, and the text of the file that it was read from. */
typedef void MacroTableFn(const char *name, const char *table, const char *file, void *data);
void macros_each_table(const Macros *macros, MacroTableFn *visit, void *data);
/* The text of the file that the macro was read from; NULL: none is called so. */
const char *macros_file(const Macros *macros, const char *name);
/* Is the template a macro of the project that gives rows of the table that it gets (dbt_macro_rows.c)? `*ret_begin`, `*ret_end`:
 * the table, where it is a variable; else both 0. */
bool macros_give_rows(const Macros *macros, const char *text, const Token *token,
                      uint32_t *ret_begin, uint32_t *ret_end);
/* Of such a template: does what it names by itself stay, although the table's columns change? */
bool macros_rows_keep(const Macros *macros, const char *text, const Token *token,
                      const Rename *rename);
/* Does it write `WITH a AS (SELECT * FROM {{ ref('b') }})` of a list of pairs? */
bool macros_make_commons(const Macros *macros, const char *name);
/* "{{ ref('x') }}": all that the macro consists of; or NULL. */
const char *macros_table(const Macros *macros, const char *name);
/* Would its table's name as a qualifier mean that table here? */
bool can_qualify_at(const SqlRef *ref);
/* May a qualifier stand before a bare name at this place. */
bool ref_may_be_qualified(const Work *work, const SqlRef *ref);
/* ` AS old` behind an item whose name is seen from outside, or that names a field. */
void keep_output_name(Work *work, const SqlRef *ref);
bool is_name_only(SqlClause clause); /* nothing but a name can stand there */
/* The mapping's expression at this place (sql_expression.c). False where it cannot stand there. */
bool edit_expression(Work *work, const SqlRef *ref, const ColumnChange *change);
/* `name` at this place, with a qualifier where it would mean something else without one (sql_column.c). */
void edit_column_name(Work *work, const SqlRef *ref, const SqlPart *part, const char *name);
/* `name` would mean another column at this place. */
void refuse_captured(Work *work, const SqlPart *part, const char *name);
/* Joined by its name, with RIGHT or FULL: the value is that of whichever side has a row. */
bool ref_is_of_both_sides(const SqlRef *ref);
/* What becomes of a reference to a column (sql_column.c), or to an output (sql_output_ref.c). */
void sql_column(Work *work, const SqlRef *ref);
void sql_output_ref(Work *work, const SqlRef *ref);
/* Values that are called by a column of which the name changes get it as an alias (sql_tacit_names.c). */
void sql_tacit_names(Work *work);
/* What such a value is called by now, where nobody but the query itself sees its name: that of the new column; NULL: as before. */
const char *sql_tacit_new_name(Work *work, const SqlItem *item);
/* Literals that a changed column is compared with (sql_literals.c). False when it is used otherwise. */
bool edit_literals(Work *work, const SqlRef *ref, const ColumnChange *change);
/* Does it make no difference whether the condition in the tokens [first, end) is NULL or false (sql_nulls.c)? */
bool sql_takes_null_for_false(const Work *work, const SqlBlock *block, guint first, guint end);
void sql_star(Work *work, const SqlItem *item); /* sql_star.c */
/* Of which queries the columns' places count, or how many there are, for stars that read them; before sql_flow()
 * (sql_places.c). */
void sql_places(Work *work);
/* Do the places of what the star gives count; how many there are; or do they come out of the text? */
bool star_is_placed(const Work *work, const SqlItem *star);
bool star_is_counted_whole(const SqlItem *star);
bool star_comes_out(Work *work, const SqlItem *star);
/* Does the star have to be written out, or to be a person's, because of columns of `source` that become expressions, or
 * nothing? Then those get their old names. */
bool star_must_name(Work *work, const SqlItem *star, const SqlSource *source);
/* RETURNING: who gets the rows, outside or in WITH, asks for them by name. */
bool returns_old_names(const Work *work, const SqlBlock *block);
/* Does the star say EXCEPT (name)? */
bool star_leaves_out(const Work *work, const SqlItem *star, const char *name);
/* Do the outputs of this block name those of its query? */
bool names_query(const SqlBlock *block);
/* A star over `source` and its neighbours, written out (sql_expand.c). */
bool star_can_expand(Work *work, const SqlItem *star, const SqlSource *source);
/* A column that comes through it, of which the mapping says nothing; NULL where none is known. */
const char *star_unmapped(Work *work, const SqlItem *star, const SqlSource *source);
void star_expand(Work *work, const SqlItem *star, const SqlSource *source, bool has_aliases);
/* An expression of the mapping, its names with this qualifier (NULL: none). */
void append_qualified(GString *text, const char *expr, const Dialect *dialect,
                      const char *qualifier);
