/*
 * yaml_move.c - single tables of a source that go to another one, in the same file.
 *
 * The lines of the table's entry go behind the last table of that source, or, where the file has none of that name, into a new
 * entry behind the one of before, which says of itself what that one does. Only where each part stands on lines of its own,
 * and where the table is then, by what both entries say, is what the mapping says.
 */
#include "rewrite/dbt/yaml_lines.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const YamlNode *table;
    const Rename *rename;
    const YamlNode *to;        /* the source that it goes to; NULL: a new one */
    size_t begin, end;         /* its lines, with the comments above them */
    size_t cut_begin, cut_end; /* what goes with them where they stood: empty lines */
    bool is_done;
} TableMove;

struct YamlMoves {
    const YamlNode *source, *tables;
    GArray *list; /* TableMove */
};

/* ---- where a table is ---- */

/* What the mapping says of a step of the dataset's name, counted from the end: `schema` 2, `project` 3. */
static bool
step_changes(const Rename *rename, guint from_end, const char **ret_from, const char **ret_to)
{
    const Spelling *spelling = g_ptr_array_index(rename->spellings, 0);
    guint have = g_strv_length(spelling->source), want = g_strv_length(spelling->target);
    *ret_from = have >= from_end ? spelling->source[have - from_end] : NULL;
    *ret_to = want >= from_end ? spelling->target[want - from_end] : NULL;
    return g_strcmp0(*ret_from, *ret_to) != 0;
}

static const char *
said_of(const YamlNode *source, const char *key, const char *other)
{
    const YamlNode *node = yaml_get(source, key);
    return yaml_get_text(source, node != NULL ? key : other);
}

static const char *
schema_of(const YamlNode *source)
{
    const char *said = said_of(source, "schema", "dataset");
    return said != NULL ? said : yaml_get_text(source, "name");
}

/* Where it has to be said to be; false where what is said today is not what the mapping has. `*ret` NULL: nothing is said. */
static bool
place_after(const YamlNode *source, const Rename *rename, guint from_end, const char **ret)
{
    const char *from, *to,
        *said = from_end == 2 ? schema_of(source) : said_of(source, "database", "project");
    *ret = said;
    if (!step_changes(rename, from_end, &from, &to))
        return true;
    *ret = to;
    return to != NULL && from != NULL && g_strcmp0(said, from) == 0;
}

/* Both say the same under the key, as they write it. */
static bool
say_the_same(const Work *work, const YamlNode *one, const YamlNode *other, const char *key)
{
    const YamlNode *mine = yaml_get(one, key), *theirs = yaml_get(other, key);
    if (mine == NULL || theirs == NULL)
        return mine == theirs;
    size_t bytes = lines_end_of(work, mine) - mine->begin;
    return bytes == lines_end_of(work, theirs) - theirs->begin &&
           memcmp(work->text + mine->begin, work->text + theirs->begin, bytes) == 0;
}

/* Is the table there, among those of a source that the file has, what it is to be? */
static bool
fits_into(const Work *work, const YamlNode *source, const YamlNode *to, const Rename *rename,
          size_t dash)
{
    static const char *const said_for_tables[] = {"quoting", "freshness", "loaded_at_field",
                                                  "config",  "tags",      "meta"};
    const char *schema, *project;
    size_t there = 0, of_source = 0;
    if (!place_after(source, rename, 2, &schema) || !place_after(source, rename, 3, &project) ||
        g_strcmp0(schema_of(to), schema) != 0 ||
        g_strcmp0(said_of(to, "database", "project"), project) != 0 ||
        yaml_get(to, "overrides") != NULL || !lines_are_map(work, to, &of_source) ||
        !lines_are_entries(work, yaml_get(to, "tables"), &there) || there != dash)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(said_for_tables); i++)
        if (!say_the_same(work, source, to, said_for_tables[i]))
            return false;
    return true;
}

/* ---- a new entry ---- */

static bool
is_word(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (!is_identifier_byte(*c))
            return false;
    return !g_ascii_isdigit(name[0]) && !yaml_is_no_text(name);
}

