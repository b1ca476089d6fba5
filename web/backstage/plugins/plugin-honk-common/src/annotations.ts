/* What Honk writes into entities, and by what an entity shows that Honk has to do with it. */
export const annotations = {
  agent: 'honk/agent',
  datasetUrl: 'honk/dataset-url',
  repository: 'honk/repository',
  reads: 'honk/reads',
  writes: 'honk/writes',
} as const;

interface Annotated {
  kind: string;
  metadata: { annotations?: Record<string, string> };
}

/** Datasets, consumers and migrations: they get the tab and the card. */
export function isAboutHonk(entity: Annotated): boolean {
  return entity.kind.toLowerCase() === 'migration' || Object.values(annotations).some(name => entity.metadata.annotations?.[name] !== undefined);
}
