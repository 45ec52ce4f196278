// What a command beside a program prints, handed on no faster than its reader takes it: a slow reader slows the command, and what is
// printed before the end arrives, however late.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface ExecReader {
  output(stream: 'stdout' | 'stderr', bytes: Buffer): void;
  /** Resolves when more output may come. */
  ready(): Promise<void>;
}

/** After its end others may hold its output open: they are listened to until they are silent for so long, ms; and for so many bytes. */
const silentMs = 500;
const mostAfterEnd = 4 * 1024 ** 2;

export class ExecOutput {
  readonly #reader: ExecReader;
  readonly #carried: Promise<unknown>;
  /** Streams that wait for their reader. */
  #blocked = 0;
  #movedAt = 0;
  #left = Infinity;

  constructor({ stdout, stderr }: ChildProcess, reader: ExecReader) {
    this.#reader = reader;
    this.#carried = Promise.all([this.#carry(stdout, 'stdout'), this.#carry(stderr, 'stderr')]);
  }

  /** To be called at the end of the command. Resolves when the rest of its output has been handed on. */
  async drained(): Promise<void> {
    let carried = false;
    const ended = this.#carried.then(() => {
      carried = true;
    });
    this.#movedAt = performance.now();
    this.#left = mostAfterEnd;
    const goesOn = (): boolean => this.#blocked > 0 || (this.#left > 0 && performance.now() - this.#movedAt < silentMs);
    while (!carried && goesOn()) await Promise.race([ended, delay(50)]);
  }

  async #carry(from: ChildProcess['stdout'], stream: 'stdout' | 'stderr'): Promise<void> {
    try {
      for await (const bytes of from ?? []) {
        this.#reader.output(stream, bytes as Buffer);
        this.#left -= (bytes as Buffer).length;
        this.#blocked++;
        try {
          await this.#reader.ready();
        } finally {
          this.#blocked--;
        }
        this.#movedAt = performance.now();
      }
    } catch {
      /* closed with the session */
    }
  }
}
