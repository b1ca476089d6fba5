/* macro_parts.h - what is known of a macro of the project; between the dbt_macro_*.c and project.c only. */
#pragma once

#include "base/yaml.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

/* What comes of an argument in the SQL that a macro gives. */
typedef enum {
    MACRO_DOES_ANYTHING, /* it is not understood, or no name of the caller's query */
    MACRO_TAKES_VALUE,   /* it becomes a part of an expression */
    MACRO_TAKES_OUTPUT,  /* it may be an output as it is, whose name it gives */
} MacroUse;

/* A parameter that is an argument of another macro. */
typedef struct {
    char *callee;     /* without its package */
    bool is_dispatch; /* what adapter.dispatch() finds: each `…__callee` */
    bool is_alone;    /* nothing stands beside the call */
    guint place;
    char *keyword; /* or NULL */
} MacroPass;

/* A parameter that is an argument by itself, also in queries of the macro's own (handed.c). */
typedef struct {
    char *callee; /* without its package */
    guint place;
    char *keyword; /* or NULL */
    char *source;  /* the text before it, where it is the second argument; or NULL */
} MacroHanded;

typedef struct {
    char *name;
    MacroUse use; /* by the macro itself */
    bool is_put;  /* it stands somewhere in the body */
    bool is_used; /* somewhere it is not a template of its own: asked for, an argument */
    bool is_more; /* somewhere it is no argument by itself */
    GPtrArray *passes, *handed;
    GHashTable *defaults; /* names in its default, in small letters */
    GHashTable *given;    /* names in texts that calls give it (given.c) */
} MacroParameter;

/* Of which names come that are none of its texts (macro_names.c). */
typedef struct {
    GHashTable *vars;     /* of the project, whose value goes into the SQL */
    GHashTable *literals; /* texts of its templates, in small letters */
    GArray *joined;       /* Pieces, which stand in the file's text: what it puts together */
} MacroNames;

/* Of a macro that gives rows of a table that it gets (macro_rows.c). */
typedef struct MacroRows MacroRows;

typedef struct {
    GPtrArray *parameters; /* MacroParameter * */
    GHashTable *words; /* names in its SQL and its lists that are not arguments, in small letters */
    GHashTable *texts; /* names in any text of its templates, in small letters */
    GPtrArray *
        calls; /* MacroPass *: `place` is the count of arguments without names, `keyword` the names of the others */
    char *table;      /* the one template that it consists of; or NULL */
    const char *file; /* the text that it was read from: only compared */
    GString *body;    /* without blanks */
    bool has_more;    /* than that */
    bool is_test;     /* of YAML */
    bool has_query;   /* it has a SELECT of its own, where names mean other things */
    MacroRows *rows;  /* or NULL */
    MacroNames names;
    bool is_doubled; /* two of that name: one cannot know which is meant */
} Macro;

struct Macros {
    GHashTable *list; /* name -> Macro */
};

/* ---- words of templates (macro_words.c) ---- */

typedef enum { JINJA_NAME, JINJA_STRING, JINJA_SIGN } JinjaWordKind;

typedef struct {
    JinjaWordKind kind;
    uint32_t begin, end; /* of the text; a string without its quotes */
} JinjaWord;

/* What stands between {{ and }}, or {% and %}. Array of JinjaWord; caller frees. */
GArray *jinja_words(const char *text, const Token *token);
/* Each {{ … }} (TOKEN_TEMPLATE) and {% … %} (TOKEN_TAG) of a text that nobody has read. Array of Token; caller frees. */
GArray *jinja_templates(const char *text, size_t bytes);
static inline const JinjaWord *
jinja_word(const GArray *words, guint index)
{
    return &g_array_index(words, JinjaWord, index);
}
/* Is it this name or sign? */
bool jinja_is(const char *text, const GArray *words, guint index, const char *what);
/* Is it one of these (NULL ends them)? */
bool jinja_is_any(const char *text, const GArray *words, guint index, const char *const *names);
/* The word that closes the bracket at `open`; words->len when none does. */
guint jinja_close(const char *text, const GArray *words, guint open);
/* What the template gives, [*ret_first, *ret_last): x of {{ x }}, {{ return(x) }} and {% do return(x) %}. */
void jinja_returned(const char *text, const GArray *words, guint *ret_first, guint *ret_last);
/* The arguments without names of the call whose bracket is at `open`; the names of the others, with blanks around each; caller
 * frees. */
guint jinja_given(const char *text, const GArray *words, guint open, char **ret_names);
/* The first `sign` outside of brackets in [first, last), or `last`. */
guint jinja_find(const char *text, const GArray *words, guint first, guint last, const char *sign);

/* `name(…)`, `package.name(…)` or `adapter.dispatch('name')(…)` that [first, last) consists of. False when it is none. */
typedef struct {
    char *callee; /* the last part; caller frees */
    bool is_dispatch;
    guint first, last; /* of the arguments */
} JinjaCall;
bool jinja_call_of(const char *text, const GArray *words, guint first, guint last, JinjaCall *ret);

