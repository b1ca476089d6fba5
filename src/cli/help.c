/* help.c - help for one verb, and the list of all. */
#include "cli/help.h"

#include <string.h>

static void
options_append(GString *text, const char *title, const Option *options)
{
    if (options == NULL || options->name == NULL)
        return;
    g_string_append_printf(text, "\n%s\n", title);
    for (const Option *o = options; o->name != NULL; o++) {
        g_autoptr(GString) left = g_string_new(NULL);
        if (o->letter != 0)
            g_string_append_printf(left, "-%c, ", o->letter);
        g_string_append_printf(left, "--%s", o->name);
        if (o->value != NULL)
            g_string_append_printf(left, " %s", o->value);
        g_string_append_printf(text, "  %-22s %s%s\n", left->str,
                               left->len > 22 ? "\n                         " : "", o->text);
    }
}

static void
lines_append(GString *text, const char *lines, const char *indent)
{
    g_auto(GStrv) each = g_strsplit(lines, "\n", -1);
    for (char **line = each; *line != NULL; line++)
        if (**line != '\0' || line[1] != NULL)
            g_string_append_printf(text, "%s%s\n", **line != '\0' ? indent : "", *line);
}

char *
command_help(const Command *command)
{
    GString *text = g_string_new(NULL);
    bool has_args = command->args != NULL && *command->args != '\0';
    g_string_append_printf(text, "honk %s%s%s - %s\n", command->name, has_args ? " " : "",
                           has_args ? command->args : "", command->summary);
    if (command->about != NULL) {
        g_string_append_c(text, '\n');
        lines_append(text, command->about, "");
    }
    options_append(text, "Options", command->options);
    options_append(text, "Options of every verb", common_options);
    if (command->examples != NULL) {
        g_string_append(text, "\nExamples\n");
        lines_append(text, command->examples, "  ");
    }
    return g_string_free(text, FALSE);
}

char *
commands_help(void)
{
    GString *text =
        g_string_new("honk - moves a dataset and everything downstream of it, by a plan "
                     "that a person approved\n\nVerbs\n");
    for (size_t i = 0; command_at(i) != NULL; i++)
        g_string_append_printf(text, "  %-16s  %s\n", command_at(i)->name, command_at(i)->summary);
    options_append(text, "Options of every verb", common_options);
    g_string_append(text, "\n'honk VERB --help' shows options and examples. To see it all work: "
                          "honk demo\n");
    return g_string_free(text, FALSE);
}

static json_t *
options_json(const Option *options)
{
    json_t *list = json_array();
    for (const Option *o = options; o != NULL && o->name != NULL; o++) {
        const char letter[] = {o->letter, '\0'};
        json_t *option = json_object();
        json_set_string(option, "name", o->name);
        json_set_string(option, "letter", o->letter != 0 ? letter : NULL);
        json_set_string(option, "value", o->value);
        json_set_string(option, "text", o->text);
        json_array_append_new(list, option);
    }
    return list;
}

json_t *
commands_help_json(void)
{
    json_t *verbs = json_array();
    for (size_t i = 0; command_at(i) != NULL; i++) {
        const Command *command = command_at(i);
        json_t *verb = json_object();
        json_set_string(verb, "name", command->name);
        json_set_string(verb, "args", command->args);
        json_set_string(verb, "summary", command->summary);
        json_set_string(verb, "about", command->about);
        json_set_string(verb, "examples", command->examples);
        json_object_set_new(verb, "options", options_json(command->options));
        json_array_append_new(verbs, verb);
    }
    return json_pack("{s:s, s:o, s:o}", "version", HONK_VERSION, "options",
                     options_json(common_options), "verbs", verbs);
}
