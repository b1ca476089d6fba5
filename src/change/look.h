/*
 * look.h - a repository's code at one commit, seen through the rules: where it names the dataset, and what would become
 * of that.
 */
#pragma once

#include "change/repository.h"
#include "change/rules.h"
#include "change/wishes.h"

typedef struct {
    char *path;  /* as in git */
    char *shown; /* the same for people and JSON */
    char *blob;
    unsigned mode;
    char *text;
    size_t bytes;
    Rewrite *rewrite;
    bool is_edited; /* all of it is decided, and something changes */
    char *left;     /* why its team wants it to stay; else NULL */
    char *written;  /* what a coding agent made of it where rules refused (written.h); else NULL */
    size_t written_bytes;
} LookFile;

typedef struct {
    char *branch, *commit;
    int64_t files_read;
    GPtrArray *files; /* LookFile *: those that name the dataset, by path */
    int64_t count
        [DISPOSITION_COUNT]; /* sites, as they will be: nothing is rewritten in a file that stays */
    int64_t files_edited;
    const ChangeScope *scope; /* whose `files` these are; NULL: all. Borrowed */
    GPtrArray *elsewhere;     /* LookFile *, by path: those of others */
    GPtrArray *passed_over;   /* char *: why a file was not read */
    GPtrArray *paths;         /* char *: of all files, as in git */
    Wishes *wishes;           /* of the repository; NULL: it has none */
    char *too_large;          /* why none of it is changed (look_keep_small()); or NULL */
    json_t *withheld;         /* as of look_withhold(), or NULL */
    GPtrArray *parts; /* all texts, where what one file gives is followed in others; else NULL */
} Look;

#define LOOK_TEXT_BYTES_MAX ((size_t) 512 * 1024 * 1024) /* of code that is looked at together */
/* False: stop soon. */
typedef bool LookTick(void *data);

/* At the head of the default branch, or at `commit` if that is given, in the rules' scope; they must outlive it. STOPPED when `tick` (may be NULL) says so. */
CHECKED bool look_at(const Repository *repository, const ChangeRules *rules, const char *commit,
                     LookTick *tick, void *data, Look **ret, GError **error);
void look_free(Look *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Look, look_free)

/* Files that stay as they are although all of them is decided: [{"path", "line", "text"}], with why. */
void look_withhold(Look *look, const ChangeRules *rules, const json_t *withheld);
bool look_is_withheld(const Look *look, const char *shown);

/* From now on in another scope, which must outlive the look; NULL: all files. Nothing may be written into it before (written.h). */
void look_narrow(Look *look, const ChangeRules *rules, const ChangeScope *scope);

/* Why all of it is larger than its team wants one change to be; NULL: it is not. Caller frees. */
char *look_too_large(const Look *look);
/* Such a change is not made: its files stay, for people. After whatever else is withheld or narrowed, and before anything is written. */
void look_keep_small(Look *look);
/* Why its team wants all of it to stay that would be changed else; NULL: nothing would be, or not all stays. Borrowed. */
const char *look_kept(const Look *look);

/* An edited file as it will be. Caller frees. */
char *look_file_after(const LookFile *file, size_t *ret_bytes);

/* {path: blob} of all files with sites. These and the next are the caller's. */
json_t *look_blobs(const Look *look);
/* {"rewritten", "already", "unaffected", "needs_person", "unparsable"} */
json_t *look_counts(const Look *look);
/* {"sql": {"by_rules", "by_agent", "left", "already", "unaffected"}, "dbt": …}: places as they will be, none of 0. */
json_t *look_languages(const Look *look);
#define LOOK_REASONS_MAX 50 /* as many as a person reads */
/* [{"path", "line", "code", "text"}]: what is left to people, and why. */
json_t *look_reasons(const Look *look);
#define LOOK_CLASSES_MAX 200
/* ["+ as id", "id -> user_id", "users_v1 -> users_v2"]: the kinds of edits, sorted; those over LOOK_CLASSES_MAX are left out. */
json_t *look_classes(const Look *look);
#define LOOK_DIFF_BYTES_MAX ((size_t) 8 * 1024 * 1024) /* nobody reads more, and blobs are kept */
/* Unified, of an edited file. Caller frees. */
char *look_file_diff(const LookFile *file);
/* Unified, of all edited files; "" when there is none. */
char *look_diff(const Look *look);
