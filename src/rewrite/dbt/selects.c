/*
 * selects.c - where dbt is told what to run.
 *
 * In selectors.yml, and in commands: `dbt run --select users+ --exclude tag:x` in a Makefile, a script, a step of a pipeline or a
 * string of a program, or the same as a list of strings. What is not such a command is not looked at.
 */
#include "rewrite/dbt/selects.h"
#include "base/yaml.h"
#include "rewrite/code.h"

#include <string.h>

/* ---- selectors.yml ---- */

/* Where its text stands, if it is written as it is read. */
static void
select_scalar(Work *work, const YamlNode *node, const char *method)
{
    size_t begin = node->begin, end = node->end;
    if (node->kind != YAML_SCALAR || node->text == NULL)
        return;
    if (begin < end && strchr("'\"", work->text[begin]) != NULL) {
        begin++;
        end--;
    }
    if (end >= begin && end - begin == strlen(node->text) &&
        memcmp(work->text + begin, node->text, end - begin) == 0)
        dbt_selection(work, begin, end, method);
}

/* `method: fqn` with its `value:`, `tag: nightly`, lists of these, and what is said as in a command. */
static void
select_node(Work *work, const YamlNode *node)
{
    static const char *const methods[] = {"fqn", "path", "file", "source"};
    if (node->kind == YAML_SCALAR)
        select_scalar(work, node, NULL);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        select_node(work, node->items[i]);
    if (node->kind != YAML_MAP)
        return;
    const char *method = yaml_get_text(node, "method");
    const YamlNode *value = yaml_get(node, "value");
    if (method != NULL && value != NULL)
        select_scalar(work, value, method);
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->items[2 * i]->text;
        bool is_method = false;
        for (size_t m = 0; m < G_N_ELEMENTS(methods); m++)
            is_method |= g_strcmp0(key, methods[m]) == 0;
        if (is_method)
            select_scalar(work, node->items[2 * i + 1], key);
        else if (node->items[2 * i + 1]->kind == YAML_LIST)
            select_node(work, node->items[2 * i + 1]);
    }
}

/* What is left there are names of selectors, tags and the like. */
static void
settle_rest(Work *work)
{
    for (guint i = 0; i < work->out->sites->len; i++) {
        Site *site = g_ptr_array_index(work->out->sites, i);
        if (strcmp(site->code, "apart") != 0 && strcmp(site->code, "in-string") != 0)
            continue;
        site->disposition = DISPOSITION_UNAFFECTED;
        site->code = "";
        site->reason = "among selectors of dbt, this picks no model or source of that name";
    }
}

static bool
select_in_yaml(Work *work)
{
    static const char *const endings[] = {".yml", ".yaml", NULL};
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(GError) error = NULL;
    if (!code_ends_with(work->path, endings) || strstr(work->text, "selectors:") == NULL ||
        !yaml_parse(work->text, work->bytes, "", diags, &file, &error) ||
        yaml_document_count(file) == 0)
        return false;
    const YamlNode *root = yaml_document(file, 0);
    const YamlNode *list =
        root != NULL && root->kind == YAML_MAP ? yaml_get(root, "selectors") : NULL;
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        const YamlNode *one = list->items[i],
                       *definition = one->kind == YAML_MAP ? yaml_get(one, "definition") : NULL;
        if (definition != NULL)
            select_node(work, definition);
    }
    if (list != NULL && list->kind == YAML_LIST)
        settle_rest(work);
    return list != NULL;
}

/* ---- commands ---- */

typedef struct {
    Work *work;
    size_t at;
    char quote;    /* of the string that the command stands in; '\0': none, or not known */
    bool has_hole; /* what is run is put in, also only a part of it */
} Command;

/* From the word `dbt` on: a line that goes on, or one that begins with an option, is of the same command. */
static bool
goes_on(const Work *work, size_t newline)
{
    const char *text = work->text;
    size_t before = newline, at = newline + 1;
    while (before > 0 && strchr(" \t\r", text[before - 1]) != NULL)
        before--;
    at += strspn(text + at, " \t");
    return (before > 0 && text[before - 1] == '\\') ||
           (at < work->bytes && strchr("-\"'", text[at]) != NULL);
}

static bool
is_flag(const char *word, size_t bytes)
{
    static const char *const flags[] = {"--select", "--models", "--model", "--exclude", "-s", "-m"};
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        if (strlen(flags[i]) == bytes && memcmp(word, flags[i], bytes) == 0)
            return true;
    return false;
}

static size_t
word_end(const Work *work, size_t at)
{
    return at + strcspn(work->text + at, " \t\r\n\"'`;&|()[]{}<>#=\\");
}

/* `--select`, `"users+", "other"`: strings up to the next option, or the list's end. */
static void
select_listed(Command *command)
{
    Work *work = command->work;
    const char *text = work->text;
    for (;;) {
        size_t at = command->at + strspn(text + command->at, " \t\r\n,");
        command->has_hole |= is_identifier_byte(text[at]) || text[at] == '*';
        if (at >= work->bytes || text[at] != command->quote || text[at + 1] == '-')
            return;
        size_t end = at + 1 + strcspn(text + at + 1, "\"'\n\\");
        if (text[end] != command->quote)
            return;
        dbt_selection(work, at + 1, end, NULL);
        command->at = end + 1;
    }
}

