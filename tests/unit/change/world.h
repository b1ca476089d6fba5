/* world.h - real git repositories in a temporary folder, made by the program git as people use it. */
#pragma once

#include "change/change.h"

typedef struct {
    char *folder;
    Config *config;
    ChangeRules *rules;
    Repository *repository; /* acme:player */
    char *path;             /* its folder */
} World;

extern const ChangeName world_name; /* what our branch is called in these tests */

/* A repository with one commit: reports/active.sql and others. `bare`: repos/player.git, pushed there. */
World *world_new(bool bare);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

void world_write(World *world, const char *path, const char *text);
void world_write_bytes(World *world, const char *path, const char *bytes, size_t count);
/* Run git in the repository's folder as a person would; aborts when it fails. Caller frees. */
char *world_git(World *world, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Add all, commit. */
void world_commit(World *world, const char *subject);
/* All refs, what HEAD is, and what `git status` and the index say. Caller frees. */
char *world_seen(World *world);

/* Look and make the branch; aborts when that fails. Caller frees the commit. */
char *world_change(World *world);
Look *world_look(World *world);
bool world_try(World *world, const ChangeGuard *guard, char **ret_commit, GError **error);
/* A file as it is in a commit. Caller frees. */
char *world_file(World *world, const char *commit, const char *path);
