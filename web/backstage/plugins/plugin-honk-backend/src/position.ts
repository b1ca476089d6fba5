/* Where the notifier is, in the plugin's own database. */
import type { DatabaseService } from '@backstage/backend-plugin-api';
import type { Position } from './notifier';

const TABLE = 'honk_position';

export async function databasePosition(database: DatabaseService): Promise<Position> {
  const knex = await database.getClient();
  if (!(await knex.schema.hasTable(TABLE)))
    await knex.schema.createTable(TABLE, table => {
      table.string('name').primary();
      table.bigInteger('seq').notNullable();
    });
  const row = () => knex(TABLE).where({ name: 'told' });
  return {
    async get() {
      const found = await row().first();
      return found === undefined ? undefined : Number(found.seq);
    },
    async set(seq) {
      await knex(TABLE).insert({ name: 'told', seq }).onConflict('name').merge();
    },
  };
}
