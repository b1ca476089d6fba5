/*
 * Calls of an action to Honk, through its backend plugin and in the name of whoever runs the template: so their permissions
 * count, and theirs is the name that Honk records.
 */
import type { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotAllowedError, NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import type { ActionContext } from '@backstage/plugin-scaffolder-node';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HonkServices {
  auth: AuthService;
  discovery: DiscoveryService;
}

// What the actions need of a context, whatever its inputs and outputs are.
export type AnyContext = Pick<ActionContext<never, never, 'v2'>, 'getInitiatorCredentials' | 'logger' | 'signal' | 'task'>;

interface Problem {
  detail?: string;
  hint?: string;
  then?: string;
}

const TRIES_MAX = 6;
const RETRY_MS_MAX = 30_000;

function failure(status: number, problem: Problem, deed: string): Error {
  const text = `${deed}: ${problem.detail ?? `Honk answered ${status}`}${problem.hint ? ` (${problem.hint})` : ''}`;
  switch (status) {
    case 400:
    case 422:
      return new InputError(text);
    case 401:
    case 403:
      return new NotAllowedError(text);
    case 404:
      return new NotFoundError(text);
    case 409:
      return new ConflictError(text);
    default:
      return new ServiceUnavailableError(text);
  }
}

export class HonkCaller {
  constructor(
    private readonly services: HonkServices,
    private readonly context: AnyContext,
  ) {}

  get<T>(path: string, deed: string): Promise<T> {
    return this.call('GET', path, undefined, deed);
  }

  /** Repeated as it is, also by a task that was cut short and runs again: Honk does it once. */
  post<T>(path: string, body: string | object, deed: string): Promise<T> {
    return this.call('POST', path, body, deed);
  }

  private async headers(): Promise<Record<string, string>> {
    const { token } = await this.services.auth.getPluginRequestToken({
      onBehalfOf: await this.context.getInitiatorCredentials(),
      targetPluginId: 'honk',
    });
    return { Authorization: `Bearer ${token}`, Accept: 'application/json' };
  }

  private async call<T>(method: string, path: string, body: string | object | undefined, deed: string): Promise<T> {
    const address = (await this.services.discovery.getBaseUrl('honk')) + path;
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    for (let tries = 1; ; tries++) {
      const headers = await this.headers();
      if (text !== undefined) {
        headers['Content-Type'] = typeof body === 'object' ? 'application/json' : 'application/yaml';
        const digest = createHash('sha256').update(`${path}\n${text}`).digest('hex');
        headers['Idempotency-Key'] = `backstage-${this.context.task.id}-${digest.slice(0, 16)}`;
      }
      const answer = await fetch(address, { method, headers, body: text, signal: this.context.signal ?? null });
      if (answer.ok) return (await answer.json()) as T;
      const problem = (await answer.json().catch(() => ({}))) as Problem;
      if (problem.then !== 'retry' || tries >= TRIES_MAX) throw failure(answer.status, problem, deed);
      const seconds = Number(answer.headers.get('retry-after') ?? 1);
      this.context.logger.info(`${deed}: ${problem.detail}; again in ${seconds} s`);
      await sleep(Math.min(seconds * 1000, RETRY_MS_MAX), undefined, { signal: this.context.signal });
    }
  }
}
