/*
 * What may pass, and which permission it takes: api/openapi.yaml without what is no business of a portal (tokens, sessions,
 * workers). A test compares the two.
 */
import {
  honkMigrationApprove as approve,
  honkMigrationCreate as create,
  honkMigrationOperate as operate,
  honkMigrationRead as read,
  honkMigrationRollback as rollback,
} from 'backstage-plugin-honk-common';
import type { BasicPermission } from '@backstage/plugin-permission-common';

export interface Operation {
  method: string;
  path: string;
  permission: BasicPermission;
}

const rows: [method: string, permission: BasicPermission, paths: string[]][] = [
  ['GET', read, [
    '/whoami',
    '/migrations',
    '/migrations/{id}',
    '/migrations/{id}/plan',
    '/migrations/{id}/events',
    '/migrations/{id}/report',
    '/migrations/{id}/tasks',
    '/rollouts',
    '/rollouts/{id}',
    '/consumers',
    '/consumers/numbers',
    '/consumers/summary',
    '/campaigns',
    '/campaigns/{id}',
    '/campaigns/{id}/members',
    '/campaigns/{id}/review',
    '/tasks/{id}',
    '/entities',
    '/entities/{kind}/{namespace}/{name}',
    '/lineage',
    '/events',
    '/limits',
    '/blobs/{digest}',
  ]],
  ['POST', create, [
    '/agents/migrate',
    '/migrations',
    '/migrations/{id}/plan',
    '/migrations/{id}/cancel',
    '/campaigns',
    '/campaigns/{id}/plan',
    '/campaigns/{id}/cancel',
    '/entities',
  ]],
  ['POST', approve, [
    '/migrations/{id}/approve',
    '/migrations/{id}/withdraw',
    '/migrations/{id}/reject',
    '/migrations/{id}/retire',
    '/campaigns/{id}/approve',
    '/campaigns/{id}/reject',
  ]],
  ['POST', operate, [
    '/migrations/{id}/start',
    '/migrations/{id}/pause',
    '/migrations/{id}/resume',
    '/migrations/{id}/halt',
    '/migrations/{id}/accept-mixed',
    '/rollouts',
    '/rollouts/{id}/promote',
    '/rollouts/{id}/pause',
    '/rollouts/{id}/resume',
    '/migrations/{id}/throttle',
    '/migrations/{id}/pace',
    '/rollouts/{id}/retry',
    '/campaigns/{id}/start',
    '/campaigns/{id}/pause',
    '/campaigns/{id}/resume',
    '/campaigns/{id}/halt',
    '/campaigns/{id}/throttle',
    '/tasks/{id}/retry',
    '/tasks/{id}/skip',
    '/tasks/{id}/done',
  ]],
  ['PUT', operate, [
    '/limits',
  ]],
  ['POST', rollback, [
    '/migrations/{id}/rollback',
    '/migrations/{id}/hold',
    '/migrations/{id}/go-on',
    '/rollouts/{id}/rollback',
    '/campaigns/{id}/rollback',
  ]],
];

export const operations: readonly Operation[] = rows.flatMap(([method, permission, paths]) => paths.map(path => ({ method, path, permission })));

const patterns = operations.map(operation => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/** `path` as it was sent: undecoded, without a query. */
export function findOperation(method: string, path: string): Operation | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  return patterns.find(({ operation, pattern }) => operation.method === wanted && pattern.test(path))?.operation;
}