static void
add_line(GString *text, size_t indent, const char *key, const char *value)
{
    g_string_append_printf(text, "%*s%s: %s\n", (int) indent, "", key, value);
}

/* What the source says of all its tables, for another one: NULL where it is not what the mapping says. Caller frees. */
static char *
head_for(const Work *work, const YamlNode *source, const Rename *rename)
{
    const char *schema, *project, *from, *to, *name = rename->dbt->to.package;
    size_t dash = 0, indent = source->begin - lines_begin(work, source->begin);
    if (!is_word(name) || !lines_is_item(work, source, &dash) ||
        !place_after(source, rename, 2, &schema) || !place_after(source, rename, 3, &project))
        return NULL;
    bool moves_schema = step_changes(rename, 2, &from, &to),
         moves_project = step_changes(rename, 3, &from, &to),
         adds_schema = said_of(source, "schema", "dataset") == NULL && strcmp(schema, name) != 0;
    if (((moves_schema || adds_schema) && !is_word(schema)) || (moves_project && !is_word(project)))
        return NULL;
    GString *head = g_string_new(NULL);
    g_string_append_printf(head, "%*s-%*s", (int) dash, "", (int) (indent - dash - 1), "");
    add_line(head, 0, "name", name);
    if (adds_schema)
        add_line(head, indent, "schema", schema);
    for (size_t i = 0; i < source->count; i++) {
        const YamlNode *key = source->items[2 * i];
        const char *word = key->text;
        if (strcmp(word, "name") == 0 || strcmp(word, "tables") == 0 ||
            strcmp(word, "description") == 0)
            continue;
        if (moves_schema && (strcmp(word, "schema") == 0 || strcmp(word, "dataset") == 0))
            add_line(head, indent, word, schema);
        else if (moves_project && (strcmp(word, "database") == 0 || strcmp(word, "project") == 0))
            add_line(head, indent, word, project);
        else
            g_string_append_printf(
                head, "%*s%.*s\n", (int) indent, "",
                (int) (lines_end_of(work, source->items[2 * i + 1]) - key->begin),
                work->text + key->begin);
    }
    g_string_append_printf(head, "%*stables:\n", (int) indent, "");
    return g_string_free(head, FALSE);
}

/* ---- which ones can go ---- */

static const YamlNode *
entry_called(const YamlNode *sources, const char *name)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->items[i]->kind == YAML_MAP &&
            g_strcmp0(yaml_get_text(sources->items[i], "name"), name) == 0)
            return sources->items[i];
    return NULL;
}

/* The one that it goes to keeps all that it has. */
static bool
loses_none(Work *work, const YamlNode *source)
{
    const YamlNode *tables = yaml_get(source, "tables");
    for (size_t i = 0; tables != NULL && tables->kind == YAML_LIST && i < tables->count; i++)
        if (yaml_moved_table(work, source, tables->items[i]) != NULL)
            return false;
    return true;
}

static bool
can_go(Work *work, const YamlNode *sources, const YamlNode *source, const Rename *rename,
       size_t dash, const YamlNode **ret_to)
{
    *ret_to = entry_called(sources, rename->dbt->to.package);
    if (*ret_to != NULL)
        return loses_none(work, *ret_to) && fits_into(work, source, *ret_to, rename, dash);
    g_autofree char *head = head_for(work, source, rename);
    return head != NULL;
}

/* Empty lines go with it: those behind it, or those above where none is left behind it. */
static void
find_cuts(const Work *work, const YamlMoves *moves, size_t dash)
{
    const YamlNode *tables = moves->tables;
    TableMove *first = NULL; /* of those that stand last */
    size_t left = tables->count;
    for (guint m = moves->list->len; m > 0; m--) {
        TableMove *move = &g_array_index(moves->list, TableMove, m - 1);
        size_t i = 0;
        while (tables->items[i] != move->table)
            i++;
        move->cut_begin = move->begin;
        move->cut_end =
            i + 1 < tables->count ? lines_of_entry(work, tables->items[i + 1], dash) : move->end;
        if (i + 1 == left) {
            first = move;
            left = i;
        }
    }
    if (first != NULL)
        first->cut_begin = lines_behind_entry(work, tables->items[left - 1], dash);
}

