/*
 * cosmos.c - Cosmos runs dbt in Airflow: RenderConfig(select=["users+", "path:models/users.sql"], exclude=["tag:x"]) picks models as
 * a command of dbt does, and so do the operators of its own (DbtRunLocalOperator(select="users")).
 *
 * Only texts that stand there by themselves are looked at: what a variable holds is not.
 */
#include "rewrite/dbt/selects.h"
#include "rewrite/program/program.h"

#include <string.h>

/* Behind the string that begins here, also one in three quotes. */
static size_t
behind_string(const Work *work, size_t at)
{
    const char *text = work->text;
    char quote = text[at];
    bool is_long = text[at + 1] == quote && text[at + 2] == quote;
    for (at += is_long ? 3 : 1; at < work->bytes; at++) {
        if (text[at] == '\\')
            at++;
        else if (text[at] == quote && !is_long)
            return at + 1;
        else if (text[at] == quote && text[at + 1] == quote && text[at + 2] == quote)
            return at + 3;
        else if (text[at] == '\n' && !is_long)
            return at;
    }
    return work->bytes;
}

/* Behind what begins here: a comment, a string, a name, a sign. */
static size_t
behind_piece(const Work *work, size_t at)
{
    const char *text = work->text;
    if (text[at] == '#')
        return at + strcspn(text + at, "\n");
    if (text[at] == '"' || text[at] == '\'')
        return behind_string(work, at);
    size_t end = at;
    while (end < work->bytes && is_identifier_byte(text[end]))
        end++;
    return MAX(end, at + 1);
}

static bool
is_plain(const char *text, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (strchr("\"'\\{}\n", text[i]) != NULL)
            return false;
    return true;
}

/* "users+", or a list of these; a text that is made in some other way ends it. */
static void
read_value(Work *work, size_t at)
{
    static const char blanks[] = " \t\r\n";
    const char *text = work->text;
    at += strspn(text + at, blanks);
    bool is_list = text[at] == '[';
    for (at += is_list; at < work->bytes;) {
        at += strspn(text + at, is_list ? " \t\r\n," : blanks);
        if (text[at] == '#' && is_list) {
            at = behind_piece(work, at);
            continue;
        }
        if (text[at] != '"' && text[at] != '\'')
            return;
        size_t end = behind_string(work, at), next = end + strspn(text + end, blanks);
        if (end - at < 2 || strchr(",])", text[next]) == NULL)
            return;
        if (is_plain(text, at + 1, end - 1))
            dbt_selection(work, at + 1, end - 1, NULL);
        if (!is_list)
            return;
        at = end;
    }
}

/* The word that begins here, up to `end`, if it is `name=` of a call. */
static bool
is_choice(const Work *work, size_t begin, size_t end, size_t *ret_value)
{
    static const char *const names[] = {"select", "exclude", "models"};
    const char *text = work->text;
    size_t sign = end + strspn(text + end, " \t");
    if (text[sign] != '=' || text[sign + 1] == '=')
        return false;
    *ret_value = sign + 1;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (end - begin == strlen(names[i]) && memcmp(text + begin, names[i], end - begin) == 0)
            return true;
    return false;
}

/* RenderConfig, DbtRunLocalOperator, DbtTaskGroup */
static bool
is_of_cosmos(const char *word, size_t bytes)
{
    static const char config[] = "RenderConfig", prefix[] = "Dbt";
    return (bytes == strlen(config) && memcmp(word, config, bytes) == 0) ||
           (bytes > strlen(prefix) && memcmp(word, prefix, strlen(prefix)) == 0);
}

static bool
is_one_of(char sign, const char *signs)
{
    return sign != '\0' && strchr(signs, sign) != NULL;
}

/* The open brackets, each with whether it is one of such a call: whose arguments are read. */
static void
read_calls(Work *work, GByteArray *brackets)
{
    const char *text = work->text;
    for (size_t at = 0, end, value; at < work->bytes; at = end) {
        end = behind_piece(work, at);
        guint8 is_call = text[end] == '(' && is_of_cosmos(text + at, end - at);
        if (is_call) {
            end++;
            g_byte_array_append(brackets, &is_call, 1);
        } else if (is_one_of(text[at], "([{")) {
            g_byte_array_append(brackets, &is_call, 1);
        } else if (is_one_of(text[at], ")]}") && brackets->len > 0) {
            g_byte_array_set_size(brackets, brackets->len - 1);
        } else if (brackets->len > 0 && brackets->data[brackets->len - 1] &&
                   is_choice(work, at, end, &value)) {
            read_value(work, value);
        }
    }
}

void
dbt_cosmos(Work *work)
{
    const char *text = work->text;
    if (work->path == NULL || !g_str_has_suffix(work->path, ".py") ||
        (strstr(text, "from cosmos") == NULL && strstr(text, "import cosmos") == NULL))
        return;
    g_autoptr(GByteArray) brackets = g_byte_array_new();
    read_calls(work, brackets);
}
