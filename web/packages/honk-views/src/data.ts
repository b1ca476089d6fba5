import { HonkError, type Event, type HonkClient } from 'honk-client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useHonk } from './context';

export interface Loaded<T> {
  data?: T;
  error?: HonkError;
  loading: boolean;
  reload: () => void;
}

const CALM_MS = 250; /* events come in bursts: one reading answers many */
const BUSY_SHARE = 4; /* … and what takes long to read is read less often: at most a fifth of the time */
const BUSY_MS_MAX = 10_000;

/**
 * Read something, and read it anew when an event concerns it or the stream was down. What was there stays while it is read,
 * and when reading fails. `key` names it: another key begins with nothing.
 */
export function useLoad<T>(
  key: string,
  load: (client: HonkClient, signal: AbortSignal) => Promise<T>,
  concerns: (event: Event, data: T | undefined) => boolean = () => false,
  calmMs = CALM_MS,
): Loaded<T> {
  const { client, listen, epoch, who } = useHonk();
  const [state, setState] = useState<{ key: string; data?: T; error?: HonkError; loading: boolean }>({ key, loading: true });
  const latest = useRef({ load, concerns });
  latest.current = { load, concerns };
  const data = useRef<T>();
  data.current = state.key === key ? state.data : undefined;
  const again = useRef<() => void>(() => undefined);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isBusy = false;
    let isWanted = false;
    let tookMs = 0;
    const read = async () => {
      if (isBusy) {
        isWanted = true;
        return;
      }
      isBusy = true;
      const begin = performance.now();
      setState(old => (old.key === key ? { ...old, loading: true } : { key, loading: true }));
      try {
        const data = await latest.current.load(client, abort.signal);
        if (!abort.signal.aborted) setState({ key, data, loading: false });
      } catch (cause) {
        if (!abort.signal.aborted) setState(old => ({ ...(old.key === key ? old : { key }), error: asError(cause), loading: false }));
      }
      isBusy = false;
      tookMs = performance.now() - begin;
      if (isWanted && !abort.signal.aborted) {
        isWanted = false;
        soon();
      }
    };
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void read();
      }, Math.max(calmMs, Math.min(tookMs * BUSY_SHARE, BUSY_MS_MAX)));
    };
    again.current = () => void read();
    void read();
    const deaf = listen(events => {
      if (events.some(event => latest.current.concerns(event, data.current))) soon();
    });
    return () => {
      deaf();
      abort.abort();
      clearTimeout(timer);
    };
  }, [client, listen, key, epoch, who.identity, calmMs]);

  const reload = useCallback(() => again.current(), []);
  const own = state.key === key ? state : { loading: true };
  return { ...own, reload };
}

export function asError(cause: unknown): HonkError {
  if (cause instanceof HonkError) return cause;
  return new HonkError(cause instanceof Error ? cause.message : String(cause), { status: 0, code: 'internal', then: 'give_up' });
}

/** The clock, for texts like "12 s ago": once a second is enough. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Again and again while it is wanted and somebody looks at the page. */
export function useEvery(everyMs: number, act: () => void, isWanted: boolean) {
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => {
      if (!document.hidden) act();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, act, isWanted]);
}

/** All pages of a list, as they come. */
export async function allPages<Row>(
  page: (after: string | undefined) => Promise<{ items: Row[]; next: string | null }>,
  onRows: (rows: Row[]) => void,
  most: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  do {
    const answer = await page(after);
    rows.push(...answer.items);
    onRows(rows.slice());
    after = answer.next ?? undefined;
  } while (after !== undefined && rows.length < most);
  return rows;
}
