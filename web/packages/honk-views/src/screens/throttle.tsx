import type { Migration } from 'honk-client';
import { useId, useRef, useState, type RefObject } from 'react';
import { useHonk } from '../context';
import { useLoad } from '../data';
import { person } from '../format';
import { newKey } from '../key';
import type { Action } from '../parts/actions';
import { Since } from '../parts/basics';
import { limits, throttleChanges, throttleText, type Wishes } from '../throttle';

/** The form of `honk throttle`, as an action among the others. */
export function useThrottleAction(migration: Migration, name: string): Action {
  const { client } = useHonk();
  const wishes = useRef<Wishes>({});
  return {
    key: 'throttle',
    label: 'Throttle',
    reason: 'optional',
    title: `How fast may the rows of ${name} move?`,
    ask: <Fields migration={migration} wishes={wishes} />,
    say: async reason => {
      const changes = throttleChanges(migration.throttle, wishes.current);
      if (Object.keys(changes).length === 0) throw new Error('These limits hold already: nothing was changed.');
      await client.post('/migrations/{id}/throttle', { path: { id: migration.id }, body: { ...changes, ...(reason ? { reason } : {}) }, idempotencyKey: newKey() });
    },
  };
}

/** Begins with what holds when it is opened. */
function Fields({ migration, wishes }: { migration: Migration; wishes: RefObject<Wishes> & { current: Wishes } }) {
  const [begin] = useState(migration.throttle);
  const [typed, setTyped] = useState<Wishes>({});
  const id = useId();
  wishes.current = typed;
  const set = (key: keyof Wishes, value: string) => setTyped(old => ({ ...old, [key]: value }));
  return (
    <div className="honk-stack">
      <p>
        Now: <strong>{throttleText(migration.throttle)}</strong>. Rates are of the whole migration, and shared by its workers, who hear of it within seconds. A field that is empty limits nothing.
      </p>
      <LastThrottle migration={migration} />
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
export function LastThrottle({ migration }: { migration: Migration }) {
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
