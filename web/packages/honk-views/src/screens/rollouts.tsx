import type { Rollout, RolloutMove, RolloutProgress, RolloutRow } from 'honk-client';
import { useMemo, useState } from 'react';
import { useHonk } from '../context';
import { useEvery, useLoad, useNow } from '../data';
import { clock, duration, person, plural, shortRef } from '../format';
import { Actions } from '../parts/actions';
import { Card, Chips, Empty, Facts, Failure, Go, Meter, Since, Skeleton, StateBadge } from '../parts/basics';
import { Marks, Plot } from '../parts/plot';
import { rolloutState } from '../states';
import { newKey } from '../key';

const LIMIT = 500;
const CHECKS_MS = 3000; /* checks are seconds apart */

function useRollouts(migration?: string) {
  return useLoad(
    `rollouts ${migration ?? ''}`,
    (client, signal) => client.get('/rollouts', { query: { migration, limit: LIMIT }, signal }),
    event => (migration === undefined || event.plan === migration) && (event.type.startsWith('plan.') || (event.type.startsWith('task.') && event.step === 'rollout')),
  );
}

export function RolloutsScreen() {
  return (
    <div className="honk-screen">
      <header className="honk-title">
        <h1>Rollouts</h1>
        <p className="honk-dim">Services on their way to a new revision, bit by bit, and back.</p>
      </header>
      <RolloutList />
    </div>
  );
}

