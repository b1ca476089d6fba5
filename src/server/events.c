/*
 * events.c - the ledger for others: as a stream (Accept: text/event-stream) or as pages of JSON.
 */
#include "base/limits.h"
#include "server/handlers.h"
#include "server/plans.h"
#include "server/streams.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    json_t *items;
    const char *types;
    size_t limit;
    int64_t after; /* the last one looked at */
} Page;

static bool
page_add(const Event *event, void *data)
{
    Page *page = data;
    page->after = event->seq;
    if (types_hold(page->types, event->type))
        json_array_append_new(page->items, event_to_json(event));
    return json_array_size(page->items) < page->limit;
}

/* Where to begin: what a browser says it has, or `after`, or the last so many, of `plan` (or NULL) its own. */
static bool
events_after(Request *request, Db *db, const char *plan, int64_t *ret, GError **error)
{
    const char *last_id = request_header(request, "Last-Event-ID");
    int64_t after = target_count(&request->target, "after", 0);
    int64_t last = target_count(&request->target, "last", -1);
    int64_t seq = 0;

    if (last_id != NULL) {
        char *end = NULL;
        after = g_ascii_strtoll(last_id, &end, 10);
        if (end == last_id || *end != '\0' || after < 0)
            return fail(error, ERR_INVALID, "Last-Event-ID must be a sequence number");
    } else if (last >= 0 && plan != NULL) {
        return ledger_before_last(db, plan, last, ret, error);
    } else if (last >= 0) {
        if (!ledger_last(db, &seq, error))
            return false;
        after = MAX(0, seq - last);
    }
    *ret = after;
    return true;
}

static bool
events_page(Request *request, Db *db, int64_t after, const char *plan, const char *types,
            GError **error)
{
    g_autoptr(json_t) items = json_array();
    Page page = {
        .items = items,
        .types = types,
        .limit = (size_t) target_count(&request->target, "limit", PAGE_ROWS_DEFAULT),
        .after = after,
    };
    int64_t before = -1;
    int64_t last = 0;

    if (!ledger_last(db, &last, error))
        return false;
    while (page.after != before && json_array_size(items) < page.limit) {
        before = page.after;
        if (!ledger_read(db, page.after, plan, PAGE_ROWS_MAX, page_add, &page, error))
            return false;
    }
    bool is_full = json_array_size(items) >= page.limit;
    json_t *answer = json_pack("{s:O, s:I}", "items", items, "seq",
                               (json_int_t) (is_full ? page.after : MAX(last, page.after)));
    json_object_set_new(answer, "next",
                        is_full ? json_sprintf("%" G_GINT64_FORMAT, page.after) : json_null());
    return request_answer(request, answer);
}

static bool
events_answer(Request *request, const char *plan, GError **error)
{
    const char *types = target_parameter(&request->target, "type");
    Db *db = NULL;
    int64_t after = 0;

    if (!types_check(types, error) || !request_reader(request, &db, error) ||
        !events_after(request, db, plan, &after, error))
        return false;
    if (request_accepts(request, "text/event-stream"))
        return stream_answer(request, after, plan, types, error);
    return events_page(request, db, after, plan, types, error);
}

bool
handle_events(Request *request, GError **error)
{
    const char *name = target_parameter(&request->target, "plan");
    g_autofree char *plan = NULL;
    if (name != NULL && !plan_id_find(request, name, &plan, error))
        return false;
    return events_answer(request, plan, error);
}

bool
handle_migration_events(Request *request, GError **error)
{
    g_autofree char *plan = NULL;
    if (!plan_id_find(request, request->params[0], &plan, error))
        return false;
    return events_answer(request, plan, error);
}
