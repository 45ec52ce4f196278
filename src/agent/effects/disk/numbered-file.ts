// A small document that outlives power cuts without ever being rewritten: `<name>.<k>.json`; the highest whole one counts. A new
// one is written and synced before the old one goes.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OneAtATime } from '../../../model/one-at-a-time.ts';
import { syncDirectory, writeSynced } from './durable.ts';
import { quarantine, type QuarantineNotice } from './quarantine.ts';
import { readSealed, seal } from './sealed-json.ts';

export class NumberedFile<T extends object> {
  readonly #directory: string;
  readonly #name: string;
  readonly #isRight: (value: unknown) => value is T;
  #highest = 0;
  readonly #writes = new OneAtATime();

  /** @param name without number and ending: `identity` */
  constructor(directory: string, name: string, isRight: (value: unknown) => value is T) {
    this.#directory = directory;
    this.#name = name;
    this.#isRight = isRight;
  }

  #numbers(): number[] {
    const pattern = new RegExp(`^${this.#name.replaceAll('.', '\\.')}\\.(\\d+)\\.json$`);
    return readdirSync(this.#directory)
      .flatMap((file) => {
        const n = pattern.exec(file)?.[1];
        return n === undefined ? [] : [Number(n)];
      })
      .sort((a, b) => b - a);
  }

  #path(k: number): string {
    return join(this.#directory, `${this.#name}.${k}.json`);
  }

  /** The highest whole one; null when there is none. What is broken is moved aside and told. */
  read(): { value: T | null; notices: QuarantineNotice[] } {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const notices: QuarantineNotice[] = [];
    for (const k of this.#numbers()) {
      this.#highest = Math.max(this.#highest, k);
      const found = readSealed(this.#path(k));
      if (found?.ok && this.#isRight(found.value)) return { value: found.value, notices };
      const wrong = found?.ok === false ? found.wrong : 'it does not hold what its name says';
      notices.push(quarantine(this.#path(k), wrong));
    }
    return { value: null, notices };
  }

  /** Durable when it resolves. One after the other, in the order of the calls. */
  write(value: T): Promise<void> {
    const text = seal(value);
    return this.#writes.run(() => this.#write(text));
  }

  async #write(text: string): Promise<void> {
    const old = this.#numbers();
    const k = Math.max(this.#highest, old[0] ?? 0) + 1;
    await writeSynced(this.#path(k), text);
    this.#highest = k;
    await syncDirectory(this.#directory);
    for (const before of old)
      try {
        rmSync(this.#path(before), { force: true });
      } catch {
        /* the highest counts; each write tries again */
      }
  }
}
