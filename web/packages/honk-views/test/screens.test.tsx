import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { bo, hostile, line, migration, numbers, plan, ran, row, show, summary } from './world';

const list = (items: object[]) => ({ items, next: null });

async function faults(container: Element): Promise<string[]> {
  const found = await axe.run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  return found.violations.filter(one => one.impact === 'serious' || one.impact === 'critical').map(one => `${one.id}: ${one.nodes[0]?.html}`);
}

describe('the overview', () => {
  it('of ten thousand migrations draws only those in sight, and finds one by its name', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => row({ id: `m-${String(i).padStart(6, '0')}`, migration: `component:default/t${i}`, state: i % 2 ? 'succeeded' : 'planned' }));
    const { container } = show('/', { '/migrations': list(rows) });
    await screen.findByText('10,000 migrations');
    expect(container.querySelectorAll('.honk-row').length).toBeLessThan(60);
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 't9999' } });
    expect(await screen.findByRole('link', { name: 't9999' })).toBeTruthy();
    expect(container.querySelectorAll('.honk-row').length).toBe(1);
  });

  it('of one migration shows it, and of none says how one is made', async () => {
    show('/', { '/migrations': list([row()]) });
    expect(await screen.findAllByText('users-v2')).not.toHaveLength(0);
    show('/', { '/migrations': list([]) });
    expect(await screen.findByText('No migration was planned yet')).toBeTruthy();
  });

  it('shows the newest plan of a migration, and earlier ones when asked', async () => {
    const { container } = show('/', { '/migrations': list([row({ id: 'm-2' }), row({ id: 'm-1', state: 'stale' })]) });
    await screen.findByText('1 migration');
    fireEvent.click(screen.getByLabelText('earlier plans'));
    await waitFor(() => expect(container.querySelectorAll('.honk-row').length).toBe(2));
  });

  it('says that the server does not answer, and offers to try again', async () => {
    show('/', { '/migrations': Response.error() });
    expect((await screen.findByRole('alert')).textContent).toContain('cannot be shown');
    expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy();
  });

  it('is walked through by arrow keys', async () => {
    const { went } = show('/', { '/migrations': list([row({ id: 'm-2', migration: 'component:default/a' }), row({ id: 'm-1', migration: 'component:default/b' })]) });
    const rows = await screen.findByRole('list', { name: 'migrations' });
    fireEvent.keyDown(rows, { key: 'ArrowDown' });
    fireEvent.keyDown(rows, { key: 'Enter' });
    expect(went).toHaveLength(1);
  });
});

