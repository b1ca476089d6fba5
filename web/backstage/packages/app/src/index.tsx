import './globals';
import '@backstage/ui/css/styles.css';
import { createApp } from '@backstage/frontend-defaults';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import notificationsPlugin from '@backstage/plugin-notifications/alpha';
import scaffolderPlugin from '@backstage/plugin-scaffolder/alpha';
import techdocsPlugin from '@backstage/plugin-techdocs/alpha';
import honkPlugin from 'backstage-plugin-honk';
import ReactDOM from 'react-dom/client';
import { signInModule } from './sign-in';

const app = createApp({ features: [catalogPlugin, scaffolderPlugin, notificationsPlugin, techdocsPlugin, honkPlugin, signInModule] });

ReactDOM.createRoot(document.getElementById('root')!).render(app.createRoot());
