/* An entity of a catalog as a shell shows it: what Honk does with it now. */
import type { HonkClient, MigrationRow } from 'honk-client';
import { useState } from 'react';
import { useHonk } from '../context';
import { asError, useLoad } from '../data';
import { shortRef } from '../format';
import { Empty, Failure, Go, Since, Skeleton, StateBadge } from '../parts/basics';
import { LineageScreen } from './lineage';
import { MigrationScreen } from './migration';
import { newKey } from '../key';

const ROWS_MAX = 1000;
const NEIGHBOURS_MAX = 50;

export interface About {
  ref: string;
  kind: 'migration' | 'dataset' | 'consumer';
  /** Of a dataset, "STORE:OBJECT". */
  address?: string;
}

/** The addresses of what a consumer reads or writes. */
async function addressesAround(client: HonkClient, ref: string, signal: AbortSignal): Promise<Set<string>> {
  const lineage = await client.get('/lineage', { query: { ref, depth: 1 }, signal });
  const near = [...(lineage.upstream?.entities ?? []), ...(lineage.downstream?.entities ?? [])].filter(entity => entity.type === 'dataset');
  const refs = [...new Set(near.map(entity => entity.ref ?? ''))].slice(0, NEIGHBOURS_MAX);
  const found = await Promise.all(
    refs.map(async one => {
      const [, kind = '', namespace = '', name = ''] = /^(.+?):(.+?)\/(.+)$/.exec(one) ?? [];
      const { entity } = await client.get('/entities/{kind}/{namespace}/{name}', { path: { kind, namespace, name }, signal });
      return (entity as { metadata?: { annotations?: Record<string, string> } }).metadata?.annotations?.['honk/dataset-url'];
    }),
  );
  return new Set(found.filter((address): address is string => address !== undefined));
}

/** The migrations that concern an entity, the latest first. */
function useMoves(about: About) {
  return useLoad<MigrationRow[]>(
    `moves of ${about.ref}`,
    async (client, signal) => {
      const { items } = await client.get('/migrations', { query: { limit: ROWS_MAX }, signal });
      if (about.kind === 'migration') return items.filter(row => row.migration === about.ref);
      const addresses = about.address ? new Set([about.address]) : await addressesAround(client, about.ref, signal);
      return items.filter(row => addresses.has(row.source_url ?? '') || addresses.has(row.target_url ?? ''));
    },
    event => event.type === 'plan.state',
  );
}

/** A few lines: how its migrations stand. */
export function EntityGlance({ about }: { about: About }) {
  const { data, error, reload } = useMoves(about);
  if (error && !data) return <Failure error={error} onRetry={reload} what="What Honk does with it" />;
  if (!data) return <Skeleton rows={2} label="asking Honk" />;
  if (data.length === 0) return <p className="honk-dim">{about.kind === 'migration' ? 'Nobody asked for a plan yet.' : 'No migration concerns it.'}</p>;
  return (
    <ul className="honk-stack">
      {data.slice(0, 3).map(row => (
        <li key={row.id}>
          <Go to={{ screen: 'migration', id: row.id }}>{shortRef(row.migration)}</Go> <StateBadge state={row.state} />
          <p className="honk-dim">
            {row.reason} · <Since ms={row.since_ms} />
          </p>
        </li>
      ))}
      {data.length > 3 && (
        <li>
          <Go to={{ screen: 'overview' }}>{data.length - 3} more</Go>
        </li>
      )}
    </ul>
  );
}

/** All of it: a migration's plan and run, or the lineage of what holds or reads data. */
export function EntityScreen({ about }: { about: About }) {
  if (about.kind === 'migration') return <PlannedOrNot about={about} />;
  return (
    <div className="honk-stack">
      <EntityGlance about={about} />
      <LineageScreen name={about.ref} />
    </div>
  );
}

function PlannedOrNot({ about }: { about: About }) {
  const { data, error, reload } = useMoves(about);
  if (error && !data) return <Failure error={error} onRetry={reload} what="The migration" />;
  if (!data) return <Skeleton rows={8} label="asking Honk" />;
  return data.length > 0 ? <MigrationScreen id={about.ref} /> : <Unplanned about={about} onAsked={reload} />;
}

function Unplanned({ about, onAsked }: { about: About; onAsked: () => void }) {
  const { client } = useHonk();
  const [state, setState] = useState<{ busy?: boolean; error?: unknown }>({});
  const ask = async () => {
    setState({ busy: true });
    try {
      await client.post('/migrations', { body: { entity: about.ref }, idempotencyKey: newKey() });
      onAsked();
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <div className="honk-stack">
      <Empty title="Nobody asked for a plan yet">A plan says what would move, who is concerned and how it goes back. It moves nothing.</Empty>
      <p>
        <button type="button" className="honk-button honk-primary" disabled={state.busy} onClick={() => void ask()}>
          Plan it
        </button>
      </p>
      {state.error !== undefined && <Failure error={asError(state.error)} what="The plan" />}
    </div>
  );
}
