import type { Migration } from 'honk-client';
import { useMemo } from 'react';
import { useHonk } from '../context';
import { useLoad, useNow } from '../data';
import { duration, moment, percent, person, share, shortDigest, shortRef } from '../format';
import { Copy, Failure, Go, Meter, Panel, Skeleton, StateBadge, Tabs } from '../parts/basics';
import { stepsDone } from '../progress';
import type { MigrationTab } from '../routes';
import { isMoving } from '../states';
import { MigrationActions } from './migration-actions';
import { MigrationConsumers } from './consumers';
import { Ledger } from './ledger';
import { PlanReview, usePlan } from './review';
import { RolloutList } from './rollouts';
import { Run } from './run';

export function useMigration(id: string) {
  return useLoad(
    `migration ${id}`,
    (client, signal) => client.get('/migrations/{id}', { path: { id }, signal }),
    (event, known) => event.plan !== undefined && (event.plan === known?.id || (event.type === 'plan.state' && event.from === undefined)),
  );
}

export function MigrationScreen({ id, tab = 'review' }: { id: string; tab?: MigrationTab }) {
  const { go } = useHonk();
  const { data: migration, error, reload } = useMigration(id);
  const plan = usePlan(migration);
  if (migration === undefined)
    return (
      <div className="honk-screen">{error ? <Failure error={error} onRetry={reload} what={`The migration '${id}'`} /> : <Skeleton rows={10} label="loading the migration" />}</div>
    );
  const services = plan.data?.plan.services?.length;
  // Those of the lineage, and those whose code was found by a scan.
  const consumers = new Set([...(plan.data?.plan.consumers ?? []).map(one => one.ref), ...(plan.data?.plan.changes ?? []).map(one => one.consumer)]).size || undefined;
  return (
    <div className="honk-screen">
      <Headline migration={migration} reload={reload} plan={plan.data} />
      {error && <Failure error={error} onRetry={reload} what="The newest state" />}
      <Tabs
        label="About this migration"
        active={tab}
        onTab={key => go({ screen: 'migration', id, tab: key as MigrationTab })}
        tabs={[
          { key: 'review', label: 'Plan' },
          { key: 'run', label: 'Run' },
          { key: 'rollouts', label: 'Rollouts', count: services },
          { key: 'consumers', label: 'Consumers', count: consumers },
          { key: 'log', label: 'Ledger' },
        ]}
      />
      <Panel tab={tab}>
        {tab === 'review' && <PlanReview migration={migration} plan={plan} />}
        {tab === 'run' && <Run migration={migration} />}
        {tab === 'rollouts' && <RolloutList migration={migration.id} />}
        {tab === 'consumers' && <MigrationConsumers migration={migration} />}
        {tab === 'log' && <Ledger migration={migration.id} />}
      </Panel>
    </div>
  );
}

function Headline({ migration, reload, plan }: { migration: Migration; reload: () => void; plan: ReturnType<typeof usePlan>['data'] }) {
  const now = useNow();
  const far = stepsDone(migration);
  const isBack = migration.state === 'rolling_back';
  return (
    <header className="honk-headline">
      <div className="honk-crumbs">
        <Go to={{ screen: 'overview' }}>Migrations</Go>
      </div>
      <div className="honk-headline-row">
        <div>
          <h1>{shortRef(migration.migration)}</h1>
          <p className="honk-route">
            <code>{migration.source_url ?? '…'}</code>
            <span aria-label="to">→</span>
            <code>{migration.target_url ?? '…'}</code>
          </p>
        </div>
        <MigrationActions migration={migration} plan={plan} onDone={reload} />
      </div>
      <div className="honk-status" aria-live="polite">
        <StateBadge state={migration.state} />
        <span>
          {migration.reason ?? ''}
          {migration.actor && migration.actor !== 'honk' && <span className="honk-dim"> · {person(migration.actor)}</span>}
        </span>
        <span className="honk-dim">
          for {duration(Math.max(0, now - migration.since_ms))}
          {migration.held && ' · the rollback is held'}
        </span>
        <Next migration={migration} now={now} />
      </div>
      {(isMoving(migration.state) || migration.state === 'paused' || migration.state === 'halted') && migration.state !== 'draft' && (
        <div className="honk-far">
          <Meter done={far.done} total={far.total} label="the whole migration" tone={isBack ? 'back' : migration.state === 'halted' ? 'bad' : 'moves'} />
          <span className="honk-far-text">
            {percent(share(far.done, far.total))} · {far.text}
          </span>
        </div>
      )}
      <Story migration={migration} />
    </header>
  );
}

