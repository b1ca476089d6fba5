/*
 * exports.h - names that stand for the dataset, given by one file of programs to others: TABLE = "a.b.c" of config.py.
 *
 * A file that only imports the name does not name the dataset, and still reads it. Imports are followed by the rules of
 * the language (imports/imports.h): exactly, or not at all.
 */
#pragma once

#include "rewrite/rewrite.h"

typedef struct {
    char *path;   /* of the file that sets it, as it was given */
    char *module; /* what imports find: a path, or what a language finds its names by */
    char *within; /* "Config.TABLE": its name, and what that is in */
    char *text, *after;
    const Rename *rename;        /* NULL: it is no name, but SQL that reads the dataset */
    size_t begin, end;           /* bytes of the file: what it is set to */
    const char *doubt;           /* why nobody knows what it stands for; or NULL */
    bool is_class;               /* no name of the table, but what stands for its rows */
    const struct Advice *advice; /* what would keep its fields (program/advice.h); or NULL */
    bool has_field_strings;      /* what names its columns in strings names its fields (Django) */
    bool
        is_registered; /* under its name, by which others ask for it without an import (Sequelize) */
    bool gives_rows;   /* a function: of the query that is `text`, whose columns get new names */
    bool says_columns; /* and says what each column that changes is called: its fields stay */
} Export;

typedef struct Exports Exports;

Exports *exports_new(void);
void exports_free(Exports *exports);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Exports, exports_free)
/* A file that may be meant by an import, whatever it holds. Before any other call. */
void exports_add_path(Exports *exports, const char *path);
/* What the file gives, and what it passes on of what `options` know of others; array of Export *, NULL: nothing. */
GPtrArray *exports_of(const char *path, const char *text, size_t bytes, const Renames *renames,
                      const RewriteOptions *options);
/* Add these, which may be NULL. False when all were known already. Not while others look at them. */
bool exports_take(Exports *exports, GPtrArray *take_list);
bool exports_are_empty(const Exports *exports);
/* Is the file in a language in which files give each other names? */
bool exports_may_want(const char *path, const char *text, size_t bytes);
/* Is it a page, and does a file fill it with rows whose columns get new names? What it reads by the old ones is told. (imports/pages.c) */
bool pages_has(const char *path);
/* May it show any? */
bool pages_may_show(const char *path, const char *text, size_t bytes);
bool pages_are_given(const Exports *exports, const char *path);
/* May the file get any of them? Fast: by their names. */
bool exports_wanted(const Exports *exports, const char *path, const char *text, size_t bytes);

/* ---- inside of this room ---- */

/* Borrowed; array of Export *. */
const GPtrArray *exports_list(const Exports *exports);
/* The same of one module, or of all modules whose path is in this folder; NULL: there is none. */
const GPtrArray *exports_of_module(const Exports *exports, const char *module);
const GPtrArray *exports_in_folder(const Exports *exports, const char *folder);
/* Those of the module that are this name, or are in it: "Config" and "Config.TABLE"; all of it where that is "". NULL: none. */
const GPtrArray *exports_within(const Exports *exports, const char *module, const char *within);
void export_free(void *export);
/* "./a/../b.py" as "b.py". Caller frees. */
char *path_plain(const char *path);
bool exports_has_path(const Exports *exports, const char *path);
/* The plain paths; const char * -> the same. */
GHashTable *exports_paths(const Exports *exports);
/* Classes that files of this language see, by their last names -> GPtrArray of Export *, borrowed; NULL: there is none. */
GHashTable *exports_classes(const Exports *exports, const char *path, const char *text,
                            size_t bytes);
/* All plain paths that end in these parts; array of const char *, caller frees. */
GPtrArray *exports_paths_ending(const Exports *exports, const char *parts);
