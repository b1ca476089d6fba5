/*
 * text_names.c - expressions that nobody calls by AS, and that some engines call by their text.
 *
 *   SELECT "sum(id)" FROM (SELECT sum(id) FROM t)         read in this text: it gets that name by AS, in all dialects
 *   rows = run("SELECT sum(id) FROM t"); rows["sum(id)"]  read by the program around it: likewise
 *   CREATE VIEW v AS SELECT sum(id) FROM t                seen by whoever reads the view: likewise, where engines keep the
 *                                                         text as it is written
 *
 * Elsewhere the name goes with the text: nobody wants AS behind each expression of a report.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define TEXT_BYTES_MAX 64 /* of a column's name in MySQL */

typedef struct {
    Work *work;
    GHashTable *names;  /* what the text reads so -> the token, plus one; NULL: nothing */
    GHashTable *found;  /* which of these an expression is called */
    GHashTable *called; /* SqlItem * that got their text by AS; NULL: none so far */
} Texts;

/* ---- read in this text ---- */

static char *
text_of(const Work *work, size_t begin, size_t end)
{
    return g_strndup(work->text + begin, end - begin);
}

/* "sum(id)": what stands in the quotes is a call; or NULL. Caller frees. */
static char *
called_text(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    if (token->kind != TOKEN_QUOTED || token->end - token->begin < 4)
        return NULL;
    g_autofree char *name = text_of(work, token->begin + 1, token->end - 1);
    const char *open = strchr(name, '(');
    bool is_call = open != NULL && open > name && is_identifier_byte(open[-1]);
    return is_call ? g_steal_pointer(&name) : NULL;
}

/* Such names -> the token, plus one; NULL: there are none, as in nearly all texts. Caller frees. */
static GHashTable *
called_texts(const Work *work)
{
    GHashTable *names = NULL;
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        char *name = called_text(work, i);
        if (name == NULL)
            continue;
        if (names == NULL)
            names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(names, name, GUINT_TO_POINTER(i + 1));
    }
    return names;
}

static char *
text_of_item(const Work *work, const SqlItem *item)
{
    return text_of(work, work_token(work, item->first)->begin, work_token(work, item->last)->end);
}

/* users.name, where the table has no alias. */
static bool
has_other_qualifier(const SqlRef *ref)
{
    const char *after = ref->column > 0 && source_rename(ref->source) != NULL
                            ? source_called_after(ref->source)
                            : NULL;
    return after != NULL && g_ascii_strcasecmp(after, ref->path.parts[ref->column - 1].text) != 0;
}

/* Does the text of the item change? */
static bool
has_change(Work *work, const SqlItem *item)
{
    for (guint i = 0; i < item->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(item->block->refs, i);
        const SqlPart *part = &ref->path.parts[ref->column];
        if (part->token >= item->first && part->token <= item->last &&
            ref->binding == BINDING_COLUMN &&
            (source_change(work, ref->source, part) != NULL || has_other_qualifier(ref)))
            return true;
    }
    return false;
}

static void
add_alias(Texts *texts, const SqlItem *item, const char *quoted)
{
    Work *work = texts->work;
    size_t end = work_token(work, item->last)->end;
    g_autofree char *alias = g_strdup_printf(" %s %s", word_as(work, item->block), quoted);
    edit_add(work, end, end, alias);
    set_add(&texts->called, item);
}

/* sum(id) that is read as "sum(id)" gets that as its alias. What has a name is none of these any more. */
static void
keep_text(Texts *texts, const SqlItem *item)
{
    Work *work = texts->work;
    void *name, *read;
    if (item->alias != NULL) {
        if (g_hash_table_lookup_extended(texts->names, item->alias->text, &name, NULL))
            g_hash_table_add(texts->found, name);
        return;
    }
    g_autofree char *text = text_of_item(work, item);
    if (item->is_star || item->plain != NULL ||
        !g_hash_table_lookup_extended(texts->names, text, &name, &read))
        return;
    g_hash_table_add(texts->found, name);
    if (!has_change(work, item))
        return;
    const Token *token = work_token(work, GPOINTER_TO_UINT(read) - 1);
    g_autofree char *quoted = text_of(work, token->begin, token->end);
    add_alias(texts, item, quoted);
}

/* Does it speak of a column that changes, of a dataset that the text reads? */
static bool
names_change(const Work *work, const Token *token, const char *name)
{
    size_t at;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint s = 0; s < block->sources->len; s++) {
            const Rename *rename = source_rename(g_ptr_array_index(block->sources, s));
            if (rename == NULL || token_column(work, rename, token) != NULL)
                continue;
            for (guint c = 0; c < rename->changes->len; c++) {
                const ColumnChange *change = g_ptr_array_index(rename->changes, c);
                if (change->kind != CHANGE_NONE &&
                    find_word(name, strlen(name), change->column, &at))
                    return true;
            }
        }
    }
    return false;
}

