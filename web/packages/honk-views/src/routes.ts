/* Where one is, as data: each shell says how that is written in an address. */
export type MigrationTab = 'review' | 'run' | 'rollouts' | 'consumers' | 'log';

export type Route =
  | { screen: 'overview' }
  | { screen: 'migration'; id: string; tab?: MigrationTab }
  | { screen: 'rollouts' }
  | { screen: 'rollout'; id: string }
  | { screen: 'lineage'; ref?: string }
  | { screen: 'consumers' }
  | { screen: 'ledger' }
  | { screen: 'campaigns' }
  | { screen: 'campaign'; id: string };

const tabs: readonly string[] = ['review', 'run', 'rollouts', 'consumers', 'log'];
const alone = ['rollouts', 'lineage', 'consumers', 'ledger', 'campaigns'] as const;

/** "/migrations/users-v2/run" */
export function routePath(route: Route): string {
  switch (route.screen) {
    case 'overview':
      return '/';
    case 'migration':
      return `/migrations/${encodeURIComponent(route.id)}${route.tab && route.tab !== 'review' ? `/${route.tab}` : ''}`;
    case 'rollout':
      return `/rollouts/${encodeURIComponent(route.id)}`;
    case 'campaign':
      return `/campaigns/${encodeURIComponent(route.id)}`;
    case 'lineage':
      return route.ref ? `/lineage/${encodeURIComponent(route.ref)}` : '/lineage';
    default:
      return `/${route.screen}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The other way round; whatever is no route of ours is the overview. */
export function pathRoute(path: string): Route {
  const [first = '', second, third] = path.replace(/^\/+/, '').split('/').map(decoded);
  if (first === 'migrations' && second)
    return { screen: 'migration', id: second, tab: third && tabs.includes(third) ? (third as MigrationTab) : 'review' };
  if (first === 'rollouts' && second) return { screen: 'rollout', id: second };
  if (first === 'campaigns' && second) return { screen: 'campaign', id: second };
  if (first === 'lineage') return second ? { screen: 'lineage', ref: second } : { screen: 'lineage' };
  const screen = alone.find(name => name === first);
  return screen ? { screen } : { screen: 'overview' };
}
