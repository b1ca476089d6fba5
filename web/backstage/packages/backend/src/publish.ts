/* The demo's host of repositories is a folder: `demo:publish` brings what a template made into it, as `publish:github` does elsewhere. */
import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { createTemplateAction, scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { cp } from 'node:fs/promises';

export default createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'demo-publish',
  register(env) {
    env.registerInit({
      deps: { actions: scaffolderActionsExtensionPoint, config: coreServices.rootConfig },
      async init({ actions, config }) {
        const folder = config.getString('demo.reports');
        actions.addActions(
          createTemplateAction({
            id: 'demo:publish',
            description: "Copies the workspace into the demo's folder of reports.",
            schema: { input: {}, output: {} },
            handler: ctx => cp(ctx.workspacePath, folder, { recursive: true }),
          }),
        );
      },
    });
  },
});
