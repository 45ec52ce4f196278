// How a stream of output lies on disk. Cursors are absolute: the number of bytes the stream had before.
//   stdout.log            the live end, appended by the program itself
//   stdout.log.<cursor>   a piece that was moved away, by the cursor of its first byte
//   stdout.rotate.<n>     the newest whole one tells the cursor of the live file's first byte; one without `done` was written just
//                         before the file was cut, so that a crash in between is told by the file's first block
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type Stream = 'stdout' | 'stderr';

/** What a `rotate.<n>` holds. */
export interface Journal {
  /** Cursor of the live file's first byte before the cut. */
  base: number;
  /** Bytes that are cut from its front; 0 in a done one. */
  length: number;
  /** Size of the live file when this was written. */
  size: number;
  /** Of the live file's first block before the cut. */
  hash: string;
  done: boolean;
}

export interface Segment { path: string; from: number; to: number }

export interface Segments {
  /** Oldest first; the live file is the last. Without gaps. */
  pieces: Segment[];
  /** Cursor of the oldest byte. */
  first: number;
  end: number;
  /** Cursor of the live file's first byte. */
  base: number;
  /** Number of the newest journal, 0 for none. */
  journal: number;
  /** Whether the newest whole journal is a done one (or there is none). */
  settled: boolean;
  /** Files that lead nowhere: left by a crash, or before a gap. */
  loose: string[];
}

export const blockSize = 4096;

export function outputFile(instance: string, stream: Stream): string {
  return join(instance, `${stream}.log`);
}

export function journalFile(instance: string, stream: Stream, n: number): string {
  return join(instance, `${stream}.rotate.${n}`);
}

/** SHA-256 of a file's first block; of less where it has less. */
export function firstBlockHash(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const block = Buffer.alloc(blockSize);
    return createHash('sha256').update(block.subarray(0, readSync(fd, block, 0, blockSize, 0))).digest('hex');
  } finally {
    closeSync(fd);
  }
}

function readJournal(path: string): Journal | null {
  try {
    const text = readFileSync(path, 'utf8');
    const value = JSON.parse(text) as Journal;
    const whole = text.endsWith('\n') && typeof value.hash === 'string';
    return whole && [value.base, value.length, value.size].every(Number.isSafeInteger) ? value : null;
  } catch {
    return null; // cut off or zeroed by a power cut: the one before counts
  }
}

/** Whether the cut that a journal announces was made: the first block is another, or there are fewer bytes than before it. */
function wasCut(path: string, journal: Journal, size: number): boolean {
  return size < journal.size || firstBlockHash(path) !== journal.hash;
}

/** Every piece of a stream that is kept. */
export function segmentsOf(instance: string, stream: Stream): Segments {
  const live = outputFile(instance, stream), size = sizeOf(live) ?? 0;
  const { moved, journals, parts } = listed(instance, stream);
  let base = 0, settled = true;
  for (const n of journals) {
    const journal = readJournal(journalFile(instance, stream, n));
    if (!journal) continue;
    settled = journal.done;
    base = journal.base;
    // A truncation may have copied more than it announced.
    if (!settled && wasCut(live, journal, size)) base = moved.find((piece) => piece.from === journal.base)?.to ?? base + journal.length;
    break;
  }
  // Only what leads up to the live file without a gap or an overlap: an overlap is a copy whose cut was not made.
  const pieces: Segment[] = [{ path: live, from: base, to: base + size }];
  const loose = parts;
  for (const piece of moved.sort((a, b) => b.from - a.from)) {
    if (piece.to === pieces[0]!.from && piece.from < piece.to) pieces.unshift(piece);
    else loose.push(piece.path);
  }
  return { pieces, first: pieces[0]!.from, end: base + size, base, journal: journals[0] ?? 0, settled, loose };
}

/** The files of a stream beside the live one; journals newest first. */
function listed(instance: string, stream: Stream): { moved: Segment[]; journals: number[]; parts: string[] } {
  const moved: Segment[] = [], journals: number[] = [], parts: string[] = [];
  let names: string[];
  try { names = readdirSync(instance); } catch { names = []; }
  for (const name of names) {
    if (!name.startsWith(`${stream}.`)) continue;
    const path = join(instance, name);
    const n = /^\w+\.rotate\.(\d+)$/.exec(name)?.[1], piece = /^\w+\.log\.(\d+)$/.exec(name)?.[1];
    if (n !== undefined) journals.push(Number(n));
    else if (name.endsWith('.part')) parts.push(path);
    else if (piece !== undefined) moved.push({ path, from: Number(piece), to: Number(piece) + (sizeOf(path) ?? 0) });
  }
  return { moved, journals: journals.sort((a, b) => b - a), parts };
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const cuts = new Map<string, Promise<void>>();

/** Runs `cut`, which moves bytes of the live file, while no reader of this process is between looking and reading. */
export async function whileCutting<T>(path: string, cut: () => Promise<T>): Promise<T> {
  let done!: () => void;
  cuts.set(path, new Promise((resolve) => { done = resolve; }));
  try {
    return await cut();
  } finally {
    cuts.delete(path);
    done();
  }
}

/** Resolves when no cut of this file is under way. What follows in the same turn sees it whole. */
export async function untilWhole(path: string): Promise<void> {
  for (let cut = cuts.get(path); cut; cut = cuts.get(path)) await cut;
}
