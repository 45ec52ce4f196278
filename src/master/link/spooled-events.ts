// What agents tell of what happened, taken up in order. While the store takes nothing, a batch is tried again and those behind it
// wait: a later one that was taken up alone would acknowledge what it overtook, and the agent would forget it.
import type { AgentFrame } from '../../protocol/link.ts';
import type { EventLog } from '../events.ts';
import type { NodeLink } from './node-link.ts';

type Batch = Pick<Extract<AgentFrame, { type: 'events' }>, 'generation' | 'events'>;

/** Events of one link that wait; what comes beyond it is left with its agent, which sends all of it again on its next line. */
const mostWaiting = 5_000;
const longestPauseMs = 5_000;

interface Waiting {
  events: number;
  left: boolean;
  over: Promise<void>;
}

export class SpooledEvents {
  readonly #log: EventLog;
  readonly #warn: (message: string, error?: unknown) => void;
  readonly #disconnect: (node: string, code: number, reason: string) => void;
  readonly #waiting = new WeakMap<NodeLink, Waiting>();

  constructor(
    log: EventLog,
    warn: (message: string, error?: unknown) => void,
    disconnect: (node: string, code: number, reason: string) => void,
  ) {
    this.#log = log;
    this.#warn = warn;
    this.#disconnect = disconnect;
  }

  /** Acknowledges the batch when it is durable. */
  take(link: NodeLink, batch: Batch): void {
    let waiting = this.#waiting.get(link);
    if (!waiting) this.#waiting.set(link, (waiting = { events: 0, left: false, over: Promise.resolve() }));
    const of = waiting;
    if (of.left || (of.events > 0 && of.events + batch.events.length > mostWaiting)) {
      of.left = true;
      return;
    }
    of.events += batch.events.length;
    of.over = of.over.then(async () => {
      await this.#write(link, batch);
      of.events -= batch.events.length;
      if (of.left && of.events === 0 && !link.closed)
        this.#disconnect(link.node, 4002, 'events were left: say hello again');
    });
  }

  async #write(link: NodeLink, { generation, events }: Batch): Promise<void> {
    for (let failures = 0; !link.closed; failures += 1) {
      try {
        const upTo = await this.#log.takeUp(link.node, generation, events);
        if (!link.closed) link.send({ type: 'events.ack', generation, upTo });
        return;
      } catch (error) {
        if (failures === 0) this.#warn(`events of node ${link.node} are not written; it is tried again`, error);
        await new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, 100 * 2 ** failures)).unref());
      }
    }
  }
}
