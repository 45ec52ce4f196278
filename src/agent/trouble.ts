// What keeps this agent from writing down what it must not forget, as it is shown at its node (and told by events when it begins and
// ends). It goes on all the same: what it was told counts in memory, and is written as soon as there is room.
import { showSpan } from '../model/sizes.ts';
import type { NewEvent } from '../model/event.ts';
import type { NodeTrouble } from '../model/node.ts';
import { fullText, isFull } from './effects/disk/room.ts';

/** Tried again after, ms. */
export const writeAgainMs = 5000;

export class Trouble {
  readonly #directory: string;
  readonly #tell: (event: NewEvent) => void;
  readonly #node: string;
  /** By what cannot be written: 'what is desired', 'the record of web.0.abcdefgh'. */
  readonly #all = new Map<string, NodeTrouble>();

  /** @param directory whose disk it is about */
  constructor(directory: string, node: string, tell: (event: NewEvent) => void) {
    this.#directory = directory;
    this.#node = node;
    this.#tell = tell;
  }

  /** The oldest; null: all is well. */
  get current(): NodeTrouble | null {
    return [...this.#all.values()].sort((a, b) => a.since - b.since)[0] ?? null;
  }

  /** @param what cannot be written: a noun with its article */
  begin(what: string, error: unknown): void {
    const why = isFull(error) ? fullText(error, this.#directory) : (error as Error).message;
    const text = `${what[0]!.toUpperCase()}${what.slice(1)} cannot be written because ${why}`;
    const before = this.#all.get(what);
    const code = isFull(error) ? 'disk-full' : 'not-written';
    this.#all.set(what, { code, text, since: before?.since ?? Date.now() });
    if (!before)
      this.#event(
        'node.cannotWrite',
        'attention',
        `${text}. It counts all the same, and is written as soon as it can be`,
      );
  }

  /** It is written, or need not be any more. */
  end(what: string): void {
    const before = this.#all.get(what);
    if (!before) return;
    this.#all.delete(what);
    const after = showSpan(Date.now() - before.since);
    this.#event('node.canWrite', 'quiet', `${what[0]!.toUpperCase()}${what.slice(1)} is settled after ${after}`);
  }

  #event(kind: string, loudness: NewEvent['loudness'], message: string): void {
    this.#tell({ at: Date.now(), kind, subject: { node: this.#node }, loudness, message, detail: {} });
  }
}
