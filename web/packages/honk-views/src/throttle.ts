/* How fast rows may move, in the words of `honk throttle`. */
import type { Migration } from 'honk-client';
import { bytes, count, duration } from './format';

export type Throttle = NonNullable<Migration['throttle']>;
export type LimitKey = Exclude<keyof Throttle, 'command'>;

export interface Limit {
  key: LimitKey;
  label: string;
  unit: string;
  most: number;
  words: (limit: number) => string;
}

/** Their bounds are those of api/openapi.yaml. */
export const limits: readonly Limit[] = [
  { key: 'rows_per_second', label: 'Rows', unit: 'a second', most: 1_000_000_000, words: n => `at most ${count(n)} rows a second` },
  { key: 'bytes_per_second', label: 'Bytes', unit: 'a second', most: 1_000_000_000_000, words: n => `at most ${bytes(n)} a second` },
  { key: 'replication_lag_seconds', label: 'Wait while a replica is behind', unit: 'seconds', most: 86_400, words: n => `waits while the replication lag is over ${duration(n * 1000)}` },
  { key: 'load_percent', label: 'Wait while the worker’s machine is loaded', unit: '%', most: 100_000, words: n => `waits while the worker’s machine is loaded over ${count(n)}%` },
  { key: 'active_sessions', label: 'Wait while a store works for others', unit: 'sessions', most: 1_000_000, words: n => `waits while a store has over ${count(n)} active sessions` },
];

/** "at most 5,000 rows a second; waits while …" */
export function throttleText(throttle: Throttle | undefined): string {
  const parts = limits.filter(({ key }) => throttle?.[key] !== undefined).map(({ key, words }) => words(throttle![key]!));
  if (throttle?.command) parts.push(`waits while '${throttle.command}' says so`);
  return parts.length > 0 ? parts.join('; ') : 'no throttle, rows move as fast as they can';
}

export type Wishes = Partial<Record<keyof Throttle, string>>;
export type Changes = Partial<Record<LimitKey, number>> & { command?: string };

/** What differs from what holds; an empty field takes a limit away. */
export function throttleChanges(throttle: Throttle | undefined, wishes: Wishes): Changes {
  const changes: Changes = {};
  for (const { key } of limits) {
    const wish = Number(wishes[key] ?? throttle?.[key] ?? 0);
    if (wish !== (throttle?.[key] ?? 0)) changes[key] = wish;
  }
  const command = (wishes.command ?? throttle?.command ?? '').trim();
  if (command !== (throttle?.command ?? '')) changes.command = command;
  return changes;
}
