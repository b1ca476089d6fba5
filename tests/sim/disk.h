/*
 * disk.h - what the last commit wrote: an image of the engine's tables in memory, and for a share of
 * the seeds the real tables beside it.
 *
 * A crash throws the engine's memory away and reads this. Only what a beat marks as changed gets
 * here, so that a change that nobody marked is lost, as it would be in a server.
 */
#pragma once

#include "engine/beat.h"
#include "engine/campaign.h"

/* A person's yes, as the room `review` keeps it. */
typedef struct {
    char *plan, *digest, *actor;
    bool is_withdrawn;
} Yes;
Yes *yes_copy(const Yes *yes);
void yes_free(void *yes);

typedef struct {
    GPtrArray *plans, *tasks; /* PlanRow *, TaskRow *; row n is at n - 1 */
    GHashTable *plan_by_id, *task_by_id;
    GHashTable *steps;              /* plan -> GPtrArray of StepRow * */
    GHashTable *slots;              /* "resource n" -> SlotRow * */
    GHashTable *limits;             /* resource -> int64_t * */
    GHashTable *last;               /* id of a plan or task -> the state that its last event told */
    GPtrArray *yeses;               /* Yes * */
    GPtrArray *campaigns, *members; /* CampaignRow *, MemberRow *; row n is at n - 1 */
    int64_t events;
    Db *db; /* or NULL */
} Disk;

Disk *disk_new(bool with_tables);
void disk_free(Disk *disk);
Disk *disk_copy(const Disk *disk); /* without the real tables */
/* Write what the beat changed; all of it, or nothing when `fails`. */
void disk_commit(Disk *disk, Beat *beat, bool fails);
State *disk_load(const Disk *disk, const EngineOptions *options, const World *world);
/* The same from the real tables. */
State *disk_load_tables(const Disk *disk, const EngineOptions *options, const World *world);

const PlanRow *disk_plan(const Disk *disk, const char *id);
const TaskRow *disk_task(const Disk *disk, const char *id);
bool disk_holds_slot(const Disk *disk, const char *task, const char *resource);
