// Requests to Elasticsearch: each with its time limit, repeated with a growing pause where that is safe, for a bounded time.
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedError } from '../../embedded/failures.ts';
import { IndexGoneError, ofAnswer } from './answers.ts';
import type { Failure, ServerReason } from './answers.ts';
import { ofThrown } from './failures.ts';

/** What is used of the client: its transport (connections, TLS, authentication, the check of the product). */
export interface Transport {
  request(params: object, options: object): Promise<unknown>;
}

interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Percent-encoded. */
  path: string;
  query?: Record<string, string | number | boolean>;
  body?: object;
  /** Instead of `body`: lines, each ending in a newline. A function is asked when they go to the wire; what it throws sends nothing. */
  lines?: string | (() => string);
  /** Statuses that are answers, not failures. */
  answers?: number[];
  /** Longest wait for the answer, ms, where it is more than usual. */
  limitMs?: number;
}

export interface Answer<T> {
  status: number;
  body: T;
}

interface RequestsOptions {
  /** The server's major version: it decides the media type (an 8 refuses that of 9). */
  major: number;
  /** Addresses without credentials, for messages. */
  where: string;
  /** Longest wait for one answer, ms. */
  requestMs: number;
  /** How long a failing request is tried again, ms. */
  patienceMs: number;
  close: () => Promise<void>;
}

/** First pause before trying again, ms; doubles, with up to half of it off. */
const firstPauseMs = 50;
const longestPauseMs = 1_000;

export const pauseMs = (tries: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** tries) * (1 - Math.random() / 2);

/** A body that is made when its connection stands and its turn has come, which may be long after it was asked to be sent. */
const onWire = (lines: () => string): Readable =>
  new Readable({
    read() {
      try {
        this.push(lines());
        this.push(null);
      } catch (error) {
        this.destroy(error as Error);
      }
    },
  });

const bodyOf = ({ lines, body }: Request): object => {
  if (lines !== undefined) return { bulkBody: typeof lines === 'string' ? lines : onWire(lines) };
  return body ? { body } : {};
};

export class Requests {
  readonly where: string;
  readonly patienceMs: number;
  readonly #transport: Transport;
  readonly #options: RequestsOptions;
  readonly #aborting = new AbortController();
  /** Told when an index was not there, each time. */
  onGone: () => void = () => undefined;

  constructor(transport: Transport, options: RequestsOptions) {
    this.#transport = transport;
    this.#options = options;
    this.where = options.where;
    this.patienceMs = options.patienceMs;
    setMaxListeners(0, this.#aborting.signal); // as many as requests are under way
  }

  #headers(request: Request): Record<string, string> {
    const type = (kind: string): string =>
      `application/vnd.elasticsearch+${kind}; compatible-with=${this.#options.major}`;
    return {
      accept: type('json'),
      ...(request.lines === undefined
        ? request.body
          ? { 'content-type': type('json') }
          : {}
        : { 'content-type': type('x-ndjson') }),
    };
  }

  /**
   * Asks once.
   * @throws what the client throws; `ofThrown` tells what it means
   */
  async once<T>(request: Request): Promise<Answer<T>> {
    if (this.#aborting.signal.aborted) throw closedError();
    try {
      const { statusCode, body } = (await this.#transport.request(
        {
          method: request.method,
          path: request.path,
          ...(request.query ? { querystring: request.query } : {}),
          ...bodyOf(request),
        },
        {
          headers: this.#headers(request),
          ignore: request.answers ?? [],
          meta: true,
          maxRetries: 0,
          requestTimeout: Math.max(this.#options.requestMs, request.limitMs ?? 0),
          signal: this.#aborting.signal,
        },
      )) as { statusCode: number; body: T };
      return { status: statusCode, body };
    } catch (error) {
      if (this.#aborting.signal.aborted) throw closedError();
      throw error;
    }
  }

  /**
   * The document at an address, or null where the index has none.
   * @throws StoreError also when the index itself is gone
   */
  async document<T>(path: string): Promise<T | null> {
    const { status, body } = await this.send<T & { error?: ServerReason }>({ method: 'GET', path, answers: [404] });
    if (status !== 404) return body;
    if (body.error) throw this.told(ofAnswer(status, body.error, this.where)).error;
    return null;
  }

  /**
   * Asks, again and again where a failure may pass.
   * @param repeat 'always': doing it twice is doing it once. 'unsent': only what the server has certainly not done
   * @throws StoreError
   */
  async send<T>(request: Request, repeat: 'always' | 'unsent' = 'always'): Promise<Answer<T>> {
    const until = performance.now() + this.patienceMs;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.once<T>(request);
      } catch (thrown) {
        const { error, fate } = this.told(ofThrown(thrown, this.where));
        const again = fate === 'unsent' || (fate === 'unknown' && repeat === 'always');
        const pause = pauseMs(tries);
        if (!again || performance.now() + pause > until || this.closed) throw error;
        await sleep(pause);
      }
    }
  }

  /** Passes a failure on, and tells when it is that of an index that is gone. */
  told(failure: Failure): Failure {
    if (failure.error instanceof IndexGoneError) this.onGone();
    return failure;
  }

  get closed(): boolean {
    return this.#aborting.signal.aborted;
  }

  /** Ends what is under way; later requests reject. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.#aborting.abort();
    await this.#options.close();
  }
}
