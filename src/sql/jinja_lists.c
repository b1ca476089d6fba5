/*
 * jinja_lists.c - {% set name = [ 'a', 'b' ] %} and {% for name in … %}: lists of literals that a variable stands for.
 *
 * In a loop its variable stands for what the loop says, unless {% set %} gives the name something else anywhere; a name
 * that is set several times stands for all of it. Loops over rows, {% for a, b in [('id', 'key')] %}, have several variables
 * (jinja_rows.c).
 */
#include "sql/jinja_rows.h"

#include <string.h>

#define VARIABLES_MAX 40 /* of rows; people write two or three */

/* {% for name in … %} up to its {% endfor %}: there the name stands for what this loop says. */
typedef struct {
    uint32_t begin, end; /* bytes; G_MAXUINT32: not ended yet */
    guint outer;         /* the one of the same name that is around it, plus one; 0: none */
    GArray *literals;    /* NULL: not all are known */
} Loop;

typedef struct {
    GArray *literals;
    GHashTable *known; /* where they begin: one that comes by several ways is in the list once */
    GArray *loops;     /* Loop, as they begin */
    guint innermost;   /* of those that are not ended, plus one; 0: none */
    bool is_loop, is_set;
    bool is_dict;              /* {% set name = { 'a': 'b' } %}, at least once */
    guint sets;                /* how often {% set %} does so; */
    uint32_t value, value_end; /* bytes of what it gives it */
} List;

struct JinjaLists {
    const TokenList *tokens; /* while they are read */
    guint asked;             /* variables whose uses were looked through */
    GHashTable *lists;       /* name -> List */
    GPtrArray *open;         /* GPtrArray of List *: variables of the loops that are not ended */
    bool is_balanced;        /* each loop has its end */
};

static void
loop_clear(void *data)
{
    g_clear_pointer(&((Loop *) data)->literals, g_array_unref);
}

static List *
list_new(void)
{
    List *list = g_new0(List, 1);
    list->literals = g_array_new(FALSE, TRUE, sizeof(JinjaArgument));
    list->known = g_hash_table_new(NULL, NULL);
    list->loops = g_array_new(FALSE, FALSE, sizeof(Loop));
    g_array_set_clear_func(list->loops, loop_clear);
    return list;
}

static void
list_free(void *data)
{
    List *list = data;
    g_array_unref(list->literals);
    g_array_unref(list->loops);
    g_hash_table_unref(list->known);
    g_free(list);
}

/* The innermost loop of the name around this byte, plus one; 0: none. */
static guint
loop_around(const List *list, uint32_t at)
{
    guint low = 0, high = list->loops->len;
    while (low < high) { /* the last one that begins before it */
        guint middle = low + (high - low) / 2;
        if (g_array_index(list->loops, Loop, middle).begin <= at)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && g_array_index(list->loops, Loop, low - 1).end <= at)
        low = g_array_index(list->loops, Loop, low - 1).outer;
    return low;
}

static uint32_t
behind_word(const char *text, uint32_t at, uint32_t end)
{
    while (at < end && (g_ascii_isalnum(text[at]) || text[at] == '_'))
        at++;
    return at;
}

static uint32_t
behind_blanks(const char *text, uint32_t at, uint32_t end)
{
    while (at < end && g_ascii_isspace(text[at]))
        at++;
    return at;
}

static List *
list_called(JinjaLists *lists, const char *name, size_t bytes)
{
    g_autofree char *key = g_strndup(name, bytes);
    List *list = g_hash_table_lookup(lists->lists, key);
    if (list == NULL) {
        list = list_new();
        g_hash_table_insert(lists->lists, g_steal_pointer(&key), list);
    }
    return list;
}

static void
add_literals(List *list, const GArray *literals)
{
    for (guint i = 0; i < literals->len; i++) {
        const JinjaArgument *one = &g_array_index(literals, JinjaArgument, i);
        if (g_hash_table_add(list->known, GUINT_TO_POINTER(one->begin)))
            g_array_append_val(list->literals, *one);
    }
}

