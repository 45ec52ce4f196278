// The desired set as it lies on disk: `desired/<hub>/<k>.jsonl`. The first line is a whole set, each further line a change to it;
// appended and synced before it counts. A whole set begins a new file, the older ones are unlinked after it; the highest with a whole
// first line counts. A line torn by a crash was never acknowledged, so the master tells it again. An empty file `behind` says that
// more was told than the disk has room for: on a full one a new name mostly fits where no byte of content does.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment, DesiredRevision } from '../../model/assignment.ts';
import { OneAtATime } from '../../model/one-at-a-time.ts';
import { syncDirectory } from '../effects/disk/durable.ts';
import { quarantine, type QuarantineNotice } from '../effects/disk/quarantine.ts';
import { seal, unseal } from '../effects/disk/sealed-json.ts';

/** One step from a set to the next. */
export interface Step {
  term: number;
  seq: number;
  whole: boolean;
  revisions: DesiredRevision[];
  assignments: Assignment[];
  gone: string[];
  envs: Record<string, string>;
  tags: string[] | null;
}

/** What an agent finds of it at its start. */
interface FoundSteps {
  steps: Step[];
  /** Something of it was lost: the steps may be older than what was last acknowledged. */
  damaged: boolean;
}

const compactAfter = 2000;

export class DesiredFile {
  readonly #directory: string;
  #k = 0;
  #file: FileHandle | null = null;
  #lines = 0;
  readonly #writes = new OneAtATime();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads the last whole set and the changes to it; what is damaged is left out and told. Call first. */
  read(notice: (notice: QuarantineNotice) => void): FoundSteps {
    const moved = makeRoom(this.#directory);
    if (moved) notice(moved);
    let damaged = moved !== null || existsSync(this.#behind);
    const numbers = numbersIn(this.#directory);
    this.#k = numbers[0] ?? 0;
    for (const k of numbers) {
      const path = this.#path(k);
      const { steps, lost } = stepsOf(path);
      const isWhole = steps[0]?.whole === true;
      damaged ||= !isWhole || lost > 0;
      if (!isWhole) {
        notice(quarantine(path, 'the desired set in it has no whole beginning; the hub tells it again'));
        continue;
      }
      if (lost > 0) notice({ path, movedTo: null, reason: lostText(lost) });
      // The file is not gone on with (its end may be torn): the next step writes a whole one.
      return { steps, damaged };
    }
    return { steps: [], damaged };
  }

  /** Durable when it resolves, one after the other. @param before the whole set that a step is a change to */
  keep(step: Step, before: () => Step): Promise<void> {
    return this.#writes.run(() => this.#keep(step, before));
  }

  /** What counts cannot be written: the next run shall know that the steps here are old. @throws where not even a name fits */
  fallBehind(): Promise<void> {
    return this.#writes.run(async () => {
      await (await open(this.#behind, 'a', 0o600)).close();
      await syncDirectory(this.#directory);
    });
  }

  /** Writes the whole set as it is when its turn comes. */
  keepAll(whole: () => Step): Promise<void> {
    return this.#writes.run(() => this.#keepWhole([whole()]));
  }

  async #keep(step: Step, before: () => Step): Promise<void> {
    if (step.whole) return this.#keepWhole([step]);
    if (!this.#file || this.#lines >= compactAfter) return this.#keepWhole([before(), step]);
    try {
      await this.#file.appendFile(seal(step));
      await this.#file.datasync();
    } catch (error) {
      // a full disk: its last line may be torn, so nothing can follow it
      await this.close().catch(() => undefined); // what was wrong is thrown below
      throw error;
    }
    this.#lines += 1;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** A new file that begins with the whole set; the older ones go once it is durable. */
  async #keepWhole(steps: Step[]): Promise<void> {
    const before = this.#k;
    const path = this.#path(++this.#k);
    await this.close();
    const next = await open(path, 'ax', 0o600);
    try {
      await next.appendFile(steps.map(seal).join(''));
      await next.sync();
      await syncDirectory(this.#directory); // its name, too: the older ones go now
    } catch (error) {
      await next.close().catch(() => undefined); // as above
      rmSync(path, { force: true });
      throw error;
    }
    this.#file = next;
    this.#lines = 1;
    for (const k of numbersIn(this.#directory)) if (k <= before) this.#remove(k);
    await rm(this.#behind, { force: true });
  }

  /** One that cannot go (a file made read-only or mounted) is no failure: the highest counts, and each whole set tries again. */
  #remove(k: number): void {
    try {
      rmSync(this.#path(k), { force: true });
    } catch {
      /* as above */
    }
  }

  get #behind(): string {
    return join(this.#directory, 'behind');
  }

  #path(k: number): string {
    return join(this.#directory, `${k}.jsonl`);
  }
}

/** Numbers of the files in a directory, the highest first. */
function numbersIn(directory: string): number[] {
  const numbers = readdirSync(directory).flatMap((name) => {
    const k = /^(\d+)\.jsonl$/.exec(name)?.[1];
    return k === undefined ? [] : [Number(k)];
  });
  return numbers.sort((a, b) => b - a);
}

/** Makes the directory; a file in its place is moved aside. */
function makeRoom(directory: string): QuarantineNotice | null {
  const isTaken = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false;
  const moved = isTaken ? quarantine(directory, 'it is no directory; the hub tells the desired set again') : null;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return moved;
}

const lostText = (lost: number): string =>
  `${lost === 1 ? 'a change in it is damaged' : `${lost} changes in it are damaged or follow a damaged one`}; the hub tells it again`;

/**
 * The steps of a file up to the first line that is damaged, and how many lines that and what follows it are. A line torn by a crash
 * has no end: it was never acknowledged.
 */
function stepsOf(path: string): { steps: Step[]; lost: number } {
  const steps: Step[] = [];
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return { steps, lost: 0 }; // it is no file, or cannot be read: it has no whole beginning
  }
  for (const line of lines) {
    const found = unseal(`${line}\n`);
    if (!found.ok || !isStep(found.value)) break;
    steps.push(found.value);
  }
  return { steps, lost: lines.length - steps.length };
}

function isStep(value: unknown): value is Step {
  const step = value as Partial<Step> | null;
  return Array.isArray(step?.assignments) && Array.isArray(step.revisions) && Array.isArray(step.gone);
}