/* Words up to the next option, the end of the command, or of the string that it stands in. */
static void
select_words(Command *command)
{
    Work *work = command->work;
    const char *text = work->text;
    while (command->at < work->bytes) {
        size_t at = command->at;
        char sign = text[at];
        if (strchr(" \t\r=", sign) != NULL || (sign == '\\' && text[at + 1] == '\n') ||
            (sign == '\n' && at > 0 && text[at - 1] == '\\')) {
            command->at++;
            continue;
        }
        bool opens = (sign == '"' || sign == '\'') && sign != command->quote && at > 0 &&
                     strchr(" \t=", text[at - 1]) != NULL;
        size_t end = opens ? at + 1 + strcspn(text + at + 1, "\"'\n\\") : word_end(work, at);
        command->has_hole |= strchr("{%", sign) != NULL ||
                             memchr(text + at, '$', end - at) != NULL ||
                             strchr("{$", text[end]) != NULL;
        if (sign == '-' || end == at || (opens && text[end] != sign))
            return;
        dbt_selection(work, at + opens, end, NULL);
        command->at = end + opens;
    }
}

/* What stands behind the word `dbt`, as far as the command goes. */
static size_t
read_command(Work *work, size_t begin, char quote, bool *has_hole)
{
    Command command = {.work = work, .at = begin, .quote = quote};
    const char *text = work->text;
    while (command.at < work->bytes) {
        size_t at = command.at;
        if (text[at] == ';' || text[at] == '&' || text[at] == '|' ||
            (text[at] == '\n' && !goes_on(work, at)))
            break;
        size_t end = word_end(work, at);
        if (end == at) {
            command.at++;
            continue;
        }
        command.at = end;
        if (end - at == strlen("--vars") && memcmp(text + at, "--vars", end - at) == 0)
            command.at = dbt_told_vars(work, end);
        if (!is_flag(text + at, end - at))
            continue;
        bool is_listed = at > 0 && strchr("\"'", text[at - 1]) != NULL && text[end] == text[at - 1];
        if (is_listed) {
            Command list = {.work = work, .at = end + 1, .quote = text[end]};
            select_listed(&list);
            command.at = list.at;
            *has_hole |= list.has_hole;
        } else {
            select_words(&command);
        }
    }
    *has_hole |= command.has_hole;
    return command.at;
}

void
text_line_go(TextLine *line, const char *text, size_t to)
{
    for (; line->at < to; line->at++) {
        char sign = text[line->at], before = line->at > 0 ? text[line->at - 1] : ' ';
        if (sign == '\n') {
            *line = (TextLine){.at = line->at};
            continue;
        }
        if (!line->is_begun && sign != ' ' && sign != '\t') {
            line->is_begun = true;
            line->is_comment = sign == '#' || sign == '*' ||
                               (sign == '/' && strchr("/*", text[line->at + 1]) != NULL);
        }
        bool begins_comment = line->quote == '\0' && (before == ' ' || before == '\t') &&
                              (sign == '#' || (sign == '/' && text[line->at + 1] == '/'));
        line->is_comment = line->is_comment || begins_comment;
        if (line->quote != '\0' ? sign == line->quote : sign == '"' || sign == '\'')
            line->quote = line->quote != '\0' ? '\0' : sign;
    }
}

/* The word `dbt`. */
static bool
is_command(const Work *work, size_t at)
{
    const char *text = work->text;
    return (at == 0 || !is_identifier_byte(text[at - 1])) && text[at + strlen("dbt")] != '\0' &&
           strchr(" \t\"'.", text[at + strlen("dbt")]) != NULL;
}

/* ---- what variables say ---- */

/* Texts of a program, and words of any other file, that are a model's name and nothing else. */
static void
visit_words(Work *work)
{
    static const char *const scripts[] = {".sh", ".bash", ".mk", NULL};
    const char *text = work->text;
    const char *language = work->out->language;
    bool is_script = strcmp(language, "text") == 0 || code_ends_with(work->path, scripts);
    TextLine line = {0};
    for (size_t at = 0, end; at < work->bytes; at = MAX(end, at + 1)) {
        end = at + strcspn(text + at, " \t\r\n\"'`,;()[]{}<>=:");
        char before = at > 0 ? text[at - 1] : '\0';
        bool is_text = before != '\0' && strchr("\"'", before) != NULL && text[end] == before;
        if (end == at || (!is_script && !is_text))
            continue;
        text_line_go(&line, text, at);
        if (!line.is_comment)
            dbt_selection_may_be(work, at, end);
    }
}

void
dbt_selects(Work *work)
{
    bool has_moved = false;
    for (guint i = 0; !has_moved && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        has_moved = rename->dbt != NULL && !rename->is_derived;
    }
    if (!has_moved || code_is_sql(work->path) || select_in_yaml(work))
        return;
    dbt_cosmos(work);
    TextLine line = {0};
    bool has_hole = false;
    for (size_t at = 0; at < work->bytes;) {
        const char *found = strstr(work->text + at, "dbt");
        if (found == NULL)
            break;
        at = (size_t) (found - work->text);
        text_line_go(&line, work->text, at);
        bool is_there = is_command(work, at) && !line.is_comment; /* comments stay as they are */
        at += strlen("dbt");
        text_line_go(&line, work->text, at);
        if (is_there)
            at = read_command(work, at, line.quote, &has_hole);
    }
    if (has_hole)
        visit_words(work);
}
