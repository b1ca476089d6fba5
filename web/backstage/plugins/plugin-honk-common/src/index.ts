export { annotations, isAboutHonk } from './annotations';
export {
  honkMigrationApprove,
  honkMigrationCreate,
  honkMigrationOperate,
  honkMigrationRead,
  honkMigrationRollback,
  honkPermissions,
} from './permissions';
export { checkMigration, datasetRef, isMigration, type MigrationSpec } from './migration';
