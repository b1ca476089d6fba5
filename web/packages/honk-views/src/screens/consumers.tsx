import type { ConsumerLine, ConsumersSummary, Event, HonkClient, Migration } from 'honk-client';
import { useDeferredValue, useMemo, useState } from 'react';
import { allPages, useLoad } from '../data';
import { count, plural, shortRef } from '../format';
import { Badge, Card, Chips, Empty, Failure, Go, Meter, Search, Since, Skeleton, StateBadge } from '../parts/basics';
import { CodingWork, type CodingDone } from '../parts/coding';
import { Plot } from '../parts/plot';
import { SafeLink } from '../parts/link';
import type { Tone } from '../states';
import { Numbers } from './numbers';
import { PaceCard } from './pace';

const PAGE = 100;
const OPEN_AT_ONCE_MAX = 200; /* consumers; of more than that an owner's are read when somebody looks */
export const CALM_MS = 3000; /* counting all of them is work for the server */

type Stand = ConsumerLine['stand'];
const stands: readonly { key: Stand; label: string; words: string; tone: Tone }[] = [
  { key: 'person', label: 'Needs a person', words: 'needs a person', tone: 'waits' },
  { key: 'open', label: 'Open', words: 'Honk does it', tone: 'moves' },
  { key: 'done', label: 'Done', words: 'nothing is left', tone: 'good' },
  { key: 'over', label: 'Over', words: 'is over', tone: 'over' },
];
const shownAs = (stand: Stand) => stands.find(one => one.key === stand)!;

/** What changes how consumers stand. */
export const concerns = (event: Event, migration?: string) =>
  (migration === undefined || event.plan === migration) && (event.type === 'plan.state' || (event.type.startsWith('task.') && (event.step === 'rewrite' || event.step === 'propose')));

/** Of one plan, all that it has. */
export function useConsumerLines(migration: Migration | undefined) {
  return useLoad<ConsumerLine[]>(
    `consumer lines ${migration?.id ?? ''} ${migration?.digest ?? ''}`,
    async (client, signal) => (migration?.digest ? (await client.get('/consumers', { query: { migration: migration.id, limit: 1000 }, signal })).items : []),
    event => concerns(event, migration?.id ?? ''),
  );
}

/** Of one migration. */
export function MigrationConsumers({ migration }: { migration: Migration }) {
  if (migration.digest === undefined) return <Empty title="Not known yet">Planning looks for all who read or write the dataset.</Empty>;
  return (
    <div className="honk-stack">
      <PaceCard migration={migration} />
      <Consumers migration={migration.id} />
    </div>
  );
}

/** Of all migrations that are not over. */
export function ConsumersScreen() {
  return (
    <div className="honk-screen">
      <header className="honk-title">
        <h1>Consumers</h1>
        <p className="honk-dim">Who reads and writes what moves, what is left, and whose it is.</p>
      </header>
      <Consumers />
    </div>
  );
}

function Consumers({ migration }: { migration?: string }) {
  const [stand, setStand] = useState<'all' | Stand>('all');
  const [text, setText] = useState('');
  const q = useDeferredValue(text.trim());
  const { data, error, reload } = useLoad(
    `consumers ${migration ?? ''} ${q}`,
    (client, signal) => client.get('/consumers/summary', { query: { migration, q }, signal }),
    event => concerns(event, migration),
    migration ? undefined : CALM_MS,
  );
  const total = data ? totalOf(data) : 0;
  const owners = useMemo(() => (data?.owners ?? []).filter(owner => stand === 'all' || owner[stand] > 0), [data, stand]);
  if (data && total === 0 && q === '') return <Empty title={migration ? 'Nobody reads or writes it' : 'Nothing moves'}>{migration ? 'Lineage names no consumer, and no repository names the dataset.' : 'As soon as there is a plan, whoever reads or writes its dataset is listed here.'}</Empty>;
  return (
    <div className="honk-stack">
      {error && <Failure error={error} onRetry={reload} what="The consumers" />}
      {data && <Burndown summary={data} />}
      {data && total > 0 && <Numbers migration={migration} q={q} />}
      <div className="honk-bar">
        <Chips
          label="What is left"
          chosen={stand}
          onChoose={setStand}
          chips={[{ key: 'all', label: 'All', count: data && total }, ...stands.filter(one => one.key !== 'over' || (data?.over ?? 0) > 0).map(({ key, label, tone }) => ({ key, label, tone, count: data?.[key] }))]}
        />
        <div className="honk-filters">
          <Search value={text} onValue={setText} label="Find a consumer or migration" />
        </div>
      </div>
      {data === undefined && !error && <Skeleton rows={8} label="loading consumers" />}
      {data && owners.length === 0 && <Empty title="Nothing fits">Take away a filter.</Empty>}
      {owners.map((owner, i) => (
        <Owner key={owner.owner} owner={owner} stand={stand} q={q} migration={migration} isOpenAtFirst={i === 0 || total <= OPEN_AT_ONCE_MAX} />
      ))}
    </div>
  );
}

type Counts = Pick<ConsumersSummary, Stand>;
const totalOf = (counts: Counts): number => counts.done + counts.person + counts.open + counts.over;

