/* Two people one click apart, and a guest: an app to try things in has no passwords. */
import { ProxiedSignInPage } from '@backstage/core-components';
import type { SignInPageProps } from '@backstage/core-plugin-api';
import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import { useState } from 'react';

const people = ['ada', 'bo', 'guest'];
const key = 'honk-demo-person';

function SignIn(props: SignInPageProps) {
  const [person, setPerson] = useState(() => sessionStorage.getItem(key) ?? '');
  if (person) return <ProxiedSignInPage {...props} provider="demo" headers={{ 'x-demo-person': person }} />;
  return (
    <main style={{ display: 'grid', placeContent: 'center', gap: 16, minHeight: '100vh', fontFamily: 'system-ui, sans-serif', textAlign: 'center' }}>
      <h1>Listening, in Backstage</h1>
      <p>Ada writes migrations, Bo approves them, a guest looks on.</p>
      <div style={{ display: 'flex', gap: 12, justifyContent: 'center' }}>
        {people.map(name => (
          <button
            key={name}
            type="button"
            style={{ padding: '10px 20px', fontSize: 16 }}
            onClick={() => {
              sessionStorage.setItem(key, name);
              setPerson(name);
            }}
          >
            Enter as {name[0]!.toUpperCase() + name.slice(1)}
          </button>
        ))}
      </div>
    </main>
  );
}

export const signInModule = createFrontendModule({
  pluginId: 'app',
  extensions: [SignInPageBlueprint.make({ params: { loader: async () => SignIn } })],
});
