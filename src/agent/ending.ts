// The end of all that runs on this node, when its agent is asked for it (SIGQUIT): everything here is asked to stop, nothing begins
// any more, and it is over when nobody is left of any program. A program whose supervisor has failed meanwhile ends, too.
import { showSpan } from '../model/sizes.ts';
import { hasEnded, isIdle, type Entry } from './instance/entry.ts';

/** Why what ends with its agent is stopped. Written down with its launch: the next agent begins it again, if it is wanted still. */
export const endsWithAgent = 'the agent was asked to end its processes';

/** Looked at again after, ms. */
const lookMs = 20;
/** Who is still waited for is told this often, ms. */
const tellMs = 10_000;
const mostNamed = 10;

interface EndingOptions {
  entries: () => Iterable<Entry>;
  /** Tells its actor to stop. */
  ask: (entry: Entry, why: string) => void;
  keyOf: (entry: Entry) => string;
  /** Whether the supervisor of a key is there. */
  hasSupervisor: (key: string) => boolean;
  startSupervisor: (key: string) => void;
  warn: (message: string) => void;
}

export class Ending {
  readonly #options: EndingOptions;
  /** Null: nobody has asked for it. */
  #why: string | null = null;
  /** Supervisors that were made again for it. */
  readonly #revived = new Set<string>();

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** Whether this entry is left to the next agent: nothing of it runs, and nothing begins any more. */
  bars(entry: Entry): boolean {
    return this.#why !== null && isIdle(entry);
  }

  /** An actor was made: it is asked like all others. */
  joined(entry: Entry): void {
    if (this.#why !== null) this.#options.ask(entry, this.#why);
  }

  /** Resolves when nothing runs here any more. */
  async all(why: string): Promise<void> {
    this.#why = why;
    const { entries, ask } = this.#options;
    for (const entry of entries()) if (entry.actor) ask(entry, why);
    const beganAt = Date.now();
    let toldAt = beganAt;
    for (;;) {
      const left = [...entries()].filter((entry) => !hasEnded(entry));
      if (left.length === 0) return;
      for (const entry of left) if (entry.actor === null) this.#endWithoutActor(entry);
      if (Date.now() - toldAt >= tellMs) this.#tell(left, (toldAt = Date.now()) - beganAt);
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }

  /** Its supervisor has failed: made again once, so that it ends in order. Where that fails, too, it is killed. */
  #endWithoutActor(entry: Entry): void {
    const { keyOf, hasSupervisor, startSupervisor } = this.#options;
    const key = keyOf(entry);
    if (!this.#revived.has(key) && !hasSupervisor(key)) {
      this.#revived.add(key);
      startSupervisor(key);
    } else entry.program.command({ type: 'program.kill', by: null });
  }

  #tell(left: readonly Entry[], afterMs: number): void {
    const named = left.slice(0, mostNamed).map(({ id }) => id);
    const more = left.length > mostNamed ? ` and ${left.length - mostNamed} more` : '';
    this.#options.warn(`after ${showSpan(afterMs)} these have not ended yet: ${named.join(', ')}${more}`);
  }
}
