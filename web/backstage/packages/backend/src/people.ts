/* Who one is in the demo: whoever one says, of three. An app for the loopback address alone. */
import { createBackendModule } from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { authProvidersExtensionPoint, createProxyAuthProviderFactory, createProxyAuthenticator } from '@backstage/plugin-auth-node';

const people = ['ada', 'bo', 'guest'];

const authenticator = createProxyAuthenticator<undefined, { name: string }, undefined>({
  defaultProfileTransform: async ({ name }) => ({ profile: { displayName: name[0]!.toUpperCase() + name.slice(1) } }),
  initialize: () => undefined,
  async authenticate({ req }) {
    const name = req.header('x-demo-person');
    if (name === undefined || !people.includes(name)) throw new AuthenticationError('say who you are of ada, bo and guest');
    return { result: { name }, providerInfo: undefined };
  },
});

export default createBackendModule({
  pluginId: 'auth',
  moduleId: 'demo-people',
  register(env) {
    env.registerInit({
      deps: { providers: authProvidersExtensionPoint },
      async init({ providers }) {
        const factory = createProxyAuthProviderFactory({
          authenticator,
          async signInResolver({ result }, context) {
            const ref = `user:default/${result.name}`;
            // Also before the catalog knows them.
            return context.issueToken({ claims: { sub: ref, ent: [ref] } });
          },
        });
        providers.registerProvider({ providerId: 'demo', factory });
      },
    });
  },
});
