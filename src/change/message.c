/* message.c - what the owners of a repository read about our commit. */
#include "change/commit.h"
#include "change/written.h"

#include "base/text.h"

#include <string.h>

#define WIDTH 72 /* as git's own messages */
#define LEFT_SHOWN_MAX 20
#define KINDS_SHOWN_MAX 12 /* of edits: what a reviewer looks for in the lines */

/* Words wrapped below `indent`; the first line begins with `first`. */
static void
add_wrapped(GString *text, const char *first, const char *indent, const char *words)
{
    g_auto(GStrv) list = g_strsplit_set(words, " \n", -1);
    size_t column = strlen(first);
    bool is_begin = true;
    g_string_append(text, first);
    for (size_t i = 0; list[i] != NULL; i++) {
        size_t width = (size_t) g_utf8_strlen(list[i], -1);
        if (width == 0)
            continue;
        if (!is_begin && column + 1 + width > WIDTH) {
            g_string_append_printf(text, "\n%s", indent);
            column = strlen(indent);
            is_begin = true;
        }
        g_string_append_printf(text, "%s%s", is_begin ? "" : " ", list[i]);
        column += width + (is_begin ? 0 : 1);
        is_begin = false;
    }
    g_string_append_c(text, '\n');
}

static void G_GNUC_PRINTF(4, 5)
    say(GString *text, const char *first, const char *indent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    add_wrapped(text, first, indent, words);
}

/* Of a repository's change that is split: whose part it is, and where the others are. */
static void
add_parts(GString *text, const ChangeStory *story)
{
    json_t *one;
    size_t i;
    if (story->owners != NULL)
        say(text, "\n", "",
            "This is the part of %s, and stands by itself. What others own in this repository "
            "comes "
            "to them apart:",
            story->owners);
    json_array_foreach(story->siblings, i, one)
        say(text, "- ", "  ", "%s: branch %s", json_get_string(one, "owners", ""),
            json_get_string(one, "branch", ""));
    if (json_array_size(story->together) > 0)
        say(text, "\n", "", "Files of several owners stay together here:");
    json_array_foreach(story->together, i, one) say(text, "- ", "  ", "%s", json_string_value(one));
}

static void
add_why(GString *text, const ChangeStory *story, const ChangeRules *rules, const Look *look)
{
    if (rules->is_in_place)
        g_string_append_printf(text, "Follow the columns of %s\n\n", rules->source);
    else
        g_string_append_printf(text, "Read %s instead of %s\n\n", rules->target, rules->source);
    say(text, "", "",
        "The dataset %s moves to %s%s%s. The names of its tables and columns change here with it; "
        "nothing else does.",
        story->source, story->target, story->mapping != NULL ? ", by the mapping " : "",
        story->mapping != NULL ? story->mapping : "");
    add_parts(text, story);
    if (story->upon != NULL)
        say(text, "\n", "",
            "This stands on commit %.12s, which service '%s' runs and '%s' does not have: whoever "
            "merges this merges that, too.",
            look->commit, story->upon, look->branch);
    if (story->is_replanned)
        say(text, "\n", "",
            "The code moved since the plan was made. This is the same mapping and the same kinds "
            "of edits, and no more of them, at commit %.12s.",
            look->commit);
    if (story->replaces != NULL)
        say(text, "\n", "",
            "It was made anew from commit %.12s of '%s', because what came in there since was in "
            "its way; before, it was commit %.12s.",
            look->commit, look->branch, story->replaces);
}

/* What to look for in the lines, whatever their number. */
static void
add_kinds(GString *text, const Look *look)
{
    g_autoptr(json_t) kinds = look_classes(look);
    size_t all = json_array_size(kinds);
    if (all > 0)
        g_string_append(text, "\nKinds of edits:\n");
    for (size_t i = 0; i < MIN(all, KINDS_SHOWN_MAX); i++) {
        const char *kind = json_string_value(json_array_get(kinds, i));
        bool is_added = g_str_has_prefix(kind, "+ "); /* which Markdown takes for a list */
        say(text, "- ", "  ", "%s%s", is_added ? kind + 2 : kind, is_added ? " (added)" : "");
    }
    if (all > KINDS_SHOWN_MAX)
        say(text, "- ", "  ", "and %zu more", all - KINDS_SHOWN_MAX);
}

static void
add_queries(GString *text, const json_t *proofs)
{
    int64_t same = 0, not_run = 0, generated = 0, refused = 0;
    json_t *proof;
    size_t i;
    json_array_foreach(proofs, i, proof)
    {
        const char *verdict = json_get_string(proof, "verdict", "");
        same += strcmp(verdict, "same") == 0;
        not_run += strcmp(verdict, "not_run") == 0;
        generated = MAX(generated, json_get_int(proof, "generated", 0));
        refused = MAX(refused, json_get_int(proof, "refused", 0));
    }
    g_autofree char *data =
        generated > 0 ? g_strdup_printf("%" G_GINT64_FORMAT " rows that were made up", generated)
        : refused > 0
            ? g_strdup_printf(
                  "the data (but for %" G_GINT64_FORMAT " rows that the mapping refuses)", refused)
            : g_strdup("the data");
    if (same > 0)
        say(text, "- ", "  ",
            "queries run over %s as they were and as they are now, with the same rows: "
            "%" G_GINT64_FORMAT,
            data, same);
    if (not_run > 0)
        say(text, "- ", "  ",
            "queries that could not be run so (parameters, templates, time): %" G_GINT64_FORMAT,
            not_run);
}

