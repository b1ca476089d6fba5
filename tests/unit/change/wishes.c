/* wishes.c - what a repository asks of us is followed, and what cannot be read is a no. */
#include "change/written.h"
#include "world.h"

#include <string.h>

static void
assert_against(const char *text, const char *path, const char *part)
{
    g_autoptr(Wishes) wishes = wishes_parse(text, strlen(text));
    g_autofree char *against = wishes_against(wishes, path);
    if (part == NULL)
        g_assert_cmpstr(against, ==, NULL);
    else if (against == NULL || strstr(against, part) == NULL)
        g_error("'%s' is not in '%s'", part, against);
}

static void
a_repository_without_a_word_against_it_is_changed(void)
{
    assert_against("", "a.sql", NULL);
    assert_against("changes: accept\nwhy: we like it\n", "a.sql", NULL);
    g_autofree char *against = wishes_against(NULL, "a.sql");
    g_assert_null(against);
}

static void
a_refusal_keeps_every_file_and_says_why(void)
{
    assert_against("changes: refuse\nwhy: it is gone in May\n", "a.sql",
                   "refuses changes: it is gone in May");
}

static void
folders_and_patterns_keep_the_files_that_they_name(void)
{
    static const char text[] = "leave: [ \"generated/\", \"*.ipynb\" ]\n";
    assert_against(text, "generated/deep/a.sql", "leaves this file to its team");
    assert_against(text, "notes/x.ipynb", "leaves this file to its team");
    assert_against(text, "not-generated/a.sql", NULL);
    assert_against(text, "generated", NULL);
}

static void
what_cannot_be_read_is_a_no_that_names_its_place(void)
{
    assert_against("changes: never\n", "a.sql", ".honk.yaml:1:10: error");
    assert_against("a: [\n", "a.sql", "taken for a no");
    assert_against("changes: accept\nchange: refuse\n", "a.sql", ".honk.yaml:2:1: error");
    assert_against("not_before: 2026-02-30\n", "a.sql", "is no day");
    assert_against("- refuse\n", "a.sql", "taken for a no");
    assert_against("why: \xff\n", "a.sql", "taken for a no");
    g_autofree char *long_text = g_strnfill(70000, '#');
    assert_against(long_text, "a.sql", "over 64 KiB");
}

static void
assert_size(const char *text, int64_t files, int64_t lines, const char *expected)
{
    g_autoptr(Wishes) wishes = wishes_parse(text, strlen(text));
    g_assert_cmpstr(wishes->refusal, ==, NULL);
    g_autofree char *against = wishes_against_size(wishes, files, lines);
    g_assert_cmpstr(against, ==, expected);
}

static void
a_change_over_a_limit_is_too_large_and_one_at_it_is_not(void)
{
    static const char text[] = "limits: { files: 2, lines: 10 }\nwhy: we read at lunch\n";
    assert_size(text, 2, 10, NULL);
    assert_size(text, 3, 1,
                ".honk.yaml says 'limits.files: 2', and this change would have 3 files: we "
                "read at lunch");
    assert_size(text, 1, 11,
                ".honk.yaml says 'limits.lines: 10', and this change would have 11 lines: we "
                "read at lunch");
    assert_size("limits: { lines: 10 }\n", 1000, 10, NULL);
    assert_size("draft: true\n", 1000, 100000, NULL);
}

static void
limits_that_are_none_are_a_no_that_names_its_place(void)
{
    assert_against("limits: { files: 0 }\n", "a.sql", ".honk.yaml:1:18: error");
    assert_against("limits: { lines: many }\n", "a.sql", "here is 'many'");
    assert_against("limits: { line: 4 }\n", "a.sql", "did you mean 'lines'?");
    assert_against("limits: 4\n", "a.sql", "must be a map");
    assert_against("limits: { pulls: 0 }\n", "a.sql", "'limits.pulls' must be a whole number");
    assert_against("limits:\n  files: -1\n", "a.sql", ".honk.yaml:2:10: error");
    assert_against("draft: yes please\n", "a.sql", "'draft' cannot be");
    assert_against("propose: never\n", "a.sql", "'propose' cannot be");
}

static void
drafts_and_hours_of_proposals_are_asked_for_by_name(void)
{
    static const char text[] = "draft: true\npropose: hours\n", none[] = "draft: false\n";
    g_autoptr(Wishes) wishes = wishes_parse(text, strlen(text));
    g_autoptr(Wishes) without = wishes_parse(none, strlen(none));
    g_assert_true(wishes->is_draft && wishes->keeps_hours);
    g_assert_false(without->is_draft || without->keeps_hours);
}

static void
a_day_is_its_first_moment(void)
{
    g_assert_cmpint(wishes_day_ms("1970-01-02"), ==, 86400000);
    g_assert_cmpint(wishes_day_ms("1970-01-02x"), ==, 0);
    g_assert_cmpint(wishes_day_ms("soon"), ==, 0);
}

