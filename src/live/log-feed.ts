// A program's output to one watcher: gathered into frames, at most ten a second. A reader that cannot keep up is taken to the
// newest lines and told so.
import type { Cluster } from '../api/cluster.ts';
import type { Feed, Watch } from './client.ts';

const paceMs = 100;
/** Most characters of one frame. */
const frameSize = 64 * 1024;
/** Most characters gathered before the output is left to wait in its file. */
const fullAt = 256 * 1024;
/** Full for this long: skip to the newest lines. */
const skipAfterMs = 3000;

type Stream = 'stdout' | 'stderr';
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
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
    void this.#follow(watch)
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

  async #follow(watch: Watch): Promise<void> {
    const id = 'of' in watch.topic ? watch.topic.of : '';
    for (let tail = watch.tail; !watch.over.signal.aborted; tail = 200) {
      const skipped = await this.#read(watch, id, tail);
      if (!skipped) break;
      watch.client.answer({
        type: 'problem',
        topic: watch.name,
        code: 'log-skipped',
        detail: 'lines came faster than they could be shown; some were left out',
      });
    }
    if (!watch.over.signal.aborted)
      watch.client.answer({
        type: 'problem',
        topic: watch.name,
        code: 'log-ended',
        detail: 'nothing more will be written here',
      });
  }

  /** @returns true when it gave up on this place of the file and wants to go on at its end */
  async #read(watch: Watch, id: string, tail: number): Promise<boolean> {
    const { client, name } = watch;
    const again = new AbortController();
    const signal = AbortSignal.any([watch.over.signal, again.signal]);
    const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
    let pending: { stream: Stream; cursor: number; text: string }[] = [];
    let size = 0;
    let timer: NodeJS.Timeout | null = null;
    let last = 0;
    const flush = () => {
      timer = null;
      if (signal.aborted) return;
      if (client.lagging) {
        timer = setTimeout(flush, paceMs);
        return;
      }
      last = this.#now();
      for (const { stream, cursor, text } of pending) client.answer({ type: 'log', topic: name, stream, cursor, text });
      pending = [];
      size = 0;
    };
    try {
      const request = { stream: watch.stream, tail, follow: true, since: null, until: null, grep: null, after: null };
      for await (const { stream, cursor, bytes } of this.#cluster.logs(id, request, signal)) {
        const text = decoders[stream].decode(bytes, { stream: true });
        if (text === '') continue;
        const newest = pending.at(-1);
        if (newest?.stream === stream && newest.text.length + text.length <= frameSize) {
          newest.text += text;
          newest.cursor = cursor;
        } else pending.push({ stream, cursor, text });
        size += text.length;
        timer ??= setTimeout(flush, Math.max(0, last + paceMs - this.#now()));
        for (const fullSince = this.#now(); size >= fullAt && !signal.aborted;) {
          await pause(paceMs / 2);
          if (this.#now() - fullSince > skipAfterMs) {
            again.abort();
            return true;
          }
        }
        if (signal.aborted) return false;
      }
      flush();
      return false;
    } finally {
      if (timer) clearTimeout(timer);
    }
  }
}