function Owner({ owner, stand, q, migration, isOpenAtFirst }: { owner: ConsumersSummary['owners'][number]; stand: 'all' | Stand; q: string; migration?: string; isOpenAtFirst: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const total = totalOf(owner);
  const name = shortRef(owner.owner) || 'nobody';
  const left = stands.filter(one => one.key !== 'done' && owner[one.key] > 0).map(one => `${count(owner[one.key])} ${one.key === 'person' ? 'for a person' : one.label.toLowerCase()}`);
  return (
    <Card
      title={
        <button type="button" className="honk-owner" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span className="honk-caret" aria-hidden="true" />
          {name}
        </button>
      }
      aside={[`${count(owner.done)} of ${count(total)} done`, ...left].join(', ')}
    >
      <Meter done={owner.done} total={total} label={`consumers of ${name} that are done`} tone={owner.done === total ? 'good' : 'moves'} />
      {isOpen && <Lines owner={owner.owner} stand={stand} q={q} migration={migration} />}
    </Card>
  );
}

async function readLines(client: HonkClient, query: { owner: string; stand?: string; q: string; migration?: string }, most: number, signal: AbortSignal) {
  let isAll = true;
  const rows = await allPages<ConsumerLine>(
    async after => {
      const page = await client.get('/consumers', { query: { ...query, limit: PAGE, after }, signal });
      isAll = page.next === null;
      return page;
    },
    () => undefined,
    most,
  );
  return { rows, isAll };
}

function Lines({ owner, stand, q, migration }: { owner: string; stand: 'all' | Stand; q: string; migration?: string }) {
  const [most, setMost] = useState(PAGE);
  const { data, error, reload } = useLoad(
    `consumers of ${owner} ${stand} ${q} ${migration ?? ''}`,
    (client, signal) => readLines(client, { owner, stand: stand === 'all' ? undefined : stand, q, migration }, most, signal),
    event => concerns(event, migration),
    migration ? undefined : CALM_MS,
  );
  if (error && !data) return <Failure error={error} onRetry={reload} what="The consumers of this owner" />;
  if (!data) return <Skeleton rows={3} label="loading consumers" />;
  return (
    <>
      <ul className="honk-consumers">
        {data.rows.map(line => (
          <Line key={`${line.plan} ${line.consumer} ${line.key ?? ''}`} line={line} isWhole={migration === undefined} />
        ))}
      </ul>
      {!data.isAll && (
        <button
          type="button"
          className="honk-link"
          onClick={() => {
            setMost(most + PAGE);
            setTimeout(reload); /* with the new limit */
          }}
        >
          more
        </button>
      )}
    </>
  );
}

function Line({ line, isWhole }: { line: ConsumerLine; isWhole: boolean }) {
  const { tone, words } = shownAs(line.stand);
  const reasons = line.reasons ?? [];
  const more = (line.left ?? 0) - reasons.length;
  return (
    <li className={`honk-consumer honk-tone-${tone}`}>
      <i aria-hidden="true" />
      <div>
        <strong>{shortRef(line.consumer)}</strong>{' '}
        <span className="honk-dim">
          {line.access.join(' and ')}
          {line.repository && ` · ${line.key ?? line.repository}`}
        </span>
        {isWhole && (
          <p className="honk-dim">
            <Go to={{ screen: 'migration', id: line.plan, tab: 'consumers' }}>{shortRef(line.migration)}</Go> <StateBadge state={line.state} />
          </p>
        )}
        <p className={line.stand === 'person' ? 'honk-problem honk-lines' : 'honk-dim honk-lines'}>{line.why}</p>
        {reasons.map((reason, i) => (
          <p key={i} className="honk-left">
            <code>
              {reason.path}:{reason.line}
            </code>{' '}
            {reason.text}
          </p>
        ))}
        {reasons.length > 0 && more > 0 && <p className="honk-dim">and {plural(more, 'more place')}, in the plan</p>}
        {line.pull && <Pull pull={line.pull} />}
        {line.coding && <CodingWork coding={line.coding as CodingDone} />}
      </div>
      <span className="honk-consumer-left">
        {words}
        <Since ms={line.since_ms} />
        {line.branch && (
          <code className="honk-dim honk-clip" title={line.branch}>
            {line.branch}
          </code>
        )}
      </span>
    </li>
  );
}

const pulls: Record<string, { tone: Tone; label: string }> = {
  open: { tone: 'waits', label: 'Open' },
  merged: { tone: 'good', label: 'Merged' },
  closed: { tone: 'bad', label: 'Closed' },
};

/** A pull request: where it is, and how it stands there. */
export function Pull({ pull }: { pull: NonNullable<ConsumerLine['pull']> }) {
  const state = pulls[pull.state ?? ''] ?? { tone: 'over' as Tone, label: pull.state ?? 'not there' };
  return (
    <p className="honk-pull">
      <Badge tone={state.tone}>{state.label}</Badge> pull request {pull.number !== undefined && `#${pull.number}`} {pull.url && <SafeLink href={pull.url}>{pull.url}</SafeLink>}
      {pull.checks && pull.checks !== 'none' && <span className="honk-dim"> checks: {pull.checks}</span>}
    </p>
  );
}

/** How many were left, over the time in which they were done. */
function Burndown({ summary }: { summary: ConsumersSummary }) {
  const { burndown: points } = summary;
  const times = points.map(point => point.at_ms);
  return (
    <div className="honk-burndown">
      <ul className="honk-figures">
        <li>
          <strong>
            {count(summary.done)}
            <span className="honk-dim"> / {count(totalOf(summary))}</span>
          </strong>
          <span>consumers are done</span>
        </li>
        <li>
          <strong>{count(summary.person)}</strong>
          <span>{summary.person === 1 ? 'needs' : 'need'} a person</span>
        </li>
        <li>
          <strong>{count(summary.owners.length)}</strong>
          <span>{summary.owners.length === 1 ? 'owner' : 'owners'}</span>
        </li>
        {points.length > 1 && (
          <li>
            <Plot values={points.map(point => point.left)} times={times} label="consumers left" width={160} height={40} />
            <span>not changed yet, over time</span>
          </li>
        )}
      </ul>
    </div>
  );
}
