/*
 * config_repositories.c - repositories of honk.yaml: folders of them, whose commits Honk signs, and the host on which their
 * pull requests are opened.
 */
#include "base/text.h"
#include "model/config_reader.h"
#include "model/entity.h"
#include "model/lease.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_BYTES_MAX 4096

/* ---- the host ---- */

static const char *const kind_names[] = {
    [FORGE_GITHUB] = "github", [FORGE_GITLAB] = "gitlab", [FORGE_GITEA] = "gitea",
    [FORGE_GIT] = "git",       [FORGE_KIND_COUNT] = NULL,
};

ForgeKind
repository_config_kind(const RepositoryConfig *place)
{
    return place->forge != NULL ? place->forge->kind : FORGE_GIT;
}

const char *
forge_kind_name(ForgeKind kind)
{
    return kind_names[kind];
}

bool
config_secret(const char *what, const char *file, const char *variable, char **ret, GError **error)
{
    g_autofree char *text = NULL;
    *ret = NULL;
    if (file != NULL) {
        if (!file_read(file, TOKEN_BYTES_MAX, &text, NULL, error))
            return fail_in(error, "%s", what);
        text[strcspn(text, "\r\n")] = '\0';
    } else if (variable != NULL) {
        text = g_strdup(getenv(variable));
        if (text == NULL || *text == '\0')
            return fail(error, ERR_INVALID,
                        "%s is needed, but variable '%s', which honk.yaml names, is not set", what,
                        variable);
    }
    *ret = g_steal_pointer(&text);
    return true;
}

bool
config_forge_token(const ForgeConfig *forge, char **ret, GError **error)
{
    return config_secret("a token for the host of pull requests", forge->token_file,
                         forge->token_env, ret, error);
}

bool
config_forge_secret(const ForgeConfig *forge, char **ret, GError **error)
{
    if (!config_secret("a secret for webhooks", forge->secret_file, forge->secret_env, ret, error))
        return false;
    return *ret == NULL || **ret != '\0' ||
           fail(error, ERR_INVALID, "the secret for webhooks in '%s' is empty", forge->secret_file);
}

static void
forge_config_free(ForgeConfig *forge)
{
    if (forge == NULL)
        return;
    g_free(forge->api);
    g_free(forge->remote);
    g_free(forge->owner);
    g_free(forge->token_env);
    g_free(forge->token_file);
    g_free(forge->secret_env);
    g_free(forge->secret_file);
    g_strfreev(forge->labels);
    g_free(forge);
}

static void
read_kind(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const char *expected = "github, gitlab, gitea or git";
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    unsigned kind = 0;
    if (text == NULL)
        return;
    if (text_find(kind_names, FORGE_KIND_COUNT, text, &kind))
        *(ForgeKind *) target = (ForgeKind) kind;
    else
        reader_wrong_type(reader, field->key, value, expected);
}

void
read_name(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *text = reader_text(reader, field->key, value, "a name");
    if (text == NULL)
        return;
    g_free(*(char **) target);
    *(char **) target = g_steal_pointer(&text);
}

/* Of http, https, or for what is pushed to also a folder of this machine. A token goes there, so it is not for everybody to
 * read on the way. */
