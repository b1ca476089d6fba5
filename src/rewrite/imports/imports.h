/*
 * imports.h - which name of a program is which constant of another file; inside of this room only.
 *
 * While names that stand for the dataset are looked for, the statements of the language that get names from elsewhere are
 * read into bindings: what the file calls it, where it is from, and what it is there. Each constant that others give and
 * that a binding brings then is a constant of this file, too. Where it is not certain which file or name is meant, the
 * constant is known with a doubt, and whoever uses it needs a person.
 */
#pragma once

#include "rewrite/program/program.h"

/* What a file uses of another one. */
typedef struct {
    const Export *export;
    size_t begin, end; /* of the file: where it is got from */
    bool is_in_sql;    /* of which it is the dataset */
} ImportUse;

typedef struct {
    char *local, *module, *within;
    const char *doubt;
    bool is_own; /* all that the file sets itself */
    Span place;  /* of the file */
} Binding;

struct Imports {
    GArray *bindings;   /* Binding */
    GHashTable *locals; /* `local` -> GPtrArray of Binding *, borrowed: once all are read */
    GHashTable *
        owned; /* byte of the file, as a pointer -> GPtrArray of the Constant * that it sets itself */
    GPtrArray *brought;  /* Constant *: of others, each once; owned by the constants */
    GPtrArray *names;    /* char *: what the file calls these */
    GHashTable *classes; /* what the file calls it, with dots -> ImportedClass */
    GHashTable
        *called; /* Export *: classes that say their columns, of which the file has the names */
    GHashTable
        *givers; /* functions that give rows: "gold", and ".gold" of a method -> ImportedClass */
    GHashTable *rows; /* names of such rows, wherever they are known -> the same, borrowed */
    GHashTable *tied; /* Rename * and Export * that it is tied to already */
    bool has_macros;  /* of Elixir: `use Shop.Web`, which may give it names of any module */
};

/* A class of another file that stands for the dataset. */
typedef struct {
    const Export *export;
    const Rename *rename;
    const char *name;   /* of the class itself; borrowed */
    guint visited;      /* pieces that were looked through for its columns */
    bool is_told;       /* that the file uses it */
    bool is_registered; /* under its name: db.User is it, too */
} ImportedClass;

/* The same of the round that this file is rewritten in. (bring.c) */
const Rename *rename_here(const Work *work, const Rename *rename);

Imports *imports_new(Work *work);
void imports_free(Imports *imports);

/* Does anything import in the language of the file? */
bool imports_are_read(const char *path, const char *text, size_t bytes);
/* Read the statements of one text, and mark their pieces: each time that it is cut into pieces. */
void imports_collect(Unit *unit);
/* Once all are read: constants of others become those of the file. */
void imports_resolve(Work *work);
/* Once all is written down: tell what could not be followed, and keep what was used. */
void imports_finish(Work *work);
/* (uses.c) Count the names that they have in the program, and tell of them. */
void imports_visit(Unit *unit);
/* (registered.c) Classes that the program may get by their names, without a statement: db.Crate, get_model("Crate"). */
void imports_visit_registered(Unit *unit);
/* A part of SQL, or a key, is refused or written for the class's table: its class waits for it, and it for its class. */
void imports_tie_change(Work *work, const ColumnChange *change, Span place);
void imports_tie_table(Work *work, const Rename *rename, Span place);
/* What is used of the class at this place of the file. `is_in_sql`: what is written there waits for the class, too. */
void imports_note_use(Work *work, const Export *export, Span place, bool is_in_sql);
/* (row_givers.c, rows_got.c) Under `propagate`, functions that give others rows with new names, and who asks these for the old
 * ones. */
void exports_note_row_givers(Unit *unit);
void imports_rows(Unit *unit);
/* A function that gives back what such a function gave it gives the same rows: return gold(conn). */
void imports_pass_rows_on(Unit *unit);
/* The function around the piece, which it gives back. */
void exports_pass_rows_on(Unit *unit, guint index, const ImportedClass *from);
/* The function around the piece, in a language whose blocks have margins; G_MAXUINT: it is in none. */
guint row_function_by_margin(Unit *unit, guint index);
/* (pages.c) Does the string name a page that is rendered, and so no table: render('users', …)? */
bool use_is_page(Unit *unit, const Use *use);
/* Pages that the function around the piece fills with rows of `query`, which stands at `place` of `path`. */
void exports_note_pages(Unit *unit, guint index, const char *query, const char *path, Span place,
                        const Rename *rename);
/* Is any of them used? */
bool imports_are_used(const Work *work);
/* (members.c) Columns that the program uses through classes that it gets from others. */
void imports_members(Unit *unit);

/* Is the string what a name with dots stands for, within the file itself? */
bool imports_have_own(const Unit *unit, const Use *use);

#define AROUND_MAX 8 /* class in class in package */

/* What is around the string, from the inside to the outside. */
typedef struct {
    Unit *unit;
    Span spans[AROUND_MAX];
    int count;
    bool is_hidden;    /* in a function */
    bool is_variable;  /* of Terraform: it is called by its block alone */
    const char *doubt; /* what is made of the string first */
} Around;

/* (exports_around.c) Add one name, and what the piece at `index` is in: by brackets, by its statement, by the left margin. */
void around_add(Around *around, Span span);
void around_brackets(Around *around, guint index);
void around_statement(Around *around, guint index);
void around_margins(Around *around, guint index);
bool around_has_margins(const Language *language);
/* The names behind `before` with dots, `own` last. Caller frees. */
char *around_join(const Around *around, const char *before, Span own);

