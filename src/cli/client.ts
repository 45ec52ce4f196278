// The CLI's way to a hub: its HTTP API and nothing else.
import { fetchFailure } from '../model/errors.ts';
import { warningsOf } from '../protocol/warnings.ts';
import { pinIn, trustPinned } from '../tls/pin.ts';
import { CliError, exitCode } from './exit.ts';

interface Problem {
  status: number;
  code: string;
  detail: string;
  hint?: string;
  errors?: { path: string; message: string; hint?: string }[];
}

interface Answer<T> {
  body: T;
  status: number;
  etag: string | null;
}

export class Client {
  readonly base: string;
  readonly #token: string | null;
  /** Of the CA that the hub is believed to have; null: the usual ones. */
  readonly #pin: string | null;
  /** What was warned of already. */
  readonly #told = new Set<string>();
  constructor(base: string, token: string | null, pin: string | null = null) {
    this.base = base;
    this.#token = token;
    this.#pin = pinIn(token) ?? pin;
  }

  /** What the hub warns of beside its answer. */
  warned: (text: string) => void = () => undefined;

  /** The header that says who asks; none without a token. */
  get authorization(): Record<string, string> {
    return this.#token ? { authorization: `Bearer ${this.#token}` } : {};
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path).then((answer) => answer.body);
  }
  post<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>('POST', path, body).then((answer) => answer.body);
  }
  put<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>('PUT', path, body).then((answer) => answer.body);
  }
  delete<T>(path: string): Promise<T> {
    return this.call<T>('DELETE', path).then((answer) => answer.body);
  }

  /**
   * As `get`, but a hub that is away is asked again until `deadline` (epoch ms): waiting for a hub survives its restart.
   * @param away told once when it begins to be away
   */
  async patientGet<T>(path: string, deadline: number, away: () => void): Promise<T> {
    for (let told = false; ; told = true) {
      try {
        return await this.get<T>(path);
      } catch (error) {
        if (!(error instanceof CliError && error.away) || Date.now() > deadline) throw error;
        if (!told) away();
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  /** @throws CliError with the hub's own words and the exit code that fits */
  async call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await this.open(
      method,
      path,
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    );
    return {
      body: (await this.#bodyOf(response)) as T,
      status: response.status,
      etag: response.headers.get('etag'),
    };
  }

  async #bodyOf(response: Response): Promise<unknown> {
    const text = await response.text().catch((error: unknown) => {
      throw new CliError(
        exitCode.failed,
        `the hub at ${this.base} broke off its answer (${fetchFailure(error)})`,
        'what was asked for may have been done: look before you ask again',
        true,
      );
    });
    if (text === '') return null;
    try {
      return JSON.parse(text);
    } catch {
      throw new CliError(
        exitCode.failed,
        `what answers at ${this.base} is no hub: it gives no JSON`,
        'is this the address of a stathub master or agent?',
      );
    }
  }

  /** For answers that stream: the response as it begins; refusals are thrown as by `call`. */
  async open(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...(init.headers as Record<string, string>) };
    if (this.#token) headers['authorization'] = `Bearer ${this.#token}`;
    let response: Response;
    try {
      if (this.#pin !== null) await trustPinned(this.base, this.#pin);
      response = await fetch(this.base + path, { ...init, method, headers });
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      if (/CERT|SELF_SIGNED|another hash/.test(`${cause?.code ?? ''} ${(error as Error).message}`)) {
        throw new CliError(
          exitCode.failed,
          `the hub at ${this.base} is not trusted (${cause?.code ?? (error as Error).message})`,
          'a hub with --tls auto is known by its token: STATHUB_TOKEN=… or --token-file FILE; any other needs ' +
            'its CA in NODE_EXTRA_CA_CERTS=FILE',
        );
      }
      throw new CliError(
        exitCode.failed,
        `no hub answers at ${this.base} (${cause?.code ?? (error as Error).message})`,
        'start one with `stathub up`, or name yours: --hub URL or STATHUB_MASTER=URL',
        true,
      );
    }
    if (!response.ok) throw refusal(await problemOf(response));
    for (const text of warningsOf(response.headers)) {
      if (!this.#told.has(text)) this.warned(text);
      this.#told.add(text);
    }
    return response;
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    return {
      code: 'unknown',
      detail: `HTTP ${response.status}`,
      ...(JSON.parse(text) as Partial<Problem>),
      status: response.status,
    };
  } catch {
    return {
      status: response.status,
      code: 'no-hub',
      detail: `HTTP ${response.status}, and not in a hub's words`,
      hint: 'is this the address of a stathub master or agent?',
    };
  }
}

function refusal(problem: Problem): CliError {
  const exit =
    problem.status === 404
      ? exitCode.notFound
      : problem.status === 504
        ? exitCode.timedOut
        : problem.status >= 500
          ? exitCode.failed
          : problem.status === 400
            ? exitCode.usage
            : exitCode.refused;
  const [only, ...others] = problem.errors ?? [];
  const told = only !== undefined && others.length === 0 && problem.detail.includes(only.message);
  const lines = (told ? [] : (problem.errors ?? [])).map(
    (e) => `\n  ${e.path || '(whole)'}: ${e.message}${e.hint ? ` (${e.hint})` : ''}`,
  );
  const hint = problem.status === 401 ? 'give the token: STATHUB_TOKEN=… or --token-file FILE' : (problem.hint ?? '');
  // Not in a hub's words: a proxy whose hub is away, or an answer that broke off before its first byte.
  const away = problem.status === 503 || (problem.code === 'no-hub' && problem.status >= 500);
  return new CliError(exit, problem.detail + lines.join(''), hint, away);
}

/** `web.0.abcdefgh` is an instance, anything else an app. */
export const isInstance = (name: string): boolean => /\.\d+\.[a-z2-7]{8}$/.test(name);

/** A path with each part escaped. */
export const path = (strings: TemplateStringsArray, ...parts: (string | number)[]): string =>
  strings.reduce(
    (all, text, index) => all + text + (index < parts.length ? encodeURIComponent(String(parts[index])) : ''),
    '',
  );

/** `?a=1&b=2` of what is given. */
export function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  return given.length
    ? `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
    : '';
}
