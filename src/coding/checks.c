/*
 * checks.c - the repository's own build and tests: found by what lies in its root, unless the catalog says what they are.
 *
 * They run in a box, on a clean copy, before and after. What was red before is not blamed on the change, and what cannot be
 * run here (its program is not there) says so and proves nothing.
 */
#include "base/text.h"
#include "coding/inside.h"

#include <glob.h>
#include <string.h>

#define MARKER_BYTES_MAX ((size_t) 1024 * 1024)

typedef struct {
    const char *name;
    const char *marker;   /* a file of the root, as glob() knows it */
    const char *contains; /* what it must hold; or NULL */
    const char *needs;    /* a shell command that works where the check can be run */
    const char *command;  /* NULL: as of dbt_commands() */
    bool is_last_resort;  /* only where nothing else was found */
} Check;

static const Check table[] = {
    {"dbt", "dbt_project.yml", NULL, "command -v dbt", NULL, false},
    {"maven", "pom.xml", NULL, "command -v mvn", "mvn -q -B -o test", false},
    {"gradle", "build.gradle*", NULL, "command -v gradle", "gradle --offline --no-daemon -q test",
     false},
    {"sbt", "build.sbt", NULL, "command -v sbt", "sbt -Dsbt.offline=true test", false},
    {"npm", "package.json", "\"test\"", "command -v npm", "npm test --silent", false},
    {"pytest", "pytest.ini", NULL, "python3 -c 'import pytest'", "python3 -m pytest -q", false},
    {"pytest", "pyproject.toml", "[tool.pytest", "python3 -c 'import pytest'",
     "python3 -m pytest -q", false},
    {"pytest", "setup.cfg", "[tool:pytest", "python3 -c 'import pytest'", "python3 -m pytest -q",
     false},
    {"pytest", "tests/conftest.py", NULL, "python3 -c 'import pytest'", "python3 -m pytest -q",
     false},
    {"pytest", "tests/test_*.py", "import pytest", "python3 -c 'import pytest'",
     "python3 -m pytest -q", false},
    {"unittest", "tests/test_*.py", "unittest", "command -v python3",
     "python3 -m unittest discover -q -s tests -t .", false},
    {"unittest", "test_*.py", "unittest", "command -v python3", "python3 -m unittest discover -q",
     false},
    {"go", "go.mod", NULL, "command -v go", "go test ./...", false},
    {"cargo", "Cargo.toml", NULL, "command -v cargo", "cargo test --offline -q", false},
    {"make", "Makefile", "\ntest:", "command -v make", "make test", true},
    {"pre-commit", ".pre-commit-config.yaml", NULL, "command -v pre-commit",
     "pre-commit run --all-files", true},
};

/* ---- finding ---- */

static bool
is_there(const Ground *ground, const Check *check)
{
    g_autofree char *pattern = g_build_filename(ground->check, check->marker, NULL);
    glob_t found;
    bool holds = false;
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc && !holds; i++) {
        g_autofree char *text = NULL;
        holds = check->contains == NULL ||
                (file_read(found.gl_pathv[i], MARKER_BYTES_MAX, &text, NULL, NULL) &&
                 strstr(text, check->contains) != NULL);
    }
    globfree(&found);
    return holds;
}

/* NULL: there is one of that name. Borrowed. */
static json_t *
add_check(json_t *checks, const char *name, const char *needs, const char *command)
{
    json_t *check, *one;
    size_t i;
    json_array_foreach(checks, i, check) if (strcmp(json_get_string(check, "name", ""), name) ==
                                             0) return NULL;
    one = json_object();
    json_set_string(one, "name", name);
    json_set_string(one, "command", command);
    json_set_string(one, "needs", needs);
    json_array_append_new(checks, one);
    return one;
}

/* The most that can be tried, and what is tried where that does not pass as the code was before. */
static void
add_dbt(json_t *checks, const Check *dbt, const Ground *ground)
{
    g_auto(GStrv) commands = dbt_commands(ground->check);
    json_t *check = add_check(checks, dbt->name, dbt->needs, commands[0]), *less = json_array();
    for (size_t i = 1; commands[i] != NULL; i++)
        json_array_append_new(less, json_string(commands[i]));
    json_object_set_new(check, "less", less);
}

