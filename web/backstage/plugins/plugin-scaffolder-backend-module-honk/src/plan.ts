import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { HonkCaller, type HonkServices } from './caller';

interface Migration {
  id: string;
  state: string;
  digest?: string | null;
  why?: string;
  reason?: string;
}

const LOOK_MS = 500;
const WAIT_S = 300;

export function createPlanAction(honk: HonkServices) {
  return createTemplateAction({
    id: 'honk:plan',
    description: 'Waits until Honk has planned a migration, or plans it again. Gives the digest that names exactly that plan.',
    supportsDryRun: true,
    schema: {
      input: {
        migrationId: z => z.string({ description: "A plan's id, or the migration's short name" }),
        again: z => z.boolean({ description: 'Make a new plan, as when the old one is stale' }).optional(),
        waitSeconds: z => z.number({ description: `How long to wait for it (${WAIT_S})` }).int().min(1).max(3600).optional(),
      },
      output: {
        migrationId: z => z.string(),
        digest: z => z.string({ description: 'What an approval names' }),
        state: z => z.string(),
      },
    },
    async handler(ctx) {
      const caller = new HonkCaller(honk, ctx);
      let id = ctx.input.migrationId;
      const path = () => `/migrations/${encodeURIComponent(id)}`;
      if (ctx.isDryRun) {
        ctx.output('migrationId', id);
        ctx.output('digest', 'dry-run');
        ctx.output('state', 'planned');
        return;
      }
      if (ctx.input.again)
        id = await ctx.checkpoint({
          key: 'honk.plan',
          fn: async () => (await caller.post<Migration>(`${path()}/plan`, { reason: `template ${ctx.task.id}` }, `cannot plan '${id}' again`)).id,
        });
      const end = Date.now() + (ctx.input.waitSeconds ?? WAIT_S) * 1000;
      let now = await caller.get<Migration>(path(), `cannot read '${id}'`);
      while (now.state === 'draft' && Date.now() < end) {
        await sleep(LOOK_MS, undefined, { signal: ctx.signal });
        now = await caller.get<Migration>(path(), `cannot read '${id}'`);
      }
      if (now.state === 'draft' || !now.digest) throw new Error(`Honk has no plan of '${id}': it is ${now.state}${now.reason ? `, ${now.reason}` : ''}`);
      ctx.logger.info(`${now.id} is ${now.state}; its plan is ${now.digest}`);
      ctx.output('migrationId', now.id);
      ctx.output('digest', now.digest);
      ctx.output('state', now.state);
    },
  });
}
