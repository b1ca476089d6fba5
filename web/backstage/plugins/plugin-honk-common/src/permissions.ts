/* Backstage's word on who may; what Honk itself allows that person is asked as well. */
import { createPermission } from '@backstage/plugin-permission-common';

/** See everything Honk knows. */
export const honkMigrationRead = createPermission({ name: 'honk.migration.read', attributes: { action: 'read' } });
/** Ask for a plan, and call off what has had no effect. */
export const honkMigrationCreate = createPermission({ name: 'honk.migration.create', attributes: { action: 'create' } });
/** Say yes or no to a plan. */
export const honkMigrationApprove = createPermission({ name: 'honk.migration.approve', attributes: { action: 'update' } });
/** Start, pause, go on, mend. */
export const honkMigrationOperate = createPermission({ name: 'honk.migration.operate', attributes: { action: 'update' } });
/** Put everything back. */
export const honkMigrationRollback = createPermission({ name: 'honk.migration.rollback', attributes: { action: 'update' } });

export const honkPermissions = [
  honkMigrationRead,
  honkMigrationCreate,
  honkMigrationApprove,
  honkMigrationOperate,
  honkMigrationRollback,
];
