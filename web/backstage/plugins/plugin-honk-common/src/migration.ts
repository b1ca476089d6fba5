/* `kind: Migration` as docs/formats/entity.md has it. */
interface AnyEntity {
  apiVersion: string;
  kind: string;
  spec?: unknown;
}

export interface MigrationSpec {
  owner?: string;
  source_dataset?: string;
  target_dataset?: string;
  migration_strategy?: string;
  mapping_file?: string;
  fleet_group?: string;
  dependsOn?: string[];
}

const texts = ['owner', 'source_dataset', 'target_dataset', 'migration_strategy', 'mapping_file', 'fleet_group'] as const;

export function isMigration(entity: AnyEntity): boolean {
  return entity.kind === 'Migration' && entity.apiVersion === 'honk/v1';
}

/** What is wrong with a migration, one sentence each; nothing when it may go into the catalog. */
export function checkMigration(entity: AnyEntity): string[] {
  if (typeof entity.spec !== 'object' || entity.spec === null || Array.isArray(entity.spec)) return ["a migration needs a 'spec'"];
  const spec = entity.spec as Record<string, unknown>;
  const wrong: string[] = [];
  for (const name of texts)
    if (spec[name] !== undefined && (typeof spec[name] !== 'string' || spec[name] === '')) wrong.push(`'spec.${name}' is no text`);
  const depends = spec.dependsOn;
  const isList = depends === undefined || (Array.isArray(depends) && depends.every(item => typeof item === 'string'));
  if (!isList) wrong.push("'spec.dependsOn' is no list of refs");
  if (spec.owner === undefined) wrong.push("'spec.owner' is missing: who is told, and asked");
  const both = spec.source_dataset !== undefined && spec.target_dataset !== undefined;
  if (!both && !(isList && Array.isArray(depends) && depends.length === 2))
    wrong.push("expected 'spec.source_dataset' and 'spec.target_dataset', or both in 'spec.dependsOn'");
  return wrong;
}

/** "users-v1" as a ref; a name alone is a Resource's. */
export function datasetRef(name: string, namespace = 'default'): string {
  const kind = name.includes(':') ? name.slice(0, name.indexOf(':')) : 'resource';
  const rest = name.includes(':') ? name.slice(name.indexOf(':') + 1) : name;
  return `${kind}:${rest.includes('/') ? rest : `${namespace}/${rest}`}`.toLowerCase();
}
