// Small files of /proc and cgroups, read as bytes: no string is made of what is only counted. A file that is read often stays open (a
// fifth of the cost, and what was opened once is never another process under the same pid), within a budget of descriptors.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const buffer = Buffer.allocUnsafe(32 * 1024);
const zero = 48;
const nine = 57;
const space = 32;
const newline = 10;
const parenthesis = 41;

/** A quarter of the descriptors that the process may have: sockets, pipes and files need theirs. */
function budget(): number {
  const soft = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 1024);
  return Math.min(8192, Math.floor(soft / 4));
}
let room: number | null = null;

export class SmallFile {
  readonly #path: string;
  /** Open between two reads; -1: not. */
  #kept = -1;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads it into the shared buffer, at which the functions below look until the next read.
   * @param keep it is read again soon: stays open where the budget allows
   * @returns bytes read; -1: it is gone, or not ours to read
   */
  read(keep: boolean): number {
    let fd = this.#kept;
    try {
      if (fd < 0) fd = openSync(this.#path, 'r');
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      this.#keep(fd, keep);
      return length;
    } catch {
      if (fd >= 0) this.#keep(fd, false);
      return -1;
    }
  }

  #keep(fd: number, keep: boolean): void {
    room ??= budget();
    if (keep && this.#kept < 0 && room > 0) {
      room--;
      this.#kept = fd;
    } else if (!keep || this.#kept < 0) {
      closeSync(fd);
      if (this.#kept >= 0) room++;
      this.#kept = -1;
    }
  }

  close(): void {
    if (this.#kept >= 0) this.#keep(this.#kept, false);
  }
}

/** The number that begins at `from` (after blanks); -1 where none does. */
function numberAt(from: number, length: number): number {
  let at = from;
  while (at < length && buffer[at] === space) at++;
  let value = 0;
  let digits = 0;
  for (; at < length; at++, digits++) {
    const code = buffer[at]!;
    if (code < zero || code > nine) break;
    value = value * 10 + code - zero;
  }
  return digits > 0 ? value : -1;
}

/** The whole file is one number. */
export const readNumber = (length: number): number | null => {
  const value = numberAt(0, length);
  return value < 0 ? null : value;
};

/** The number behind a word at the begin of a line: `inactive_file 4096`, `Pss:   12 kB`. */
export function numberBehind(word: Buffer, length: number): number | null {
  for (let at = 0; (at = buffer.subarray(0, length).indexOf(word, at)) >= 0; at++) {
    if (at > 0 && buffer[at - 1] !== newline) continue;
    const value = numberAt(at + word.length, length);
    return value < 0 ? null : value;
  }
  return null;
}

/** The numbers of a file that has one a line. */
export function numbersOf(length: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < length;) {
    const value = numberAt(at, length);
    const end = buffer.indexOf(newline, at);
    if (value >= 0) found.push(value);
    if (end < 0) break;
    at = end + 1;
  }
  return found;
}

/** What a line of /proc/<pid>/stat says (proc(5)); reused: copy what is needed before the next one is read. */
export const stat = { ended: false, session: 0, ownTicks: 0, childTicks: 0, threads: 0, startTime: 0, rssPages: 0 };

/** Takes apart the line in the buffer. @returns false: it is none */
export function parseStatLine(length: number): boolean {
  const name = buffer.subarray(0, length).lastIndexOf(parenthesis); // behind it lies what was read before
  if (name < 0) return false;
  const state = buffer[name + 2];
  stat.ended = state === 90 || state === 88; // Z, X
  let field = 3;
  for (let at = name + 3; at < length && field < 24; at++) {
    if (buffer[at] !== space) continue;
    field++;
    switch (field) {
      case 6:
        stat.session = numberAt(at, length);
        break;
      case 14:
        stat.ownTicks = numberAt(at, length);
        break;
      case 15:
        stat.ownTicks += numberAt(at, length);
        break;
      case 16:
        stat.childTicks = numberAt(at, length);
        break;
      case 17:
        stat.childTicks += numberAt(at, length);
        break;
      case 20:
        stat.threads = numberAt(at, length);
        break;
      case 22:
        stat.startTime = numberAt(at, length);
        break;
      case 24:
        stat.rssPages = numberAt(at, length);
        break;
    }
  }
  return field === 24;
}
