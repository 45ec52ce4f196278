// When which cursor of a stream was reached: output carries no times of its own, so the looks of RotationWatch note them
// (`<stream>.times`, a line "<epoch ms> <cursor>" each), and exactly each launch after the first, marked so. Fine for what is
// recent, coarse for what is old.
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendPlatformLine, outputBounds } from './output.ts';
import { outputFile, segmentsOf, type Stream } from './segments.ts';

/** At a time the stream had this cursor; `launch`: because a launch began there. */
export type Mark = readonly [at: number, cursor: number, launch?: 'launch'];

/** A file larger than this is thinned out: some 2,300 notes. */
const mostBytes = 65_536;
const hourMs = 3_600_000;

const timesFile = (instance: string, stream: Stream): string => join(instance, `${stream}.times`);

/** Notes which cursor a stream has now. */
export async function noteTime(instance: string, stream: Stream, at: number): Promise<void> {
  const { end } = await outputBounds(instance, stream);
  const path = timesFile(instance, stream);
  appendFileSync(path, `${at} ${end}\n`, { mode: 0o600 });
  if (statSync(path).size > mostBytes) pruneTimes(instance, stream, at);
}

/**
 * Says in the output that a launch begins, and notes where: what either stream holds up to here is of those before it.
 * @param ends cursors of stdout and stderr @param at epoch ms
 */
export function markLaunch(
  instance: string,
  launch: number,
  [stdout, stderr]: readonly [stdout: number, stderr: number],
  at: number,
): void {
  const lineBytes = appendPlatformLine(instance, `launch ${launch} begins`, at);
  // A millisecond later, so that the line comes after what stderr had.
  appendFileSync(timesFile(instance, 'stdout'), `${at} ${stdout} launch\n${at + 1} ${stdout + lineBytes} launch\n`, {
    mode: 0o600,
  });
  appendFileSync(timesFile(instance, 'stderr'), `${at} ${stderr} launch\n`, { mode: 0o600 });
}

/** All that was noted, oldest first. */
export function timesOf(instance: string, stream: Stream): Mark[] {
  let text: string;
  try {
    text = readFileSync(timesFile(instance, stream), 'latin1');
  } catch {
    return [];
  }
  return [...text.matchAll(/^(\d+) (\d+)( launch)?$/gm)].map(([, at, cursor, launch]) =>
    launch ? [Number(at), Number(cursor), 'launch'] : [Number(at), Number(cursor)],
  );
}

/** When the program last wrote, epoch ms; 0 where it never did. */
const writtenAt = (instance: string, stream: Stream): number =>
  statSync(outputFile(instance, stream), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * The cursor from which on lie all bytes printed since a time, and a little from before it: as much as was printed between two notes.
 * @param at epoch ms
 */
export async function cursorSince(instance: string, stream: Stream, at: number): Promise<number> {
  const { first, end } = await outputBounds(instance, stream);
  if (writtenAt(instance, stream) < at) return end;
  let cursor = first;
  for (const [notedAt, noted] of timesOf(instance, stream))
    if (notedAt <= at && noted <= end) cursor = Math.max(cursor, noted);
  return cursor;
}

/** The cursor before which lie all bytes printed until a time, and a little from after it. @param at epoch ms */
export async function cursorUntil(instance: string, stream: Stream, at: number): Promise<number> {
  const { first, end } = await outputBounds(instance, stream);
  if (writtenAt(instance, stream) <= at) return end;
  // 0: the file system does not know
  if ((statSync(outputFile(instance, stream), { throwIfNoEntry: false })?.birthtimeMs || 0) > at) return first;
  const reached = timesOf(instance, stream).find(([notedAt, cursor]) => notedAt >= at && cursor <= end);
  return Math.max(first, reached?.[1] ?? end);
}

/** Forgets the times of what is no longer kept, and thins out what is older than an hour to one a minute. @param now epoch ms */
export function pruneTimes(instance: string, stream: Stream, now: number): void {
  const { first } = segmentsOf(instance, stream);
  const all = timesOf(instance, stream);
  const held = all.filter(([, cursor], i) => cursor >= first || (all[i + 1]?.[1] ?? Infinity) >= first);
  let last = -Infinity;
  const spread =
    (gapMs: number) =>
    ([at, , launch]: Mark): boolean => {
      const keep = at > now - hourMs || at >= last + gapMs;
      if (keep) last = at;
      return keep || launch !== undefined;
    };
  let kept = held.filter(spread(60_000));
  if (kept.length * 28 > mostBytes / 2) {
    last = -Infinity;
    kept = held.filter(spread(600_000));
  }
  if (kept.length * 28 > mostBytes) kept = kept.filter((_, i) => i % 2 === 0 || i === kept.length - 1);
  if (kept.length === all.length) return;
  const path = timesFile(instance, stream);
  rmSync(path, { force: true });
  writeFileSync(path, kept.map((mark) => `${mark.join(' ')}\n`).join(''), { mode: 0o600 });
}
