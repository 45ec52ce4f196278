// Silence of nodes: one sweep over the times of their last beats. Its own lateness is added to every deadline; nobody is lost
// soon after a start; and when most nodes vanish at once, it is more likely the master's network: nothing is replaced for a while.
import { showSpan } from '../../model/sizes.ts';
import type { MasterContext } from '../context.ts';
import type { NodeEntry } from '../entries.ts';
import type { Nodes } from './nodes.ts';

/** A sweep later than this has been held up itself, ms. */
const lateMs = 1_000;
/** Fewer lost nodes than this are never a mass loss. */
const fewestLost = 3;

export class Loss {
  /** Until when nothing of lost nodes is replaced, monotonic ms: a clock that is set back prolongs it by nothing. null: not braked. */
  #thawsAt: number | null = null;
  readonly #context: MasterContext;
  readonly #nodes: Nodes;
  readonly #disconnect: (node: string, code: number, reason: string) => void;
  #timer: NodeJS.Timeout | null = null;
  #lastSweep = 0;
  /** When nodes that are lost were lost lately, monotonic ms. */
  #losses = new Map<string, number>();

  constructor(context: MasterContext, nodes: Nodes, disconnect: (node: string, code: number, reason: string) => void) {
    this.#context = context;
    this.#nodes = nodes;
    this.#disconnect = disconnect;
  }

  /** epoch ms until which nothing of lost nodes is replaced, by the clock as it is now; null: not braked. */
  get frozenUntil(): number | null {
    const { clock } = this.#context;
    return this.#thawsAt === null ? null : Math.round(clock.now() + this.#thawsAt - clock.mono());
  }

  start(): void {
    const { suspectMs, lostMs, beatMs } = this.#context.times;
    const everyMs = Math.max(10, Math.min(1_000, suspectMs / 4, lostMs / 4, beatMs));
    this.#lastSweep = this.#context.clock.mono();
    this.#losses.clear();
    this.#timer = setInterval(() => this.sweep(everyMs), everyMs);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** @param everyMs how often it is meant to run */
  sweep(everyMs: number): void {
    const { clock, view, times, leadership } = this.#context;
    const mono = clock.mono();
    const at = clock.now();
    const late = mono - this.#lastSweep - everyMs;
    this.#lastSweep = mono;
    if (late > Math.min(lateMs, times.suspectMs / 2)) for (const entry of view.nodes.values()) entry.heardAt += late;

    if (this.#thawsAt !== null && mono >= this.#thawsAt) {
      this.#thawsAt = null;
      this.#context.events.note('placement.thawed', {}, 'Lost slots are replaced again', { loudness: 'moving' });
      view.touched();
    }
    const lost: NodeEntry[] = [];
    for (const entry of view.nodes.values()) {
      const silent = mono - entry.heardAt;
      if (entry.status === 'lost') continue;
      if (silent >= times.lostMs && mono - leadership.sinceMono >= times.amnestyMs) lost.push(entry);
      else if (silent >= times.suspectMs && entry.status !== 'suspect')
        this.#nodes.send(entry.id, { type: 'node.silenced', at });
    }
    if (lost.length === 0) return;
    this.#brake(lost, mono);
    for (const { id } of lost) {
      this.#nodes.send(id, { type: 'node.vanished', at });
      this.#disconnect(id, 4001, 'silent for too long: say hello again');
    }
  }

  /** One node counts once, however often it was lost and came back. */
  #brake(lost: NodeEntry[], mono: number): void {
    const { times, view } = this.#context;
    const all = [...view.nodes.values()];
    for (const [id, time] of this.#losses)
      if (mono - time >= times.brakeWindowMs || view.nodes.get(id)?.status !== 'lost') this.#losses.delete(id);
    const up = all.filter(({ status }) => status !== 'lost').length; // those that vanish now still count as up
    const before = up + this.#losses.size;
    for (const { id } of lost) this.#losses.set(id, mono);
    // Who is a beat away from it is about to be lost, too: then it would be late, the first being replaced already.
    const next = all.filter(
      ({ id, status, heardAt }) =>
        status === 'suspect' && !this.#losses.has(id) && mono - heardAt >= times.lostMs - times.beatMs,
    );
    const gone = this.#losses.size + next.length;
    if (this.#thawsAt !== null || gone < fewestLost || gone <= before / 2) return;
    this.#thawsAt = mono + times.brakeMs;
    const vanished = `${gone} of ${before} nodes vanished within ${showSpan(times.brakeWindowMs)}`;
    const message = `${vanished}: nothing is replaced for ${showSpan(times.brakeMs)}. Is this master cut off?`;
    this.#context.events.note('placement.frozen', {}, message, { loudness: 'attention' });
  }
}
