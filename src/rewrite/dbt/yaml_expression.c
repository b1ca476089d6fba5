/*
 * yaml_expression.c - columns and SQL in scalars of dbt's YAML: `where: "id > 5"`, `expr: date(created)`.
 *
 * More than a name is read as the condition of a query over the table that it is said of, and what is decided there is put
 * at its place. What the query cannot tell is a person's: names with a qualifier, which only the test knows.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* The expression as it stands in the file. */
typedef struct {
    Work *work;
    const YamlNode *node;
    const Rename *rename;
    size_t begin, end;
    char quote; /* around it; '\0': none, or a block */
    bool is_block;
    bool has_table; /* what is put before it has to be decided, too */
} Expression;

/* ---- where it stands ---- */

/* False where its bytes are not those that dbt reads. */
static bool
find_place(Expression *expression)
{
    const YamlNode *node = expression->node;
    const char *text = expression->work->text, first = text[node->begin];
    expression->begin = node->begin;
    expression->end = node->end;
    if (!node->quoted)
        return first != '&' && first != '!';
    expression->is_block = first == '|' || first == '>';
    if (expression->is_block) {
        const char *line = memchr(text + node->begin, '\n', node->end - node->begin);
        expression->begin = line != NULL ? (size_t) (line - text) + 1 : node->end;
        return true;
    }
    expression->quote = first;
    expression->begin++;
    expression->end--;
    return (first == '\'' || first == '"') &&
           (first == '\'' ||
            memchr(text + expression->begin, '\\', node->end - node->begin) == NULL);
}

/* `''` in quotes is one of them: a literal's first or last one, beside which a blank is as good. */
static void
undouble(char *text, char quote)
{
    bool is_inside = false;
    for (size_t i = 0; quote == '\'' && text[i] != '\0'; i++)
        if (text[i] == '\'' && text[i + 1] == '\'') {
            text[is_inside ? i + 1 : i] = ' ';
            is_inside = !is_inside;
            i++;
        }
}

/* ---- the query ---- */

/* Does the text begin as a statement does? Then nothing is put before it. */
static bool
is_statement(const char *text)
{
    static const char *const words[] = {"select", "with",  "insert", "update", "delete",
                                        "merge",  "alter", "create", "grant",  "truncate"};
    text += strspn(text, " \t\r\n");
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strncasecmp(text, words[i], strlen(words[i])) == 0 &&
            !is_identifier_byte(text[strlen(words[i])]))
            return true;
    return false;
}

/* {{ ref('users') }} */
static char *
call_of(const DbtRename *dbt)
{
    const DbtName *name = &dbt->from;
    g_autoptr(GString) call = g_string_new("{{ ");
    if (dbt->is_source)
        g_string_append_printf(call, "source('%s', '%s'", name->package, name->name);
    else if (name->package != NULL)
        g_string_append_printf(call, "ref('%s', '%s'", name->package, name->name);
    else
        g_string_append_printf(call, "ref('%s'", name->name);
    if (name->version != NULL)
        g_string_append_printf(call, ", v=%s", name->version);
    g_string_append(call, ") }}");
    return g_string_free(g_steal_pointer(&call), FALSE);
}

/* What dbt calls both sides of a merge, of which incremental_predicates speak. */
static const char *const sides[] = {"DBT_INTERNAL_DEST", "DBT_INTERNAL_SOURCE"};

/* `dbt` NULL: the expression is said of no table that is known. */
static char *
query_head(const DbtRename *dbt, const char *text)
{
    if (dbt == NULL)
        return g_strdup(is_statement(text) ? "" : "select 1 where ");
    g_autofree char *table = call_of(dbt);
    GString *head = g_string_new("select 1 from ");
    bool has_side = false;
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        size_t at = 0;
        if (!find_word(text, strlen(text), sides[i], &at))
            continue;
        g_string_append_printf(head, "%s%s as %s", has_side ? ", " : "", table, sides[i]);
        has_side = true;
    }
    g_string_append_printf(head, "%s where ", has_side ? "" : table);
    return g_string_free(head, FALSE);
}

/* `gives`: the dataset of which the query gives rows; or NULL. */
static void
rewrite_query(const Expression *expression, const char *query, const Rename *gives, Rewrite *out)
{
    Work *work = expression->work;
    RewriteOptions options = *work->options;
    options.propagates = options.finds_made = false;
    options.model = NULL;
    Work inner = {.renames = work->renames,
                  .options = &options,
                  .text = query,
                  .bytes = strlen(query),
                  .path = work->path,
                  .depth = work->depth + 1,
                  .gives = gives,
                  .out = out};
    sql_text(&inner);
}

/* ---- what is written ---- */

