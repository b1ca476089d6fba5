/*
 * run_folders.c - folders whose files are run one after the other, as the tables tell that they change.
 *
 * A file that adds a column which the table is made with elsewhere has run: with both, the second would fail. Files of a folder
 * that one after the other add what the table's definition beside them lacks are steps, and it is the first. In such a
 * folder, what is made in several files is made by the last one, and nobody says which that is. Tables that are made anew each
 * time, and columns that are added IF NOT EXISTS, tell nothing; what is said in programs neither.
 */
#include "base/text.h"
#include "rewrite/code.h"
#include "rewrite/renames.h"
#include "rewrite/run_steps_parts.h"
#include "rewrite/table_steps.h"

#include <string.h>

#define STEPS_OF_A_FOLDER 2 /* so many files that change a table which is made beside them */
#define MAKERS_MAX 64       /* that are looked at for each change of a table */
#define WORDS_OF_HEAD 12    /* between CREATE and the name of a routine */

/* What one file does to one table. */
typedef struct {
    const Mapping *mapping;
    GHashTable *made;           /* names of columns; NULL: it does not make it */
    GPtrArray *added, *dropped; /* char * */
    bool is_anew;               /* it is made anew whenever the file is run, or nobody knows how */
    bool is_unsure;             /* what it adds it adds only where that is missing */
} TableNote;

typedef struct {
    char *path, *folder;
    GPtrArray *tables;    /* TableNote * */
    GHashTable *routines; /* names in small letters of what it makes besides tables */
    bool is_doubted;
    bool alters; /* tables, in whatever way, and makes none of the datasets */
    guint earlier,
        later; /* files that change a table which it makes, as it is before them, or as it is behind them */
} FileNote;

struct RunFolders {
    GPtrArray *files;      /* FileNote * */
    GHashTable *by_folder; /* folder -> GPtrArray of these */
};

static void
table_free(void *data)
{
    TableNote *table = data;
    g_clear_pointer(&table->made, g_hash_table_unref);
    g_ptr_array_unref(table->added);
    g_ptr_array_unref(table->dropped);
    g_free(table);
}

static void
file_free(void *data)
{
    FileNote *file = data;
    g_ptr_array_unref(file->tables);
    g_hash_table_unref(file->routines);
    g_free(file->path);
    g_free(file->folder);
    g_free(file);
}

RunFolders *
run_folders_new(void)
{
    RunFolders *folders = g_new0(RunFolders, 1);
    *folders = (RunFolders){.files = g_ptr_array_new_with_free_func(file_free),
                            .by_folder = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                               (GDestroyNotify) g_ptr_array_unref)};
    return folders;
}

void
run_folders_free(RunFolders *folders)
{
    g_hash_table_unref(folders->by_folder);
    g_ptr_array_unref(folders->files);
    g_free(folders);
}

/* ---- what a file says ---- */

/* NULL: it does nothing to it. */
static TableNote *
known_table(const FileNote *file, const Mapping *mapping)
{
    for (guint i = 0; i < file->tables->len; i++) {
        TableNote *table = g_ptr_array_index(file->tables, i);
        if (table->mapping == mapping)
            return table;
    }
    return NULL;
}

static TableNote *
table_of(FileNote *file, const Mapping *mapping)
{
    TableNote *table = known_table(file, mapping);
    if (table != NULL)
        return table;
    table = g_new0(TableNote, 1);
    *table = (TableNote){.mapping = mapping,
                         .added = g_ptr_array_new_with_free_func(g_free),
                         .dropped = g_ptr_array_new_with_free_func(g_free)};
    g_ptr_array_add(file->tables, table);
    return table;
}

static void
take_names(GPtrArray *list, const TableStep *step, guint from, guint to)
{
    for (guint i = from; i < MIN(to, step->names->len); i++)
        g_ptr_array_add(list, g_ascii_strdown(g_ptr_array_index(step->names, i), -1));
}

static void
note_step(FileNote *file, const TableStep *step)
{
    TableNote *table = table_of(file, step->mapping);
    switch (step->kind) {
    case TABLE_STEP_MADE:
        table->is_anew |= step->replaces;
        if (table->made == NULL)
            table->made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < step->names->len; i++)
            g_hash_table_add(table->made, g_ascii_strdown(g_ptr_array_index(step->names, i), -1));
        break;
    case TABLE_STEP_ADDED:
        table->is_unsure |= step->may_be_done;
        take_names(table->added, step, 0, G_MAXUINT);
        break;
    case TABLE_STEP_DROPPED:
        table->is_unsure |= step->may_be_done;
        take_names(table->dropped, step, 0, G_MAXUINT);
        break;
    case TABLE_STEP_RENAMED:
        take_names(table->dropped, step, 0, 1);
        take_names(table->added, step, 1, 2);
        break;
    case TABLE_STEP_REMOVED:
    case TABLE_STEP_UNCLEAR:
        table->is_anew = true;
        break;
    }
}