/* The literals of `[ 'a', 'b' ]`, `'a'`, or of a variable that stands for some. Caller frees. */
static GArray *
read_list(JinjaLists *lists, const char *text, uint32_t at, uint32_t end, bool *ret_is_whole)
{
    g_autoptr(GArray) found = jinja_between(text, at, end);
    GArray *literals = g_array_new(FALSE, TRUE, sizeof(JinjaArgument));
    *ret_is_whole = found->len > 0;
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_other = false, is_literal = one->kind == JINJA_LITERAL && one->callee_end == 0;
        const GArray *named = one->kind == JINJA_VARIABLE
                                  ? jinja_list(lists, text, one->begin, one->end, &is_other)
                                  : NULL;
        bool is_named = named != NULL && named->len > 0;
        if (is_literal)
            g_array_append_val(literals, *one);
        else if (is_named)
            g_array_append_vals(literals, named->data, named->len);
        *ret_is_whole = *ret_is_whole && (is_literal || is_named);
    }
    return literals;
}

static void
read_set(JinjaLists *lists, const char *text, uint32_t name, uint32_t name_end, uint32_t at,
         uint32_t end)
{
    bool is_whole;
    g_autoptr(GArray) literals = read_list(lists, text, at, end, &is_whole);
    List *list = list_called(lists, text + name, name_end - name);
    list->is_set = true;
    list->sets++;
    list->value = at;
    list->value_end = end;
    list->is_dict |= text[behind_blanks(text, at, end)] == '{';
    add_literals(list, literals);
}

/* Takes the literals. `end`: where the loop's tag does. */
static List *
begin_loop(JinjaLists *lists, const char *name, size_t bytes, uint32_t end, bool is_whole,
           GArray *literals)
{
    List *list = list_called(lists, name, bytes);
    Loop loop = {.begin = end, .end = G_MAXUINT32, .outer = list->innermost};
    add_literals(list, literals);
    list->is_loop = true;
    if (is_whole)
        loop.literals = literals;
    else
        g_array_unref(literals);
    g_array_append_val(list->loops, loop);
    list->innermost = list->loops->len;
    return list;
}

/* The rows themselves, or those of a variable that is set once, and is for nothing but loops. `ending`: as whose items a
 * dictionary is taken, of which only the keys are asked. */
static JinjaRows *
rows_at(JinjaLists *lists, const char *text, uint32_t at, uint32_t end, const char *ending)
{
    uint32_t begin = behind_blanks(text, at, end), word_end = behind_word(text, begin, end);
    g_autofree char *name = g_strndup(text + begin, word_end - begin);
    const List *list = word_end > begin ? g_hash_table_lookup(lists->lists, name) : NULL;
    uint32_t rest = behind_blanks(text, word_end, end);
    g_autofree char *said = g_strndup(text + rest, end - rest),
                    *behind = g_strconcat(said, ending, NULL);
    if (word_end == begin)
        return jinja_rows_new(text, begin, end, ending);
    return list != NULL && list->sets == 1 && !list->is_loop && lists->asked++ < VARIABLES_MAX &&
                   jinja_is_only_looped(lists->tokens, name)
               ? jinja_rows_new(text, list->value, list->value_end, behind)
               : NULL;
}

/* Does a loop over what stands there go through the keys of a dictionary? */
static bool
is_dict(const JinjaLists *lists, const char *text, uint32_t at, uint32_t end)
{
    uint32_t begin = behind_blanks(text, at, end), word_end = behind_word(text, begin, end);
    g_autofree char *name = g_strndup(text + begin, word_end - begin);
    const List *list = g_hash_table_lookup(lists->lists, name);
    return text[begin] == '{' || (list != NULL && list->is_dict);
}

/* {% for a in … %} */
static void
read_loop(JinjaLists *lists, const char *text, uint32_t name, uint32_t name_end, uint32_t at,
          uint32_t end)
{
    bool is_keys = is_dict(lists, text, at, end), is_whole = false;
    g_autoptr(JinjaRows) rows = is_keys ? rows_at(lists, text, at, end, ".items()") : NULL;
    GArray *literals = rows != NULL ? g_array_ref(rows->columns[0])
                       : is_keys    ? g_array_new(FALSE, TRUE, sizeof(JinjaArgument))
                                    : read_list(lists, text, at, end, &is_whole);
    is_whole |= rows != NULL && !rows->is_open[0];
    List *list = begin_loop(lists, text + name, name_end - name, end, is_whole, literals);
    g_ptr_array_add(g_ptr_array_index(lists->open, lists->open->len - 1), list);
}

/* {% for a, b in … %} */
static void
read_rows(JinjaLists *lists, const char *text, uint32_t name, uint32_t at, uint32_t end)
{
    g_autoptr(JinjaRows) rows = rows_at(lists, text, at, end, "");
    GPtrArray *open = g_ptr_array_index(lists->open, lists->open->len - 1);
    for (guint i = 0; rows != NULL && i < rows->count; i++) {
        uint32_t name_end = behind_word(text, name, end);
        GArray *literals = rows->columns[i];
        if (name_end == name || (text[name_end] == ',') != (i + 1 < rows->count))
            return;
        g_ptr_array_add(open, begin_loop(lists, text + name, name_end - name, end,
                                         !rows->is_open[i], g_array_ref(literals)));
        name = behind_blanks(text, name_end + 1, end);
    }
}

