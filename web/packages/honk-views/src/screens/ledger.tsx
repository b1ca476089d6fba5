import type { Event } from 'honk-client';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useHonk } from '../context';
import { asError } from '../data';
import { clock, moment, person, plural } from '../format';
import { Card, Chips, Empty, Failure, Go, Search, Skeleton } from '../parts/basics';
import { VirtualRows } from '../parts/virtual';
import { save } from '../save';
import { migrationState, rolloutState, taskState } from '../states';
import type { HonkError } from 'honk-client';

const EVENTS_KEPT = 20_000; /* of one page of a browser; the rest is read with honk logs */
const PAGE = 1000;
const ROW_HEIGHT = 34;

/** Local workers speak through the socket, too, and are `local` then, as whoever may open it is. */
export function isByPerson({ actor, type }: Event): boolean {
  return actor !== undefined && /^(user|uid|local)/.test(actor) && !(actor === 'local' && type.startsWith('task.') && type !== 'task.signal');
}

type Kind = 'all' | 'people' | 'plan' | 'task' | 'rollout' | 'access';
const kinds: readonly { key: Kind; label: string; fits: (event: Event) => boolean }[] = [
  { key: 'all', label: 'Everything', fits: () => true },
  { key: 'people', label: 'People', fits: isByPerson },
  { key: 'plan', label: 'Migrations', fits: event => event.type.startsWith('plan.') || event.type.startsWith('campaign.') },
  { key: 'task', label: 'Work', fits: event => event.type.startsWith('task.') && event.type !== 'task.progress' },
  { key: 'access', label: 'Access', fits: event => event.type.startsWith('access.') },
];

/** The last events, and all that come; older ones on demand. */
function useLedger(migration: string | undefined) {
  const { client, listen, epoch, who } = useHonk();
  const [events, setEvents] = useState<readonly Event[]>();
  const [error, setError] = useState<HonkError>();
  const [isBusy, setBusy] = useState(false);
  const [again, setAgain] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    setEvents(undefined);
    const query = { last: migration ? PAGE : 300, limit: PAGE };
    const read = migration
      ? client.get('/migrations/{id}/events', { path: { id: migration }, query, signal: abort.signal })
      : client.get('/events', { query, signal: abort.signal });
    read
      .then(page => {
        setEvents(page.items);
        setError(undefined);
      })
      .catch(cause => {
        if (!abort.signal.aborted) setError(asError(cause));
      });
    return () => abort.abort();
  }, [client, migration, epoch, who.identity, again]);

  useEffect(
    () =>
      listen(news => {
        const own = migration ? news.filter(event => event.plan === migration) : news;
        if (own.length === 0) return;
        setEvents(old => {
          if (old === undefined) return old;
          const last = old.at(-1)?.seq ?? 0;
          return [...old, ...own.filter(event => event.seq > last)].slice(-EVENTS_KEPT);
        });
      }),
    [listen, migration],
  );

  const first = events?.[0]?.seq ?? 0;
  const hasOlder = migration === undefined && first > 1;
  const older = async () => {
    setBusy(true);
    try {
      const page = await client.get('/events', { query: { after: Math.max(0, first - PAGE - 1), limit: PAGE } });
      setEvents(old => [...page.items.filter(event => event.seq < first), ...(old ?? [])]);
      setError(undefined);
    } catch (cause) {
      setError(asError(cause));
    }
    setBusy(false);
  };
  return { events, error, reload: () => setAgain(n => n + 1), hasOlder, older, isBusy };
}

/** Types whose reason alone does not say what happened. */
const happenings: Record<string, string> = {
  'server.started': 'the server started',
  'server.stopped': 'the server stopped',
  'worker.joined': 'a worker joined',
  'worker.lost': 'a worker was lost',
  'access.denied': 'refused',
  'access.acted': 'acted under another name',
  'limit.changed': 'a limit was changed',
  'entity.applied': 'registered',
  'entity.removed': 'removed',
  'task.evidence': 'said what it saw',
};

export function eventText(event: Event): string {
  const label = event.type === 'plan.state' || event.type === 'campaign.state' ? migrationState : event.type === 'task.status' ? taskState : rolloutState;
  const data = (event.data ?? {}) as Record<string, unknown>;
  if (event.type === 'task.progress' && typeof data.done === 'number')
    return `${data.done.toLocaleString('en-US')} of ${Number(data.total ?? 0).toLocaleString('en-US')} ${String(data.unit ?? '')} ${data.note ? `· ${String(data.note)}` : ''}`;
  const move = event.to ? (event.from ? `${label(event.from).label} → ${label(event.to).label}` : label(event.to).label) : '';
  const what = data.ref ?? data.resource ?? data.signal;
  return [happenings[event.type] ?? '', move, what !== undefined ? String(what) : '', event.reason ?? ''].filter(part => part !== '').join(' · ');
}

function toneOf(event: Event): string {
  if (event.type === 'plan.state' || event.type === 'campaign.state') return migrationState(event.to ?? '').tone;
  if (event.type === 'task.status') return taskState(event.to ?? '').tone;
  if (event.type === 'access.denied' || event.type === 'worker.lost') return 'bad';
  return 'over';
}