/* On a clean copy of what it stands on, with this alone. */
static void
add_checks(GString *text, const json_t *checks)
{
    json_t *check;
    size_t i;
    json_array_foreach(checks, i, check)
        say(text, "- ", "  ", "%s, when the plan was made: before %s, with this alone %s",
            json_get_string(check, "name", ""), json_get_string(check, "before", ""),
            json_get_string(check, "after", ""));
}

static void
add_evidence(GString *text, const ChangeStory *story, const ChangeRules *rules, const Look *look)
{
    static const char *const words[DISPOSITION_COUNT] = {
        [DISPOSITION_REWRITTEN] = "rewritten",
        [DISPOSITION_ALREADY] = "that named the new dataset already",
        [DISPOSITION_UNAFFECTED] = "that are not concerned",
        [DISPOSITION_NEEDS_PERSON] = "left to people",
        [DISPOSITION_UNPARSABLE] = "that rules cannot read, left to people",
    };
    g_autofree char *read = text_count(look->files_read);
    g_autofree char *edited = text_count(look->files_edited);
    g_autofree char *of =
        story->upon != NULL ? g_strdup("") : g_strdup_printf(" of '%s'", look->branch);
    g_string_append(text, "\nEvidence:\n");
    say(text, "- ", "  ", "files read at commit %.12s%s: %s", look->commit, of, read);
    say(text, "- ", "  ", "of these name the dataset: %u, are changed: %s", look->files->len,
        edited);
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        if (look->count[i] > 0)
            say(text, "- ", "  ", "places %s: %" G_GINT64_FORMAT, words[i], look->count[i]);
    if (look_written_sites(look) > 0)
        say(text, "- ", "  ",
            "of those rewritten, by a coding agent and not by rules: %" G_GINT64_FORMAT,
            look_written_sites(look));
    say(text, "- ", "  ", "every changed file still parses");
    add_checks(text, story->checks);
    add_queries(text, story->queries);
    if (rules->is_in_place)
        return;
    say(text, "- ", "  ", "rewriting the changed files again changes nothing");
    say(text, "- ", "  ", "looked through again, the changed files name the old dataset nowhere");
}

/* What a coding agent did is told apart from what rules did, with what looked at it. */
static void
add_coding(GString *text, const json_t *coding)
{
    json_t *file, *check;
    size_t i;
    if (!json_get_bool(coding, "done", false))
        return;
    g_string_append(text, "\nBy a coding agent, where rules refused:\n");
    say(text, "- ", "  ", "agent '%s', by the door '%s', in %d of at most %d rounds",
        json_get_string(coding, "agent", ""), json_get_string(coding, "door", ""),
        (int) json_get_int(coding, "rounds", 0), (int) json_get_int(coding, "rounds_max", 0));
    json_array_foreach(json_object_get(coding, "files"), i, file)
        say(text, "- ", "  ", "it wrote %s", json_string_value(file));
    say(text, "- ", "  ",
        "outside of the agent: only statements with sites changed, no test is weaker, no other "
        "file "
        "differs, every file parses and names the old dataset nowhere");
    json_array_foreach(json_object_get(coding, "checks"), i, check)
        say(text, "- ", "  ", "%s: before %s, now %s", json_get_string(check, "name", ""),
            json_get_string(check, "before", ""), json_get_string(check, "after", ""));
}

static void
add_left(GString *text, const Look *look)
{
    g_autoptr(json_t) reasons = look_reasons(look);
    json_t *reason;
    size_t i;
    if (json_array_size(reasons) == 0)
        return;
    g_string_append(text, "\nLeft to people (these files are as they were):\n");
    json_array_foreach(reasons, i, reason)
    {
        if (i == LEFT_SHOWN_MAX) {
            g_string_append(text, "- and more\n");
            break;
        }
        say(text, "- ", "  ", "%s:%d: %s [%s]", json_get_string(reason, "path", ""),
            (int) json_get_int(reason, "line", 0), json_get_string(reason, "text", ""),
            json_get_string(reason, "code", ""));
    }
}

static void
add_names(GString *text, const char *before, const json_t *names, const char *after)
{
    g_autoptr(GString) list = g_string_new(NULL);
    json_t *name;
    size_t i;
    json_array_foreach(names, i, name)
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    if (list->len > 0)
        say(text, before, "", "%s%s", list->str, after);
}

char *
change_message(const ChangeStory *story, const ChangeRules *rules, const Look *look)
{
    g_autoptr(GString) text = g_string_new(NULL);
    add_why(text, story, rules, look);
    add_kinds(text, look);
    add_evidence(text, story, rules, look);
    add_coding(text, story->coding);
    add_left(text, look);
    add_names(text, "\nOwners of what changes: ", story->named, ""); /* nobody else tells them */
    add_names(text, "\nApproved by ", story->approved_by, ".");
    g_string_append_printf(text, "\nHonk-Migration: %s\nHonk-Plan: %s\nHonk-Consumer: %s\n",
                           story->name->migration, story->name->plan, story->name->consumer);
    if (story->name->part != NULL)
        g_string_append_printf(text, CHANGE_PART ": %s\n", story->name->part);
    if (story->replaces != NULL)
        g_string_append_printf(text, CHANGE_REPLACES ": %s\n", story->replaces);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
