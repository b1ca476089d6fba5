/*
 * Tells owners, and who is asked for a yes, when a migration wants something of them: it follows the ledger, and remembers how far it
 * has told. What happened while nobody ran is told afterwards; of several Backstages that share a database one tells.
 */
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { HonkConfig } from './config';

const PAGE = 200;
const CALL_MS = 10_000;

/** How far it has told: the number of an event. */
export interface Position {
  get(): Promise<number | undefined>;
  set(seq: number): Promise<void>;
}

export interface NotifierOptions {
  config: HonkConfig;
  notifications: NotificationService;
  position: Position;
  logger: LoggerService;
}

interface Event {
  seq: number;
  plan?: string;
  actor?: string;
  to?: string;
  reason?: string;
}
interface Migration {
  id: string;
  migration: string;
  state: string;
  next: { text: string; who?: string } | null;
}

type Severity = 'low' | 'normal' | 'high' | 'critical';
const told: Record<string, { title: string; severity: Severity }> = {
  planned: { title: 'wants approval', severity: 'normal' },
  halted: { title: 'halted', severity: 'high' },
  needs_operator: { title: 'needs somebody', severity: 'critical' },
  succeeded: { title: 'has moved', severity: 'low' },
  rolled_back: { title: 'was rolled back', severity: 'normal' },
};

/** Refs in words such as "user:default/bo, user:default/cy or 2 others". */
function named(text: string | undefined): string[] {
  return text?.match(/\b(?:user|group):[^\s,/]+\/[^\s,]+/g) ?? [];
}

export class Notifier {
  constructor(private readonly options: NotifierOptions) {}

  /** Tell what happened since the last time. Begins with what happens from now on. */
  async look(): Promise<void> {
    const { position } = this.options;
    const after = await position.get();
    if (after === undefined) {
      const { items } = await this.read<{ items: Event[] }>('/events?last=1');
      await position.set(items.at(-1)?.seq ?? 0);
      return;
    }
    const { items } = await this.read<{ items: Event[] }>(`/events?type=plan.state&after=${after}&limit=${PAGE}`);
    for (const event of items) {
      if (event.plan !== undefined && event.to !== undefined && told[event.to]) await this.tell(event as Event & { plan: string; to: string });
      await position.set(event.seq);
    }
  }

  private async tell(event: Event & { plan: string; to: string }): Promise<void> {
    const { notifications, logger } = this.options;
    const migration = await this.read<Migration>(`/migrations/${event.plan}`);
    if (migration.state !== event.to) return; // it went on meanwhile: that is told next
    const recipients = await this.whom(migration);
    if (recipients.length === 0) return;
    const { title, severity } = told[event.to]!;
    await notifications.send({
      recipients: { type: 'entity', entityRef: recipients, excludeEntityRef: event.actor },
      payload: {
        title: `${migration.migration.split('/').at(-1)} ${title}`,
        description: [event.reason, migration.next?.text].filter(Boolean).join('; '),
        link: `/honk/migrations/${migration.id}`,
        severity,
        topic: 'honk',
        scope: `honk:${migration.id}`,
      },
    });
    logger.info(`told ${recipients.join(', ')} that ${migration.id} is ${event.to}`);
  }

  private async whom(migration: Migration): Promise<string[]> {
    const [, kind, namespace, name] = /^(.+?):(.+?)\/(.+)$/.exec(migration.migration) ?? [];
    const entity = await this.read<{ owner?: string }>(`/entities/${kind}/${namespace}/${name}`).catch(() => undefined);
    const asked = migration.state === 'planned' ? named(migration.next?.who) : [];
    return [...new Set([entity?.owner, ...asked].filter(ref => ref !== undefined))];
  }

  private async read<T>(path: string): Promise<T> {
    const { url, token } = this.options.config;
    const answer = await fetch(url + path, { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(CALL_MS) });
    if (!answer.ok) throw new Error(`Honk answered ${answer.status} to ${path}`);
    return (await answer.json()) as T;
  }
}
