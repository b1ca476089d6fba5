/*
 * recipe.c - validate, rewrite, builds, freeze, stage, fill, mirror, compare, swap, propose, rollout, settle, retire: the parts of plans.
 *
 * A part that a plan has no use for (a staging table where no rows move) or cannot have (freezing a
 * file) is left out by decide.c, with what it means for the reader among the risks.
 */
#include "planner/recipe.h"

#include <string.h>

/* A range takes about this long: short enough that a lost worker costs little and a pause is soon
 * obeyed, long enough that its transaction costs nothing beside it. */
#define RANGE_MS_DEFAULT 2000
/* As many as a person reads before looking for the cause. */
#define DIFFERENCES_MAX_DEFAULT 20

/* So many changes are copied in well under a second, which is as long as writers are kept out for them. */
#define BEHIND_MAX_DEFAULT 1000

#define BOTH (TOUCHES_SOURCE | TOUCHES_TARGET)

/* clang-format off */
const Part recipe[] = {
    {ACTION_VALIDATE,  "validate", BOTH, 0, {"source", "target", "mapping_file"}, NULL},
    {ACTION_REWRITE,   "rewrite",  BOTH, 0, {"source", "target", "mapping_file"}, "unbranch"},
    {ACTION_BUILDS,    "builds",   0, 0, {NULL}, "unpush"},
    {ACTION_FREEZE,    "freeze",   BOTH, TOUCHES_SOURCE, {"source"}, "thaw"},
    {ACTION_STAGE,     "stage",    BOTH, TOUCHES_TARGET, {"source", "target"}, "unstage"},
    {ACTION_WATCH,     "watch",    BOTH, TOUCHES_SOURCE, {"source"}, "unwatch"},
    {ACTION_TRANSFORM, "transform", BOTH, TOUCHES_TARGET,
     {"source", "target", "mapping_file", "range_ms", "behind_max"}, "empty"},
    {ACTION_COPY,      "copy",     BOTH, TOUCHES_TARGET,
     {"source", "target", "range_ms", "behind_max"}, "empty"},
    {ACTION_MIRROR,    "mirror",   BOTH, BOTH, {"source", "target"}, "unmirror"},
    {ACTION_FREEZE,    "freeze",   BOTH, BOTH, {"source"}, "thaw"}, /* of a live source */
    {ACTION_COMPARE,   "compare",  BOTH, 0,
     {"source", "target", "range_ms", "differences_max"}, NULL},
    {ACTION_FREEZE,    "freeze",   BOTH, BOTH, {"source"}, "thaw"}, /* of a mirrored one */
    {ACTION_SWAP,      "swap",     BOTH, TOUCHES_TARGET, {"source", "target"}, "swap-back"},
    {ACTION_PROPOSE,   "propose",  0, 0, {NULL}, "withdraw"},
    {ACTION_ROLLOUT,   "rollout",  0, 0, {"rollout_strategy", "max_instances", "group"}, "roll-back"},
    {ACTION_SETTLE,    "settle",   BOTH, TOUCHES_TARGET, {"source", "target"}, NULL},
    {ACTION_RETIRE,    "retire",   BOTH, BOTH, {"source", "target"}, NULL},
};
/* clang-format on */
const size_t recipe_count = G_N_ELEMENTS(recipe);

const Part *
recipe_part(ActionId action)
{
    for (size_t i = 0; i < recipe_count; i++)
        if (recipe[i].action == action)
            return &recipe[i];
    return NULL;
}

/* Whoever says nothing loses nothing in silence. */
static int64_t
left_behind_max(const Slice *slice)
{
    return json_get_int(slice->spec, "left_behind_max", 0);
}

