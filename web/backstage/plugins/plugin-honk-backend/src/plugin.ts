import { coreServices, createBackendPlugin } from '@backstage/backend-plugin-api';
import { notificationService } from '@backstage/plugin-notifications-node';
import { honkPermissions } from 'backstage-plugin-honk-common';
import { Router } from 'express';
import { readConfig } from './config';
import { Notifier } from './notifier';
import { databasePosition } from './position';
import { proxy } from './proxy';

const LOOK_S = 10;

export const honkPlugin = createBackendPlugin({
  pluginId: 'honk',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        database: coreServices.database,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
      },
      async init({ config: root, database, httpRouter, notifications, permissionsRegistry, scheduler, ...services }) {
        const config = readConfig(root);
        const router = Router();
        permissionsRegistry.addPermissions(honkPermissions);
        router.use(proxy({ config, ...services }));
        httpRouter.use(router);
        if (config.anonymousAuthor !== undefined) httpRouter.addAuthPolicy({ path: '/agents/migrate', allow: 'unauthenticated' });
        if (!config.notifies) return;
        const notifier = new Notifier({ config, notifications, position: await databasePosition(database), logger: services.logger });
        await scheduler.scheduleTask({
          id: 'honk-notifications',
          frequency: { seconds: LOOK_S },
          timeout: { minutes: 2 },
          scope: 'global',
          fn: () => notifier.look(),
        });
      },
    });
  },
});
