/* cli.c - from words to an exit status: parse, run, report. */
#include "base/text.h"
#include "cli/help.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#define OUT_BUFFER_BYTES                                                                           \
    ((size_t) 64 * 1024) /* a write of a diff's length costs as much as of a line's */

/* What helps whoever gets such an error, when the verb has nothing better to say. */
static const struct {
    ErrorCode code;
    const char *hint;
} hints[] = {
    {ERR_UNAUTHORIZED, "'honk login' saves a token for this server"},
    {ERR_DRIFT,
     "'honk plan NAME' makes a new plan of the world as it is now, and shows what changed"},
    {ERR_LIMIT, "the same call will work a little later"},
};

static void
report_json(FILE *to, const GError *error, const char *hint)
{
    g_autoptr(json_t) object = json_object();
    json_set_string(object, "code", error_wire_name(error_code(error)));
    json_set_string(object, "message", error->message);
    json_set_string(object, "hint", hint);
    g_autofree char *text = json_compact(object);
    fprintf(to, "%s\n", text);
}

/* The first line says what could not be done; lines that follow (findings in files) stay as they
 * are. */
static void
report_text(FILE *to, const char *deed, const GError *error, const char *hint)
{
    g_auto(GStrv) lines = g_strsplit(g_strchomp(error->message), "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *shown = text_printable(*line);
        if (line != lines)
            fprintf(to, "%s\n", shown);
        else if (deed != NULL && lines[1] != NULL)
            fprintf(to, "honk: cannot %s:\n%s\n", deed, shown);
        else if (deed != NULL)
            fprintf(to, "honk: cannot %s: %s\n", deed, shown);
        else
            fprintf(to, "honk: %s\n", shown);
    }
    if (hint != NULL) {
        g_autofree char *shown = text_printable(hint);
        fprintf(to, "hint: %s\n", shown);
    }
}

static int
report(const Invocation *call, const GError *error)
{
    const char *hint = call != NULL ? call->hint : NULL;
    for (size_t i = 0; hint == NULL && i < G_N_ELEMENTS(hints); i++)
        if (error_code(error) == hints[i].code)
            hint = hints[i].hint;
    fflush(stdout);
    if (call != NULL && invocation_json(call))
        report_json(stderr, error, hint);
    else
        report_text(stderr, call != NULL ? call->command->deed : NULL, error, hint);
    return error_exit_status(error_code(error));
}

static int
show_help(const Invocation *call)
{
    int words = 0;
    const Command *command = call->command;
    if (invocation_json(call)) {
        g_autoptr(json_t) all = commands_help_json();
        view_json(call->view, all);
        return 0;
    }
    if (command == NULL && call->args->len > 0) /* honk help VERB */
        command = command_find((char *const *) call->args->pdata, (int) call->args->len, &words);
    g_autofree char *text = command != NULL ? command_help(command) : commands_help();
    fputs(text, stdout);
    return 0;
}

/* Output that could not be written (a full disk behind a redirection) must not look like success.
 */
static int
finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "honk: cannot write the output: %s\n", g_strerror(errno));
    return status != 0 ? status : error_exit_status(ERR_NO_SPACE);
}

/* Of a size that the C library only takes together with the memory. */
static char out_buffer[OUT_BUFFER_BYTES];

int
cli_main(int argc, char *const *argv)
{
    setlocale(LC_CTYPE, "");
    if (isatty(STDOUT_FILENO) == 0)
        setvbuf(stdout, out_buffer, _IOFBF, sizeof(out_buffer));
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
        printf("honk " HONK_VERSION "\n");
        return finish_output(0);
    }
    if (argc > 3 && strcmp(argv[1], BOX_LAUNCH) == 0)
        return box_launch(argc - 2, (char **) argv + 2);
    g_autoptr(GError) error = NULL;
    g_autoptr(Invocation) call = NULL;
    if (!invocation_parse(argc - 1, argv + 1, &call, &error))
        return report(NULL, error);
    if (call->help || call->command == NULL)
        return finish_output(show_help(call));
    if (!call->command->run(call, &error))
        return report(call, error);
    return finish_output(call->status);
}
