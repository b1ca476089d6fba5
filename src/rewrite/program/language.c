/* language.c - what differs between languages, as one table. */
#include "rewrite/code.h"
#include "rewrite/imports/imports.h"

#include <string.h>

/* clang-format off */
#define C_COMMENTS .line_comments = {"//"}, .block_open = "/*", .block_close = "*/"
#define HASH_COMMENTS .line_comments = {"#"}
#define CHARACTER {.open = "'", .close = "'", .escape = ESCAPE_C, .is_character = true}

static const Language languages[] = {
    {.name = "python", .endings = {".py", ".pyi", ".bzl"}, HASH_COMMENTS,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_C, .has_lines = true, .letters = "rRbBuUfFtT"},
               {"'''", "'''", ESCAPE_C, .has_lines = true, .letters = "rRbBuUfFtT"},
               {"\"", "\"", ESCAPE_C, .letters = "rRbBuUfFtT"}, {"'", "'", ESCAPE_C, .letters = "rRbBuUfFtT"}},
     .joins_neighbours = true, .plus = '+', .has_docstrings = true, .has_keywords = true, .imports = imports_python,
     .passes_on = true},
    {.name = "scala", .endings = {".scala", ".sc", ".sbt"}, C_COMMENTS, .nests_comments = true,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_NONE, HOLES_DOLLAR, .has_lines = true, .letters = "*"},
               {"\"", "\"", ESCAPE_C, HOLES_DOLLAR, .letters = "*"},
               {"'", "'", ESCAPE_C, .is_character = true, .is_one = true}},
     .plus = '+', .has_margins = true, .has_keywords = true, .imports = imports_classes},
    {.name = "groovy", .endings = {".groovy", ".gradle", ".gvy", "Jenkinsfile"}, C_COMMENTS,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_C, HOLES_DOLLAR, .has_lines = true}, {"'''", "'''", ESCAPE_C, .has_lines = true},
               {"\"", "\"", ESCAPE_C, HOLES_DOLLAR}, {"'", "'", ESCAPE_C}},
     .plus = '+', .has_bare_calls = true, .has_patterns = true, .imports = imports_classes},
    {.name = "java", .endings = {".java"}, C_COMMENTS,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_C, .has_lines = true}, {"\"", "\"", ESCAPE_C}, CHARACTER}, .plus = '+',
     .imports = imports_classes},
    {.name = "csharp", .endings = {".cs", ".csx"}, .line_comments = {"//", "#"},
     .block_open = "/*", .block_close = "*/",
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_NONE, .has_lines = true, .letters = "$", .grows = true},
               {"$@\"", "\"", ESCAPE_DOUBLED, HOLES_BRACES, .has_lines = true},
               {"@$\"", "\"", ESCAPE_DOUBLED, HOLES_BRACES, .has_lines = true},
               {"@\"", "\"", ESCAPE_DOUBLED, .has_lines = true}, {"$\"", "\"", ESCAPE_C, HOLES_BRACES},
               {"\"", "\"", ESCAPE_C}, CHARACTER}, .plus = '+', .has_sigils = true, .has_sure_quotes = true,
     .hexadecimals = 4, .imports = imports_classes},
    {.name = "php", .endings = {".php", ".phtml"}, .block_open = "/*", .block_close = "*/",
     .forms = {{"\"", "\"", ESCAPE_PHP, HOLES_PHP, .has_lines = true}, {"'", "'", ESCAPE_QUOTE, .has_lines = true},
               {"`", "`", ESCAPE_PHP, HOLES_PHP, .has_lines = true}},
     .lex = lex_php, .special = special_of_php, .plus = '.', .hexadecimals = 2, .imports = imports_php},
    {.name = "kotlin", .endings = {".kt", ".kts"}, C_COMMENTS, .nests_comments = true,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_NONE, HOLES_DOLLAR, .has_lines = true}, {"\"", "\"", ESCAPE_C, HOLES_DOLLAR},
               CHARACTER}, .plus = '+', .has_margins = true, .has_keywords = true, .imports = imports_classes},
    {.name = "go", .endings = {".go"}, C_COMMENTS,
     .forms = {{"`", "`", ESCAPE_NONE, .has_lines = true}, {"\"", "\"", ESCAPE_C}, CHARACTER}, .plus = '+',
     .imports = imports_go},
    {.name = "rust", .endings = {".rs"}, C_COMMENTS, .nests_comments = true,
     .forms = {{"b\"", "\"", ESCAPE_C, .has_lines = true}, {"\"", "\"", ESCAPE_C, .has_lines = true}},
     .special = special_of_rust, .names_table = rust_word_is_table, .plus = '+', .has_marked_calls = true,
     .imports = imports_rust, .passes_on = true},
    {.name = "elixir", .endings = {".ex", ".exs"}, HASH_COMMENTS,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_C, HOLES_RUBY, .has_lines = true},
               {"'''", "'''", ESCAPE_C, HOLES_RUBY, .has_lines = true},
               {"\"", "\"", ESCAPE_C, HOLES_RUBY, .has_lines = true}, {"'", "'", ESCAPE_C, HOLES_RUBY, .has_lines = true}},
     .special = special_of_elixir, .names_table = symbol_is_table, .plus = '<', .has_bare_calls = true, .has_marked_calls = true,
     .imports = imports_elixir, .gives_classes = true},
    {.name = "javascript", .endings = {".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"}, C_COMMENTS,
     .forms = {{"`", "`", ESCAPE_C, HOLES_DOLLAR_BRACES, .has_lines = true}, {"\"", "\"", ESCAPE_C}, {"'", "'", ESCAPE_C}},
     .plus = '+', .has_patterns = true, .imports = imports_javascript, .passes_on = true},
    {.name = "r", .endings = {".R", ".r"}, HASH_COMMENTS,
     .forms = {{"\"", "\"", ESCAPE_C, .has_lines = true}, {"'", "'", ESCAPE_C, .has_lines = true}},
     .lex = lex_r, .special = special_of_r, .has_bare_columns = true,
     .has_keywords = true, .imports = imports_sourced, .passes_on = true},
    {.name = "ruby", .endings = {".rb", ".rake", ".ru"}, HASH_COMMENTS,
     .forms = {{"\"", "\"", ESCAPE_C, HOLES_RUBY, .has_lines = true}, {"'", "'", ESCAPE_QUOTE, .has_lines = true},
               {"`", "`", ESCAPE_C, HOLES_RUBY, .has_lines = true}},
     .special = special_of_ruby, .names_table = symbol_is_table, .joins_neighbours = true, .plus = '+', .has_bare_calls = true, .has_keywords = true,
     .imports = imports_ruby},
    {.name = "prisma", .endings = {".prisma"}, .line_comments = {"//"}, .forms = {{"\"", "\"", ESCAPE_C}},
     .names_table = prisma_word_is_table, .imports = imports_prisma, .gives_classes = true},
    {.name = "json", .endings = {".json", ".jsonl", ".json5", ".avsc"}, .line_comments = {"//"},
     .forms = {{"\"", "\"", ESCAPE_C}}, .is_data = true},
    {.name = "toml", .endings = {".toml"}, HASH_COMMENTS,
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_C, .has_lines = true}, {"'''", "'''", ESCAPE_NONE, .has_lines = true},
               {"\"", "\"", ESCAPE_C}, {"'", "'", ESCAPE_NONE}}, .is_data = true},
    {.name = "hcl", .endings = {".tf", ".tfvars", ".hcl"}, .line_comments = {"#", "//"}, .block_open = "/*", .block_close = "*/",
     .forms = {{"\"", "\"", ESCAPE_C, HOLES_DOLLAR_BRACES}}, .is_data = true, .imports = imports_terraform},
    {.name = "hocon", .endings = {".conf", ".hocon"}, .line_comments = {"#", "//"},
     .forms = {{"\"\"\"", "\"\"\"", ESCAPE_NONE, .has_lines = true}, {"\"", "\"", ESCAPE_C}}, .is_data = true,
     .has_bare_values = true},
    {.name = "lookml", .endings = {".lkml", ".lookml"}, HASH_COMMENTS, .forms = {{"\"", "\"", ESCAPE_C}},
     .names_table = lookml_word_is_table, .is_data = true, .has_sql_values = true, .imports = imports_lookml,
     .gives_classes = true},
    {.name = "shell", .endings = {".sh", ".bash", ".zsh", ".ksh", ".bats"},
     .forms = {{"$'", "'", ESCAPE_C, .has_lines = true}, {"\"", "\"", ESCAPE_SHELL, HOLES_SHELL, .has_lines = true},
               {"'", "'", ESCAPE_NONE, .has_lines = true}}, .lex = lex_shell, .joins_touching = true,
     .imports = imports_sourced, .passes_on = true},
    {.name = "yaml", .endings = {".yaml", ".yml", ".mml"},
     .forms = {{"\"", "\"", ESCAPE_C, .has_lines = true}, {"'", "'", ESCAPE_DOUBLED, .has_lines = true}},
     .lex = lex_yaml, .is_data = true},
    {.name = "sqlx", .endings = {".sqlx"}, C_COMMENTS,
     .forms = {{"`", "`", ESCAPE_C, HOLES_DOLLAR_BRACES, .has_lines = true}, {"\"", "\"", ESCAPE_C}, {"'", "'", ESCAPE_C}},
     .lex = lex_sqlx, .plus = '+', .has_patterns = true, .imports = imports_dataform},
    {.name = "make", .endings = {"Makefile", "makefile", ".mk"}, .rewrite = program_make},
    {.name = "rmarkdown", .endings = {".Rmd", ".rmd", ".qmd"}, .rewrite = program_chunks},
    {.name = "xml", .endings = {".xml", ".ktr", ".kjb"}, .lex = lex_markup, .is_data = true},
    {.name = "properties", .endings = {".properties", ".ini", ".cfg", ".env"}, .lex = lex_properties, .is_data = true},
};
/* clang-format on */