static bool
is_address(const char *text, bool may_be_folder)
{
    static const char *const plain[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (strchr(text, '@') != NULL || strpbrk(text, " ?#") != NULL)
        return false;
    if (g_str_has_prefix(text, "https://") || (may_be_folder && g_path_is_absolute(text)))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if (g_str_has_prefix(text, plain[i]) && strchr(":/", text[strlen(plain[i])]) != NULL)
            return true;
    return false;
}

static void
read_address(Reader *reader, const Field *field, const YamlNode *value, bool may_be_folder,
             char **target)
{
    const char *expected = may_be_folder
                               ? "an address such as https://github.com, or an absolute folder"
                               : "an address such as https://api.github.com";
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    if (text == NULL)
        return;
    if (!is_address(text, may_be_folder)) {
        reader_wrong_type(reader, field->key, value, expected);
        return;
    }
    while (g_str_has_suffix(text, "/") && strlen(text) > 1)
        text[strlen(text) - 1] = '\0';
    g_free(*target);
    *target = g_steal_pointer(&text);
}

void
read_api_address(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_address(reader, field, value, false, target);
}

static void
read_remote(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_address(reader, field, value, true, target);
}

static const Field forge_fields[] = {
    {"kind", read_kind, offsetof(ForgeConfig, kind)},
    {"api", read_api_address, offsetof(ForgeConfig, api)},
    {"remote", read_remote, offsetof(ForgeConfig, remote)},
    {"owner", read_name, offsetof(ForgeConfig, owner)},
    {"token_env", read_name, offsetof(ForgeConfig, token_env)},
    {"token_file", read_path, offsetof(ForgeConfig, token_file)},
    {"webhook_secret_env", read_name, offsetof(ForgeConfig, secret_env)},
    {"webhook_secret_file", read_path, offsetof(ForgeConfig, secret_file)},
    {"labels", read_words, offsetof(ForgeConfig, labels)},
    {"draft", read_bool, offsetof(ForgeConfig, is_draft)},
    {"auto_merge", read_bool, offsetof(ForgeConfig, merges)},
    {"preflight", read_bool, offsetof(ForgeConfig, builds_first)},
    {"auto_merge_after", read_count, offsetof(ForgeConfig, merges_after), .min = 0, .max = 10000},
    {"reviewers", read_bool, offsetof(ForgeConfig, asks_owners)},
    {"poll", read_duration, offsetof(ForgeConfig, poll_ms)},
    {NULL},
};

#define MERGES_AFTER_DEFAULT 1 /* the first by a person: what is wrong with all is wrong with one */
#define POLL_MS_DEFAULT                                                                            \
    60000 /* a host that allows 5,000 calls an hour bears 80 open pull requests */

/* What the host has by itself. */
static void
fill_in(ForgeConfig *forge)
{
    static const struct {
        const char *api, *remote;
    } usual[] = {
        [FORGE_GITHUB] = {"https://api.github.com", "https://github.com"},
        [FORGE_GITLAB] = {"https://gitlab.com/api/v4", "https://gitlab.com"},
        [FORGE_GITEA] = {NULL, NULL},
        [FORGE_GIT] = {"", NULL},
    };
    if (forge->api == NULL)
        forge->api = g_strdup(usual[forge->kind].api);
    if (forge->remote == NULL)
        forge->remote = g_strdup(usual[forge->kind].remote);
}

static void
read_forge(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    ForgeConfig *forge = g_new0(ForgeConfig, 1);
    forge->kind = FORGE_KIND_COUNT;
    forge->asks_owners = true;
    forge->merges_after = MERGES_AFTER_DEFAULT;
    forge->poll_ms = POLL_MS_DEFAULT;
    *(ForgeConfig **) target = forge;
    reader_fields(reader, field->key, value, forge_fields, forge);
    if (value->kind != YAML_MAP)
        return;
    if (forge->kind == FORGE_KIND_COUNT) {
        if (yaml_get(value, "kind") == NULL)
            reader_error(reader, "missing-key", value, "'%s' has no 'kind'", field->key);
        return;
    }
    fill_in(forge);
    const struct {
        const char *key, *given;
    } needed[] = {{"api", forge->api}, {"remote", forge->remote}, {"owner", forge->owner}};
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (needed[i].given == NULL && yaml_get(value, needed[i].key) == NULL)
            reader_error(reader, "missing-key", value, "'%s' of kind %s has no '%s'", field->key,
                         kind_names[forge->kind], needed[i].key);
}

/* ---- repositories ---- */

void
repository_config_free(void *data)
{
    RepositoryConfig *repositories = data;
    g_free(repositories->name);
    g_free(repositories->driver);
    g_free(repositories->path);
    g_free(repositories->branch);
    g_free(repositories->author_name);
    g_free(repositories->author_mail);
    forge_config_free(repositories->forge);
    g_free(repositories);
}

static void
read_repository_driver(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *driver = reader_text(reader, field->key, value, "git");
    if (driver == NULL)
        return;
    if (strcmp(driver, "git") != 0)
        reader_wrong_type(reader, field->key, value, "git");
    g_free(*(char **) target);
    *(char **) target = g_steal_pointer(&driver);
}

static void
read_branch(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *branch = reader_text(reader, field->key, value, "the name of a branch");
    if (branch == NULL)
        return;
    g_free(*(char **) target);
    *(char **) target = g_steal_pointer(&branch);
}

static void
read_author(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const char *expected = "NAME <MAIL>, such as \"Honk <honk@acme.example>\"";
    RepositoryConfig *repositories = target;
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GRegex) form = g_regex_new("^([^<>[:cntrl:]]+?) <([^<>[:cntrl:] ]+)>$", 0, 0, NULL);
    if (text == NULL)
        return;
    if (!g_regex_match(form, text, 0, &match)) {
        reader_wrong_type(reader, field->key, value, expected);
        return;
    }
    g_free(repositories->author_name);
    g_free(repositories->author_mail);
    repositories->author_name = g_match_info_fetch(match, 1);
    repositories->author_mail = g_match_info_fetch(match, 2);
}

static void
read_repository_concurrency(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const RepositoryConfig *repositories = target;
    const Field limit = {.key = field->key, .min = 1, .max = LIMIT_COUNT_MAX};
    g_autofree char *resource = g_strdup_printf("repository:%s", repositories->name);
    reader_limit(reader, resource, &limit, value);
}

static const Field repository_fields[] = {
    {"driver", read_repository_driver, offsetof(RepositoryConfig, driver)},
    {"path", read_path, offsetof(RepositoryConfig, path)},
    {"branch", read_branch, offsetof(RepositoryConfig, branch)},
    {"author", read_author},
    {"forge", read_forge, offsetof(RepositoryConfig, forge)},
    {"concurrency", read_repository_concurrency},
    {NULL},
};

static void
reader_repositories(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    static const char *const needed[] = {"driver", "path"};
    if (!entity_name_is_valid(key->text)) {
        reader_error(reader, "repository-name", key,
                     "'%s' cannot name repositories: expected letters, digits, '-', '_' and '.'",
                     key->text);
        return;
    }
    RepositoryConfig *repositories = g_new0(RepositoryConfig, 1);
    repositories->name = g_strdup(key->text);
    repositories->author_name = g_strdup("Honk");
    repositories->author_mail = g_strdup("honk@localhost");
    g_ptr_array_add(reader->config->repositories, repositories);
    reader_fields(reader, key->text, value, repository_fields, repositories);
    for (size_t i = 0; value->kind == YAML_MAP && i < G_N_ELEMENTS(needed); i++) {
        const YamlNode *given = yaml_get(value, needed[i]);
        if (given == NULL || yaml_is_null(given))
            reader_error(reader, "missing-key", key, "repositories '%s' have no '%s'", key->text,
                         needed[i]);
    }
}

void
read_repositories(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to folders of repositories");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_repositories(reader, value->items[2 * i], value->items[2 * i + 1]);
}
