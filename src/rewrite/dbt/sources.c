/* sources.c - see sources.h. */
#include "rewrite/dbt/sources.h"
#include "rewrite/made.h"

#include <string.h>

/* ---- where a table is ---- */

/* A part of its name. */
typedef struct {
    char *text; /* NULL: nobody says it */
    bool is_template, is_quoted;
} Part;

typedef enum { DATABASE, SCHEMA, TABLE, PARTS } Step;

typedef struct {
    const char *source, *name; /* as source('…', '…') calls it */
    Part parts[PARTS];
    bool has_identifier, is_identifier_made; /* made by a template, even if it is known what of */
} Declared;

static void
declared_clear(Declared *declared)
{
    for (Step i = DATABASE; i < PARTS; i++)
        g_free(declared->parts[i].text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Declared, declared_clear)

/* ---- reading ---- */

static bool
has_template(const char *text)
{
    return strstr(text, "{{") != NULL || strstr(text, "{%") != NULL;
}

static Part
part_new(const char *text, const YamlNode *settings)
{
    bool is_template = text != NULL && has_template(text);
    char *value = is_template ? dbt_template_value(text, settings) : NULL;
    return (Part){.text = value != NULL ? value : g_strdup(text),
                  .is_template = is_template && value == NULL};
}

static const char *
either(const YamlNode *map, const char *key, const char *other)
{
    const char *text = yaml_get_text(map, key);
    return text != NULL ? text : yaml_get_text(map, other);
}

/* `quoting: { identifier: true }`: then case counts, where it does not without quotes. */
static bool
is_quoted(const YamlNode *source, const YamlNode *table, const char *key)
{
    const YamlNode *of_table = yaml_get(table, "quoting"), *of_source = yaml_get(source, "quoting");
    const char *said =
        of_table != NULL && of_table->kind == YAML_MAP ? yaml_get_text(of_table, key) : NULL;
    if (said == NULL && of_source != NULL && of_source->kind == YAML_MAP)
        said = yaml_get_text(of_source, key);
    return said != NULL && g_ascii_strcasecmp(said, "true") == 0;
}

static void
read_declared(Declared *ret, const YamlNode *source, const YamlNode *table,
              const YamlNode *settings)
{
    static const char *const keys[PARTS] = {"database", "schema", "identifier"};
    const char *schema = either(source, "schema", "dataset"),
               *identifier = yaml_get_text(table, "identifier");
    *ret = (Declared){.source = yaml_get_text(source, "name"),
                      .name = yaml_get_text(table, "name"),
                      .has_identifier = identifier != NULL,
                      .is_identifier_made = identifier != NULL && has_template(identifier)};
    ret->parts[DATABASE] = part_new(either(source, "database", "project"), settings);
    ret->parts[SCHEMA] = part_new(schema != NULL ? schema : ret->source, settings);
    ret->parts[TABLE] = part_new(identifier != NULL ? identifier : ret->name, settings);
    for (Step i = DATABASE; i < PARTS; i++)
        ret->parts[i].is_quoted = is_quoted(source, table, keys[i]);
}

/* ---- is it the dataset? ---- */

typedef struct {
    const Renames *renames;
    const Dialect *dialect;
    DbtWritten written;
} Judge;

typedef enum { IS_NOT, IS_ELSEWHERE, MAY_BE, IS_SAME } Verdict;

static char
quote_of(const Part *part)
{
    return part->is_quoted ? '"' : '\0';
}

/* What stands around the template has to fit. */
static bool
template_fits(const char *text, const char *name)
{
    size_t before = MIN(strcspn(text, "{"), strlen(text));
    const char *close = strrchr(text, '}'), *behind = close != NULL ? close + 1 : "";
    return strlen(name) >= before + strlen(behind) &&
           g_ascii_strncasecmp(text, name, before) == 0 &&
           g_ascii_strcasecmp(name + strlen(name) - strlen(behind), behind) == 0;
}

static bool
part_fits(const Judge *judge, const Part *part, const char *name)
{
    return part->is_template ? template_fits(part->text, name)
                             : sql_same_table(judge->dialect, part->text, quote_of(part), name);
}

/* Of the last parts that both have: do all fit; `*ret_certain`: how many are no templates. */
static bool
all_fit(const Judge *judge, const Declared *declared, char *const *names, guint *ret_certain)
{
    guint length = g_strv_length((char **) names);
    *ret_certain = 0;
    for (guint i = 1; i <= MIN(length, PARTS); i++) {
        const Part *part = &declared->parts[PARTS - i];
        if (part->text != NULL && !part_fits(judge, part, names[length - i]))
            return false;
        *ret_certain += part->text != NULL && !part->is_template;
    }
    return true;
}

static Verdict
judge_perhaps(const Judge *judge, const Declared *declared, const Spelling *spelling)
{
    const Part *table = &declared->parts[TABLE];
    guint certain = 0;
    bool is_called_so = sql_same_table(judge->dialect, declared->name, '\0', spelling->last),
         fits = all_fit(judge, declared, spelling->source, &certain);
    if (fits && spelling->source[1] != NULL && (certain > 0 || is_called_so))
        return MAY_BE;
    return !table->is_template && part_fits(judge, table, spelling->last) ? IS_ELSEWHERE : IS_NOT;
}

/* The path as SQL would write it; false where a template makes it. */
static bool
path_of(const Declared *declared, SqlPart *parts, SqlPath *ret)
{
    *ret = (SqlPath){.parts = parts};
    for (Step i = DATABASE; i < PARTS; i++) {
        const Part *part = &declared->parts[i];
        if (part->is_template)
            return false;
        if (part->text != NULL)
            parts[ret->count++] = (SqlPart){.text = part->text, .quote = quote_of(part)};
    }
    return true;
}

static Verdict
judge_declared(const Judge *judge, const Declared *declared, const Rename **ret,
               const Spelling **ret_spelling)
{
    SqlPart parts[PARTS];
    SqlPath path;
    bool is_other = false;
    Verdict verdict = IS_NOT;
    *ret = path_of(declared, parts, &path)
               ? renames_find(judge->renames, judge->dialect, &path, ret_spelling, &is_other)
               : NULL;
    if (*ret != NULL)
        return (*ret)->dbt == NULL ? IS_SAME : IS_NOT; /* the mapping says itself what it is */
    for (guint i = 0; i < judge->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(judge->renames->list, i);
        for (guint s = 0; rename->dbt == NULL && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            Verdict one = judge_perhaps(judge, declared, spelling);
            if (one <= verdict)
                continue;
            verdict = one;
            *ret = rename;
            *ret_spelling = spelling;
        }
    }
    return verdict;
}

/* ---- what becomes of it ---- */

/* The target's parts before the table's are those of today. */
static bool
stays_there(const Judge *judge, const Declared *declared, const Spelling *spelling)
{
    guint have = g_strv_length(spelling->source), want = g_strv_length(spelling->target);
    for (guint i = 2; i <= want; i++) {
        const char *there = spelling->target[want - i];
        const Part *part = i <= PARTS ? &declared->parts[PARTS - i] : NULL;
        if (i <= have ? strcmp(spelling->source[have - i], there) != 0
                      : part == NULL || part->text == NULL ||
                            !sql_same_table(judge->dialect, part->text, quote_of(part), there))
            return false;
    }
    return true;
}

static DbtDoubt *
doubt_new(const char *code, char *reason)
{
    DbtDoubt *doubt = g_new0(DbtDoubt, 1);
    *doubt = (DbtDoubt){.code = code, .reason = reason};
    return doubt;
}

static DbtDoubt *
doubt_whether(const Declared *declared, const Spelling *spelling)
{
    for (Step i = DATABASE; i < PARTS; i++)
        if (declared->parts[i].is_template)
            return doubt_new(
                "source-unknown",
                g_strdup_printf("this may be '%s': its %s is '%s', which is known when "
                                "dbt runs; say `dbt:` in the mapping if it is",
                                spelling->whole,
                                i == DATABASE ? "database"
                                : i == SCHEMA ? "schema"
                                              : "identifier",
                                declared->parts[i].text));
    return doubt_new(
        "source-unknown",
        declared->parts[DATABASE].text == NULL
            ? g_strdup_printf("this may be '%s': nothing says its database; say --default %s, or "
                              "`dbt:` in the mapping",
                              spelling->whole, spelling->source[0])
            : g_strdup_printf("this may be '%s', which the mapping names without a database; say "
                              "--default %s, or `dbt:` in the mapping",
                              spelling->whole, declared->parts[DATABASE].text));
}

static DbtDoubt *
doubt_how(const Judge *judge, const Declared *declared, const Spelling *spelling)
{
    if (!stays_there(judge, declared, spelling)) {
        g_autofree char *target = g_strjoinv(".", spelling->target);
        return doubt_new("source-moves",
                         g_strdup_printf("this is '%s', and '%s' is in another schema or database: "
                                         "declare it, and say `dbt:` in the mapping",
                                         spelling->whole, target));
    }
    bool is_renamed =
        strcmp(spelling->last, spelling->target[g_strv_length(spelling->target) - 1]) != 0;
    return declared->is_identifier_made && is_renamed
               ? doubt_new("source-unknown",
                           g_strdup_printf("this is '%s', whose identifier a template makes: "
                                           "change what it gives",
                                           spelling->whole))
               : NULL;
}

static DbtDoubt *
doubt_of(const Judge *judge, Verdict verdict, const Declared *declared, const Spelling *spelling)
{
    if (verdict == IS_SAME)
        return doubt_how(judge, declared, spelling);
    if (verdict == MAY_BE)
        return doubt_whether(declared, spelling);
    return doubt_new(
        NULL, g_strdup_printf("this source's table is called like '%s', and is in another schema "
                              "or database",
                              spelling->whole));
}

static DbtRename *
rename_of(const Declared *declared, const Spelling *spelling, DbtDoubt *doubt)
{
    const char *to = spelling->target[g_strv_length(spelling->target) - 1];
    bool stays = declared->has_identifier || doubt != NULL;
    DbtRename *dbt = g_new0(DbtRename, 1);
    dbt->is_source = true;
    dbt->from = (DbtName){g_strdup(declared->source), g_strdup(declared->name), NULL};
    dbt->to = (DbtName){g_strdup(declared->source), g_strdup(stays ? declared->name : to), NULL};
    dbt->identifier = declared->has_identifier && doubt == NULL && !declared->is_identifier_made
                          ? g_strdup(to)
                          : NULL;
    dbt->doubt = doubt;
    dbt->source[0] = dbt->from.name;
    dbt->target[0] = dbt->to.name;
    dbt->spelling = (Spelling){dbt->source, dbt->target, NULL, NULL};
    return dbt;
}

/* ---- the whole ---- */

static DbtRename *
declared_before(const GPtrArray *list, const Declared *declared)
{
    for (guint i = 0; i < list->len; i++) {
        DbtRename *dbt = ((const Rename *) g_ptr_array_index(list, i))->dbt;
        if (strcmp(dbt->from.package, declared->source) == 0 &&
            strcmp(dbt->from.name, declared->name) == 0)
            return dbt;
    }
    return NULL;
}

/* dbt takes the one that is enabled, which may depend on where it runs. */
static void
doubt_twice(DbtRename *before, const Declared *declared, Verdict verdict)
{
    bool was_same = before->doubt == NULL,
         is_same = verdict == IS_SAME && declared->has_identifier == (before->identifier != NULL),
         was_elsewhere = !was_same && before->doubt->code == NULL;
    if ((was_same && is_same) || (was_elsewhere && verdict <= IS_ELSEWHERE))
        return;
    if (before->doubt != NULL)
        g_free((char *) before->doubt->reason);
    g_free(before->doubt);
    before->doubt = doubt_new(
        "source-unknown",
        g_strdup("this source is declared twice, and not both times as the same table: say `dbt:` "
                 "in the mapping if it is the dataset"));
}

/* What nobody says, or a template makes, is as in the manifest. */
static bool
fill_in(const Judge *judge, const Declared *declared, Declared *ret)
{
    char *const *written = judge->written.manifests != NULL
                               ? dbt_manifests_source(judge->written.manifests, judge->written.home,
                                                      declared->source, declared->name)
                               : NULL;
    guint length = written != NULL ? g_strv_length((char **) written) : 0;
    *ret = *declared;
    for (guint i = 1; i <= PARTS; i++) {
        Part *part = &ret->parts[PARTS - i];
        bool is_open = part->text == NULL || part->is_template;
        part->text = g_strdup(is_open && i <= length ? written[length - i] : part->text);
        part->is_template = part->is_template && i > length;
    }
    return length > 0;
}

static void
read_table(GPtrArray *ret, const Judge *judge, const Declared *declared)
{
    const Rename *rename = NULL;
    const Spelling *spelling = NULL;
    if (declared->source == NULL || declared->name == NULL)
        return;
    Verdict verdict = judge_declared(judge, declared, &rename, &spelling);
    g_auto(Declared) filled = {0};
    if (verdict == MAY_BE && fill_in(judge, declared, &filled)) {
        const Rename *found = NULL;
        const Spelling *found_spelling = NULL;
        if (judge_declared(judge, &filled, &found, &found_spelling) == IS_SAME) {
            verdict = IS_SAME;
            rename = found;
            spelling = found_spelling;
            declared = &filled;
        }
    }
    DbtRename *before = declared_before(ret, declared);
    if (before != NULL) {
        doubt_twice(before, declared, verdict);
        return;
    }
    if (verdict == IS_NOT)
        return;
    DbtDoubt *doubt = doubt_of(judge, verdict, declared, spelling);
    g_ptr_array_add(ret, rename_like(rename, rename_of(declared, spelling, doubt)));
}

void
dbt_sources_read(GPtrArray *ret, const Renames *renames, const Dialect *dialect,
                 const YamlNode *settings, DbtWritten written, const YamlNode *root)
{
    const Judge judge = {renames, dialect != NULL ? dialect : dialect_by_name("ansi"), written};
    const YamlNode *sources = yaml_get(root, "sources");
    for (size_t i = 0; sources != NULL && sources->kind == YAML_LIST && i < sources->count; i++) {
        const YamlNode *source = sources->items[i],
                       *tables = source->kind == YAML_MAP ? yaml_get(source, "tables") : NULL;
        for (size_t t = 0; tables != NULL && tables->kind == YAML_LIST && t < tables->count; t++) {
            g_auto(Declared) declared = {0};
            if (tables->items[t]->kind != YAML_MAP)
                continue;
            read_declared(&declared, source, tables->items[t], settings);
            read_table(ret, &judge, &declared);
        }
    }
}
