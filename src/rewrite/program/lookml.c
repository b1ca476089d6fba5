/*
 * lookml.c - LookML: `sql: ${TABLE}.plan ;;` is an expression over the table of its view.
 *
 * It is read as SELECT f(expression) FROM table AS view: what is around the expression stands nowhere in the file, and
 * ${TABLE} is the view. Views that refine or extend another one of the file have its table.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"
#include "sql/guess.h"

#include <string.h>

#define VIEW "honk_view"
#define VIEWS_MAX 1000 /* of one file: people write one in each */

static bool
is_key(const Unit *unit, const Use *use, const char *key)
{
    return span_is(unit->text, use->key, key);
}

/* ---- the views of a file ---- */

/* `key:` of the view itself, and not of a block in it: where its value begins, or 0. */
static guint
value_in_view(const Unit *unit, const LookmlView *view, const char *key)
{
    int depth = 0;
    for (guint i = view->open + 1; i < view->close && i + 2 < unit->pieces->len; i++) {
        char sign = unit_sign(unit, i);
        depth += sign == '{' ? 1 : sign == '}' ? -1 : 0;
        if (depth == 0 && unit_is_word(unit, i, key) && unit_is_sign(unit, i + 1, ':'))
            return unit_next(unit, i + 1, true);
    }
    return 0;
}

/* The dataset's table, where the name at `index` is that; NULL: it is not. */
static Constant *
table_at(Unit *unit, guint index)
{
    for (guint i = unit_uses_before(unit, index); i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        if (use->first > index)
            return NULL;
        g_autoptr(Text) text = program_text(unit, use);
        g_autofree char *after = NULL, *plain = g_strndup(text->bytes, text->count);
        const Rename *rename = text_mentions(unit->work, text)
                                   ? program_name_after(unit, use, text, true, &after)
                                   : NULL;
        if (rename == NULL)
            return NULL;
        Constant *table = g_new0(Constant, 1);
        table->rename = rename;
        table->text = g_strdup(g_strdelimit(plain, "`", ' '));
        table->after = g_strdup(g_strdelimit(after, "`", ' '));
        table->is_view = true;
        g_strstrip(table->text);
        g_strstrip(table->after);
        return table;
    }
    return NULL;
}

/* What the view itself says of its table. */
static void
read_table(Unit *unit, LookmlView *view)
{
    guint name = value_in_view(unit, view, "sql_table_name");
    const Piece *piece = unit_piece(unit, name);
    bool is_derived = value_in_view(unit, view, "derived_table") > 0;
    if (name == 0 || is_derived) {
        view->kind = is_derived ? VIEW_OTHER : VIEW_UNCLEAR;
        return;
    }
    view->table = view->own = table_at(unit, name);
    bool is_mentioned = renames_mentioned(unit->work->renames, unit->text->bytes + piece->begin,
                                          piece->end - piece->begin);
    view->kind = view->table != NULL                            ? VIEW_OF_DATASET
                 : is_mentioned || piece->kind != PIECE_LITERAL ? VIEW_UNCLEAR
                                                                : VIEW_OTHER;
}

/* `view: +users {` and `extends: [users]`: the first view whose fields these are, too; empty: none. */
static Span
base_of(const Unit *unit, const LookmlView *view)
{
    if (view->is_refinement)
        return view->name;
    guint list = value_in_view(unit, view, "extends");
    return list > 0 && unit_is_sign(unit, list, '[')
               ? piece_span(unit_piece(unit, unit_next(unit, list, true)))
               : (Span){0};
}

/* The view of another file whose table is the dataset, as that file says; or NULL. */
static const Export *
view_elsewhere(const Unit *unit, Span name)
{
    g_autofree char *view =
        g_strndup(unit->text->bytes + name.begin, (size_t) (name.end - name.begin));
    return imports_class_called(unit->work, view);
}

