import type { LineageEntity, LineageSide, MigrationRow, PlanAnswer } from 'honk-client';
import { useMemo, useState } from 'react';
import { useHonk } from '../context';
import { useLoad } from '../data';
import { plural, shortRef } from '../format';
import { Graph, NODE_HEIGHT, type GraphNode } from '../lineage/graph';
import { useLayout } from '../lineage/use-layout';
import { Card, Empty, Facts, Failure, Go, Search, Skeleton, StateBadge } from '../parts/basics';
import { VirtualRows } from '../parts/virtual';
import { migrationState, type Tone } from '../states';

interface Dataset {
  ref: string;
  owner?: string;
  metadata?: { annotations?: Record<string, string>; description?: string };
}

/** Datasets by name and by address, and what moves them now. */
function useDatasets() {
  return useLoad(
    'datasets',
    async (client, signal) => {
      const datasets: Dataset[] = [];
      let after: string | undefined;
      do {
        const page = await client.get('/entities', { query: { type: 'dataset', limit: 1000, after }, signal });
        datasets.push(...(page.items as unknown as Dataset[]));
        after = page.next ?? undefined;
      } while (after !== undefined && datasets.length < 20_000);
      const migrations = await client.get('/migrations', { query: { limit: 1000 }, signal });
      return { datasets, migrations: migrations.items };
    },
    event => event.type === 'plan.state' || event.type.startsWith('entity.'),
  );
}

export function movesByAddress(migrations: readonly MigrationRow[]): Map<string, MigrationRow> {
  const moves = new Map<string, MigrationRow>();
  for (const row of migrations)
    for (const address of [row.source_url, row.target_url]) if (address && !moves.has(address)) moves.set(address, row);
  return moves;
}

const addressOf = (dataset: Dataset | undefined): string | undefined => dataset?.metadata?.annotations?.['honk/dataset-url'];

export function LineageScreen({ name }: { name?: string }) {
  const known = useDatasets();
  return (
    <div className="honk-screen honk-lineage">
      <header className="honk-title">
        <h1>Lineage</h1>
        <p className="honk-dim">{name ? 'Who feeds it, and whom it feeds.' : 'Choose a dataset to see who feeds it, and whom it feeds.'}</p>
      </header>
      {known.error && !known.data && <Failure error={known.error} onRetry={known.reload} what="The datasets" />}
      {!known.data && !known.error && <Skeleton rows={8} label="loading datasets" />}
      {known.data && (name ? <LineageOf name={name} datasets={known.data.datasets} migrations={known.data.migrations} /> : <DatasetList datasets={known.data.datasets} migrations={known.data.migrations} />)}
    </div>
  );
}

function DatasetList({ datasets, migrations }: { datasets: readonly Dataset[]; migrations: readonly MigrationRow[] }) {
  const { go } = useHonk();
  const [text, setText] = useState('');
  const moves = useMemo(() => movesByAddress(migrations), [migrations]);
  const shown = datasets.filter(dataset => `${dataset.ref} ${addressOf(dataset) ?? ''}`.includes(text.trim().toLowerCase()));
  if (datasets.length === 0) return <Empty title="No dataset is registered">
      Register them with <code>honk apply -f</code>: entities of <code>spec.type: dataset</code>.
    </Empty>;
  return (
    <div className="honk-stack">
      <div className="honk-bar">
        <span className="honk-dim">{plural(shown.length, 'dataset')}</span>
        <div className="honk-filters">
          <Search value={text} onValue={setText} label="Find a dataset" />
        </div>
      </div>
      {shown.length === 0 && <Empty title="Nothing fits">Search for less.</Empty>}
      {shown.length > 0 && (
        <VirtualRows
          rows={shown}
          rowHeight={56}
          rowKey={dataset => dataset.ref}
          label="datasets"
          onOpen={dataset => go({ screen: 'lineage', ref: dataset.ref })}
          render={dataset => {
            const move = moves.get(addressOf(dataset) ?? '');
            return (
              <div className="honk-dataset-row">
                <div className="honk-what">
                  <Go to={{ screen: 'lineage', ref: dataset.ref }}>{shortRef(dataset.ref)}</Go>
                  <span className="honk-dim honk-clip">{dataset.metadata?.description ?? addressOf(dataset)}</span>
                </div>
                {move ? <StateBadge state={move.state} /> : <span />}
                <span className="honk-dim honk-by">{shortRef(dataset.owner ?? '')}</span>
              </div>
            );
          }}
        />
      )}
    </div>
  );
}

