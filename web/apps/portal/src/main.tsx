import { createRoot } from 'react-dom/client';
import 'honk-views/styles.css';
import './portal.css';
import { Portal } from './portal';

createRoot(document.getElementById('honk')!).render(<Portal />);
