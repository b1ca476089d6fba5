export { catalogModuleHonk as default } from './module';
export { HonkEntityProvider } from './provider';
export { MigrationProcessor } from './processor';
