// How a stream of output lies on disk. Cursors are absolute: the number of bytes the stream had before.
//   stdout.log                       the live end, appended by the program itself
//   stdout.log.<cursor>              a piece that was moved away, by the cursor of its first byte
//   stdout.log.<cursor>.<bytes>.gz   the same compressed (gzip.ts)
//   stdout.log.<cursor>.<bytes>.gap  nothing: so many bytes were dropped there, because they came faster than they may be kept
//   stdout.rotate.<n>                the newest whole one tells the cursor of the live file's first byte, and how much of its front is
//                                    a hole; one without `done` was written just before the file was cut, so that a crash in
//                                    between is told by the file's first block
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type Stream = 'stdout' | 'stderr';
export const streams: readonly Stream[] = ['stdout', 'stderr'];

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
  /** Bytes at the live file's front that were moved away and left as a hole; absent: 0. */
  hole?: number;
}

export interface Segment {
  path: string;
  from: number;
  to: number;
  kind: 'live' | 'raw' | 'gz' | 'gap';
  /** Where `from` lies in the file. */
  offset: number;
}

interface Segments {
  /** Oldest first; the live file is the last. Without gaps but those that a segment stands for. */
  pieces: Segment[];
  live: Segment;
  /** Cursor of the oldest byte. */
  first: number;
  end: number;
  /** Cursor of the live file's first byte, hole or not. */
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
  return `${instance}/${stream}.log`; // asked for thousands of times a minute: join takes longer than the stat after it
}

export function journalFile(instance: string, stream: Stream, n: number): string {
  return join(instance, `${stream}.rotate.${n}`);
}

/** SHA-256 of a file's first block; of less where it has less. */
export function firstBlockHash(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const block = Buffer.alloc(blockSize);
    return createHash('sha256')
      .update(block.subarray(0, readSync(fd, block, 0, blockSize, 0)))
      .digest('hex');
  } finally {
    closeSync(fd);
  }
}

function readJournal(path: string): Journal | null {
  try {
    const text = readFileSync(path, 'utf8');
    const value = JSON.parse(text) as Journal;
    const whole = text.endsWith('\n') && typeof value.hash === 'string';
    return whole && [value.base, value.length, value.size, value.hole ?? 0].every(Number.isSafeInteger) ? value : null;
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
  const path = outputFile(instance, stream);
  const size = sizeOf(path) ?? 0;
  const { moved, journals, parts } = listed(instance, stream);
  let base = 0;
  let hole = 0;
  let settled = true;
  for (const n of journals) {
    const journal = readJournal(journalFile(instance, stream, n));
    if (!journal) continue;
    settled = journal.done;
    base = journal.base;
    hole = journal.hole ?? 0;
    if (!settled && wasCut(path, journal, size)) {
      // A truncation may have copied more than it announced.
      base = moved.find((piece) => piece.from === journal.base + hole)?.to ?? base + journal.length;
      hole = 0;
    }
    break;
  }
  hole = Math.min(hole, size); // the program truncated its file itself
  // Only what leads up to the live file without a gap or an overlap: an overlap is a copy whose cut was not made.
  const live: Segment = { path, from: base + hole, to: base + size, kind: 'live', offset: hole };
  const pieces = [live];
  const loose = parts;
  for (const piece of moved.sort((a, b) => b.from - a.from)) {
    const next = pieces[0]!.from;
    if (piece.kind === 'gap') piece.to = Math.min(piece.to, next); // made longer just before the cut
    if (piece.to === next && piece.from < piece.to) pieces.unshift(piece);
    else loose.push(piece.path);
  }
  while (pieces[0]!.kind === 'gap') loose.push(pieces.shift()!.path);
  return { pieces, live, first: pieces[0]!.from, end: live.to, base, journal: journals[0] ?? 0, settled, loose };
}

/** The files of a stream beside the live one; journals newest first. */
function listed(instance: string, stream: Stream): { moved: Segment[]; journals: number[]; parts: string[] } {
  const moved: Segment[] = [];
  const journals: number[] = [];
  const parts: string[] = [];
  let names: string[];
  try {
    names = readdirSync(instance);
  } catch {
    names = [];
  }
  for (const name of names) {
    if (!name.startsWith(`${stream}.`)) continue;
    const path = join(instance, name);
    const n = /^\w+\.rotate\.(\d+)$/.exec(name)?.[1];
    const [, from, bytes, kind] = /^\w+\.log\.(\d+)(?:\.(\d+)\.(gz|gap))?$/.exec(name) ?? [];
    if (n !== undefined) journals.push(Number(n));
    else if (name.endsWith('.part')) {
      if (!name.endsWith('.gz.part')) parts.push(path);
    } // those are gzip.ts's
    else if (from !== undefined)
      moved.push({
        path,
        from: Number(from),
        to: Number(from) + (bytes === undefined ? (sizeOf(path) ?? 0) : Number(bytes)),
        kind: (kind as 'gz' | undefined) ?? 'raw',
        offset: 0,
      });
  }
  return { moved, journals: journals.sort((a, b) => b - a), parts };
}

/** Whether a stream of an instance was ever rotated; else its live file is all there is. One look at the directory. */
export function wasRotated(instance: string): boolean {
  try {
    return readdirSync(instance).some((name) => name.includes('.rotate.'));
  } catch {
    return false;
  } // it has printed nothing
}

/** The cursor at which a stream ends now. @param rotated what `wasRotated` says */
export const endOf = (instance: string, stream: Stream, rotated: boolean): number =>
  rotated ? segmentsOf(instance, stream).end : (sizeOf(outputFile(instance, stream)) ?? 0);

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

const cuts = new Map<string, Promise<void>>();

/** Runs `cut`, which moves bytes of the live file, while no reader of this process is between looking and reading. */
export async function whileCutting<T>(path: string, cut: () => Promise<T>): Promise<T> {
  let done!: () => void;
  cuts.set(
    path,
    new Promise((resolve) => {
      done = resolve;
    }),
  );
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
