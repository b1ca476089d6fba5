/*
 * campaign_review.c - a campaign as an approver reads it, and the yes to it.
 *
 * The digest of a campaign names a list: the canonical JSON of the sorted digests of its plans that wait for a yes. The
 * list is kept as a blob under that very digest, so that a yes can be held against it later: a plan that was made anew since
 * is not in the list, is not covered, and is said so; the others are approved.
 */
#include "base/clock.h"
#include "base/text.h"
#include "review/classes.h"
#include "review/review.h"
#include "server/campaigns.h"
#include "server/handlers.h"
#include "server/routes.h"

#include <string.h>

#define EXCEPTIONS_MAX 200
#define DIFFERENCES_MAX 8 /* of a class; then a person reads its example */
#define HEX_MIN 8

/* ----- classes ----- */

typedef struct {
    char *key, *example; /* example: the digest of a plan */
    json_t *shape, *members, *owners;
} ClassSeen;

static void
class_seen_free(void *data)
{
    ClassSeen *class = data;
    g_free(class->key);
    g_free(class->example);
    json_decref(class->shape);
    json_decref(class->members);
    json_decref(class->owners);
    g_free(class);
}

typedef struct {
    Server *server;
    GHashTable *classes;    /* key -> ClassSeen * */
    GPtrArray *in_order;    /* ClassSeen * */
    json_t *digests;        /* of plans that wait for a yes */
    json_t *exceptions;     /* members that do not */
    int64_t planned, other; /* exceptions in all */
} Reading;

static json_t *
exception_json(const MemberSeen *member)
{
    json_t *item = json_object();
    json_set_string(item, "migration", member->migration);
    json_set_string(item, "plan", member->plan);
    json_set_string(item, "state", member->state);
    json_set_string(item, "reason", member->plan == NULL ? "not planned yet" : member->reason);
    return item;
}

static ClassSeen *
class_get(Reading *reading, const char *key, const char *digest, json_t *shape)
{
    ClassSeen *class = g_hash_table_lookup(reading->classes, key);
    if (class != NULL)
        return class;
    class = g_new0(ClassSeen, 1);
    *class = (ClassSeen){.key = g_strdup(key),
                         .example = g_strdup(digest),
                         .shape = json_incref(shape),
                         .members = json_array(),
                         .owners = json_object()};
    g_hash_table_insert(reading->classes, class->key, class);
    g_ptr_array_add(reading->in_order, class);
    return class;
}

static bool
read_planned(Reading *reading, const MemberSeen *member, GError **error)
{
    g_autoptr(json_t) plan = NULL, shape = NULL;
    g_autofree char *key = NULL;
    if (!blobs_get_json(reading->server->blobs, member->digest, &plan, error))
        return false;
    shape = plan_shape(plan);
    if (!json_digest(shape, &key, error))
        return fail_in(error, "plan '%s'", member->plan);
    ClassSeen *class = class_get(reading, key, member->digest, shape);
    const char *name = strrchr(member->migration, '/') + 1;
    json_array_append_new(class->members, json_string(name));
    json_set_int(class->owners, member->owner, json_get_int(class->owners, member->owner, 0) + 1);
    json_array_append_new(reading->digests, json_string(member->digest));
    return true;
}

static bool
read_member(const MemberSeen *member, void *data, GError **error)
{
    Reading *reading = data;
    if (strcmp(member->state, "planned") == 0 && member->digest != NULL) {
        reading->planned++;
        return read_planned(reading, member, error);
    }
    reading->other++;
    if (json_array_size(reading->exceptions) < EXCEPTIONS_MAX)
        json_array_append_new(reading->exceptions, exception_json(member));
    return true;
}

static int
compare_count(const void *a, const void *b)
{
    const ClassSeen *one = *(ClassSeen *const *) a, *other = *(ClassSeen *const *) b;
    size_t first = json_array_size(one->members), second = json_array_size(other->members);
    return first > second ? -1 : first < second;
}

