/* code_find.c - walk over repositories: the files that may be code. */
#include "cli/code_files.h"

#include "base/parallel.h"
#include "base/text.h"
#include "rewrite/neighbours.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HELD_BYTES_MAX                                                                             \
    ((size_t) 64 * 1024 * 1024)   /* of texts that name the dataset; what is above is read twice */
#define ENTRIES_BYTES (32 * 1024) /* of a folder, read at once */
#define PIECE_BYTES (1024 * 1024) /* of a large file */
#define AGAIN_BYTES 4096          /* read again with the next piece: names may stand across two */

void
code_file_clear(CodeFile *file)
{
    file->is_read =
        file->is_read && file->text == NULL; /* else it is read again, if it is asked for */
    g_clear_pointer(&file->text, g_free);
    g_clear_pointer(&file->diff, g_free);
    g_clear_pointer(&file->skipped, g_free);
    g_clear_pointer(&file->rewrite, rewrite_free);
    g_clear_pointer(&file->steps, g_ptr_array_unref);
    g_clear_pointer(&file->said, g_ptr_array_unref);
    if (!file->is_held) /* it is not asked again */
        g_clear_pointer(&file->proofs, json_decref);
}

static void
code_file_free(void *data)
{
    CodeFile *file = data;
    code_file_clear(file);
    g_clear_pointer(&file->proofs, json_decref);
    g_free(file->path);
    g_free(file);
}

/* Takes the path. */
static CodeFile *
add_file(GPtrArray *files, char *path)
{
    CodeFile *file = g_new0(CodeFile, 1);
    file->path = path;
    g_ptr_array_add(files, file);
    return file;
}

/* ---- reading ---- */

typedef struct {
    const Renames *renames; /* or NULL: nothing is read */
    size_t held_bytes;      /* of texts, by all threads */
} Reading;

bool
code_names(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    return !code_is_binary(text, bytes) && renames_concern(renames, path, text, bytes);
}

bool
code_names_in_utf16(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    bool is_little = bytes > 2 && memcmp(text, "\xff\xfe", 2) == 0;
    size_t length = 0;
    if (!is_little && !(bytes > 2 && memcmp(text, "\xfe\xff", 2) == 0))
        return false;
    g_autofree char *plain = g_convert(text + 2, (gssize) (bytes - 2), "UTF-8",
                                       is_little ? "UTF-16LE" : "UTF-16BE", NULL, &length, NULL);
    return plain != NULL && renames_concern(renames, path, plain, length);
}

/* Not of data, whose bytes may be anything. */
bool
code_names_beside_zeros(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    g_autofree char *plain = NULL;
    size_t count = 0;
    if (!code_is_binary(text, bytes) || !code_is_text_by_name(path))
        return false;
    plain = g_malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        if (text[i] != '\0')
            plain[count++] = text[i];
    plain[count] = '\0';
    return renames_concern(renames, path, plain, count);
}

bool
code_names_in_large(const Renames *renames, const char *path)
{
    FILE *file = fopen(path, "re");
    g_autofree char *piece = g_malloc(PIECE_BYTES + 1); /* with the NUL behind it */
    bool is_first = true, names = false;
    size_t held = 0, more = 0;
    while (file != NULL && !names &&
           (more = fread(piece + held, 1, PIECE_BYTES - held, file)) > 0) {
        size_t bytes = held + more;
        piece[bytes] = '\0';
        if (is_first && code_is_binary(piece, bytes))
            break;
        is_first = false;
        names = renames_concern(renames, path, piece, bytes);
        held = MIN(bytes, AGAIN_BYTES);
        memmove(piece, piece + bytes - held, held);
    }
    if (file != NULL)
        fclose(file);
    return names;
}

void
code_file_note(CodeFile *file, const char *text, const Renames *renames)
{
    file->may_say = neighbours_may_say(file->path, text, file->bytes, renames);
    file->is_tied = project_ties(file->path, text, file->bytes, renames);
}

/* While its folder is open: then the system need not walk down the path once more. What cannot be read is tried again
 * when it is its turn, and told of then. */
static void
read_here(Reading *reading, int folder, const char *name, CodeFile *file)
{
    g_autofree char *text = NULL;
    if (reading->renames == NULL ||
        __atomic_load_n(&reading->held_bytes, __ATOMIC_RELAXED) > HELD_BYTES_MAX)
        return;
    file->is_read = file_read_at(folder, name, CODE_FILE_BYTES_MAX, &text, &file->bytes, NULL);
    if (file->is_read && (code_names_in_utf16(reading->renames, file->path, text, file->bytes) ||
                          code_names_beside_zeros(reading->renames, file->path, text, file->bytes)))
        file->is_read = false;
    if (file->is_read)
        code_file_note(file, text, reading->renames);
    if (!file->is_read || !code_names(reading->renames, file->path, text, file->bytes))
        return;
    __atomic_add_fetch(&reading->held_bytes, file->bytes, __ATOMIC_RELAXED);
    file->text = g_steal_pointer(&text);
}

/* ---- folders ---- */

/* A folder that is looked into. */
typedef struct {
    char *path;
    GPtrArray *files;   /* CodeFile * */
    GPtrArray *folders; /* Folder * */
    GError *error;      /* why it could not be read, or NULL */
} Folder;

static void
folder_free(void *data)
{
    Folder *folder = data;
    g_free(folder->path);
    g_ptr_array_unref(folder->files);
    g_ptr_array_unref(folder->folders);
    g_clear_error(&folder->error);
    g_free(folder);
}

