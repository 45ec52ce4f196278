// The node is to be emptied (SIGUSR2): its master moves what runs here, replacements first; then this agent ends. What was asked
// is on disk, so that a restart of the agent goes on with it; repeated signals change nothing.
import type { AgentEvent } from '../../machines/agent.ts';
import type { NewEvent } from '../model/event.ts';
import { showSpan } from '../model/sizes.ts';
import type { AgentFrame } from '../protocol/link.ts';
import { NumberedFile } from './effects/disk/numbered-file.ts';

/** `at` names it, epoch ms. */
interface Asked {
  at: number;
  deadlineAt: number;
  over: boolean;
}
const isAsked = (value: unknown): value is Asked => {
  const { at, deadlineAt, over } = (value ?? {}) as Partial<Asked>;
  return Number.isFinite(at) && Number.isFinite(deadlineAt) && typeof over === 'boolean';
};

/** After the deadline the master's stops are given this long; then the agent ends what is left itself, ms. */
const graceMs = 30_000;
/** Longest span of a timer, ms. */
const mostMs = 2 ** 31 - 1;

interface EvacuationOptions {
  storeDirectory: string;
  node: string;
  /** How long it may take, ms. */
  limitMs: number;
  /** null: this agent runs alone, and there is nowhere to go. */
  send: ((frame: Extract<AgentFrame, { type: 'evacuate' }>) => void) | null;
  head: (event: AgentEvent) => void;
  tell: (event: NewEvent) => void;
  warn: (message: string, error?: unknown) => void;
}

export class Evacuation {
  readonly #options: EvacuationOptions;
  readonly #file: NumberedFile<Asked>;
  #asked: Asked | null = null;

  constructor(options: EvacuationOptions) {
    this.#options = options;
    this.#file = new NumberedFile<Asked>(options.storeDirectory, 'evacuation', isAsked);
  }

  /** What was asked before this start of the agent goes on. */
  resume(): void {
    const { value, notices } = this.#file.read();
    for (const { path, reason } of notices) this.#options.warn(`${path} is not used because ${reason}`);
    if (!value || value.over || this.#options.send === null) return;
    this.#asked = value;
    this.#drain(value);
  }

  /** Asks for it; asked again, it goes on as it is. Durable before anything moves. @throws Error where it cannot be written */
  async begin(): Promise<void> {
    const { send, warn, tell, limitMs, node } = this.#options;
    if (send === null) return warn('this agent runs alone: there is no other node to move anything to');
    if (this.#asked) return warn('this node is being emptied already');
    const at = Date.now();
    const asked = { at, deadlineAt: at + limitMs, over: false };
    this.#asked = asked;
    try {
      await this.#file.write(asked);
    } catch (error) {
      this.#asked = null; // it can be asked for again
      throw error;
    }
    tell({
      at,
      kind: 'node.evacuationAsked',
      subject: { node },
      loudness: 'moving',
      message: `Node ${node} is to be emptied within ${showSpan(limitMs)}: its agent was asked to (SIGUSR2)`,
      detail: { deadlineAt: asked.deadlineAt },
    });
    this.#drain(asked);
    this.welcomed();
  }

  #drain({ deadlineAt }: Asked): void {
    this.#options.head({
      type: 'agent.drain',
      deadlineMs: Math.min(mostMs, Math.max(0, deadlineAt - Date.now()) + graceMs),
    });
  }

  /** A master listens: it is asked, again after every welcome, until it has answered. */
  welcomed(): void {
    if (this.#asked)
      this.#options.send?.({
        type: 'evacuate',
        at: this.#asked.at,
        remainingMs: Math.max(0, this.#asked.deadlineAt - Date.now()),
      });
  }

  /** The master's answer: all of it has left, or somebody wants the node to stay. An answer to an older question changes nothing. */
  async answered(at: number, state: 'under-way' | 'done' | 'off'): Promise<void> {
    const asked = this.#asked;
    if (asked?.at !== at || state === 'under-way') return;
    this.#asked = null;
    await this.#file
      .write({ ...asked, over: true })
      .catch((error: unknown) => this.#options.warn('that it is over is not written; the hub says it again', error));
    if (state === 'off') this.#options.warn('this node is not emptied any more: it was called off at the hub');
    this.#options.head({ type: state === 'done' ? 'agent.emptied' : 'agent.drainEnded' });
  }
}
