/* called.c - see called.h. */
#include "server/called.h"

#include "base/json.h"
#include "registry/registry.h"

#include <string.h>

#define GITHUB "github.com" /* Backstage calls it so on one's own servers, too */

/* In small letters, as all hosts compare them; a team without its organisation is of the owner's. Caller frees. */
static char *
name_of(const ForgeConfig *forge, const char *text, bool is_team)
{
    const char *plain = *text == '@' ? text + 1 : text;
    bool is_whole = !is_team || strchr(plain, '/') != NULL;
    g_autofree char *name =
        is_whole ? g_strconcat("@", plain, NULL) : g_strconcat("@", forge->owner, "/", plain, NULL);
    return g_ascii_strdown(name, -1);
}

static bool
put_annotated(Db *db, const ForgeConfig *forge, const char *host, const char *word, json_t *names,
              GError **error)
{
    g_autofree char *annotation = g_strdup_printf("%s/%s", host, word);
    g_autoptr(GPtrArray) entities = NULL;
    if (!registry_annotated(db, annotation, &entities, error))
        return false;
    for (guint i = 0; i < entities->len; i++) {
        const Entity *entity = entities->pdata[i];
        const char *text = entity_annotation(entity, annotation);
        bool is_group = g_str_has_prefix(entity->ref, "group:");
        if (*text == '\0' || (!is_group && !g_str_has_prefix(entity->ref, "user:")))
            continue;
        g_autofree char *name = name_of(forge, text, is_group);
        const char *other = json_get_string(names, name, NULL);
        json_set_string(names, name,
                        other == NULL || strcmp(other, entity->ref) == 0 ? entity->ref : "");
    }
    return true;
}

/* Who is nobody's is in there as "" until all are read. */
static void
drop_ambiguous(json_t *names)
{
    void *next;
    const char *name;
    json_t *ref;
    json_object_foreach_safe(names, next, name, ref) if (*json_string_value(ref) == '\0')
        json_object_del(names, name);
}

static bool
put_host(Db *db, const ForgeConfig *forge, const char *host, json_t *names, GError **error)
{
    static const char *const words[] = {"team-slug", "team-path", "user-login"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (!put_annotated(db, forge, host, words[i], names, error))
            return false;
    return true;
}

/* "github.acme.example" of an address; NULL: a folder. Caller frees. */
static char *
host_of(const ForgeConfig *forge)
{
    g_autoptr(GUri) uri = g_uri_parse(forge->remote, G_URI_FLAGS_NONE, NULL);
    return uri != NULL ? g_strdup(g_uri_get_host(uri)) : NULL;
}

static bool
put_names(Db *db, const ForgeConfig *forge, json_t *names, GError **error)
{
    g_autofree char *host = host_of(forge);
    bool is_github = forge->kind == FORGE_GITHUB && g_strcmp0(host, GITHUB) != 0;
    if ((host != NULL && *host != '\0' && !put_host(db, forge, host, names, error)) ||
        (is_github && !put_host(db, forge, GITHUB, names, error)))
        return false;
    drop_ambiguous(names);
    return true;
}

bool
called_on_hosts(Db *db, const Config *config, json_t **ret, GError **error)
{
    g_autoptr(json_t) called = json_object();
    for (guint i = 0; i < config->repositories->len; i++) {
        const RepositoryConfig *place = config->repositories->pdata[i];
        g_autoptr(json_t) names = json_object();
        if (place->forge == NULL)
            continue;
        if (!put_names(db, place->forge, names, error))
            return false;
        if (json_object_size(names) > 0)
            json_object_set(called, place->name, names);
    }
    *ret = g_steal_pointer(&called);
    return true;
}