/* 2026-11-26 is a Thursday; 12:00 UTC of it. */
#define THURSDAY_NOON_MS INT64_C(1795694400000)
#define HOUR_MS INT64_C(3600000)

static void
assert_open(const char *text, int64_t at_ms, bool is_open)
{
    g_autoptr(Wishes) wishes = wishes_parse(text, strlen(text));
    g_assert_cmpstr(wishes->refusal, ==, NULL);
    g_assert_cmpint(wishes_is_open(wishes, at_ms), ==, is_open);
}

static void
hours_are_those_of_the_team_in_its_own_time(void)
{
    assert_open("merge: auto\n", THURSDAY_NOON_MS, true);
    assert_open("merge: auto\n", THURSDAY_NOON_MS + 5 * HOUR_MS, false);
    assert_open("merge: auto\n", THURSDAY_NOON_MS + 2 * 24 * HOUR_MS, false);
    assert_open("timezone: America/New_York\n", THURSDAY_NOON_MS, false);
    assert_open("timezone: America/New_York\n", THURSDAY_NOON_MS + 2 * HOUR_MS, true);
    assert_open("hours: Thu-Thu 12:00-12:01\n", THURSDAY_NOON_MS, true);
    assert_open("hours: Fri-Sun 00:00-24:00\n", THURSDAY_NOON_MS, false);
}

static void
hours_over_midnight_are_those_of_the_day_on_which_they_begin(void)
{
    static const char text[] = "hours: Thu-Thu 22:00-06:00\n";
    assert_open(text, THURSDAY_NOON_MS, false);
    assert_open(text, THURSDAY_NOON_MS + 10 * HOUR_MS - 1000, false);
    assert_open(text, THURSDAY_NOON_MS + 10 * HOUR_MS, true);
    assert_open(text, THURSDAY_NOON_MS + 12 * HOUR_MS, true);
    assert_open(text, THURSDAY_NOON_MS + 18 * HOUR_MS - 1000, true);
    assert_open(text, THURSDAY_NOON_MS + 18 * HOUR_MS, false);
    assert_open(text, THURSDAY_NOON_MS - 10 * HOUR_MS, false); /* the night that Wednesday began */
    assert_open(text, THURSDAY_NOON_MS + 34 * HOUR_MS, false); /* Friday's own */
}

static void
hours_over_midnight_go_over_the_end_of_a_week(void)
{
    static const char sunday[] = "hours: Sun-Sun 22:00-06:00\n",
                      monday[] = "hours: Mon-Mon 22:00-06:00\n";
    int64_t monday_ms = THURSDAY_NOON_MS + INT64_C(84) * HOUR_MS; /* its first moment */
    assert_open(sunday, monday_ms - HOUR_MS, true);
    assert_open(sunday, monday_ms + HOUR_MS, true);
    assert_open(monday, monday_ms + HOUR_MS, false);
    assert_open(monday, monday_ms + 23 * HOUR_MS, true);
}

/* Thursday, 22:00 in Auckland (UTC+13 then) is 09:00 UTC; in Honolulu (UTC-10) it is Friday, 08:00 UTC. */
static void
hours_over_midnight_are_of_the_days_of_their_own_time_zone(void)
{
    static const char there[] = "hours: Thu-Thu 22:00-06:00\ntimezone: Pacific/Auckland\n",
                      here[] = "hours: Thu-Thu 22:00-06:00\ntimezone: Pacific/Honolulu\n";
    assert_open(there, THURSDAY_NOON_MS - 3 * HOUR_MS - 1000, false);
    assert_open(there, THURSDAY_NOON_MS - 3 * HOUR_MS, true);
    assert_open(there, THURSDAY_NOON_MS + 5 * HOUR_MS, false);
    assert_open(here, THURSDAY_NOON_MS + 20 * HOUR_MS - 1000, false);
    assert_open(here, THURSDAY_NOON_MS + 20 * HOUR_MS, true);
    assert_open(here, THURSDAY_NOON_MS + 28 * HOUR_MS, false);
}

/* On the last Sunday of October 2026 clocks in Stockholm go back from 03:00 to 02:00: that night is nine hours long. */
static void
hours_over_midnight_are_what_the_clock_on_the_wall_says(void)
{
    static const char text[] = "hours: Sat-Sat 22:00-06:00\ntimezone: Europe/Stockholm\n";
    int64_t begin_ms = THURSDAY_NOON_MS - INT64_C(32) * 24 * HOUR_MS - 16 * HOUR_MS;
    assert_open(text, begin_ms - 1000, false);
    assert_open(text, begin_ms, true);
    assert_open(text, begin_ms + 9 * HOUR_MS - 1000, true);
    assert_open(text, begin_ms + 9 * HOUR_MS, false);
}

