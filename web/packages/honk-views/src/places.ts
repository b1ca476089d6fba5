import type { Route } from './routes';

/** Where one can go from everywhere; each shell draws them in its own way. `icon` is a path of 16 by 16. */
export const places: readonly { label: string; route: Route; icon: string; screens: readonly Route['screen'][] }[] = [
  { label: 'Migrations', route: { screen: 'overview' }, icon: 'M2 4h12M2 8h12M2 12h8', screens: ['overview', 'migration'] },
  { label: 'Campaigns', route: { screen: 'campaigns' }, icon: 'M3 13V3m0 1h9l-2 3 2 3H3', screens: ['campaigns', 'campaign'] },
  { label: 'Rollouts', route: { screen: 'rollouts' }, icon: 'M2 12 6 8l3 3 5-7m0 0h-4m4 0v4', screens: ['rollouts', 'rollout'] },
  { label: 'Consumers', route: { screen: 'consumers' }, icon: 'M5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm-3 6c0-2 1-4 3-4s3 2 3 4m3-6a2 2 0 1 0 0-4m1 6c2 0 3 2 3 4', screens: ['consumers'] },
  { label: 'Lineage', route: { screen: 'lineage' }, icon: 'M2 6h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 8h2m0 0V4h2M8 8v4h2', screens: ['lineage'] },
  { label: 'Ledger', route: { screen: 'ledger' }, icon: 'M4 2h8v12H4zM6 5h4M6 8h4M6 11h2', screens: ['ledger'] },
];
