import { useEffect, useRef, useState } from 'react';
import type { HonkClient } from './client';
import { EventFollower, type Connection, type Event, type FollowOptions } from './events';

/** Follow events as long as the component lives; asleep while its page is hidden. */
export function useEventStream(
  client: HonkClient,
  options: Pick<FollowOptions, 'after' | 'types' | 'migration' | 'backoff'> & { enabled?: boolean },
  onEvents: (events: readonly Event[]) => void,
): { connection: Connection; retry: () => void } {
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' });
  const latest = useRef(onEvents);
  const follower = useRef<EventFollower>();
  latest.current = onEvents;
  const { after, migration, enabled = true } = options;
  const types = options.types?.join(',') ?? '';
  const backoff = useRef(options.backoff);

  useEffect(() => {
    if (!enabled) return undefined;
    const one = new EventFollower(client, {
      after,
      migration,
      types: types ? types.split(',') : [],
      backoff: backoff.current,
      onEvents: events => latest.current(events),
      onConnection: setConnection,
    });
    follower.current = one.start();
    const look = () => (document.visibilityState === 'hidden' ? one.sleep() : one.wake());
    const retry = () => one.retry();
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', retry);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', retry);
      one.stop();
    };
  }, [client, after, migration, types, enabled]);

  return { connection, retry: () => follower.current?.retry() };
}