static Folder *
folder_new(char *path)
{
    Folder *folder = g_new0(Folder, 1);
    *folder = (Folder){.path = path,
                       .files = g_ptr_array_new_with_free_func(code_file_free),
                       .folders = g_ptr_array_new_with_free_func(folder_free)};
    return folder;
}

/* Links are not followed: they lead out of the repository, or in circles. */
static void
list_entry(Folder *folder, int fd, const struct dirent64 *entry, Reading *reading)
{
    bool is_here = strcmp(folder->path, ".") == 0;
    const char *slash = is_here || g_str_has_suffix(folder->path, "/") ? "" : "/";
    g_autofree char *path = g_strconcat(is_here ? "" : folder->path, slash, entry->d_name, NULL);
    struct stat status;
    int type = entry->d_type;
    if (type == DT_UNKNOWN && lstat(path, &status) == 0) /* some file systems do not tell */
        type = IFTODT(status.st_mode);
    if (code_is_passed_over(entry->d_name, type == DT_DIR))
        return;
    if (type == DT_DIR)
        g_ptr_array_add(folder->folders, folder_new(g_steal_pointer(&path)));
    else if (type == DT_REG)
        read_here(reading, fd, entry->d_name, add_file(folder->files, g_steal_pointer(&path)));
}

/* Without the C library's stream, which asks for the folder's status and for memory: many folders hold but one file. */
static void
list_folder(void *item, void *reading)
{
    Folder *folder = item;
    union {
        char bytes[ENTRIES_BYTES];
        struct dirent64 entry; /* for its alignment */
    } read;
    AUTO_FD fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? 1 : -1;
    while (got > 0) {
        got = getdents64(fd, read.bytes, sizeof(read.bytes));
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const void *) (read.bytes + at);
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                list_entry(folder, fd, entry, reading);
            at += entry->d_reclen;
        }
    }
    if (got < 0)
        fail_errno(&folder->error, ERR_NOT_FOUND, "cannot read the folder '%s'", folder->path);
}

/* What the folders of one depth hold; those that are in them go into `below`. */
static bool
take_listed(GPtrArray *level, GPtrArray *files, GPtrArray *below, GError **error)
{
    for (guint i = 0; i < level->len; i++) {
        Folder *folder = g_ptr_array_index(level, i);
        if (folder->error != NULL) {
            g_propagate_error(error, g_steal_pointer(&folder->error));
            return false;
        }
        g_ptr_array_extend_and_steal(files, g_steal_pointer(&folder->files));
        g_ptr_array_extend_and_steal(below, g_steal_pointer(&folder->folders));
        folder->files = g_ptr_array_new();
        folder->folders = g_ptr_array_new();
    }
    return true;
}

/* "./reports" is "reports": so diffs name files as git and patch take them. */
static const char *
without_here(const char *path)
{
    while (g_str_has_prefix(path, "./")) {
        path += 2 + strspn(path + 2, "/");
        if (*path == '\0')
            return ".";
    }
    return path;
}

/* Depth by depth, and all folders of a depth at once. */
static bool
walk(GPtrArray *files, const char *path, Reading *reading, GError **error)
{
    g_autoptr(GPtrArray) level = g_ptr_array_new_with_free_func(folder_free);
    char *root = g_strdup(without_here(path));
    for (size_t bytes = strlen(root); g_str_has_suffix(root, "//"); bytes--)
        root[bytes - 1] = '\0';
    g_ptr_array_add(level, folder_new(root));
    while (level->len > 0) {
        GPtrArray *below = g_ptr_array_new_with_free_func(folder_free);
        parallel_each(level, g_get_num_processors(), list_folder, reading);
        bool done = take_listed(level, files, below, error);
        g_ptr_array_unref(level);
        level = below;
        if (!done)
            return false;
    }
    return true;
}

static int
by_path(const void *a, const void *b)
{
    return strcmp((*(CodeFile *const *) a)->path, (*(CodeFile *const *) b)->path);
}

/* A file that several of the paths lead to is one file: twice it would seem to be made, and read, in two. */
static void
drop_twins(GPtrArray *files)
{
    g_autofree char *here = g_get_current_dir();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint kept = 0;
    g_ptr_array_set_free_func(files, NULL);
    for (guint i = 0; i < files->len; i++) {
        CodeFile *file = g_ptr_array_index(files, i);
        if (g_hash_table_add(seen, g_canonicalize_filename(file->path, here)))
            files->pdata[kept++] = file;
        else
            code_file_free(file);
    }
    g_ptr_array_set_size(files, (gint) kept);
    g_ptr_array_set_free_func(files, code_file_free);
}

bool
code_files_find(const GPtrArray *paths, const Renames *renames, GPtrArray **ret, GError **error)
{
    Reading reading = {.renames = renames};
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(code_file_free);
    for (guint i = 0; i < paths->len; i++) {
        struct stat entry;
        const char *path = g_ptr_array_index(paths, i);
        if (stat(path, &entry) != 0)
            return fail_errno(error, ERR_NOT_FOUND, "cannot read '%s'", path);
        if (!S_ISDIR(entry.st_mode) && !S_ISREG(entry.st_mode))
            return fail(error, ERR_INVALID, "'%s' is neither a file nor a folder", path);
        if (!S_ISDIR(entry.st_mode))
            add_file(files, g_strdup(without_here(path)));
        else if (!walk(files, path, &reading, error))
            return false;
    }
    g_ptr_array_sort(files, by_path);
    if (paths->len > 1)
        drop_twins(files);
    *ret = g_steal_pointer(&files);
    return true;
}
