import { HonkError, type HonkClient, type Who } from 'honk-client';
import { Connection, Goose, person, places, routePath, type Route } from 'honk-views';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { logIn, logOut } from './session';
import { ThemeButton } from './theme';

export function Frame({ route, who, client, onWho, children }: { route: Route; who: Who; client: HonkClient; onWho: (who: Who | undefined) => void; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const path = routePath(route.screen === 'migration' ? { ...route, tab: 'review' } : route);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [path]);
  return (
    <div className="honk portal">
      <a className="portal-skip" href="#main" onClick={event => (event.preventDefault(), main.current?.focus())}>
        To the content
      </a>
      <header className="portal-side">
        <a className="portal-brand" href="#/" aria-label="Honk, to the migrations">
          <span className="portal-brand-mark">
            <Goose size={22} />
          </span>
          <span>Honk</span>
        </a>
        <nav aria-label="Screens">
          {places.map(place => (
            <a key={place.label} href={`#${routePath(place.route)}`} aria-current={place.screens.includes(route.screen) ? 'page' : undefined}>
              <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <path d={place.icon} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
              </svg>
              <span>{place.label}</span>
            </a>
          ))}
        </nav>
        <div className="portal-foot">
          <Connection />
          <Self who={who} client={client} onWho={onWho} />
        </div>
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Self({ who, client, onWho }: { who: Who; client: HonkClient; onWho: (who: Who | undefined) => void }) {
  const [error, setError] = useState<string>();
  const people = who.session?.people ?? [];
  const act = (wish: Promise<Who | undefined>) =>
    wish.then(onWho).catch((cause: unknown) => setError(cause instanceof HonkError ? cause.message : String(cause)));
  const roles = who.roles.filter(role => role !== 'viewer').join(', ');
  return (
    <div className="portal-self">
      <div className="portal-who" title={who.identity}>
        <span className="honk-avatar" aria-hidden="true">
          {person(who.identity).slice(0, 1)}
        </span>
        <span>
          <strong>{person(who.identity)}</strong>
          <span className="honk-dim">{roles || 'viewer'}</span>
        </span>
      </div>
      {people.length > 1 && (
        <div className="portal-people" role="group" aria-label="Go on as">
          {people.map(name => (
            <button key={name} type="button" aria-pressed={name === who.identity} onClick={() => name !== who.identity && void act(logIn(client, { person: name }))}>
              {person(name)}
            </button>
          ))}
        </div>
      )}
      <div className="portal-tools">
        <ThemeButton />
        <button type="button" className="honk-button honk-quiet" onClick={() => void act(logOut(client).then(() => undefined))}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M6 2.5H3.5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1H6M10.5 11 13.5 8l-3-3M13 8H6" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
          </svg>
          <span>Log out</span>
        </button>
      </div>
      {error && (
        <p className="portal-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
