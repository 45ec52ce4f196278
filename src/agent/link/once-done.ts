// Commands are done once: their ids and answers are kept for 10 minutes, so that one sent twice is answered, not done, twice.
import type { CommandResult } from './link-content.ts';

const keepMs = 10 * 60_000;
const most = 2000;

export class OnceDone {
  readonly #answers = new Map<string, { at: number; answer: CommandResult | 'running' }>();

  /** What is known of a command; undefined: never seen. */
  answer(id: string): CommandResult | 'running' | undefined {
    return this.#answers.get(id)?.answer;
  }

  begin(id: string): void {
    const now = performance.now();
    // Insertion order is age: only the oldest need a look.
    for (const [old, { at }] of this.#answers) {
      if (now - at < keepMs && this.#answers.size < most) break;
      this.#answers.delete(old);
    }
    this.#answers.set(id, { at: now, answer: 'running' });
  }

  /** Large answers (logs, files) are not kept: asked again, they are read again by a new command. */
  end(id: string, result: CommandResult): void {
    const known = this.#answers.get(id);
    if (known) known.answer = result.ok && JSON.stringify(result.value ?? null).length > 4096 ? { ok: true } : result;
  }
}