static json_t *
find(const CodingWork *work, const Ground *ground)
{
    json_t *checks = json_array();
    if (work->verify != NULL) {
        add_check(checks, "catalog", "true", work->verify);
        return checks;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if ((table[i].is_last_resort && json_array_size(checks) > 0) ||
            !is_there(ground, &table[i]))
            continue;
        if (table[i].command == NULL)
            add_dbt(checks, &table[i], ground);
        else
            add_check(checks, table[i].name, table[i].needs, table[i].command);
    }
    return checks;
}

/* ---- running ---- */

static bool
run(const CodingWork *work, const Ground *ground, const char *command, BoxResult *ret,
    GError **error)
{
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    static const char *const env[] = {"PYTHONDONTWRITEBYTECODE=1",
                                      "DBT_SEND_ANONYMOUS_USAGE_STATS=false",
                                      "npm_config_offline=true", NULL};
    BoxSpec spec = {.argv = argv,
                    .folder = ground->check,
                    .env = env,
                    .limits = coding_limits(work->agent),
                    .is_open = work->config->coding.runs_unboxed,
                    .go_on = work->go_on,
                    .go_on_data = work->go_on_data};
    return box_run(&spec, "", 0, ret, error);
}

/* "passed", "failed: it ended with status 1", "not run: …". `*ret_said` is the end of what it said. */
static bool
run_check(const CodingWork *work, const Ground *ground, const json_t *check, char **ret_verdict,
          char **ret_said, GError **error)
{
    g_auto(BoxResult) probe = {0};
    g_auto(BoxResult) result = {0};
    if (!run(work, ground, json_get_string(check, "needs", "true"), &probe, error))
        return false;
    *ret_said = g_strdup("");
    if (!probe.is_good) {
        *ret_verdict = g_strdup("not run: what it needs is not installed");
        return true;
    }
    if (!run(work, ground, json_get_string(check, "command", ""), &result, error))
        return false;
    *ret_verdict =
        result.is_good ? g_strdup("passed") : g_strdup_printf("failed: it %s", result.end);
    g_autofree char *output = coding_words(result.output, CODING_SAID_BYTES_MAX / 2),
                    *errors = coding_words(result.errors, CODING_SAID_BYTES_MAX / 2);
    g_free(*ret_said);
    *ret_said = g_strconcat(output, "\n", errors, NULL);
    return true;
}

bool
check_before(const CodingWork *work, Ground *ground, json_t *check, GError **error)
{
    g_autoptr(json_t) less = json_incref(json_object_get(check, "less"));
    json_object_del(check, "less");
    for (size_t i = 0;; i++) {
        g_autofree char *verdict = NULL, *said = NULL;
        if (!run_check(work, ground, check, &verdict, &said, error))
            return false;
        json_set_string(check, "before", verdict);
        if (!g_str_has_prefix(verdict, "failed") || i >= json_array_size(less))
            return true;
        json_object_set(check, "command", json_array_get(less, i));
        if (!ground_lay_check(ground, work, false, error))
            return false;
    }
}

bool
checks_before(const CodingWork *work, Ground *ground, json_t **ret, GError **error)
{
    g_autoptr(json_t) checks = find(work, ground);
    json_t *check;
    size_t i;
    json_array_foreach(checks, i,
                       check) if (!check_before(work, ground, check, error)) return false;
    *ret = g_steal_pointer(&checks);
    return true;
}

bool
checks_after(const CodingWork *work, const Ground *ground, json_t *checks, char **ret_why,
             GError **error)
{
    g_autoptr(GString) why = g_string_new(NULL);
    json_t *check;
    size_t i;
    json_array_foreach(checks, i, check)
    {
        g_autofree char *verdict = NULL, *said = NULL;
        const char *before = json_get_string(check, "before", "");
        if (!run_check(work, ground, check, &verdict, &said, error))
            return false;
        json_set_string(check, "after", verdict);
        g_autofree char *command = text_printable(json_get_string(check, "command", ""));
        if (strcmp(before, "passed") == 0 && strcmp(verdict, "passed") != 0)
            g_string_append_printf(why, "check-failed %s: `%s` passed before, and now %s\n%s\n",
                                   json_get_string(check, "name", ""), command, verdict, said);
    }
    *ret_why = g_string_free(g_steal_pointer(&why), FALSE);
    return true;
}
