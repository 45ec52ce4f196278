// Keeps a stream within its size without losing a byte and without the program's knowledge: the oldest whole blocks are copied away,
// then taken off the front of the live file while the program goes on appending, in the way that the file system allows.
import { closeSync, ftruncateSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cutOut } from './fallocate.ts';
import { cut, punch, settle } from './rotation-journal.ts';
import type { RotationKind } from './rotation-kind.ts';
import { blockSize, firstBlockHash, outputFile, segmentsOf, type Segment, type Stream } from './segments.ts';

/** `logs` of an app: the live file and its pieces together hold at most about maxBytes x files. */
interface RotationLimits {
  maxBytes: number;
  files: number;
}

/** Whether so many bytes may be kept, or came too fast: then they are dropped at once, and what is older stays. */
type Keep = (bytes: number) => boolean;

/** What a rotation took off the live file: moved into pieces, dropped for being the oldest, dropped for coming too fast. Bytes. */
interface Rotated {
  moved: number;
  aged: number;
  dropped: number;
}

/**
 * Brings one stream back within its limits; nothing to do for one that is within. Not to be called twice at once for a stream.
 * @param keep what it refuses is dropped at once and leaves a gap between cursors
 */
export async function rotate(
  instance: string,
  stream: Stream,
  limits: RotationLimits,
  kind: RotationKind,
  keep: Keep | null = null,
): Promise<Rotated> {
  await settle(instance, stream);
  const { live } = segmentsOf(instance, stream);
  let rotated: Rotated = { moved: 0, aged: 0, dropped: 0 };
  if (live.to - live.from > limits.maxBytes) {
    rotated =
      kind === 'copy-truncate'
        ? { moved: await copyTruncate(instance, stream), aged: 0, dropped: 0 }
        : await takeOff(instance, stream, limits, kind, keep);
  }
  const { pieces, loose } = segmentsOf(instance, stream);
  for (const path of [...loose, ...beyond(pieces, limits.files)]) rmSync(path, { force: true });
  return rotated;
}

/** The oldest pieces above `files`; gaps do not count. */
function beyond(pieces: readonly Segment[], files: number): string[] {
  let surplus = pieces.filter(({ kind }) => kind !== 'gap').length - files;
  const old: string[] = [];
  for (const { path, kind } of pieces) {
    if (surplus <= 0 || kind === 'live') break;
    old.push(path);
    if (kind !== 'gap') surplus--;
  }
  return old;
}

/**
 * Takes whole blocks off the front, a piece of maxBytes at a time, until the live file is within the limit. What would be dropped at
 * once is not copied.
 */
async function takeOff(
  instance: string,
  stream: Stream,
  limits: RotationLimits,
  kind: 'collapse' | 'punch',
  keep: Keep | null,
): Promise<Rotated> {
  const path = outputFile(instance, stream);
  const piece = wholeBlocks(limits.files > 1 ? limits.maxBytes : limits.maxBytes / 2);
  const rotated: Rotated = { moved: 0, aged: 0, dropped: 0 };
  for (;;) {
    const { base, live, journal } = segmentsOf(instance, stream);
    const size = live.to - live.from;
    const most = Math.floor((size - 1) / blockSize) * blockSize;
    if (size <= limits.maxBytes || most <= 0) return rotated;
    // Far over its limits: the oldest part goes without a copy.
    const surplus = keep ? 0 : Math.floor((size - limits.maxBytes * limits.files) / piece) * piece;
    let length = Math.min(piece, most);
    if (keep && !keep(length)) {
      length = Math.min(most, Math.max(piece, wholeBlocks(size - limits.maxBytes / 2)));
      leaveGap(instance, stream, length);
      rotated.dropped += length;
    } else if (surplus > 0 || limits.files <= 1) {
      length = Math.min(most, Math.max(surplus, piece));
      rotated.aged += length;
    } else {
      await copyAway(live, `${path}.${live.from}`, length, size < limits.maxBytes * 2).catch(forgiveFullDisk);
      rotated.moved += length;
    }
    const off = live.offset + length;
    if (kind === 'punch') {
      await punch(instance, stream, { base, length: 0, size: 0, hash: '', done: true, hole: off }, journal);
      continue;
    }
    const hash = firstBlockHash(path);
    const plan = { base, length: off, size: live.offset + size, hash, done: false, hole: live.offset };
    await cut(instance, stream, plan, journal, async () => {
      await cutOut(path, off);
      return off;
    });
  }
}

const wholeBlocks = (bytes: number): number => Math.max(1, Math.floor(bytes / blockSize)) * blockSize;

/** Marks the live file's first bytes as dropped, together with what was dropped just before them. */
function leaveGap(instance: string, stream: Stream, length: number): void {
  const { live, pieces } = segmentsOf(instance, stream);
  const before = pieces.at(-2);
  if (before?.kind === 'gap')
    renameSync(before.path, `${live.path}.${before.from}.${live.from + length - before.from}.gap`);
  else if (before) writeFileSync(`${live.path}.${live.from}.${length}.gap`, '', { mode: 0o640 });
}

/** On a full disk the oldest output is given up rather than that the live file grows on. */
function forgiveFullDisk(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
}

const copyStep = 1 << 20;

/** Copies the live file's first `length` bytes; the copy appears whole or not at all. @param sync on the disk before it appears */
async function copyAway(live: Segment, to: string, length: number, sync: boolean): Promise<void> {
  const part = `${to}.part`;
  const buffer = Buffer.allocUnsafe(Math.min(copyStep, length));
  const source = await open(live.path, 'r');
  try {
    const target = await open(part, 'w', 0o640);
    try {
      for (let at = 0; at < length;) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, length - at), live.offset + at);
        if (bytesRead === 0) throw new Error(`${live.path} became shorter while it was copied`);
        for (let done = 0; done < bytesRead;)
          done += (await target.write(buffer, done, bytesRead - done, at + done)).bytesWritten;
        at += bytesRead;
      }
      if (sync) await target.datasync();
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
  const { base, live, journal } = segmentsOf(instance, stream);
  const piece = `${live.path}.${live.from}`;
  await copyAway(live, piece, live.to - live.from, false);
  const length = live.to - base;
  const plan = { base, length, size: length, hash: firstBlockHash(live.path), done: false, hole: live.offset };
  let cutBytes = 0;
  await cut(instance, stream, plan, journal, async () => {
    cutBytes = moveRest(live.path, piece, length);
    return cutBytes;
  });
  return cutBytes - live.offset;
}

/**
 * Appends to `piece` what was printed since the first `from` bytes were copied, and empties the live file. Synchronous, so that as
 * little as can be is printed between the last byte copied and the truncation.
 * @returns bytes the live file had
 */
function moveRest(live: string, piece: string, from: number): number {
  const source = openSync(live, 'r+');
  const target = openSync(piece, 'a');
  const buffer = Buffer.allocUnsafe(65_536);
  let length = from;
  try {
    for (;;) {
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
}