/* The first is shown by its example; the others also by what makes them different from it. */
static bool
class_json(const Reading *reading, const ClassSeen *class, const ClassSeen *first, json_t **ret,
           GError **error)
{
    json_t *example = NULL;
    if (!blobs_get_json(reading->server->blobs, class->example, &example, error))
        return false;
    *ret = json_pack(
        "{s:s, s:I, s:O, s:O, s:{s:s, s:o}, s:o}", "class", class->key, "count",
        (json_int_t) json_array_size(class->members), "members", class->members, "owners",
        class->owners, "example", "digest", class->example, "plan", example, "differences",
        class == first ? json_array()
                       : shape_differences(first->shape, class->shape, DIFFERENCES_MAX));
    return true;
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *) a), json_string_value(*(json_t *const *) b));
}

/* Two plans may be equal to the letter, if a migration is a member under two names: the list is a set. */
static json_t *
digests_sorted(const json_t *digests)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    json_t *list = json_array(), *last = NULL;
    for (size_t i = 0; i < json_array_size(digests); i++)
        g_ptr_array_add(sorted, json_array_get(digests, i));
    g_ptr_array_sort(sorted, compare_texts);
    for (guint i = 0; i < sorted->len; i++) {
        json_t *digest = g_ptr_array_index(sorted, i);
        if (last == NULL || !json_equal(last, digest))
            json_array_append(list, digest);
        last = digest;
    }
    return list;
}

