// Looks at the size of every stream now and then, rotates what has outgrown its limits, compresses what was moved away, and notes when
// each cursor was reached (times.ts). One timer for all; a stream that stands still costs one stat in 30 s, and none where whoever
// measures the program says that it did not run. A flood is noticed within a second, by the free space of the file system.
import { statSync } from 'node:fs';
import { everySecond } from '../every-second.ts';
import { appendPlatformLine } from './output.ts';
import { compressPieces } from './compress-pieces.ts';
import { Flood } from './flood.ts';
import { OutputRate } from './rate.ts';
import { outputFile, streams, type Stream } from './segments.ts';
import { noteTime, pruneTimes } from './times.ts';
import { rotate } from './rotate.ts';
import { forgetHole } from './rotation-journal.ts';
import { rotationKind, type RotationKind } from './rotation-kind.ts';

/** `logs` of an app, and whether its files may only become so large. */
export interface OutputPolicy {
  maxBytes: number;
  files: number;
  rateBytesPerSecond: number | null;
  fileSize: number | null;
}

interface Watched {
  policy: OutputPolicy;
  sizes: Record<Stream, number>;
  /** When its cursor was last noted, epoch ms. */
  noted: Record<Stream, number>;
  /** Has grown since the last note. */
  due: Record<Stream, boolean>;
  rate: OutputRate | null;
  /** Has pieces to compress, not before this time (performance.now()). */
  compressAt: number;
  /** Fills up fast: looked at in every turn of the fast timer. */
  hot: boolean;
  /** Has grown lately: looked at every 10 s. */
  warm: boolean;
  /** Nothing of it runs, so nothing is printed: `settling` until one more look has found that so, then `still` and looked at seldom. */
  rest: 'none' | 'settling' | 'still';
}

const both = <T>(value: T): Record<Stream, T> => ({ stdout: value, stderr: value });
/** Turns of a second each between two looks at a stream. */
const turns = 30;
const warmTurns = 10;
const stillTurns = 300;
const hotMs = 200;
const noteMs = 10_000;
/** Pieces are compressed when the stream has calmed down: what a flood drops is not worth it. */
const calmMs = 15_000;

export class RotationWatch {
  /** How this directory's streams are rotated; null until `start` has found out. */
  kind: RotationKind | null = null;
  readonly #watched = new Map<string, Watched>();
  readonly #onError: (instance: string, error: Error) => void;
  readonly #hot = new Set<string>();
  readonly #woken = new Set<string>();
  readonly #over = new AbortController();
  #flood: Flood | null = null;
  #endSweeps: (() => void) | null = null;
  #fast: NodeJS.Timeout | null = null;
  #turn = 0;
  /** Rotations come one after the other. */
  #working: Promise<void> = Promise.resolve();
  #looking = false;
  #compressing: Promise<void> | null = null;

  /** @param onError a stream that could not be rotated or compressed; it is tried again */
  constructor(onError: (instance: string, error: Error) => void) {
    this.#onError = onError;
  }

  /** @param directory where the instances' directories lie */
  async start(directory: string): Promise<RotationKind> {
    this.kind = await rotationKind(directory);
    this.#flood = new Flood(directory);
    this.#endSweeps ??= everySecond(() => this.#soon(() => this.#sweep()));
    return this.kind;
  }

  /** Keeps the streams of an instance within limits. */
  add(instance: string, policy: OutputPolicy): void {
    const { rateBytesPerSecond: rate, maxBytes } = policy;
    const known = this.#watched.get(instance);
    const watched = known ?? {
      policy,
      sizes: both(-1),
      noted: both(0),
      due: both(false),
      rate: null,
      compressAt: performance.now() + calmMs,
      hot: false,
      warm: false,
      rest: 'none' as const,
    };
    watched.policy = policy;
    if (rate === null) watched.rate = null;
    else if (watched.rate) watched.rate.adjust(rate, maxBytes);
    else watched.rate = new OutputRate(rate, maxBytes, performance.now());
    this.#watched.set(instance, watched);
  }

  remove(instance: string): void {
    this.#watched.delete(instance);
    this.#hot.delete(instance);
    this.#woken.delete(instance);
    this.#pace();
  }

  /** Whether anything of it ran since this was said last. What wakes up is looked at in the next turn. */
  ran(instance: string, ran: boolean): void {
    const watched = this.#watched.get(instance);
    if (!watched) return;
    if (!ran) {
      if (watched.rest === 'none') watched.rest = 'settling';
      return;
    }
    if (watched.rest === 'still') this.#woken.add(instance);
    watched.rest = 'none';
  }

  async stop(): Promise<void> {
    this.#endSweeps?.();
    this.#over.abort();
    this.#pace();
    await this.#working;
    await this.#compressing;
  }

