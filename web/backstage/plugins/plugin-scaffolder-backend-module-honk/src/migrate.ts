import { InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { HonkCaller, type HonkServices } from './caller';

interface Planned {
  id: string;
  state: string;
}

interface Wanted {
  name: string;
  owner: string;
  source_dataset: string;
  target_dataset: string;
  [field: string]: unknown;
}

/** The entity that the form describes, as Honk's catalog takes it (JSON is YAML). */
function entityText({ name, fleet_group, ...spec }: Wanted): string {
  const filled = Object.fromEntries(Object.entries({ ...spec, fleet_group }).filter(([, value]) => value !== undefined && value !== ''));
  return JSON.stringify({ apiVersion: 'honk/v1', kind: 'Migration', metadata: { name }, spec: filled });
}

function entityPath(ref: string): string {
  const [, kind = 'component', namespace = 'default', name = ''] = /^(?:([^:/]+):)?(?:([^/]+)\/)?(.+)$/.exec(ref) ?? [];
  return `/entities/${[kind, namespace, name].map(encodeURIComponent).join('/')}`;
}

export function createMigrateDatasetAction(honk: HonkServices) {
  return createTemplateAction({
    id: 'honk:migrate-dataset',
    description: 'Asks Honk to plan the migration of a dataset. Nothing moves before somebody approved the plan.',
    supportsDryRun: true,
    examples: [
      {
        description: 'A migration that is an entity already',
        example: 'steps:\n  - id: migrate\n    action: honk:migrate-dataset\n    input: { entityRef: "component:default/users-v2", source: users-v1, target: users-v2 }\n',
      },
      {
        description: 'A migration that a form describes',
        example:
          'steps:\n  - id: migrate\n    action: honk:migrate-dataset\n    input:\n      migration: { name: users-v2, owner: group:default/identity, source_dataset: users-v1, target_dataset: users-v2, migration_strategy: bulk-copy }\n',
      },
    ],
    schema: {
      input: {
        entityRef: z => z.string({ description: "The migration's entity, where there is one" }).optional(),
        source: z => z.string({ description: 'The source dataset, where the entity does not name it' }).optional(),
        target: z => z.string({ description: 'The target dataset, where the entity does not name it' }).optional(),
        migration: z =>
          z
            .object({
              name: z.string(),
              owner: z.string(),
              source_dataset: z.string(),
              target_dataset: z.string(),
              migration_strategy: z.string().optional(),
              mapping_file: z.string().optional(),
              fleet_group: z.string().optional(),
            })
            .strict()
            .optional()
            .describe('A new migration, registered with Honk first'),
      },
      output: {
        migrationId: z => z.string({ description: "The plan's id" }),
        entityRef: z => z.string({ description: "The migration's entity" }),
        url: z => z.string({ description: 'Where its plan is read and approved, below the address of Backstage' }),
      },
    },
    async handler(ctx) {
      const { entityRef, source, target, migration } = ctx.input;
      if ((entityRef === undefined) === (migration === undefined)) throw new InputError("expected either 'entityRef' or 'migration'");
      const caller = new HonkCaller(honk, ctx);
      const ref = entityRef ?? `migration:default/${migration!.name}`;

      if (ctx.isDryRun) {
        if (migration) await caller.post('/entities?dry_run=1', entityText(migration), `cannot register '${ref}'`);
        else await caller.get(entityPath(ref), `cannot plan '${ref}'`);
        ctx.logger.info(`Honk would plan ${ref}`);
        ctx.output('migrationId', 'dry-run');
        ctx.output('entityRef', ref);
        ctx.output('url', '/honk');
        return;
      }
      if (migration)
        await ctx.checkpoint({
          key: 'honk.register',
          fn: () => caller.post<{ refs: string[] }>('/entities', entityText(migration), `cannot register '${ref}'`),
        });
      const plan = await ctx.checkpoint({
        key: 'honk.migrate',
        fn: async () => {
          const { id, state } = await caller.post<Planned>('/agents/migrate', { entityRef: ref, source, target }, `cannot plan '${ref}'`);
          return { id, state };
        },
      });
      ctx.logger.info(`Honk plans ${ref} as ${plan.id}, for ${ctx.user?.ref ?? 'Backstage'}`);
      ctx.output('migrationId', plan.id);
      ctx.output('entityRef', ref);
      ctx.output('url', `/honk/migrations/${plan.id}`);
    },
  });
}
