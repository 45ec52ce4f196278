// A program's output to one watcher: gathered into frames, at most ten a second. A reader that cannot keep up is taken to the
// newest lines and told so. While its node is away it is told that, and the output goes on from its cursor when the node is back.
import type { Cluster, LogChunk, LogRequest } from '../api/cluster.ts';
import { Refusal, type ErrorCode } from '../model/errors.ts';
import type { Feed, Watch } from './client.ts';

const paceMs = 100;
/** Most characters of one frame. */
const frameSize = 64 * 1024;
/** Most characters gathered before the output is left to wait in its file. */
const fullAt = 256 * 1024;
/** Full for this long: skip to the newest lines. */
const skipAfterMs = 3000;
/** Lines that one begins with who was taken to the newest. */
const skippedTail = 200;
/** Between two looks at a node that is away; the first one comes sooner. */
const awayMs = { first: 250, most: 5000 };
/** What passes by itself. */
const passing: readonly ErrorCode[] = ['node-away', 'expired', 'starting'];

type Stream = LogChunk['stream'];

const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });

export class LogFeed implements Feed {
  readonly #cluster: Cluster;
  readonly #now: () => number;
  readonly #failed: (watch: Watch | null, error: unknown) => void;
  #open = 0;

  constructor(cluster: Cluster, now: () => number, failed: (watch: Watch | null, error: unknown) => void) {
    this.#cluster = cluster;
    this.#now = now;
    this.#failed = failed;
  }

  get idle(): boolean {
    return this.#open === 0;
  }

  add(watch: Watch): void {
    this.#open++;
    void new LogReading(this.#cluster, this.#now, watch)
      .follow()
      .catch((error: unknown) => {
        if (!watch.over.signal.aborted) this.#failed(watch, error);
      })
      .finally(() => {
        this.#open--;
      });
  }

  remove(_watch: Watch): void {
    /* its signal ends it */
  }
}

/** The output of one instance on its way to one watcher. */
class LogReading {
  readonly #cluster: Cluster;
  readonly #now: () => number;
  readonly #watch: Watch;
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  /** Where each stream is gone on from: what came up to there is gathered or sent. */
  #cursors: Partial<Record<Stream, number>> = {};
  #pending: { stream: Stream; cursor: number; text: string }[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | null = null;
  #sentAt = 0;

  constructor(cluster: Cluster, now: () => number, watch: Watch) {
    this.#cluster = cluster;
    this.#now = now;
    this.#watch = watch;
  }

  get #over(): AbortSignal {
    return this.#watch.over.signal;
  }

  async follow(): Promise<void> {
    let tail = this.#watch.tail;
    let awayFor: number = awayMs.first;
    try {
      while (!this.#over.aborted) {
        try {
          if ((await this.#read(tail)) === 'ended') break;
          this.#tell('log-skipped', 'lines came faster than they could be shown; some were left out');
          this.#forget();
          tail = skippedTail;
        } catch (error) {
          if (!(error instanceof Refusal) || !passing.includes(error.code)) throw error;
          if (this.#watch.trouble === null) awayFor = awayMs.first;
          await this.#wait(error, awayFor);
          awayFor = Math.min(awayFor * 2, awayMs.most);
        }
      }
    } finally {
      if (this.#timer) clearTimeout(this.#timer);
    }
    this.#tell('log-ended', 'nothing more will be written here');
  }

  #tell(code: string, detail: string): void {
    if (!this.#over.aborted) this.#watch.client.answer({ type: 'problem', topic: this.#watch.name, code, detail });
  }

  /** Its node does not answer: says so once, after all that came before. */
  async #wait({ code, message }: Refusal, ms: number): Promise<void> {
    while (this.#watch.client.lagging && !this.#over.aborted) await pause(paceMs, this.#over);
    this.#flush();
    if (this.#watch.trouble === null) this.#tell(code, `${message}. It goes on where it was when the node is back.`);
    this.#watch.trouble = code;
    await pause(ms, this.#over);
  }

  /** @returns 'skip': it gave up on this place of the file and wants to go on at its end */
  async #read(tail: number): Promise<'ended' | 'skip'> {
    const again = new AbortController();
    const signal = AbortSignal.any([this.#over, again.signal]);
    const known = this.#cursors.stdout !== undefined || this.#cursors.stderr !== undefined;
    const after = known ? { stdout: 0, stderr: 0, ...this.#cursors } : null;
    const { stream } = this.#watch;
    const request: LogRequest = { stream, tail, follow: true, since: null, until: null, grep: null, after };
    const id = 'of' in this.#watch.topic ? this.#watch.topic.of : '';
    for await (const chunk of this.#cluster.logs(id, request, signal)) {
      if (this.#watch.trouble !== null) this.#tell('log-back', 'the node is back');
      this.#watch.trouble = null;
      this.#gather(chunk);
      if (await this.#isStuck()) {
        again.abort();
        return 'skip';
      }
      if (this.#over.aborted) break;
    }
    this.#flush();
    return 'ended';
  }

  #gather({ stream, cursor, bytes }: LogChunk): void {
    this.#cursors[stream] = cursor;
    const text = this.#decoders[stream].decode(bytes, { stream: true });
    if (text === '') return;
    const newest = this.#pending.at(-1);
    if (newest?.stream === stream && newest.text.length + text.length <= frameSize) {
      newest.text += text;
      newest.cursor = cursor;
    } else this.#pending.push({ stream, cursor, text });
    this.#size += text.length;
    this.#timer ??= setTimeout(() => this.#send(), Math.max(0, this.#sentAt + paceMs - this.#now()));
  }

  /** Waits while much is gathered. @returns whether that took too long */
  async #isStuck(): Promise<boolean> {
    for (const fullSince = this.#now(); this.#size >= fullAt && !this.#over.aborted;) {
      await pause(paceMs / 2);
      if (this.#now() - fullSince > skipAfterMs) return true;
    }
    return false;
  }

  #send(): void {
    this.#timer = null;
    if (this.#over.aborted) return;
    if (this.#watch.client.lagging) this.#timer = setTimeout(() => this.#send(), paceMs);
    else this.#flush();
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#over.aborted) return;
    this.#sentAt = this.#now();
    const { client, name } = this.#watch;
    for (const { stream, cursor, text } of this.#pending)
      client.answer({ type: 'log', topic: name, stream, cursor, text });
    this.#pending = [];
    this.#size = 0;
  }

  /** It begins anew at the end. */
  #forget(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = [];
    this.#size = 0;
    this.#cursors = {};
    for (const stream of ['stdout', 'stderr'] as const) this.#decoders[stream] = new TextDecoder();
  }
}
