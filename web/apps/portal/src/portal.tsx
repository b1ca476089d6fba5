import { HonkClient, HonkError, type Who } from 'honk-client';
import { HonkProvider, HonkScreen, pathRoute, routePath, type Route } from 'honk-views';
import { useCallback, useEffect, useState } from 'react';
import { Frame } from './frame';
import { Login } from './login';
import { logIn } from './session';

const client = new HonkClient();
const href = (route: Route): string => `#${routePath(route)}`;
const here = (): Route => pathRoute(location.hash.slice(1));

type Visit = { state: 'asking' } | { state: 'out'; error?: HonkError } | { state: 'in'; who: Who };

/** A link of the demo brings a token: it becomes a session at once, and leaves the address. */
function takeLink(): string | undefined {
  const match = /^#enter=(honk_[0-9a-f]+)$/.exec(location.hash);
  if (match) history.replaceState(null, '', `${location.pathname}#/`);
  return match?.[1];
}

export function Portal() {
  const [visit, setVisit] = useState<Visit>({ state: 'asking' });
  const [route, setRoute] = useState<Route>(here);

  const ask = useCallback(async (token?: string) => {
    try {
      const who = token === undefined ? await client.get('/whoami') : await logIn(client, { token });
      setVisit({ state: 'in', who });
    } catch (cause) {
      const error = cause instanceof HonkError ? cause : undefined;
      setVisit({ state: 'out', error: error?.status === 401 && token === undefined ? undefined : error });
    }
  }, []);

  useEffect(() => {
    void ask(takeLink());
    const follow = () => {
      const token = takeLink();
      if (token !== undefined) void ask(token);
      setRoute(here());
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [ask]);

  const go = useCallback((to: Route) => {
    const isTab = to.screen === 'migration' && here().screen === 'migration' && (here() as { id?: string }).id === to.id;
    location.hash = routePath(to);
    if (!isTab) window.scrollTo(0, 0);
  }, []);

  useEffect(() => {
    const what = route.screen === 'migration' || route.screen === 'rollout' || route.screen === 'campaign' ? route.id : route.screen;
    document.title = `${what} · Honk`;
  }, [route]);

  if (visit.state === 'asking') return null;
  if (visit.state === 'out') return <Login client={client} error={visit.error} onIn={who => setVisit({ state: 'in', who })} />;
  return (
    <HonkProvider key={visit.who.identity} client={client} who={visit.who} href={href} go={go}>
      <Frame route={route} who={visit.who} client={client} onWho={who => setVisit(who ? { state: 'in', who } : { state: 'out' })}>
        <HonkScreen route={route} />
      </Frame>
    </HonkProvider>
  );
}
