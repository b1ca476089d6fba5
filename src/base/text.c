/* text.c - files read and replaced whole, and text for people. */
#include "base/text.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

void
fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int
fd_steal(int *fd)
{
    int kept = *fd;
    *fd = -1;
    return kept;
}

/* What has been read of a file: most fit into the chunk, and then take no more memory than they have bytes. */
typedef struct {
    char chunk[64 * 1024];
    size_t filled;
    GString *before; /* the chunks that were full; or NULL */
} FileText;

static size_t
file_text_bytes(const FileText *text)
{
    return text->filled + (text->before != NULL ? text->before->len : 0);
}

static void
file_text_flush(FileText *text)
{
    if (text->before == NULL)
        text->before = g_string_new(NULL);
    g_string_append_len(text->before, text->chunk, (gssize) text->filled);
    text->filled = 0;
}

static char *
file_text_take(FileText *text)
{
    if (text->before == NULL) {
        char *copy = g_malloc(text->filled + 1);
        memcpy(copy, text->chunk, text->filled);
        copy[text->filled] = '\0';
        return copy;
    }
    file_text_flush(text);
    return g_string_free(g_steal_pointer(&text->before), FALSE);
}

static void
file_text_clear(FileText *text)
{
    if (text->before != NULL)
        g_string_free(text->before, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FileText, file_text_clear)

/* Read to the end; one byte more than allowed is enough to know that it is too much. */
static bool
file_read_fd(int fd, const char *path, size_t bytes_max, FileText *text, GError **error)
{
    for (size_t bytes; (bytes = file_text_bytes(text)) <= bytes_max;) {
        size_t room = sizeof(text->chunk) - text->filled;
        ssize_t got = read(fd, text->chunk + text->filled, MIN(room, bytes_max - bytes + 1));
        if (got == 0)
            return true;
        if (got > 0) {
            text->filled += (size_t) got;
            if (text->filled == sizeof(text->chunk))
                file_text_flush(text);
        } else if (errno == EISDIR)
            return fail(error, ERR_INVALID, "cannot read '%s': it is a folder, expected a file",
                        path);
        else if (errno != EINTR)
            return fail_errno(error, ERR_INTERNAL, "cannot read '%s'", path);
    }
    g_autofree char *limit = text_bytes((int64_t) bytes_max);
    return fail(error, ERR_TOO_LARGE, "'%s' is larger than %s", path, limit);
}

bool
file_read_at(int folder, const char *name, size_t bytes_max, char **ret, size_t *ret_bytes,
             GError **error)
{
    AUTO_FD fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, ERR_INVALID, "cannot read '%s'", name);
    g_auto(FileText) text;
    text.filled = 0;
    text.before = NULL;
    if (!file_read_fd(fd, name, bytes_max, &text, error))
        return false;
    if (ret_bytes != NULL)
        *ret_bytes = file_text_bytes(&text);
    *ret = file_text_take(&text);
    return true;
}

bool
file_read(const char *path, size_t bytes_max, char **ret, size_t *ret_bytes, GError **error)
{
    return file_read_at(AT_FDCWD, path, bytes_max, ret, ret_bytes, error);
}

bool
fd_write_all(int fd, const void *from, size_t bytes)
{
    const char *data = from;
    while (bytes > 0) {
        ssize_t written = write(fd, data, bytes);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            bytes -= (size_t) written;
        }
    }
    return true;
}

/* A rename is durable only when its folder is. */
bool
folder_sync(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s' durable", folder);
    return true;
}

bool
file_write_atomic(const char *path, const void *data, size_t bytes, int mode, GError **error)
{
    g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
    AUTO_FD fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, ERR_INVALID, "cannot write '%s'", path);
    if (!fd_write_all(fd, data, bytes) || fchmod(fd, (mode_t) mode) != 0 || fsync(fd) != 0 ||
        rename(temporary, path) != 0) {
        fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
        unlink(temporary);
        return false;
    }
    return folder_sync(path, error);
}