static void
hours_that_are_none_are_a_no(void)
{
    assert_against("hours: 9-5\n", "a.sql", "are no hours");
    assert_against("hours: Fri-Mon 09:00-17:00\n", "a.sql", "are no hours");
    assert_against("hours: Mon-Fri 09:00-09:00\n", "a.sql", "are no hours");
    assert_against("hours: Mon-Fri 24:00-06:00\n", "a.sql", "are no hours");
    assert_against("hours: Mon-Fri 09:00-25:00\n", "a.sql", "are no hours");
    assert_against("timezone: Mars/Olympus\n", "a.sql", "is no time zone");
    assert_against("merge: always\n", "a.sql", ".honk.yaml:1:8: error");
}

/* ---- in a repository ---- */

static void
files_that_their_team_keeps_are_left_to_people_and_the_others_change(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "generated/all.sql", "SELECT id FROM users_v1;\n");
    world_write(world, ".honk.yaml", "leave: [ generated/ ]\nwhy: made by a program\n");
    world_commit(world, "Ask");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) reasons = look_reasons(look);
    g_assert_cmpint(look->files_edited, ==, 1);
    g_assert_cmpint(look->count[DISPOSITION_NEEDS_PERSON], ==, 2);
    g_assert_cmpstr(json_get_string(json_array_get(reasons, 0), "code", ""), ==, "opted-out");
    g_assert_cmpstr(json_get_string(json_array_get(reasons, 0), "path", ""), ==,
                    "generated/all.sql");
    g_autofree char *commit = world_change(world);
    g_autofree char *kept = world_file(world, commit, "generated/all.sql");
    g_assert_cmpstr(kept, ==, "SELECT id FROM users_v1;\n");
}

static int
needing_people(const char *wishes)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, "more.sql", "SELECT id FROM users_v1;\n");
    world_write(world, ".honk.yaml", wishes);
    world_commit(world, "Ask");
    g_autoptr(Look) look = world_look(world);
    int64_t rewritten = look->count[DISPOSITION_REWRITTEN],
            left = look->count[DISPOSITION_NEEDS_PERSON];
    g_assert_null(look_kept(look));
    look_keep_small(look);
    look_keep_small(look); /* once more changes nothing */
    if (look->files_edited > 0) {
        g_assert_null(look_kept(look));
        g_assert_cmpint(look->count[DISPOSITION_REWRITTEN], ==, rewritten);
        return 0;
    }
    g_autoptr(json_t) reasons = look_reasons(look);
    g_assert_nonnull(look_kept(look));
    g_assert_cmpint(look->count[DISPOSITION_REWRITTEN], ==, 0);
    g_assert_cmpint(look->count[DISPOSITION_NEEDS_PERSON], ==, rewritten + left);
    g_assert_cmpint(look_open_sites(look), ==, 0);
    g_assert_cmpstr(json_get_string(json_array_get(reasons, 0), "code", ""), ==, "opted-out");
    return (int) json_array_size(reasons);
}

/* The world's own file changes by one line that goes and one that comes, and so does this one. */
static void
a_change_that_is_larger_than_its_team_reads_is_left_to_people_as_a_whole(void)
{
    g_assert_cmpint(needing_people("limits: { files: 2, lines: 4 }\n"), ==, 0);
    g_assert_cmpint(needing_people("limits: { files: 1 }\n"), >=, 2);
    g_assert_cmpint(needing_people("limits: { lines: 3 }\n"), >=, 2);
}

static void
a_repository_that_refuses_has_nothing_edited(void)
{
    g_autoptr(World) world = world_new(false);
    world_write(world, ".honk.yaml", "changes: refuse\n");
    world_commit(world, "Refuse");
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) classes = look_classes(look);
    g_assert_cmpint(look->files_edited, ==, 0);
    g_assert_cmpint(look->count[DISPOSITION_REWRITTEN], ==, 0);
    g_assert_cmpint((int) json_array_size(classes), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define CASE(f) g_test_add_func("/change/wishes/" #f, f)
    CASE(a_repository_without_a_word_against_it_is_changed);
    CASE(a_refusal_keeps_every_file_and_says_why);
    CASE(folders_and_patterns_keep_the_files_that_they_name);
    CASE(what_cannot_be_read_is_a_no_that_names_its_place);
    CASE(a_change_over_a_limit_is_too_large_and_one_at_it_is_not);
    CASE(limits_that_are_none_are_a_no_that_names_its_place);
    CASE(drafts_and_hours_of_proposals_are_asked_for_by_name);
    CASE(a_day_is_its_first_moment);
    CASE(hours_are_those_of_the_team_in_its_own_time);
    CASE(hours_over_midnight_are_those_of_the_day_on_which_they_begin);
    CASE(hours_over_midnight_go_over_the_end_of_a_week);
    CASE(hours_over_midnight_are_of_the_days_of_their_own_time_zone);
    CASE(hours_over_midnight_are_what_the_clock_on_the_wall_says);
    CASE(hours_that_are_none_are_a_no);
    CASE(files_that_their_team_keeps_are_left_to_people_and_the_others_change);
    CASE(a_change_that_is_larger_than_its_team_reads_is_left_to_people_as_a_whole);
    CASE(a_repository_that_refuses_has_nothing_edited);
    return g_test_run();
}
