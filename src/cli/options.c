/*
 * options.c - words into an Invocation.
 *
 * Options may stand anywhere after the verb: --name value, --name=value, -f value, -fvalue; "--"
 * ends them. The common ones may also stand before the verb.
 */
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"

#include <inttypes.h>
#include <string.h>

const Option common_options[] = {
    {0, "json", NULL, "print JSON for programs"},
    {0, "no-color", NULL, "no colours, also on a terminal"},
    {0, "config", "FILE", "use this honk.yaml instead of the nearest one upwards"},
    {0, "server", "URL", "speak with this server: unix:/path or http://host:port"},
    {0, "as", "USER", "act as this user, where the server's policy lets you"},
    {'h', "help", NULL, "show this help"},
    {0},
};

typedef struct {
    const Option *option;
    char *value; /* NULL for a switch */
} OptionGiven;

static void
option_given_free(void *data)
{
    OptionGiven *given = data;
    g_free(given->value);
    g_free(given);
}

static Invocation *
invocation_new(void)
{
    Invocation *call = g_new0(Invocation, 1);
    call->args = g_ptr_array_new_with_free_func(g_free);
    call->options = g_ptr_array_new_with_free_func(option_given_free);
    call->view = view_new(stdout);
    return call;
}

static const Option *
option_in(const Option *options, const char *name, size_t length, char letter)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (name != NULL && strlen(options->name) == length &&
            strncmp(options->name, name, length) == 0)
            return options;
        if (name == NULL && options->letter == letter)
            return options;
    }
    return NULL;
}

static const Option *
option_find(const Command *command, const char *name, size_t length, char letter)
{
    const Option *own = command != NULL ? command->options : NULL;
    const Option *option = option_in(own, name, length, letter);
    return option != NULL ? option : option_in(common_options, name, length, letter);
}

static bool
option_unknown(const Command *command, const char *word, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Option *o = command != NULL ? command->options : NULL; o != NULL && o->name; o++)
        g_ptr_array_add(names, (void *) o->name);
    for (const Option *o = common_options; o->name != NULL; o++)
        g_ptr_array_add(names, (void *) o->name);
    g_ptr_array_add(names, NULL);

    g_autofree char *name = g_strndup(word, strcspn(word, "="));
    const char *bare = name + strspn(name, "-");
    const char *nearest = text_nearest(bare, (const char *const *) names->pdata);
    const char *verb = command != NULL ? command->name : "";
    const char *gap = command != NULL ? " " : "";
    if (nearest != NULL)
        return fail(error, ERR_INVALID, "'honk%s%s' has no option '%s', did you mean '--%s'?", gap,
                    verb, name, nearest);
    return fail(error, ERR_INVALID, "'honk%s%s' has no option '%s', see 'honk%s%s --help'", gap,
                verb, name, gap, verb);
}

/* One option at words[*at]; moves *at past its value. */
static bool
option_take(Invocation *call, char *const *words, int count, int *at, GError **error)
{
    const char *word = words[*at];
    bool is_long = word[1] == '-';
    size_t length = is_long ? strcspn(word + 2, "=") : 1;
    const Option *option = is_long ? option_find(call->command, word + 2, length, 0)
                                   : option_find(call->command, NULL, 0, word[1]);
    if (option == NULL)
        return option_unknown(call->command, word, error);

    const char *value = is_long ? (word[2 + length] == '=' ? word + 3 + length : NULL)
                                : (word[2] != '\0' ? word + 2 : NULL);
    if (option->value == NULL && value != NULL)
        return fail(error, ERR_INVALID, "'--%s' takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (*at + 1 >= count)
            return fail(error, ERR_INVALID, "'--%s' needs a value: %s", option->name,
                        option->value);
        value = words[++*at];
    }
    OptionGiven *given = g_new0(OptionGiven, 1);
    given->option = option;
    given->value = g_strdup(value);
    g_ptr_array_add(call->options, given);
    return true;
}

static bool
command_unknown(char *const *words, int count, GError **error)
{
    g_autofree char *two = count > 1 ? g_strdup_printf("%s %s", words[0], words[1]) : NULL;
    g_autofree char *group = g_strdup_printf("%s ", words[0]);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) members = g_string_new(NULL);
    for (size_t i = 0; command_at(i) != NULL; i++) {
        const char *name = command_at(i)->name;
        g_ptr_array_add(names, (void *) name);
        if (g_str_has_prefix(name, group))
            g_string_append_printf(members, "%s'honk %s'", members->len > 0 ? ", " : "", name);
    }
    g_ptr_array_add(names, NULL);
    const char *const *list = (const char *const *) names->pdata;
    const char *nearest = two != NULL ? text_nearest(two, list) : NULL;
    if (nearest == NULL)
        nearest = text_nearest(words[0], list);
    if (members->len > 0)
        return fail(error, ERR_INVALID, "'honk %s' needs one more word: %s", words[0],
                    members->str);
    if (nearest != NULL)
        return fail(error, ERR_INVALID, "no verb '%s', did you mean 'honk %s'?", words[0], nearest);
    return fail(error, ERR_INVALID, "no verb '%s', 'honk --help' lists them", words[0]);
}

