/*
 * paths.c - what names a model by its file or by its id, and a source by its id: `models/shop/users.sql`,
 * `target/compiled/acme/models/shop/users.sql`, `model.acme.users`, `source.acme.shop.users`.
 *
 * A model that gets another name gets another file. Where the folders before its name are those of the file, nothing else is meant,
 * and the name follows; a file's name alone, or with a pattern, is a person's. Comments stay as they are.
 */
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/dbt/selects.h"

#include <string.h>

#define FOLDERS_MAX 64 /* of a path that is compared: deeper ones are another thing */
#define NAMES_MAX 1000 /* of a model in one file: a person looks at more */

/* The file that makes a model which gets another name. */
typedef struct {
    const Rename *rename;
    const DbtRoot *root;
    const char *path, *ending; /* borrowed; of `.sql` the dot, too */
} Moving;

/* ---- which ones there are ---- */

/* Array of Moving; caller frees. */
static GArray *
moving_files(const Work *work)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Moving));
    const GPtrArray *roots = work->options->roots;
    for (guint r = 0; roots != NULL && r < roots->len; r++) {
        const DbtRoot *root = g_ptr_array_index(roots, r);
        const RewriteOptions options = {.made = root->made, .home = dbt_home(root)};
        for (guint i = 0; i < root->renames->list->len; i++) {
            const Rename *rename = g_ptr_array_index(root->renames->list, i);
            const char *path = dbt_is_renamed(root->renames, &options, rename)
                                   ? dbt_maker_path(&options, &rename->dbt->from)
                                   : NULL;
            Moving one = {rename, root, path, path != NULL ? strrchr(path, '.') : NULL};
            if (path != NULL && strcmp(rename->dbt->from.name, rename->dbt->to.name) != 0)
                g_array_append_val(found, one);
        }
    }
    return found;
}

/* ---- paths ---- */

static bool
is_of_path(char c)
{
    return c != '\0' && (unsigned char) c > ' ' && strchr("\"'`,;|&=()[]<>:", c) == NULL;
}

static bool
is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Folders of a path, the innermost first. */
typedef struct {
    const char *begin[FOLDERS_MAX];
    size_t bytes[FOLDERS_MAX];
    guint count;
} Folders;

/* Those before the byte `end` of the text, which do not begin before `from`. */
static void
read_folders(const char *text, size_t from, size_t end, Folders *ret)
{
    ret->count = 0;
    while (end > from && ret->count < FOLDERS_MAX) {
        while (end > from && is_slash(text[end - 1]))
            end--;
        size_t begin = end;
        while (begin > from && !is_slash(text[begin - 1]))
            begin--;
        begin += text[begin] == '^' && begin + 1 < end; /* of a pattern */
        if (begin == end)
            return;
        ret->begin[ret->count] = text + begin;
        ret->bytes[ret->count++] = end - begin;
        end = begin > from && text[begin - 1] == '^' ? begin - 1 : begin;
    }
}

/* What stands for a folder that is not said: `..`, `$HOME`, `{root}`, `%s`, `**`. */
static bool
is_open(const Folders *folders, guint index)
{
    const char *begin = folders->begin[index];
    size_t bytes = folders->bytes[index];
    bool is_dots = bytes <= 2 && strspn(begin, ".") >= bytes;
    for (size_t i = 0; !is_dots && i < bytes; i++)
        is_dots = strchr("${}%*~?", begin[i]) != NULL;
    return is_dots;
}

static guint
count_same(const Folders *one, const Folders *other)
{
    guint same = 0;
    while (same < one->count && same < other->count && one->bytes[same] == other->bytes[same] &&
           memcmp(one->begin[same], other->begin[same], one->bytes[same]) == 0)
        same++;
    return same;
}

typedef enum { PATH_IS_ANOTHER, PATH_MAY_BE, PATH_IS_IT } PathMeaning;

/* How far does this path fit another file of that name: less than the model's, as far, further? */
static int
fit_of_others(const Work *work, const Moving *moving, const Folders *said, guint same)
{
    const GPtrArray *paths = work->options->paths;
    const char *base = strrchr(moving->path, '/'), *end = strrchr(work->path, '/');
    size_t own = end != NULL ? (size_t) (end - work->path) : 0;
    int found = -1;
    for (guint i = 0; paths != NULL && base != NULL && i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i), *slash = strrchr(path, '/');
        if (slash == NULL || strcmp(slash, base) != 0 || strcmp(path, moving->path) == 0)
            continue;
        Folders theirs;
        read_folders(path, 0, (size_t) (slash - path), &theirs);
        guint fit = count_same(said, &theirs);
        bool is_beside = said->count == 0 && (size_t) (slash - path) == own &&
                         strncmp(path, work->path, own) == 0;
        int one = fit > same || is_beside ? 1 : fit == same ? 0 : -1;
        found = MAX(found, one);
    }
    return found;
}

