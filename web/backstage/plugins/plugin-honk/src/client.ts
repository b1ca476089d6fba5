import { ApiBlueprint, createApiRef, discoveryApiRef, fetchApiRef, type DiscoveryApi, type FetchApi } from '@backstage/frontend-plugin-api';
import { HonkClient } from 'honk-client';

/** Honk, as the signed-in user: through the backend plugin, with Backstage's own credentials. */
export const honkClientApiRef = createApiRef<HonkClient>({ id: 'plugin.honk.client' });

export function clientOver(discovery: DiscoveryApi, { fetch }: FetchApi): HonkClient {
  const send = async (input: RequestInfo | URL, init?: RequestInit) => fetch((await discovery.getBaseUrl('honk')) + String(input), init);
  return new HonkClient({ fetch: send });
}

export const honkClientApi = ApiBlueprint.make({
  name: 'client',
  params: define =>
    define({
      api: honkClientApiRef,
      deps: { discovery: discoveryApiRef, fetchApi: fetchApiRef },
      factory: ({ discovery, fetchApi }) => clientOver(discovery, fetchApi),
    }),
});