/* ---- bodies ---- */

/* Each macro of the project that a call comes to, by way of others, too, but for those with a query of their own; `is_new`: it was
 * not visited before. */
typedef void MacroFn(const Macro *macro, const MacroPass *call, bool is_new, void *data);
void macros_each_called(const Macros *macros, const MacroPass *call, MacroFn *visit, void *data);
/* What a call of a macro of the project, with those that it calls, brings into its caller's query beside its arguments: set of
 * names in small letters, borrowed from `macros`; caller frees. (macros.c) */
GHashTable *macros_words(const Macros *macros, const MacroPass *call);
/* All names in the SQL of a macro of the project, and of those that it calls, in small letters; copied. `asked`: set of those
 * that were looked at before. */
void macros_add_words(const Macros *macros, const char *name, GHashTable *asked, GHashTable *ret);
/* Does a macro of the project put this argument into its SQL, and do nothing else with it? */
bool macros_only_put(const Macros *macros, const char *name, guint place, const char *keyword);
/* Is it (with its package, where it is said) such a macro of a package, which gets no table? (macros.c) */
bool macros_read_no_table(const Macros *macros, const char *macro);
/* Is it one of the project? */
bool macros_has(const Macros *macros, const char *name);

/* ---- macros of packages, whose source need not be there (packages.c) ---- */

typedef enum { PACKAGE_TAKES_ANYTHING, PACKAGE_TAKES_COLUMN, PACKAGE_TAKES_TEXT } PackageRole;

/* Is there one of this name, without its package; is it in the package of this name? */
bool package_macro_is_known(const char *name);
/* Is it known, and does none of its arguments name a table? */
bool package_macro_reads_no_table(const char *name);
bool package_macro_is_of(const char *name, const char *package, size_t bytes);
/* What an argument is; `keyword` NULL: the one at this place. */
PackageRole package_macro_role(const char *name, guint place, const char *keyword);
/* Are these the parameters (MacroParameter *) of its source, as far as they are known? */
bool package_macro_agrees(const char *name, const GPtrArray *parameters);

/* ---- names that are none of a macro's texts (macro_names.c) ---- */

void macro_names_new(MacroNames *names);
void macro_names_clear(MacroNames *names);
/* What the tokens [first, last) of a body have of them; the text must stay. */
void macro_names_take(MacroNames *names, const TokenList *list, guint first, guint last);

/* What a call brings so into its caller's query. */
typedef struct {
    GHashTable *words;    /* what variables say, in small letters */
    GHashTable *literals; /* texts that may be a part of what is put together, in small letters */
    GArray *joined;       /* Pieces */
} MacroMakes;
/* `settings`: dbt_project.yml, or NULL. Clear with macro_makes_clear(). */
void macros_make(const Macros *macros, const MacroPass *call, const YamlNode *settings,
                 MacroMakes *ret);
void macro_makes_clear(MacroMakes *makes);
/* Those of the caller's file, which it may give. */
void macro_makes_add_texts(MacroMakes *makes, const TokenList *list);
/* May what is put together be this name? */
bool macro_makes_may_be(const MacroMakes *makes, const char *name);

/* What calls give the macros of this file, in any file: a part of what their own queries put together may be it. */
void macros_add_given(const Macros *macros, const char *file, GHashTable *ret);

/* NULL where the body does something else, or is not understood. */
MacroRows *macro_rows_read(const Macro *macro, const TokenList *list, guint first, guint last);
void macro_rows_free(MacroRows *rows);
/* Are its other arguments expressions over the columns of that table? */
bool macro_rows_take_columns(const MacroRows *rows);
/* The names in defaults of what the call does not give; borrowed. */
void macro_add_defaults(const Macro *macro, const MacroPass *call, GHashTable *ret);

void macro_pass_free(void *pass);
/* Which calls in the tokens [first, last) of its body get its parameters. (handed.c) */
void macro_read_handed(Macro *macro, const TokenList *list, guint first, guint last);
void macro_handed_free(void *handed);
/* The names in [begin, end), in small letters. */
void macro_names_add(GHashTable *names, const char *text, size_t begin, size_t end);
/* What the tokens [first, last) of a macro's body do with its parameters. (macro_flow.c) */
void macro_read_flow(Macro *macro, const TokenList *list, guint first, guint last);
/* What a template at `index` gives there. (macro_place.c) */
MacroUse macro_place(const TokenList *list, guint first, guint last, guint index);
/* May an expression stand behind this text, before it? */
bool jinja_opens_value(const char *text, const JinjaWord *string);
bool jinja_ends_value(const char *text, const JinjaWord *string);
/* {{ adapter.quote('x') }} alone, in a query where no table stands, nor what qualifies a column (quoted_column.c). */
bool dbt_is_quoted_column(const Work *work, const Token *template);
