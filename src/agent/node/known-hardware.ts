// What systeminformation said of this machine, kept for the next start: a node never forgets in between what something may be placed
// by. Asked again after each start, when that is over.
import type { QuarantineNotice } from '../effects/disk/quarantine.ts';
import { NumberedFile } from '../effects/disk/numbered-file.ts';
import { askHardware } from '../effects/ask-hardware.ts';
import type { HardwareSaid } from '../effects/hardware-said.ts';

const calmMs = 10_000;

interface Kept {
  boot: string;
  said: HardwareSaid;
}

const isList = (value: unknown): boolean => value === undefined || Array.isArray(value);

function isKept(value: unknown): value is Kept {
  const { boot, said } = value as Partial<Kept>;
  return (
    typeof boot === 'string' && typeof said === 'object' && said !== null && isList(said.disks) && isList(said.gpus)
  );
}

export class KnownHardware {
  readonly #file: NumberedFile<Kept>;
  readonly #boot: string;
  readonly #warn: (message: string, error?: unknown) => void;
  #kept: Kept | null = null;

  constructor(storeDirectory: string, boot: string, warn: (message: string, error?: unknown) => void) {
    this.#file = new NumberedFile(storeDirectory, 'hardware', isKept);
    this.#boot = boot;
    this.#warn = warn;
  }

  /**
   * What an earlier run was told. Over a reboot a machine is mostly the same; what is mounted on it need not be.
   * @param notice is told of a file that was damaged, which is no loss: it is asked for again
   */
  read(notice: (notice: QuarantineNotice) => void): HardwareSaid {
    const { value, notices } = this.#file.read();
    for (const one of notices) notice(one);
    this.#kept = value;
    if (value === null || value.boot === this.#boot) return value?.said ?? {};
    const { disks: _, ...said } = value.said;
    return said;
  }

  /**
   * Asks once, some seconds from now. A part that cannot be read now stays what it was in this boot.
   * @param learned is told what is known then
   * @returns calls it off, and ends what it started
   */
  ask(learned: (said: HardwareSaid) => void): () => void {
    const calledOff = new AbortController();
    const missing = (why: string): void => this.#warn(`of the machine is not known: ${why}`);
    const timer = setTimeout(() => {
      void askHardware(missing, calledOff.signal).then((said) => {
        if (calledOff.signal.aborted) return;
        const before = this.#kept?.boot === this.#boot ? this.#kept.said : {};
        const known = { ...before, ...said };
        learned(known);
        return this.#keep(known);
      });
    }, calmMs).unref();
    return () => {
      clearTimeout(timer);
      calledOff.abort();
    };
  }

  async #keep(said: HardwareSaid): Promise<void> {
    const next = { boot: this.#boot, said };
    if (JSON.stringify(this.#kept) === JSON.stringify(next)) return;
    try {
      await this.#file.write(next);
      this.#kept = next;
    } catch (error) {
      this.#warn('what is known of the machine is not kept for the next start', error);
    }
  }
}
