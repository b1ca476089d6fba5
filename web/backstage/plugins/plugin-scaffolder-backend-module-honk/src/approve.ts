import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { HonkCaller, type HonkServices } from './caller';

export function createApproveAction(honk: HonkServices) {
  return createTemplateAction({
    id: 'honk:approve',
    description: 'Says yes to exactly one plan, in the name of whoever runs the template. Honk refuses the yes of the plan’s author.',
    supportsDryRun: true,
    schema: {
      input: {
        migrationId: z => z.string({ description: "The plan's id" }),
        digest: z => z.string({ description: 'Of the plan that was read; its first 8 digits are enough' }).min(8),
        reason: z => z.string({ description: 'Why, for people' }).optional(),
      },
      output: { state: z => z.string() },
    },
    async handler(ctx) {
      const { migrationId, digest, reason } = ctx.input;
      const caller = new HonkCaller(honk, ctx);
      const path = `/migrations/${encodeURIComponent(migrationId)}`;
      const deed = `cannot approve '${migrationId}'`;
      if (ctx.isDryRun) {
        ctx.output('state', (await caller.get<{ state: string }>(path, deed)).state);
        return;
      }
      const state = await ctx.checkpoint({
        key: 'honk.approve',
        fn: async () => (await caller.post<{ state: string }>(`${path}/approve`, { digest, reason }, deed)).state,
      });
      ctx.logger.info(`${ctx.user?.ref ?? 'Backstage'} approved ${digest} of ${migrationId}, which is ${state}`);
      ctx.output('state', state);
    },
  });
}
