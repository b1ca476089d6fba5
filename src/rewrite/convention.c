/* convention.c - see convention.h: frameworks, and what they call the table of a class. */
#include "rewrite/convention.h"
#include "base/text.h"

#include <string.h>

typedef enum {
    RULE_PLURAL,   /* order_lines of OrderLine */
    RULE_PLURALS,  /* order_lines or OrderLines of OrderLine */
    RULE_APP,      /* shop_orderline in the folder `shop` */
    RULE_SAME,     /* OrderLine or order_line */
    RULE_SMALL,    /* orderline */
    RULE_OBJECT,   /* OrderLines or orderlines of OrderLinesTable */
    RULE_CAPITALS, /* order_lines of ORDER_LINES */
} Rule;

struct Framework {
    const char *name, *endings[5], *marks[4]; /* one of them is in each file */
    Rule rule;
    HoldsFn *holds;
};

/* clang-format off */
#define SCRIPTS {".ts", ".js", ".mjs", ".cjs"}

static const Framework frameworks[] = {
    {"Rails", {".rb"}, {"ApplicationRecord", "ActiveRecord::Base"}, RULE_PLURAL, holds_for_rails},
    {"Laravel", {".php"}, {"Illuminate\\Database\\Eloquent", "Illuminate\\Foundation\\Auth"}, RULE_PLURAL, holds_for_laravel},
    {"Django", {".py"}, {"django.db", "models.Model"}, RULE_APP, holds_for_django},
    {"JPA", {".java", ".kt"}, {"persistence.Entity", "persistence.*"}, RULE_SAME, holds_for_jpa},
    {"Spring Data", {".java", ".kt"}, {"springframework.data.annotation", "springframework.data.relational"}, RULE_SAME, holds_for_spring},
    {"Sequelize", SCRIPTS, {"equelize"}, RULE_PLURALS, holds_for_sequelize},
    {"TypeORM", SCRIPTS, {"typeorm"}, RULE_SAME, holds_for_entity},
    {"MikroORM", SCRIPTS, {"@mikro-orm"}, RULE_SAME, holds_for_entity},
    {"GORM", {".go"}, {"gorm"}, RULE_PLURAL, holds_for_gorm},
    {"EF Core", {".cs"}, {"DbSet<"}, RULE_SAME, holds_for_dbset},
    {"Exposed", {".kt"}, {"jetbrains.exposed"}, RULE_OBJECT, holds_for_exposed},
    {"SQLModel", {".py"}, {"sqlmodel"}, RULE_SMALL, holds_for_sqlmodel},
    {"SeaQuery", {".rs"}, {"Iden", "sea_query", "sea_orm"}, RULE_SAME, holds_for_iden},
    {"jOOQ", {".java", ".kt", ".scala", ".groovy"}, {"jooq"}, RULE_CAPITALS, holds_for_jooq},
};
/* clang-format on */

static bool
is_written_in(const Framework *framework, const char *ending)
{
    for (size_t i = 0; framework->endings[i] != NULL; i++)
        if (strcmp(ending, framework->endings[i]) == 0)
            return true;
    return false;
}

static bool
speaks_of(const Framework *framework, const char *text, size_t bytes)
{
    for (size_t i = 0; framework->marks[i] != NULL; i++)
        if (text_find_bytes(text, bytes, framework->marks[i]) != NULL)
            return true;
    return false;
}

const Framework *
framework_next(const Framework *before, const char *path, const char *text, size_t bytes)
{
    const Framework *end = frameworks + G_N_ELEMENTS(frameworks);
    const char *ending = strrchr(path, '.');
    for (const Framework *one = before == NULL ? frameworks : before + 1;
         ending != NULL && one < end; one++)
        if (is_written_in(one, ending) && speaks_of(one, text, bytes))
            return one;
    return NULL;
}

const char *
framework_name(const Framework *framework)
{
    return framework->name;
}

bool
framework_registers(const Framework *framework)
{
    return framework->holds == holds_for_sequelize;
}

bool
framework_holds(const Framework *framework, Unit *unit, Called *called)
{
    return framework->holds(unit, called);
}

/* ---- names ---- */

/* order_line of OrderLine; false: letters in a row that people part in different ways (HTTPLog). */
static bool
append_snake(GString *name, const char *class, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        bool is_upper = g_ascii_isupper(class[i]);
        if (is_upper && i > 0 && g_ascii_isupper(class[i - 1]))
            return false;
        if (is_upper && i > 0 && class[i - 1] != '_')
            g_string_append_c(name, '_');
        g_string_append_c(name, g_ascii_tolower(class[i]));
    }
    return bytes > 0;
}

static bool
ends(const GString *name, const char *end)
{
    return g_str_has_suffix(name->str, end);
}

