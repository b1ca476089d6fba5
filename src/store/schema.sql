-- schema.sql - our own state (PRAGMA user_version: SCHEMA_VERSION in db.c).
--
-- Times are milliseconds since 1970, UTC. States, statuses and phases are the names of
-- model/states.c. JSON is text. `n` is the row's own number: the engine updates by it, people name
-- things by `id`. Everything that the engine decides is written by it alone; other rooms write their
-- own tables inside the same transactions.

CREATE TABLE meta (                   -- epoch: who may write, grows with each server that takes over
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- catalog ----

CREATE TABLE entity (
    ref        TEXT PRIMARY KEY NOT NULL,  -- kind:namespace/name
    kind       TEXT NOT NULL,              -- as written: Component
    type       TEXT NOT NULL DEFAULT '',
    namespace  TEXT NOT NULL DEFAULT 'default',
    name       TEXT NOT NULL,
    owner      TEXT NOT NULL DEFAULT '',
    title      TEXT NOT NULL DEFAULT '',
    json       TEXT NOT NULL,
    file       TEXT,
    line       INTEGER NOT NULL DEFAULT 0,
    digest     TEXT NOT NULL,
    origin     TEXT NOT NULL DEFAULT '',   -- who keeps it: a folder, 'api', 'backstage'
    updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX entity_by_kind ON entity(kind, type, ref);
CREATE INDEX entity_by_owner ON entity(owner, ref);
CREATE INDEX entity_by_origin ON entity(origin, ref);
CREATE INDEX entity_with_code ON entity(ref) WHERE instr(json, '"honk/repository"') > 0;  -- asked for with each plan

CREATE TABLE relation (
    source TEXT NOT NULL,
    type   TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (source, type, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX relation_by_target ON relation(target, type, source);

-- ---- plans, steps, tasks ----

CREATE TABLE plan (
    n                  INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    state              TEXT NOT NULL,
    since_ms           INTEGER NOT NULL,
    reason             TEXT,               -- why it is in this state, a sentence
    actor              TEXT,               -- who moved it here
    wake_event         TEXT,               -- what would move it: approval, start, resume, operator
    author             TEXT NOT NULL,
    migration          TEXT NOT NULL,      -- entity ref
    kind               TEXT NOT NULL DEFAULT 'migration',  -- or 'rollout': of one service, outside of any migration
    name               TEXT,               -- of the plan document
    request            TEXT,               -- blob: what was asked for
    needs              TEXT,               -- labels for planning and for looking for drift
    digest             TEXT,               -- of the plan, which is also its blob
    observations       TEXT,               -- blob
    diagnostics        TEXT,               -- findings of planning, differences of drift
    start              TEXT,               -- the world before the first effect: a rollback is compared with it
    source_url         TEXT,
    target_url         TEXT,
    services           TEXT,               -- [{service, …}] as the plan document has them: what it rolls out
    consumers          TEXT,               -- as plan_consumers() has them: whom it concerns
    soak_ms            INTEGER NOT NULL DEFAULT 0,
    rollback_window_ms INTEGER NOT NULL DEFAULT 0,
    retention_ms       INTEGER NOT NULL DEFAULT 0,
    has_retire         INTEGER NOT NULL DEFAULT 0,
    effects            INTEGER NOT NULL DEFAULT 0,  -- a forward step was leased
    effects_ms         INTEGER NOT NULL DEFAULT 0,  -- when first
    held               INTEGER NOT NULL DEFAULT 0,  -- no new reverse begins
    scope              TEXT,               -- steps that were rolled back apart
    throttle           TEXT,               -- how fast rows may move now (model/throttle.h); NULL: as fast as they can
    pace               TEXT,               -- how changes of code go out now (model/pace.h); NULL: none are made
    give_up            INTEGER NOT NULL DEFAULT 0,  -- rows written since the swap may be lost
    failures           INTEGER NOT NULL DEFAULT 0,  -- since it was last resumed from a halt
    mixed_by           TEXT,               -- the first person who accepted a mixed state
    token              INTEGER NOT NULL DEFAULT 0,  -- grows with each rollback
    created_ms         INTEGER NOT NULL,
    planned_ms         INTEGER NOT NULL DEFAULT 0,
    expires_ms         INTEGER NOT NULL DEFAULT 0,
    started_ms         INTEGER NOT NULL DEFAULT 0,
    paused_ms          INTEGER NOT NULL DEFAULT 0,  -- since when deadlines stand still
    soak_until_ms      INTEGER NOT NULL DEFAULT 0,
    window_until_ms    INTEGER NOT NULL DEFAULT 0,
    keep_until_ms      INTEGER NOT NULL DEFAULT 0,  -- no retiring before
    ended_ms           INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX plan_by_state ON plan(state, id);
CREATE INDEX plan_by_migration ON plan(migration, id);
CREATE INDEX plan_open ON plan(n) WHERE ended_ms = 0;  -- what is read at start

CREATE TABLE step (                   -- of the digest that the plan has now; never changed
    plan         TEXT NOT NULL,
    ordinal      INTEGER NOT NULL,
    name         TEXT NOT NULL,
    action       TEXT NOT NULL,
    after        TEXT NOT NULL DEFAULT '[]',
    needs        TEXT NOT NULL DEFAULT '[]',
    uses         TEXT NOT NULL DEFAULT '[]',
    params       TEXT NOT NULL DEFAULT '{}',
    text         TEXT NOT NULL DEFAULT '',
    reverse_text TEXT NOT NULL DEFAULT '',
    deadline_ms  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (plan, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    n              INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    plan           TEXT NOT NULL,
    step           TEXT NOT NULL DEFAULT '',   -- '' for tasks of the plan itself
    action         TEXT NOT NULL,
    parent         TEXT,
    key            TEXT NOT NULL DEFAULT '',   -- '' for the task that stands for its step
    params         TEXT,
    phase          TEXT NOT NULL,
    status         TEXT NOT NULL,
    since_ms       INTEGER NOT NULL,
    reason         TEXT,
    actor          TEXT,
    attempt        INTEGER NOT NULL DEFAULT 0, -- leases to do it, so far
    tries          INTEGER NOT NULL DEFAULT 0, -- how many it may have
    probes         INTEGER NOT NULL DEFAULT 0, -- leases to look what became of it, since it is unknown
    token          INTEGER NOT NULL DEFAULT 0, -- of the last lease; what is older is refused
    worker         TEXT,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    wake_ms        INTEGER NOT NULL DEFAULT 0,
    wake_event     TEXT,
    deadline_ms    INTEGER NOT NULL DEFAULT 0,
    intent         TEXT,                       -- {attempt, at_ms, pre_state}: an effect may be there
    evidence       TEXT,
    error_code     TEXT,
    error          TEXT,
    progress       TEXT,
    needs          TEXT,                       -- NULL: as the step says
    uses           TEXT,                       -- NULL: as the step says
    spare          TEXT,                       -- whose part it is, where the plan may go on without it
    weight         INTEGER NOT NULL DEFAULT 1,
    children_done  INTEGER NOT NULL DEFAULT 0,
    created_ms     INTEGER NOT NULL,
    started_ms     INTEGER NOT NULL DEFAULT 0,
    ended_ms       INTEGER NOT NULL DEFAULT 0,
    checkpoint     TEXT,                       -- what the last report that had one left for the next lease
    signals        TEXT,                       -- [{n, signal, actor, reason, at_ms}] that no report has seen
    signal_n       INTEGER NOT NULL DEFAULT 0, -- number of the last signal ever
    signals_told   INTEGER NOT NULL DEFAULT 0  -- up to which number the last lease was told
) STRICT;
CREATE UNIQUE INDEX task_by_step ON task(plan, step, key);
CREATE INDEX task_by_plan ON task(plan);  -- by birth within the plan; no index holds what changes

CREATE TABLE campaign (               -- many migrations, approved, paced and rolled back together
    n                INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,     -- c-…
    ref              TEXT NOT NULL,            -- entity ref
    state            TEXT NOT NULL,
    since_ms         INTEGER NOT NULL,
    reason           TEXT,
    actor            TEXT,
    wake_event       TEXT,                     -- what would move it: approval, start, members, resume, operator
    wake_ms          INTEGER NOT NULL DEFAULT 0,  -- looks again then: a freeze is over
    author           TEXT NOT NULL,
    owner            TEXT NOT NULL DEFAULT '',
    waves            TEXT NOT NULL,            -- [1, 10]: how many may have started before all of them must have succeeded
    wave             INTEGER NOT NULL DEFAULT 0,
    failures_allowed INTEGER NOT NULL DEFAULT 0,  -- in the last wave; before it none
    started          INTEGER NOT NULL DEFAULT 0,  -- members so far
    waits            TEXT,                     -- [{owner, count, why}]: who waits for which place
    throttle         TEXT,                     -- how fast the rows of all members may move together (model/throttle.h)
    give_up          INTEGER NOT NULL DEFAULT 0,  -- as of plans: for all
    created_ms       INTEGER NOT NULL,
    started_ms       INTEGER NOT NULL DEFAULT 0,
    ended_ms         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX campaign_by_ref ON campaign(ref, n);
CREATE TABLE campaign_member (        -- which migrations; places follow from the states of their plans
    n         INTEGER PRIMARY KEY,
    campaign  TEXT NOT NULL,
    migration TEXT NOT NULL,          -- entity ref
    owner     TEXT NOT NULL DEFAULT '',
    plan      TEXT,                   -- the newest that counts, NULL: none yet
    start_n   INTEGER NOT NULL DEFAULT 0,  -- how manieth of the campaign; 0: not started
    excused   INTEGER NOT NULL DEFAULT 0   -- it failed, and a person went on all the same
) STRICT;
CREATE INDEX campaign_member_by_campaign ON campaign_member(campaign, n);
CREATE INDEX campaign_member_by_plan ON campaign_member(plan);

CREATE TABLE slot (                   -- limits are rows: who has one holds it until its row says otherwise
    resource TEXT NOT NULL,
    n        INTEGER NOT NULL,        -- 0 to count - 1; -1 is kept for the reverse phase
    holder   TEXT,                    -- task
    PRIMARY KEY (resource, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE limits (
    resource TEXT PRIMARY KEY NOT NULL,
    count    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    seq        INTEGER PRIMARY KEY,   -- from 1, no gaps
    at_ms      INTEGER NOT NULL,
    type       TEXT NOT NULL,
    plan       TEXT,
    task       TEXT,
    step       TEXT,
    actor      TEXT,
    from_state TEXT,
    to_state   TEXT,
    reason     TEXT,
    data       TEXT
) STRICT;
CREATE INDEX event_by_plan ON event(plan) WHERE plan IS NOT NULL;  -- by seq within the plan

CREATE TABLE worker (
    id            TEXT PRIMARY KEY NOT NULL,
    labels        TEXT NOT NULL DEFAULT '[]',
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms  INTEGER NOT NULL,
    local         INTEGER NOT NULL DEFAULT 0,
    pid           INTEGER NOT NULL DEFAULT 0
) STRICT;

-- ---- people ----

CREATE TABLE approval (
    id              INTEGER PRIMARY KEY,
    plan            TEXT NOT NULL,
    digest          TEXT NOT NULL,
    actor           TEXT NOT NULL,
    policy          TEXT NOT NULL DEFAULT '',
    policy_digest   TEXT NOT NULL DEFAULT '',
    self            INTEGER NOT NULL DEFAULT 0,  -- the author approved
    reason          TEXT,
    at_ms           INTEGER NOT NULL,
    withdrawn_at_ms INTEGER
) STRICT;
CREATE INDEX approval_by_plan ON approval(plan, id);

CREATE TABLE api_token (
    hash       TEXT PRIMARY KEY NOT NULL,
    identity   TEXT NOT NULL,
    label      TEXT NOT NULL DEFAULT '',
    roles      TEXT NOT NULL DEFAULT '[]',
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    revoked_ms INTEGER
) STRICT;

CREATE TABLE idempotency (
    key            TEXT NOT NULL,
    actor          TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    status         INTEGER NOT NULL,
    body           TEXT NOT NULL,
    at_ms          INTEGER NOT NULL,
    PRIMARY KEY (key, actor)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency(at_ms);
