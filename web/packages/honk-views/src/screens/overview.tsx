import type { Event, Migration, MigrationRow } from 'honk-client';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useHonk } from '../context';
import { allPages, asError, useLoad } from '../data';
import { count, person, plural, shortRef } from '../format';
import { Chips, Empty, Failure, Go, Meter, Person, Search, Since, Skeleton, StateBadge } from '../parts/basics';
import { VirtualRows } from '../parts/virtual';
import { stepsDone } from '../progress';
import { groups, isMoving, migrationState } from '../states';
import type { HonkError } from 'honk-client';

const ROWS_MAX = 20_000; /* of one page of a browser; more are found by searching on the server */
const PAGE_ROWS = 1000;
const WAITING_SHOWN = 6;
const ROW_HEIGHT = 60;
const LOOKED_AFTER_MAX = 20; /* rows in sight whose progress is asked for */

/** All migrations, told from events: a state that changes does not make ten thousand rows come again. */
function useMigrations() {
  const { client, listen, epoch, who } = useHonk();
  const [rows, setRows] = useState<readonly MigrationRow[]>();
  const [error, setError] = useState<HonkError>();
  const [isWhole, setWhole] = useState(false);
  const [again, setAgain] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    const read = (after?: string) => client.get('/migrations', { query: { limit: after === undefined ? 200 : PAGE_ROWS, after }, signal: abort.signal });
    allPages(read, partly => setRows(old => (old === undefined || partly.length >= old.length ? partly : old)), ROWS_MAX)
      .then(all => {
        setRows(all);
        setWhole(true);
        setError(undefined);
      })
      .catch(cause => {
        if (!abort.signal.aborted) setError(asError(cause));
      });
    return () => abort.abort();
  }, [client, epoch, who.identity, again]);

  useEffect(() => {
    const born = new Set<string>();
    const deaf = listen(events => {
      const moves = events.filter(event => event.type === 'plan.state' && event.plan !== undefined);
      if (moves.length === 0) return;
      setRows(old => old && patched(old, moves));
      for (const event of moves) {
        if (event.from !== undefined || born.has(event.plan!)) continue;
        born.add(event.plan!);
        client
          .get('/migrations/{id}', { path: { id: event.plan! } })
          .then(row => setRows(old => (old && !old.some(known => known.id === row.id) ? [row, ...old] : old)))
          .catch(() => undefined); /* a rollout of its own is a plan, too, and no migration */
      }
    });
    return deaf;
  }, [client, listen]);

  return { rows, error, isWhole, reload: () => setAgain(n => n + 1) };
}

function patched(rows: readonly MigrationRow[], moves: readonly Event[]): readonly MigrationRow[] {
  const last = new Map(moves.map(event => [event.plan, event]));
  return rows.map(row => {
    const event = last.get(row.id);
    if (event?.to === undefined) return row;
    return { ...row, state: event.to as MigrationRow['state'], since_ms: event.at_ms, reason: event.reason, actor: event.actor };
  });
}

/** The newest plan of each migration; the list is newest first. */
function newestPlans(rows: readonly MigrationRow[]): MigrationRow[] {
  const seen = new Set<string>();
  return rows.filter(row => {
    if (seen.has(row.migration)) return false;
    seen.add(row.migration);
    return true;
  });
}

