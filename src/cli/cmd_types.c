/*
 * cmd_types.c - honk mapping types: what becomes of every type of every store in every other one.
 *
 * From the very tables that plan and move: the drivers' (TypeOps) and that of casts (value_cast_kind). docs/types.md is what
 * it prints.
 */
#include "cli/command.h"
#include "driver/driver.h"
#include "model/value.h"

#include <string.h>

static const char *const stores[] = {"sqlite", "postgres", "mariadb", "redis",
                                     "kafka",  "csv",      "ndjson"};

static const char *
kind_name(ColumnType from, ColumnType to)
{
    static const char *const names[] = {[CAST_SAME] = "same",
                                        [CAST_EXACT] = "exact",
                                        [CAST_CHECKED] = "checked",
                                        [CAST_LOSSY] = "lossy",
                                        [CAST_NEVER] = "never"};
    CastKind kind = value_cast_kind(from, to, NULL);
    if (kind == CAST_NEVER && value_cast_kind(from, to, "unix") != CAST_NEVER)
        return "unix";
    return names[kind];
}

static const char introduction[] =
    "# Types\n\n"
    "Made by `honk mapping types`, from the tables that plan and move. A value goes from its "
    "store's type to one of "
    "ours, is\ncast if the target wants another, and becomes the target's own.\n\n"
    "*same*: nothing is done. *exact*: every value has an answer that loses nothing (also what "
    "only gets wider). *checked*: a "
    "value that has\nnone is put aside, with the reason; none is changed. *lossy*: ordinary values "
    "have none; refused, unless the "
    "mapping says `lossy`\nfor the column. *unix*: only with `format: unix` or `unix_ms`. *never*: "
    "the mapping is refused.\n\n"
    "## From one type of ours to another\n\n";

static void
print_casts(GString *text)
{
    g_string_append(text, "| from, to |");
    for (ColumnType to = 0; to < TYPE_COUNT; to++)
        g_string_append_printf(text, " %s |", column_type_name(to));
    g_string_append(text, "\n| --- |");
    for (ColumnType to = 0; to < TYPE_COUNT; to++)
        g_string_append(text, " --- |");
    for (ColumnType from = 0; from < TYPE_COUNT; from++) {
        g_string_append_printf(text, "\n| %s |", column_type_name(from));
        for (ColumnType to = 0; to < TYPE_COUNT; to++)
            g_string_append_printf(text, " %s |", kind_name(from, to));
    }
    g_string_append_c(text, '\n');
}

static void
print_made(GString *text)
{
    g_string_append(text, "\n## What a column becomes in a table or file that Honk makes\n\n|  |");
    for (size_t s = 0; s < G_N_ELEMENTS(stores); s++)
        g_string_append_printf(text, " %s |", stores[s]);
    g_string_append(text, "\n| --- |");
    for (size_t s = 0; s < G_N_ELEMENTS(stores); s++)
        g_string_append(text, " --- |");
    for (ColumnType type = 0; type < TYPE_COUNT; type++) {
        g_string_append_printf(text, "\n| %s |", column_type_name(type));
        for (size_t s = 0; s < G_N_ELEMENTS(stores); s++)
            g_string_append_printf(text, " %s |", driver_by_name(stores[s])->types->made[type]);
    }
    g_string_append(
        text, "\n\nIn a table that is there already a column keeps its own type, and a value that "
              "it would bend is put aside (`docs/data.md`).\n");
}

/* A row for each word of the store: ours, and how it goes into each of ours. */
static void
print_store(GString *text, const Driver *driver)
{
    g_string_append_printf(
        text,
        "\n## From %s\n\n| declared | is a | exact as | if each value allows it | with "
        "`lossy` |\n| --- | --- | --- | --- | --- |\n",
        driver->name);
    for (const char *const *word = driver->types->declared; *word != NULL; word++) {
        ColumnType from = driver->types->type_of(*word);
        static const char *const wanted[][2] = {
            {"same", "exact"}, {"checked", "checked"}, {"lossy", "lossy"}};
        g_string_append_printf(text, "| %s | %s |", **word != '\0' ? *word : "nothing",
                               column_type_name(from));
        for (size_t w = 0; w < G_N_ELEMENTS(wanted); w++) {
            const char *before = " ";
            for (ColumnType to = 0; to < TYPE_COUNT; to++) {
                const char *kind = kind_name(from, to);
                if (strcmp(kind, wanted[w][0]) != 0 && strcmp(kind, wanted[w][1]) != 0)
                    continue;
                g_string_append_printf(text, "%s%s", before, column_type_name(to));
                before = ", ";
            }
            g_string_append(text, " |");
        }
        g_string_append_c(text, '\n');
    }
}

static json_t *
types_json(void)
{
    json_t *casts = json_object(), *all = json_object();
    for (ColumnType from = 0; from < TYPE_COUNT; from++) {
        json_t *row = json_object();
        for (ColumnType to = 0; to < TYPE_COUNT; to++)
            json_set_string(row, column_type_name(to), kind_name(from, to));
        json_object_set_new(casts, column_type_name(from), row);
    }
    json_object_set_new(all, "casts", casts);
    for (size_t s = 0; s < G_N_ELEMENTS(stores); s++) {
        const TypeOps *types = driver_by_name(stores[s])->types;
        json_t *words = json_object();
        for (const char *const *word = types->declared; *word != NULL; word++)
            json_set_string(words, *word, column_type_name(types->type_of(*word)));
        json_object_set_new(all, stores[s], words);
    }
    return all;
}

static bool
types_run(Invocation *call, GError **error)
{
    g_autoptr(GString) text = g_string_new(introduction);
    if (call->view->json) {
        g_autoptr(json_t) all = types_json();
        view_json(call->view, all);
        return true;
    }
    print_casts(text);
    print_made(text);
    for (size_t s = 0; s < G_N_ELEMENTS(stores); s++)
        print_store(text, driver_by_name(stores[s]));
    g_string_truncate(text, text->len - 1); /* the line brings its own end */
    view_line(call->view, "%s", text->str);
    return true;
}

const Command cmd_mapping_types = {
    .name = "mapping types",
    .summary = "what becomes of every type of every store in every other one",
    .deed = "show the types",
    .examples = "honk mapping types",
    .run = types_run,
};
