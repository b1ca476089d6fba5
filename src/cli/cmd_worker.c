/* cmd_worker.c - `honk worker`: work for a server; `honk serve` starts its own. */
#include "base/log.h"
#include "cli/client.h"
#include "worker/worker.h"

#include <unistd.h>

static const Option options[] = {
    {0, "id", "ID", "the name of this worker (made up if it is not given)"},
    {'l', "label", "LABEL",
     "offer LABEL beside store:, repository: and fleet:NAME of honk.yaml; may be repeated"},
    {0, "dies-with-parent", NULL, "end when the process that started this one does"},
    {0, "drain", NULL, "end when there is nothing to do"},
    {'v', "verbose", NULL, "log each task"},
    {0},
};

static bool
run(Invocation *call, GError **error)
{
    const Config *config;
    const char *server;

    if (!invocation_config(call, &config, error) || !invocation_server(call, &server, error))
        return false;
    g_autoptr(GPtrArray) labels = invocation_options(call, "label");
    g_ptr_array_add(labels, NULL);
    WorkerOptions worker = {
        .server = server,
        .token = g_getenv("HONK_TOKEN"),
        .id = invocation_option(call, "id"),
        .labels = (const char *const *) labels->pdata,
        .dies_with_parent = invocation_has(call, "dies-with-parent"),
        .drain = invocation_has(call, "drain"),
    };
    log_init("worker", invocation_has(call, "verbose") ? LOG_DEBUG : LOG_INFO,
             !isatty(STDERR_FILENO));
    return worker_main(config, &worker, error);
}

const Command cmd_worker = {
    .name = "worker",
    .args = "",
    .summary = "work for a server: copy, compare, swap",
    .deed = "work",
    .about =
        "`honk serve` starts as many workers as honk.yaml says; this starts one more, here or "
        "on another machine that reaches the stores.\n\n"
        "A first Ctrl-C finishes the batch and gives the task back, a second one ends at once.",
    .examples = "honk worker --label gpu\nhonk worker --server http://127.0.0.1:7420",
    .options = options,
    .run = run,
};
