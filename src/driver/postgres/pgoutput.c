/*
 * pgoutput.c - what the server's own output plugin says about a change (protocol version 1, texts).
 *
 *   B final:8 at:8 xid:4            C flags:1 at:8 end:8 time:8        R id:4 schema\0 name\0 identity:1 columns:2 {flags:1 name\0 type:4 modifier:4}
 *   I id:4 'N' row                  U id:4 ['K'|'O' row] 'N' row       D id:4 'K'|'O' row
 *   T count:4 flags:1 {id:4}        others (origins, types) are passed over
 *   row: count:2 {'n' | 'u' | 't' bytes:4 text}
 */
#include "driver/postgres/watch.h"

#include <string.h>

#define COLUMNS_MAX 1664

typedef struct {
    const char *at, *end;
} Reader;

static bool
take_int(Reader *reader, size_t bytes, uint64_t *ret)
{
    if ((size_t) (reader->end - reader->at) < bytes)
        return false;
    *ret = 0;
    for (size_t i = 0; i < bytes; i++)
        *ret = *ret << 8 | (unsigned char) *reader->at++;
    return true;
}

static bool
take_name(Reader *reader, const char **ret)
{
    const char *end = memchr(reader->at, '\0', (size_t) (reader->end - reader->at));
    if (end == NULL)
        return false;
    *ret = reader->at;
    reader->at = end + 1;
    return true;
}

static bool
take_cell(Reader *reader, LogCell *ret)
{
    uint64_t kind, bytes;
    *ret = (LogCell){0};
    if (!take_int(reader, 1, &kind))
        return false;
    ret->is_unchanged = kind == 'u';
    if (kind == 'n' || kind == 'u')
        return true;
    if (kind != 't' || !take_int(reader, 4, &bytes) ||
        bytes > (uint64_t) (reader->end - reader->at))
        return false;
    ret->data = reader->at;
    ret->bytes = (size_t) bytes;
    reader->at += bytes;
    return true;
}

static bool
take_row(Reader *reader, GArray *row)
{
    uint64_t count;
    if (!take_int(reader, 2, &count) || count > COLUMNS_MAX)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        LogCell cell;
        if (!take_cell(reader, &cell))
            return false;
        g_array_append_val(row, cell);
    }
    return true;
}

static bool
take_relation(Reader *reader, LogMessage *message)
{
    uint64_t ignored, count;
    const char *schema, *name;
    if (!take_name(reader, &schema) || !take_name(reader, &name) ||
        !take_int(reader, 1, &ignored) || !take_int(reader, 2, &count) || count > COLUMNS_MAX)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!take_int(reader, 1, &ignored) || !take_name(reader, &name) ||
            !take_int(reader, 8, &ignored))
            return false;
        g_ptr_array_add(message->names, g_strdup(name));
    }
    return true;
}

static bool
take_rows(Reader *reader, LogMessage *message)
{
    uint64_t kind;
    if (!take_int(reader, 1, &kind))
        return false;
    if (message->kind != LOG_INSERT && (kind == 'K' || kind == 'O')) {
        message->has_old = true;
        if (!take_row(reader, message->old_row) ||
            (message->kind == LOG_UPDATE && !take_int(reader, 1, &kind)))
            return false;
    }
    if (message->kind == LOG_DELETE)
        return message->has_old;
    message->has_new = kind == 'N';
    return message->has_new && take_row(reader, message->row);
}

static bool
take_change(Reader *reader, LogMessage *message)
{
    uint64_t relation;
    if (!take_int(reader, 4, &relation))
        return false;
    message->relation = (uint32_t) relation;
    if (message->kind == LOG_TRUNCATE)
        return true; /* of which tables: ours is the only one that is published */
    return message->kind == LOG_RELATION ? take_relation(reader, message)
                                         : take_rows(reader, message);
}

static bool
take_message(Reader *reader, LogMessage *message)
{
    static const char kinds[] = "BCRIUDT";
    uint64_t kind, ignored, at = 0;
    if (!take_int(reader, 1, &kind))
        return false;
    const char *known = kind != 0 ? strchr(kinds, (int) kind) : NULL;
    message->kind = known != NULL ? (LogKind) (known - kinds) : LOG_OTHER;
    switch (message->kind) {
    case LOG_BEGIN:
        if (!take_int(reader, 8, &ignored) || !take_int(reader, 8, &at))
            return false;
        message->at_us = (int64_t) at;
        return true;
    case LOG_COMMIT:
        return take_int(reader, 1, &ignored) && take_int(reader, 8, &ignored) &&
               take_int(reader, 8, &message->end);
    case LOG_OTHER:
        return true;
    case LOG_RELATION:
    case LOG_INSERT:
    case LOG_UPDATE:
    case LOG_DELETE:
    case LOG_TRUNCATE:
        break;
    }
    return take_change(reader, message);
}

void
log_message_init(LogMessage *message)
{
    *message = (LogMessage){.old_row = g_array_new(FALSE, FALSE, sizeof(LogCell)),
                            .row = g_array_new(FALSE, FALSE, sizeof(LogCell)),
                            .names = g_ptr_array_new_with_free_func(g_free)};
}

void
log_message_clear(LogMessage *message)
{
    g_clear_pointer(&message->old_row, g_array_unref);
    g_clear_pointer(&message->row, g_array_unref);
    g_clear_pointer(&message->names, g_ptr_array_unref);
}

bool
log_message_read(const char *data, size_t bytes, LogMessage *message, GError **error)
{
    Reader reader = {data, data + bytes};
    g_array_set_size(message->old_row, 0);
    g_array_set_size(message->row, 0);
    g_ptr_array_set_size(message->names, 0);
    message->has_old = message->has_new = false;
    return take_message(&reader, message) ||
           fail(error, ERR_INVALID, "a message of %zu bytes is none of the log's", bytes);
}
