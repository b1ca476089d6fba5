import { resolveSafeChildPath } from '@backstage/backend-plugin-api';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { migrationWord, person, placesText, shortRef, taskWord } from 'honk-client/words';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HonkCaller, type HonkServices } from './caller';

interface Migration {
  id: string;
  migration: string;
  state: string;
  reason?: string;
  author: string;
  digest?: string;
  source_url?: string;
  target_url?: string;
  steps: { name: string; action?: string; status: string }[];
  approvals: { actor: string; withdrawn_at_ms?: number }[];
}
interface Plan {
  changes?: { consumer: string; counts: Record<string, number> }[];
  services?: { service: string }[];
  risks?: unknown[];
}
interface Event {
  at_ms: number;
  actor?: string;
  from?: string;
  to?: string;
  reason?: string;
}

const EVENTS = 1000;

/** What TechDocs needs beside the page: its settings, which fetch no fonts from elsewhere, and what it opens first. */
const around = {
  'mkdocs.yml': 'site_name: Migrations\nplugins: [ techdocs-core ]\ntheme: { name: material, font: false }\n',
  'docs/index.md': '# Migrations\n\nWhat became of each is on a page of its own, in the list of pages.\n',
};

/** Text of others inside of a table of Markdown: shown as it is, and no mark-up. */
function cell(text: string | number | undefined): string {
  // A backslash takes the meaning of these only, in the Markdown of TechDocs; of the others an entity does.
  return String(text ?? '')
    .replace(/[<>&|~]/g, sign => `&#${sign.charCodeAt(0)};`)
    .replace(/[\\`*_{}[\]()!]/g, '\\$&')
    .replace(/\s+/g, ' ');
}

function table(head: string[], rows: (string | number | undefined)[][]): string {
  if (rows.length === 0) return 'None.\n';
  const line = (cells: (string | number | undefined)[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line), ''].join('\n');
}

/** The page is read in many time zones. */
const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function markdown(migration: Migration, plan: Plan, events: Event[]): string {
  const facts: [string, string | undefined][] = [
    ['From', migration.source_url],
    ['To', migration.target_url],
    ['Stands', `${migrationWord(migration.state)}${migration.reason ? `: ${migration.reason}` : ''}`],
    ['Asked for by', person(migration.author)],
    ['Approved by', migration.approvals.filter(one => one.withdrawn_at_ms === undefined).map(one => person(one.actor)).join(', ') || 'nobody'],
    ['Plan', migration.digest],
  ];
  return [
    `# ${cell(shortRef(migration.migration))}\n`,
    table(['', ''], facts),
    '## What happened\n',
    table(['when', 'who', 'state', 'why'], events.map(one => [at(one.at_ms), one.actor && person(one.actor), one.to && migrationWord(one.to), one.reason])),
    '## Steps\n',
    table(['step', 'status'], migration.steps.map(one => [one.name, taskWord(one.status)])),
    '## Code of consumers\n',
    table(['consumer', 'places'], (plan.changes ?? []).map(one => [shortRef(one.consumer), placesText(one.counts) || 'names it nowhere'])),
    '## Services\n',
    table(['service'], (plan.services ?? []).map(one => [one.service])),
  ].join('\n');
}

export function createReportAction(honk: HonkServices) {
  return createTemplateAction({
    id: 'honk:report',
    description: 'Writes what became of a migration as TechDocs into the workspace: to be published with the repository of who owns it.',
    supportsDryRun: true,
    schema: {
      input: {
        migrationId: z => z.string({ description: "The plan's id, or the migration's short name" }),
        targetPath: z => z.string({ description: 'The folder in the workspace that gets mkdocs.yml and docs/ (its root)' }).optional(),
      },
      output: {
        path: z => z.string({ description: 'Of the page, in the workspace' }),
        page: z => z.string({ description: 'Its address in TechDocs, below the entity' }),
      },
    },
    async handler(ctx) {
      const caller = new HonkCaller(honk, ctx);
      const deed = `cannot report on '${ctx.input.migrationId}'`;
      const migration = await caller.get<Migration>(`/migrations/${encodeURIComponent(ctx.input.migrationId)}`, deed);
      const { plan } = migration.digest ? await caller.get<{ plan: Plan }>(`/migrations/${migration.id}/plan`, deed) : { plan: {} };
      const { items } = await caller.get<{ items: Event[] }>(`/migrations/${migration.id}/events?type=plan.state&limit=${EVENTS}`, deed);
      const folder = resolveSafeChildPath(ctx.workspacePath, ctx.input.targetPath ?? '.');
      const page = `migrations/${migration.id}`;
      await mkdir(join(folder, 'docs/migrations'), { recursive: true });
      await writeFile(join(folder, 'docs', `${page}.md`), markdown(migration, plan, items));
      for (const [path, text] of Object.entries(around)) await writeFile(join(folder, path), text, { flag: 'wx' }).catch(keepsTheirs);
      ctx.logger.info(`the report on ${migration.id} is in docs/${page}.md`);
      ctx.output('path', join(ctx.input.targetPath ?? '', 'docs', `${page}.md`));
      ctx.output('page', page);
    },
  });
}

/** A repository that has TechDocs already keeps its own settings. */
function keepsTheirs(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
