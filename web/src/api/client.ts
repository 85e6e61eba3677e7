// Requests to serin's API. Every failure is a problem with a title that a person can act on.
import type {Applied, ConfigFile, Problem} from './types';

export const kBase = '/api/v1';
const kTimeoutMs = 10_000;
const kWorkTimeoutMs = 120_000;
const kTokenKey = 'serin.token';

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

export function token(): string {
  try {
    return sessionStorage.getItem(kTokenKey) ?? '';
  } catch {
    return '';
  }
}

export function setToken(value: string): void {
  try {
    if (value) sessionStorage.setItem(kTokenKey, value);
    else sessionStorage.removeItem(kTokenKey);
  } catch {
    // No storage: the token lasts as long as nobody needs it.
  }
}

export function headers(): Record<string, string> {
  const bearer = token();
  return bearer ? {Authorization: `Bearer ${bearer}`} : {};
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    return {title: response.statusText || 'The request failed', ...body, status: response.status};
  } catch {
    return {title: response.statusText || 'The request failed', status: response.status};
  }
}

async function send(method: string, path: string, body?: unknown,
  more: Record<string, string> = {}, patience = kTimeoutMs): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const response = await fetch(path.startsWith('/') ? path : `${kBase}/${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...headers(),
        ...(body === undefined ? {} : {'Content-Type': 'application/json'}),
        ...more,
      },
      ...(body === undefined ? {} : {body: JSON.stringify(body)}),
      signal: stop.signal,
      cache: 'no-store',
    });
    if (!response.ok) throw new ApiError(await problemOf(response));
    return response;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError({
      title: 'serin does not answer',
      detail: stop.signal.aborted ? `No answer within ${patience / 1000} s.`
        : 'The connection failed. What it runs goes on; look at it with `serin list`.',
      status: 0,
    });
  } finally {
    clearTimeout(timer);
  }
}

// A report is read from the whole journal of its release.
function patienceFor(path: string): number {
  return /\/report\b/.test(path) ? kWorkTimeoutMs : kTimeoutMs;
}

export async function get<T>(path: string): Promise<T> {
  return (await (await send('GET', path, undefined, {}, patienceFor(path))).json()) as T;
}

export async function getText(path: string, type: string): Promise<string> {
  return (await send('GET', path, undefined, {Accept: type}, patienceFor(path))).text();
}

// A key for one press of a button: repeated by the network, done once.
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function post<T>(path: string, body: unknown, key?: string): Promise<T> {
  const response = await send('POST', path, body, key ? {'Idempotency-Key': key} : {});
  const content = await response.text();
  return (content ? JSON.parse(content) : {}) as T;
}

// Puts files in force, or says what that would change; not over what another has put there since.
export async function apply(files: ConfigFile[], revision: string, how: 'dry' | 'real',
  key?: string): Promise<Applied> {
  const response = await send('POST', how === 'dry' ? 'apply?dryRun=true' : 'apply', {files},
    {'If-Match': `"${revision}"`, ...(key ? {'Idempotency-Key': key} : {})});
  return (await response.json()) as Applied;
}

// What the server works out on demand may take longer than anything else.
export async function workOut<T>(path: string, body: unknown): Promise<T> {
  return (await (await send('POST', path, body, {}, kWorkTimeoutMs)).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await send('DELETE', path);
}
