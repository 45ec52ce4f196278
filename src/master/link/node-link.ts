// One agent's line, whatever carries it: numbers the frames, keeps them until they are acknowledged.
import type { MasterFrame } from '../../protocol/link.ts';
import type { MasterContext } from '../context.ts';

/** What carries frames: a WebSocket or the HTTP fallback. */
export interface Transport {
  readonly kind: 'websocket' | 'poll';
  /** A frame with a link number may be held back until it is asked for (long-poll); the others go at once. */
  send(frame: MasterFrame): void;
  /** Ends the connection. `code` is a WebSocket close code. */
  close(code: number, reason: string): void;
}

type Numbered = Extract<MasterFrame, { n: number }>;
type WithoutNumber<T> = T extends unknown ? Omit<T, 'n'> : never;

/** Frames kept for an agent that beats but acknowledges nothing: then its line begins anew. */
const mostWaiting = 10_000;

/** Last link number of each node in this term: a new connection goes on counting. */
export type LinkNumbers = Map<string, number>;

export class NodeLink {
  readonly node: string;
  readonly run: number;
  readonly obeys: boolean;
  readonly transport: Transport;
  readonly #numbers: LinkNumbers;
  readonly #outbox: Numbered[] = [];
  readonly #onAck = new Map<number, () => void>();
  /** Told after each acknowledgement: there may be room for what was held back. */
  onRoom: () => void = () => {};
  closed = false;
  /** Number of the last `observed` report applied; 0: a whole one is awaited. */
  observedSeq = 0;
  /** Addresses of the hub's masters, as told to this agent. */
  mastersTold: MasterContext['masters'] | null = null;
  /** Monotonic ms until which malformed frames make no further event. */
  complainedUntil = -Infinity;

  constructor(node: string, run: number, obeys: boolean, transport: Transport, numbers: LinkNumbers) {
    this.node = node;
    this.run = run;
    this.obeys = obeys;
    this.transport = transport;
    this.#numbers = numbers;
  }

  /** Sends a frame that is kept until acknowledged. @returns its link number */
  send(frame: WithoutNumber<Numbered>, acknowledged?: () => void): number {
    const n = (this.#numbers.get(this.node) ?? 0) + 1;
    this.#numbers.set(this.node, n);
    const numbered = { ...frame, n } as Numbered;
    this.#outbox.push(numbered);
    if (this.#outbox.length > mostWaiting) this.close(4003, 'it acknowledges nothing');
    if (acknowledged) this.#onAck.set(n, acknowledged);
    if (!this.closed) this.transport.send(numbered);
    return n;
  }

  /** Sends a frame that nobody waits for: welcome, refused, beat.ack. */
  sendPlain(frame: Exclude<MasterFrame, Numbered>): void {
    if (!this.closed) this.transport.send(frame);
  }

  /** All up to `n` arrived and were taken up. */
  acknowledge(n: number): void {
    while (this.#outbox.length > 0 && this.#outbox[0]!.n <= n) {
      const { n: number } = this.#outbox.shift()!;
      this.#onAck.get(number)?.();
      this.#onAck.delete(number);
    }
    this.onRoom();
  }

  /** Frames that were not acknowledged, above `after`. */
  waiting(after: number): Numbered[] {
    return this.#outbox.filter(({ n }) => n > after);
  }

  get unacknowledged(): number {
    return this.#outbox.length;
  }

  close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.transport.close(code, reason);
  }
}
