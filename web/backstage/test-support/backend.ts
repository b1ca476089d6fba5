/* A real backend of Backstage around the plugins under test, with real permissions. */
import { coreServices, createBackendModule, createServiceFactory, type BackendFeature } from '@backstage/backend-plugin-api';
import { mockCredentials, mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { ServerPermissionClient, type PermissionPolicy } from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import type { JsonObject } from '@backstage/types';
import type { Honk } from './honk';

type Feature = BackendFeature | Promise<{ default: BackendFeature }>;

export const PORTAL = 'service:default/backstage';

/** Denies what is listed, to whom it is listed for. */
export function policyOf(denied: Record<string, string[]>): BackendFeature {
  const policy: PermissionPolicy = {
    async handle(request, user) {
      const isDenied = denied[user?.info.userEntityRef ?? '']?.includes(request.permission.name);
      return { result: isDenied ? AuthorizeResult.DENY : AuthorizeResult.ALLOW };
    },
  };
  return createBackendModule({
    pluginId: 'permission',
    moduleId: 'test-policy',
    register: env => env.registerInit({ deps: { point: policyExtensionPoint }, init: async ({ point }) => point.setPolicy(policy) }),
  });
}

/* Real for our plugin. Others may do all: the mock of auth forgets which plugin speaks for a user, and without that the real
 * one refuses what the scaffolder asks. */
const permissionsOfHonk = createServiceFactory({
  service: coreServices.permissions,
  deps: { auth: coreServices.auth, config: coreServices.rootConfig, discovery: coreServices.discovery, plugin: coreServices.pluginMetadata },
  factory: ({ auth, config, discovery, plugin }) =>
    plugin.getId() === 'honk' ? ServerPermissionClient.fromConfig(config, { auth, discovery }) : mockServices.permissions({ result: AuthorizeResult.ALLOW }),
});

export async function startBackstage(honk: Honk, features: Feature[], section: JsonObject = {}) {
  const data = { permission: { enabled: true }, honk: { url: honk.url, token: honk.token(PORTAL), ...section } };
  const backend = await startTestBackend({
    features: [
      mockServices.rootConfig.factory({ data }),
      mockServices.httpAuth.factory({ defaultCredentials: mockCredentials.none() }),
      permissionsOfHonk,
      import('@backstage/plugin-permission-backend'),
      ...features,
    ] as never,
  });
  const address = `http://127.0.0.1:${backend.server.port()}`;
  return {
    address,
    stop: () => backend.stop(),
    /** A call of somebody ("user:default/ada"), or of nobody. */
    call: (who: string | undefined, path: string, init: RequestInit = {}) =>
      fetch(address + path, {
        ...init,
        headers: { ...(who ? { Authorization: mockCredentials.user.header(who) } : {}), ...(init.headers as Record<string, string>) },
      }),
  };
}