void
yaml_moves_free(YamlMoves *moves)
{
    g_array_unref(moves->list);
    g_free(moves);
}

YamlMoves *
yaml_moves_new(Work *work, const YamlNode *sources, const YamlNode *source)
{
    const YamlNode *tables = yaml_get(source, "tables");
    size_t dash = 0, of_source = 0;
    if (!lines_are_map(work, source, &of_source) || !lines_are_entries(work, tables, &dash) ||
        yaml_get(source, "overrides") != NULL)
        return NULL;
    YamlMoves *moves = g_new0(YamlMoves, 1);
    *moves = (YamlMoves){source, tables, g_array_new(FALSE, FALSE, sizeof(TableMove))};
    for (size_t i = 0; i < tables->count; i++) {
        TableMove move = {.table = tables->items[i]};
        move.rename = yaml_moved_table(work, source, move.table);
        if (move.rename == NULL || !can_go(work, sources, source, move.rename, dash, &move.to))
            continue;
        move.begin = lines_of_entry(work, move.table, dash);
        move.end = lines_behind_entry(work, move.table, dash);
        g_array_append_val(moves->list, move);
    }
    if (moves->list->len > 0)
        return moves;
    yaml_moves_free(moves);
    return NULL;
}

const char *
yaml_moves_to_share(const YamlMoves *moves)
{
    for (guint i = 0; i < moves->list->len; i++) {
        const TableMove *move = &g_array_index(moves->list, TableMove, i);
        if (move->to == NULL)
            return move->rename->dbt->to.package;
    }
    return NULL;
}

void
yaml_moves_leave(YamlMoves *moves, const char *name)
{
    for (guint i = moves->list->len; i > 0; i--)
        if (strcmp(g_array_index(moves->list, TableMove, i - 1).rename->dbt->to.package, name) == 0)
            g_array_remove_index(moves->list, i - 1);
}

bool
yaml_moves_all(const YamlMoves *moves)
{
    return moves->list->len == moves->tables->count;
}

bool
yaml_moves_has(const YamlMoves *moves, const YamlNode *table)
{
    for (guint i = 0; moves != NULL && i < moves->list->len; i++)
        if (g_array_index(moves->list, TableMove, i).table == table)
            return true;
    return false;
}

/* ---- writing ---- */

static bool
is_hindered(const Work *work, const TableMove *move)
{
    const GPtrArray *sites = work->out->sites;
    for (guint i = 0; i < sites->len; i++) {
        const Site *site = g_ptr_array_index(sites, i);
        if (site->begin >= move->begin && site->begin < move->end && site_hinders(site))
            return true;
    }
    return false;
}

/* Its lines as they are edited, by edits that are no longer those of the file. Appended to `ret`. */
static void
lift(Work *work, const TableMove *move, GString *ret)
{
    GPtrArray *edits = work->out->edits;
    g_autoptr(GPtrArray) own = g_ptr_array_new();
    for (guint i = edits->len; i > 0; i--) {
        Edit *edit = g_ptr_array_index(edits, i - 1);
        if (edit->begin >= move->begin && edit->end <= move->end)
            g_ptr_array_add(own, g_ptr_array_remove_index(edits, i - 1));
    }
    g_ptr_array_sort(own, edits_by_place);
    edits_apply(own, work->text, move->begin, move->end, ret);
    if (ret->str[ret->len - 1] != '\n')
        g_string_append_c(ret, '\n');
}

