import { renderInTestApp, TestApiProvider } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { configure, fireEvent, screen, waitFor } from '@testing-library/react';
import { HonkClient } from 'honk-client';
import { describe, expect, it } from 'vitest';
import { aboutOf, HonkEntityCard, HonkEntityContent } from '../../../plugins/plugin-honk/src/entity';
import { clientOver, honkClientApiRef } from '../../../plugins/plugin-honk/src/client';
import { HonkPage } from '../../../plugins/plugin-honk/src/page';
import { rootRouteRef } from '../../../plugins/plugin-honk/src/routes';

configure({ asyncUtilTimeout: 20_000 }); // a busy machine is slow, and not wrong

type Answers = Record<string, unknown>;

/** What the backend plugin answers, by path; what is missing is not found. The stream stays open and silent. */
function answering(answers: Answers) {
  const asked: string[] = [];
  const client = new HonkClient({
    fetch: async (input, init) => {
      const path = decodeURIComponent(String(input).split('?')[0]!);
      if ((init?.headers as Record<string, string>).Accept === 'text/event-stream') return new Response(new ReadableStream());
      asked.push(path);
      const answer = { '/events': { items: [], next: null, seq: 0 }, '/whoami': { identity: 'user:default/bo', roles: ['viewer'] }, ...answers }[path];
      if (answer instanceof Response) return answer.clone();
      return answer !== undefined ? Response.json(answer) : Response.json({ type: 'urn:honk:problem:not_found', title: 'x', status: 404, detail: `nothing at ${path}`, code: 'not_found', then: 'give_up' }, { status: 404 });
    },
  });
  return { client, asked };
}

const list = (...items: object[]) => ({ items, next: null });
const row = { id: 'm-1', migration: 'migration:default/users-v2', name: 'p', state: 'planned', since_ms: 1, author: 'user:default/ada', created_at_ms: 1, source_url: 'listening:users_v1', target_url: 'listening:users_v2', has_effects: false, held: false };
const dataset = { apiVersion: 'backstage.io/v1alpha1', kind: 'Resource', metadata: { name: 'users-v1', annotations: { 'honk/dataset-url': 'listening:users_v1' } }, spec: { type: 'dataset' } };

function show(element: JSX.Element, answers: Answers, path = '/honk') {
  const { client, asked } = answering(answers);
  renderInTestApp(<TestApiProvider apis={[[honkClientApiRef, client]]}>{element}</TestApiProvider>, { initialRouteEntries: [path], mountedRoutes: { '/honk': rootRouteRef } });
  return asked;
}

describe('an entity', () => {
  it('is a migration, a dataset or a consumer', () => {
    expect(aboutOf(dataset)).toEqual({ ref: 'resource:default/users-v1', kind: 'dataset', address: 'listening:users_v1' });
    expect(aboutOf({ ...dataset, kind: 'Migration' }).kind).toBe('migration');
    expect(aboutOf({ ...dataset, kind: 'Component', spec: { type: 'dataset-migration' } }).kind).toBe('migration');
    expect(aboutOf({ ...dataset, kind: 'Component', metadata: { name: 'charts' }, spec: { type: 'service' } }).kind).toBe('consumer');
  });

  it('has a card with the migrations that concern it, which link to the page', async () => {
    show(<EntityProvider entity={dataset}><HonkEntityCard /></EntityProvider>, { '/migrations': list(row, { ...row, id: 'm-0', source_url: 'else:where', target_url: 'else:there', migration: 'migration:default/other' }) });
    const link = await screen.findByRole('link', { name: /users-v2/ });
    expect(link.getAttribute('href')).toBe('/honk/migrations/m-1');
    expect(screen.queryByText('other')).toBeNull();
  });

  it('has a tab that says so when Honk does not know it', async () => {
    show(<EntityProvider entity={{ ...dataset, kind: 'Migration' }}><HonkEntityContent /></EntityProvider>, { '/migrations': list() });
    expect(await screen.findByText(/Nobody asked for a plan yet|no plan/i)).toBeTruthy();
  });
});

describe('the page', () => {
  it('shows the screen of its address, and goes to others within the page', async () => {
    const asked = show(<HonkPage />, { '/migrations': list(row), '/campaigns': list(), '/consumers/summary': { done: 0, person: 0, open: 0, over: 0, owners: [], burndown: [] } });
    expect(await screen.findAllByText('users-v2')).not.toHaveLength(0);
    const place = screen.getByRole('link', { name: 'Consumers' });
    expect(place.getAttribute('href')).toBe('/honk/consumers');
    fireEvent.click(place);
    expect(await screen.findByText('Nothing moves')).toBeTruthy();
    expect(asked).toContain('/consumers/summary');
  });

  it('says why whoever may not read is not let in, and tries again when asked', async () => {
    const problem = { type: 'urn:honk:problem:forbidden', title: 'x', status: 403, code: 'forbidden', then: 'ask', detail: "Backstage's permission 'honk.migration.read' is denied to 'user:default/eve'" };
    const asked = show(<HonkPage />, { '/whoami': Response.json(problem, { status: 403 }) });
    expect(await screen.findAllByText(/honk.migration.read/)).not.toHaveLength(0);
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(asked.filter(path => path === '/whoami').length).toBe(2));
  });
});

describe('the client', () => {
  it('asks the backend plugin where discovery says it is, with Backstage’s own fetch', async () => {
    const seen: string[] = [];
    const client = clientOver({ getBaseUrl: async id => `https://backstage.example/api/${id}` }, { fetch: async input => (seen.push(String(input)), Response.json({ identity: 'user:default/bo', roles: [] })) });
    await client.get('/whoami');
    expect(seen).toEqual(['https://backstage.example/api/honk/whoami']);
  });
});
