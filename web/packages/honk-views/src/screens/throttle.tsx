import type { HonkClient, Migration } from 'honk-client';
import { useId, useRef, useState, type RefObject } from 'react';
import { useHonk } from '../context';
import { useLoad } from '../data';
import { person } from '../format';
import { newKey } from '../key';
import type { Action } from '../parts/actions';
import { Since } from '../parts/basics';
import { limits, throttleChanges, throttleText, type Changes, type Throttle, type Wishes } from '../throttle';

/** Whose rows: one migration's, or those of all in a campaign together. */
interface Paced {
  id: string;
  throttle?: Throttle;
  of: 'migration' | 'campaign';
}

/** The form of `honk throttle`, as an action among the others. */
export function useThrottleAction(paced: Paced, name: string): Action {
  const { client } = useHonk();
  const wishes = useRef<Wishes>({});
  return {
    key: 'throttle',
    label: 'Throttle',
    reason: 'optional',
    title: `How fast may the rows of ${name} move?`,
    ask: <Fields paced={paced} wishes={wishes} />,
    say: async reason => {
      const changes = throttleChanges(paced.throttle, wishes.current);
      if (Object.keys(changes).length === 0) throw new Error('These limits hold already: nothing was changed.');
      await post(client, paced, { ...changes, ...(reason ? { reason } : {}) });
    },
  };
}

function post(client: HonkClient, { id, of }: Paced, body: Changes & { reason?: string }): Promise<unknown> {
  const more = { path: { id }, body, idempotencyKey: newKey() };
  return of === 'campaign' ? client.post('/campaigns/{id}/throttle', more) : client.post('/migrations/{id}/throttle', more);
}

const SHARED = {
  migration: 'Rates are of the whole migration, and shared by its workers, who hear of it within seconds.',
  campaign: 'Rates are of all its migrations together, now and later; each keeps its own limits, too, and the lower one holds.',
};

/** Begins with what holds when it is opened. */
function Fields({ paced, wishes }: { paced: Paced; wishes: RefObject<Wishes> & { current: Wishes } }) {
  const [begin] = useState(paced.throttle);
  const [typed, setTyped] = useState<Wishes>({});
  const id = useId();
  wishes.current = typed;
  const set = (key: keyof Wishes, value: string) => setTyped(old => ({ ...old, [key]: value }));
  return (
    <div className="honk-stack">
      <p>
        Now: <strong>{throttleText(paced.throttle)}</strong>. {SHARED[paced.of]} A field that is empty limits nothing.
      </p>
      {paced.of === 'migration' && <LastThrottle migration={paced} />}
      <div className="honk-limits">
        {limits.map(({ key, label, unit, most }) => (
          <div key={key} className="honk-field">
            <label htmlFor={`${id}${key}`}>
              {label} <span className="honk-dim">{unit}</span>
            </label>
            <input id={`${id}${key}`} type="number" inputMode="numeric" min={0} max={most} step={1} placeholder="no limit" value={typed[key] ?? begin?.[key] ?? ''} onChange={event => set(key, event.target.value)} />
          </div>
        ))}
        <div className="honk-field">
          <label htmlFor={`${id}command`}>
            Wait while a command says so <span className="honk-dim">throttle_commands</span>
          </label>
          <input id={`${id}command`} type="text" maxLength={253} placeholder="none" spellCheck={false} autoComplete="off" value={typed.command ?? begin?.command ?? ''} onChange={event => set('command', event.target.value)} />
        </div>
      </div>
    </div>
  );
}

/** Who changed it last, and why; nobody: the plan says it. */
export function LastThrottle({ migration }: { migration: Pick<Migration, 'id'> }) {
  const { data } = useLoad(
    `throttle ${migration.id}`,
    (client, signal) => client.get('/migrations/{id}/events', { path: { id: migration.id }, query: { type: 'plan.throttle', limit: 1000 }, signal }),
    event => event.plan === migration.id && event.type === 'plan.throttle',
  );
  const event = data?.items.at(-1);
  if (!event) return null;
  return (
    <p className="honk-dim">
      Changed by {person(event.actor ?? 'honk')} <Since ms={event.at_ms} />
      {event.reason && <>: {event.reason}</>}
    </p>
  );
}
