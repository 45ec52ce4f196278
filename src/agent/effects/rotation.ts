// Looks at the size of every stream now and then, rotates what has outgrown its limits, and notes when each cursor was reached
// (for `since`). One timer for all; nothing is done for a stream that stands still but one stat.
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputBounds } from './output.ts';
import { outputFile, segmentsOf, type Stream } from './output-segments.ts';
import { rotate, rotationKind, type RotationKind, type RotationLimits } from './rotate.ts';

interface Watched {
  limits: RotationLimits;
  sizes: Record<Stream, number>;
  /** When its cursor was last noted, epoch ms. */
  noted: Record<Stream, number>;
  /** Has grown since the last note. */
  due: Record<Stream, boolean>;
  /** Fills up fast: looked at in every turn. */
  hot: boolean;
}

const both = <T>(value: T): Record<Stream, T> => ({ stdout: value, stderr: value });

const streams: readonly Stream[] = ['stdout', 'stderr'];
const turnMs = 1000, turns = 30, noteMs = 60_000;

const timesFile = (instance: string, stream: Stream): string => join(instance, `${stream}.times`);

export class Rotation {
  /** How this directory's streams are rotated; null until `start` has found out. */
  kind: RotationKind | null = null;
  readonly #watched = new Map<string, Watched>();
  readonly #onError: (instance: string, error: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;
  #working: Promise<void> | null = null;

  /** @param onError a stream that could not be rotated; it is tried again with the next look */
  constructor(onError: (instance: string, error: Error) => void) {
    this.#onError = onError;
  }

  /** @param directory where the instances' directories lie */
  async start(directory: string): Promise<RotationKind> {
    this.kind = await rotationKind(directory);
    this.#timer ??= setInterval(() => { this.#working ??= this.#look().finally(() => { this.#working = null; }); }, turnMs).unref();
    return this.kind;
  }

  /** Keeps the streams of an instance within limits from now on; again for other limits. */
  add(instance: string, limits: RotationLimits): void {
    const known = this.#watched.get(instance);
    if (known) known.limits = limits;
    else this.#watched.set(instance, { limits, sizes: both(-1), noted: both(0), due: both(false), hot: false });
  }

  remove(instance: string): void {
    this.#watched.delete(instance);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#working;
  }

  /** Every instance once in 30 turns, one that fills up fast in every turn. */
  async #look(): Promise<void> {
    const turn = this.#turn++ % turns;
    let place = 0;
    for (const [instance, watched] of this.#watched) {
      if (place++ % turns !== turn && !watched.hot) continue;
      watched.hot = false;
      for (const stream of streams) {
        try {
          await this.#lookAt(instance, stream, watched);
        } catch (error) {
          this.#onError(instance, error as Error);
        }
      }
    }
  }

  async #lookAt(instance: string, stream: Stream, watched: Watched): Promise<void> {
    let size: number;
    try { size = statSync(outputFile(instance, stream)).size; } catch { return; } // nothing printed yet, or gone
    const before = watched.sizes[stream];
    watched.sizes[stream] = size;
    const now = Date.now(), grown = size !== before;
    watched.due[stream] ||= grown;
    // While it grows once a minute, and once when it has come to rest: what was printed before is told from what comes after.
    if (watched.due[stream] && (!grown || now - watched.noted[stream] >= noteMs)) {
      watched.noted[stream] = now;
      watched.due[stream] = false;
      await noteTime(instance, stream, now);
    }
    if (!grown) return;
    if (before >= 0 && size - before > watched.limits.maxBytes / 4) watched.hot = true;
    if (size <= watched.limits.maxBytes) return;
    await rotate(instance, stream, watched.limits, this.kind!);
    watched.hot = true;
    watched.sizes[stream] = -1;
    pruneTimes(instance, stream);
  }
}

/** Notes which cursor a stream has now. */
export async function noteTime(instance: string, stream: Stream, at: number): Promise<void> {
  const { end } = await outputBounds(instance, stream);
  appendFileSync(timesFile(instance, stream), `${at} ${end}\n`, { mode: 0o600 });
}

function times(instance: string, stream: Stream): [at: number, cursor: number][] {
  let text: string;
  try { text = readFileSync(timesFile(instance, stream), 'latin1'); } catch { return []; }
  return [...text.matchAll(/^(\d+) (\d+)$/gm)].map(([, at, cursor]) => [Number(at), Number(cursor)]);
}

/**
 * The cursor from which on lie all bytes printed since a time, and at most some 90 s' worth before it: output carries no times of its
 * own, cursors are noted by the looks of Rotation.
 * @param at epoch ms
 */
export async function cursorSince(instance: string, stream: Stream, at: number): Promise<number> {
  const { first, end } = await outputBounds(instance, stream);
  let cursor = first;
  for (const [notedAt, noted] of times(instance, stream)) if (notedAt <= at && noted <= end) cursor = Math.max(cursor, noted);
  return cursor;
}

/** Forgets the times of what is no longer kept. */
function pruneTimes(instance: string, stream: Stream): void {
  const { first } = segmentsOf(instance, stream), all = times(instance, stream);
  const kept = all.filter(([, cursor], i) => cursor >= first || (all[i + 1]?.[1] ?? -1) >= first);
  if (kept.length === all.length) return;
  const path = timesFile(instance, stream);
  rmSync(path, { force: true });
  writeFileSync(path, kept.map(([at, cursor]) => `${at} ${cursor}\n`).join(''), { mode: 0o600 });
}
