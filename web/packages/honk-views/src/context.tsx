import type { Connection, Event, HonkClient, Who } from 'honk-client';
import { useEventStream } from 'honk-client/react';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Route } from './routes';

type Listener = (events: readonly Event[]) => void;

/** What a shell gives to the views: whom to ask, who asks, and how one goes from one screen to another. */
export interface Honk {
  client: HonkClient;
  who: Who;
  href: (route: Route) => string;
  go: (route: Route) => void;
  connection: Connection;
  retry: () => void;
  /** Hear of all events; the one stream of the page is shared. */
  listen: (listener: Listener) => () => void;
  /** Grows when the stream is live again: what is shown is read anew. */
  epoch: number;
}

const HonkContext = createContext<Honk | null>(null);

export interface HonkProviderProps {
  client: HonkClient;
  who: Who;
  href: (route: Route) => string;
  go: (route: Route) => void;
  children: ReactNode;
}

export function HonkProvider({ client, who, href, go, children }: HonkProviderProps) {
  const listeners = useRef(new Set<Listener>());
  const [start, setStart] = useState<number>();
  const [epoch, setEpoch] = useState(0);

  // From now on: the number of the last event is where the stream begins.
  useEffect(() => {
    const abort = new AbortController();
    const ask = () =>
      client
        .get('/events', { query: { last: 1, limit: 1 }, signal: abort.signal })
        .then(page => setStart(page.items.at(-1)?.seq ?? 0))
        .catch(() => {
          if (!abort.signal.aborted) timer = setTimeout(ask, 2000);
        });
    let timer: ReturnType<typeof setTimeout>;
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [client, who.identity]);

  const { connection, retry } = useEventStream(client, { after: start, enabled: start !== undefined }, events => {
    for (const listener of listeners.current) listener(events);
  });
  const wasDown = useRef(false);
  useEffect(() => {
    if (connection.state === 'waiting' || connection.state === 'asleep') wasDown.current = true;
    if (connection.state === 'live' && wasDown.current) {
      wasDown.current = false;
      setEpoch(n => n + 1);
    }
  }, [connection]);

  const listen = useCallback((listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const value = useMemo(
    () => ({ client, who, href, go, connection, retry, listen, epoch }),
    [client, who, href, go, connection, retry, listen, epoch],
  );
  return <HonkContext.Provider value={value}>{children}</HonkContext.Provider>;
}

export function useHonk(): Honk {
  const honk = useContext(HonkContext);
  if (!honk) throw new Error('a view of Honk stands outside of <HonkProvider>');
  return honk;
}
