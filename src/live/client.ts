// One watcher: what it watches, and how much it can take. A slow reader is not written to until it has caught up; then it
// gets the whole topic anew instead of everything it missed.
import type { Caller } from '../api/cluster.ts';
import { isMasked, shownTo } from '../api/access/shown-to.ts';
import type { ServerFrame } from '../protocol/live.ts';
import type { Topic } from './topics.ts';

/** What the hub needs of a WebSocket. */
export interface LiveSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Ends it without a handshake. */
  terminate(): void;
  ping(): void;
  /** Bytes given to `send` and not yet taken by the system. */
  readonly bufferedAmount: number;
}

/** One topic that one client watches. */
export interface Watch {
  client: LiveClient;
  name: string;
  topic: Topic;
  /** It missed something while its reader was slow: due for a snapshot. */
  stale: boolean;
  /** The code of the problem it was told last and that still lasts; null: none. */
  trouble: string | null;
  /** Aborted when it ends. */
  over: AbortController;
  /** Events: replay from this number on. */
  after: number | undefined;
  tail: number;
  stream: 'stdout' | 'stderr' | 'both';
}

/** A source of frames for watches of some topics. Nothing of it runs while it has no watch. */
export interface Feed {
  add(watch: Watch): void;
  /** Called once, after `watch.over` was aborted. */
  remove(watch: Watch): void;
  readonly idle: boolean;
}

/** Above this many unsent bytes nothing more is written. */
export const highWater = 512 * 1024;
/** A reader that took nothing at all for this long is closed. */
export const hopelessMs = 30_000;

export class LiveClient {
  readonly caller: Caller;
  readonly watches = new Map<string, Watch>();
  readonly #socket: LiveSocket;
  #stuck: { since: number; amount: number } | null = null;
  /** Since the last ping nothing was heard. */
  silent = false;
  /** Frames that could not be read. */
  faults = 0;

  constructor(socket: LiveSocket, caller: Caller) {
    this.#socket = socket;
    this.caller = caller;
  }

  get masked(): boolean {
    return isMasked(this.caller);
  }
  get lagging(): boolean {
    return this.#socket.bufferedAmount > highWater;
  }

  /** Sends one frame, however slow the reader: for answers to what it asked itself. */
  answer(frame: ServerFrame): void {
    this.sendText(JSON.stringify(shownTo(this.caller, frame)));
  }
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** @returns true when it took nothing for `hopelessMs` although there was something to take */
  isHopeless(now: number): boolean {
    const amount = this.#socket.bufferedAmount;
    if (amount === 0) {
      this.#stuck = null;
      return false;
    }
    if (!this.#stuck || amount < this.#stuck.amount) this.#stuck = { since: now, amount };
    return now - this.#stuck.since >= hopelessMs;
  }

  ping(): void {
    this.silent = true;
    this.#socket.ping();
  }
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
  terminate(): void {
    this.#socket.terminate();
  }
}
