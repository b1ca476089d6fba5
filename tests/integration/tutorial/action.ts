// An action of our own, with the call of the tutorial's.
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';

export const migrateAction = createTemplateAction({
  id: 'honk:migrate',
  async handler(ctx) {
    const { entityRef, source, target } = ctx.input;
    const honkUrl = await ctx.discovery.getUrl('honk');
    const response = await fetch(`${honkUrl}/agents/migrate`, {
      method: 'POST',
      body: JSON.stringify({ entityRef, source, target }),
    });
    ctx.output('migrationId', (await response.json()).id);
  },
});
