/*
 * One call of a user of Backstage, carried to Honk: who it is, whether Backstage lets them, and the same call again under that
 * name. The token is Backstage's own, and stays here; what Honk answers is passed on as it comes, so that its event stream streams.
 */
import type { AuthService, BackstageCredentials, HttpAuthService, LoggerService, PermissionsService } from '@backstage/backend-plugin-api';
import { AuthorizeResult, type BasicPermission } from '@backstage/plugin-permission-common';
import type { Request, RequestHandler, Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { honkPermissions } from 'backstage-plugin-honk-common';
import type { HonkConfig } from './config';
import { asBackstageAllows, tellsWhatIsAllowed } from './allowed';
import { findOperation, type Operation } from './operations';
import { sendProblem } from './problem';

export interface ProxyOptions {
  config: HonkConfig;
  auth: AuthService;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  logger: LoggerService;
}

const asked = ['accept', 'content-type', 'idempotency-key', 'last-event-id'];
const answered = ['content-type', 'retry-after'];
const ANSWER_WAIT_MS = 90_000; // Honk answers within 75 s, or begins to stream

/** Whose name Honk hears; nobody for a service, which is Backstage itself. */
async function whoAsks(options: ProxyOptions, request: Request, operation: Operation): Promise<{ person?: string; credentials?: BackstageCredentials }> {
  const { auth, config, httpAuth } = options;
  const isAnonymous = request.headers.authorization === undefined && operation.path === '/agents/migrate';
  if (isAnonymous && config.anonymousAuthor !== undefined) return { person: config.anonymousAuthor };
  const credentials = await httpAuth.credentials(request, { allow: ['user', 'service'] });
  return { credentials, person: auth.isPrincipal(credentials, 'user') ? credentials.principal.userEntityRef : undefined };
}

/** Names of permissions, out of those that are asked for. */
async function deniedOf(options: ProxyOptions, asked: readonly BasicPermission[], credentials: BackstageCredentials | undefined): Promise<Set<string>> {
  if (credentials === undefined) return new Set(); // the configuration lets this one call in
  const decisions = await options.permissions.authorize(asked.map(permission => ({ permission })), { credentials });
  return new Set(asked.filter((_, i) => decisions[i]?.result !== AuthorizeResult.ALLOW).map(permission => permission.name));
}

function headersFor(request: Request, config: HonkConfig, person: string | undefined): Headers {
  const headers = new Headers({ authorization: `Bearer ${config.token}` });
  if (person !== undefined) headers.set('honk-as', person);
  for (const name of asked) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return headers;
}

async function passOn(answer: globalThis.Response, response: Response, operation: Operation, denied: ReadonlySet<string>): Promise<void> {
  response.status(answer.status);
  for (const name of answered) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  // Compressed, an event would wait for more of them.
  response.setHeader('Cache-Control', 'no-store, no-transform');
  if (answer.ok && denied.size > 0 && tellsWhatIsAllowed(operation)) {
    response.end(JSON.stringify(asBackstageAllows((await answer.json()) as Record<string, unknown>, operation, denied)));
    return;
  }
  response.flushHeaders();
  if (answer.body) await pipeline(Readable.fromWeb(answer.body as import('node:stream/web').ReadableStream), response);
  else response.end();
}

async function carry(options: ProxyOptions, request: Request, response: Response, person: string | undefined, operation: Operation, denied: ReadonlySet<string>): Promise<void> {
  const { config, logger } = options;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_WAIT_MS);
  response.once('close', () => abort.abort());
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const init = {
    method: request.method,
    headers: headersFor(request, config, person),
    body: hasBody ? (Readable.toWeb(request) as ReadableStream) : undefined,
    duplex: 'half',
    redirect: 'manual',
    signal: abort.signal,
  } as RequestInit;
  let answer: globalThis.Response;
  try {
    answer = await fetch(config.url + request.url, init);
  } catch (error) {
    if (response.destroyed) return;
    logger.warn(`Honk does not answer at ${config.url}: ${String((error as Error).cause ?? error)}`);
    sendProblem(response, { status: 502, title: 'Honk is not there', code: 'transient', then: 'retry', detail: 'Honk does not answer Backstage' });
    return;
  } finally {
    clearTimeout(timer);
  }
  await passOn(answer, response, operation, denied).catch(() => response.destroy());
}

export function proxy(options: ProxyOptions): RequestHandler {
  return async (request, response) => {
    const operation = findOperation(request.method, request.path);
    if (!operation) {
      sendProblem(response, { status: 404, title: 'Not here', code: 'not_found', then: 'give_up', detail: `Backstage passes no '${request.method} ${request.path}' on to Honk` });
      return;
    }
    const { person, credentials } = await whoAsks(options, request, operation);
    const asked = tellsWhatIsAllowed(operation) ? honkPermissions : [operation.permission];
    const denied = await deniedOf(options, asked, credentials);
    if (!denied.has(operation.permission.name)) {
      await carry(options, request, response, person, operation, denied);
      return;
    }
    const who = person ?? 'a service';
    options.logger.info(`${operation.permission.name} was denied to ${who}: ${request.method} ${request.path}`);
    sendProblem(response, {
      status: 403,
      title: 'Not allowed in Backstage',
      code: 'forbidden',
      then: 'ask',
      detail: `Backstage's permission '${operation.permission.name}' is denied to '${who}'`,
      hint: 'ask those who look after Backstage for it',
    });
  };
}
