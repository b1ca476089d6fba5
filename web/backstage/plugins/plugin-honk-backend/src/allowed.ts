/*
 * What Honk says that one may do, less what Backstage denies: so that a button is off where pressing it would be refused, and says why.
 * Answers in which this matters are small: one migration, rollout, campaign or task, and who one is.
 */
import type { BasicPermission } from '@backstage/plugin-permission-common';
import { honkMigrationApprove, honkMigrationCreate, honkMigrationOperate, honkMigrationRollback } from 'backstage-plugin-honk-common';
import { operations, type Operation } from './operations';

/** `needs`: refused only because the role is missing. */
type Allowed = Record<string, { allowed: boolean; why?: string; needs?: string }>;

const told = new Set(['/whoami', '/migrations/{id}', '/rollouts/{id}', '/campaigns/{id}', '/tasks/{id}']);

/** A role is worth nothing when all that it lets do is denied. */
const worth: Record<string, BasicPermission[]> = {
  author: [honkMigrationCreate],
  approver: [honkMigrationApprove],
  operator: [honkMigrationOperate, honkMigrationRollback],
};

export function tellsWhatIsAllowed(operation: Operation): boolean {
  return operation.method === 'GET' && told.has(operation.path);
}

/** `accept_mixed` of a migration is POST /migrations/{id}/accept-mixed. */
function permissionOf(resource: string, action: string): BasicPermission | undefined {
  const word = action.replace(/_full$/, '').replace(/_/g, '-');
  return operations.find(one => one.method === 'POST' && one.path === `${resource}/${word}`)?.permission;
}

function withoutDenied(allowed: Allowed, resource: string, denied: ReadonlySet<string>): Allowed {
  return Object.fromEntries(
    Object.entries(allowed).map(([action, entry]) => {
      const permission = permissionOf(resource, action);
      const isRefused = !entry.allowed && entry.needs === undefined; // by how things stand
      if (isRefused || permission === undefined || !denied.has(permission.name)) return [action, entry];
      return [action, { allowed: false, why: `your Backstage permissions do not allow it: '${permission.name}' is denied to you` }];
    }),
  );
}

/** `body`: of an answer to `operation`. `denied`: names of permissions. */
export function asBackstageAllows(body: Record<string, unknown>, operation: Operation, denied: ReadonlySet<string>): Record<string, unknown> {
  const { allowed_actions: allowed, roles } = body;
  const isWorth = (role: string) => !(worth[role] && worth[role].every(permission => denied.has(permission.name)));
  return {
    ...body,
    ...(typeof allowed === 'object' && allowed !== null ? { allowed_actions: withoutDenied(allowed as Allowed, operation.path, denied) } : {}),
    ...(operation.path === '/whoami' && Array.isArray(roles) ? { roles: (roles as string[]).filter(isWorth) } : {}),
  };
}
