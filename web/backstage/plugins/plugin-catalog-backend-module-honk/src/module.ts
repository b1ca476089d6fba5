import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import { MigrationProcessor } from './processor';
import { HonkEntityProvider } from './provider';

const INTERVAL_S = 60;
const TIMEOUT_S = 120;

export const catalogModuleHonk = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'honk',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogProcessingExtensionPoint,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({ auth, catalog, config, discovery, logger, scheduler }) {
        const own = config.getOptionalConfig('catalog.providers.honk');
        const runner = scheduler.createScheduledTaskRunner({
          frequency: { seconds: own?.getOptionalNumber('intervalSeconds') ?? INTERVAL_S },
          timeout: { seconds: TIMEOUT_S },
        });
        catalog.addProcessor(new MigrationProcessor());
        catalog.addEntityProvider(new HonkEntityProvider({ auth, discovery, logger, runner, kinds: own?.getOptionalStringArray('kinds') }));
      },
    });
  },
});