/* What no expression of the text is called by may be one's name all the same: engines write some their own way. */
static void
refuse_texts(const Texts *texts)
{
    Work *work = texts->work;
    GHashTableIter iter;
    void *name, *read;
    g_hash_table_iter_init(&iter, texts->names);
    while (g_hash_table_iter_next(&iter, &name, &read)) {
        const Token *token = work_token(work, GPOINTER_TO_UINT(read) - 1);
        if (g_hash_table_contains(texts->found, name) || !names_change(work, token, name))
            continue;
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "ambiguous", NULL,
                    "this is what an expression is called by its text, which changes: call it by "
                    "AS");
    }
}

static void
keep_texts(Texts *texts)
{
    const ArenaList *blocks = texts->work->sql->blocks;
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    texts->found = found;
    for (guint b = 0; b < blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_text(texts, g_ptr_array_index(block->items, i));
    }
    refuse_texts(texts);
}

/* ---- seen by others ---- */

/* What all engines that call it so write down as it is: in one line, without comments, and not too long. */
static char *
plain_text(const Work *work, const SqlItem *item)
{
    size_t begin = work_token(work, item->first)->begin, end = work_token(work, item->last)->end,
           behind = work_token(work, item->last + 1)->begin;
    while (end < behind && g_ascii_isspace(work->text[behind - 1]))
        behind--; /* SQLite takes a comment that stands there, too */
    g_autofree char *text = text_of(work, begin, end);
    bool is_plain = behind == end && strlen(text) == end - begin && end - begin <= TEXT_BYTES_MAX &&
                    strpbrk(text, "\r\n\\{}#") == NULL && strstr(text, "--") == NULL &&
                    strstr(text, "/*") == NULL;
    return is_plain ? g_steal_pointer(&text) : NULL;
}

static bool
is_result(const SqlItem *item)
{
    const SqlQuery *query = item->block->query;
    return query != NULL && names_query(item->block) && query_is_result(query) &&
           query_names_matter(query);
}

/* A view, or a table that is made, has a column of this name: CREATE VIEW v AS SELECT max(id) FROM t. */
static bool
keeps_made(Work *work, const SqlItem *item)
{
    const SqlStatement *statement = item->block->statement;
    return work->sql->dialect->text_names == TEXT_NAMES_WRITTEN && !work->options->propagates &&
           statement->kind == STATEMENT_CREATE && is_result(item);
}

/* row["sum(id)"]: the program has it, letter by letter. What differs from it in letters or blanks alone may be meant, too. */
static bool
is_read_by_program(Work *work, const SqlItem *item, const char *text, bool is_plain)
{
    if (work->texts == NULL)
        return false;
    ReadText *read = read_text_find(work->texts, text);
    bool is_it = read != NULL && is_plain && !read->is_unclear && strcmp(read->text, text) == 0 &&
                 work->sql->dialect->text_names != TEXT_NAMES_NONE && is_result(item) &&
                 item->block->statement->kind == STATEMENT_QUERY;
    if (read != NULL) {
        read->is_kept |= is_it;
        read->is_unclear |= !is_it;
    }
    return is_it;
}

/* "x", with such quotes within it doubled. */
static char *
in_quotes(const char *text, char quote)
{
    const char one[] = {quote, '\0'}, two[] = {quote, quote, '\0'};
    g_auto(GStrv) parts = g_strsplit(text, one, -1);
    g_autofree char *inner = g_strjoinv(two, parts);
    return g_strconcat(one, inner, one, NULL);
}

static void
keep_seen(Texts *texts, const SqlItem *item)
{
    Work *work = texts->work;
    if (item->is_star || item->alias != NULL || item->plain != NULL || item->named_by != NULL ||
        set_has(texts->called, item))
        return;
    g_autofree char *whole = text_of_item(work, item);
    bool is_made = keeps_made(work, item);
    if ((!is_made && read_text_find(work->texts, whole) == NULL) || !has_change(work, item))
        return;
    g_autofree char *text = plain_text(work, item);
    bool is_read = is_read_by_program(work, item, whole, text != NULL);
    if (text == NULL || (!is_read && !is_made))
        return;
    g_autofree char *quoted = in_quotes(text, work->sql->dialect->name_quotes[0]);
    add_alias(texts, item, quoted);
}

/* ---- the whole ---- */

void
sql_text_names(Work *work)
{
    Texts texts = {.work = work, .names = called_texts(work)};
    bool is_seen = (work->texts != NULL && g_hash_table_size(work->texts) > 0) ||
                   work->sql->dialect->text_names == TEXT_NAMES_WRITTEN;
    if (texts.names != NULL)
        keep_texts(&texts);
    for (guint b = 0; is_seen && b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_seen(&texts, g_ptr_array_index(block->items, i));
    }
    g_clear_pointer(&texts.names, g_hash_table_unref);
    g_clear_pointer(&texts.called, g_hash_table_unref);
}
