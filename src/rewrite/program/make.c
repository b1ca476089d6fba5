/*
 * make.c - makefiles: recipes, the lines behind a tab, are commands of a shell.
 *
 * Each is a script of its own, as make runs them. What stands elsewhere is not understood; comments are for people.
 */
#include "rewrite/program/program.h"

#include <string.h>

typedef struct {
    const Text *file;
    const Dialect *dialect;
} Makefile;

/* Behind the line, and behind all that it goes on with. */
static size_t
behind_line(const Text *file, size_t at)
{
    while (at < file->count) {
        const char *found = memchr(file->bytes + at, '\n', file->count - at);
        if (found == NULL)
            return file->count;
        size_t end = (size_t) (found - file->bytes), before = end;
        if (before > at && file->bytes[before - 1] == '\r')
            before--;
        at = end + 1;
        if (before == 0 || file->bytes[before - 1] != '\\')
            break;
    }
    return at;
}

static void
refuse_text(Work *work, const Text *file, size_t begin, size_t end)
{
    if (!work_is_side_pass(work))
        program_mention_text(work, file, begin, end, "language",
                             "the dataset is named here, and this is not rewritten by rules");
}

static void
visit_recipe(Work *work, const Makefile *make, size_t begin, size_t end)
{
    size_t dbt; /* which picks models by their names, and asks them by ref() */
    if (find_word(make->file->bytes + begin, end - begin, "dbt", &dbt)) {
        refuse_text(work, make->file, begin, end);
        return;
    }
    while (begin < end && strchr("\t @-+", make->file->bytes[begin]) != NULL)
        begin++;
    g_autoptr(Text) recipe = text_cut_out(make->file, begin, end);
    program_unit(work, recipe, language_by_name("shell"), make->dialect, 0, recipe->count, 1);
}

static void
pass_over(Work *work, void *data)
{
    const Makefile *make = data;
    const Text *file = make->file;
    for (size_t line = 0; line < file->count;) {
        size_t end = behind_line(file, line);
        if (file->bytes[line] == '\t')
            visit_recipe(work, make, line, end);
        else if (file->bytes[line] != '#')
            refuse_text(work, file, line, end);
        else if (!work_is_side_pass(work))
            program_mention_text(work, file, line, end, NULL, "this is a comment: text for people");
        line = end;
    }
}

void
program_make(Work *work)
{
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    Makefile make = {file, program_dialect(work)};
    program_passes(work, pass_over, &make);
}