/* Does an empty line part it from the entry before or behind? */
static bool
is_apart(const Work *work, const YamlNode *source, size_t end)
{
    size_t line = lines_begin(work, source->begin);
    while (line > 0 && lines_begin_with(work, lines_begin(work, line - 1), "#"))
        line = lines_begin(work, line - 1);
    bool is_behind = line > 0 && lines_begin_with(work, lines_begin(work, line - 1), "\n"),
         has_next = end + strspn(work->text + end, " \r\n") < work->bytes;
    return is_behind || (has_next && strchr("\r\n", work->text[end]) != NULL);
}

/* What goes to the same source as the move at `first`, in its order. Appended to `ret`. */
static void
lift_all(Work *work, const YamlMoves *moves, guint first, GString *ret)
{
    const char *name = g_array_index(moves->list, TableMove, first).rename->dbt->to.package;
    for (guint i = first; i < moves->list->len; i++) {
        TableMove *one = &g_array_index(moves->list, TableMove, i);
        if (one->is_done || strcmp(one->rename->dbt->to.package, name) != 0)
            continue;
        lift(work, one, ret);
        edit_add(work, one->cut_begin, one->cut_end, "");
        one->is_done = true;
    }
}

/* Behind the last table of a source that the file has. */
static void
write_into(Work *work, const YamlMoves *moves, guint first)
{
    const YamlNode *tables = yaml_get(g_array_index(moves->list, TableMove, first).to, "tables"),
                   *last = tables->items[tables->count - 1];
    size_t dash = 0;
    (void) lines_is_item(work, last, &dash);
    size_t at = lines_behind_entry(work, last, dash);
    bool ends_open = at > 0 && work->text[at - 1] != '\n';
    GString *text = g_string_new(ends_open ? "\n" : "");
    lift_all(work, moves, first, text);
    lines_end_like(work, last->begin, text);
    edit_add(work, at, at, text->str);
    g_string_free(text, TRUE);
}

/* New sources, behind the one of before. */
static void
write_new(Work *work, const YamlMoves *moves)
{
    const YamlNode *source = moves->source, *last = moves->tables->items[moves->tables->count - 1];
    size_t dash = 0;
    (void) lines_is_item(work, last, &dash);
    size_t behind = lines_behind_entry(work, last, dash),
           at = MAX(behind, lines_next(work, lines_end_of(work, source)));
    bool is_cut = yaml_moves_has(moves, last) && behind == at;
    GString *text = g_string_new(work->text[at - 1] != '\n' && !is_cut ? "\n" : "");
    for (guint i = 0; i < moves->list->len; i++) {
        const TableMove *move = &g_array_index(moves->list, TableMove, i);
        if (move->is_done || move->to != NULL)
            continue;
        g_autofree char *head = head_for(work, source, move->rename);
        g_string_append(text, is_apart(work, source, at) ? "\n" : "");
        g_string_append(text, head);
        lift_all(work, moves, i, text);
    }
    bool has_any = text->len > 1;
    lines_end_like(work, source->begin, text);
    if (has_any)
        edit_add(work, at, at, text->str);
    g_string_free(text, TRUE);
}

void
yaml_moves_finish(Work *work, YamlMoves *moves)
{
    size_t dash = 0;
    (void) lines_is_item(work, moves->tables->items[0], &dash);
    find_cuts(work, moves, dash);
    for (guint i = moves->list->len; i > 0; i--) {
        TableMove *move = &g_array_index(moves->list, TableMove, i - 1);
        const YamlNode *name = yaml_get(move->table, "name");
        if (is_hindered(work, move)) {
            yaml_refuse_move(work, name, move->rename);
            move->is_done = true;
            continue;
        }
        if (site_covers(work, name->begin, name->end))
            continue;
        Site *site = site_add(work, SITE_TABLE, DISPOSITION_REWRITTEN, name->begin, name->end);
        site->after = site->before;
        site->reason = "its entry goes to another source";
    }
    for (guint i = 0; i < moves->list->len; i++) {
        const TableMove *move = &g_array_index(moves->list, TableMove, i);
        if (!move->is_done && move->to != NULL)
            write_into(work, moves, i);
    }
    write_new(work, moves);
    yaml_moves_free(moves);
}
