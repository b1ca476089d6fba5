/*
 * scratch.h - a folder for a commit in the making, below the folder of our own state; inside of this room only.
 *
 * Whoever made it holds its lock: a folder that can be locked belongs to a process that is dead.
 */
#pragma once

#include "model/config.h"

typedef struct {
    char *folder;
    int lock_fd;
} Scratch;

CHECKED bool scratch_open(const Config *config, Scratch *ret, GError **error);
/* The folder and the files in it are gone. */
void scratch_close(Scratch *scratch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scratch, scratch_close)
