import type { HonkClient } from './client';
import { HonkError } from './problem';
import type { components } from './schema';

export type Event = components['schemas']['Event'];

/** live: what is shown is what is. waiting: the stream is down, and `retryAt` is when it is tried again. */
export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'waiting'; retryAt: number; why: string }
  | { state: 'asleep' }
  | { state: 'refused'; error: HonkError };

export interface FollowOptions {
  /** Events after this number; without it those that come from now on. */
  after?: number;
  /** Types, or first words of types. */
  types?: readonly string[];
  /** Only of this migration. */
  migration?: string;
  onEvents: (events: readonly Event[]) => void;
  onConnection?: (connection: Connection) => void;
  /** Numbers were skipped, so whoever shows something reads it anew. Cannot happen with a server of ours. */
  onGap?: (from: number, to: number) => void;
  /** Milliseconds; the first wait doubles up to the longest. */
  backoff?: { first: number; longest: number };
}

const BACKOFF = { first: 500, longest: 15_000 };
/** The server says something every 15 s: two of these missed, and the line is dead, whatever the socket says. */
const SILENCE_MS = 35_000;
const BATCH_MS = 60;

/** Lines of text/event-stream into events; a comment counts as a sign of life. */
export class EventParser {
  #rest = '';
  #data: string[] = [];
  #type = '';

  push(text: string, onEvent: (type: string, data: string) => void): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line, onEvent);
  }

  #line(line: string, onEvent: (type: string, data: string) => void): void {
    if (line === '') {
      if (this.#data.length > 0 || this.#type !== '') onEvent(this.#type || 'message', this.#data.join('\n'));
      this.#data = [];
      this.#type = '';
    } else if (line.startsWith('data:')) this.#data.push(line.slice(5).replace(/^ /, ''));
    else if (line.startsWith('event:')) this.#type = line.slice(6).trim();
  }
}

/**
 * Follow the ledger, for as long as it takes: a stream that ends is taken up again after the last number that came,
 * so that nothing is missed and nothing comes twice. `stop()` ends it.
 */
export class EventFollower {
  readonly #client: HonkClient;
  readonly #options: FollowOptions;
  #last: number | undefined;
  #tries = 0;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #flush: ReturnType<typeof setTimeout> | undefined;
  #pending: Event[] = [];
  #stopped = false;
  #asleep = false;

  constructor(client: HonkClient, options: FollowOptions) {
    this.#client = client;
    this.#options = options;
    this.#last = options.after;
  }

  get last(): number | undefined {
    return this.#last;
  }

  start(): this {
    void this.#run();
    return this;
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
    clearTimeout(this.#timer);
    this.#deliver();
  }

  /** A page that nobody looks at gives its connection back (a browser has six for a server), and catches up later. */
  sleep(): void {
    if (this.#stopped || this.#asleep) return;
    this.#asleep = true;
    this.#drop();
    clearTimeout(this.#timer);
    this.#tell({ state: 'asleep' });
  }

  wake(): void {
    if (!this.#asleep || this.#stopped) return;
    this.#asleep = false;
    this.#tries = 0;
    void this.#run();
  }

  /** Now, without waiting for the next try. */
  retry(): void {
    if (this.#stopped || this.#asleep) return;
    this.#drop();
    clearTimeout(this.#timer);
    this.#tries = 0;
    void this.#run();
  }

  #tell(connection: Connection): void {
    this.#options.onConnection?.(connection);
  }

  #drop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    clearTimeout(this.#watchdog);
  }

  #alive(abort: AbortController): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#tell({ state: 'connecting' });
    let why = 'the stream ended';
    let isBye = false;
    try {
      this.#alive(abort);
      isBye = await this.#read(abort);
    } catch (error) {
      if (error instanceof HonkError && error.then !== 'retry' && error.code !== 'aborted') {
        if (this.#abort === abort) this.#tell({ state: 'refused', error });
        return;
      }
      why = error instanceof Error ? error.message : String(error);
    }
    if (this.#stopped || this.#asleep || this.#abort !== abort) return;
    clearTimeout(this.#watchdog);
    this.#deliver();
    const { first, longest } = this.#options.backoff ?? BACKOFF;
    const wait = Math.min(longest, first * 2 ** this.#tries) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    this.#tell({ state: 'waiting', retryAt: Date.now() + wait, why: isBye ? 'the server stops' : why });
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  /** True when the server said that it stops. */
  async #read(abort: AbortController): Promise<boolean> {
    const query = new URLSearchParams();
    if (this.#options.types?.length) query.set('type', this.#options.types.join(','));
    if (this.#last !== undefined) query.set('after', String(this.#last));
    const base = this.#options.migration ? `/migrations/${encodeURIComponent(this.#options.migration)}/events` : '/events';
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.#last !== undefined) headers['Last-Event-ID'] = String(this.#last);
    const answer = await this.#client.send('GET', `${base}?${query}`, { headers, signal: abort.signal });
    if (answer.body === null) throw new TypeError('the stream has no body');
    this.#tries = 0;
    this.#tell({ state: 'live' });
    const reader = answer.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    const parser = new EventParser();
    let isBye = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return isBye;
      this.#alive(abort);
      parser.push(value, (type, data) => {
        if (type === 'bye') isBye = true;
        else this.#take(JSON.parse(data) as Event);
      });
    }
  }

  #take(event: Event): void {
    const last = this.#last;
    if (last !== undefined && event.seq <= last) return;
    const isWhole = !this.#options.types?.length && !this.#options.migration;
    if (last !== undefined && isWhole && event.seq > last + 1) this.#options.onGap?.(last, event.seq);
    this.#last = event.seq;
    this.#pending.push(event);
    this.#flush ??= setTimeout(() => this.#deliver(), BATCH_MS);
  }

  /** Together: thousands of events a second must not be thousands of drawings. */
  #deliver(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#options.onEvents(events);
  }
}
