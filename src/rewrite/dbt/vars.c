/* vars.c - templates in dbt's YAML whose value the project says: variables, and defaults of the environment's. */
#include "rewrite/dbt/sources.h"
#include "sql/jinja.h"

#include <string.h>

static const YamlNode *
member(const YamlNode *map, const char *key)
{
    return map != NULL && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;
}

const YamlNode *
dbt_var(const YamlNode *settings, const char *name)
{
    const YamlNode *vars = member(settings, "vars");
    const char *project = settings != NULL ? yaml_get_text(settings, "name") : NULL;
    const YamlNode *own = project != NULL ? member(member(vars, project), name) : NULL;
    return own != NULL ? own : member(vars, name);
}

static const char *
var_of(const YamlNode *settings, const char *name)
{
    const YamlNode *found = dbt_var(settings, name);
    bool is_text = found != NULL && found->kind == YAML_SCALAR && !yaml_is_null(found);
    return is_text && strstr(found->text, "{{") == NULL ? found->text : NULL;
}

/* Is the text `{{ NAME(…) }}`, one call and nothing else? */
static bool
is_one_call(const char *text, const JinjaArgument *argument)
{
    const char *close = strchr(text, ')');
    return strspn(text + 2, " -") + 2 == argument->callee && close != NULL &&
           strcmp(close + 1 + strspn(close + 1, " -"), "}}") == 0;
}

static bool
is_literal(const JinjaArgument *argument, guint place)
{
    return argument->kind == JINJA_LITERAL && !argument->is_mixed && argument->keyword_end == 0 &&
           argument->place == place;
}

char *
dbt_template_value(const char *text, const YamlNode *settings)
{
    Token whole = {.kind = TOKEN_TEMPLATE, .begin = 0, .end = (uint32_t) strlen(text)};
    if (strncmp(text, "{{", 2) != 0 || whole.end < 4)
        return NULL;
    g_autoptr(GArray) found = jinja_arguments(text, &whole);
    const JinjaArgument *list = (const JinjaArgument *) (void *) found->data;
    if (found->len < 1 || found->len > 2 || !is_literal(&list[0], 0) ||
        !is_one_call(text, &list[0]) || (found->len == 2 && !is_literal(&list[1], 1)))
        return NULL;
    g_autofree char *callee = g_strndup(text + list[0].callee, list[0].callee_end - list[0].callee);
    g_autofree char *name = g_strndup(text + list[0].begin, list[0].end - list[0].begin);
    const char *said = strcmp(callee, "var") == 0 ? var_of(settings, name) : NULL;
    if (said != NULL)
        return g_strdup(said);
    bool is_known = strcmp(callee, "var") == 0 || strcmp(callee, "env_var") == 0;
    return is_known && found->len == 2
               ? g_strndup(text + list[1].begin, list[1].end - list[1].begin)
               : NULL;
}
