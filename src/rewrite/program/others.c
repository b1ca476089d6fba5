/* others.c - strings at places where libraries name other things than tables: fields of answers, pages, classes. */
#include "rewrite/program/program.h"

#include <string.h>

/* A place that is no table's; NULL is anything. */
typedef struct {
    const char *language, *callee, *key;
    const char *word; /* that the file must have; or NULL */
    const char *what;
} OtherPlace;

#define OF_ANSWER "this is the name of a field in an answer or a document"
#define OF_CLASS "this is the name of a class or of one of its fields"
#define OF_PAGE "this is the name of a page's action"

/* clang-format off */
static const OtherPlace places[] = {
    {"java", "JsonProperty", .what = OF_ANSWER}, {"kotlin", "JsonProperty", .what = OF_ANSWER},
    {"java", "SerializedName", .what = OF_ANSWER}, {"kotlin", "SerializedName", .what = OF_ANSWER},
    {"java", "JsonAlias", .what = OF_ANSWER}, {"kotlin", "SerialName", .what = OF_ANSWER},
    {"csharp", "JsonPropertyName", .what = OF_ANSWER}, {"csharp", "JsonProperty", .what = OF_ANSWER},
    {"python", "relationship", .word = "sqlalchemy", .what = OF_CLASS},
    {"python", "backref", .word = "sqlalchemy", .what = OF_CLASS},
    {"python", .key = "backref", .word = "sqlalchemy", .what = OF_CLASS},
    {"python", .key = "back_populates", .word = "sqlalchemy", .what = OF_CLASS},
    {"python", .key = "related_name", .word = "django", .what = OF_CLASS},
    {"csharp", "HasOne", .what = OF_CLASS}, {"csharp", "HasMany", .what = OF_CLASS},
    {"csharp", "WithOne", .what = OF_CLASS}, {"csharp", "WithMany", .what = OF_CLASS},
    {"csharp", "Navigation", .what = OF_CLASS},
    {"csharp", "RedirectToAction", .what = OF_PAGE}, {"csharp", "RedirectToActionResult", .what = OF_PAGE},
};
/* clang-format on */

/* os.path.join(root, "emails"), filepath.Join, Path.Combine, File.join: of an ordinary word; others may be what holds the rows. */
static bool
is_in_path(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"join", "resolve", "combine", NULL};
    static const char *const holders[] = {"path", "filepath", "Path", "File", NULL};
    const Piece *piece = unit_piece(unit, use->first);
    for (uint32_t at = piece->inner_begin; at < piece->inner_end; at++)
        if (!g_ascii_isalpha(unit->text->bytes[at]))
            return false;
    return use->key.end == 0 && span_is_among(unit->text, use->callee, calls) &&
           span_is_among(unit->text, use->receiver, holders);
}

static size_t
behind_blanks(const Text *text, size_t at)
{
    while (text_byte(text, at) == ' ')
        at++;
    return at;
}

/* `- view: users` in YAML, up to the next item of its list: does it say its table itself? */
static bool
says_own_table(const Text *text, const Use *use)
{
    static const char *const says[] = {"sql_table_name:", "derived_table:", NULL};
    size_t line = use->key.begin;
    while (line > 0 && text->bytes[line - 1] != '\n')
        line--;
    size_t margin = behind_blanks(text, line) - line;
    while (true) {
        const char *newline = memchr(text->bytes + line, '\n', text->count - line);
        if (newline == NULL)
            return false;
        line = (size_t) (newline - text->bytes) + 1;
        size_t at = behind_blanks(text, line);
        program_steps += at - line + 1;
        if (at - line <= margin && text_byte(text, at) == '-')
            return false;
        if (span_begins_with_any(text, (Span){(uint32_t) at, (uint32_t) text->count}, says))
            return true;
    }
}

/* filters: [event: "order_lines"], filters: { field: event value: "order_lines" }, label: "order_lines" */
static bool
is_value_in_lookml(Unit *unit, const Use *use)
{
    static const char *const labels[] = {"label",       "view_label",       "group_label",
                                         "suggestions", "group_item_label", NULL};
    if (span_is_among(unit->text, use->key, labels))
        return true;
    guint open = unit_bracket_around(unit, use->first);
    guint colon = open != G_MAXUINT ? unit_previous(unit, open, true) : G_MAXUINT;
    guint key = colon != G_MAXUINT && unit_is_sign(unit, colon, ':')
                    ? unit_previous(unit, colon, true)
                    : G_MAXUINT;
    return key != G_MAXUINT && unit_is_word(unit, key, "filters");
}

/* LookML: what its own parts are called, and what fields are compared with, which stay whatever their tables are. */
static bool
is_part_of_lookml(const Unit *unit, const Use *use)
{
    if (unit_is_language(unit, "lookml"))
        return is_value_in_lookml((Unit *) unit, use);
    static const char *const keys[] = {"explore",   "join",   "from",  "view_name",
                                       "extends",   "label",  "group", "view_label",
                                       "dimension", "filter", NULL};
    return unit_is_language(unit, "yaml") && g_str_has_suffix(unit->work->path, ".lookml") &&
           (span_is_among(unit->text, use->key, keys) ||
            (span_is(unit->text, use->key, "view") && says_own_table(unit->text, use)));
}

const char *
use_names_other(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    if (is_part_of_lookml(unit, use))
        return "this is the name of a view or a field, or what a field is compared with";
    if (unit_is_language(unit, "javascript") && span_is(text, use->callee, "from") &&
        span_is(text, use->receiver, "storage"))
        return "this is a place for files";
    if (is_in_path(unit, use))
        return "this is a part of a path";
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        const OtherPlace *place = &places[i];
        bool is_there = place->key != NULL ? span_is(text, use->key, place->key)
                                           : use->key.end == 0 && use->argument == 0 &&
                                                 span_is(text, use->callee, place->callee);
        if (is_there && unit_is_language(unit, place->language) &&
            (place->word == NULL || program_says(unit->work, place->word)))
            return place->what;
    }
    return NULL;
}