export function Overview() {
  const { rows, error, isWhole, reload } = useMigrations();
  const [group, setGroup] = useState('all');
  const [text, setText] = useState('');
  const [author, setAuthor] = useState('');
  const [order, setOrder] = useState<'since' | 'name'>('since');
  const [isHistory, setHistory] = useState(false);
  const { go } = useHonk();

  const newest = useMemo(() => (isHistory ? [...(rows ?? [])] : newestPlans(rows ?? [])), [rows, isHistory]);
  const authors = useMemo(() => [...new Set(newest.map(row => row.author))].sort(), [newest]);
  const found = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return newest.filter(
      row =>
        (author === '' || row.author === author) &&
        (wanted === '' ||
          row.migration.includes(wanted) ||
          row.id === wanted ||
          (row.source_url ?? '').toLowerCase().includes(wanted) ||
          (row.target_url ?? '').toLowerCase().includes(wanted)),
    );
  }, [newest, text, author]);
  const counts = useMemo(() => {
    const all = new Map<string, number>();
    for (const row of found) all.set(row.state, (all.get(row.state) ?? 0) + 1);
    return (states: readonly string[]) => states.reduce((sum, state) => sum + (all.get(state) ?? 0), 0);
  }, [found]);
  const shown = useMemo(() => {
    const states = groups.find(one => one.key === group)?.states as readonly string[] | undefined;
    const list = states ? found.filter(row => states.includes(row.state)) : found;
    return order === 'name' ? [...list].sort((a, b) => a.migration.localeCompare(b.migration)) : [...list].sort((a, b) => b.since_ms - a.since_ms);
  }, [found, group, order]);
  const isFiltered = text !== '' || author !== '' || group !== 'all';

  return (
    <div className="honk-screen honk-overview">
      <header className="honk-title">
        <h1>Migrations</h1>
        <p className="honk-dim">
          {rows === undefined ? ' ' : `${plural(newest.length, isHistory ? 'plan' : 'migration')}${isWhole ? '' : ', more are coming'}`}
        </p>
      </header>
      <WaitsForMe />
      {error && <Failure error={error} onRetry={reload} what="The list of migrations" />}
      <div className="honk-bar">
        <Chips
          label="States"
          chosen={group}
          onChoose={setGroup}
          chips={[
            { key: 'all', label: 'All', count: rows && found.length },
            ...groups
              .map(one => ({ key: one.key, label: one.label, count: counts(one.states), tone: migrationState(one.states[0]!).tone }))
              .filter(one => one.count > 0 || one.key === group),
          ]}
        />
        <div className="honk-filters">
          <Search value={text} onValue={setText} label="Find a migration" />
          {authors.length > 1 && (
            <label className="honk-select">
              <span className="honk-hidden">Asked for by</span>
              <select value={author} onChange={event => setAuthor(event.target.value)}>
                <option value="">by anybody</option>
                {authors.map(name => (
                  <option key={name} value={name}>
                    by {person(name)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label className="honk-select">
            <span className="honk-hidden">Order</span>
            <select value={order} onChange={event => setOrder(event.target.value as 'since' | 'name')}>
              <option value="since">latest change first</option>
              <option value="name">by name</option>
            </select>
          </label>
          <label className="honk-check">
            <input type="checkbox" checked={isHistory} onChange={event => setHistory(event.target.checked)} /> earlier plans
          </label>
        </div>
      </div>
      {rows === undefined && !error && <Skeleton rows={8} label="loading migrations" />}
      {rows !== undefined && shown.length === 0 && <Nothing isFiltered={isFiltered} />}
      {shown.length > 0 && (
        <MigrationRows rows={shown} onOpen={row => go({ screen: 'migration', id: isHistory ? row.id : shortRef(row.migration).includes('/') ? row.id : shortRef(row.migration) })} />
      )}
    </div>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="Nothing fits">Take away a filter, or search for less.</Empty>
  ) : (
    <Empty title="No migration was planned yet">
      Register one with <code>honk apply -f FILE</code>, then <code>honk plan NAME</code>: its plan appears here by itself.
    </Empty>
  );
}

function WaitsForMe() {
  const { who } = useHonk();
  const { data } = useLoad(
    `mine ${who.identity}`,
    (client, signal) => client.get('/migrations', { query: { mine: '1', apart: '1', limit: 200 }, signal }),
    event => event.type.startsWith('plan.'),
  );
  const campaigns = useLoad(
    `campaigns that wait ${who.identity}`,
    (client, signal) => client.get('/campaigns', { query: { limit: 100 }, signal }),
    event => event.type.startsWith('campaign.'),
  );
  const may = (role: string) => (who.roles as readonly string[]).includes(role);
  const waiting = (campaigns.data?.items ?? []).filter(
    one => (one.state === 'review' && may('approver')) || (['paused', 'halted', 'needs_operator'].includes(one.state) && may('operator')),
  );
  const mine = data?.items ?? [];
  if (data === undefined) return null;
  if (mine.length + waiting.length === 0)
    return (
      <p className="honk-calm" role="status">
        <span aria-hidden="true">✓</span> Nothing waits for you.
      </p>
    );
  return (
    <section className="honk-mine" aria-labelledby="honk-mine">
      <h2 id="honk-mine">
        Waits for you <span className="honk-count honk-tone-waits">{mine.length + waiting.length}</span>
      </h2>
      <ul>
        {waiting.slice(0, WAITING_SHOWN).map(one => (
          <li key={one.id}>
            <Go to={{ screen: 'campaign', id: one.id }} className={`honk-todo honk-tone-${migrationState(one.state).tone}`}>
              <strong>{one.name}</strong>
              <StateBadge state={one.state} />
              <span className="honk-dim">campaign of {shortRef(one.owner)}</span>
            </Go>
          </li>
        ))}
        {mine.slice(0, WAITING_SHOWN).map(row => (
          <li key={row.id}>
            <Go to={{ screen: 'migration', id: row.id }} className={`honk-todo honk-tone-${migrationState(row.state).tone}`}>
              <strong>{shortRef(row.migration)}</strong>
              <StateBadge state={row.state} />
              <span className="honk-dim">
                {row.state === 'planned' ? `asked for by ${person(row.author)}` : row.reason} · <Since ms={row.since_ms} />
              </span>
            </Go>
          </li>
        ))}
        {mine.length > WAITING_SHOWN && <li className="honk-dim">and {count(mine.length - WAITING_SHOWN)} more</li>}
      </ul>
    </section>
  );
}

/** How far the moving ones in sight are: asked for one by one, and only when something was heard of them. */
function useMoving(rows: readonly MigrationRow[]): ReadonlyMap<string, Migration> {
  const { client, listen } = useHonk();
  const [known, setKnown] = useState<ReadonlyMap<string, Migration>>(new Map());
  const wanted = useRef<string[]>([]);
  wanted.current = rows.filter(row => isMoving(row.state) && row.state !== 'draft').slice(0, LOOKED_AFTER_MAX).map(row => row.id);
  const key = wanted.current.join();
  useEffect(() => {
    const abort = new AbortController();
    const dirty = new Set(wanted.current);
    const read = () => {
      const ids = wanted.current.filter(id => dirty.delete(id));
      void Promise.all(ids.map(id => client.get('/migrations/{id}', { path: { id }, signal: abort.signal }).catch(() => undefined))).then(all => {
        if (!abort.signal.aborted && ids.length > 0) setKnown(old => new Map([...old, ...all.filter(one => one !== undefined).map(one => [one.id, one] as const)]));
      });
    };
    read();
    const timer = setInterval(read, 1000);
    const deaf = listen(events => {
      for (const event of events) if (event.plan && event.type.startsWith('task.')) dirty.add(event.plan);
    });
    return () => {
      deaf();
      clearInterval(timer);
      abort.abort();
    };
  }, [client, listen, key]);
  return known;
}

function MigrationRows({ rows, onOpen }: { rows: readonly MigrationRow[]; onOpen: (row: MigrationRow) => void }) {
  const moving = useMoving(rows);
  return (
    <VirtualRows
      rows={rows}
      rowHeight={ROW_HEIGHT}
      rowKey={row => row.id}
      label="migrations"
      onOpen={onOpen}
      className="honk-table"
      head={
        <div className="honk-row-head" aria-hidden="true">
          <span>Migration</span>
          <span>State</span>
          <span>Why</span>
          <span>By</span>
          <span>Since</span>
        </div>
      }
      render={row => <MigrationLine row={row} detail={moving.get(row.id)} />}
    />
  );
}

function MigrationLine({ row, detail }: { row: MigrationRow; detail?: Migration }) {
  const steps = detail && isMoving(row.state) ? stepsDone(detail) : undefined;
  return (
    <div className="honk-line-grid">
      <div className="honk-what">
        <Go to={{ screen: 'migration', id: row.id }}>{shortRef(row.migration)}</Go>
        <span className="honk-dim honk-clip" title={`${row.source_url ?? ''} → ${row.target_url ?? ''}`}>
          {row.source_url ? `${row.source_url} → ${row.target_url ?? '?'}` : row.id}
        </span>
      </div>
      <div>
        <StateBadge state={row.state} />
      </div>
      <div className="honk-reason" title={row.reason}>
        {steps ? (
          <>
            <span className="honk-clip">{steps.text}</span>
            <Meter done={steps.done} total={steps.total} label={`progress of ${shortRef(row.migration)}`} tone={row.state === 'rolling_back' ? 'back' : 'moves'} />
          </>
        ) : (
          <span className="honk-two">{row.reason}</span>
        )}
      </div>
      <div className="honk-by">
        <Person identity={row.author} />
      </div>
      <div className="honk-dim">
        <Since ms={row.since_ms} />
      </div>
    </div>
  );
}