static void
end_loop(JinjaLists *lists, uint32_t at)
{
    if (lists->open->len == 0) {
        lists->is_balanced = false;
        return;
    }
    g_autoptr(GPtrArray) ended = g_ptr_array_steal_index(lists->open, lists->open->len - 1);
    for (guint i = 0; i < ended->len; i++) {
        List *list = g_ptr_array_index(ended, i);
        Loop *last =
            list->innermost > 0 ? &g_array_index(list->loops, Loop, list->innermost - 1) : NULL;
        if (last == NULL)
            continue;
        last->end = at;
        list->innermost = last->outer;
    }
}

static bool
is_in(const char *text, uint32_t begin, uint32_t end, const char *word)
{
    return end - begin == strlen(word) && memcmp(text + begin, word, end - begin) == 0;
}

/* The names and `in` behind `for`; several of them may stand in brackets. */
static void
read_for(JinjaLists *lists, const char *text, uint32_t name, uint32_t end)
{
    bool has_brackets = name < end && text[name] == '(';
    name = has_brackets ? behind_blanks(text, name + 1, end) : name;
    guint count = 1;
    uint32_t name_end = behind_word(text, name, end), at = behind_blanks(text, name_end, end);
    g_ptr_array_add(lists->open, g_ptr_array_new());
    for (; at < end && text[at] == ',' && count < JINJA_ROW_MAX; count++) {
        at = behind_word(text, behind_blanks(text, at + 1, end), end);
        at = behind_blanks(text, at, end);
    }
    if (has_brackets && at < end && text[at] == ')')
        at = behind_blanks(text, at + 1, end);
    if (at + 2 >= end || memcmp(text + at, "in", 2) != 0)
        return;
    if (count == 1)
        read_loop(lists, text, name, name_end, at + 2, end);
    else
        read_rows(lists, text, name, at + 2, end);
}

static void
read_tag(JinjaLists *lists, const char *text, const Token *token)
{
    uint32_t at, end;
    jinja_bounds(text, token, &at, &end);
    uint32_t word_end = behind_word(text, at, end);
    bool is_set = is_in(text, at, word_end, "set"), is_for = is_in(text, at, word_end, "for");
    if (is_in(text, at, word_end, "endfor"))
        end_loop(lists, token->begin);
    if (!is_set && !is_for)
        return;
    uint32_t name = behind_blanks(text, word_end, end), name_end = behind_word(text, name, end);
    at = behind_blanks(text, name_end, end);
    if (is_set && at < end && text[at] == '=')
        read_set(lists, text, name, name_end, at + 1, end);
    else if (is_for)
        read_for(lists, text, name, end);
}

JinjaLists *
jinja_lists_new(const TokenList *tokens)
{
    if (!tokens_have(tokens, TOKEN_TAG))
        return NULL;
    JinjaLists *lists = g_new0(JinjaLists, 1);
    lists->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
    lists->open = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    lists->is_balanced = true;
    lists->tokens = tokens;
    for (guint i = 0; i < tokens->tokens->len; i++)
        if (tokens_at(tokens, i)->kind == TOKEN_TAG)
            read_tag(lists, tokens->text, tokens_at(tokens, i));
    lists->is_balanced = lists->is_balanced && lists->open->len == 0;
    lists->tokens = NULL;
    return lists;
}

void
jinja_lists_free(JinjaLists *lists)
{
    g_hash_table_unref(lists->lists);
    g_ptr_array_unref(lists->open);
    g_free(lists);
}

const GArray *
jinja_list(const JinjaLists *lists, const char *text, uint32_t begin, uint32_t end,
           bool *ret_is_loop)
{
    g_autofree char *key = lists != NULL ? g_strndup(text + begin, end - begin) : NULL;
    const List *list = lists != NULL ? g_hash_table_lookup(lists->lists, key) : NULL;
    *ret_is_loop = list != NULL && list->is_loop;
    if (list == NULL)
        return NULL;
    guint around = list->is_set || !lists->is_balanced ? 0 : loop_around(list, begin);
    const GArray *own = around > 0 ? g_array_index(list->loops, Loop, around - 1).literals : NULL;
    return own != NULL ? own : list->literals;
}