/** What would move it, and who may. */
function Next({ migration, now }: { migration: Migration; now: number }) {
  const { who } = useHonk();
  const next = migration.next;
  if (!next) return null;
  const isForMe = (who.roles as readonly string[]).includes(next.role) && next.role !== 'worker';
  const until =
    migration.state === 'soaking' && migration.soak_until_ms
      ? migration.soak_until_ms
      : migration.state === 'succeeded' && migration.window_until_ms && migration.window_until_ms > now
        ? migration.window_until_ms
        : undefined;
  return (
    <p className="honk-next">
      {next.text}
      {until !== undefined && `, ${duration(until - now)} more`}
      {next.who && next.role !== 'worker' && (
        <span className="honk-dim">
          {' '}
          ({[...(isForMe ? ['you'] : []), ...next.who.split(/ or |, /).filter(name => !isForMe || name !== who.identity).map(person)].join(' or ')} may)
        </span>
      )}
    </p>
  );
}

interface Chapter {
  label: string;
  at?: number;
  by?: string;
  state: 'past' | 'now' | 'later' | 'bad';
}

/** The story at a glance: asked for, planned, approved, run, kept, and whether the way back is open. */
function Story({ migration }: { migration: Migration }) {
  const chapters = useMemo<Chapter[]>(() => story(migration), [migration]);
  return (
    <div className="honk-story-box">
      <ol className="honk-story" aria-label="its story so far">
        {chapters.map(chapter => (
          <li key={chapter.label} className={`honk-${chapter.state}`} aria-current={chapter.state === 'now' ? 'step' : undefined}>
            <i aria-hidden="true" />
            <strong>{chapter.label}</strong>
            <span>
              {chapter.by && <>{person(chapter.by)} </>}
              {chapter.at && <time title={moment(chapter.at)}>{moment(chapter.at).split(', ')[1]}</time>}
            </span>
          </li>
        ))}
      </ol>
      {migration.digest && (
        <div className="honk-digest">
          <span className="honk-dim">plan</span> <Copy text={migration.digest}>{shortDigest(migration.digest)}</Copy>
        </div>
      )}
    </div>
  );
}

function story(migration: Migration): Chapter[] {
  const { state } = migration;
  const yes = migration.approvals.filter(one => !one.withdrawn_at_ms && one.digest === migration.digest);
  const isBack = state === 'rolling_back' || state === 'rolled_back';
  const dead = ['stale', 'rejected', 'expired', 'cancelled'].includes(state);
  const began = migration.started_at_ms;
  const chapters: Chapter[] = [
    { label: 'Asked for', at: migration.created_at_ms, by: migration.author, state: 'past' },
    { label: migration.digest ? 'Planned' : 'Planning', state: migration.digest ? 'past' : dead ? 'bad' : 'now' },
  ];
  if (dead) return [...chapters, { label: state.charAt(0).toUpperCase() + state.slice(1), at: migration.since_ms, by: migration.actor, state: 'bad' }];
  const isApproved = yes.length >= migration.quorum.needed;
  chapters.push({
    label: isApproved ? 'Approved' : migration.quorum.needed > 1 ? `Approval ${yes.length} of ${migration.quorum.needed}` : 'Approval',
    at: yes.at(-1)?.at_ms,
    by: yes.at(-1)?.actor,
    state: isApproved ? 'past' : state === 'planned' ? 'now' : 'later',
  });
  const runs = ['preflight', 'running', 'paused', 'halted', 'approved'].includes(state);
  chapters.push({
    label: state === 'paused' ? 'Paused' : state === 'halted' ? 'Halted' : state === 'approved' ? 'Start' : 'Run',
    at: began,
    state: state === 'halted' ? 'bad' : runs ? 'now' : began !== undefined ? 'past' : 'later',
  });
  if (isBack || state === 'needs_operator' || state === 'closed_mixed') {
    chapters.push({
      label: state === 'rolled_back' ? 'Rolled back' : state === 'rolling_back' ? 'Rolling back' : state === 'closed_mixed' ? 'Closed, mixed' : 'Needs a person',
      at: migration.since_ms,
      by: migration.actor,
      state: state === 'needs_operator' ? 'bad' : state === 'rolling_back' ? 'now' : 'past',
    });
    return chapters;
  }
  const isDone = ['succeeded', 'retiring', 'closed'].includes(state);
  chapters.push({ label: 'Succeeded', at: isDone ? migration.since_ms : undefined, state: isDone ? 'past' : state === 'soaking' ? 'now' : 'later' });
  chapters.push({ label: state === 'closed' ? 'Closed' : 'Way back open', state: isDone && state !== 'closed' ? 'now' : state === 'closed' ? 'past' : 'later' });
  return chapters;
}
