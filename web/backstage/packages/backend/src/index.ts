import { createBackend } from '@backstage/backend-defaults';

const backend = createBackend();

backend.add(import('@backstage/plugin-app-backend'));
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'));
backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(import('@backstage/plugin-techdocs-backend'));
backend.add(import('backstage-plugin-catalog-backend-module-honk'));
backend.add(import('backstage-plugin-honk-backend'));
backend.add(import('backstage-plugin-scaffolder-backend-module-honk'));
backend.add(import('./people'));
backend.add(import('./policy'));
backend.add(import('./publish'));

void backend.start();