/* include: "/views/users.view", include: "*.view": is that file among what this one includes by itself? */
static bool
includes(const Unit *unit, const char *path)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, unit_next(unit, i + 1, true));
        if (!unit_is_word(unit, i, "include") || !unit_is_sign(unit, i + 1, ':') ||
            piece->kind != PIECE_LITERAL)
            continue;
        uint32_t begin = piece->inner_begin + (text_byte(unit->text, piece->inner_begin) == '/');
        g_autofree char *said =
            g_strndup(unit->text->bytes + begin, MAX(piece->inner_end, begin) - begin);
        g_autofree char *pattern = g_strconcat("*", said, "*", NULL);
        if (g_pattern_match_simple(pattern, path))
            return true;
    }
    return false;
}

/* It has the table of a view of another file. Where only a model includes both, another project's view may be meant. */
static void
read_elsewhere(const Unit *unit, LookmlView *view)
{
    const Export *from = view_elsewhere(unit, view->base);
    if (from == NULL || from->text[0] == '\0' || !includes(unit, from->path))
        return;
    Constant *table = g_new0(Constant, 1);
    *table = (Constant){.text = g_strdup(from->text),
                        .after = g_strdup(from->after),
                        .rename = rename_here(unit->work, from->rename),
                        .is_view = true};
    view->from = from;
    view->table = view->own = table;
    view->kind = VIEW_OF_DATASET;
}

static void
read_base(const Unit *unit, GArray *views, LookmlView *view)
{
    view->base = base_of(unit, view);
    if (view->kind != VIEW_UNCLEAR || view->base.end == 0 || view->own != NULL)
        return;
    for (guint i = 0; i < views->len; i++) {
        const LookmlView *other = &g_array_index(views, LookmlView, i);
        if (other == view || other->is_refinement ||
            !span_is_same(unit->text, other->name, view->base))
            continue;
        view->kind = other->kind;
        view->table = other->table;
        view->from = other->from;
        return;
    }
    read_elsewhere(unit, view);
}

static void
view_clear(void *data)
{
    constant_free(((LookmlView *) data)->own);
}

GArray *
lookml_views(Unit *unit)
{
    if (!unit->language->has_sql_values)
        return NULL;
    GArray *views = g_array_new(FALSE, FALSE, sizeof(LookmlView));
    g_array_set_clear_func(views, view_clear);
    for (guint i = 0; i + 3 < unit->pieces->len; i++) {
        bool is_refinement = unit_is_sign(unit, i + 2, '+');
        guint name = i + 2 + is_refinement;
        if (!unit_is_word(unit, i, "view") || !unit_is_sign(unit, i + 1, ':') ||
            !unit_is_sign(unit, name + 1, '{'))
            continue;
        LookmlView view = {.open = name + 1,
                           .close = unit_bracket_end(unit, name + 1),
                           .name = piece_span(unit_piece(unit, name)),
                           .is_refinement = is_refinement};
        if (views->len == VIEWS_MAX || view.close <= view.open)
            break;
        read_table(unit, &view);
        g_array_append_val(views, view);
        i = MIN(view.close, unit->pieces->len);
    }
    for (guint i = 0; i < views->len; i++)
        read_base(unit, views, &g_array_index(views, LookmlView, i));
    return views;
}

