// Keeps a stream within its size without losing a byte and without the program's knowledge: the oldest whole blocks are copied away,
// then taken off the front of the live file while the program goes on appending:
//   collapse       they are cut out (FALLOC_FL_COLLAPSE_RANGE): ext4, xfs
//   punch          they become a hole (FALLOC_FL_PUNCH_HOLE): tmpfs, btrfs and others; the file looks larger than it is
//   copy-truncate  the whole file is copied and truncated: where neither is possible (NFS). What is written between the two is lost,
//                  and nobody can count it; the node says so
import {
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blockSize,
  firstBlockHash,
  journalFile,
  outputFile,
  segmentsOf,
  whileCutting,
  type Journal,
  type Segment,
  type Stream,
} from './segments.ts';
import { cutOut, punchOut } from './fallocate.ts';

export type RotationKind = 'collapse' | 'punch' | 'copy-truncate';

/** `logs` of an app: the live file and its pieces together hold at most about maxBytes x files. */
export interface RotationLimits {
  maxBytes: number;
  files: number;
}

/** Whether so many bytes may be kept, or came too fast: then they are dropped at once, and what is older stays. */
export type Keep = (bytes: number) => boolean;

/** What a rotation took off the live file: moved into pieces, dropped for being the oldest, dropped for coming too fast. Bytes. */
export interface Rotated {
  moved: number;
  aged: number;
  dropped: number;
}

/** Tries it out with a small file: which way this directory's file system allows. */
export async function rotationKind(directory: string): Promise<RotationKind> {
  const path = join(directory, `.rotate.${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(blockSize * 16, 'x'));
    const full = statSync(path).blocks;
    if (
      await cutOut(path, blockSize).then(
        () => true,
        () => false,
      )
    )
      return statSync(path).size === blockSize * 15 ? 'collapse' : 'copy-truncate';
    await punchOut(path, blockSize * 8);
    const { size, blocks } = statSync(path);
    return size === blockSize * 16 && blocks < full && readFileSync(path)[0] === 0 ? 'punch' : 'copy-truncate';
  } catch {
    return 'copy-truncate';
  } finally {
    rmSync(path, { force: true });
  }
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

/** After a crash between a journal and its end: what the files tell is written down, so that it need not be told again. */
async function settle(instance: string, stream: Stream): Promise<void> {
  if (segmentsOf(instance, stream).settled) return;
  await untilNobodyCuts(outputFile(instance, stream));
  const { live, base, journal } = segmentsOf(instance, stream);
  writeJournal(instance, stream, journal + 1, { base, length: 0, size: 0, hash: '', done: true, hole: live.offset });
  dropJournals(instance, stream, journal);
}

/** After the program emptied its file itself: what it prints from then on lies at the front again. */
export function forgetHole(instance: string, stream: Stream): void {
  const { live, journal } = segmentsOf(instance, stream);
  if (live.offset === 0 || live.from < live.to) return;
  writeJournal(instance, stream, journal + 1, { base: live.from, length: 0, size: 0, hash: '', done: true });
  dropJournals(instance, stream, journal);
}

/** A fallocate that an agent started before it was killed goes on without it: its cut may still come. */
async function untilNobodyCuts(path: string): Promise<void> {
  const cuts = (pid: string): boolean => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return words[0]!.endsWith('fallocate') && words.includes(path);
    } catch {
      return false;
    }
  };
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && cuts(name)))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Removes the journals up to `last`: a newer whole one counts. */
function dropJournals(instance: string, stream: Stream, last: number): void {
  for (let n = last; n > Math.max(0, last - 4); n--) rmSync(journalFile(instance, stream, n), { force: true });
}

function writeJournal(instance: string, stream: Stream, n: number, journal: Journal): void {
  writeFileSync(journalFile(instance, stream, n), `${JSON.stringify(journal)}\n`, { flag: 'wx', mode: 0o600 });
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
  const path = outputFile(instance, stream),
    rotated: Rotated = { moved: 0, aged: 0, dropped: 0 };
  const piece = wholeBlocks(limits.files > 1 ? limits.maxBytes : limits.maxBytes / 2);
  for (;;) {
    const { base, live, journal } = segmentsOf(instance, stream),
      size = live.to - live.from;
    const most = Math.floor((size - 1) / blockSize) * blockSize;
    if (size <= limits.maxBytes || most <= 0) return rotated;
    let length = Math.min(piece, most);
    const surplus = keep ? 0 : Math.floor((size - limits.maxBytes * limits.files) / piece) * piece; // far over: its oldest part goes without a copy
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
    if (kind === 'collapse')
      await cut(
        instance,
        stream,
        { base, length: off, size: live.offset + size, hash: firstBlockHash(path), done: false, hole: live.offset },
        journal,
        () => cutOut(path, off).then(() => off),
      );
    else await punch(instance, stream, { base, length: 0, size: 0, hash: '', done: true, hole: off }, journal);
  }
}

const wholeBlocks = (bytes: number): number => Math.max(1, Math.floor(bytes / blockSize)) * blockSize;

/** Marks the live file's first bytes as dropped, together with what was dropped just before them. */
function leaveGap(instance: string, stream: Stream, length: number): void {
  const { live, pieces } = segmentsOf(instance, stream),
    before = pieces.at(-2);
  if (before?.kind === 'gap')
    renameSync(before.path, `${live.path}.${before.from}.${live.from + length - before.from}.gap`);
  else if (before) writeFileSync(`${live.path}.${live.from}.${length}.gap`, '', { mode: 0o640 });
}

/** On a full disk the oldest output is given up rather than that the live file grows on. */
function forgiveFullDisk(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
}

/** Journal, cut, journal: at every moment the files tell where the live one begins. `make` gives how many bytes it has cut. */
async function cut(
  instance: string,
  stream: Stream,
  plan: Journal,
  last: number,
  make: () => Promise<number>,
): Promise<void> {
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

/** Journal, then hole: nobody reads below the journal's mark, and a hole that a crash prevented comes with the next one. */
async function punch(instance: string, stream: Stream, plan: Journal, last: number): Promise<void> {
  writeJournal(instance, stream, last + 1, plan);
  dropJournals(instance, stream, last);
  await punchOut(outputFile(instance, stream), plan.hole!);
}

const copyStep = 1 << 20;

/** Copies the live file's first `length` bytes; the copy appears whole or not at all. @param sync on the disk before it appears */
async function copyAway(live: Segment, to: string, length: number, sync: boolean): Promise<void> {
  const part = `${to}.part`,
    buffer = Buffer.allocUnsafe(Math.min(copyStep, length));
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
  const { base, live, journal } = segmentsOf(instance, stream),
    piece = `${live.path}.${live.from}`;
  await copyAway(live, piece, live.to - live.from, false);
  const size = live.to - base;
  let length = size;
  await cut(
    instance,
    stream,
    { base, length, size, hash: firstBlockHash(live.path), done: false, hole: live.offset },
    journal,
    async () => {
      const source = openSync(live.path, 'r+'),
        target = openSync(piece, 'a'),
        buffer = Buffer.allocUnsafe(65536);
      try {
        for (;;) {
          // synchronous, so that as little as can be is written between the last byte copied and the truncation
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
    },
  );
  return length - live.offset;
}
