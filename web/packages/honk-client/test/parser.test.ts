import { describe, expect, it } from 'vitest';
import { address, EventParser, HonkError, refusal } from 'honk-client';

function parse(pieces: string[]): [string, string][] {
  const events: [string, string][] = [];
  const parser = new EventParser();
  for (const piece of pieces) parser.push(piece, (type, data) => events.push([type, data]));
  return events;
}

describe('the event stream', () => {
  it('is read the same wherever it is cut', () => {
    const text = ': hello\n\nid: 1\nevent: plan.state\ndata: {"seq":1}\n\nid: 2\nevent: bye\ndata: {}\n\n';
    const whole = parse([text]);
    expect(whole).toEqual([
      ['plan.state', '{"seq":1}'],
      ['bye', '{}'],
    ]);
    for (let at = 1; at < text.length; at++) expect(parse([text.slice(0, at), text.slice(at)])).toEqual(whole);
  });

  it('joins lines of data, and says nothing for a comment or half an event', () => {
    expect(parse(['data: a\ndata: b\n\n: only a sign of life\n\ndata: not over'])).toEqual([['message', 'a\nb']]);
  });
});

describe('addresses', () => {
  it('keep a slash of a name out of the path', () => {
    expect(address('/migrations/{id}/plan', { id: 'component:default/users-v2' })).toBe('/migrations/component%3Adefault%2Fusers-v2/plan');
  });
  it('leave out what is not asked for', () => {
    expect(address('/events', {}, { after: 0, type: undefined, plan: '' })).toBe('/events?after=0');
  });
  it('say which name is missing', () => {
    expect(() => address('/migrations/{id}')).toThrow("needs 'id'");
  });
});

describe('refusals', () => {
  it('carry what the server says to do next', async () => {
    const problem = { type: 'urn:honk:problem:drift', title: 't', status: 409, detail: 'the mapping changed', code: 'drift', then: 'replan', differences: ['mapping'] };
    const error = await refusal(new Response(JSON.stringify(problem), { status: 409 }));
    expect(error).toBeInstanceOf(HonkError);
    expect([error.message, error.code, error.then, error.differences]).toEqual(['the mapping changed', 'drift', 'replan', ['mapping']]);
  });
  it('of something between are told apart, and may be tried again when it is busy', async () => {
    expect((await refusal(new Response('<html>', { status: 502 }))).then).toBe('retry');
    expect((await refusal(new Response('nope', { status: 404 }))).then).toBe('give_up');
  });
});