static const LookmlView *
view_around(const Unit *unit, guint index)
{
    guint from = 0, behind = unit->views != NULL ? unit->views->len : 0;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        const LookmlView *view = &g_array_index(unit->views, LookmlView, middle);
        if (index > view->open && index < view->close)
            return view;
        if (index <= view->open)
            behind = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

bool
lookml_is_of_other(const Unit *unit, guint index)
{
    const LookmlView *view = view_around(unit, index);
    return view != NULL && view->kind == VIEW_OTHER && !unit->work->options->propagates;
}

static void
note_name(Unit *unit, Span name)
{
    const Export *view = view_elsewhere(unit, name);
    const Rename *rename = view != NULL ? rename_here(unit->work, view->rename)
                           : name.end > name.begin
                               ? rename_of_last(unit->work->renames, unit->text->bytes + name.begin,
                                                name.end - name.begin)
                               : NULL;
    if (rename != NULL && rename_changes_columns(rename))
        g_hash_table_add(unit->work->named, (void *) rename);
}

void
lookml_note_bases(Unit *unit)
{
    static const char *const keys[] = {"explore", "join", "from", "view_name", NULL};
    for (guint i = 0; unit->views != NULL && i < unit->views->len; i++) {
        const LookmlView *view = &g_array_index(unit->views, LookmlView, i);
        if (view->kind == VIEW_UNCLEAR)
            note_name(unit, view->base);
        if (view->from != NULL)
            imports_note_use(unit->work, view->from,
                             text_span(unit->text, view->base.begin, view->base.end), true);
    }
    for (guint i = 0; unit->views != NULL && i < unit->pieces->len; i++)
        if (unit_is_among(unit, i, keys) && unit_is_sign(unit, i + 1, ':'))
            note_name(unit, piece_span(unit_piece(unit, unit_next(unit, i + 1, true))));
}

/* Views that have the dataset's table, and say so or extend one that does, are what others may refine and extend. */
void
exports_note_lookml(Unit *unit)
{
    g_autoptr(GArray) views = lookml_views(unit);
    GPtrArray *exported = unit->work->exported;
    for (guint i = 0; views != NULL && i < views->len; i++) {
        const LookmlView *view = &g_array_index(views, LookmlView, i);
        if (view->kind != VIEW_OF_DATASET || view->is_refinement)
            continue;
        g_autofree char *name = g_strndup(unit->text->bytes + view->name.begin,
                                          (size_t) (view->name.end - view->name.begin));
        exports_add_class(unit, "lookml", name, view->name, view->table->rename);
        Export *export = g_ptr_array_index(exported, exported->len - 1);
        g_free(export->text);
        g_free(export->after);
        export->text = g_strdup(view->table->text);
        export->after = g_strdup(view->table->after);
    }
}

/* ---- expressions ---- */

Constant *
lookml_table(const Unit *unit, const Use *use)
{
    const LookmlView *view = view_around(unit, use->first);
    return view != NULL && view->kind == VIEW_OF_DATASET ? view->table : NULL;
}

static bool
is_expression(const Unit *unit, const Use *use)
{
    return lookml_table(unit, use) != NULL && use->key.end > use->key.begin + 2 &&
           strncmp(unit->text->bytes + use->key.begin, "sql", 3) == 0 &&
           !is_key(unit, use, "sql_table_name");
}

/* Behind ${…} at `at`, or `at`. */
static size_t
put_reference(Text *text, size_t at, size_t end)
{
    const char *bytes = text->from->bytes;
    const char *close = bytes[at] == '$' && at + 1 < end && bytes[at + 1] == '{'
                            ? memchr(bytes + at, '}', end - at)
                            : NULL;
    if (close == NULL)
        return at;
    size_t behind = (size_t) (close - bytes) + 1;
    bool is_table = behind - at == strlen("${TABLE}") && memcmp(bytes + at, "${TABLE}", 8) == 0;
    const char *what = is_table ? VIEW : "0"; /* another field, which has its own expression */
    text_put(text, at, behind, what, strlen(what));
    return behind;
}

Text *
lookml_text(const Unit *unit, const Use *use)
{
    static const char before[] = "SELECT f(", between[] = ") FROM ", behind[] = " AS " VIEW;
    Constant *table = lookml_table(unit, use);
    bool has_dash = table != NULL && strchr(table->text, '-') != NULL;
    const Piece *piece = &g_array_index(unit->pieces, Piece, use->first);
    const char *bytes = unit->text->bytes;
    if (!is_expression(unit, use) ||
        memmem(bytes + piece->inner_begin, piece->inner_end - piece->inner_begin, "{%", 2) ||
        memmem(bytes + piece->inner_begin, piece->inner_end - piece->inner_begin, "{{", 2))
        return NULL;
    g_autoptr(Text) text = text_new(unit->text);
    text_begin_part(text, piece->inner_begin, piece->quoting);
    text_put(text, piece->inner_begin, piece->inner_begin, before, sizeof before - 1);
    for (size_t at = piece->inner_begin; at < piece->inner_end;) {
        size_t next = put_reference(text, at, piece->inner_end);
        if (next == at)
            text_copy(text, next++);
        at = next;
    }
    text_put(text, piece->inner_end, piece->inner_end, between, sizeof between - 1);
    text_put(text, piece->inner_end, piece->inner_end, "`", has_dash ? 1 : 0);
    text_put_constant(text, piece->inner_end, piece->inner_end, table);
    text_put(text, piece->inner_end, piece->inner_end, "`", has_dash ? 1 : 0);
    text_put(text, piece->inner_end, piece->inner_end, behind, sizeof behind - 1);
    return g_steal_pointer(&text);
}

void
lookml_refuse_templates(Unit *unit, const Use *use)
{
    static const char table[] = "${TABLE}.";
    const Piece *piece = &g_array_index(unit->pieces, Piece, use->first);
    const char *bytes = unit->text->bytes, *end = bytes + piece->inner_end,
               *at = bytes + piece->inner_begin;
    if (!is_expression(unit, use) || !rename_changes_columns(lookml_table(unit, use)->rename))
        return;
    while ((at = memmem(at, (size_t) (end - at), table, strlen(table))) != NULL) {
        const char *name = at + strlen(table);
        name += name < end && strchr("\"`", *name) != NULL;
        if (name + 1 < end && *name == '{' && strchr("{%", name[1]) != NULL) {
            program_refuse(unit->work, unit->text, SITE_COLUMN, (size_t) (at - bytes),
                           (size_t) (name - bytes), "hole", NULL,
                           "what a template puts in here may name columns that change");
            return;
        }
        at = name;
    }
}

char *
lookml_written(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, VIEW ".", -1);
    return g_strjoinv("${TABLE}.", parts);
}

