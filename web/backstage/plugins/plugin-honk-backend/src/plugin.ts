import { coreServices, createBackendPlugin } from '@backstage/backend-plugin-api';
import { honkPermissions } from 'backstage-plugin-honk-common';
import { Router } from 'express';
import { readConfig } from './config';
import { proxy } from './proxy';

export const honkPlugin = createBackendPlugin({
  pluginId: 'honk',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
      },
      async init({ config: root, httpRouter, permissionsRegistry, ...services }) {
        const config = readConfig(root);
        const router = Router();
        permissionsRegistry.addPermissions(honkPermissions);
        router.use(proxy({ config, ...services }));
        httpRouter.use(router);
        if (config.anonymousAuthor !== undefined) httpRouter.addAuthPolicy({ path: '/agents/migrate', allow: 'unauthenticated' });
      },
    });
  },
});
