// Keeps a stream within its size without losing a byte and without the program's knowledge: the oldest whole blocks are copied
// away, then cut from the front of the live file (FALLOC_FL_COLLAPSE_RANGE) while the program goes on appending. Where the file system
// cannot do that (tmpfs), the file is copied and truncated: what is written between the two is lost (of a flood of 30 MB/s on a busy
// machine up to 2 % were), and the node says so.
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  blockSize, firstBlockHash, journalFile, outputFile, segmentsOf, whileCutting, type Journal, type Stream,
} from './output-segments.ts';
import { findProgram } from './tools.ts';

const run = promisify(execFile);

export type RotationKind = 'collapse' | 'copy-truncate';

/** `logs` of an app: the live file and its pieces together hold at most about maxBytes x files. */
export interface RotationLimits { maxBytes: number; files: number }

async function collapse(path: string, length: number): Promise<void> {
  const args = ['--collapse-range', '--offset', '0', '--length', String(length), path];
  await run(findProgram('fallocate') ?? 'fallocate', args, { env: { LC_ALL: 'C' } });
}

/** Tries it out with a small file: which way this directory's file system allows. */
export async function rotationKind(directory: string): Promise<RotationKind> {
  const path = join(directory, `.rotate.${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(blockSize * 2, 'x'));
    await collapse(path, blockSize);
    return statSync(path).size === blockSize ? 'collapse' : 'copy-truncate';
  } catch {
    return 'copy-truncate';
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Brings one stream back within its limits; nothing to do for one that is within. Not to be called twice at once for a stream.
 * @returns bytes moved or dropped from the live file
 */
export async function rotate(instance: string, stream: Stream, limits: RotationLimits, kind: RotationKind): Promise<number> {
  settle(instance, stream);
  const { base, end } = segmentsOf(instance, stream);
  let moved = 0;
  if (end - base > limits.maxBytes) {
    moved = kind === 'collapse' ? await cutFront(instance, stream, limits) : await copyTruncate(instance, stream);
  }
  const { pieces, loose } = segmentsOf(instance, stream);
  const beyond = pieces.slice(0, Math.max(0, pieces.length - limits.files)).map((piece) => piece.path);
  for (const path of [...loose, ...beyond]) rmSync(path, { force: true });
  return moved;
}

/** After a crash between a journal and its end: what the files tell is written down, so that it need not be told again. */
function settle(instance: string, stream: Stream): void {
  const { settled, base, journal } = segmentsOf(instance, stream);
  if (settled) return;
  writeJournal(instance, stream, journal + 1, { base, length: 0, size: 0, hash: '', done: true });
  dropJournals(instance, stream, journal);
}

/** Removes the journals up to `last`: a newer whole one counts. */
function dropJournals(instance: string, stream: Stream, last: number): void {
  for (let n = last; n > Math.max(0, last - 4); n--) rmSync(journalFile(instance, stream, n), { force: true });
}

function writeJournal(instance: string, stream: Stream, n: number, journal: Journal): void {
  writeFileSync(journalFile(instance, stream, n), `${JSON.stringify(journal)}\n`, { flag: 'wx', mode: 0o600 });
}

/**
 * Moves whole blocks away, a piece of maxBytes at a time, until the live file is within the limit. What would be dropped at once is
 * not copied.
 */
async function cutFront(instance: string, stream: Stream, limits: RotationLimits): Promise<number> {
  const live = outputFile(instance, stream);
  const piece = wholeBlocks(limits.files > 1 ? limits.maxBytes : limits.maxBytes / 2);
  for (let moved = 0; ;) {
    const { base, journal, end } = segmentsOf(instance, stream), size = end - base;
    const surplus = Math.floor((size - limits.maxBytes * limits.files) / piece) * piece; // far over: its oldest part goes without a copy
    const length = Math.min(surplus > 0 ? surplus : piece, Math.floor((size - 1) / blockSize) * blockSize);
    if (size <= limits.maxBytes || length <= 0) return moved;
    if (surplus <= 0 && limits.files > 1) await copyAway(live, `${live}.${base}`, length).catch(forgiveFullDisk);
    const plan = { base, length, size, hash: firstBlockHash(live), done: false };
    await cut(instance, stream, plan, journal, () => collapse(live, length).then(() => length));
    moved += length;
  }
}

const wholeBlocks = (bytes: number): number => Math.max(1, Math.floor(bytes / blockSize)) * blockSize;

/** On a full disk the oldest output is given up rather than that the live file grows on. */
function forgiveFullDisk(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
}

/** Journal, cut, journal: at every moment the files tell where the live one begins. `make` gives how many bytes it has cut. */
async function cut(instance: string, stream: Stream, plan: Journal, last: number, make: () => Promise<number>): Promise<void> {
  await whileCutting(outputFile(instance, stream), async () => {
    writeJournal(instance, stream, last + 1, plan);
    let length: number;
    try {
      length = await make();
    } catch (error) {
      rmSync(journalFile(instance, stream, last + 1));
      throw error;
    }
    writeJournal(instance, stream, last + 2, { base: plan.base + length, length: 0, size: 0, hash: '', done: true });
  });
  dropJournals(instance, stream, last + 1);
}

const copyStep = 1 << 20;

/** Copies the first `length` bytes; the copy appears whole or not at all. */
async function copyAway(from: string, to: string, length: number): Promise<void> {
  const part = `${to}.part`, buffer = Buffer.allocUnsafe(Math.min(copyStep, length));
  const source = await open(from, 'r');
  try {
    const target = await open(part, 'w', 0o640);
    try {
      for (let at = 0; at < length;) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, length - at), at);
        if (bytesRead === 0) throw new Error(`${from} became shorter while it was copied`);
        await target.write(buffer, 0, bytesRead, at);
        at += bytesRead;
      }
    } finally {
      await target.close();
    }
    renameSync(part, to);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  } finally {
    await source.close();
  }
}

async function copyTruncate(instance: string, stream: Stream): Promise<number> {
  const live = outputFile(instance, stream), { base, journal, end } = segmentsOf(instance, stream);
  const size = end - base, piece = `${live}.${base}`;
  await copyAway(live, piece, size);
  let length = size;
  await cut(instance, stream, { base, length, size, hash: firstBlockHash(live), done: false }, journal, async () => {
    const source = openSync(live, 'r+'), target = openSync(piece, 'a'), buffer = Buffer.allocUnsafe(65536);
    try {
      for (;;) { // synchronous, so that as little as can be is written between the last byte copied and the truncation
        const read = readSync(source, buffer, 0, buffer.length, length);
        if (read === 0) break;
        writeFileSync(target, buffer.subarray(0, read));
        length += read;
      }
      ftruncateSync(source, 0);
    } finally {
      closeSync(source);
      closeSync(target);
    }
    return length;
  });
  return length;
}