static void
reading_clear(Reading *reading)
{
    g_clear_pointer(&reading->classes, g_hash_table_unref);
    g_clear_pointer(&reading->in_order, g_ptr_array_unref);
    g_clear_pointer(&reading->digests, json_decref);
    g_clear_pointer(&reading->exceptions, json_decref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static bool
review_json(Reading *reading, const CampaignRow *row, json_t **ret, GError **error)
{
    g_autoptr(json_t) list = digests_sorted(reading->digests), classes = json_array();
    g_autofree char *digest = NULL;
    g_ptr_array_sort(reading->in_order, compare_count);
    for (guint i = 0; i < reading->in_order->len; i++) {
        json_t *class = NULL;
        if (!class_json(reading, g_ptr_array_index(reading->in_order, i),
                        g_ptr_array_index(reading->in_order, 0), &class, error))
            return false;
        json_array_append_new(classes, class);
    }
    if (json_array_size(list) > 0 && !blobs_put_json(reading->server->blobs, list, &digest, error))
        return false;
    *ret = campaign_row_json(row);
    json_set_string(*ret, "digest", digest);
    json_set_int(*ret, "planned", reading->planned);
    json_object_set(*ret, "classes", classes);
    json_object_set(*ret, "exceptions", reading->exceptions);
    json_set_int(*ret, "others", reading->other);
    return true;
}

bool
handle_campaign_review(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    g_auto(Reading) reading = {
        .server = request->server,
        .classes = g_hash_table_new(g_str_hash, g_str_equal),
        .in_order = g_ptr_array_new_with_free_func(class_seen_free),
        .digests = json_array(),
        .exceptions = json_array(),
    };
    json_t *answer = NULL;
    Db *db = NULL;
    return campaign_row_find(request, request->params[0], &row, error) &&
           request_reader(request, &db, error) &&
           campaign_members(db, row.id, read_member, &reading, error) &&
           review_json(&reading, &row, &answer, error) && request_answer(request, answer);
}

/* ----- approving ----- */

typedef struct {
    const PolicyConfig *policy;
    char *actor, *reason;
    bool is_approver;
    json_t *plans; /* [{plan, digest, author, quorum_reached, ok}]: also the command's */
} YesToAll;

static void
yes_to_all_free(void *data)
{
    YesToAll *yes = data;
    g_free(yes->actor);
    g_free(yes->reason);
    json_decref(yes->plans);
    g_free(yes);
}

static Approval
approval_of(const YesToAll *yes, const json_t *item)
{
    return (Approval){.actor = yes->actor,
                      .is_approver = yes->is_approver,
                      .plan = json_get_string(item, "plan", NULL),
                      .author = json_get_string(item, "author", NULL),
                      .digest = json_get_string(item, "digest", NULL),
                      .digest_said = json_get_string(item, "digest", NULL)};
}

static bool
yes_to_all_look(Command *command, Db *db, GError **error)
{
    const YesToAll *yes = request_ask_data(command);
    for (size_t i = 0; i < json_array_size(yes->plans); i++) {
        json_t *item = json_array_get(yes->plans, i);
        Approval approval = approval_of(yes, item);
        bool is_reached = false;
        if (!review_quorum(db, yes->policy, &approval, &is_reached, error))
            return false;
        json_set_bool(item, "quorum_reached", is_reached);
    }
    return true;
}

static bool
yes_to_all_write(Command *command, Db *db, void *data, GError **error)
{
    const YesToAll *yes = data;
    int64_t now_ms = clock_wall_ms();
    for (size_t i = 0; i < json_array_size(yes->plans); i++) {
        const json_t *item = json_array_get(yes->plans, i);
        Approval approval = approval_of(yes, item);
        if (json_get_bool(item, "ok", false) &&
            !review_record(db, yes->policy, &approval, yes->reason, now_ms, error))
            return false;
    }
    return true;
}

typedef struct {
    char *plan, *author, *digest, *migration;
} Waiting;

static void
waiting_free(void *data)
{
    Waiting *waiting = data;
    g_free(waiting->plan);
    g_free(waiting->author);
    g_free(waiting->digest);
    g_free(waiting->migration);
    g_free(waiting);
}

typedef struct {
    GPtrArray *waiting; /* Waiting * */
    json_t *exceptions;
    int64_t others;
} Sorting;

static bool
sort_member(const MemberSeen *member, void *data, GError **error)
{
    Sorting *sorting = data;
    if (strcmp(member->state, "planned") == 0 && member->digest != NULL) {
        Waiting *waiting = g_new0(Waiting, 1);
        waiting->plan = g_strdup(member->plan);
        waiting->digest = g_strdup(member->digest);
        waiting->migration = g_strdup(member->migration);
        g_ptr_array_add(sorting->waiting, waiting);
        return true;
    }
    sorting->others++;
    if (json_array_size(sorting->exceptions) < EXCEPTIONS_MAX)
        json_array_append_new(sorting->exceptions, exception_json(member));
    return true;
}

/* What was said, as a whole digest: itself, or the first digits of the digest of what is there now. */
static bool
digest_meant(Request *request, const GPtrArray *waiting, const char *said, char **ret,
             GError **error)
{
    g_autoptr(json_t) digests = json_array();
    const char *hex = g_str_has_prefix(said, "sha256:") ? said + strlen("sha256:") : said;
    if (strlen(hex) < HEX_MIN || strspn(hex, "0123456789abcdef") != strlen(hex) || strlen(hex) > 64)
        return fail(error, ERR_INVALID,
                    "a yes names the digest of what was read, at least its first %d hex digits",
                    HEX_MIN);
    if (strlen(hex) == 64) {
        *ret = g_strdup_printf("sha256:%s", hex);
        return true;
    }
    for (guint i = 0; i < waiting->len; i++)
        json_array_append_new(digests,
                              json_string(((Waiting *) g_ptr_array_index(waiting, i))->digest));
    g_autoptr(json_t) list = digests_sorted(digests);
    g_autofree char *now = NULL;
    if (!json_digest(list, &now, error))
        return false;
    if (!g_str_has_prefix(now + strlen("sha256:"), hex))
        return fail(error, ERR_MISMATCH,
                    "the plans that wait for a yes are '%.12s…' now, not '%.12s…': read them "
                    "again, or say the whole digest of what you have read; what has not changed "
                    "since is approved then",
                    now + strlen("sha256:"), hex);
    *ret = g_steal_pointer(&now);
    return true;
}

static bool
list_read(Request *request, const char *digest, GHashTable **ret, GError **error)
{
    g_autoptr(json_t) list = NULL;
    g_autoptr(GError) none = NULL;
    if (!blobs_get_json(request->server->blobs, digest, &list, &none) || !json_is_array(list))
        return fail(error, ERR_MISMATCH,
                    "'%.19s…' is the digest of no list of plans that anybody was shown here",
                    digest);
    *ret = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item != NULL)
            g_hash_table_add(*ret, g_strdup(item));
    }
    return true;
}