static bool
can_carry(const Expression *expression, size_t at, const Edit *edit)
{
    const char *text = expression->work->text, *before = text + at;
    size_t bytes = edit->end - edit->begin;
    bool is_first = !expression->node->quoted && at == expression->begin;
    if (is_first && !is_identifier_byte(edit->text[0]))
        return false;
    return (expression->quote == '\0' || strchr(edit->text, expression->quote) == NULL ||
            memchr(before, expression->quote, bytes) != NULL) &&
           strchr(edit->text, '\\') == NULL &&
           (strchr(edit->text, '.') == NULL || memchr(before, '.', bytes) != NULL);
}

static void
refuse_all(const Expression *expression, const char *code, const char *link, const char *reason)
{
    yaml_refuse(expression->work, expression->node, code, link, reason);
}

/* Nothing of it is written where a part cannot be. */
static bool
can_take(const Expression *expression, const Rewrite *found, size_t head)
{
    for (guint i = 0; i < found->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(found->edits, i);
        if (edit->begin >= head &&
            !can_carry(expression, edit->begin - head + expression->begin, edit))
            return false;
    }
    return true;
}

static void
take(const Expression *expression, const Rewrite *found, size_t head)
{
    Work *work = expression->work;
    for (guint i = 0; i < found->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(found->edits, i);
        if (edit->begin >= head)
            edit_add(work, edit->begin - head + expression->begin,
                     edit->end - head + expression->begin, edit->text);
    }
    for (guint i = 0; i < found->sites->len; i++) {
        Site *site = g_ptr_array_index(found->sites, i);
        if (site->begin < head)
            continue;
        site->begin = site->begin - head + expression->begin;
        site->end = site->end - head + expression->begin;
        g_ptr_array_add(work->out->sites, site);
    }
}

/* Is the table itself, before the query, decided? */
static bool
is_head_decided(const Rewrite *found, size_t head)
{
    for (guint i = 0; i < found->sites->len; i++) {
        const Site *site = g_ptr_array_index(found->sites, i);
        if (site->begin < head && site_hinders(site))
            return false;
    }
    return true;
}

static void
rewrite_inside(const Expression *expression, const char *query, size_t head, const Rename *gives)
{
    Rewrite found = {.sites = g_ptr_array_new(),
                     .edits = g_ptr_array_new(),
                     .made = g_ptr_array_new_with_free_func(made_free),
                     .arena = expression->work->out->arena};
    rewrite_query(expression, query, gives, &found);
    if (expression->has_table && !is_head_decided(&found, head))
        refuse_all(expression, "language", NULL,
                   "a query over the table names a column that changes");
    else if (can_take(expression, &found, head))
        take(expression, &found, head);
    else
        refuse_all(expression, "derived", NULL,
                   "what would be written cannot stand in these quotes, or says a table");
    g_ptr_array_unref(found.sites);
    g_ptr_array_unref(found.edits);
    g_ptr_array_unref(found.made);
}

/* ---- what the query does not tell ---- */

static const ColumnChange *
change_called(const Rename *rename, const char *text, size_t bytes)
{
    g_autofree char *word = g_strndup(text, bytes);
    SqlPart part = {.text = word};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* `model.id`: only the test knows what `model` is there. */
static const ColumnChange *
qualified_change(const Expression *expression, const char *query, size_t head)
{
    size_t bytes = strlen(query);
    g_autoptr(TokenList) list = tokens_new(query, bytes, dialect_by_name("ansi"));
    for (guint i = 1; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i), *before = tokens_at(list, i - 1);
        bool is_name = token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
        uint32_t quotes = token->kind == TOKEN_QUOTED;
        if (!is_name || before->kind != TOKEN_DOT || token->begin < head)
            continue;
        const ColumnChange *change =
            change_called(expression->rename, query + token->begin + quotes,
                          token->end - token->begin - 2 * quotes);
        const Token *qualifier = i > 1 ? tokens_at(list, i - 2) : before;
        if (change != NULL &&
            !dbt_is_side_of_merge(query + qualifier->begin, qualifier->end - qualifier->begin))
            return change;
    }
    return NULL;
}

static void
read_expression(Expression *expression)
{
    Work *work = expression->work;
    const Rename *rename = expression->rename;
    if ((rename != NULL && rename->dbt == NULL) || !find_place(expression)) {
        refuse_all(expression, "language", NULL,
                   "the expression is written in a way that is not edited");
        return;
    }
    g_autofree char *head = query_head(rename != NULL ? rename->dbt : NULL, expression->node->text),
                    *inside = g_strndup(work->text + expression->begin,
                                        expression->end - expression->begin);
    undouble(inside, expression->quote);
    g_autofree char *query = g_strconcat(head, inside, NULL);
    const ColumnChange *change =
        rename != NULL ? qualified_change(expression, query, strlen(head)) : NULL;
    if (change != NULL) {
        refuse_all(expression, "ambiguous", change->link,
                   "a name that is that of a column that changes has a qualifier here, which only "
                   "the test knows");
        return;
    }
    rewrite_inside(expression, query, strlen(head), NULL);
}

