/* What the views need of Backstage: who asks, and how one gets from screen to screen. */
import { Progress, ResponseErrorPanel } from '@backstage/core-components';
import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import type { Who } from 'honk-client';
import { HonkProvider, routePath, type Route } from 'honk-views';
import 'honk-views/styles.css';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router-dom';
import { honkClientApiRef } from './client';
import { rootRouteRef } from './routes';
import './shell.css';

type Visit = { who?: Who; error?: Error };

function useWho(): Visit & { again: () => void } {
  const client = useApi(honkClientApiRef);
  const [visit, setVisit] = useState<Visit>({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isGone = false;
    client.get('/whoami').then(
      who => !isGone && setVisit({ who }),
      (error: Error) => !isGone && setVisit({ error }),
    );
    return () => {
      isGone = true;
    };
  }, [client, tries]);
  return { ...visit, again: () => (setVisit({}), setTries(tries + 1)) };
}

export function HonkShell({ children }: { children: ReactNode }) {
  const client = useApi(honkClientApiRef);
  const base = useRouteRef(rootRouteRef)?.() ?? '/honk';
  const navigate = useNavigate();
  const { who, error, again } = useWho();
  const href = useCallback((route: Route) => base + routePath(route), [base]);
  const go = useCallback((route: Route) => navigate(base + routePath(route)), [base, navigate]);

  if (error)
    return (
      <div className="honk honk-backstage">
        <ResponseErrorPanel error={error} title="Honk does not let you in" />
        <button type="button" className="honk-button" onClick={again}>
          Try again
        </button>
      </div>
    );
  if (!who) return <Progress />;
  return (
    <div className="honk honk-backstage">
      <HonkProvider client={client} who={who} href={href} go={go}>
        {children}
      </HonkProvider>
    </div>
  );
}
