import { PageBlueprint, createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint, EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { isAboutHonk } from 'backstage-plugin-honk-common';
import { Goose } from 'honk-views';
import { honkClientApi } from './client';
import { rootRouteRef } from './routes';

const honkPage = PageBlueprint.make({
  params: {
    path: '/honk',
    title: 'Honk',
    icon: <Goose size={24} />,
    routeRef: rootRouteRef,
    loader: () => import('./page').then(({ HonkPage }) => <HonkPage />),
  },
});

const honkEntityContent = EntityContentBlueprint.make({
  name: 'migrations',
  params: {
    path: 'honk',
    title: 'Honk',
    filter: isAboutHonk,
    loader: () => import('./entity').then(({ HonkEntityContent }) => <HonkEntityContent />),
  },
});

const honkEntityCard = EntityCardBlueprint.make({
  name: 'glance',
  params: {
    filter: isAboutHonk,
    loader: () => import('./entity').then(({ HonkEntityCard }) => <HonkEntityCard />),
  },
});

export const honkPlugin = createFrontendPlugin({
  pluginId: 'honk',
  title: 'Honk',
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [honkClientApi, honkPage, honkEntityContent, honkEntityCard],
});
