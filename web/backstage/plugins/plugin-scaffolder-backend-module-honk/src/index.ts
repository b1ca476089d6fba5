export { scaffolderModuleHonk as default } from './module';
export { createApproveAction } from './approve';
export { createMigrateDatasetAction } from './migrate';
export { createPlanAction } from './plan';
export { createReportAction } from './report';
