/*
 * layout.h - where dbt projects lie among files, and which file is which model; inside of this room only.
 *
 * A project is the folder of a dbt_project.yml. Files below none of them are taken for one project, too: people often
 * name just a folder of models.
 */
#pragma once

#include "base/yaml.h"
#include "rewrite/project/project.h"
#include "rewrite/work.h"

/* What YAML says of a model. */
typedef struct {
    char *materialized, *alias, *latest; /* or NULL */
    GPtrArray *versions;                 /* DbtVersion * */
} DbtFacts;

typedef struct {
    char *version, *file; /* the file's name without its ending */
} DbtVersion;

/* A table under `sources:`. */
typedef struct {
    const char *path; /* of the file; borrowed */
    char *source, *name;
    char *schema, *database; /* as the entry says them; NULL: it does not, or by a template */
    bool has_identifier;
    bool says_schema; /* it says one, be it by a template */
} DbtDeclared;

/* Rows of unit tests in a file of their own (fixtures.c). */
typedef struct {
    GPtrArray *uses; /* by tests */
    char *path;      /* of the file; NULL: none that is known */
    bool is_doubled; /* two files of that name */
} DbtFixture;

typedef struct {
    char *folder; /* with `/` at its end, or "" */
    char *name;   /* of the package; NULL unless it is known */
    char **models, **snapshots, **macros, **seed_folders;
    YamlFile *settings;     /* dbt_project.yml, or NULL */
    const Dialect *dialect; /* as its profile says; or NULL (profiles.c) */
    GHashTable *facts;      /* model's name -> DbtFacts */
    GHashTable
        *seeds; /* names of CSV files that dbt loads -> path; NULL: not read, or two of them */
    GHashTable *fixtures; /* name -> DbtFixture */
    GHashTable *made;     /* models, seeds and snapshots: made.c */
    GHashTable *dotted;   /* names of models and seeds with dots in them */
    GHashTable *vars;     /* names of variables that nothing but SQL of the project asks for */
    GHashTable *asked;    /* of those that its SQL asks for, whoever else does */
    GPtrArray *declared;  /* DbtDeclared * */
    GPtrArray *sources;   /* Rename * of what its YAML declares (sources.h) */
    Renames *renames;     /* those of the mapping, and these */
} DbtRoot;

/* Which model, or the reason why a file is none. */
typedef struct {
    const DbtRoot *root; /* NULL: no file of dbt */
    char *model;         /* or NULL */
    char *version;       /* or NULL */
    bool is_latest, is_macro;
    /* Its table is there already, with rows under the names of before; or nobody knows. */
    bool is_persisted;
    bool
        is_incremental; /* the former, for certain, and nothing but its own file names its columns */
    bool
        is_chosen; /* something says when it is enabled: another file may be the model at other times */
    char *alias; /* of its table; NULL: not known */
    char *
        said; /* what dbt_project.yml has run beside it, or says of its columns, a line each; NULL: it is no model */
} DbtPlace;

/* All roots, the innermost first; the last one is that of files without a project. Array of DbtRoot *; caller frees. */
GPtrArray *dbt_roots(const GPtrArray *files);
/* The first document of a file, or NULL; its map, or NULL of anything else. */
YamlFile *dbt_parse(const ProjectFile *file);
const YamlNode *dbt_map_of(const YamlFile *file);
/* The dialects of all roots, where profiles.yml is among the files. */
void dbt_profiles_read(const GPtrArray *roots, const GPtrArray *files);
/* What the sources and seeds of all roots are to the mapping. */
void dbt_roots_know(GPtrArray *roots, const GPtrArray *files, const Renames *renames,
                    const RewriteOptions *options);
/* The innermost one that the path is in; or NULL. */
DbtRoot *dbt_root_of(const GPtrArray *roots, const char *path);
/* Is the path of the root below one of the folders? */
bool dbt_is_below(const DbtRoot *root, const char *path, char **folders);
/* Under which dbt_project.yml speaks of the file: package, folders below one of these, name. Caller frees. */
char **dbt_keys_of(const DbtRoot *root, const char *path, char **folders);
/* What an entry under `models:` (a map) says (facts.c). */
void dbt_facts_read(DbtRoot *root, const YamlNode *model);
void dbt_facts_free(void *facts);
/* Once `renames` is there: models of the mapping that have versions, of which it says none, are doubted. */
void dbt_versions_know(DbtRoot *root);
/* What a file's YAML (a map) declares; the first that declares a source of that name, or NULL (declared.c). */
void dbt_declared_add(DbtRoot *root, const char *path, const YamlNode *map);
const DbtDeclared *dbt_declared_find(const DbtRoot *root, const DbtName *name);
/* Once `renames` is there: which tables of other sources that they become are declared. */
void dbt_declared_know(DbtRoot *root);
/* Once that is so in all roots: which sources of the mapping a root has elsewhere. */
void dbt_declared_doubt(const GPtrArray *roots);
void dbt_declared_free(void *declared);
/* A file that may be a seed; then, once `renames` is there, what the mapping says of seeds is theirs, or doubted (seeds.c). */
void dbt_seeds_add(const GPtrArray *roots, const char *path, bool is_read);
void dbt_seeds_know(DbtRoot *root);
/* A file whose name may have dots in it; then the mapping's models that are called like one (dotted.c). */
void dbt_dotted_add(const GPtrArray *roots, const char *path);
void dbt_dotted_know(DbtRoot *root);
/* What a path may make, and what a file says that it makes; then versions of models, once facts are there (made.c). */
GHashTable *dbt_made_new(void);
void dbt_made_add(const GPtrArray *roots, const char *path);
void dbt_made_read(const GPtrArray *roots, const ProjectFile *file);
void dbt_made_know(DbtRoot *root);
/* What unit tests of a file's YAML (a map) take from files, and such a file (fixtures.c). */
GHashTable *dbt_fixtures_new(void);
void dbt_fixtures_read(const DbtRoot *root, const char *path, const YamlNode *map);
/* The file with the test that is its use at `index`. */
const char *dbt_fixture_user(const DbtFixture *fixture, guint index);
void dbt_fixtures_add(const DbtRoot *root, const char *path);
/* Does a test take it? */
bool dbt_fixture_is_used(const DbtRoot *root, const char *path);
/* Which variables SQL of each root asks for, and nothing else (var_tables.c). */
void dbt_vars_read(const GPtrArray *roots, const GPtrArray *files);
/* In this root, the rename at `index` of its renames is this; takes `dbt`. */
void dbt_root_knows(DbtRoot *root, guint index, DbtRename *dbt);
/* Where the files of a root refer from. */
DbtHome dbt_home(const DbtRoot *root);
/* dbt_project.yml; or NULL. */
const YamlNode *dbt_settings(const DbtRoot *root);
void dbt_place(const GPtrArray *roots, const ProjectFile *file, DbtPlace *ret);
void dbt_place_clear(DbtPlace *place);