/* False: no rule that is certain gives the plural. */
static bool
make_plural(GString *name)
{
    static const char *const uncertain[] = {
        "us",    "is",    "um",     "ix",        "ex",          "ox",     "fe",   "lf",
        "rf",    "ouse",  "quiz",   "man",       "child",       "person", "foot", "tooth",
        "goose", "sheep", "fish",   "series",    "species",     "news",   "data", "media",
        "money", "rice",  "police", "equipment", "information", "jeans",  "on",   "o"};
    static const char *const regular[] = {"status", "ion", "bus", "oo"};
    static const char *const hissing[] = {"x", "ch", "ss", "sh", "z", "us"};
    bool is_regular = false;
    for (size_t i = 0; i < G_N_ELEMENTS(regular); i++)
        is_regular = is_regular || ends(name, regular[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(uncertain); i++)
        if (!is_regular && ends(name, uncertain[i]))
            return false;
    char last = name->str[name->len - 1], before = name->len > 1 ? name->str[name->len - 2] : 'a';
    if (last == 'y' && strchr("aeiou", before) == NULL) {
        g_string_truncate(name, name->len - 1);
        g_string_append(name, "ies");
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(hissing); i++)
        if (ends(name, hissing[i])) {
            g_string_append(name, "es");
            return true;
        }
    if (last != 's')
        g_string_append_c(name, 's');
    return true;
}

/* The folder of models.py, or the one around `models`. Caller frees; NULL: it is elsewhere. */
static char *
app_of(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    guint count = g_strv_length(parts);
    if (count > 1 && strcmp(parts[count - 1], "models.py") == 0)
        return g_strdup(parts[count - 2]);
    if (count > 2 && strcmp(parts[count - 2], "models") == 0)
        return g_strdup(parts[count - 3]);
    return NULL;
}

static const Rename *
rename_called(const Renames *renames, const char *name)
{
    const Spelling *spelling;
    bool is_other = false;
    SqlPart part = {.text = (char *) name, .end = (uint32_t) strlen(name)};
    SqlPath path = {.parts = &part, .count = 1};
    const Rename *rename =
        renames_find(renames, dialect_by_name("bigquery"), &path, &spelling, &is_other);
    return rename != NULL && !rename->is_derived ? rename : NULL;
}

static const Rename *
rename_of_plural(const Renames *renames, const char *class, size_t bytes)
{
    g_autoptr(GString) name = g_string_new(NULL);
    return append_snake(name, class, bytes) && make_plural(name) ? rename_called(renames, name->str)
                                                                 : NULL;
}

/* OrderLines of OrderLine, order_lines of order_line */
static const Rename *
rename_of_same_plural(const Renames *renames, const char *class, size_t bytes)
{
    g_autoptr(GString) name = g_string_new_len(class, (gssize) bytes);
    return make_plural(name) ? rename_called(renames, name->str) : NULL;
}

static const Rename *
rename_of_same(const Renames *renames, const char *class, size_t bytes)
{
    g_autoptr(GString) snake = g_string_new(NULL);
    g_autofree char *same = g_strndup(class, bytes);
    const Rename *rename =
        append_snake(snake, class, bytes) ? rename_called(renames, snake->str) : NULL;
    return rename != NULL ? rename : rename_called(renames, same);
}

static const Rename *
rename_of_small(const Renames *renames, const char *class, size_t bytes)
{
    g_autofree char *small = g_ascii_strdown(class, (gssize) bytes);
    return rename_called(renames, small);
}

static const Rename *
rename_of_app(const Renames *renames, const char *path, const char *class, size_t bytes)
{
    g_autofree char *app = g_ascii_isupper(class[0]) ? app_of(path) : NULL;
    g_autofree char *small = g_ascii_strdown(class, (gssize) bytes);
    g_autofree char *name = app != NULL ? g_strdup_printf("%s_%s", app, small) : NULL;
    return name != NULL ? rename_called(renames, name) : NULL;
}

/* Without `Table` behind it. */
static const Rename *
rename_of_object(const Renames *renames, const char *class, size_t bytes)
{
    static const char end[] = "Table";
    size_t length = strlen(end);
    if (bytes > length && memcmp(class + bytes - length, end, length) == 0)
        bytes -= length;
    g_autofree char *same = g_strndup(class, bytes);
    const Rename *rename = rename_called(renames, same);
    return rename != NULL ? rename : rename_of_small(renames, class, bytes);
}

static const Rename *
rename_of_capitals(const Renames *renames, const char *word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (g_ascii_islower(word[i]))
            return NULL;
    return rename_of_small(renames, word, bytes);
}

const Rename *
convention_rename(const Renames *renames, const Framework *framework, const char *path,
                  const char *class, size_t bytes)
{
    const Rename *rename;
    switch (framework->rule) {
    case RULE_PLURAL:
        return rename_of_plural(renames, class, bytes);
    case RULE_PLURALS:
        rename = rename_of_plural(renames, class, bytes);
        return rename != NULL ? rename : rename_of_same_plural(renames, class, bytes);
    case RULE_APP:
        return rename_of_app(renames, path, class, bytes);
    case RULE_SAME:
        return rename_of_same(renames, class, bytes);
    case RULE_SMALL:
        return rename_of_small(renames, class, bytes);
    case RULE_OBJECT:
        return rename_of_object(renames, class, bytes);
    case RULE_CAPITALS:
        return rename_of_capitals(renames, class, bytes);
    }
    return NULL;
}

/* ---- in a text ---- */

/* Only the app of a path gives a table another beginning than its class has. */
static bool
may_begin_name(const Renames *renames, const Framework *framework, char first)
{
    return g_ascii_isalpha(first) &&
           (framework->rule == RULE_APP || (renames->all_initials & INITIAL_OF(first)) != 0);
}

static bool
names_any(const Renames *renames, const Framework *framework, const char *path, const char *text,
          size_t bytes)
{
    for (size_t at = 0, end; at < bytes; at = end + (end == at)) {
        end = at;
        while (end < bytes && is_identifier_byte(text[end]))
            end++;
        if (end > at && may_begin_name(renames, framework, text[at]) &&
            convention_rename(renames, framework, path, text + at, end - at) != NULL)
            return true;
    }
    return false;
}

bool
convention_concerns(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    const Framework *framework = NULL;
    while ((framework = framework_next(framework, path, text, bytes)) != NULL)
        if (names_any(renames, framework, path, text, bytes))
            return true;
    return false;
}
