/* How changes of code go out, in the words of `honk pace`. */
import type { Migration } from 'honk-client';
import { count, duration } from './format';

export type Pace = NonNullable<Migration['pace']>;

/** Consumers that may fail while the others go on: "3", or "5%" of all. */
export function failuresAllowed({ of, max_failures = '0' }: Pace): number {
  const found = /^(\d+)(%?)$/.exec(max_failures);
  if (!found) return 0;
  return found[2] ? Math.floor((of * Number(found[1])) / 100) : Number(found[1]);
}

/** "goes on while at most 2 of 40 consumers (5%) fail; each wave …" */
export function paceText(pace: Pace): string {
  const allowed = failuresAllowed(pace);
  const isShare = pace.max_failures?.endsWith('%');
  const parts = [allowed === 0 ? 'stops at the first consumer that fails' : `goes on while at most ${count(allowed)} of ${count(pace.of)} consumers${isShare ? ` (${pace.max_failures})` : ''} fail`];
  if (pace.soak_ms) parts.push(`each wave is merged and green for ${duration(pace.soak_ms)} before the next`);
  if (pace.by_hand) parts.push(`people merge the first ${count(pace.by_hand)}`);
  return parts.join('; ');
}
