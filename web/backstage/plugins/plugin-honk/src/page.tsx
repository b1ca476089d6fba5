import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Connection, HonkScreen, pathRoute, places, routePath, useHonk, type Route } from 'honk-views';
import { useLocation } from 'react-router-dom';
import { rootRouteRef } from './routes';
import { HonkShell } from './shell';

function Places({ route }: { route: Route }) {
  const { go, href } = useHonk();
  return (
    <header className="honk-backstage-places">
      <nav aria-label="Screens of Honk">
        {places.map(place => (
          <a
            key={place.label}
            href={href(place.route)}
            aria-current={place.screens.includes(route.screen) ? 'page' : undefined}
            onClick={event => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
              event.preventDefault();
              go(place.route);
            }}
          >
            {place.label}
          </a>
        ))}
      </nav>
      <Connection />
    </header>
  );
}

/** All of Honk's screens, under the address of the page. */
export function HonkPage() {
  const { pathname } = useLocation();
  const base = useRouteRef(rootRouteRef)?.() ?? '/honk';
  const route = pathRoute(pathname.startsWith(base) ? pathname.slice(base.length) || '/' : routePath({ screen: 'overview' }));
  return (
    <HonkShell>
      <div className="honk-backstage-page">
        <Places route={route} />
        <HonkScreen route={route} />
      </div>
    </HonkShell>
  );
}
