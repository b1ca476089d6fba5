/* `kind: Migration`, and who reads and writes what by Honk's annotations. */
import {
  RELATION_DEPENDENCY_OF,
  RELATION_DEPENDS_ON,
  RELATION_OWNED_BY,
  RELATION_OWNER_OF,
  getCompoundEntityRef,
  parseEntityRef,
  stringifyEntityRef,
  type CompoundEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import { processingResult, type CatalogProcessor, type CatalogProcessorEmit } from '@backstage/plugin-catalog-node';
import { annotations, checkMigration, datasetRef, isMigration, type MigrationSpec } from 'backstage-plugin-honk-common';

/** Refs of a list such as "resource:default/a, resource:default/b". */
function refs(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter(ref => ref !== '');
}

export class MigrationProcessor implements CatalogProcessor {
  getProcessorName(): string {
    return 'HonkMigrationProcessor';
  }

  async validateEntityKind(entity: Entity): Promise<boolean> {
    if (!isMigration(entity)) return false;
    const wrong = checkMigration(entity);
    if (wrong.length > 0) throw new InputError(`migration '${entity.metadata.name}': ${wrong.join('; ')}`);
    return true;
  }

  async postProcessEntity(entity: Entity, _location: unknown, emit: CatalogProcessorEmit): Promise<Entity> {
    const self = getCompoundEntityRef(entity);
    for (const ref of isMigration(entity) ? this.datasets(entity) : this.lineage(entity)) this.relate(emit, self, ref, RELATION_DEPENDS_ON, RELATION_DEPENDENCY_OF);
    const owner = isMigration(entity) ? (entity.spec as MigrationSpec).owner : undefined;
    if (owner !== undefined) {
      const target = parseEntityRef(owner, { defaultKind: 'group', defaultNamespace: self.namespace });
      this.relate(emit, self, stringifyEntityRef(target), RELATION_OWNED_BY, RELATION_OWNER_OF);
    }
    return entity;
  }

  /** A name alone takes the kind that `dependsOn` gives it, else a resource's. */
  private datasets(entity: Entity): string[] {
    const spec = entity.spec as MigrationSpec;
    const depends = spec.dependsOn ?? [];
    const named = [spec.source_dataset, spec.target_dataset].filter(name => name !== undefined);
    const resolved = named.map(name => depends.find(ref => ref === name || ref.endsWith(`/${name}`)) ?? datasetRef(name, entity.metadata.namespace));
    return [...new Set([...resolved, ...depends])];
  }

  private lineage(entity: Entity): string[] {
    const notes = entity.metadata.annotations ?? {};
    return [...new Set([...refs(notes[annotations.reads]), ...refs(notes[annotations.writes])])];
  }

  private relate(emit: CatalogProcessorEmit, self: CompoundEntityRef, ref: string, there: string, back: string): void {
    const other = parseEntityRef(ref, { defaultKind: 'resource', defaultNamespace: self.namespace });
    emit(processingResult.relation({ source: self, type: there, target: other }));
    emit(processingResult.relation({ source: other, type: back, target: self }));
  }
}