export function Ledger({ migration, title = 'Ledger' }: { migration?: string; title?: string }) {
  const { events, error, reload, hasOlder, older, isBusy } = useLedger(migration);
  const [kind, setKind] = useState<Kind>('all');
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<number>();
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const fits = kinds.find(one => one.key === kind)!.fits;
    return (events ?? []).filter(event => fits(event) && (wanted === '' || wordsOf(event).includes(wanted)));
  }, [events, kind, text]);
  const open = shown.find(event => event.seq === chosen);
  const body = (
    <>
      <div className="honk-bar">
        <Chips label="What about" chips={kinds.map(({ key, label }) => ({ key, label }))} chosen={kind} onChoose={setKind} />
        <div className="honk-filters">
          <Search value={text} onValue={setText} label="Find in the ledger" />
          <Export events={shown} />
        </div>
      </div>
      {error && <Failure error={error} onRetry={events === undefined ? reload : () => void older()} what={events === undefined ? 'The ledger' : 'More of the ledger'} />}
      {events === undefined && !error && <Skeleton rows={8} label="loading the ledger" />}
      {events !== undefined && shown.length === 0 && <Empty title="No event fits">{events.length === 0 ? 'Nothing has happened yet.' : 'Take away a filter.'}</Empty>}
      {shown.length > 0 && (
        <VirtualRows
          rows={shown}
          rowHeight={ROW_HEIGHT}
          rowKey={event => String(event.seq)}
          label="events, oldest first"
          follow
          onOpen={event => setChosen(event.seq === chosen ? undefined : event.seq)}
          className="honk-log"
          head={
            hasOlder ? (
              <button type="button" className="honk-link" disabled={isBusy} onClick={() => void older()}>
                {isBusy ? 'One moment…' : 'older events'}
              </button>
            ) : undefined
          }
          render={event => <EventLine event={event} isWhole={migration === undefined} />}
        />
      )}
      {open && (
        <Card title={`Event ${open.seq}`} aside={moment(open.at_ms)}>
          {migration === undefined && open.plan && (
            <p>
              Of <PlanLink plan={open.plan}>{open.plan}</PlanLink>
            </p>
          )}
          <pre className="honk-code" tabIndex={0}>
            {JSON.stringify(open, null, 2)}
          </pre>
        </Card>
      )}
    </>
  );
  if (migration !== undefined) return <Card title={title} aside={events && plural(shown.length, 'event')}>{body}</Card>;
  return (
    <div className="honk-screen">
      <header className="honk-title">
        <h1>{title}</h1>
        <p className="honk-dim">Everything that happened, who did it and why; numbered without a gap.</p>
      </header>
      {body}
    </div>
  );
}

function wordsOf(event: Event): string {
  return [event.type, event.plan, event.step, event.actor, event.reason, event.to, JSON.stringify(event.data ?? '')].join(' ').toLowerCase();
}

function PlanLink({ plan, children }: { plan: string; children: ReactNode }) {
  return <Go to={plan.startsWith('c-') ? { screen: 'campaign', id: plan } : { screen: 'migration', id: plan }}>{children}</Go>;
}

function EventLine({ event, isWhole }: { event: Event; isWhole: boolean }) {
  return (
    <div className={`honk-event honk-tone-${toneOf(event)}`}>
      <time className="honk-dim" title={moment(event.at_ms)}>
        {clock(event.at_ms).slice(0, 8)}
        <span className="honk-fraction">{clock(event.at_ms).slice(8)}</span>
      </time>
      <i aria-hidden="true" />
      <span className="honk-event-what">
        {isWhole && event.plan && <PlanLink plan={event.plan}>{event.plan.slice(0, 10)}…</PlanLink>}
        {event.step && <code>{event.step}</code>}
        <span className="honk-clip" title={event.reason}>
          {eventText(event) || event.type}
        </span>
      </span>
      <span className="honk-dim honk-event-who">{event.actor ? person(event.actor) : ''}</span>
    </div>
  );
}

/** A cell that begins like a formula is not to become one in somebody's spreadsheet. */
function cell(value: unknown): string {
  const text = String(value ?? '');
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
}

export function eventsAsCsv(events: readonly Event[]): string {
  const head = ['seq', 'time', 'type', 'plan', 'step', 'task', 'actor', 'from', 'to', 'reason'];
  const rows = events.map(event => [event.seq, new Date(event.at_ms).toISOString(), event.type, event.plan, event.step, event.task, event.actor, event.from, event.to, event.reason]);
  return [head, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function Export({ events }: { events: readonly Event[] }) {
  return (
    <span className="honk-export">
      <button type="button" className="honk-button" disabled={events.length === 0} onClick={() => save('honk-events.csv', 'text/csv', eventsAsCsv(events))}>
        CSV
      </button>
      <button
        type="button"
        className="honk-button"
        disabled={events.length === 0}
        onClick={() => save('honk-events.ndjson', 'application/x-ndjson', events.map(event => JSON.stringify(event)).join('\n') + '\n')}
      >
        NDJSON
      </button>
    </span>
  );
}
