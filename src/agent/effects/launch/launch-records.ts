// What the agent keeps of its instances: instances/<id>/record.<k>.json and the numbers of their launches.
//
// No file is ever rewritten: a new one is written and synced, then the old one unlinked; the highest whole one counts. So
// whatever moment the power goes, the last acknowledged record is there.
import { existsSync, mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, syncDirectory, writeSynced } from '../disk/durable.ts';
import { quarantine, type QuarantineNotice } from '../disk/quarantine.ts';
import { readSealed, seal } from '../disk/sealed-json.ts';

/** An instance as found on disk. */
export interface StoredInstance<T> {
  id: string;
  directory: string;
  /** Null: every record of it was broken. The instance is then known only by its launches. */
  record: T | null;
  /** Numbers of its launches, ascending. */
  launches: number[];
}

// <app>.<slot>.<8 base32>
const instanceId = /^[a-z0-9][a-z0-9_.-]{0,62}\.\d+\.[a-z2-7]{8}$/;

/** Whether a name can be an instance's: it becomes a directory and a cgroup. */
export function isInstanceId(name: string): boolean {
  return instanceId.test(name);
}

export function instanceDirectory(instances: string, id: string): string {
  return join(instances, id);
}

/** launches/<n> of an instance. */
export function launchDirectory(instance: string, launch: number): string {
  return join(instance, 'launches', String(launch));
}

/** Numbers of the launches of an instance on disk, ascending. */
export const launchNumbers = (instance: string): number[] => numbers(join(instance, 'launches'), /^(\d+)$/);

function numbers(directory: string, pattern: RegExp): number[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const n = pattern.exec(name)?.[1];
      return n === undefined ? [] : [Number(n)];
    })
    .sort((a, b) => a - b);
}

const recordName = /^record\.(\d+)\.json$/;

/**
 * Writes an instance's record; durable when it resolves. Makes the instance's directory at the first one. One write at a time an instance.
 * @param record plain JSON
 */
export async function writeRecord(directory: string, record: object): Promise<void> {
  const existing = existsSync(directory) ? numbers(directory, recordName) : [];
  if (existing.length === 0) {
    await makeDirectory(directory, 0o700); // whoever its program runs as is let in by name (RoomAndUser)
    await makeDirectory(join(directory, 'launches'), 0o711);
  }
  await writeSynced(join(directory, `record.${(existing.at(-1) ?? 0) + 1}.json`), seal(record));
  await syncDirectory(directory);
  if (existing.length === 0) await syncDirectory(join(directory, '..'));
  for (const k of existing)
    try {
      unlinkSync(join(directory, `record.${k}.json`));
    } catch {
      /* gone already */
    }
}

/** The highest whole record of an instance; broken ones above it are moved aside. */
export function readRecord<T extends object>(
  directory: string,
  isRecord: (value: unknown) => value is T,
): { record: T | null; notices: QuarantineNotice[] } {
  const notices: QuarantineNotice[] = [];
  for (const k of numbers(directory, recordName).reverse()) {
    const path = join(directory, `record.${k}.json`);
    const found = readSealed(path);
    if (found?.ok && isRecord(found.value)) return { record: found.value, notices };
    notices.push(quarantine(path, found?.ok === false ? found.wrong : 'it is no record of an instance'));
  }
  return { record: null, notices };
}

/**
 * Every instance on disk. Nothing found there is fatal: a broken record is moved aside and told, a foreign name is told and left alone.
 * @param isRecord tells a record from any other JSON
 */
export function readInstances<T extends object>(
  instances: string,
  isRecord: (value: unknown) => value is T,
): { instances: StoredInstance<T>[]; notices: QuarantineNotice[] } {
  mkdirSync(instances, { recursive: true, mode: 0o711 });
  const found: StoredInstance<T>[] = [];
  const notices: QuarantineNotice[] = [];
  for (const entry of readdirSync(instances, { withFileTypes: true })) {
    const directory = join(instances, entry.name);
    if (!entry.isDirectory() || !isInstanceId(entry.name)) {
      notices.push({ path: directory, movedTo: null, reason: 'it is no directory of an instance; left alone' });
      continue;
    }
    const { record, notices: broken } = readRecord(directory, isRecord);
    notices.push(...broken);
    found.push({ id: entry.name, directory, record, launches: launchNumbers(directory) });
  }
  return { instances: found, notices };
}

/** Removes all that is left of an instance: records, output, launches. Its tree must be empty. */
export function removeInstance(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

const block = 1000;

/**
 * The launch numbers of one instance, never given twice, whatever is lost in a power cut: reserved in blocks of 1,000 by an
 * empty file `reserved.<highest>` whose name is all it says. The first block comes with the instance's first record.
 */
export class LaunchNumbers {
  readonly #directory: string;
  #next: number;
  #reserved: number;
  #reserving: Promise<void> | null = null;

  /**
   * @param highest the highest launch on disk, 0 for none
   * @param sameBoot whether that launch is of this boot: if not, directories may be lost and the rest of the block is skipped
   * @param isNew the instance was made just now: nothing of it is on disk but its record
   */
  constructor(directory: string, highest: number, sameBoot: boolean, isNew = false) {
    this.#directory = directory;
    this.#reserved = (isNew ? undefined : numbers(directory, /^reserved\.(\d+)$/).at(-1)) ?? block;
    this.#next = (isNew || sameBoot ? highest : Math.max(highest, this.#reserved)) + 1;
  }

  /** A number can be had at once. */
  get available(): boolean {
    return this.#next <= this.#reserved;
  }

  /** Resolves when at least one number can be had. At once but for the first of a block. */
  async ready(): Promise<void> {
    if (this.#next > this.#reserved) await this.#reserve();
  }

  /** The next number. Reserves the next block in good time. @throws RangeError when `ready` was not awaited */
  take(): number {
    if (this.#next > this.#reserved) throw new RangeError('no launch number is reserved');
    if (this.#reserved - this.#next < block / 10)
      void this.#reserve().catch(() => {
        /* asked for again, and awaited, by ready() */
      });
    return this.#next++;
  }

  #reserve(): Promise<void> {
    this.#reserving ??= (async () => {
      const from = this.#reserved;
      const to = Math.max(this.#reserved, this.#next - 1) + block;
      try {
        await writeSynced(join(this.#directory, `reserved.${to}`), '');
        await syncDirectory(this.#directory);
        this.#reserved = to;
        if (from > block) unlinkSync(join(this.#directory, `reserved.${from}`));
      } finally {
        this.#reserving = null;
      }
    })();
    return this.#reserving;
  }
}
