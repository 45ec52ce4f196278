// Commands of the master, each done once and until its line ends: one that is sent again is answered, not done again.
import type { Line } from '../effects/line/line.ts';
import type { Command } from '../../protocol/link.ts';
import type { CommandResult, LinkContent } from './link-content.ts';
import { OnceDone } from './once-done.ts';

export class CommandRuns {
  readonly #content: LinkContent;
  readonly #done = new OnceDone();
  readonly #running = new Map<string, AbortController>();

  constructor(content: LinkContent) {
    this.#content = content;
  }

  take(line: Line, command: Command): void {
    this.#run(line, command).catch((error: unknown) =>
      this.#content.warn(`the answer to ${command.name} could not be given`, error),
    );
  }

  /** Whoever asked is gone. */
  lineEnded(): void {
    for (const running of this.#running.values()) running.abort();
    this.#running.clear();
  }

  async #run(line: Line, command: Command): Promise<void> {
    if (command.name === 'cancel') {
      this.#running.get(command.target)?.abort();
      return;
    }
    const before = this.#done.answer(command.id);
    if (before === 'running') return;
    const result = before ?? (await this.#answer(line, command));
    line.send({ type: 'result', id: command.id, ...result });
  }

  async #answer(line: Line, command: Command): Promise<CommandResult> {
    const { id } = command;
    const abort = new AbortController();
    this.#done.begin(id);
    this.#running.set(id, abort);
    let result: CommandResult;
    try {
      result = await this.#content.command(command, (value) => line.send({ type: 'chunk', id, value }), abort.signal);
    } catch (error) {
      const { code = 'internal', message = String(error) } = error as { code?: string; message?: string };
      result = { ok: false, code: String(code), detail: message };
    }
    this.#running.delete(id);
    this.#done.end(id, result);
    return result;
  }
}
