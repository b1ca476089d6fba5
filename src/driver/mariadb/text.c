/*
 * text.c - indexes and foreign keys as SHOW CREATE TABLE writes them: one a line, names in double quotes.
 *
 *     KEY "by_name" ("name"),
 *     CONSTRAINT "of_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

static void
part_clear(void *data)
{
    MariaPart *part = data;
    g_free(part->name);
    g_free(part->text);
}

/* What stands between double quotes at `text`, doubled ones undone; `*ret_end` is behind it. NULL: nothing does. */
static char *
unquote(const char *text, const char **ret_end)
{
    g_autoptr(GString) name = g_string_new(NULL);
    if (*text++ != '"')
        return NULL;
    for (; *text != '\0'; text++) {
        if (*text == '"' && text[1] != '"') {
            *ret_end = text + 1;
            return g_string_free(g_steal_pointer(&name), FALSE);
        }
        text += *text == '"';
        g_string_append_c(name, *text);
    }
    return NULL;
}

/* Lines that begin with one of these words and a name; `infix`: what must stand behind the name. */
static bool
read_parts(MariaConn *conn, const MariaObject *object, const char *const *words, const char *infix,
           GArray **ret, GError **error)
{
    AUTO_ROWS *rows = NULL;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(MariaPart));
    g_array_set_clear_func(parts, part_clear);
    if (!maria_rows(conn, &rows, error, "SHOW CREATE TABLE %s", object->sql))
        return maria_fail_rights(object, error);
    MYSQL_ROW row = mysql_fetch_row(rows);
    g_auto(GStrv) lines = g_strsplit(row != NULL ? row[1] : "", "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        size_t bytes = strlen(*line);
        if (bytes > 0 && (*line)[bytes - 1] == ',')
            (*line)[bytes - 1] = '\0';
        for (const char *const *word = words; *word != NULL; word++) {
            const char *end = NULL;
            if (!g_str_has_prefix(*line, *word))
                continue;
            MariaPart part = {.name = unquote(*line + strlen(*word), &end)};
            if (part.name == NULL || (infix != NULL && !g_str_has_prefix(end, infix))) {
                g_free(part.name);
                continue;
            }
            part.text = g_strdup(infix != NULL ? end + 1 : *line + 2);
            g_array_append_val(parts, part);
        }
    }
    *ret = g_steal_pointer(&parts);
    return true;
}

bool
maria_indexes(MariaConn *conn, const MariaObject *object, GArray **ret, GError **error)
{
    static const char *const words[] = {"  KEY ", "  FULLTEXT KEY ", "  SPATIAL KEY ", NULL};
    return read_parts(conn, object, words, NULL, ret, error);
}

bool
maria_foreign_keys(MariaConn *conn, const MariaObject *object, GArray **ret, GError **error)
{
    static const char *const words[] = {"  CONSTRAINT ", NULL};
    return read_parts(conn, object, words, " FOREIGN KEY ", ret, error);
}

/* --- what a foreign key says --- */

/* The names between brackets, from `text` on. */
static GPtrArray *
take_list(const char *text, const char **ret_end)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    text = strchr(text, '(');
    for (const char *at = text; at != NULL && *at != ')' && *at != '\0';) {
        char *name = unquote(at + 1 + (*at == ',' ? strspn(at + 1, " ") : 0), &at);
        if (name == NULL)
            break;
        g_ptr_array_add(names, name);
        *ret_end = at;
    }
    return names;
}

char *
maria_referred(const char *text)
{
    const char *word = strstr(text, " REFERENCES "), *end = NULL;
    if (word == NULL)
        return NULL;
    word += strlen(" REFERENCES ");
    end = strstr(word, " (");
    return g_strndup(word, end != NULL ? (size_t) (end - word) : strlen(word));
}

bool
maria_check_references(MariaConn *conn, const char *child_sql, const MariaPart *key,
                       const char *parent_sql, GError **error)
{
    const char *end = key->text;
    g_autoptr(GPtrArray) columns = take_list(key->text, &end);
    const char *word = strstr(end, " REFERENCES ");
    g_autoptr(GPtrArray) others = take_list(word != NULL ? word : end, &end);
    g_autoptr(GString) known = g_string_new(NULL), same = g_string_new(NULL);
    int64_t orphans = 0;
    if (columns->len == 0 || columns->len != others->len)
        return fail(error, ERR_UNSUPPORTED, "the foreign key '%s' cannot be read: %s", key->name,
                    key->text);
    for (guint i = 0; i < columns->len; i++) {
        g_autofree char *column = maria_name(columns->pdata[i]);
        g_autofree char *other = maria_name(others->pdata[i]);
        g_string_append_printf(known, " AND c.%s IS NOT NULL", column);
        g_string_append_printf(same, "%sp.%s = c.%s", i > 0 ? " AND " : "", other, column);
    }
    if (!maria_int(conn, &orphans, error,
                   "SELECT count(*) FROM %s c WHERE TRUE%s AND NOT EXISTS (SELECT 1 FROM %s p "
                   "WHERE %s)",
                   child_sql, known->str, parent_sql, same->str))
        return false;
    return orphans == 0 || fail(error, ERR_MISMATCH,
                                "the foreign key '%s' does not hold: %" G_GINT64_FORMAT
                                " rows refer to what is not there",
                                key->name, orphans);
}
