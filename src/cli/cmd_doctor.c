/*
 * cmd_doctor.c - look at everything that a first run needs, and say how to mend what is amiss.
 *
 * One function a question, in a table; a question that cannot be asked (no honk.yaml) is passed
 * over.
 */
#include "base/child.h"
#include "base/libcurl.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "driver/driver.h"
#include "driver/mariadb/libmariadb.h"
#include "driver/postgres/libpq.h"
#include "sandbox/sandbox.h"
#include "server/libmicrohttpd.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>
#include <yaml.h>

#define FREE_BYTES_LEAST (1024LL * 1024 * 1024) /* the demo needs a third of it */
#define SQLITE_WAL_FIXED 3051003                /* 3.51.3: the WAL-reset bug is gone */

typedef enum { FINDING_GOOD, FINDING_NOTE, FINDING_BAD } Finding;

typedef struct {
    Invocation *call;
    const Config *config; /* NULL when there is none */
    json_t *findings;
    int bad;
} Doctor;

static void doctor_say(Doctor *doctor, Finding finding, const char *remedy, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void
doctor_say(Doctor *doctor, Finding finding, const char *remedy, const char *format, ...)
{
    static const struct {
        const char *mark, *word;
        Tone tone;
    } looks[] = {
        {"ok  ", "good", TONE_GOOD}, {"note", "note", TONE_WARN}, {"BAD ", "bad", TONE_BAD}};
    View *view = doctor->call->view;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *mark = view_toned(view, looks[finding].tone, looks[finding].mark);
    g_autofree char *shown = text_printable(text);
    g_autofree char *line = g_strdup_printf("%s  %s\n", mark, shown);
    view_raw(view, line);
    if (remedy != NULL)
        view_line(view, "      %s", remedy);
    json_t *object = json_pack("{s:s, s:s}", "finding", looks[finding].word, "text", text);
    json_set_string(object, "remedy", remedy);
    json_array_append_new(doctor->findings, object);
    doctor->bad += finding == FINDING_BAD;
}

/* Those that the program loads when it needs them may be missing although it runs. */
static void
look_at_lazy_libraries(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    if (libmicrohttpd_load(&error) && libcurl_load(&error) && libpq_load(&error) &&
        libmariadb_load(&error))
        doctor_say(doctor, FINDING_GOOD, NULL,
                   "libmicrohttpd %s, libcurl %s, libpq %d.%d, libmariadb %s", MHD_get_version(),
                   curl_version_info(CURLVERSION_NOW)->version, PQlibVersion() / 10000,
                   PQlibVersion() % 10000, mysql_get_client_info());
    else
        doctor_say(doctor, FINDING_BAD,
                   "install your system's packages of libmicrohttpd, libcurl, libpq and libmariadb",
                   "%s", error->message);
}

static void
look_at_libraries(Doctor *doctor)
{
    doctor_say(doctor, FINDING_GOOD, NULL,
               "honk " HONK_VERSION " with GLib %u.%u, SQLite %s, jansson %s, libyaml %s",
               glib_major_version, glib_minor_version, sqlite3_libversion(), jansson_version_str(),
               yaml_get_version_string());
    look_at_lazy_libraries(doctor);
    if (sqlite3_libversion_number() < SQLITE_WAL_FIXED)
        doctor_say(doctor, FINDING_NOTE,
                   "nothing to do: Honk's own state has one writer, and only that one checkpoints",
                   "SQLite %s may damage a database in WAL mode when two connections write and "
                   "checkpoint at "
                   "the same instant (mended in 3.51.3)",
                   sqlite3_libversion());
    if (!sqlite3_threadsafe())
        doctor_say(doctor, FINDING_BAD, "install your system's own libsqlite3",
                   "SQLite is built without threads");
}

typedef struct {
    const char *program, *name, *why; /* why: who needs it */
} Tool;

/* A version is what begins with the first digit that it says: "git version 2.39.5". */
static void
look_at_tool(Doctor *doctor, const Tool *tool)
{
    const ChildSpec spec = {.argv = (const char *const[]){tool->program, "--version", NULL},
                            .stdin_fd = -1,
                            .stdout_fd = -1,
                            .stderr_fd = -1};
    g_autofree char *output = NULL, *errors = NULL;
    size_t bytes = 0;
    int status = 0;
    if (!child_run(&spec, "", 0, 4096, 5000, &output, &bytes, &errors, &status, NULL) ||
        status != 0) {
        g_autofree char *way = g_strdup_printf("apt-get install %s", tool->program);
        doctor_say(doctor, FINDING_NOTE, way, "there is no %s; %s", tool->name, tool->why);
        return;
    }
    const char *version = output + strcspn(output, "0123456789");
    doctor_say(doctor, FINDING_GOOD, NULL, "%s is %.*s", tool->name, (int) strcspn(version, " \n"),
               version);
}

/* Not needed to move data, but to look, or for what lies behind it. */
static void
look_at_tools(Doctor *doctor)
{
    static const Tool tools[] = {
        {"sqlite3", "the sqlite3 shell", "the demo's independent witness needs it"},
        {"git", "git", "consumers' repositories are changed with it"},
        {"python3", "python3", "the demo's services and the Python SDK need it"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
        look_at_tool(doctor, &tools[i]);
}

/* Only coding agents, and what verifies their work, need one. */
static void
look_at_sandbox(Doctor *doctor)
{
    const char *missing = sandbox_missing();
    if (missing == NULL)
        doctor_say(doctor, FINDING_GOOD, NULL, "sandboxes can be made; %s", sandbox_held());
    else
        doctor_say(doctor, FINDING_NOTE, "without one, coding agents are refused",
                   "no sandbox can be made: %s", missing);
}

static void
look_at_settings(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    if (invocation_config(doctor->call, &doctor->config, &error))
        doctor_say(doctor, FINDING_GOOD, NULL, "%s is in order", doctor->config->path);
    else if (error_is(error, ERR_NOT_FOUND))
        doctor_say(doctor, FINDING_NOTE, "honk init DIR writes one, 'honk demo' needs none", "%s",
                   error->message);
    else
        doctor_say(doctor, FINDING_BAD, "mend the lines named above", "%s", error->message);
}

static void
look_at_program(Doctor *doctor, const char *kind, const char *name, char *const *command)
{
    g_autofree char *full = strchr(command[0], '/') != NULL
                                ? g_canonicalize_filename(command[0], doctor->config->folder)
                                : g_strdup(command[0]);
    g_autofree char *found = g_find_program_in_path(full);
    if (found != NULL)
        doctor_say(doctor, FINDING_GOOD, NULL, "%s '%s' is run by %s", kind, name, found);
    else
        doctor_say(doctor, FINDING_BAD, "install it, or mend 'command' in honk.yaml",
                   "%s '%s': there is no program '%s'", kind, name, full);
}

/* Whether the program of an agent is there; what it does is seen when it plans. */
static void
look_at_agents(Doctor *doctor)
{
    for (guint i = 0; i < doctor->config->agents->len; i++) {
        const AgentConfig *agent = doctor->config->agents->pdata[i];
        look_at_program(doctor, "agent", agent->name, agent->command);
    }
}

/* It is not asked: that costs. */
static void
look_at_model(Doctor *doctor, const char *who, const ModelConfig *model)
{
    g_autofree char *key = NULL, *what = g_strdup_printf("the key of model '%s'", model->id);
    g_autoptr(GError) error = NULL;
    if (config_secret(what, model->key_file, model->key_env, &key, &error))
        doctor_say(doctor, FINDING_GOOD, NULL, "%s asks model '%s' at %s%s", who, model->name,
                   model->url, key != NULL ? "" : ", without a key");
    else
        doctor_say(doctor, FINDING_BAD, "see to 'key_env' or 'key_file' in honk.yaml", "%s: %s",
                   who, error->message);
}

static void
look_at_coding(Doctor *doctor)
{
    const CodingConfig *coding = &doctor->config->coding;
    for (guint i = 0; i < coding->agents->len; i++) {
        const CodingAgentConfig *agent = coding->agents->pdata[i];
        const ModelConfig *model = coding_model(coding, agent->model);
        g_autofree char *who = g_strdup_printf("coding agent '%s'", agent->name);
        if (agent->command[0] != NULL)
            look_at_program(doctor, "coding agent", agent->name, agent->command);
        if (model != NULL && agent->replay == NULL)
            look_at_model(doctor, who, model);
    }
    if (coding->judge != NULL)
        look_at_model(doctor, "the judge", coding_model(coding, coding->judge));
    if (coding->agents->len == 0 || sandbox_missing() == NULL)
        return;
    if (coding->runs_unboxed)
        doctor_say(doctor, FINDING_NOTE, "mend what is missing for a sandbox",
                   "coding agents are run without a sandbox");
    else
        doctor_say(doctor, FINDING_BAD,
                   "mend what is missing, or say 'when_unboxed: run' below 'coding'",
                   "coding agents are refused, without a sandbox");
}

static void
look_at_state(Doctor *doctor)
{
    const char *folder = doctor->config->state;
    const char *parent = g_file_test(folder, G_FILE_TEST_IS_DIR) ? folder : doctor->config->folder;
    struct statvfs disk;
    if (access(parent, W_OK | X_OK) != 0) {
        doctor_say(doctor, FINDING_BAD, "change its owner, or 'state:' in honk.yaml",
                   "'%s' cannot be written: %s", parent, g_strerror(errno));
        return;
    }
    if (statvfs(parent, &disk) != 0)
        return;
    int64_t room = (int64_t) disk.f_bavail * (int64_t) disk.f_frsize;
    g_autofree char *shown = text_bytes(room);
    if (room < FREE_BYTES_LEAST)
        doctor_say(doctor, FINDING_NOTE, "make room before moving anything large",
                   "only %s are free below '%s'", shown, parent);
    else
        doctor_say(doctor, FINDING_GOOD, NULL, "'%s' can be written, %s are free", parent, shown);
}

static void
look_at_socket(Doctor *doctor)
{
    const char *path = doctor->config->socket;
    struct stat info;
    if (strlen(path) >= sizeof(((struct sockaddr_un *) NULL)->sun_path))
        doctor_say(doctor, FINDING_BAD,
                   "name a shorter one in 'socket:', for example /run/user/1000/honk.sock",
                   "the socket's path has %zu bytes, more than Unix allows (%zu): '%s'",
                   strlen(path), sizeof(((struct sockaddr_un *) NULL)->sun_path) - 1, path);
    else if (stat(path, &info) == 0 && (info.st_mode & 0077) != 0)
        doctor_say(doctor, FINDING_NOTE, "whoever may open it is let in, by user id",
                   "the socket '%s' is open to others (mode %03o)", path,
                   (unsigned) info.st_mode & 0777);
}

static void
look_at_stores(Doctor *doctor)
{
    for (guint i = 0; i < doctor->config->stores->len; i++) {
        const StoreConfig *store = doctor->config->stores->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(Conn) conn = NULL;
        if (conn_open(store, &conn, &error))
            doctor_say(doctor, FINDING_GOOD, NULL, "store '%s' (%s) can be reached", store->name,
                       store->driver);
        else
            doctor_say(doctor, FINDING_BAD, "correct 'stores:' in honk.yaml, or bring the store up",
                       "store '%s': %s", store->name, error->message);
    }
}

static void
look_at_server(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) health = NULL, who = NULL;
    const char *server = NULL;
    if (!invocation_server(doctor->call, &server, &error)) {
        doctor_say(doctor, FINDING_NOTE, NULL, "no server is known here");
        return;
    }
    if (!client_call(doctor->call, "GET", "/healthz", NULL, &health, &error)) {
        doctor_say(doctor, FINDING_NOTE, "start one with 'honk serve'", "no server answers at %s",
                   server);
        return;
    }
    if (!client_call(doctor->call, "GET", "/whoami", NULL, &who, &error)) {
        doctor_say(doctor, FINDING_BAD, "honk login", "the server at %s does not let you in: %s",
                   server, error->message);
        return;
    }
    g_autofree char *roles = json_compact(json_object_get(who, "roles"));
    doctor_say(doctor, FINDING_GOOD, NULL,
               "honk %s serves at %s; you are %s there, with the roles %s",
               json_get_string(health, "version", "?"), json_get_string(health, "url", server),
               json_get_string(who, "identity", "?"), roles);
}

static const struct {
    void (*look)(Doctor *doctor);
    bool needs_settings;
} looks[] = {
    {look_at_libraries, false}, {look_at_tools, false}, {look_at_settings, false},
    {look_at_sandbox, false},   {look_at_agents, true}, {look_at_coding, true},
    {look_at_state, true},      {look_at_socket, true}, {look_at_stores, true},
    {look_at_server, false},
};

static bool
cmd_doctor_run(Invocation *call, GError **error)
{
    Doctor doctor = {.call = call, .findings = json_array()};
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        if (!looks[i].needs_settings || doctor.config != NULL)
            looks[i].look(&doctor);
    if (invocation_json(call))
        view_json(call->view, doctor.findings);
    json_decref(doctor.findings);
    call->status = doctor.bad > 0 ? error_exit_status(ERR_INVALID) : 0;
    return true;
}

const Command cmd_doctor = {
    .name = "doctor",
    .args = "",
    .summary = "look for what is missing or amiss, and say how to mend it",
    .examples = "honk doctor\nhonk doctor --json",
    .run = cmd_doctor_run,
};
