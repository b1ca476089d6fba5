import { offline, refusal } from './problem';
import type { paths } from './schema';

type Method = 'get' | 'post' | 'put' | 'delete';
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Json<T> = T extends { content: { 'application/json': infer B } } ? B : never;
type Success<O> = O extends { responses: infer R }
  ? Json<R[keyof R & (200 | 201)]>
  : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Exclude<Q, undefined> : never;
type Params<O, P extends string> = O extends { parameters: { path: infer V } } ? V : PathNames<P> extends never ? never : Record<PathNames<P>, string>;
type PathNames<P extends string> = P extends `${string}{${infer N}}${infer Rest}` ? N | PathNames<Rest> : never;
type Body<O> = O extends { requestBody?: infer B } ? Json<Exclude<B, undefined>> : never;

export interface CallOptions<O, P extends string> {
  path?: Params<O, P>;
  query?: Query<O>;
  body?: Body<O>;
  /** The same key with the same request gets the stored answer: for repeating a write whose answer got lost. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface ClientOptions {
  /** Where the server is, without a slash at the end; empty: where the page is from. */
  baseUrl?: string;
  /** How requests are sent: a shell with a login of its own passes its own. */
  fetch?: typeof fetch;
  headers?: Record<string, string>;
}

const portal = { 'Honk-Portal': '1' };

/** Calls as api/openapi.yaml has them, with its types. Fails with HonkError. */
export class HonkClient {
  readonly baseUrl: string;
  readonly #fetch: typeof fetch;
  readonly #headers: Record<string, string>;

  constructor(options: ClientOptions = {}) {
    this.baseUrl = options.baseUrl ?? '';
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#headers = { ...portal, ...options.headers };
  }

  get<P extends PathsWith<'get'>>(path: P, options: CallOptions<Operation<P, 'get'>, P> = {}) {
    return this.#call<Success<Operation<P, 'get'>>>('GET', path, options);
  }

  post<P extends PathsWith<'post'>>(path: P, options: CallOptions<Operation<P, 'post'>, P> = {}) {
    return this.#call<Success<Operation<P, 'post'>>>('POST', path, options);
  }

  put<P extends PathsWith<'put'>>(path: P, options: CallOptions<Operation<P, 'put'>, P> = {}) {
    return this.#call<Success<Operation<P, 'put'>>>('PUT', path, options);
  }

  delete<P extends PathsWith<'delete'>>(path: P, options: CallOptions<Operation<P, 'delete'>, P> = {}) {
    return this.#call<Success<Operation<P, 'delete'>>>('DELETE', path, options);
  }

  /** A blob as text: a diff, the canonical plan. */
  async blob(digest: string, signal?: AbortSignal): Promise<string> {
    const answer = await this.send('GET', `/blobs/${encodeURIComponent(digest)}`, { signal: signal ?? null });
    return answer.text();
  }

  /** The bare exchange; the event stream uses it, too. */
  async send(method: string, address: string, init: RequestInit = {}): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#fetch(this.baseUrl + address, {
        ...init,
        method,
        credentials: 'same-origin',
        headers: { Accept: 'application/json', ...this.#headers, ...(init.headers as Record<string, string>) },
      });
    } catch (cause) {
      throw offline(cause);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  async #call<T>(method: string, path: string, options: CallOptions<unknown, string>): Promise<T> {
    const { path: names, query, body, idempotencyKey, signal } = options as {
      path?: Record<string, string>;
      query?: Record<string, unknown>;
      body?: unknown;
      idempotencyKey?: string;
      signal?: AbortSignal;
    };
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
    const answer = await this.send(method, address(path, names, query), {
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
    return (await answer.json()) as T;
  }
}

/** "/migrations/{id}" with its names filled in, and a query. */
export function address(path: string, names: Record<string, string> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new TypeError(`'${path}' needs '${name}'`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size > 0 ? `${filled}?${search.toString()}` : filled;
}