/* ---- a name alone ---- */

static bool
is_name(const char *text)
{
    while (is_identifier_byte(*text))
        text++;
    return *text == '\0';
}

/* Has the name to be in quotes, where it stands in SQL? */
static bool
needs_quotes(const Work *work, const char *name)
{
    const RewriteOptions *options = work->options;
    const Dialect *dialect = options->dialect != NULL ? options->dialect : options->usual;
    SqlPart part = {.text = (char *) name};
    if (dialect == NULL)
        return is_reserved_somewhere(name);
    g_autofree char *spelled = spell_like(dialect, &part, name);
    return strcmp(spelled, name) != 0;
}

static void
read_name(Work *work, const YamlNode *node, const ColumnChange *change)
{
    if (change->kind != CHANGE_NAME)
        yaml_refuse(work, node, "derived", change->link,
                    "a column of which the mapping does not just change the name is used here");
    else if (needs_quotes(work, change->to))
        yaml_refuse(work, node, "dialect", change->link,
                    "this name becomes a part of SQL, where the new one needs quotes");
    else
        yaml_rename_column(work, node, change);
}

bool
yaml_names_change(const Rename *rename, const char *text)
{
    for (size_t at = 0, from; text[at] != '\0'; at += at == from) {
        for (from = at; is_identifier_byte(text[at]); at++)
            ;
        if (at > from && change_called(rename, text + from, at - from) != NULL)
            return true;
    }
    return false;
}

void
yaml_rename_words(Work *work, const YamlNode *node, const Rename *rename)
{
    Expression expression = {.work = work, .node = node, .rename = rename};
    if (!yaml_names_change(rename, node->text)) /* most texts have none */
        return;
    if (is_name(node->text))
        read_name(work, node, change_called(rename, node->text, strlen(node->text)));
    else
        read_expression(&expression);
}

void
yaml_rewrite_rows(Work *work, const YamlNode *node, const Rename *rename)
{
    Expression expression = {.work = work, .node = node, .rename = rename};
    if (!find_place(&expression)) {
        refuse_all(&expression, "language", NULL,
                   "the query is written in a way that is not edited");
        return;
    }
    g_autofree char *query =
        g_strndup(work->text + expression.begin, expression.end - expression.begin);
    undouble(query, expression.quote);
    rewrite_inside(&expression, query, 0, rename);
}

/* ---- a query over the table that it is said of ---- */

/* Puts a name in the place of each {{ this }}, and as long. NULL: there is none, or they are written in several ways. Caller frees. */
static char *
name_this(char *query)
{
    char *name = NULL;
    Token template;
    for (size_t at = 0, bytes = strlen(query); dbt_next_template(query, &at, bytes, &template);) {
        g_autofree char *inside =
            g_strndup(query + template.begin + 2, template.end - template.begin - 4);
        size_t length = template.end - template.begin;
        if (strcmp(g_strstrip(inside), "this") != 0)
            continue;
        if (name != NULL && strlen(name) != length) {
            g_free(name);
            return NULL;
        }
        memset(query + template.begin, 't', length);
        g_free(name);
        name = g_strnfill(length, 't');
    }
    return name;
}

void
yaml_rewrite_query(Work *work, const YamlNode *node, const Rename *rename)
{
    Expression expression = {.work = work, .node = node, .rename = rename, .has_table = true};
    size_t at = 0;
    if (rename->dbt == NULL || !find_place(&expression)) {
        refuse_all(&expression, "language", NULL,
                   "the query is written in a way that is not edited");
        return;
    }
    g_autofree char *inside =
        g_strndup(work->text + expression.begin, expression.end - expression.begin);
    undouble(inside, expression.quote);
    g_autofree char *name = name_this(inside), *table = call_of(rename->dbt);
    bool has_common = find_word(inside, strlen(inside), "with", &at);
    g_autofree char *head = name != NULL
                                ? g_strdup_printf("with %s as (select * from %s) ", name, table)
                                : g_strdup("");
    g_autofree char *query = g_strconcat(head, inside, NULL);
    bool is_clear = name != NULL ? !has_common : !find_word(inside, strlen(inside), "this", &at);
    if (is_clear)
        rewrite_inside(&expression, query, strlen(head), NULL);
    else if (yaml_names_change(rename, node->text))
        refuse_all(&expression, "language", NULL,
                   "a query over the table names a column that changes");
}

void
yaml_rewrite_calls(Work *work, const YamlNode *node)
{
    Expression expression = {.work = work, .node = node};
    if (strstr(node->text, "{{") != NULL &&
        (strstr(node->text, "ref(") != NULL || strstr(node->text, "source(") != NULL))
        read_expression(&expression);
}