static char *
swap_text(const Slice *slice, const MadeNames *made)
{
    const char *object = slice->target.object;
    g_autofree char *unless = slice_counts_changes(slice)
                                  ? g_strdup_printf("; not if more than %" G_GINT64_FORMAT
                                                    " changes of '%s' came after the snapshot",
                                                    left_behind_max(slice), slice->source.url)
                                  : g_strdup("");
    if (slice->target.schema == NULL)
        return g_strdup_printf("give '%s' its name, '%s'%s", made->stage, object, unless);
    return g_strdup_printf(
        "put it in the place of '%s', which is kept as '%s'; views, foreign keys, "
        "triggers and index names go along%s",
        object, made->kept, unless);
}

static char *
retire_text(const Slice *slice, const MadeNames *made)
{
    const char *when = "waits until somebody says `honk retire`";
    if (slice->target.schema == NULL || made->kept == NULL)
        return g_strdup_printf("drop '%s'; %s", slice->source.url, when);
    if (slice->is_in_place)
        return g_strdup_printf("drop the table as it was, kept as '%s'; %s", made->kept, when);
    if (!dataset_can(&slice->source, "swap"))
        return g_strdup_printf("drop the old target, kept as '%s'; %s", made->kept, when);
    return g_strdup_printf("drop '%s' and the old target, kept as '%s'; %s", slice->source.url,
                           made->kept, when);
}

static const char *
follow_text(const Slice *slice)
{
    return slice_is_live(slice) ? "; rows that are written to meanwhile again, until few are left"
           : slice_holds(slice) ? ", all from one snapshot"
                                : "";
}

static char *
settle_text(const Slice *slice, const MadeNames *made)
{
    if (made->stage == NULL)
        return g_strdup_printf("end the way back, and take Honk's own tables out of store '%s'",
                               slice->target.store);
    return g_strdup_printf(
        "take the log of writes off '%s', and Honk's own tables out of store '%s'",
        slice->target.object, slice->target.store);
}

char *
recipe_text(const Part *part, const Slice *slice, const MadeNames *made)
{
    switch (part->action) {
    case ACTION_VALIDATE:
        return slice->mapping_text != NULL
                   ? g_strdup_printf("check '%s' against both schemas", slice->mapping_path)
                   : g_strdup("check both schemas against each other");
    case ACTION_FREEZE:
        return g_strdup_printf("stop writes to '%s'%s", slice->source.url,
                               slice_mirrors(slice)   ? "; what could not be mirrored is copied, "
                                                        "and both sides are read once more then"
                               : slice_is_live(slice) ? ", and copy the last changes"
                                                      : "");
    case ACTION_MIRROR:
        return g_strdup_printf(
            "from here on each write to '%s' is written to the staging table as well, in the "
            "writer's own transaction; writers wait for a moment",
            slice->source.url);
    case ACTION_WATCH:
        return g_strdup_printf("note which rows of '%s' are written to from now on%s",
                               slice->source.url,
                               slice_reads_log(slice) ? ", from the server's log"
                               : slice_holds(slice)   ? ", to count those that the snapshot lacks"
                                                      : "");
    case ACTION_STAGE:
        return g_strdup_printf("make the empty staging table '%s'", made->stage);
    case ACTION_TRANSFORM:
        return g_strdup_printf("fill it through '%s', range by range%s", slice->mapping_path,
                               follow_text(slice));
    case ACTION_COPY:
        return g_strdup_printf("fill it with the rows as they are, range by range%s",
                               follow_text(slice));
    case ACTION_COMPARE:
        return g_strdup(
            slice_mirrors(slice)
                ? "read both sides in one snapshot, while writers go on: the same count "
                  "and the same sum of row hashes"
            : slice_is_live(slice)
                ? "read both sides: the same count and the same sum of row hashes"
                : "read it back: the same count and the same sum of row hashes");
    case ACTION_SWAP:
        return swap_text(slice, made);
    case ACTION_BUILDS:
        return g_strdup("push the branches and let their hosts build them; nothing is opened yet");
    case ACTION_PROPOSE:
        return g_strdup("propose the changed code on its hosts, and wait until people merge it");
    case ACTION_ROLLOUT:
        return g_strdup("let the services run the new revision, bit by bit");
    case ACTION_SETTLE:
        return settle_text(slice, made);
    case ACTION_RETIRE:
        return retire_text(slice, made);
    case ACTION_REWRITE: /* plan_steps.c counts what changes */
    case ACTION_PLAN:
    case ACTION_PREFLIGHT:
    case ACTION_COUNT:
        break;
    }
    g_assert_not_reached();
}

