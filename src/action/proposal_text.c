/* proposal_text.c - what people read of a proposal: see proposal.h. */
#include "action/owners.h"
#include "change/wishes.h"
#include "model/change_key.h"

#include <string.h>

static void
add_what_to_do(GString *body, const Proposal *proposal)
{
    const CodePlace *place = &proposal->place;
    const char *migration = strrchr(place->name.migration, '/');
    g_string_append_printf(
        body,
        "\n---\n\n"
        "**To look at it:** `honk change show %s %s --diff`.\n"
        "**To try it:** `git fetch origin %s && git switch --detach FETCH_HEAD`, and run what you "
        "run; the new dataset is there.\n"
        "**To add to it:** push to `%s`; Honk never overwrites a commit of yours.\n"
        "**To refuse it:** close this, and say why; the migration waits until somebody retries it "
        "or "
        "leaves this repository out (`honk skip`).\n"
        "**To get no more of these:** `changes: refuse` in `" WISHES_PATH
        "` on `%s`; a day, hours, limits and drafts can be asked for there, too.\n"
        "If the migration is rolled back, this is closed, or taken back by another %s.\n",
        migration != NULL ? migration + 1 : place->name.migration, change_key(place->change),
        place->branch, place->branch, proposal->base, forge_word(proposal->forge));
}

/* NULL when git has cleared it away. */
static char *
message_of(const Proposal *proposal)
{
    char *message = NULL;
    return change_words(proposal->place.repository, proposal->local.ours, &message, NULL) ? message
                                                                                          : NULL;
}

char *
proposal_title(const Proposal *proposal)
{
    g_autofree char *message = message_of(proposal);
    return message != NULL ? g_strndup(message, strcspn(message, "\n"))
                           : g_strdup_printf("Follow %s", proposal->place.name.migration);
}

/* Also who cannot be asked for a review hears of it by being named. */
static void
add_owners(GString *body, const GPtrArray *owners)
{
    for (guint i = 0; i < owners->len; i++)
        g_string_append_printf(body, "%s%s", i == 0 ? "\n**Owners of what changes:** " : ", ",
                               (const char *) owners->pdata[i]);
    if (owners->len > 0)
        g_string_append_c(body, '\n');
}

/* Around what Honk writes: whatever people write beside it stays when it is written anew. Unseen by who reads it. */
#define BEGIN_MARK "<!-- honk "
#define END_MARK "<!-- /honk -->\n"

/* "<!-- honk 1234… -->", by the commit that the text is about. Caller frees. */
static char *
begin_mark(const Proposal *proposal)
{
    return g_strdup_printf(BEGIN_MARK "%s -->\n", proposal->local.ours);
}

/* The wrapped lines of a commit's message are Markdown as they are. */
bool
proposal_body(const Proposal *proposal, char **ret, GError **error)
{
    g_autofree char *message = message_of(proposal);
    g_autoptr(GPtrArray) owners = NULL;
    const char *rest = message != NULL ? strstr(message, "\n\n") : NULL;
    g_autoptr(GString) body = g_string_new(rest != NULL ? rest + 2 : "");
    if (!owners_of_change(proposal, &owners, error))
        return false;
    add_what_to_do(body, proposal);
    add_owners(body, owners);
    g_autofree char *mark = begin_mark(proposal);
    g_string_prepend(body, mark);
    g_string_append(body, END_MARK);
    *ret = g_string_free(g_steal_pointer(&body), FALSE);
    return true;
}

/* `fresh` in the place of what Honk wrote into `body` before; NULL: people took the marks away. Caller frees. */
static char *
put_anew(const char *body, const char *fresh)
{
    const char *begin = strstr(body, BEGIN_MARK);
    const char *end = begin != NULL ? strstr(begin, "<!-- /honk -->") : NULL;
    return end == NULL ? NULL
                       : g_strdup_printf("%.*s%s%s", (int) (begin - body), body, fresh,
                                         end + strlen(END_MARK) - 1);
}

bool
proposal_reword(Proposal *proposal, GError **error)
{
    Pull *pull = &proposal->pull;
    g_autofree char *mark = begin_mark(proposal), *fresh = NULL, *body = NULL;
    bool is_about_ours = pull->body == NULL || strstr(pull->body, g_strchomp(mark)) != NULL;
    if (proposal->local.replaced == NULL || is_about_ours)
        return true;
    if (!proposal_body(proposal, &fresh, error))
        return false;
    body = put_anew(pull->body, g_strchomp(fresh));
    if (body == NULL)
        return true;
    if (!proposal_confirm(proposal, error) ||
        !forge_reword(proposal->forge, pull, pull->title, body, error))
        return false;
    g_free(pull->body);
    pull->body = g_steal_pointer(&body);
    return true;
}
