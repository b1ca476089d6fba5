import type { Route } from './routes';
import { CampaignScreen, CampaignsScreen } from './screens/campaigns';
import { ConsumersScreen } from './screens/consumers';
import { Ledger } from './screens/ledger';
import { LineageScreen } from './screens/lineage';
import { MigrationScreen } from './screens/migration';
import { Overview } from './screens/overview';
import { RolloutScreen, RolloutsScreen } from './screens/rollouts';

/** The screen of a route: all that a shell has to place. */
export function HonkScreen({ route }: { route: Route }) {
  switch (route.screen) {
    case 'overview':
      return <Overview />;
    case 'migration':
      return <MigrationScreen key={route.id} id={route.id} tab={route.tab} />;
    case 'rollouts':
      return <RolloutsScreen />;
    case 'rollout':
      return <RolloutScreen key={route.id} id={route.id} />;
    case 'lineage':
      return <LineageScreen key={route.ref ?? ''} name={route.ref} />;
    case 'consumers':
      return <ConsumersScreen />;
    case 'ledger':
      return <Ledger />;
    case 'campaigns':
      return <CampaignsScreen />;
    case 'campaign':
      return <CampaignScreen key={route.id} id={route.id} />;
  }
}