static PathMeaning
meaning_of(const Work *work, const Moving *moving, const Folders *said)
{
    Folders own;
    const char *slash = strrchr(moving->path, '/');
    size_t root = strlen(moving->root->folder);
    read_folders(moving->path, 0, slash != NULL ? (size_t) (slash - moving->path) : 0, &own);
    guint within = 0; /* of the project */
    while (within < own.count && own.begin[within] >= moving->path + root)
        within++;
    guint same = count_same(said, &own);
    int others = fit_of_others(work, moving, said, same);
    bool is_all = same == said->count, is_whole = within > 0 && same >= within;
    if (others > 0 || (!is_all && !is_whole && !is_open(said, same)))
        return PATH_IS_ANOTHER;
    return same > 0 && others < 0 ? PATH_IS_IT : PATH_MAY_BE;
}

/* "models/shop/" + "users.sql", root / "shop" / "users.sql": the text before it, where one of these signs parts them. */
static void
read_text_before(const Work *work, size_t begin, Folders *ret)
{
    const char *text = work->text;
    size_t at = begin;
    char quote = at > 0 ? text[at - 1] : '\0';
    if (quote != '"' && quote != '\'')
        return;
    for (at--; at > 0 && g_ascii_isspace(text[at - 1]); at--)
        ;
    if (at == 0 || strchr("+,/", text[at - 1]) == NULL)
        return;
    for (at--; at > 0 && g_ascii_isspace(text[at - 1]); at--)
        ;
    size_t end = at > 0 && text[at - 1] == quote ? at - 1 : 0, from = end;
    while (from > 0 && text[from - 1] != quote && text[from - 1] != '\n')
        from--;
    if (end > from && text[from - 1] == quote)
        read_folders(text, from, end, ret);
}

/* `users.sql`, also as a pattern, `users\.sql`; 0: something else stands there. */
static size_t
behind_ending(const Work *work, size_t end, const char *ending)
{
    const char *text = work->text;
    size_t at = end + (text[end] == '\\'), bytes = strlen(ending);
    if (at + bytes > work->bytes || memcmp(text + at, ending, bytes) != 0)
        return 0;
    at += bytes;
    bool goes_on = is_identifier_byte(text[at]) || text[at] == '-' ||
                   (text[at] == '.' && g_ascii_isalnum(text[at + 1]));
    return goes_on ? 0 : at;
}

static void
leave(Work *work, size_t begin, size_t end, const char *reason)
{
    if (dbt_settles(work, begin, end))
        site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, begin, end)->reason = reason;
}

/* The name of the file, at this place. */
static void
visit_file(Work *work, const Moving *moving, size_t begin, size_t end, bool is_comment)
{
    const char *text = work->text;
    size_t from = begin;
    if (behind_ending(work, end, moving->ending) == 0)
        return;
    while (from > 0 && is_of_path(text[from - 1]))
        from--;
    if (from < begin && !is_slash(text[begin - 1]))
        return;
    Folders said;
    read_folders(text, from, begin, &said);
    if (said.count == 0)
        read_text_before(work, begin, &said);
    PathMeaning meaning = meaning_of(work, moving, &said);
    if (meaning == PATH_IS_ANOTHER)
        leave(work, begin, end, "this is another file of that name");
    else if (is_comment)
        leave(work, begin, end, "this is the model's file, in a comment");
    else if (!dbt_settles(work, begin, end))
        return;
    else if (meaning == PATH_IS_IT)
        site_edit(work, SITE_MENTION, begin, end, moving->rename->dbt->to.name);
    else
        site_refuse(work, SITE_MENTION, begin, end, "model-file", NULL,
                    "this may be the file that makes '%s', which is called '%s%s' by now",
                    moving->rename->dbt->from.name, moving->rename->dbt->to.name, moving->ending);
}

/* ---- ids ---- */

/* model.acme.users: what dbt calls it in its artifacts. */
static void
visit_id(Work *work, const Moving *moving, size_t begin, size_t end)
{
    const char *text = work->text, *kind = strcmp(moving->ending, ".csv") == 0 ? "seed" : "model";
    if (moving->root->name == NULL || text[end] == '.')
        return;
    g_autofree char *before = g_strdup_printf("%s.%s.", kind, moving->root->name);
    size_t bytes = strlen(before);
    if (begin < bytes || memcmp(text + begin - bytes, before, bytes) != 0 ||
        (begin > bytes && (is_identifier_byte(text[begin - bytes - 1]) ||
                           strchr(".-", text[begin - bytes - 1]) != NULL)) ||
        !dbt_settles(work, begin, end))
        return;
    site_edit(work, SITE_MENTION, begin, end, moving->rename->dbt->to.name);
}

