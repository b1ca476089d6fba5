import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { createApproveAction } from './approve';
import { createMigrateDatasetAction } from './migrate';
import { createPlanAction } from './plan';
import { createReportAction } from './report';

export const scaffolderModuleHonk = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'honk',
  register(env) {
    env.registerInit({
      deps: { actions: scaffolderActionsExtensionPoint, auth: coreServices.auth, discovery: coreServices.discovery },
      async init({ actions, auth, discovery }) {
        const honk = { auth, discovery };
        actions.addActions(createMigrateDatasetAction(honk), createPlanAction(honk), createApproveAction(honk), createReportAction(honk));
      },
    });
  },
});