type Direction = 'both' | 'up' | 'down';
const DEPTHS = [1, 2, 3, 5, 10, 20];

function LineageOf({ name, datasets, migrations }: { name: string; datasets: readonly Dataset[]; migrations: readonly MigrationRow[] }) {
  const { go } = useHonk();
  const [depth, setDepth] = useState(3);
  const [direction, setDirection] = useState<Direction>('both');
  const [chosen, setChosen] = useState<string>(name);
  const { data, error, reload } = useLoad(`lineage ${name} ${depth} ${direction}`, async (client, signal) => {
    const answer = (await client.get('/lineage', { query: { ref: name, depth, direction }, signal })) as unknown as Partial<Record<'upstream' | 'downstream', LineageSide>> & Partial<LineageSide>;
    const sides = [answer.upstream, answer.downstream, answer.entities ? (answer as LineageSide) : undefined].filter((side): side is LineageSide => side !== undefined);
    return withoutMigrations(merged(sides));
  }, event => event.type.startsWith('entity.'));
  const moves = useMemo(() => movesByAddress(migrations), [migrations]);
  const byRef = useMemo(() => new Map(datasets.map(dataset => [dataset.ref, dataset])), [datasets]);
  const moveOf = (ref: string) => moves.get(addressOf(byRef.get(ref)) ?? '');
  const nodes = useMemo<GraphNode[]>(
    () =>
      (data?.entities ?? []).map(entity => {
        const move = moveOf(entity.ref);
        const tone: Tone | undefined = move && migrationState(move.state).tone;
        return {
          id: entity.ref,
          label: shortRef(entity.ref),
          sub: move ? migrationState(move.state).label : [entity.known ? entity.type : 'not in the catalog', entity.owner && shortRef(entity.owner)].filter(Boolean).join(' · '),
          tone,
          kind: entity.type === 'dataset' ? 'dataset' : 'consumer',
          isRoot: entity.depth === 0,
        };
      }),
    [data, moves, byRef],
  );
  const input = useMemo(() => data && { nodes: data.entities.map(entity => ({ id: entity.ref, height: NODE_HEIGHT })), edges: data.edges }, [data]);
  const laid = useLayout(input);
  const picked = data?.entities.find(entity => entity.ref === chosen);

  return (
    <div className="honk-stack">
      <div className="honk-bar">
        <div className="honk-crumbs">
          <Go to={{ screen: 'lineage' }}>Datasets</Go> <span aria-hidden="true">/</span> <strong>{shortRef(name)}</strong>
          {data && (
            <span className="honk-dim">
              {' '}
              {plural(data.entities.length, 'entity', 'entities')}
              {data.truncated && ', and more'}
            </span>
          )}
        </div>
        <div className="honk-filters">
          <label className="honk-select">
            <span className="honk-hidden">Direction</span>
            <select value={direction} onChange={event => setDirection(event.target.value as Direction)}>
              <option value="both">up and down</option>
              <option value="up">upstream</option>
              <option value="down">downstream</option>
            </select>
          </label>
          <label className="honk-select">
            <span className="honk-hidden">How far</span>
            <select value={depth} onChange={event => setDepth(Number(event.target.value))}>
              {DEPTHS.map(n => (
                <option key={n} value={n}>
                  {plural(n, 'step')}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {error && !data && <Failure error={error} onRetry={reload} what="The lineage" />}
      {!data && !error && <Skeleton rows={8} label="loading the lineage" />}
      {data && !laid && <Skeleton rows={8} label="laying the graph out" />}
      {data && laid && (
        <div className="honk-lineage-body">
          <Graph nodes={nodes} edges={data.edges} layout={laid} chosen={chosen} onChoose={setChosen} label={`lineage of ${shortRef(name)}`} />
          {picked && (
            <Card title={shortRef(picked.ref)} aside={picked.ref !== name && <button type="button" className="honk-link" onClick={() => go({ screen: 'lineage', ref: picked.ref })}>its lineage</button>}>
              <Picked entity={picked} edges={data.edges} dataset={byRef.get(picked.ref)} move={moveOf(picked.ref)} onChoose={setChosen} />
            </Card>
          )}
        </div>
      )}
    </div>
  );
}

function Picked({ entity, edges, dataset, move, onChoose }: { entity: LineageEntity; edges: LineageSide['edges']; dataset?: Dataset; move?: MigrationRow; onChoose: (ref: string) => void }) {
  const [isColumns, setColumns] = useState(false);
  const around = (from: 'from' | 'to', to: 'from' | 'to') => [...new Set(edges.filter(edge => edge[from] === entity.ref).map(edge => edge[to]))];
  const list = (refs: string[]) =>
    refs.length === 0 ? (
      <span className="honk-dim">nobody</span>
    ) : (
      <ul className="honk-inline">
        {refs.map(ref => (
          <li key={ref}>
            <button type="button" className="honk-link" onClick={() => onChoose(ref)}>
              {shortRef(ref)}
            </button>
          </li>
        ))}
      </ul>
    );
  return (
    <div className="honk-stack">
      {dataset?.metadata?.description && <p>{dataset.metadata.description}</p>}
      <Facts
        rows={[
          ['Kind', entity.type ?? entity.kind ?? 'unknown'],
          entity.owner !== undefined && ['Owner', shortRef(entity.owner)],
          addressOf(dataset) !== undefined && ['Address', <code key="a">{addressOf(dataset)}</code>],
          ['Fed by', list(around('to', 'from'))],
          ['Feeds', list(around('from', 'to'))],
          move && [
            'Moves',
            <span key="m">
              <Go to={{ screen: 'migration', id: move.id }}>{shortRef(move.migration)}</Go> <StateBadge state={move.state} />
            </span>,
          ],
        ]}
      />
      {move?.digest && (
        <button type="button" className="honk-link" aria-expanded={isColumns} onClick={() => setColumns(!isColumns)}>
          {isColumns ? 'hide columns' : 'show columns'}
        </button>
      )}
      {isColumns && move && <Columns move={move} />}
    </div>
  );
}

function Columns({ move }: { move: MigrationRow }) {
  const { data, error, reload } = useLoad(`columns ${move.id}`, async (client, signal) => (await client.get('/migrations/{id}/plan', { path: { id: move.id }, signal })) as unknown as PlanAnswer);
  if (error && !data) return <Failure error={error} onRetry={reload} what="Its columns" />;
  if (!data) return <Skeleton rows={4} label="loading columns" />;
  const columns = data.plan.mapping?.columns ?? [];
  if (columns.length === 0) return <p className="honk-dim">Every column is as it is.</p>;
  return (
    <ul className="honk-columns">
      {columns.map(column => (
        <li key={column.target}>
          <code>{column.target}</code> <span className="honk-dim">{column.rule}</span>
        </li>
      ))}
      {Object.keys(data.plan.mapping?.dropped ?? {}).map(name => (
        <li key={name}>
          <del>
            <code>{name}</code>
          </del>{' '}
          <span className="honk-dim">dropped</span>
        </li>
      ))}
    </ul>
  );
}

/** Migrations are entities, too; what they move is coloured, they themselves feed nobody. */
function withoutMigrations(side: LineageSide): LineageSide {
  const isMigration = (entity: LineageEntity) => entity.depth > 0 && (entity.type === 'dataset-migration' || /^(migration|campaign):/.test(entity.ref));
  const gone = new Set(side.entities.filter(isMigration).map(entity => entity.ref));
  return { ...side, entities: side.entities.filter(entity => !gone.has(entity.ref)), edges: side.edges.filter(edge => !gone.has(edge.from) && !gone.has(edge.to)) };
}

/** Upstream and downstream as one graph: each entity once, with the shorter of its distances. */
function merged(sides: readonly LineageSide[]): LineageSide {
  const entities = new Map<string, LineageEntity>();
  const edges = new Map<string, LineageSide['edges'][number]>();
  for (const side of sides) {
    for (const entity of side.entities) {
      const old = entities.get(entity.ref);
      if (!old || entity.depth < old.depth) entities.set(entity.ref, entity);
    }
    for (const edge of side.edges) edges.set(`${edge.from} ${edge.to} ${edge.type}`, edge);
  }
  return { entities: [...entities.values()], edges: [...edges.values()].filter(edge => entities.has(edge.from) && entities.has(edge.to)), truncated: sides.some(side => side.truncated) };
}