describe('a campaign', () => {
  const campaign = (more: object = {}) => ({
    id: 'c-1', ref: 'campaign:default/spring', name: 'spring', state: 'review', since_ms: 1_795_658_822_765, reason: 'its plans are made and looked at', author: 'user:default/ada', owner: '',
    created_at_ms: 1, states: { approved: 30, stale: 25 }, progress: { done: 0, total: 55 }, started: 0, wave: { now: 1, of: 3 }, failures_allowed: 0, waits: [], trouble: [], trouble_count: 0,
    moving: [], moving_count: 0, planning: 0, next: { text: 'waits until somebody starts it' }, allowed_actions: { start: { allowed: true } }, ...more,
  });
  const exception = (state: string, i: number) => ({ migration: `component:default/${state}-${i}`, plan: `m-${i}`, state, reason: `is ${state}` });
  const review = {
    id: 'c-1', name: 'spring', digest: null, planned: 0, classes: [], others: 55,
    exceptions: [...Array.from({ length: 30 }, (_, i) => exception('approved', i)), ...Array.from({ length: 25 }, (_, i) => exception('stale', i))],
  };

  it('that is approved says so in a line, and lists only what a person has to look at', async () => {
    show('/campaigns/spring', { '/campaigns/spring': campaign(), '/campaigns/c-1/review': review, '/campaigns/c-1/members': list([]) });
    expect(await screen.findByText('30 plans are approved, and none waits for a yes.')).toBeTruthy();
    expect(screen.queryByText('approved-0')).toBeNull();
    expect(screen.getByText('stale-0')).toBeTruthy();
    expect(screen.queryByText('stale-20')).toBeNull();
    expect(screen.getByText('and 5 more: below, by state')).toBeTruthy();
    expect(screen.getByText('by Ada')).toBeTruthy();
  });

  it('is throttled as a whole, and says what holds', async () => {
    const running = { state: 'running', throttle: { rows_per_second: 5000 }, allowed_actions: { throttle: { allowed: true } } };
    const { calls } = show('/campaigns/spring', {
      '/campaigns/spring': campaign(running), '/campaigns/c-1/review': review, '/campaigns/c-1/members': list([]), 'POST /campaigns/c-1/throttle': { throttle: null },
    });
    expect(await screen.findByText('Throttled, all together: at most 5,000 rows a second')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Throttle' }));
    const dialog = await screen.findByRole('dialog', { name: 'How fast may the rows of spring move?' });
    expect(dialog.textContent).toContain('of all its migrations together');
    fireEvent.change(within(dialog).getByLabelText(/^Rows/), { target: { value: '200' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Throttle' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')).toEqual({ method: 'POST', path: '/campaigns/c-1/throttle', body: { rows_per_second: 200 } }));
  });
});

describe('a rollout', () => {
  const check = (i: number, more: object = {}) => ({ at_ms: 1_795_658_822_765 + i * 1000, verdict: 'pass', asked: 4, passed: 4, slowest_ms: 3 + i, ...more });
  const rollout = (checks: object[]) => ({
    rollout_id: 'm-1.profile',
    service: 'profile',
    state: 'analysing',
    since_ms: 1_795_658_822_765,
    why: 'bakes',
    plan: 'm-1',
    revision: {},
    next: null,
    allowed_actions: { rollback: { allowed: true } },
    progress: { verdict: 'fail', fails: 1, unclear: 0, checks },
    events: [],
  });

  it('shows what its checks answered, each of them and over time', async () => {
    show('/rollouts/m-1.profile', { '/rollouts/m-1.profile': rollout([check(0), check(1), check(2, { verdict: 'fail', passed: 1 })]) });
    expect(await screen.findByRole('img', { name: '1 of 3 checks failed' })).toBeTruthy();
    expect(screen.getByTitle(/fail: 1 of 4 passed/)).toBeTruthy();
    expect(screen.getByRole('img', { name: 'new instances that passed: 1 at last' })).toBeTruthy();
    expect(screen.getByRole('img', { name: 'slowest answer in milliseconds: 5 at last' })).toBeTruthy();
  });

  it('goes to all instances at once by whoever says why, and is tried again where that is possible', async () => {
    const allowed_actions = { promote_full: { allowed: true }, retry: { allowed: true }, pause: { allowed: false, why: "not from 'frozen'" } };
    const { calls } = show('/rollouts/m-1.profile', { '/rollouts/m-1.profile': { ...rollout([]), allowed_actions }, 'POST /rollouts/m-1.profile/promote': {} });
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Promote fully' }));
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.change(dialog.getByRole('textbox'), { target: { value: 'it is only a log line' } });
    fireEvent.click(dialog.getByRole('button', { name: 'Promote fully' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')).toEqual({ method: 'POST', path: '/rollouts/m-1.profile/promote', body: { full: true, reason: 'it is only a log line' } }));
  });

  it('shows no checks before the first one', async () => {
    show('/rollouts/m-1.profile', { '/rollouts/m-1.profile': rollout([]) });
    expect(await screen.findByRole('heading', { name: 'profile' })).toBeTruthy();
    expect(screen.queryByText('Checks')).toBeNull();
  });
});

describe('a migration', () => {
  const answers = (one: object) => ({ '/migrations/users-v2': one, '/migrations/m-1/plan': plan(), '/migrations': list([row()]), '/migrations/m-1/tasks': list([]) });

  it('is approved by its digest, after it was said what is approved', async () => {
    const { calls } = show('/migrations/users-v2', { ...answers(migration()), 'POST /migrations/m-1/approve': { state: 'approved' } });
    fireEvent.click(await screen.findByRole('button', { name: 'Approve' }));
    const dialog = await screen.findByRole('dialog', { name: 'Approve users-v2' });
    expect(dialog.textContent).toContain('dddddddd');
    fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: 'read it' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Approve' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')).toEqual({ method: 'POST', path: '/migrations/m-1/approve', body: { digest: `sha256:${'d'.repeat(64)}`, reason: 'read it' } }));
  });

  it('has the buttons that the server allows, and says why of the others', async () => {
    show('/migrations/users-v2', answers(migration({ allowed_actions: { approve: { allowed: false, why: 'you are its author', needs: 'approver' }, start: { allowed: false, why: 'nobody approved it' } } })));
    const button = await screen.findByRole('button', { name: 'Approve' });
    expect(button.getAttribute('aria-disabled')).toBe('true');
    fireEvent.click(button);
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('you are its author');
    expect(dialog.textContent).toContain('nobody approved it');
  });

  it('shows a refusal where it was asked for, with what moved', async () => {
    const problem = { type: 'urn:honk:problem:drift', title: 'x', status: 409, detail: 'the plan is stale', code: 'drift', then: 'replan', differences: ['the mapping file changed'] };
    show('/migrations/users-v2', { ...answers(migration()), 'POST /migrations/m-1/approve': Response.json(problem, { status: 409 }) });
    fireEvent.click(await screen.findByRole('button', { name: 'Approve' }));
    fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Approve' }));
    expect((await screen.findByRole('alert')).textContent).toContain('the mapping file changed');
  });

  it('says before a rollback what it will undo, newest first, and wants a reason', async () => {
    const { calls } = show('/migrations/users-v2', { ...answers(ran()), 'POST /migrations/m-1/rollback': { state: 'rolling_back' } });
    fireEvent.click(await screen.findByRole('button', { name: 'Rollback' }));
    const dialog = await screen.findByRole('dialog');
    expect([...dialog.querySelectorAll('.honk-undo strong')].map(one => one.textContent)).toEqual(['stage', 'freeze']);
    const button = within(dialog).getByRole('button', { name: 'Rollback' }) as HTMLButtonElement;
    expect(button.disabled).toBe(true);
    fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: 'wrong week' } });
    fireEvent.click(button);
    await waitFor(() => expect(calls.find(call => call.method === 'POST')?.body).toEqual({ reason: 'wrong week' }));
  });

  it('says before a rollback how long it takes, of data and of services, measured or planned', async () => {
    const rollout = { name: 'roll-out', action: 'rollout', text: 'roll services out', reverse_text: 'give the services back', tasks: { done: 2 }, progress: { done: 2, total: 2, rate: 0 }, phase: 'forward', started_at_ms: 10_000 };
    const services = [{ service: 'a', wave: 1, estimate_ms: 4000 }, { service: 'b', wave: 1, estimate_ms: 9000 }, { service: 'c', wave: 2, estimate_ms: 5000 }];
    const open = async (step: object) => {
      const { unmount } = show('/migrations/users-v2', { ...answers(ran({ steps: [{ ...rollout, ...step }] })), '/migrations/m-1/plan': plan({ services }) });
      fireEvent.click(await screen.findByRole('button', { name: 'Rollback' }));
      const text = (await screen.findByRole('dialog')).textContent;
      unmount();
      return text;
    };
    expect(await open({ status: 'done', ended_at_ms: 31_000 })).toContain('The data takes about 1.0 s. The services take about 21 s, as their rollout did');
    expect(await open({ status: 'failed' })).toContain('The services take about 14 s, as was planned');
    expect(await open({ status: 'failed', phase: 'reverse' })).toContain('The services take about 14 s, as was planned');
    expect(await open({ status: 'blocked', started_at_ms: undefined })).not.toContain('The services take');
  });

  it('says how long a rollback takes also to whoever asks before the plan was read, and where nobody measured it', async () => {
    const rollout = { ...ran().steps[0]!, name: 'roll-out', action: 'rollout', status: 'failed' };
    let read: (plan: object) => void = () => undefined;
    show('/migrations/users-v2', { ...answers(ran({ steps: [rollout] })), '/migrations/m-1/plan': new Promise(found => (read = found)) });
    fireEvent.click(await screen.findByRole('button', { name: 'Rollback' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog.textContent).toContain('How long that takes is being read from the plan');
    await act(async () => read({ ...plan(), observations: {} }));
    expect(dialog.textContent).toContain('How long the data takes was not measured when it was planned. How long the services take nobody has measured');
  });

  it('gives up rows only for whoever says so', async () => {
    const swap = { ...ran().steps[0]!, name: 'swap', action: 'swap', status: 'done' };
    const { calls } = show('/migrations/users-v2', { ...answers(ran({ steps: [swap] })), 'POST /migrations/m-1/rollback': { state: 'rolling_back' } });
    fireEvent.click(await screen.findByRole('button', { name: 'Rollback' }));
    const dialog = within(await screen.findByRole('dialog'));
    fireEvent.click(dialog.getByRole('checkbox'));
    expect((dialog.getByRole('checkbox') as HTMLInputElement).checked).toBe(true);
    fireEvent.change(dialog.getByRole('textbox'), { target: { value: 'wrong week' } });
    fireEvent.click(dialog.getByRole('button', { name: 'Rollback' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')?.body).toEqual({ reason: 'wrong week', give_up_rows: true }));
  });

  it('that needs a person says what a rollback has still to undo', async () => {
    const [first, ...rest] = ran({ state: 'needs_operator' }).steps;
    show('/migrations/users-v2', answers(ran({ state: 'needs_operator', steps: [{ ...first!, phase: 'reverse', status: 'failed' }, ...rest.map(step => ({ ...step, phase: 'reverse', status: 'reversed' }))] })));
    fireEvent.click(await screen.findByRole('button', { name: 'Rollback' }));
    const dialog = await screen.findByRole('dialog');
    expect([...dialog.querySelectorAll('.honk-undo strong')].map(one => one.textContent)).toEqual([first!.name]);
  });

  it('is planned again by whoever may, and whoever may not reads why', async () => {
    const stale = (allowed: object) => answers(migration({ state: 'stale', allowed_actions: { plan: allowed } }));
    const refused = show('/migrations/users-v2', stale({ allowed: false, why: 'one needs the role author', needs: 'author' }));
    const button = await screen.findByRole('button', { name: 'Plan again' });
    expect(button.getAttribute('aria-disabled')).toBe('true');
    fireEvent.click(button);
    expect((await screen.findByRole('dialog')).textContent).toContain('one needs the role author');
    refused.unmount();
    const { calls, went } = show('/migrations/users-v2', { ...stale({ allowed: true }), 'POST /migrations/m-1/plan': { id: 'm-2' } });
    fireEvent.click(await screen.findByRole('button', { name: 'Plan again' }));
    fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Plan again' }));
    await waitFor(() => expect(went).toEqual([{ screen: 'migration', id: 'm-2' }]));
    expect(calls.find(call => call.method === 'POST')?.path).toBe('/migrations/m-1/plan');
  });

  it('is throttled by what was changed in the form alone, which shows what holds, since when and why', async () => {
    const events = { items: [{ seq: 7, at_ms: 1_795_658_822_765, type: 'plan.throttle', plan: 'm-1', actor: 'user:default/ada', reason: 'the shop is open' }], next: null, seq: 7 };
    const { calls } = show('/migrations/users-v2/run', {
      ...answers(ran({ throttle: { rows_per_second: 5000, replication_lag_seconds: 5 }, allowed_actions: { throttle: { allowed: true } } })),
      '/migrations/m-1/events': events,
      'POST /migrations/m-1/throttle': { throttle: null },
    });
    expect(await screen.findByText(/Throttled: at most 5,000 rows a second; waits while the replication lag is over 5.0 s/)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Throttle' }));
    const dialog = await screen.findByRole('dialog', { name: 'How fast may the rows of users-v2 move?' });
    await within(dialog).findByText(/Changed by Ada/);
    expect(dialog.textContent).toContain('the shop is open');
    fireEvent.click(within(dialog).getByRole('button', { name: 'Throttle' }));
    expect((await within(dialog).findByRole('alert')).textContent).toContain('nothing was changed');
    fireEvent.change(within(dialog).getByLabelText(/^Rows/), { target: { value: '200' } });
    fireEvent.change(within(dialog).getByLabelText(/replica is behind/), { target: { value: '' } });
    fireEvent.change(within(dialog).getByLabelText(/^Why/), { target: { value: 'slower' } });
    fireEvent.click(within(dialog).getByRole('button', { name: 'Throttle' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')).toEqual({ method: 'POST', path: '/migrations/m-1/throttle', body: { rows_per_second: 200, replication_lag_seconds: 0, reason: 'slower' } }));
  });

  it('shows what a repository asks for in its own file to whoever approves', async () => {
    const plan = answers(migration({})) as Record<string, object>;
    const key = Object.keys(plan).find(path => JSON.stringify(plan[path]).includes('"found_by":"lineage"'))!;
    const asked = JSON.parse(JSON.stringify(plan[key]).replace('"found_by":"lineage"', '"found_by":"lineage","draft":true,"limits":{"pulls":2},"hours":"Mon-Fri 09:00-17:00 UTC"'));
    show('/migrations/users-v2', { ...plan, [key]: asked });
    fireEvent.click((await screen.findByText('charts')).closest('button')!);
    expect((await screen.findByText(/As its team asks/)).textContent).toBe(
      "As its team asks in .honk.yaml, it is proposed in its team's hours only (Mon-Fri 09:00-17:00 UTC); it is opened as a draft; it waits while 2 changes of the repository are open.",
    );
  });

  it('tells drift first', async () => {
    const { container } = show('/migrations/users-v2', answers(migration({ state: 'stale', differences: ['the mapping file changed'] })));
    await screen.findByText('the mapping file changed');
    expect(container.querySelector('.honk-review')!.firstElementChild!.textContent).toContain('The world moved');
  });

  it('shows each step beside its way back, and the point of no return', async () => {
    show('/migrations/users-v2', answers(migration()));
    expect(await screen.findByText('drop the table')).toBeTruthy();
    expect(screen.getByText(/point of no return/)).toBeTruthy();
  });

  it('says how the way back went when it was tried, of all and of each', async () => {
    const back = { reverts: false, why_not: 'git is too old', files: 3, same: 1, other: 1, left: 1, reasons: [{ path: 'a.sql', line: 7, text: 'the old dataset has no such column' }] };
    const seen = plan();
    const tried = { ...seen, observations: { ...seen.observations, repositories: { 'code:charts': { branch: 'main', commit: 'c'.repeat(40), back } } } };
    const { container } = show('/migrations/users-v2', { ...answers(migration()), '/migrations/m-1/plan': tried });
    const told = (await screen.findByText('The way back, as it was tried:')).parentElement!.textContent;
    expect(told).toContain('0 of 1 repository are then to the byte');
    expect(told).toContain('of 3 files 1 to the byte, 1 in other words, 1 left to people.');
    fireEvent.click(container.querySelector('.honk-change')!);
    expect((await screen.findByText('the old dataset has no such column')).parentElement!.textContent).toContain('a.sql:7');
    expect(screen.getByText(/git is too old/)).toBeTruthy();
  });

  it('whose plan failed says what was found, with file and line', async () => {
    show('/migrations/users-v2', answers(migration({ state: 'draft', digest: undefined, reason: 'the mapping is wrong', diagnostics: [{ level: 'error', message: 'no such column', file: 'm.yaml', line: 3 }] })));
    expect(await screen.findByText('no such column')).toBeTruthy();
    expect(screen.getByText('m.yaml:3')).toBeTruthy();
  });

  it('moves between tabs by arrow keys', async () => {
    const { went } = show('/migrations/users-v2', answers(migration()));
    fireEvent.keyDown(await screen.findByRole('tab', { name: 'Plan' }), { key: 'ArrowRight' });
    expect(went).toEqual([{ screen: 'migration', id: 'users-v2', tab: 'run' }]);
  });
});

describe('the consumers of all migrations', () => {
  const many = summary({ 'group:default/playback': { person: 2, done: 400 }, 'group:default/insights': { open: 1 } }, { person: 2, open: 1, done: 400, burndown: [{ at_ms: 1, left: 9 }, { at_ms: 2, left: 3 }] });

  it('are counted, listed by owner with who has most to do first, and read when somebody looks', async () => {
    const { calls } = show('/consumers', { '/consumers/summary': many, '/consumers': list([line()]) });
    expect(await screen.findByText('400 of 402 done, 2 for a person')).toBeTruthy();
    expect(await screen.findByText('1 place is left to people')).toBeTruthy();
    expect(screen.getByRole('img', { name: /consumers left/ })).toBeTruthy();
    const reads = () => calls.filter(call => call.path === '/consumers').length;
    expect(reads()).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'insights' }));
    await waitFor(() => expect(reads()).toBe(2));
  });

  it('say what waits for a person, with the pull request as a link and the reason', async () => {
    const url = 'https://git.example/acme/exports/pull/12';
    show('/consumers', { '/consumers/summary': summary({ o: { person: 1 } }, { person: 1 }), '/consumers': list([line({ why: 'waits until pull request #12 is merged', pull: { number: 12, url, state: 'open', checks: 'failed' } })]) });
    expect((await screen.findByRole('link', { name: url })).getAttribute('href')).toBe(url);
    expect(screen.getByText('waits until pull request #12 is merged')).toBeTruthy();
    expect(screen.getByText('checks: failed')).toBeTruthy();
  });

  it('show what a coding agent did, and all that it tried as text', async () => {
    const digest = `sha256:${'c'.repeat(64)}`;
    const coding = { agent: 'fixer', done: false, rounds: 2, rounds_max: 2, sites: 1, files: ['job.py'], why: hostile, report: digest, checks: [{ name: 'tests', before: 'passed', after: 'failed' }] };
    const report = JSON.stringify({ tried: [{ end: 'end_turn', findings: 'untouched', transcript: hostile }] });
    const { container } = show('/consumers', { '/consumers/summary': summary({ o: { person: 1 } }, { person: 1 }), '/consumers': list([line({ coding })]), [`/blobs/${digest}`]: report });
    expect(await screen.findByText('agent did not do it')).toBeTruthy();
    expect(screen.getByText(/before passed, after failed/)).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'all that was tried' }));
    expect(await screen.findByLabelText('transcript of round 1')).toBeTruthy();
    expect(container.querySelectorAll('img[src], script').length).toBe(0);
    expect(container.textContent!.split(hostile).length).toBe(3);
  });

  it('are told in numbers, each with what it is a part of, to whoever looks', async () => {
    const { calls } = show('/consumers', { '/consumers/summary': summary({ o: { done: 9, person: 3 } }, { done: 9, person: 3 }), '/consumers': list([line()]), '/consumers/numbers': numbers });
    const button = await screen.findByRole('button', { name: 'What became of them, in numbers' });
    expect(calls.some(call => call.path === '/consumers/numbers')).toBe(false);
    fireEvent.click(button);
    const ends = await screen.findByRole('region', { name: 'Consumers' });
    expect([...ends.querySelectorAll('li')].map(one => one.textContent)).toEqual(['all of it changed by rules9 of 12, 75%', 'some or all of it left to people3 of 12, 25%']);
    expect(screen.getByRole('region', { name: 'Pull requests' }).textContent).toContain('merged untouched2 of 4, 50%');
    expect(screen.getByRole('region', { name: 'Branches' }).textContent).toContain('built by their host before they were proposed6 of 9, 67%');
    expect(screen.getByText(/The coding agent did 1 of 2 consumers in 3 rounds: 4.0 s, 1,200 tokens, \$0.05/)).toBeTruthy();
    expect([...screen.getByRole('region', { name: 'by language' }).querySelectorAll('td')].map(one => one.textContent)).toEqual(['59', '50', '4', '5']);
    expect(screen.queryByRole('region', { name: 'by owner' })).toBeNull();
  });

  it('of one migration begin with its pace, and with who failed and was left to people', async () => {
    const pace = { of: 40, max_failures: '5%', soak_ms: 3_600_000, by_hand: 2 };
    const shown = (more: object) =>
      show('/migrations/users-v2/consumers', { '/migrations/users-v2': ran(more), '/migrations/m-1/plan': plan(), '/consumers': list([line()]), '/consumers/summary': summary({ o: { person: 1 } }, { person: 1 }) });
    const within2 = shown({ pace, left: ['component:default/exports', hostile] });
    const card = await screen.findByRole('region', { name: 'Pace' });
    expect(card.textContent).toContain('2 of 40 failed');
    expect(card.textContent).toContain('It goes on while at most 2 of 40 consumers (5%) fail; each wave is merged and green for 1 h before the next; people merge the first 2.');
    expect(card.textContent).toContain('at most 2 may be):');
    const names = within(card).getByRole('list', { name: 'consumers left to people' });
    expect([...names.querySelectorAll('li')].map(one => one.textContent)).toEqual(['exports', hostile]);
    expect(await faults(card)).toEqual([]);
    within2.unmount();
    const over = shown({ pace: { of: 3 }, left: ['component:default/exports'] });
    expect((await screen.findByRole('region', { name: 'Pace' })).textContent).toContain('It stops at the first consumer that fails.Left to people (at most 0 may be, so it stops):');
    over.unmount();
    shown({});
    await screen.findByText('charts');
    expect(screen.queryByRole('region', { name: 'Pace' })).toBeNull();
  });

  it('are nobody where nothing moves', async () => {
    show('/consumers', { '/consumers/summary': summary({}) });
    expect(await screen.findByText('Nothing moves')).toBeTruthy();
  });
});

describe('a task that failed', () => {
  it('can be tried again, skipped or called done, as the server allows', async () => {
    const task = { id: 't-1', plan: 'm-1', step: 'stage', action: 'stage', key: '', phase: 'forward', status: 'failed', attempt: 1, since_ms: 1, error: 'no room' };
    const one = ran({ state: 'halted', steps: [{ ...ran().steps[1], status: 'failed', error: 'no room' }] });
    const { calls } = show('/migrations/users-v2/run', {
      '/migrations/users-v2': one, '/migrations/m-1/plan': plan(), '/migrations/m-1/tasks': list([task]), '/migrations/m-1/events': { items: [], next: null, seq: 0 },
      '/tasks/t-1': { ...task, allowed_actions: { retry: { allowed: true }, skip: { allowed: false, why: 'a stage is needed' }, done: { allowed: true } } },
      'POST /tasks/t-1/retry': {},
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(calls.find(call => call.method === 'POST')?.path).toBe('/tasks/t-1/retry'));
    expect(screen.queryByRole('button', { name: 'Skip' })).toBeNull();
  });
});

describe('names that look like an attack', () => {
  it('are shown as they are, everywhere, and nothing of them runs', async () => {
    const one = migration({ reason: hostile, source_url: hostile, differences: [hostile], approvals: [{ actor: hostile, at_ms: 1, digest: 'd', policy: hostile, self: false, reason: hostile }] });
    const attack = plan({ risks: [hostile], mapping: { path: 'm', digest: 'd', text: hostile, columns: [{ target: hostile, rule: hostile, place: 'source', why: '' }], dropped: { [hostile]: { why: hostile, link: 'javascript:alert(1)' } } } });
    const { container } = show('/migrations/users-v2', { '/migrations/users-v2': one, '/migrations/m-1/plan': attack, '/migrations': list([row({ reason: hostile })]), [`/blobs/sha256:${'b'.repeat(64)}`]: `--- a/${hostile}\n+++ b/${hostile}\n@@ -1 +1 @@\n-${hostile}\n+${hostile}x\n` });
    fireEvent.click(await screen.findByRole('button', { name: /charts/ }));
    await waitFor(() => expect(container.querySelectorAll('.honk-diff').length).toBe(1));
    expect(container.querySelectorAll('img, script, iframe, [onerror]').length).toBe(0);
    expect([...container.querySelectorAll('a')].filter(link => /^javascript:/i.test(link.getAttribute('href') ?? ''))).toEqual([]);
    expect(container.textContent!.split(hostile).length).toBeGreaterThan(8);
    expect((window as unknown as { hacked?: number }).hacked).toBeUndefined();
  });
});

describe('accessibility', () => {
  it.each([
    ['/', { '/migrations': list([row(), row({ id: 'm-0', migration: 'component:default/other', state: 'running' })]) }, 'other'],
    ['/migrations/users-v2', { '/migrations/users-v2': migration(), '/migrations/m-1/plan': plan(), '/migrations': list([]) }, 'Risks'],
    ['/migrations/users-v2/run', { '/migrations/users-v2': ran(), '/migrations/m-1/plan': plan(), '/migrations/m-1/events': { items: [{ seq: 1, at_ms: 1, type: 'plan.state', to: 'running' }], next: null, seq: 1 } }, 'freeze'],
    ['/migrations/users-v2/consumers', { '/migrations/users-v2': ran(), '/migrations/m-1/plan': plan(), '/consumers': list([line()]), '/consumers/summary': summary({ 'group:default/playback': { person: 1 } }, { person: 1 }) }, 'charts'],
    ['/rollouts', { '/rollouts': list([]) }, 'No service was rolled out yet'],
    ['/campaigns', {}, 'No campaign has begun'],
    ['/lineage', { '/entities': list([{ ref: 'resource:default/users-v1' }]), '/migrations': list([]) }, 'users-v1'],
    ['/ledger', { '/events': { items: [{ seq: 1, at_ms: 1, type: 'server.started', actor: 'honk', reason: '0.1.0' }], next: null, seq: 1 } }, 'the server started · 0.1.0'],
  ])('%s has no serious fault', async (path, answers, words) => {
    const { container } = show(path, answers, bo);
    await screen.findAllByText(words);
    expect(await faults(container)).toEqual([]);
  });
});
