/* convention.c - see convention.h: frameworks, and what they call the table of a class. */
#include "rewrite/convention.h"

#include <string.h>

typedef enum {
    RULE_PLURAL, /* order_lines of OrderLine */
    RULE_APP,    /* shop_orderline in the folder `shop` */
    RULE_SAME,   /* OrderLine or order_line */
} Rule;

struct Framework {
    const char *name, *endings[3], *marks[4]; /* one of them is in each file */
    Rule rule;
};

static const Framework frameworks[] = {
    {"Rails", {".rb"}, {"ApplicationRecord", "ActiveRecord::Base"}, RULE_PLURAL},
    {"Laravel",
     {".php"},
     {"Illuminate\\Database\\Eloquent", "Illuminate\\Foundation\\Auth"},
     RULE_PLURAL},
    {"Django", {".py"}, {"django.db", "models.Model"}, RULE_APP},
    {"JPA", {".java", ".kt"}, {"persistence.Entity", "persistence.*"}, RULE_SAME},
};

const Framework *
framework_of(const char *path, const char *text, size_t bytes)
{
    for (size_t i = 0; i < G_N_ELEMENTS(frameworks); i++) {
        const Framework *framework = &frameworks[i];
        for (size_t e = 0; framework->endings[e] != NULL; e++)
            for (size_t m = 0;
                 g_str_has_suffix(path, framework->endings[e]) && framework->marks[m] != NULL; m++)
                if (memmem(text, bytes, framework->marks[m], strlen(framework->marks[m])) != NULL)
                    return framework;
    }
    return NULL;
}

const char *
framework_name(const Framework *framework)
{
    return framework->name;
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

const Rename *
convention_rename(const Renames *renames, const Framework *framework, const char *path,
                  const char *class, size_t bytes)
{
    g_autoptr(GString) name = g_string_new(NULL);
    if (framework->rule == RULE_APP) {
        g_autofree char *app = app_of(path), *lower = g_ascii_strdown(class, (gssize) bytes);
        if (app == NULL)
            return NULL;
        g_string_append_printf(name, "%s_%s", app, lower);
        return rename_called(renames, name->str);
    }
    bool is_snake = append_snake(name, class, bytes);
    if (framework->rule == RULE_PLURAL)
        return is_snake && make_plural(name) ? rename_called(renames, name->str) : NULL;
    const Rename *rename = is_snake ? rename_called(renames, name->str) : NULL;
    g_autofree char *same = g_strndup(class, bytes);
    return rename != NULL ? rename : rename_called(renames, same);
}

/* ---- in a text ---- */

bool
convention_concerns(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    const Framework *framework = framework_of(path, text, bytes);
    const char *end = text + bytes, *at = text;
    while (framework != NULL && (at = memmem(at, (size_t) (end - at), "class ", 6)) != NULL) {
        const char *name = at += 6;
        while (at < end && (is_identifier_byte(*at) || *at == ':')) {
            name = *at == ':' ? at + 1 : name; /* Shop::Order */
            at++;
        }
        if (at > name &&
            convention_rename(renames, framework, path, name, (size_t) (at - name)) != NULL)
            return true;
    }
    return false;
}