char *
sha256_of(const void *data, size_t bytes)
{
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, bytes);
    return g_strdup_printf("sha256:%s", hex);
}

/* ---- numbers for people ---- */

char *
text_count(int64_t count)
{
    char digits[32];
    g_snprintf(digits, sizeof(digits), "%" G_GINT64_FORMAT, count);
    GString *text = g_string_new(NULL);
    size_t length = strlen(digits), first = digits[0] == '-' ? 1 : 0;
    for (size_t i = 0; i < length; i++) {
        if (i > first && (length - i) % 3 == 0)
            g_string_append_c(text, ',');
        g_string_append_c(text, digits[i]);
    }
    return g_string_free(text, FALSE);
}

char *
text_bytes(int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double) bytes;
    size_t unit = 0;
    /* 1023.95 would be printed as "1024.0". */
    while ((value >= 1023.95 || value <= -1023.95) && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1024;
        unit++;
    }
    bool whole = value == (double) (int64_t) value;
    return g_strdup_printf(whole ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

char *
text_duration(int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *big, *small;
        int64_t small_ms;
    } units[] = {
        {24 * 3600000, "d", "h", 3600000},
        {3600000, "h", "m", 60000},
        {60000, "m", "s", 1000},
    };
    if (ms < 0)
        ms = 0;
    if (ms < 1000)
        return g_strdup_printf("%d ms", (int) ms);
    if (ms < 10000)
        return g_strdup_printf("%d.%d s", (int) (ms / 1000), (int) (ms / 100 % 10));
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (ms < units[i].ms)
            continue;
        int64_t big = ms / units[i].ms, small = ms % units[i].ms / units[i].small_ms;
        if (small == 0)
            return g_strdup_printf("%" G_GINT64_FORMAT " %s", big, units[i].big);
        return g_strdup_printf("%" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT " %s", big, units[i].big,
                               small, units[i].small);
    }
    return g_strdup_printf("%d s", (int) (ms / 1000));
}

/* ---- did you mean ---- */

/* Insertions, deletions, replacements and swaps of neighbours between two words, in three rows of
 * the usual table. */