/* `source.acme.shop.users`, `source:shop.users`: the latter as dbt is told what to run. */
static void
visit_source(Work *work, const DbtRoot *root, const DbtRename *dbt, size_t begin, size_t end)
{
    const char *text = work->text;
    g_autofree char *id = g_strdup_printf("source.%s.", root->name != NULL ? root->name : ""),
                    *to = g_strdup_printf("%s.%s", dbt->to.package, dbt->to.name);
    const char *const heads[] = {id, "source:"};
    size_t package = strlen(dbt->from.package) + 1, first = begin - MIN(begin, package);
    if (begin < package || text[begin - 1] != '.' || text[end] == '.' ||
        memcmp(text + first, dbt->from.package, package - 1) != 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        size_t bytes = strlen(heads[i]);
        if (first < bytes || memcmp(text + first - bytes, heads[i], bytes) != 0 ||
            (first > bytes && (is_identifier_byte(text[first - bytes - 1]) ||
                               strchr(".-", text[first - bytes - 1]) != NULL)))
            continue;
        if (dbt_settles(work, first, end))
            site_edit(work, SITE_MENTION, first, end, to);
        return;
    }
}

/* ---- the whole ---- */

/* Places at which a name stands in the text, one after another. */
typedef struct {
    const char *name;
    size_t begin, end; /* of the last one that was found */
    guint count;
    TextLine line; /* which it is in */
} Places;

static bool
next_place(const Work *work, Places *places)
{
    const char *found = strstr(work->text + places->end, places->name);
    if (found == NULL)
        return false;
    places->begin = (size_t) (found - work->text);
    places->end = places->begin + strlen(places->name);
    text_line_go(&places->line, work->text, places->begin);
    return true;
}

static bool
is_too_many(Work *work, Places *places)
{
    if (++places->count <= NAMES_MAX)
        return false;
    if (!site_covers(work, places->begin, places->end))
        site_refuse(work, SITE_MENTION, places->begin, places->end, "language", NULL,
                    "this name stands in the file more than %d times: those from here on are not "
                    "looked at",
                    NAMES_MAX);
    return true;
}

static bool
goes_on(const Work *work, size_t end)
{
    return is_identifier_byte(work->text[end]) || work->text[end] == '-';
}

static void
visit_sources(Work *work, const DbtRoot *root, const DbtRename *dbt)
{
    Places places = {.name = dbt->from.name};
    while (next_place(work, &places) && !is_too_many(work, &places))
        if (!places.line.is_comment && !goes_on(work, places.end))
            visit_source(work, root, dbt, places.begin, places.end);
}

static void
visit_names(Work *work, const Moving *moving)
{
    Places places = {.name = moving->rename->dbt->from.name};
    while (next_place(work, &places)) {
        bool is_word =
            (places.begin == 0 || !goes_on(work, places.begin - 1)) && !goes_on(work, places.end);
        if (!is_word)
            continue;
        if (is_too_many(work, &places))
            return;
        visit_file(work, moving, places.begin, places.end, places.line.is_comment);
        if (!places.line.is_comment)
            visit_id(work, moving, places.begin, places.end);
    }
}

static void
visit_all_sources(Work *work)
{
    const GPtrArray *roots = work->options->roots;
    for (guint r = 0; roots != NULL && r < roots->len; r++) {
        const DbtRoot *root = g_ptr_array_index(roots, r);
        for (guint i = 0; root->settings != NULL && i < root->renames->list->len; i++) {
            const DbtRename *dbt =
                ((const Rename *) g_ptr_array_index(root->renames->list, i))->dbt;
            if (dbt != NULL && dbt->is_source && dbt->doubt == NULL && dbt->from.package != NULL &&
                dbt->to.package != NULL &&
                (strcmp(dbt->from.name, dbt->to.name) != 0 ||
                 strcmp(dbt->from.package, dbt->to.package) != 0))
                visit_sources(work, root, dbt);
        }
    }
}

void
dbt_paths(Work *work)
{
    if (code_is_sql(work->path))
        return;
    visit_all_sources(work);
    g_autoptr(GArray) moving = moving_files(work);
    for (guint i = 0; i < moving->len; i++)
        visit_names(work, &g_array_index(moving, Moving, i));
}