/* How many words the args text asks for; `*ret_most` is SIZE_MAX for "…". */
static size_t
args_wanted(const char *args, size_t *ret_most)
{
    g_auto(GStrv) words = g_strsplit(args, " ", -1);
    size_t least = 0, most = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        most++;
        if (**word != '[')
            least++;
    }
    *ret_most = strstr(args, "…") != NULL ? SIZE_MAX : most;
    return least;
}

static bool
args_check(const Invocation *call, GError **error)
{
    const char *args = call->command->args != NULL ? call->command->args : "";
    size_t most = 0;
    size_t least = args_wanted(args, &most);
    const char *name = call->command->name;
    if (call->args->len < least)
        return fail(error, ERR_INVALID, "too few words, expected 'honk %s %s'", name, args);
    if (call->args->len > most)
        return fail(error, ERR_INVALID, "'%s' is one word too many, expected 'honk %s%s%s'",
                    invocation_arg(call, most), name, *args != '\0' ? " " : "", args);
    return true;
}

static void
invocation_settle(Invocation *call)
{
    call->help = invocation_has(call, "help");
    call->view->json = invocation_has(call, "json");
    if (invocation_has(call, "no-color"))
        call->view->colour = false;
}

bool
invocation_parse(int argc, char *const *argv, Invocation **ret, GError **error)
{
    g_autoptr(Invocation) call = invocation_new();
    int at = 0;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++)
        if (!option_take(call, argv, argc, &at, error))
            return false;
    if (at < argc) {
        int words = 0;
        call->command = command_find(argv + at, argc - at, &words);
        if (call->command == NULL && strcmp(argv[at], "help") != 0)
            return command_unknown(argv + at, argc - at, error);
        at += call->command != NULL ? words : 1;
    }
    for (bool ended = false; at < argc; at++) {
        if (!ended && strcmp(argv[at], "--") == 0)
            ended = true;
        else if (ended || argv[at][0] != '-' || argv[at][1] == '\0')
            g_ptr_array_add(call->args, g_strdup(argv[at]));
        else if (!option_take(call, argv, argc, &at, error))
            return false;
    }
    invocation_settle(call);
    if (call->command != NULL && !call->help && !args_check(call, error))
        return false;
    *ret = g_steal_pointer(&call);
    return true;
}

void
invocation_free(Invocation *call)
{
    if (call == NULL)
        return;
    g_ptr_array_unref(call->args);
    g_ptr_array_unref(call->options);
    view_free(call->view);
    g_free(call->hint);
    if (call->world != NULL)
        call->world_free(call->world);
    g_free(call);
}

const char *
invocation_arg(const Invocation *call, size_t index)
{
    return index < call->args->len ? call->args->pdata[index] : NULL;
}

bool
invocation_has(const Invocation *call, const char *option)
{
    for (guint i = 0; i < call->options->len; i++) {
        const OptionGiven *given = call->options->pdata[i];
        if (strcmp(given->option->name, option) == 0)
            return true;
    }
    return false;
}

GPtrArray *
invocation_options(const Invocation *call, const char *option)
{
    GPtrArray *values = g_ptr_array_new();
    for (guint i = 0; i < call->options->len; i++) {
        const OptionGiven *given = call->options->pdata[i];
        if (strcmp(given->option->name, option) == 0)
            g_ptr_array_add(values, given->value);
    }
    return values;
}

const char *
invocation_option(const Invocation *call, const char *option)
{
    g_autoptr(GPtrArray) values = invocation_options(call, option);
    return values->len > 0 ? values->pdata[values->len - 1] : NULL;
}

bool
invocation_int(const Invocation *call, const char *option, int64_t least, int64_t otherwise,
               int64_t *ret, GError **error)
{
    const char *text = invocation_option(call, option);
    gint64 value = otherwise;
    if (text != NULL && !g_ascii_string_to_signed(text, 10, least, INT64_MAX, &value, NULL))
        return fail(error, ERR_INVALID, "'--%s %s' is not a whole number of at least %" PRId64,
                    option, text, least);
    *ret = value;
    return true;
}

bool
invocation_json(const Invocation *call)
{
    return call->view->json;
}

void
invocation_hint(Invocation *call, const char *format, ...)
{
    if (call->hint != NULL)
        return;
    va_list args;
    va_start(args, format);
    call->hint = g_strdup_vprintf(format, args);
    va_end(args);
}
