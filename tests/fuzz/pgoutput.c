/*
 * pgoutput.c - fuzz target: messages of PostgreSQL's log, as the server's own plugin writes them.
 *
 * The input is a list of messages, each behind two bytes of its length, read into one LogMessage as the driver does. Every cell lies within its
 * message, a change has the rows that its kind has, and what was read, written down and read again is the same.
 */
#include "driver/postgres/watch.h"
#include "target.h"

#include <string.h>

static void
put_be(GString *to, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        g_string_append_c(to, (char) (value >> (8 * i)));
}

static void
put_row(GString *to, char kind, const GArray *row)
{
    g_string_append_c(to, kind);
    put_be(to, row->len, 2);
    for (guint i = 0; i < row->len; i++) {
        const LogCell *cell = &g_array_index(row, LogCell, i);
        g_string_append_c(to, cell->data != NULL ? 't' : cell->is_unchanged ? 'u' : 'n');
        if (cell->data == NULL)
            continue;
        put_be(to, cell->bytes, 4);
        g_string_append_len(to, cell->data, (gssize) cell->bytes);
    }
}

static void
put_relation(GString *to, const LogMessage *message)
{
    g_string_append_len(to, "public\0t\0d", 10);
    put_be(to, message->names->len, 2);
    for (guint i = 0; i < message->names->len; i++) {
        const char *name = message->names->pdata[i];
        g_string_append_c(to, 1);
        g_string_append_len(to, name, (gssize) strlen(name) + 1);
        put_be(to, 0, 8);
    }
}

/* As the server would have said it. */
static GString *
written(const LogMessage *message)
{
    GString *text = g_string_new(NULL);
    g_string_append_c(text, "BCRIUDTO"[message->kind]);
    if (message->kind == LOG_BEGIN) {
        put_be(text, 0, 8);
        put_be(text, (uint64_t) message->at_us, 8);
    } else if (message->kind == LOG_COMMIT) {
        put_be(text, 0, 1); /* flags */
        put_be(text, 0, 8);
        put_be(text, message->end, 8);
    } else if (message->kind != LOG_OTHER) {
        put_be(text, message->relation, 4);
        if (message->kind == LOG_RELATION)
            put_relation(text, message);
        if (message->has_old)
            put_row(text, 'O', message->old_row);
        if (message->has_new)
            put_row(text, 'N', message->row);
    }
    return text;
}

static void
check_rows(const GArray *row, const char *data, size_t bytes)
{
    for (guint i = 0; i < row->len; i++) {
        const LogCell *cell = &g_array_index(row, LogCell, i);
        g_assert(cell->data != NULL || cell->bytes == 0);
        g_assert(cell->data == NULL || (!cell->is_unchanged && cell->data >= data &&
                                        cell->bytes <= (size_t) (data + bytes - cell->data)));
    }
}

static void
check_kind(const LogMessage *message)
{
    bool is_change = message->kind == LOG_INSERT || message->kind == LOG_UPDATE;
    g_assert(message->has_new == is_change);
    g_assert(!message->has_old || message->kind == LOG_UPDATE || message->kind == LOG_DELETE);
    g_assert(message->has_old || message->kind != LOG_DELETE);
    g_assert(message->has_new || message->row->len == 0);
    g_assert(message->has_old || message->old_row->len == 0);
}

static void
check_again(const LogMessage *message)
{
    g_autoptr(GString) text = written(message);
    g_auto(LogMessage) other;
    log_message_init(&other);
    bool done = log_message_read(text->str, text->len, &other, NULL);
    g_assert(done && other.kind == message->kind);
    g_autoptr(GString) again = written(&other);
    g_assert(g_string_equal(text, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_auto(LogMessage) message;
    log_message_init(&message);
    while (bytes >= 2) {
        g_autoptr(GError) error = NULL;
        size_t length = MIN((size_t) data[0] << 8 | data[1], bytes - 2);
        g_autofree char *text =
            g_memdup2(data + 2, length); /* of its very length: reading on is seen */
        if (log_message_read(text != NULL ? text : "", length, &message, &error)) {
            check_rows(message.row, text, length);
            check_rows(message.old_row, text, length);
            check_kind(&message);
            check_again(&message);
        } else
            g_assert(error != NULL);
        data += 2 + length;
        bytes -= 2 + length;
    }
    return 0;
}