const Language *
language_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
        if (strcmp(languages[i].name, name) == 0)
            return &languages[i];
    return NULL;
}

/* #!/usr/bin/env python3 */
static const Language *
by_first_line(const char *text, size_t bytes)
{
    const char *end = memchr(text, '\n', bytes);
    g_autofree char *line = g_strndup(text, end != NULL ? (size_t) (end - text) : MIN(bytes, 200));
    if (!g_str_has_prefix(line, "#!"))
        return NULL;
    if (strstr(line, "python") != NULL)
        return language_by_name("python");
    if (strstr(line, "node") != NULL)
        return language_by_name("javascript");
    if (strstr(line, "ruby") != NULL)
        return language_by_name("ruby");
    if (strstr(line, "Rscript") != NULL)
        return language_by_name("r");
    return strstr(line, "sh") != NULL ? language_by_name("shell") : NULL;
}

/* .sp of Steampipe is HCL with SQL in here-documents; elsewhere it is a procedure of a database. */
static bool
is_mod_of_steampipe(const char *path, const char *text, size_t bytes)
{
    static const char heredoc[] = "= <<-";
    return g_str_has_suffix(path, ".sp") && memmem(text, bytes, heredoc, strlen(heredoc)) != NULL;
}

/* LookML as it was before it had brackets: a list of YAML (`- view: users`). */
static bool
is_lookml_in_yaml(const char *path, const char *text, size_t bytes)
{
    const char *at = text, *end = text + bytes;
    if (!g_str_has_suffix(path, ".lookml"))
        return false;
    while (at < end && strchr("#\r\n\t ", *at) != NULL) {
        const char *newline = *at == '#' ? memchr(at, '\n', (size_t) (end - at)) : at;
        at = newline != NULL ? newline + 1 : end;
    }
    return at + 1 < end && at[0] == '-' && at[1] == ' ';
}

const Language *
language_of(const char *path, const char *text, size_t bytes)
{
    if (is_lookml_in_yaml(path, text, bytes))
        return language_by_name("yaml");
    for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
        for (size_t e = 0; languages[i].endings[e] != NULL; e++)
            if (g_str_has_suffix(path, languages[i].endings[e]))
                return &languages[i];
    return is_mod_of_steampipe(path, text, bytes) ? language_by_name("hcl")
                                                  : by_first_line(text, bytes);
}

bool
code_is_text_by_name(const char *path)
{
    return code_is_sql(path) || g_str_has_suffix(path, ".ipynb") ||
           language_of(path, "", 0) != NULL;
}

GArray *
language_lex(const Text *text, const Language *language, size_t begin, size_t end,
             size_t *ret_broken_at)
{
    *ret_broken_at = SIZE_MAX;
    LexFn *lex = language->lex != NULL ? language->lex : lex_code;
    return lex(text, language, begin, end, ret_broken_at);
}