/* What a file gives; array of Export *, all of it the caller's; NULL: nothing. (exports_read.c) */
GPtrArray *program_exports(const char *path, const char *text, size_t bytes, const Renames *renames,
                           const RewriteOptions *options);
/* A string that is the dataset's name: does it give others a name? */
void exports_note(Unit *unit, const Use *use, const Rename *rename, const char *text,
                  const char *after);
/* The same of another name for one that is known. */
void exports_note_again(Unit *unit, const Use *use, const Constant *other);
/* The same of what such a name is a part of. */
void exports_note_made(Unit *unit, const Use *use, const Constant *other);
/* By what its language finds a file's names, and what comes before them there. Caller frees; NULL: by nothing. */
char *exports_module(Unit *unit, char **ret_before);
/* Classes that stand for the dataset, while columns of it change. (program/class.c) */
void exports_note_classes(Unit *unit);
/* The name of the first class behind an annotation; G_MAXUINT: none is near. */
guint class_behind(const Unit *unit, guint index);
/* The same of the class whose name is at this piece; `is_elsewhere`: the class is only named there. */
void exports_note_class_at(Unit *unit, guint name, bool is_elsewhere, const Rename *rename);
/* The same of classes whose table a framework calls by their names; and a site for each of these. (program/convention.c) */
void exports_note_conventions(Unit *unit);
/* Models of a schema of Prisma, and the class of one name in a module. (program/prisma.c, program/class.c) */
void exports_note_prisma(Unit *unit);
void exports_note_prisma_relations(Unit *unit);
/* Views of LookML whose table is the dataset, also by views of other files. (program/lookml.c) */
void exports_note_lookml(Unit *unit);
/* The class of another file that stands for the dataset, by what this file calls it; or NULL. */
const Export *imports_class_called(const Work *work, const char *name);
void exports_add_class(Unit *unit, const char *module, const char *within, Span place,
                       const Rename *rename);
/* The same of what libraries make from the class, and of the name under which a model of Sequelize is registered.
 * (program/class_names.c) */
void exports_add_made(Unit *unit, const char *module, const char *within, Span place,
                      const Rename *rename);
void exports_note_registered(Unit *unit, const Use *use, const char *module, Span place,
                             const Rename *rename);
void exports_note_registered_at(Unit *unit, guint name, const Rename *rename);
/* The same of a class of C# that this file only names, in each namespace that it sees. (program/namespace.c) */
void exports_add_class_in_sight(Unit *unit, const char *module, const char *class, Span place,
                                const Rename *rename);
void program_conventions(Unit *unit);
/* A site for a method of Go that returns a name of the table. (program/class.c) */
void program_returned(Unit *unit);
/* Once the program is read. */
void exports_finish(Work *work);
/* What the file got from others, and gives in its turn: added to what it gives. */
void imports_pass_on(Work *work);
/* "x.y" of `package x.y`, "" without. */
const char *imports_package(Unit *unit);
/* "package.name", or one of them where the other is "". Caller frees. */
char *imports_within(const char *package, const char *name);

/* ---- for the languages ---- */

/* `local` is what the file calls it, with dots, "" any name as it is; `within` the same in the module, "" all of it. What
 * is `local` alone is bound in any case: nothing else that is called so is meant. `doubt`: NULL, or why it is uncertain. */
void imports_bind(Unit *unit, guint piece, const char *local, const char *module,
                  const char *within, const char *doubt);
/* All names of what the file calls `name`, as if they were its own. False when that is not bound by itself. */
bool imports_bind_through(Unit *unit, const char *name);
/* These pieces are of the statement. */
void imports_mark(Unit *unit, guint first, guint last);
/* "a.b.c" from `index` on, behind it in `*ret_behind`. `sign` stands between the parts. Caller frees. NULL: no name. */
char *imports_name(const Unit *unit, guint index, char sign, guint *ret_behind);
/* Of a list in braces: the element behind the one that `index` is in, or the brace that closes. */
guint imports_next_element(const Unit *unit, guint index);
/* The file that the path means, seen from the folder of this one: NULL when it is not among the files. Caller frees. */
char *imports_beside(const Unit *unit, const char *path);
/* The text between the quotes. Caller frees. */
char *imports_quoted(const Unit *unit, guint index);
char *folder_of(const char *path);

#define IMPORT_DOUBT_FILES "more than one file may be meant by it"

void imports_python(Unit *unit);
void imports_javascript(Unit *unit);
void imports_classes(Unit *unit); /* Java, Kotlin, Scala, C# */
void imports_go(Unit *unit);
void imports_sourced(Unit *unit); /* the shell, R */
void imports_terraform(Unit *unit);
void imports_ruby(Unit *unit);
void imports_dataform(Unit *unit);
void imports_php(Unit *unit);
void imports_elixir(Unit *unit);
void imports_rust(Unit *unit);
void imports_lookml(Unit *unit);
void imports_prisma(Unit *unit);
/* prisma.line.findMany(…) of JavaScript. */
void imports_prisma_client(Unit *unit);
/* The `{` behind `lines:` of a query, where that is a relation of the class; G_MAXUINT: it is something else. */
guint prisma_relation_open(const Unit *unit, const ImportedClass *class, guint name);
/* "A.B" of `namespace A\\B` of PHP, "" without. */
const char *imports_namespace(Unit *unit);
