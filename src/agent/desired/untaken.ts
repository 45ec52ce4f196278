// Assignments that could not be taken up, most of all because the disk is full: kept by id, shown as pending with the reason, and
// tried again until they are taken, changed or dropped.
import type { Reason } from '../../model/app/app.ts';
import type { Assignment } from '../../model/assignment.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { fullText, isFull } from '../effects/disk/room.ts';
import { pendingView } from '../../model/instance/pending-view.ts';

/** ms between two tries. */
const againMs = 5000;

interface Held {
  assignment: Assignment;
  /** epoch ms */ since: number;
  at: number;
  reason: Reason;
}

interface UntakenOptions {
  node: string;
  /** Where the records of instances are written. */
  directory: string;
  /** Takes these up, or holds them here again. */
  retry: (assignments: Assignment[]) => Promise<void>;
  /** What is shown of this instance is another now. */
  changed: (id: string) => void;
}

export class Untaken {
  readonly #options: UntakenOptions;
  readonly #all = new Map<string, Held>();
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(options: UntakenOptions) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @returns why, in words, when that is news: the same is not told at each try */
  hold(assignment: Assignment, error: unknown): string | null {
    const { directory, changed } = this.#options;
    const before = this.#all.get(assignment.id);
    const full = isFull(error);
    const at = Date.now();
    const why = full ? fullText(error, directory) : (error as Error).message;
    const reason: Reason = {
      code: full ? 'disk-full' : 'not-taken',
      text: `It could not be taken up: ${why}.`,
      next: { what: full ? 'is tried again: it starts when there is room' : 'is tried again', at: null },
    };
    this.#all.set(assignment.id, { assignment, since: before?.since ?? at, at, reason });
    this.#plan();
    if (before?.reason.text !== reason.text) changed(assignment.id);
    return before?.reason.code === reason.code ? null : why;
  }

  /** It is taken, or nobody wants it any more. @returns since when it waited, epoch ms; null: it did not */
  release(id: string): number | null {
    const since = this.#all.get(id)?.since ?? null;
    if (since === null) return null;
    this.#all.delete(id);
    this.#options.changed(id);
    return since;
  }

  /** Lets go of all that are named no more. */
  settle(named: ReadonlyMap<string, unknown>): void {
    for (const id of [...this.#all.keys()]) if (!named.has(id)) this.release(id);
  }

  has(id: string): boolean {
    return this.#all.has(id);
  }

  view(id: string): InstanceView | null {
    const held = this.#all.get(id);
    return held ? pendingView(held.assignment, this.#options.node, held.reason, held.at) : null;
  }

  views(): InstanceView[] {
    return [...this.#all.keys()].map((id) => this.view(id)!);
  }

  #plan(): void {
    if (this.#timer !== null || this.#ended) return;
    this.#timer = setTimeout(() => {
      const due = [...this.#all.values()].map(({ assignment }) => assignment);
      void this.#options.retry(due).finally(() => {
        this.#timer = null;
        if (this.#all.size > 0) this.#plan();
      });
    }, againMs);
  }

  /** Nothing is tried any more. */
  end(): void {
    this.#ended = true;
    if (this.#timer) clearTimeout(this.#timer);
  }
}
