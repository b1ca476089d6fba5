/* uses.c - where a program uses what others give, and what could not be followed. */
#include "rewrite/imports/imports.h"

#include "base/text.h"

#include <string.h>

#define NAMES_MAX 100 /* that are told of one file */

static int
uses_of(const Constant *constant)
{
    if (constant->rename == NULL) /* SQL: where more is put to it */
        return constant->missed;
    return constant->words + constant->puts + constant->missed;
}

bool
imports_are_used(const Work *work)
{
    for (guint i = 0; work->imports != NULL && i < work->imports->brought->len; i++)
        if (uses_of(g_ptr_array_index(work->imports->brought, i)) > 0)
            return true;
    return work->imports != NULL &&
           g_hash_table_size(work->imports->classes) + g_hash_table_size(work->imports->called) > 0;
}

typedef void NameFn(Unit *unit, Constant *constant, size_t begin, size_t end);

/* Names of the program that are those of others' constants: `config.TABLE`, but not that of `x.config.TABLE`. */
static void
each_name(Unit *unit, NameFn *visit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *first = unit_piece(unit, i);
        size_t end = first->end;
        bool goes_on =
            i > 0 && (unit_is_sign(unit, i - 1, '.') || unit_is_sign(unit, i - 1, ':')) &&
            unit_piece(unit, i - 1)->end == first->begin && i > 1 &&
            (unit_piece(unit, i - 2)->kind == PIECE_WORD || unit_is_sign(unit, i - 1, '.'));
        if (first->kind != PIECE_WORD || first->is_import || goes_on)
            continue;
        for (guint k = i; k < i + 16 && k < unit->pieces->len; k++) {
            const Piece *piece = unit_piece(unit, k);
            if (piece->kind == PIECE_WORD || piece->kind == PIECE_LITERAL ||
                unit_is_sign(unit, k, ']'))
                end = piece->end;
            else if (piece->kind != PIECE_SIGN ||
                     strchr(".:[?", unit->text->bytes[piece->begin]) == NULL)
                break;
            g_autofree char *name =
                name_with_dots(unit->text->bytes + first->begin, end - first->begin);
            Constant *constant =
                name != NULL ? g_hash_table_lookup(unit->work->constants, name) : NULL;
            if (constant != NULL && constant->export != NULL) {
                visit(unit, constant, first->begin, end);
                break;
            }
        }
    }
}

static void
note_name(Unit *unit, Constant *constant, size_t begin, size_t end)
{
    Work *work = unit->work;
    Span place = text_span(unit->text, begin, end);
    bool stays = strcmp(constant->text, constant->after) == 0;
    constant->words++;
    if (constant->place.end == 0)
        constant->place = place;
    if (!constant_is_certain(constant) || work->notes >= NAMES_MAX ||
        site_covers(work, place.begin, place.end))
        return;
    Site *site = site_add(work, SITE_TABLE, stays ? DISPOSITION_ALREADY : DISPOSITION_UNAFFECTED,
                          place.begin, place.end);
    site->reason = keep(work, "this name stands for the dataset, and is changed where it is set");
    work->notes++;
}

void
imports_visit(Unit *unit)
{
    if (unit->work->imports != NULL && unit->work->imports->brought->len > 0)
        each_name(unit, note_name);
}

/* Without a statement that gets it, the first place where it stands. */
static Span
place_of(const Work *work, const Constant *constant, const char *name)
{
    const char *last = text_last_part(name);
    size_t at = 0;
    if (constant->place.end > 0 || !find_word(work->text, work->bytes, last, &at))
        return constant->place;
    return (Span){(uint32_t) at, (uint32_t) (at + strlen(last))};
}

static void
finish_one(Work *work, const Constant *constant, const char *name)
{
    bool is_followed = constant_is_certain(constant);
    const char *why =
        constant->doubt != NULL ? constant->doubt : "its name is set to something here, too";
    ImportUse *use = arena_alloc(work->out->arena, sizeof(ImportUse));
    Span place = place_of(work, constant, name);
    *use = (ImportUse){.export = constant->export,
                       .begin = place.begin,
                       .end = place.end,
                       .is_in_sql = constant->in_sql > 0};
    g_ptr_array_add(work->out->imports, use);
    if (!is_followed && constant->rename != NULL)
        site_refuse(work, SITE_TABLE, use->begin, use->end, "import", NULL,
                    "'%s' may stand for the dataset, as %s sets it: %s", name,
                    constant->export->path, why);
}

/* Config.TABLE in the file that sets it is a use of TABLE. */
static void
add_uses(Constant *own, const Constant *constant)
{
    own->puts += constant->puts;
    own->operands += constant->operands;
    own->in_sql += constant->in_sql;
    own->matched += constant->matched;
}

void
imports_finish(Work *work)
{
    for (guint i = 0; work->imports != NULL && i < work->imports->brought->len; i++) {
        const Constant *constant = g_ptr_array_index(work->imports->brought, i);
        if (uses_of(constant) > 0 && constant->own == NULL)
            finish_one(work, constant, g_ptr_array_index(work->imports->names, i));
        else if (constant->own != NULL)
            add_uses(constant->own, constant);
    }
}