static void
not_covered(json_t *list, const Waiting *waiting, const char *why)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:s, s:s}", "migration", waiting->migration, "plan",
                                    waiting->plan, "digest", waiting->digest, "why", why));
}

/* May this person say yes to this plan, and is it still what it was? */
static bool
consider(Request *request, const PlanningRoom *room, YesToAll *yes, const Waiting *waiting,
         json_t *left_out, GError **error)
{
    const Config *config = request->server->config;
    g_auto(PlanRow) row = {0};
    g_autoptr(json_t) differences = NULL;
    if (!plan_row_by_id(room->db, waiting->plan, &row, error) ||
        !planning_differences(room, &row, &differences, NULL, error))
        return false;
    if (json_array_size(differences) > 0) {
        not_covered(left_out, waiting, json_string_value(json_array_get(differences, 0)));
        return true;
    }
    json_t *item = json_pack("{s:s, s:s, s:s}", "plan", row.id, "digest", waiting->digest, "author",
                             row.author);
    Approval approval = approval_of(yes, item);
    if (!review_may_approve(&config->policy, config->roles, &approval, error)) {
        json_decref(item);
        return false;
    }
    json_array_append_new(yes->plans, item);
    return true;
}

static bool
consider_all(Request *request, const GPtrArray *all, GHashTable *list, YesToAll *yes,
             json_t *left_out, GError **error)
{
    PlanningRoom room;
    if (!planning_room(request, &room, error))
        return false;
    for (guint i = 0; i < all->len; i++) {
        const Waiting *waiting = g_ptr_array_index(all, i);
        if (!g_hash_table_contains(list, waiting->digest))
            not_covered(left_out, waiting, "it was planned again since");
        else if (!consider(request, &room, yes, waiting, left_out, error))
            return false;
    }
    return true;
}

static bool
say_yes(Request *request, const CampaignRow *row, YesToAll *yes, json_t **ret, GError **error)
{
    Command *command = request_command(request, COMMAND_CAMPAIGN_APPROVE);
    command->plan = g_strdup(row->id);
    command->args = json_pack("{s:O}", "plans", yes->plans);
    command->look = yes_to_all_look;
    return request_ask(request, command, yes_to_all_write, yes, yes_to_all_free, ret, error);
}

static YesToAll *
yes_to_all_new(const Request *request)
{
    YesToAll *yes = g_new0(YesToAll, 1);
    yes->policy = &request->server->config->policy;
    yes->actor = g_strdup(request->who.name);
    yes->reason = g_strdup(json_get_string(request->json, "reason", NULL));
    yes->is_approver = identity_has(&request->who, ROLE_APPROVER);
    yes->plans = json_array();
    return yes;
}

bool
handle_campaign_approve(Request *request, GError **error)
{
    g_auto(CampaignRow) row = {0};
    g_autoptr(GPtrArray) waiting = g_ptr_array_new_with_free_func(waiting_free);
    g_autoptr(json_t) exceptions = json_array(), left_out = json_array();
    g_autoptr(GHashTable) list = NULL;
    g_autofree char *said = g_ascii_strdown(json_get_string(request->json, "digest", ""), -1);
    g_autofree char *digest = NULL;
    Sorting sorting = {.waiting = waiting, .exceptions = exceptions};
    json_t *reply = NULL;
    Db *db = NULL;

    if (!campaign_row_find(request, request->params[0], &row, error) ||
        !request_reader(request, &db, error) ||
        !campaign_members(db, row.id, sort_member, &sorting, error) ||
        !digest_meant(request, waiting, said, &digest, error) ||
        !list_read(request, digest, &list, error))
        return false;
    YesToAll *yes = yes_to_all_new(request);
    if (!consider_all(request, waiting, list, yes, left_out, error)) {
        yes_to_all_free(yes);
        return false;
    }
    if (!say_yes(request, &row, yes, &reply, error))
        return false;
    json_set_string(reply, "digest", digest);
    json_object_set(reply, "not_covered", left_out);
    json_object_set(reply, "exceptions", exceptions);
    json_set_int(reply, "others", sorting.others);
    return request_answer(request, reply);
}