char *
recipe_reverse_text(const Part *part, const Slice *slice, const MadeNames *made)
{
    switch (part->action) {
    case ACTION_FREEZE:
        return g_strdup_printf("let writers at '%s' again", slice->source.url);
    case ACTION_WATCH:
        return g_strdup("note nothing any more");
    case ACTION_MIRROR:
        return g_strdup("only note again which rows are written to");
    case ACTION_REWRITE:
        return g_strdup("take the branches away; what people merged or added waits for them");
    case ACTION_STAGE:
        return g_strdup("drop the staging table");
    case ACTION_TRANSFORM:
    case ACTION_COPY:
        return g_strdup("empty the staging table");
    case ACTION_SWAP:
        return g_strdup_printf(
            "%s, unless rows were written since: those are counted and a person decides",
            slice->target.schema != NULL ? "put the old one back" : "take the name away again");
    case ACTION_BUILDS:
        return g_strdup("take the branches off their hosts");
    case ACTION_PROPOSE:
        return g_strdup("close what is open; what people merged is proposed to be taken back, and "
                        "waits for them");
    case ACTION_ROLLOUT:
        return g_strdup("give the services back what they ran before");
    case ACTION_SETTLE:
        return g_strdup("none: by then nobody may roll back any more");
    case ACTION_RETIRE:
        return g_strdup("none: dropped rows are gone");
    case ACTION_VALIDATE:
    case ACTION_COMPARE:
    case ACTION_PLAN:
    case ACTION_PREFLIGHT:
    case ACTION_COUNT:
        break;
    }
    return g_strdup("nothing to undo");
}

static bool
part_takes(const Part *part, const char *param)
{
    for (size_t i = 0; part->params[i] != NULL; i++)
        if (strcmp(part->params[i], param) == 0)
            return true;
    return false;
}

static void
add_default_int(json_t *params, const Part *part, const char *name, int64_t value)
{
    if (part_takes(part, name) && json_object_get(params, name) == NULL)
        json_set_int(params, name, value);
}

json_t *
recipe_params(const Part *part, const Slice *slice, const MadeNames *made, const json_t *given)
{
    json_t *params = given != NULL ? json_deep_copy(given) : json_object();

    /* Full refs, whatever short form the agent used; complete.c made sure that they mean these. */
    if (part_takes(part, "source"))
        json_set_string(params, "source", slice->source.ref);
    if (part_takes(part, "target"))
        json_set_string(params, "target", slice->target.ref);
    if (part_takes(part, "mapping_file") && slice->mapping_text != NULL)
        json_set_string(params, "mapping_file", slice->mapping_path);
    add_default_int(params, part, "range_ms", RANGE_MS_DEFAULT);
    if (slice_is_live(slice))
        add_default_int(params, part, "behind_max", BEHIND_MAX_DEFAULT);
    add_default_int(params, part, "differences_max", DIFFERENCES_MAX_DEFAULT);
    if (part->action != ACTION_VALIDATE && part->action != ACTION_REWRITE &&
        part->action != ACTION_FREEZE && part->action != ACTION_ROLLOUT)
        json_set_string(params, "stage", made->stage);
    if (part->action == ACTION_SWAP && slice_counts_changes(slice))
        json_set_int(params, "left_behind_max", left_behind_max(slice));
    if (part->action == ACTION_SWAP || part->action == ACTION_SETTLE ||
        part->action == ACTION_RETIRE)
        json_set_string(params, "kept", made->kept);
    return params;
}
