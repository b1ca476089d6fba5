import type { MigrationState, RolloutState } from 'honk-client';
import { migrationWord, rolloutWord, taskWord } from 'honk-client/words';

/** waits: for a person. moves: workers are at it. */
export type Tone = 'waits' | 'moves' | 'good' | 'bad' | 'back' | 'over';

interface Shown {
  tone: Tone;
  label: string;
}

const migrations: Record<MigrationState, Tone> = {
  draft: 'moves',
  planned: 'waits',
  approved: 'waits',
  preflight: 'moves',
  running: 'moves',
  paused: 'waits',
  halted: 'bad',
  soaking: 'moves',
  succeeded: 'good',
  rolling_back: 'back',
  rolled_back: 'back',
  needs_operator: 'bad',
  retiring: 'moves',
  closed: 'over',
  stale: 'bad',
  rejected: 'over',
  expired: 'over',
  cancelled: 'over',
  closed_mixed: 'over',
};

const rollouts: Record<RolloutState, Tone> = {
  pending: 'over',
  admitted: 'moves',
  preparing: 'moves',
  stepping: 'moves',
  analysing: 'moves',
  paused: 'waits',
  promoting: 'moves',
  soaking: 'moves',
  healthy: 'good',
  aborting: 'back',
  frozen: 'bad',
  degraded: 'bad',
  rolled_back: 'back',
  skipped: 'over',
  superseded: 'over',
};

const others: Record<string, Tone> = {
  review: 'waits',
  unplanned: 'over',
  blocked: 'over',
  ready: 'over',
  leased: 'moves',
  waiting: 'moves',
  retry_wait: 'bad',
  unknown: 'bad',
  done: 'good',
  skipped: 'over',
  failed: 'bad',
  not_applied: 'over',
  irreversible: 'over',
  reversed: 'back',
};

export const migrationState = (state: string): Shown => ({ tone: migrations[state as MigrationState] ?? others[state] ?? 'over', label: migrationWord(state) });
export const rolloutState = (state: string): Shown => ({ tone: rollouts[state as RolloutState] ?? 'over', label: rolloutWord(state) });
export const taskState = (status: string): Shown => ({ tone: others[status] ?? 'over', label: taskWord(status) });

/** The groups of the overview, in the order in which they matter. */
export const groups: readonly { key: string; label: string; states: readonly MigrationState[] }[] = [
  { key: 'trouble', label: 'Needs a person', states: ['halted', 'needs_operator', 'stale'] },
  { key: 'waits', label: 'Waiting', states: ['planned', 'approved', 'paused'] },
  { key: 'moves', label: 'Moving', states: ['draft', 'preflight', 'running', 'soaking', 'rolling_back', 'retiring'] },
  { key: 'done', label: 'Succeeded', states: ['succeeded', 'closed'] },
  { key: 'back', label: 'Rolled back', states: ['rolled_back'] },
  { key: 'over', label: 'Given up', states: ['rejected', 'expired', 'cancelled', 'closed_mixed'] },
];

export const isMoving = (state: string): boolean => groups[2]!.states.includes(state as MigrationState);
