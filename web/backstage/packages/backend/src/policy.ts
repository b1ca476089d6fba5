/* The demo's policy: a guest looks on; what Ada and Bo may is left to Honk's roles. */
import { createBackendModule } from '@backstage/backend-plugin-api';
import { honkMigrationRead, honkPermissions } from 'backstage-plugin-honk-common';
import { AuthorizeResult, type PolicyDecision } from '@backstage/plugin-permission-common';
import type { PermissionPolicy, PolicyQuery, PolicyQueryUser } from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';

const changing = new Set(honkPermissions.filter(one => one !== honkMigrationRead).map(one => one.name));

class DemoPolicy implements PermissionPolicy {
  async handle({ permission }: PolicyQuery, user?: PolicyQueryUser): Promise<PolicyDecision> {
    const isGuest = user?.info.userEntityRef === 'user:default/guest';
    return { result: isGuest && changing.has(permission.name) ? AuthorizeResult.DENY : AuthorizeResult.ALLOW };
  }
}

export default createBackendModule({
  pluginId: 'permission',
  moduleId: 'demo-policy',
  register(env) {
    env.registerInit({ deps: { policy: policyExtensionPoint }, init: async ({ policy }) => policy.setPolicy(new DemoPolicy()) });
  },
});
