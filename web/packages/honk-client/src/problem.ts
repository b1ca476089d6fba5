import type { components } from './schema';

export type Problem = components['schemas']['Problem'];

/** What a server refused or could not do. `then` says what a program does next. */
export class HonkError extends Error {
  readonly status: number;
  readonly code: Problem['code'] | 'offline' | 'aborted';
  readonly then: Problem['then'];
  readonly problem?: Problem;

  constructor(message: string, what: { status: number; code: HonkError['code']; then: Problem['then']; problem?: Problem }) {
    super(message);
    this.name = 'HonkError';
    this.status = what.status;
    this.code = what.code;
    this.then = what.then;
    if (what.problem) this.problem = what.problem;
  }

  get hint(): string | undefined {
    return this.problem?.hint;
  }

  get differences(): readonly string[] {
    return this.problem?.differences ?? [];
  }
}

/** Nobody answered: the network, a proxy, or a server that is not there. */
export function offline(cause: unknown): HonkError {
  if (cause instanceof DOMException && cause.name === 'AbortError')
    return new HonkError('it was called off', { status: 0, code: 'aborted', then: 'give_up' });
  return new HonkError('the server does not answer', { status: 0, code: 'offline', then: 'retry' });
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && 'code' in value;
}

/** Of an answer that is no success, whoever gave it: Honk, or something between. */
export async function refusal(answer: Response): Promise<HonkError> {
  const body: unknown = await answer.json().catch(() => undefined);
  if (isProblem(body))
    return new HonkError(body.detail, { status: answer.status, code: body.code, then: body.then, problem: body });
  return new HonkError(`the server answered ${answer.status} ${answer.statusText}`.trim(), {
    status: answer.status,
    code: answer.status === 401 ? 'unauthorized' : 'internal',
    then: answer.status >= 500 || answer.status === 429 ? 'retry' : 'give_up',
  });
}
