/* run_steps_parts.h - how the parts of run_steps.c call each other; inside of this room only. */
#pragma once

#include "rewrite/run_steps.h"

/* Scripts that one list names. */
typedef struct {
    char *home;       /* the folder of the file that has it */
    GPtrArray *names; /* char *, as they stand there, with / between folders */
    bool is_sure;     /* they run once, and not whenever they change */
} RunList;

/* Array of RunList *; NULL: it has none. Caller frees. (run_lists.c) */
GPtrArray *run_lists_in(const char *path, const char *text, size_t bytes);

void run_list_free(void *list);
/* The folder of a path, with its slash; "" none. Caller frees. */
char *run_folder_of(const char *path);

/* What is noted of the files of all folders. (run_folders.c) */
typedef struct RunFolders RunFolders;
RunFolders *run_folders_new(void);
void run_folders_free(RunFolders *folders);

struct RunSteps {
    GPtrArray *lists;    /* RunList * */
    GHashTable *run;     /* paths */
    GHashTable *doubted; /* path -> why, static */
    RunFolders *folders;
};
