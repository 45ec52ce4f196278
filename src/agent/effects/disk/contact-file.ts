// When the master last acknowledged a beat, kept for the next run of this agent: what stops itself when it is cut off does so also
// after the agent's own restart. One line of fixed width, written in place: that needs no room on a full disk. Not synced: a power
// cut ends the programs, too, and the boot id tells.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

interface Contact {
  /** CLOCK_MONOTONIC ms of the sending of the last beat that was acknowledged. */
  sentMono: number;
  /** After which silence the master calls a node lost, ms. */
  lostMs: number;
}

export class ContactFile {
  readonly #path: string;
  readonly #boot: string;
  #fd: number | null = null;

  constructor(path: string, boot: string) {
    this.#path = path;
    this.#boot = boot;
  }

  /** What an earlier run of this boot has noted; null: nothing, or it cannot be read. */
  read(): Contact | null {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return null;
    }
    const [boot, sentMono, lostMs] = text.trim().split(/\s+/);
    const contact = { sentMono: Number(sentMono), lostMs: Number(lostMs) };
    return boot === this.#boot && contact.sentMono > 0 && contact.lostMs > 0 ? contact : null;
  }

  /** @throws Error of the file system; an older note then makes the next run stop its programs earlier, never later */
  note({ sentMono, lostMs }: Contact): void {
    this.#fd ??= openSync(this.#path, 'w', 0o600);
    writeSync(this.#fd, `${this.#boot} ${sentMono.toFixed(0).padStart(16)} ${lostMs.toFixed(0).padStart(12)}\n`, 0);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}