static bool
is_among(const char *word, size_t bytes, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strlen(*list) == bytes && g_ascii_strncasecmp(word, *list, bytes) == 0)
            return true;
    return false;
}

/* The last part of the name at `at`, in small letters. Caller frees. */
static char *
name_at(const char *at, const char *end)
{
    static const char *const conditions[] = {"if", "not", "exists", NULL};
    const char *begin = at;
    for (; at < end; at++) {
        if (is_identifier_byte(*at))
            continue;
        if (*at == '.' ||
            (g_ascii_isspace(*at) && is_among(begin, (size_t) (at - begin), conditions)))
            begin = at + 1;
        else if (strchr("\"`[ ", *at) != NULL && begin == at)
            begin = at + 1;
        else if (strchr("\"`]", *at) == NULL || at[1] != '.')
            break;
    }
    g_autofree char *name = g_strndup(begin, (size_t) (at - begin));
    return g_ascii_strdown(name, -1);
}

/* CREATE OR REPLACE FUNCTION a.b, CREATE DEFINER = x TRIGGER b */
static void
read_routines(FileNote *file, const char *text, size_t bytes)
{
    static const char *const verbs[] = {"create", "replace", "alter", NULL}, *const kinds[] = {
                                                                                 "procedure",
                                                                                 "proc", "function",
                                                                                 "trigger", NULL};
    const char *end = text + bytes;
    guint head = 0; /* words that may still come before the kind */
    for (const char *at = text; at < end;) {
        const char *begin = at;
        while (at < end && is_identifier_byte(*at))
            at++;
        size_t length = (size_t) (at - begin);
        head = is_among(begin, length, verbs) ? WORDS_OF_HEAD
               : length > 0 && head > 0       ? head - 1
                                              : head;
        head = length == 0 && *at == ';' ? 0 : head;
        if (head > 0 && is_among(begin, length, kinds)) {
            g_hash_table_add(file->routines, name_at(at, end));
            head = 0;
        }
        at += length == 0;
    }
}

bool
run_steps_may_change(const char *path, const char *text, size_t bytes)
{
    return code_is_sql(path) && text_find_folded(text, bytes, "alter table") != NULL;
}

void
run_steps_note(RunSteps *steps, const char *path, const char *text, size_t bytes,
               const GPtrArray *changes)
{
    RunFolders *folders = steps->folders;
    FileNote *file = g_new0(FileNote, 1);
    *file = (FileNote){.path = g_strdup(path),
                       .folder = run_folder_of(path),
                       .tables = g_ptr_array_new_with_free_func(table_free),
                       .routines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; changes != NULL && i < changes->len; i++)
        note_step(file, g_ptr_array_index(changes, i));
    file->alters = run_steps_may_change(path, text, bytes);
    for (guint i = 0; i < file->tables->len; i++)
        file->alters &= ((const TableNote *) g_ptr_array_index(file->tables, i))->made == NULL;
    read_routines(file, text, bytes);
    GPtrArray *beside = g_hash_table_lookup(folders->by_folder, file->folder);
    if (beside == NULL) {
        beside = g_ptr_array_new();
        g_hash_table_insert(folders->by_folder, file->folder, beside);
    }
    g_ptr_array_add(beside, file);
    g_ptr_array_add(folders->files, file);
}

/* ---- what follows ---- */

/* Does it make a table as it is with what others add? */
static bool
makes_today(const FileNote *file)
{
    return file->later > file->earlier;
}

static bool
changes_columns(const TableNote *table)
{
    return table->made == NULL && (table->added->len > 0 || table->dropped->len > 0);
}

/* Has the other's definition what the file adds and drops, or lacks it that? */
static void
compare(const TableNote *change, const TableNote *maker, bool *ret_has_added, bool *ret_is_open)
{
    *ret_has_added = *ret_is_open = false;
    for (guint i = 0; i < change->added->len; i++) {
        bool has = g_hash_table_contains(maker->made, change->added->pdata[i]);
        *ret_has_added |= has;
        *ret_is_open |= !has;
    }
    for (guint i = 0; i < change->dropped->len; i++)
        *ret_is_open |= g_hash_table_contains(maker->made, change->dropped->pdata[i]);
}

/* Files that make the table, `most` of them. Array of FileNote *; caller frees. */
static GPtrArray *
makers_among(const GPtrArray *files, const Mapping *mapping, guint most)
{
    GPtrArray *makers = g_ptr_array_new();
    for (guint i = 0; i < files->len && makers->len < most; i++) {
        const TableNote *table = known_table(files->pdata[i], mapping);
        if (table != NULL && table->made != NULL)
            g_ptr_array_add(makers, files->pdata[i]);
    }
    return makers;
}