/* One expression seldom tells the dialect; all that the file has may. */
const Dialect *
lookml_dialect(const Text *text, const GArray *pieces)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        if (piece->quoting.holes == HOLES_DOLLAR_BRACES)
            g_string_append_len(all, text->bytes + piece->inner_begin,
                                (gssize) (piece->inner_end - piece->inner_begin));
        g_string_append_c(all, '\n');
    }
    return guess_text(all->str, all->len, NULL);
}

bool
lookml_has_expression(const Unit *unit, guint name)
{
    int depth = 0;
    for (guint i = name + 1; i < unit->pieces->len; i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        char sign = piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
        depth += sign == '{' ? 1 : sign == '}' ? -1 : 0;
        if (depth == 1 && piece->kind == PIECE_WORD &&
            span_is(unit->text, (Span){piece->begin, piece->end}, "sql"))
            return true;
        if (depth <= 0 && sign == '}')
            return false;
    }
    return false;
}

/* view: users { … } that says no table has the one of its name. */
bool
lookml_word_is_table(const Unit *unit, guint index)
{
    static const char *const says[] = {"sql_table_name", "derived_table", "extends",
                                       "extends__all",   "extension",     NULL};
    int depth = 0;
    if (index < 2 || !unit_is_sign(unit, index - 1, ':') || !unit_is_sign(unit, index + 1, '{') ||
        !span_is(unit->text, piece_span(unit_piece(unit, index - 2)), "view"))
        return false;
    for (guint i = index + 1; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        depth += unit_is_sign(unit, i, '{') ? 1 : unit_is_sign(unit, i, '}') ? -1 : 0;
        if (depth == 0)
            return true;
        if (depth == 1 && piece->kind == PIECE_WORD &&
            span_is_among(unit->text, piece_span(piece), says))
            return false;
    }
    return true;
}
