/* message.c - strings that are words for people, by what is done with them. */
#include "rewrite/program/program.h"

#include <string.h>

/* @doc """…""" of Elixir; panic!("…") of Rust. */
static bool
is_message_of_language(const Unit *unit, const Use *use)
{
    static const char *const docs[] = {"doc", "moduledoc", "typedoc", "shortdoc", NULL};
    static const char *const macros[] = {"eprintln", "eprint", "panic",  "todo",   "unreachable",
                                         "bail",     "anyhow", "ensure", "expect", NULL};
    if (strcmp(unit->language->name, "elixir") == 0)
        return use->callee.begin > 0 && unit->text->bytes[use->callee.begin - 1] == '@' &&
               span_is_among(unit->text, use->callee, docs);
    return strcmp(unit->language->name, "rust") == 0 &&
           span_is_among(unit->text, use->callee, macros);
}

/* assert x, "…" of Python */
static bool
is_behind_assert(Unit *unit, guint literal)
{
    guint comma = unit_previous(unit, literal, false);
    if (!unit->language->has_docstrings || comma == G_MAXUINT || !unit_is_sign(unit, comma, ','))
        return false;
    guint first = unit_line_of(unit, comma);
    return span_is(unit->text, piece_span(unit_piece(unit, first)), "assert");
}

/* describe("order_lines", () => …) of JavaScript: whatever is said, what is run stands behind it. */
static bool
is_before_function(const Unit *unit, const Use *use)
{
    guint comma = unit_next(unit, use->last, true);
    guint at = unit_is_sign(unit, comma, ',') ? unit_next(unit, comma, true) : G_MAXUINT;
    return unit_is_language(unit, "javascript") && at < unit->pieces->len &&
           (unit_is_sign(unit, at, '(') || unit_is_word(unit, at, "async") ||
            unit_is_word(unit, at, "function"));
}

/* it("keeps users", …), describe "users and songs" do, t.Run("no users", …): what a test is called. */
static bool
is_name_of_test(const Unit *unit, const Use *use)
{
    static const struct {
        const char *language;
        const char *const calls[12];
    } languages[] = {
        {"javascript", {"it", "describe", "test"}},
        {"ruby", {"it", "describe", "context", "feature", "scenario", "specify", "test", "should"}},
        {"php", {"it", "describe", "test"}},
        {"elixir", {"describe", "test"}},
        {"kotlin", {"it", "describe", "context", "given", "test", "should"}},
        {"scala", {"it", "describe", "test", "feature", "scenario"}},
        {"go",
         {"It", "Describe", "Context", "When", "By", "Specify", "DescribeTable", "Entry", "FIt",
          "PIt", "Run"}},
    };
    const Piece *piece = unit_piece(unit, use->first);
    bool is_run = unit_is_language(unit, "go") && span_is(unit->text, use->callee, "Run");
    if (use->argument != 0 || use->key.end != 0 || (use->receiver.end != 0) != is_run ||
        (memchr(unit->text->bytes + piece->begin, ' ', piece->end - piece->begin) == NULL &&
         !is_before_function(unit, use)))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
        if (unit_is_language(unit, languages[i].language))
            return span_is_among(unit->text, use->callee, languages[i].calls);
    return false;
}

/* logger.Session("users"), sys.stderr.write("…") */
static bool
is_logged(const Unit *unit, const Use *use)
{
    static const char *const loggers[] = {"logger", "console", "slog", "stderr", NULL};
    return use->argument == 0 && span_is_among(unit->text, use->receiver, loggers);
}

/* throw new NotFound("…") of Java, C#, PHP and JavaScript; errors.New("…"), errors.Wrap(err, "…") of Go */
static bool
is_thrown(const Unit *unit, const Use *use)
{
    static const char *const wraps[] = {"Wrap", "Wrapf", "WithMessage", "WithMessagef", NULL};
    if (strcmp(unit->language->name, "go") == 0)
        return span_is_among(unit->text, use->callee, wraps) ||
               (span_is(unit->text, use->callee, "New") &&
                span_is(unit->text, use->receiver, "errors"));
    guint at = piece_of_callee(unit, use);
    guint maker = at != G_MAXUINT ? unit_previous(unit, at, true) : G_MAXUINT;
    guint thrower = maker != G_MAXUINT ? unit_previous(unit, maker, true) : G_MAXUINT;
    return thrower != G_MAXUINT &&
           span_is(unit->text, piece_span(unit_piece(unit, maker)), "new") &&
           span_is(unit->text, piece_span(unit_piece(unit, thrower)), "throw");
}

/* BashOperator(task_id="users", …): what Airflow calls a task, whatever it reads. */
static bool
is_label(const Unit *unit, const Use *use)
{
    static const char *const keys[] = {
        "task_id",          "dag_id",          "group_id",       "task_ids",
        "external_task_id", "external_dag_id", "trigger_dag_id", NULL};
    return span_is_among(unit->text, use->key, keys);
}

/* Words for people, not for a machine. */
bool
use_is_message(Unit *unit, const Use *use)
{
    static const char *const callees[] = {
        "print",     "println",  "printf", "log",    "info",  "debug",   "warn",   "warning",
        "error",     "err",      "trace",  "fatal",  "echo",  "message", "cat",    "stop",
        "require",   "assert",   "fail",   "Errorf", "Infof", "Printf",  "Fatalf", "Println",
        "exception", "critical", "die",    "puts",   "raise", NULL};
    static const char *const keys[] = {"description", "message", "help",   "doc",
                                       "comment",     "title",   "doc_md", NULL};
    const Text *text = unit->text;
    Span callee = use->callee;
    if (span_is_among(text, callee, callees) || span_is_among(text, use->key, keys) ||
        is_message_of_language(unit, use) || is_behind_assert(unit, use->first) ||
        is_name_of_test(unit, use) || is_thrown(unit, use) || is_logged(unit, use) ||
        is_label(unit, use))
        return true;
    size_t bytes = callee.end - callee.begin;
    const char *name = text->bytes + callee.begin;
    return (bytes > 5 && strncmp(name + bytes - 5, "Error", 5) == 0) ||
           (bytes > 9 && strncmp(name + bytes - 9, "Exception", 9) == 0);
}
