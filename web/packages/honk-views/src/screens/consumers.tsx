import type { Migration, MigrationRow, PlanAnswer, PlanChange, Task } from 'honk-client';
import { useMemo, useState } from 'react';
import { useLoad, type Loaded } from '../data';
import { count, plural, shortRef } from '../format';
import { Card, Chips, Empty, Failure, Go, Meter, Search, Skeleton, StateBadge } from '../parts/basics';
import { Plot } from '../parts/plot';
import { isMoving } from '../states';

const PLANS_READ_MAX = 40; /* whole plans are large; the newest open ones matter */

interface Line {
  consumer: string;
  owner: string;
  access: string[];
  migration: MigrationRow | Migration;
  change?: PlanChange;
  task?: Task;
}

/** done: nothing is left. person: somebody has to do something. open: Honk does it when its turn comes. */
type Left = 'done' | 'person' | 'open';

function leftOf(line: Line): Left {
  const { change, task, migration } = line;
  const isPersons = change !== undefined && (change.problem !== undefined || change.counts.needs_person + change.counts.unparsable > 0);
  if (task?.status === 'failed') return 'person';
  if (isPersons) return 'person';
  if (change === undefined || change.counts.rewritten === 0) return 'done';
  if (task?.status === 'done' && task.phase === 'forward') return 'done';
  return ['succeeded', 'closed', 'soaking', 'retiring'].includes(migration.state) ? 'done' : 'open';
}

export function linesOf(migration: MigrationRow | Migration, plan: PlanAnswer, tasks: readonly Task[]): Line[] {
  const changes = new Map((plan.plan.changes ?? []).map(change => [change.consumer, change]));
  const byKey = new Map(tasks.filter(task => task.key !== '').map(task => [task.key, task]));
  const lines = new Map<string, Line>();
  const put = (consumer: string, owner: string, access?: string) => {
    const change = changes.get(consumer);
    const line = lines.get(consumer) ?? { consumer, owner, access: [], migration, change, task: change && byKey.get(change.repository) };
    if (access) line.access.push(access);
    lines.set(consumer, line);
  };
  for (const one of plan.plan.consumers) put(one.ref, one.owner, one.access);
  for (const change of changes.values()) if (!lines.has(change.consumer)) put(change.consumer, change.owner);
  return [...lines.values()];
}

/** Of one migration. */
export function MigrationConsumers({ migration, plan }: { migration: Migration; plan: Loaded<PlanAnswer | undefined> }) {
  const step = migration.steps.find(one => one.action === 'rewrite');
  const tasks = useLoad(
    `rewrites ${migration.id} ${step?.name ?? ''}`,
    async (client, signal) => (step ? (await client.get('/migrations/{id}/tasks', { path: { id: migration.id }, query: { step: step.name, limit: 1000 }, signal })).items : []),
    event => event.plan === migration.id && event.step === step?.name,
  );
  const lines = useMemo(() => (plan.data ? linesOf(migration, plan.data, tasks.data ?? []) : undefined), [migration, plan.data, tasks.data]);
  if (lines === undefined) return plan.error ? <Failure error={plan.error} onRetry={plan.reload} what="Its consumers" /> : migration.digest ? <Skeleton rows={6} label="loading consumers" /> : <Empty title="Not known yet">Planning looks for all who read or write the dataset.</Empty>;
  return <ConsumerTable lines={lines} isWhole={false} />;
}

/** Of all migrations that are under way or wait. */
export function ConsumersScreen() {
  const { data, error, loading, reload } = useLoad(
    'consumers of all',
    async (client, signal) => {
      const page = await client.get('/migrations', { query: { state: 'planned,approved,preflight,running,paused,halted,soaking,succeeded,needs_operator', limit: 500 }, signal });
      const seen = new Set<string>();
      const rows = page.items.filter(row => row.digest !== undefined && !seen.has(row.migration) && seen.add(row.migration)).slice(0, PLANS_READ_MAX);
      const all = await Promise.all(
        rows.map(async row => {
          const plan = (await client.get('/migrations/{id}/plan', { path: { id: row.id }, signal })) as unknown as PlanAnswer;
          const step = plan.plan.steps.find(one => one.action === 'rewrite');
          const tasks = step && row.state !== 'planned' ? (await client.get('/migrations/{id}/tasks', { path: { id: row.id }, query: { step: step.name, limit: 1000 }, signal })).items : [];
          return linesOf(row, plan, tasks);
        }),
      );
      return { lines: all.flat(), isAll: rows.length < PLANS_READ_MAX };
    },
    event => event.type === 'plan.state' || (event.type === 'task.status' && event.to === 'done' && event.step === 'rewrite'),
  );
  return (
    <div className="honk-screen">
      <header className="honk-title">
        <h1>Consumers</h1>
        <p className="honk-dim">Who reads and writes what moves, what is left, and whose it is.</p>
      </header>
      {error && <Failure error={error} onRetry={reload} what="The consumers" />}
      {data === undefined && !error && <Skeleton rows={8} label="loading consumers" />}
      {data !== undefined && <ConsumerTable lines={data.lines} isWhole />}
      {data !== undefined && !data.isAll && <p className="honk-dim">Of the newest {PLANS_READ_MAX} migrations.</p>}
      {loading && data !== undefined && <span className="honk-hidden">reading again</span>}
    </div>
  );
}

