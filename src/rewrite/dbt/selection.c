/*
 * selection.c - what dbt is told to run: names of models with signs around them, files, sources.
 *
 * A model that gets another name would be picked no more, and dbt only warns of it. Its name is renamed where it can be nothing
 * else; a folder of that name, a pattern and a version are a person's.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/selects.h"

#include <string.h>

static const char picks_nothing[] = "dbt is told by this to run what the mapping gives another "
                                    "name, of which it would find nothing: change it by hand";

/* ---- writing down ---- */

/* What others say of it as a word that may be anything. */
static bool
is_of_word(const Work *work, const Site *site, size_t begin, size_t end)
{
    static const char between[] = " \t\r\n,\"'";
    static const char *const guesses[] = {"apart", "in-string", "bare-name", "language", NULL};
    bool is_guess = g_strv_contains(guesses, site->code);
    while (begin > 0 && strchr(between, work->text[begin - 1]) == NULL)
        begin--;
    while (end < work->bytes && strchr(between, work->text[end]) == NULL)
        end++;
    return (site->disposition == DISPOSITION_UNAFFECTED || is_guess) && site->begin + 1 >= begin &&
           site->end <= end + 1;
}

bool
dbt_settles(Work *work, size_t begin, size_t end)
{
    GPtrArray *sites = work->out->sites;
    if (!site_covers(work, begin, end))
        return true;
    for (guint i = 0; i < sites->len; i++) {
        const Site *site = g_ptr_array_index(sites, i);
        if (site->begin < end && site->end > begin && !is_of_word(work, site, begin, end))
            return false;
    }
    for (guint i = sites->len; i > 0; i--) {
        const Site *site = g_ptr_array_index(sites, i - 1);
        if (site->begin < end && site->end > begin)
            g_ptr_array_remove_index(sites, i - 1);
    }
    return true;
}

static void
rename_part(Work *work, size_t begin, size_t end, const char *to)
{
    if (dbt_settles(work, begin, end))
        site_edit(work, SITE_TABLE, begin, end, to);
}

static void
leave_to_person(Work *work, size_t begin, size_t end)
{
    if (dbt_settles(work, begin, end))
        site_refuse(work, SITE_TABLE, begin, end, "selection", NULL, "%s", picks_nothing);
}

/* Only columns change: what is run is picked as before. */
static void
leave_as_it_is(Work *work, size_t begin, size_t end)
{
    if (dbt_settles(work, begin, end))
        site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, begin, end)->reason =
            "dbt is told by this what to run, and that keeps its name";
}

/* ---- models ---- */

static bool
says(const Work *work, size_t begin, size_t end, const char *name)
{
    return end - begin == strlen(name) && memcmp(work->text + begin, name, end - begin) == 0;
}

/* A model of which nothing is left under the name of before, as far as is known. */
static bool
goes(const Work *work, const Rename *rename)
{
    return dbt_moves(rename->dbt) && !rename->is_derived &&
           strcmp(rename->dbt->from.name, rename->dbt->to.name) != 0 &&
           dbt_fate_told(work, rename->dbt) != MODEL_STAYS;
}

static bool
stays(const Rename *rename)
{
    return rename->dbt->doubt == NULL && !rename->is_derived &&
           strcmp(rename->dbt->from.name, rename->dbt->to.name) == 0;
}

static void
pick_model(Work *work, size_t begin, size_t end, const Rename *rename, bool is_clear)
{
    if (is_clear && dbt_fate_told(work, rename->dbt) == MODEL_RENAMED)
        rename_part(work, begin, end, rename->dbt->to.name);
    else
        leave_to_person(work, begin, end);
}

/* Where the last part of `shop.staging.users` begins. */
static size_t
behind_dots(const Work *work, size_t begin, size_t end)
{
    while (end > begin && work->text[end - 1] != '.')
        end--;
    return end;
}

static bool
is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

bool
dbt_selection_may_be(Work *work, size_t begin, size_t end)
{
    begin += begin < end && strchr("+@", work->text[begin]) != NULL;
    end -= end > begin && work->text[end - 1] == '+';
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename->dbt == NULL || rename->dbt->is_source || !goes(work, rename) ||
            !says(work, begin, end, rename->dbt->from.name))
            continue;
        if (dbt_settles(work, begin, end))
            site_refuse(work, SITE_TABLE, begin, end, "selection", NULL,
                        "dbt is told in this file to run what a variable says, which may be this "
                        "model: it is called '%s' by now",
                        rename->dbt->to.name);
        return true;
    }
    return false;
}