/** By wave: the next one begins when all of one are healthy. */
export function RolloutList({ migration }: { migration?: string }) {
  const { data, error, reload } = useRollouts(migration);
  const [group, setGroup] = useState<'all' | 'moves' | 'trouble' | 'ended'>('all');
  const rows = data?.items ?? [];
  const inGroup = (row: RolloutRow, key: typeof group) => {
    const { tone } = rolloutState(row.state);
    if (key === 'all') return true;
    if (key === 'moves') return tone === 'moves' || row.state === 'aborting';
    if (key === 'trouble') return tone === 'bad' || tone === 'waits';
    return row.ended_at_ms !== undefined;
  };
  const waves = useMemo(() => {
    const byWave = new Map<string, RolloutRow[]>();
    for (const row of rows.filter(one => inGroup(one, group))) {
      const key = migration ? `Wave ${row.wave ?? '–'}` : row.migration ? shortRef(row.migration) : 'By itself';
      byWave.set(key, [...(byWave.get(key) ?? []), row]);
    }
    return migration ? [...byWave].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })) : [...byWave];
  }, [data, group, migration]);

  if (error && !data) return <Failure error={error} onRetry={reload} what="The rollouts" />;
  if (!data) return <Skeleton rows={6} label="loading rollouts" />;
  if (rows.length === 0)
    return (
      <Empty title={migration ? 'It rolls no service out' : 'No service was rolled out yet'}>
        {migration ? 'No service runs the code that this migration changes, or the plan is not approved yet: a rollout has its name from then on.' : 'A plan that changes code or datasets of services brings them here.'}
      </Empty>
    );
  return (
    <div className="honk-stack">
      <div className="honk-bar">
        <Chips
          label="States"
          chosen={group}
          onChoose={setGroup}
          chips={(['all', 'moves', 'trouble', 'ended'] as const).map(key => ({
            key,
            label: { all: 'All', moves: 'Moving', trouble: 'Needs a person', ended: 'Ended' }[key],
            count: rows.filter(row => inGroup(row, key)).length,
          }))}
        />
      </div>
      {waves.map(([wave, some]) => (
        <section key={wave} className="honk-wave-group" aria-label={wave}>
          <h3>{wave}</h3>
          <ul className="honk-rollouts">
            {some.map(row => (
              <li key={row.rollout_id}>
                <Go to={{ screen: 'rollout', id: row.rollout_id }} className={`honk-rollout honk-tone-${rolloutState(row.state).tone}`}>
                  <span className="honk-rollout-name">
                    <strong>{row.service}</strong>
                    <span className="honk-dim">
                      {row.rollout_strategy ?? ''} {row.group ? `· ${row.group}` : ''}
                    </span>
                  </span>
                  <StateBadge state={row.state} shown={rolloutState} />
                  <span className="honk-two">{row.why}</span>
                  <Since ms={row.since_ms} />
                </Go>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {data.next !== null && <p className="honk-dim">These are the newest {LIMIT}.</p>}
    </div>
  );
}

export function RolloutScreen({ id }: { id: string }) {
  const { data: rollout, error, reload } = useLoad(
    `rollout ${id}`,
    (client, signal) => client.get('/rollouts/{id}', { path: { id }, signal }),
    (event, known) => event.plan === known?.plan,
  );
  /* A check that learned nothing new is no event, and is a value to see all the same. */
  useEvery(CHECKS_MS, reload, rollout !== undefined && rolloutState(rollout.state).tone === 'moves');
  if (!rollout) return <div className="honk-screen">{error ? <Failure error={error} onRetry={reload} what={`The rollout '${id}'`} /> : <Skeleton rows={8} label="loading the rollout" />}</div>;
  const progress = rollout.progress as RolloutProgress;
  return (
    <div className="honk-screen">
      <header className="honk-headline">
        <div className="honk-crumbs">
          <Go to={{ screen: 'rollouts' }}>Rollouts</Go>
          {rollout.migration && (
            <>
              <span aria-hidden="true">/</span>
              <Go to={{ screen: 'migration', id: rollout.plan, tab: 'rollouts' }}>{shortRef(rollout.migration)}</Go>
            </>
          )}
        </div>
        <div className="honk-headline-row">
          <div>
            <h1>{rollout.service}</h1>
            <p className="honk-dim">
              {[rollout.rollout_strategy, rollout.target && `on ${rollout.target}`, rollout.group && `group ${rollout.group}`, rollout.wave && `wave ${rollout.wave}`].filter(Boolean).join(' · ')}
            </p>
          </div>
          <RolloutActions rollout={rollout} onDone={reload} />
        </div>
        <div className="honk-status" aria-live="polite">
          <StateBadge state={rollout.state} shown={rolloutState} />
          <span>{rollout.why}</span>
          <Since ms={rollout.since_ms} />
          {rollout.next && (
            <p className="honk-next">
              {rollout.next.text}
              {rollout.next.who && <span className="honk-dim"> ({rollout.next.who.split(' or ').map(person).join(' or ')})</span>}
            </p>
          )}
        </div>
      </header>
      <Instances rollout={rollout} progress={progress} />
      <Checks progress={progress} />
      <Moves moves={rollout.events as unknown as RolloutMove[]} />
    </div>
  );
}

function RolloutActions({ rollout, onDone }: { rollout: Rollout; onDone: () => void }) {
  const { client } = useHonk();
  const path = { id: rollout.rollout_id };
  const body = (reason: string) => ({ path, body: reason ? { reason } : {}, idempotencyKey: newKey() });
  return (
    <Actions
      allowed={rollout.allowed_actions}
      onDone={onDone}
      actions={[
        { key: 'promote', label: 'Promote', tone: 'primary', reason: 'optional', title: `Let ${rollout.service} go on`, ask: <p>It goes on to its next step, without waiting for its checks.</p>, say: reason => client.post('/rollouts/{id}/promote', body(reason)) },
        {
          key: 'promote_full',
          label: 'Promote fully',
          reason: 'needed',
          title: `Send ${rollout.service} to all instances at once`,
          ask: <p>Past every step, check and gate that is left. What it ran before stays the way back.</p>,
          say: reason => client.post('/rollouts/{id}/promote', { path, body: { full: true, reason }, idempotencyKey: newKey() }),
        },
        { key: 'retry', label: 'Try again', tone: 'primary', reason: 'optional', title: `Try ${rollout.service} again`, say: reason => client.post('/rollouts/{id}/retry', body(reason)) },
        { key: 'resume', label: 'Resume', tone: 'primary', reason: 'optional', title: `Resume ${rollout.service}`, say: reason => client.post('/rollouts/{id}/resume', body(reason)) },
        { key: 'pause', label: 'Pause', reason: 'needed', title: `Pause ${rollout.service}`, ask: <p>Nothing is started, moved or stopped; deadlines stand still.</p>, say: reason => client.post('/rollouts/{id}/pause', body(reason)) },
        {
          key: 'rollback',
          label: 'Rollback',
          tone: 'danger',
          always: true,
          reason: 'needed',
          title: `Give ${rollout.service} back what it ran`,
          ask: <p>Traffic goes back first, then the old instances and the old template. The migration halts, and waits for a person.</p>,
          say: reason => client.post('/rollouts/{id}/rollback', body(reason)),
        },
      ]}
    />
  );
}

/** Old and new side by side, each a square: how many serve, and which are proven. */
function Instances({ rollout, progress }: { rollout: Rollout; progress: RolloutProgress }) {
  const now = useNow();
  const isBack = ['rolled_back', 'aborting', 'degraded'].includes(rollout.state);
  const isDone = rollout.state === 'healthy';
  /* On the way back those that are ready are the old ones. */
  const ready = isBack ? [] : Object.entries(progress.ready_since ?? {}).filter(([instance]) => !progress.old_ids?.includes(instance));
  const from = rollout.revision.from;
  const to = rollout.revision.to;
  const wanted = progress.wanted ?? 0;
  const old = isDone ? 0 : (progress.old_count ?? 0);
  return (
    <Card title="Instances by revision" aside={wanted > 0 ? `${ready.length} of ${wanted} run the new one` : undefined}>
      <div className="honk-revisions">
        <div>
          <h3>
            Before <code>{progress.from ?? from?.code?.slice(0, 12) ?? '–'}</code>
          </h3>
          <div className="honk-squares" role="img" aria-label={plural(old, 'old instance')}>
            {Array.from({ length: old }, (_, i) => (
              <i key={i} className={isBack ? 'honk-tone-good' : 'honk-tone-over'} />
            ))}
            {old === 0 && <span className="honk-dim">{isDone ? 'gone' : 'none'}</span>}
          </div>
          <Datasets datasets={from?.datasets} />
        </div>
        <span className="honk-arrow" aria-hidden="true">
          {isBack ? '←' : '→'}
        </span>
        <div>
          <h3>
            After <code>{progress.to ?? (to?.code === 'change' ? 'the changed code' : (to?.code?.slice(0, 12) ?? '–'))}</code>
          </h3>
          <ul className="honk-squares" aria-label="new instances">
            {ready.map(([instance, since]) => (
              <li key={instance} className={progress.proven?.[instance] ? 'honk-tone-good' : 'honk-tone-moves'} title={`${instance}, ready since ${clock(since)}${progress.proven?.[instance] ? ', proven' : ''}`}>
                <i />
                <span className="honk-hidden">{instance}</span>
              </li>
            ))}
            {!isBack &&
              Array.from({ length: Math.max(0, wanted - ready.length) }, (_, i) => (
                <li key={`open ${i}`} className="honk-square-open">
                  <i />
                </li>
              ))}
            {isBack && <li className="honk-dim">taken away</li>}
          </ul>
          <Datasets datasets={to?.datasets} />
        </div>
      </div>
      {wanted > 0 && <Meter done={ready.length} total={wanted} label="instances with the new revision" tone={isBack ? 'back' : isDone ? 'good' : 'moves'} />}
      <Facts
        rows={[
          rollout.max_instances !== undefined && ['At a time', plural(rollout.max_instances, 'instance')],
          progress.bake_until_ms !== undefined && progress.bake_until_ms > now && ['Must hold for', duration(progress.bake_until_ms - now)],
          progress.deadline_ms !== undefined && progress.deadline_ms > now && rollout.ended_at_ms === undefined && ['Something must happen within', duration(progress.deadline_ms - now)],
          progress.duration_ms !== undefined && ['Took', duration(progress.duration_ms)],
          progress.failed_ms ? (['From the first failed check until it was safe', progress.safe_ms ? duration(progress.safe_ms - progress.failed_ms) : 'not safe yet'] as const) : null,
        ]}
      />
    </Card>
  );
}

function Datasets({ datasets }: { datasets: Record<string, string> | undefined }) {
  return (
    <>
      {Object.entries(datasets ?? {}).map(([variable, dataset]) => (
        <p key={variable} className="honk-dim">
          <code>{variable}</code> {dataset}
        </p>
      ))}
    </>
  );
}

const checkMark = (verdict: string) => (verdict === 'pass' ? ('pass' as const) : verdict === 'fail' ? ('fail' as const) : ('unclear' as const));

/** What the new instances answered: a mark for each check, and over the same time how many passed and how long the slowest took. */
function Checks({ progress }: { progress: RolloutProgress }) {
  const checks = progress.checks ?? [];
  if (progress.verdict === undefined || checks.length === 0) return null;
  const tone = progress.verdict === 'pass' ? 'good' : progress.verdict === 'fail' ? 'bad' : 'over';
  const last = checks.at(-1)!;
  const times = checks.map(check => check.at_ms);
  const bad = checks.filter(check => check.verdict === 'fail').length;
  return (
    <Card title="Checks" aside={`the newest ${checks.length}`} tone={tone}>
      <div className="honk-checks">
        <span className={`honk-verdict honk-tone-${tone}`}>{progress.verdict}</span>
        <span>{plural(progress.fails ?? 0, 'failed check')} in this step</span>
        <span>{progress.unclear ?? 0} without a clear answer</span>
        <Marks
          marks={checks.map(check => ({ kind: checkMark(check.verdict), title: `${clock(check.at_ms)} ${check.verdict}: ${check.passed} of ${check.asked} passed` }))}
          label={`${bad} of ${checks.length} checks failed`}
        />
      </div>
      <div className="honk-checks">
        <figure className="honk-figure">
          <figcaption>
            Passed <strong>{last.passed}</strong> of {last.asked}
          </figcaption>
          <Plot values={checks.map(check => check.passed)} times={times} most={Math.max(...checks.map(check => check.asked))} label="new instances that passed" width={220} height={44} />
        </figure>
        <figure className="honk-figure">
          <figcaption>
            Slowest answer <strong>{duration(last.slowest_ms)}</strong>
          </figcaption>
          <Plot values={checks.map(check => check.slowest_ms)} times={times} label="slowest answer in milliseconds" width={220} height={44} />
        </figure>
      </div>
    </Card>
  );
}

function Moves({ moves }: { moves: readonly RolloutMove[] }) {
  if (moves.length === 0) return <Empty title="It has not begun">Its moves are told here, with why.</Empty>;
  return (
    <Card title="What it did, and why" aside={plural(moves.length, 'move')}>
      <ol className="honk-moves">
        {[...moves].reverse().map((move, i) => (
          <li key={i} className={`honk-tone-${rolloutState(move.to).tone}`}>
            <time className="honk-dim">{clock(move.at_ms)}</time>
            <StateBadge state={move.to} shown={rolloutState} />
            <span>
              {move.why}
              {move.actor && <span className="honk-dim"> · {person(move.actor)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