static size_t
text_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NAME_BYTES_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = MIN(replace, MIN(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

const char *
text_last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

const char *
text_behind_slash(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool
text_find(const char *const *names, size_t count, const char *name, unsigned *ret)
{
    for (unsigned i = 0; i < count; i++)
        if (g_strcmp0(names[i], name) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

const char *
text_nearest(const char *word, const char *const *candidates)
{
    size_t length = strlen(word);
    if (length == 0 || length > NAME_BYTES_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = MAX(length / 3, 1) + 1;
    for (const char *const *candidate = candidates; *candidate != NULL; candidate++) {
        size_t candidate_length = strlen(*candidate);
        if (candidate_length > NAME_BYTES_MAX)
            continue;
        size_t distance = text_distance(word, length, *candidate, candidate_length);
        if (distance < best_distance && distance < length) {
            best = *candidate;
            best_distance = distance;
        }
    }
    return best;
}

char *
text_join(const GPtrArray *parts, const char *between)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? between : "", (char *) parts->pdata[i]);
    return g_string_free(text, FALSE);
}

static void
append_part(GString *to, const char *part)
{
    bool is_plain = strchr(part, '.') == NULL && part[0] != '"';
    if (is_plain) {
        g_string_append(to, part);
        return;
    }
    g_string_append_c(to, '"');
    for (const char *c = part; *c != '\0'; c++) {
        if (*c == '"')
            g_string_append_c(to, '"');
        g_string_append_c(to, *c);
    }
    g_string_append_c(to, '"');
}

char *
text_dotted(const char *first, const char *second)
{
    GString *text = g_string_new(NULL);
    if (first != NULL) {
        append_part(text, first);
        g_string_append_c(text, '.');
    }
    append_part(text, second);
    return g_string_free(text, FALSE);
}

/* ---- text from and for elsewhere ---- */

/* Characters that move the cursor, hide, or turn the direction of what follows. */
static bool
char_is_hidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
        return true;
    case G_UNICODE_FORMAT:
        return c != 0x200c && c != 0x200d; /* joiners: needed by scripts and emoji, harmless */
    default:
        return false;
    }
}

static void
text_append_escape(GString *text, gunichar c)
{
    if (c == '\n')
        g_string_append(text, "\\n");
    else if (c == '\r')
        g_string_append(text, "\\r");
    else if (c == '\t')
        g_string_append(text, "\\t");
    else
        g_string_append_printf(text, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
}

size_t
text_plain_length(const char *text)
{
    size_t length = 0;
    while (text[length] >= ' ' && text[length] <= '~')
        length++;
    return length;
}

/* In steps of so many bytes, which the compiler looks at all at once. */
#define PLAIN_STEP 32

bool
text_is_plain(const char *text, size_t bytes)
{
    size_t at = 0;
    for (; at + PLAIN_STEP <= bytes; at += PLAIN_STEP) {
        unsigned char others = 0;
        for (size_t i = 0; i < PLAIN_STEP; i++) {
            unsigned char c = (unsigned char) text[at + i];
            others |= (unsigned char) ((unsigned char) (c - ' ') > '~' - ' ') & (c != '\n');
        }
        if (others != 0)
            return false;
    }
    while (at < bytes && (text[at] == '\n' || (text[at] >= ' ' && text[at] <= '~')))
        at++;
    return at == bytes;
}

char *
text_printable(const char *text)
{
    GString *shown = g_string_new(NULL);
    for (;;) {
        size_t plain = text_plain_length(text);
        g_string_append_len(shown, text, (gssize) plain);
        text += plain;
        if (*text == '\0')
            break;
        gunichar c = g_utf8_get_char_validated(text, -1);
        if (c == (gunichar) -1 || c == (gunichar) -2) {
            g_string_append_printf(shown, "\\x%02x", (unsigned char) *text++);
            continue;
        }
        if (char_is_hidden(c))
            text_append_escape(shown, c);
        else
            g_string_append_unichar(shown, c);
        text = g_utf8_next_char(text);
    }
    return g_string_free(shown, FALSE);
}

/* `text` stands at "${"; append the value and return where the text goes on, or NULL. */
static const char *
text_expand_one(const char *text, GString *result, GError **error)
{
    const char *name = text + 2, *end = name;
    while (g_ascii_isalnum(*end) || *end == '_')
        end++;
    if (*end != '}' || end == name || g_ascii_isdigit(*name)) {
        fail(error, ERR_INVALID, "'%.*s' is not a variable, expected ${NAME}",
             (int) MIN(strcspn(text, " \n"), 40), text);
        return NULL;
    }
    g_autofree char *key = g_strndup(name, (size_t) (end - name));
    const char *value = getenv(key);
    if (value == NULL) {
        fail(error, ERR_INVALID, "environment variable '%s' is not set", key);
        return NULL;
    }
    g_string_append(result, value);
    return end + 1;
}

bool
text_expand_env(const char *text, char **ret, GError **error)
{
    g_autoptr(GString) result = g_string_new(NULL);
    while (*text != '\0') {
        if (g_str_has_prefix(text, "$${")) { /* a dollar more, for those who mean it literally */
            g_string_append(result, "${");
            text += 3;
        } else if (g_str_has_prefix(text, "${")) {
            text = text_expand_one(text, result, error);
            if (text == NULL)
                return false;
        } else {
            g_string_append_c(result, *text++);
        }
    }
    *ret = g_string_free(g_steal_pointer(&result), FALSE);
    return true;
}

const char *
text_behind_bracket(const char *at, const char *end)
{
    char open = *at, close = open == '(' ? ')' : open == '[' ? ']' : '}';
    size_t depth = 0;
    for (; at < end; at++) {
        depth += *at == open;
        if (*at == close && --depth == 0)
            return at + 1;
    }
    return NULL;
}
