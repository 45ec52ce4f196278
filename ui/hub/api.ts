// The REST API from the browser. Answers are typed by the caller from src/protocol and src/model; refusals become `Problem`.
import type { FieldProblem } from '../../src/model/errors.ts';
import { warningsOf } from '../../src/protocol/warnings.ts';

/** A refusal as the API writes it (application/problem+json), or the network's failure with code `unreachable`. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string;
  readonly errors: FieldProblem[];
  constructor(status: number, code: string, detail: string, hint = '', errors: FieldProblem[] = []) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.errors = errors;
  }
}

interface ProblemJson {
  code?: string;
  title?: string;
  detail?: string;
  hint?: string;
  errors?: FieldProblem[];
}
interface Call {
  body?: unknown;
  /** Text sent as it is, with this content type. */
  text?: string;
  contentType?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

const told = new Set<string>();
let tellWarning: (text: string) => void = () => undefined;
/** Who shows what answers warn of. Of what was done it is shown each time, of what was read once. */
export const onWarning = (tell: (text: string) => void): void => {
  tellWarning = tell;
};

/** One request to `/v1${path}`. Throws a `Problem`; an abort throws as fetch throws it. */
export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.ifMatch) headers['if-match'] = options.ifMatch;
  const body = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  if (body !== undefined) headers['content-type'] = options.contentType ?? 'application/json';
  let response: Response;
  try {
    response = await fetch(`/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Problem(
      0,
      'unreachable',
      'The hub does not answer.',
      'Processes run on without it; the dashboard tries again by itself.',
    );
  }
  for (const warning of response.ok ? warningsOf(response.headers) : []) {
    if (method !== 'GET' || !told.has(warning)) tellWarning(warning);
    if (method === 'GET') told.add(warning);
  }
  const text = await response.text();
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  let json: ProblemJson = {};
  try {
    json = JSON.parse(text) as ProblemJson;
  } catch {
    /* not the API's own answer: a proxy's page, say */
  }
  if (response.status === 401) toLogin();
  throw new Problem(
    response.status,
    json.code ?? `http-${response.status}`,
    json.detail ?? json.title ?? response.statusText,
    json.hint,
    json.errors,
  );
}

/** The hub's own form turns a token into a cookie and leads back here. */
export function toLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  call<T>('GET', path, signal ? { signal } : {});
export const post = <T>(path: string, body?: unknown): Promise<T> =>
  call<T>('POST', path, body === undefined ? {} : { body });
export const put = <T>(path: string, body: unknown, ifMatch?: string): Promise<T> =>
  call<T>('PUT', path, ifMatch ? { body, ifMatch } : { body });
export const remove = <T>(path: string): Promise<T> => call<T>('DELETE', path);

/** A path with its parts escaped: path`/apps/${name}/scale`. */
export const path = (texts: TemplateStringsArray, ...parts: (string | number)[]): string =>
  texts.reduce((all, text, index) => all + encodeURIComponent(String(parts[index - 1])) + text);