function ConsumerTable({ lines, isWhole }: { lines: readonly Line[]; isWhole: boolean }) {
  const [left, setLeft] = useState<'all' | Left>('all');
  const [text, setText] = useState('');
  const fits = (line: Line) => text === '' || `${line.consumer} ${line.owner} ${line.migration.migration}`.includes(text.trim().toLowerCase());
  const found = lines.filter(fits);
  const shown = found.filter(line => left === 'all' || leftOf(line) === left);
  const owners = useMemo(() => {
    const byOwner = new Map<string, Line[]>();
    for (const line of shown) byOwner.set(line.owner, [...(byOwner.get(line.owner) ?? []), line]);
    const open = (some: readonly Line[]) => some.filter(line => leftOf(line) !== 'done').length;
    return [...byOwner].sort(([, a], [, b]) => open(b) - open(a));
  }, [shown]);
  if (lines.length === 0) return <Empty title="Nobody reads or writes it">Lineage names no consumer, and no repository names the dataset.</Empty>;
  return (
    <div className="honk-stack">
      <Burndown lines={lines} />
      <div className="honk-bar">
        <Chips
          label="What is left"
          chosen={left}
          onChoose={setLeft}
          chips={[
            { key: 'all', label: 'All', count: found.length },
            { key: 'person', label: 'Needs a person', count: found.filter(line => leftOf(line) === 'person').length, tone: 'waits' },
            { key: 'open', label: 'Open', count: found.filter(line => leftOf(line) === 'open').length, tone: 'moves' },
            { key: 'done', label: 'Done', count: found.filter(line => leftOf(line) === 'done').length, tone: 'good' },
          ]}
        />
        <div className="honk-filters">
          <Search value={text} onValue={setText} label="Find a consumer or owner" />
        </div>
      </div>
      {shown.length === 0 && <Empty title="Nothing fits">Take away a filter.</Empty>}
      {owners.map(([owner, some]) => {
        const done = some.filter(line => leftOf(line) === 'done').length;
        return (
          <Card key={owner} title={shortRef(owner) || 'nobody'} aside={`${done} of ${some.length} done`}>
            <Meter done={done} total={some.length} label={`consumers of ${shortRef(owner)} that are done`} tone={done === some.length ? 'good' : 'moves'} />
            <ul className="honk-consumers">
              {some.map(line => (
                <ConsumerLine key={`${line.migration.id} ${line.consumer}`} line={line} isWhole={isWhole} />
              ))}
            </ul>
          </Card>
        );
      })}
    </div>
  );
}

function ConsumerLine({ line, isWhole }: { line: Line; isWhole: boolean }) {
  const left = leftOf(line);
  const { change, task } = line;
  const reasons = change?.reasons ?? [];
  const branch = (task?.evidence as { branch?: string } | undefined)?.branch;
  const words = { done: 'nothing is left', person: 'needs a person', open: isMoving(line.migration.state) ? 'its turn comes' : 'waits for its migration' };
  return (
    <li className={`honk-consumer honk-tone-${{ done: 'good', person: 'waits', open: 'moves' }[left]}`}>
      <i aria-hidden="true" />
      <div>
        <strong>{shortRef(line.consumer)}</strong>{' '}
        <span className="honk-dim">
          {line.access.join(' and ')}
          {change && ` · ${change.repository}`}
        </span>
        {isWhole && (
          <p className="honk-dim">
            <Go to={{ screen: 'migration', id: line.migration.id, tab: 'consumers' }}>{shortRef(line.migration.migration)}</Go> <StateBadge state={line.migration.state} />
          </p>
        )}
        {reasons.slice(0, 3).map((reason, i) => (
          <p key={i} className="honk-left">
            <code>
              {reason.path}:{reason.line}
            </code>{' '}
            {reason.text}
          </p>
        ))}
        {reasons.length > 3 && <p className="honk-dim">and {reasons.length - 3} more, in the plan</p>}
        {change?.problem && <p className="honk-problem">{change.problem}</p>}
        {task?.error && task.status !== 'done' && <p className="honk-problem">{task.error}</p>}
      </div>
      <span className="honk-consumer-left">
        {words[left]}
        {branch && (
          <code className="honk-dim honk-clip" title={branch}>
            {branch}
          </code>
        )}
      </span>
    </li>
  );
}

/** How many were left, over the time in which they were done. */
function Burndown({ lines }: { lines: readonly Line[] }) {
  const done = lines.filter(line => leftOf(line) === 'done').length;
  const person = lines.filter(line => leftOf(line) === 'person').length;
  const times = lines
    .map(line => (line.task?.status === 'done' ? line.task.ended_at_ms : undefined))
    .filter((at): at is number => at !== undefined)
    .sort((a, b) => a - b);
  const values = [lines.length, ...times.map((_, i) => lines.length - i - 1)];
  return (
    <div className="honk-burndown">
      <ul className="honk-figures">
        <li>
          <strong>
            {count(done)}
            <span className="honk-dim"> / {count(lines.length)}</span>
          </strong>
          <span>consumers are done</span>
        </li>
        <li>
          <strong>{count(person)}</strong>
          <span>{person === 1 ? 'needs' : 'need'} a person</span>
        </li>
        <li>
          <strong>{count(new Set(lines.map(line => line.owner)).size)}</strong>
          <span>owners</span>
        </li>
        {values.length > 2 && (
          <li>
            <Plot values={values} times={[lines.reduce((first, line) => Math.min(first, line.task?.started_at_ms ?? first), times[0]!), ...times]} label="consumers left" width={160} height={40} />
            <span>left, over time, after {plural(times.length, 'change')}</span>
          </li>
        )}
      </ul>
    </div>
  );
}
