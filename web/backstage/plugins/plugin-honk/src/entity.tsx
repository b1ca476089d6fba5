import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { InfoCard } from '@backstage/core-components';
import { useEntity } from '@backstage/plugin-catalog-react';
import { annotations } from 'backstage-plugin-honk-common';
import { EntityGlance, EntityScreen, type About } from 'honk-views';
import { HonkShell } from './shell';

export function aboutOf(entity: Entity): About {
  const ref = stringifyEntityRef(entity);
  const address = entity.metadata.annotations?.[annotations.datasetUrl];
  const isMigration = entity.kind === 'Migration' || entity.spec?.type === 'dataset-migration';
  if (isMigration) return { ref, kind: 'migration' };
  return address === undefined ? { ref, kind: 'consumer' } : { ref, kind: 'dataset', address };
}

export function HonkEntityContent() {
  const { entity } = useEntity();
  return (
    <HonkShell>
      <EntityScreen about={aboutOf(entity)} />
    </HonkShell>
  );
}

export function HonkEntityCard() {
  const { entity } = useEntity();
  return (
    <InfoCard title="Honk">
      <HonkShell>
        <EntityGlance about={aboutOf(entity)} />
      </HonkShell>
    </InfoCard>
  );
}