/* A table is made somewhere with all that the file adds to it: the file has run. */
static void
doubt_done(FileNote *file, const TableNote *change, const GPtrArray *makers)
{
    for (guint i = 0; i < makers->len; i++) {
        FileNote *maker = g_ptr_array_index(makers, i);
        bool has_added, is_open;
        compare(change, known_table(maker, change->mapping), &has_added, &is_open);
        maker->later += has_added && !is_open;
        maker->earlier += is_open;
        file->is_doubted |= has_added && !is_open && !change->is_unsure;
    }
}

/* Files of a folder that, one after the other, add what is missing where the table is made beside them. */
static void
doubt_row(const GPtrArray *beside, FileNote *maker, const TableNote *made)
{
    g_autoptr(GPtrArray) changers = g_ptr_array_new();
    for (guint i = 0; i < beside->len; i++) {
        FileNote *file = g_ptr_array_index(beside, i);
        const TableNote *table = known_table(file, made->mapping);
        bool has_added, is_open = false;
        if (table != NULL && table->is_anew)
            return;
        if (table != NULL && changes_columns(table) && !table->is_unsure)
            compare(table, made, &has_added, &is_open);
        if (is_open)
            g_ptr_array_add(changers, file);
    }
    if (changers->len < STEPS_OF_A_FOLDER || makes_today(maker))
        return;
    maker->is_doubted = true;
    for (guint i = 0; i < changers->len; i++)
        ((FileNote *) g_ptr_array_index(changers, i))->is_doubted = true;
}

static bool
has_doubted(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++)
        if (((const FileNote *) g_ptr_array_index(files, i))->is_doubted)
            return true;
    return false;
}

/* What else of such a folder are steps: files that alter tables, and what several files make. */
static void
doubt_others(const GPtrArray *beside)
{
    g_autoptr(GHashTable) count = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    void *name;
    for (guint i = 0; i < beside->len; i++) {
        g_hash_table_iter_init(&iter, ((FileNote *) g_ptr_array_index(beside, i))->routines);
        while (g_hash_table_iter_next(&iter, &name, NULL))
            g_hash_table_insert(
                count, name,
                GUINT_TO_POINTER(1 + GPOINTER_TO_UINT(g_hash_table_lookup(count, name))));
    }
    for (guint i = 0; i < beside->len; i++) {
        FileNote *file = g_ptr_array_index(beside, i);
        file->is_doubted |= file->alters && !makes_today(file);
        g_hash_table_iter_init(&iter, file->routines);
        while (!makes_today(file) && g_hash_table_iter_next(&iter, &name, NULL))
            file->is_doubted |= GPOINTER_TO_UINT(g_hash_table_lookup(count, name)) > 1;
    }
}

static void
find_done(RunFolders *folders)
{
    g_autoptr(GHashTable) makers =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    for (guint i = 0; i < folders->files->len; i++) {
        FileNote *file = g_ptr_array_index(folders->files, i);
        for (guint t = 0; t < file->tables->len; t++) {
            const TableNote *table = g_ptr_array_index(file->tables, t);
            void *key = (void *) table->mapping;
            if (!changes_columns(table))
                continue;
            if (!g_hash_table_contains(makers, key))
                g_hash_table_insert(makers, key,
                                    makers_among(folders->files, table->mapping, MAKERS_MAX));
            doubt_done(file, table, g_hash_table_lookup(makers, key));
        }
    }
}

/* Of the folder's files that make a table, the first few. */
static void
find_rows(const GPtrArray *beside)
{
    guint makers = 0;
    for (guint i = 0; i < beside->len; i++) {
        FileNote *file = g_ptr_array_index(beside, i);
        for (guint t = 0; t < file->tables->len; t++) {
            const TableNote *table = g_ptr_array_index(file->tables, t);
            if (table->made != NULL && makers++ < MAKERS_MAX)
                doubt_row(beside, file, table);
        }
    }
}

void
run_steps_find_in_folders(RunSteps *steps)
{
    static const char why[] = "files of this folder change the table one after the other, and this "
                              "one may have run: a person decides";
    RunFolders *folders = steps->folders;
    GHashTableIter iter;
    void *beside;
    find_done(folders);
    g_hash_table_iter_init(&iter, folders->by_folder);
    while (g_hash_table_iter_next(&iter, NULL, &beside)) {
        find_rows(beside);
        if (has_doubted(beside))
            doubt_others(beside);
    }
    for (guint i = 0; i < folders->files->len; i++) {
        const FileNote *file = g_ptr_array_index(folders->files, i);
        if (file->is_doubted)
            g_hash_table_insert(steps->doubted, g_strdup(file->path), (char *) why);
    }
}