/* users, shop.staging.users, stg_*: the last part is the model, those before it are package and folders. */
static void
pick_by_name(Work *work, size_t begin, size_t end, const Rename *rename)
{
    const char *name = rename->dbt->from.name;
    size_t last = behind_dots(work, begin, end);
    g_autofree char *part = g_strndup(work->text + last, end - last);
    if (says(work, last, end, name))
        pick_model(work, last, end, rename, last > begin || !dbt_has_folder(work->options, name));
    else if (is_pattern(part) && strcmp(part, "*") != 0 && g_pattern_match_simple(part, name) &&
             !g_pattern_match_simple(part, rename->dbt->to.name))
        leave_to_person(work, begin, end);
    else if (part[0] == 'v' && last > begin && strspn(part + 1, "0123456789") == strlen(part) - 1) {
        size_t before = last - 1, first = before;
        while (first > begin && work->text[first - 1] != '.')
            first--;
        if (says(work, first, before, name))
            leave_to_person(work, begin, end);
    }
}

/* models/users.sql, or the file's name alone: it is called otherwise then. */
static void
pick_by_file(Work *work, size_t begin, size_t end, const Rename *rename)
{
    static const char *const endings[] = {".sql", ".py", ".csv"};
    size_t base = end;
    while (base > begin && work->text[base - 1] != '/')
        base--;
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        size_t bytes = strlen(endings[i]);
        if (end - base > bytes && memcmp(work->text + end - bytes, endings[i], bytes) == 0 &&
            says(work, base, end - bytes, rename->dbt->from.name))
            pick_model(work, base, end - bytes, rename, true);
    }
}

/* ---- sources ---- */

/* shop.users; of shop alone, all that it has is picked, also where some of it goes. */
static void
pick_source(Work *work, size_t begin, size_t end, const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    g_autofree char *from = g_strdup_printf("%s.%s", dbt->from.package, dbt->from.name),
                    *to = g_strdup_printf("%s.%s", dbt->to.package, dbt->to.name);
    if (dbt->doubt != NULL)
        return;
    if (strcmp(from, to) == 0 && says(work, begin, end, from))
        leave_as_it_is(work, begin, end);
    else if (says(work, begin, end, from))
        rename_part(work, begin, end, to);
    else if (strcmp(dbt->from.package, dbt->to.package) != 0 &&
             says(work, begin, end, dbt->from.package))
        leave_to_person(work, begin, end);
}

/* ---- the whole ---- */

static void
pick(Work *work, size_t begin, size_t end, const char *method)
{
    bool is_source = strcmp(method, "source") == 0,
         is_file = strcmp(method, "path") == 0 || strcmp(method, "file") == 0,
         is_name = strcmp(method, "fqn") == 0;
    for (guint i = 0; begin < end && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const DbtRename *dbt = rename->dbt;
        if (dbt != NULL && dbt->is_source && is_source && dbt->from.package != NULL &&
            dbt->to.package != NULL)
            pick_source(work, begin, end, rename);
        if (dbt == NULL || dbt->is_source)
            continue;
        size_t last = behind_dots(work, begin, end);
        if (is_name && stays(rename) && says(work, last, end, dbt->from.name))
            leave_as_it_is(work, last, end);
        if (!goes(work, rename))
            continue;
        if (is_file)
            pick_by_file(work, begin, end, rename);
        else if (is_name)
            pick_by_name(work, begin, end, rename);
    }
}

/* +users, 2+users+1, @users, path:models/users.sql+ */
static void
pick_one(Work *work, size_t begin, size_t end, const char *method)
{
    const char *text = work->text;
    size_t at = begin;
    while (at < end && g_ascii_isdigit(text[at]))
        at++;
    begin = at < end && text[at] == '+' ? at + 1 : begin + (begin < end && text[begin] == '@');
    at = end;
    while (at > begin && g_ascii_isdigit(text[at - 1]))
        at--;
    end = at > begin && text[at - 1] == '+' ? at - 1 : end;
    const char *colon = memchr(text + begin, ':', end - begin);
    size_t value = colon != NULL ? (size_t) (colon - text) + 1 : begin;
    g_autofree char *said = colon != NULL ? g_strndup(text + begin, value - 1 - begin) : NULL;
    bool is_file = memchr(text + value, '/', end - value) != NULL ||
                   (end - value > 4 && memcmp(text + end - 4, ".sql", 4) == 0);
    pick(work, value, end,
         said != NULL     ? said
         : method != NULL ? method
         : is_file        ? "path"
                          : "fqn");
}

void
dbt_selection(Work *work, size_t begin, size_t end, const char *method)
{
    static const char between[] = " \t\r\n,";
    for (size_t at = begin; at < end;) {
        size_t from = at;
        while (at < end && strchr(between, work->text[at]) == NULL)
            at++;
        pick_one(work, from, at, method);
        at += at < end;
    }
}
