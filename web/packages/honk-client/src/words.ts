/* What people read for what the API calls by identifiers: states, statuses, places in code, and who somebody is. Without React or a browser. */
import type { Disposition, MigrationState, RolloutState } from './shapes';

const migrations: Record<MigrationState, string> = {
  draft: 'Planning',
  planned: 'Wants approval',
  approved: 'Approved',
  preflight: 'Looking for drift',
  running: 'Running',
  paused: 'Paused',
  halted: 'Halted',
  soaking: 'Soaking',
  succeeded: 'Succeeded',
  rolling_back: 'Rolling back',
  rolled_back: 'Rolled back',
  needs_operator: 'Needs a person',
  retiring: 'Retiring',
  closed: 'Closed',
  stale: 'Stale',
  rejected: 'Rejected',
  expired: 'Expired',
  cancelled: 'Cancelled',
  closed_mixed: 'Closed, mixed',
};

const rollouts: Record<RolloutState, string> = {
  pending: 'Pending',
  admitted: 'Admitted',
  preparing: 'Preparing',
  stepping: 'Starting instances',
  analysing: 'Checking',
  paused: 'Paused',
  promoting: 'Promoting',
  soaking: 'Soaking',
  healthy: 'Healthy',
  aborting: 'Going back',
  frozen: 'Frozen',
  degraded: 'Degraded',
  rolled_back: 'Rolled back',
  skipped: 'Skipped',
  superseded: 'Superseded',
};

/** Of tasks and steps; of campaigns what migrations do not have. */
const others: Record<string, string> = {
  review: 'In review',
  unplanned: 'Not planned',
  blocked: 'Later',
  ready: 'Ready',
  leased: 'Running',
  waiting: 'Waiting',
  retry_wait: 'Tries again',
  unknown: 'Looking what happened',
  done: 'Done',
  skipped: 'Skipped',
  failed: 'Failed',
  not_applied: 'Not applied',
  irreversible: 'No way back',
  reversed: 'Taken back',
};

const plain = (name: string): string => name.replace(/_/g, ' ');

export const migrationWord = (state: string): string => migrations[state as MigrationState] ?? others[state] ?? plain(state);
export const rolloutWord = (state: string): string => rollouts[state as RolloutState] ?? plain(state);
export const taskWord = (status: string): string => others[status] ?? plain(status);

const dispositions: Record<Disposition, string> = {
  rewritten: 'rewritten',
  already: 'right already',
  unaffected: 'not affected',
  needs_person: 'for a person',
  unparsable: 'that nobody can parse',
};
export const dispositionWord = (name: string): string => dispositions[name as Disposition] ?? plain(name);

/** "9 rewritten, 1 for a person": places in code, by what becomes of them. */
export function placesText(counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return parts.map(([name, n]) => `${n.toLocaleString('en-US')} ${dispositionWord(name)}`).join(', ');
}

/** "component:default/users-v2" -> "users-v2"; other namespaces keep theirs. */
export function shortRef(ref: string): string {
  const match = /^[^:]+:([^/]+)\/(.+)$/.exec(ref);
  if (!match) return ref;
  return match[1] === 'default' ? match[2]! : `${match[1]}/${match[2]}`;
}

/** "user:default/ada" -> "Ada"; "honk" and "local" are nobody's name. */
export function person(identity: string): string {
  if (!identity.startsWith('user:')) return identity === 'honk' ? 'Honk' : shortRef(identity);
  const name = shortRef(identity);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