  #soon(look: () => Promise<void>): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#working = look().finally(() => {
      this.#looking = false;
    });
  }

  /** Every instance once in 30 turns, one that grows once in 10, one at rest once in 300; all when the disk fills up. */
  async #sweep(): Promise<void> {
    const turn = this.#turn++;
    const flood = await this.#flood!.look();
    const now = performance.now();
    const stillToo = flood && this.#flood!.maySearch(now);
    const due: string[] = [];
    let place = 0;
    // By forEach: in a loop that runs once a second the entries of an iterator are garbage for everyone, each time.
    this.#watched.forEach((watched, instance) => {
      const mine = place++;
      const still = watched.rest === 'still';
      const pace = watched.warm ? warmTurns : still ? stillTurns : turns;
      const woke = this.#woken.size > 0 && this.#woken.delete(instance);
      if (woke || mine % pace === turn % pace || (still ? stillToo : flood)) due.push(instance);
      if (watched.compressAt <= now && !this.#compressing && !watched.hot) this.#compress(instance, watched);
    });
    for (const instance of due) {
      const watched = this.#watched.get(instance);
      if (watched) await this.#look(instance, watched);
    }
    if (this.#hot.size > 0) this.#flood!.found();
  }

  async #look(instance: string, watched: Watched): Promise<void> {
    watched.hot = watched.warm = false;
    for (const stream of streams) {
      try {
        await this.#lookAt(instance, stream, watched);
      } catch (error) {
        if (this.#watched.has(instance)) this.#onError(instance, error as Error);
      }
    }
    if (watched.rest === 'settling' && !watched.warm && !watched.due.stdout && !watched.due.stderr)
      watched.rest = 'still';
    if (watched.hot && this.#watched.has(instance)) this.#hot.add(instance);
    else this.#hot.delete(instance);
    this.#pace();
  }

  /** The fast timer is there as long as something is hot, and never after the end. */
  #pace(): void {
    if (this.#hot.size > 0 && !this.#over.signal.aborted)
      this.#fast ??= setInterval(() => this.#soon(() => this.#lookAtHot()), hotMs).unref();
    else if (this.#fast) {
      clearInterval(this.#fast);
      this.#fast = null;
    }
  }

  async #lookAtHot(): Promise<void> {
    for (const [instance, watched] of this.#watched) if (watched.hot) await this.#look(instance, watched);
  }

  async #lookAt(instance: string, stream: Stream, watched: Watched): Promise<void> {
    const size = statSync(outputFile(instance, stream), { throwIfNoEntry: false })?.size;
    if (size === undefined) return; // nothing printed yet, or gone
    const { policy, rate } = watched;
    const before = watched.sizes[stream];
    const now = Date.now();
    const grown = size !== before;
    watched.sizes[stream] = size;
    watched.warm ||= grown && before >= 0;
    watched.due[stream] ||= grown;
    // While it grows every 10 s, and once when it has come to rest: what was printed before is told from what comes after.
    if (watched.due[stream] && (!grown || now - watched.noted[stream] >= noteMs)) {
      watched.noted[stream] = now;
      watched.due[stream] = false;
      await noteTime(instance, stream, now);
    }
    if (rate) this.#tellDropped(instance, rate);
    if (!grown) return;
    if (size < before) forgetHole(instance, stream);
    if (before >= 0 && size - before > policy.maxBytes / 4) watched.hot = true;
    if (size <= policy.maxBytes) return;
    const kind = this.kind === 'punch' && policy.fileSize !== null ? 'copy-truncate' : this.kind!;
    const rotated = await rotate(
      instance,
      stream,
      policy,
      kind,
      rate && ((bytes) => rate.keep(bytes, performance.now())),
    );
    const taken = rotated.moved + rotated.aged + rotated.dropped;
    if (rotated.moved > 0) watched.compressAt = performance.now() + calmMs;
    // A hole leaves the size as it was, and it is the growth from here on that counts.
    watched.sizes[stream] = statSync(outputFile(instance, stream), { throwIfNoEntry: false })?.size ?? -1;
    if (taken > 0) pruneTimes(instance, stream, now);
    if (taken >= policy.maxBytes) watched.hot = true;
    if (!rate) return;
    rate.dropped += rotated.dropped;
    this.#tellDropped(instance, rate);
  }

  #tellDropped(instance: string, rate: OutputRate): void {
    const notice = rate.notice(performance.now());
    if (notice !== null) appendPlatformLine(instance, notice, Date.now());
  }

  /** Off the path of everything else: one piece at a time on this node. */
  #compress(instance: string, watched: Watched): void {
    watched.compressAt = Infinity;
    this.#compressing = compressPieces(instance, this.#over.signal)
      .catch((error: unknown) => {
        watched.compressAt = performance.now() + 4 * calmMs; // tried again
        if (this.#watched.has(instance)) this.#onError(instance, error as Error);
      })
      .finally(() => {
        this.#compressing = null;
      });
  }
}
