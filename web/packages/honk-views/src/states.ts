import type { MigrationState, RolloutState } from 'honk-client';

/** waits: for a person. moves: workers are at it. */
export type Tone = 'waits' | 'moves' | 'good' | 'bad' | 'back' | 'over';

interface Shown {
  tone: Tone;
  label: string;
}

const migrations: Record<MigrationState, Shown> = {
  draft: { tone: 'moves', label: 'Planning' },
  planned: { tone: 'waits', label: 'Wants approval' },
  approved: { tone: 'waits', label: 'Approved' },
  preflight: { tone: 'moves', label: 'Looking for drift' },
  running: { tone: 'moves', label: 'Running' },
  paused: { tone: 'waits', label: 'Paused' },
  halted: { tone: 'bad', label: 'Halted' },
  soaking: { tone: 'moves', label: 'Soaking' },
  succeeded: { tone: 'good', label: 'Succeeded' },
  rolling_back: { tone: 'back', label: 'Rolling back' },
  rolled_back: { tone: 'back', label: 'Rolled back' },
  needs_operator: { tone: 'bad', label: 'Needs a person' },
  retiring: { tone: 'moves', label: 'Retiring' },
  closed: { tone: 'over', label: 'Closed' },
  stale: { tone: 'bad', label: 'Stale' },
  rejected: { tone: 'over', label: 'Rejected' },
  expired: { tone: 'over', label: 'Expired' },
  cancelled: { tone: 'over', label: 'Cancelled' },
  closed_mixed: { tone: 'over', label: 'Closed, mixed' },
};

const rollouts: Record<RolloutState, Shown> = {
  pending: { tone: 'over', label: 'Pending' },
  admitted: { tone: 'moves', label: 'Admitted' },
  preparing: { tone: 'moves', label: 'Preparing' },
  stepping: { tone: 'moves', label: 'Starting instances' },
  analysing: { tone: 'moves', label: 'Checking' },
  paused: { tone: 'waits', label: 'Paused' },
  promoting: { tone: 'moves', label: 'Promoting' },
  soaking: { tone: 'moves', label: 'Soaking' },
  healthy: { tone: 'good', label: 'Healthy' },
  aborting: { tone: 'back', label: 'Going back' },
  frozen: { tone: 'bad', label: 'Frozen' },
  degraded: { tone: 'bad', label: 'Degraded' },
  rolled_back: { tone: 'back', label: 'Rolled back' },
  skipped: { tone: 'over', label: 'Skipped' },
  superseded: { tone: 'over', label: 'Superseded' },
};

const others: Record<string, Shown> = {
  review: { tone: 'waits', label: 'In review' },
  unplanned: { tone: 'over', label: 'Not planned' },
  blocked: { tone: 'over', label: 'Later' },
  ready: { tone: 'over', label: 'Ready' },
  leased: { tone: 'moves', label: 'Running' },
  waiting: { tone: 'moves', label: 'Waiting' },
  retry_wait: { tone: 'bad', label: 'Tries again' },
  unknown: { tone: 'bad', label: 'Looking what happened' },
  done: { tone: 'good', label: 'Done' },
  skipped: { tone: 'over', label: 'Skipped' },
  failed: { tone: 'bad', label: 'Failed' },
  not_applied: { tone: 'over', label: 'Not applied' },
  irreversible: { tone: 'over', label: 'No way back' },
  reversed: { tone: 'back', label: 'Taken back' },
};

const plain = (state: string): Shown => ({ tone: 'over', label: state.replace(/_/g, ' ') });

export const migrationState = (state: string): Shown => migrations[state as MigrationState] ?? others[state] ?? plain(state);
export const rolloutState = (state: string): Shown => rollouts[state as RolloutState] ?? plain(state);
export const taskState = (status: string): Shown => others[status] ?? plain(status);

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
