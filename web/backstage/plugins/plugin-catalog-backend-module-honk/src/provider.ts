/*
 * Datasets, consumers and migrations that Honk knows, as entities. Only what somebody wrote down or Honk found in code is in them,
 * never how a migration stands: that changes by the second, and is asked for live.
 */
import type { AuthService, DiscoveryService, LoggerService, SchedulerServiceTaskRunner } from '@backstage/backend-plugin-api';
import { ANNOTATION_LOCATION, ANNOTATION_ORIGIN_LOCATION, type Entity } from '@backstage/catalog-model';
import { ResponseError } from '@backstage/errors';
import type { EntityProvider, EntityProviderConnection } from '@backstage/plugin-catalog-node';
import { annotations } from 'backstage-plugin-honk-common';

const KINDS = ['Component', 'Resource', 'System', 'Migration'];
const PAGE = 1000;
const PLANS_MAX = 1000; // of which lineage is taken, the latest first

export interface ProviderOptions {
  auth: AuthService;
  discovery: DiscoveryService;
  logger: LoggerService;
  runner: SchedulerServiceTaskRunner;
  kinds?: string[];
}

type HonkEntity = Entity & { ref: string; owner?: string; origin?: string; file?: string; line?: number };
interface Page<Row> {
  items: Row[];
  next: string | null;
}
interface Plan {
  source?: { ref?: string } | null;
  changes?: { consumer: string; found_by: string; counts: Record<string, number> }[];
}

export class HonkEntityProvider implements EntityProvider {
  private connection?: EntityProviderConnection;

  constructor(private readonly options: ProviderOptions) {}

  getProviderName(): string {
    return 'honk';
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    this.connection = connection;
    await this.options.runner.run({ id: 'honk-entities', fn: () => this.refresh() });
  }

  /** Everything anew; what is gone from Honk is gone from the catalog. When Honk does not answer all stays as it is. */
  async refresh(): Promise<void> {
    const kinds = new Set(this.options.kinds ?? KINDS);
    const rows = (await this.all<HonkEntity>('/entities')).filter(row => kinds.has(row.kind) && row.origin !== 'backstage');
    const readers = await this.readers();
    const entities = rows.map(row => ({ entity: this.entity(row, readers.get(row.ref)), locationKey: 'honk' }));
    await this.connection!.applyMutation({ type: 'full', entities });
    this.options.logger.info(`${entities.length} entities are taken from Honk`);
  }

  private entity(row: HonkEntity, found: Set<string> | undefined): Entity {
    const { ref, owner: _owner, origin: _origin, file: _file, line: _line, ...entity } = row;
    const notes = entity.metadata.annotations ?? {};
    const reads = [...new Set([notes[annotations.reads], ...(found ?? [])].filter(one => one !== undefined))].join(', ');
    return {
      ...entity,
      metadata: {
        ...entity.metadata,
        annotations: {
          ...notes,
          ...(reads ? { [annotations.reads]: reads } : {}),
          [ANNOTATION_LOCATION]: `honk:${ref}`,
          [ANNOTATION_ORIGIN_LOCATION]: `honk:${ref}`,
        },
      },
    };
  }

  /** Who turned out to read what, while Honk looked through code for its plans. */
  private async readers(): Promise<Map<string, Set<string>>> {
    const found = new Map<string, Set<string>>();
    const { items } = await this.get<Page<{ id: string; digest?: string }>>(`/migrations?limit=${PLANS_MAX}`);
    for (const { id, digest } of items) {
      if (!digest) continue;
      const plan = await this.get<{ plan: Plan }>(`/migrations/${id}/plan`).catch(() => undefined);
      const source = plan?.plan?.source?.ref;
      if (!source) continue;
      for (const { consumer, found_by, counts } of plan?.plan?.changes ?? [])
        if (found_by !== 'lineage' && Object.values(counts).some(count => count > 0)) found.set(consumer, (found.get(consumer) ?? new Set()).add(source));
    }
    return found;
  }

  private async all<Row>(path: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(after ? { after } : {}) });
      const page: Page<Row> = await this.get(`${path}?${query}`);
      rows.push(...page.items);
      after = page.next;
    }
    return rows;
  }

  private async get<T>(path: string): Promise<T> {
    const { auth, discovery } = this.options;
    const { token } = await auth.getPluginRequestToken({ onBehalfOf: await auth.getOwnServiceCredentials(), targetPluginId: 'honk' });
    const answer = await fetch((await discovery.getBaseUrl('honk')) + path, { headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) throw await ResponseError.fromResponse(answer);
    return (await answer.json()) as T;
  }
}
