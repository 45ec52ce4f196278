// One connection of an agent, from its hello on: each frame is checked and given on in the order of its coming, those that come
// before the welcome wait for it.
import { decodeBody } from '../../protocol/codec.ts';
import { agentFrame } from '../../protocol/link.ts';
import type { AgentFrame, Hello } from '../../protocol/link.ts';
import type { TimeSlices } from '../time-slices.ts';
import type { NodeLink, Transport } from './node-link.ts';

/** What a hello leads to. */
export type Admission =
  | { admitted: true; obeys: boolean; run: number; welcome: () => void }
  | { admitted: false; code: string; detail: string; hint: string; final: boolean };

/** What a connection asks of the server that took it. */
export interface Reception {
  readonly slices: TimeSlices;
  /** False: the master is stopping. */
  accepting(): boolean;
  term(): number;
  /** Judges a hello (durable before it resolves). `opened` is given the node's line once it is admitted. */
  admit(hello: Hello, transport: Transport, opened: (link: NodeLink) => void): Promise<Admission>;
  /** From now on this is the line of its node; the one before it ends. */
  seat(link: NodeLink): void;
  /** It is the line of its node still. */
  seated(link: NodeLink): boolean;
  frame(link: NodeLink, frame: Exclude<AgentFrame, { type: 'hello' }>): void;
  complain(link: NodeLink | null, about: string, what: string): void;
  warn(message: string, error: unknown): void;
  closed(link: NodeLink): void;
}

/** Frames kept while a hello is judged: an agent that sends more is not waiting for its welcome. */
const mostEarly = 100;

export class Connection {
  readonly #reception: Reception;
  readonly #transport: Transport;
  readonly #about: string;
  #link: NodeLink | null = null;
  #greeting: Promise<void> | null = null;
  #early: unknown[] = [];
  #ended = false;

  /** @param about who it is for the log, e.g. its address */
  constructor(reception: Reception, transport: Transport, about: string) {
    this.#reception = reception;
    this.#transport = transport;
    this.#about = about;
  }

  link(): NodeLink | null {
    return this.#link;
  }

  /** One body: a frame as text, or deflated. Never throws; what is malformed is refused and noted. */
  receive(body: string | Uint8Array | ArrayBuffer): void {
    this.#reception.slices.run(() => {
      let value: unknown;
      try {
        value = decodeBody(body);
      } catch (error) {
        return this.#complain(`not readable: ${(error as Error).message}`);
      }
      this.#take(value);
    });
  }

  /** One frame already decoded (the fallback sends several in one body). */
  take(value: unknown): void {
    this.#reception.slices.run(() => this.#take(value));
  }

  /** Resolves when all that was received has been dealt with. */
  async settled(): Promise<void> {
    await this.#reception.slices.settled();
    await this.#greeting;
  }

  /** Its transport has ended. */
  closed(): void {
    this.#ended = true;
    if (!this.#link) return;
    this.#link.closed = true;
    if (this.#reception.seated(this.#link)) this.#reception.closed(this.#link);
  }

  #take(value: unknown): void {
    const link = this.#link;
    if (this.#ended || link?.closed) return;
    const parsed = agentFrame.safeParse(value);
    if (!parsed.success) {
      const faults = parsed.error.issues.slice(0, 3).map((i) => `${i.path.join('.') || 'frame'}: ${i.message}`);
      return this.#complain(faults.join('; '));
    }
    const frame = parsed.data;
    if (frame.type === 'hello') return this.#hello(frame);
    if (link && this.#reception.seated(link)) return this.#reception.frame(link, frame);
    if (!this.#greeting) return this.#complain(`${frame.type} before hello`);
    if (this.#early.push(value) > mostEarly)
      this.#refuse('invalid-request', 'Frames came before the welcome', 'Wait for welcome after hello.', false);
  }

  #hello(hello: Hello): void {
    if (this.#greeting) return this.#complain('a second hello on one connection');
    if (!this.#reception.accepting()) return this.#refuse('starting', 'This master is stopping', 'Try again.', false);
    this.#greeting = this.#greet(hello).catch((error: unknown) => {
      this.#reception.warn(`the hello of ${this.#about} could not be judged`, error);
      this.#refuse(
        'store-unavailable',
        'The master could not take this node up now',
        'It tries again by itself.',
        false,
      );
    });
  }

  async #greet(hello: Hello): Promise<void> {
    const term = this.#reception.term();
    const admission = await this.#reception.admit(hello, this.#transport, (link) => {
      this.#link = link;
    });
    if (!admission.admitted) return this.#refuse(admission.code, admission.detail, admission.hint, admission.final);
    await new Promise<void>((resolve) =>
      this.#reception.slices.run(() => {
        this.#welcome(term, admission.welcome);
        resolve();
      }),
    );
  }

  /** @param term in which the hello was judged: it holds for no other */
  #welcome(term: number, tell: () => void): void {
    if (this.#ended || !this.#link || term !== this.#reception.term())
      return this.#transport.close(1012, 'say hello again');
    this.#reception.seat(this.#link);
    tell();
    const waiting = this.#early;
    this.#early = [];
    for (const value of waiting) this.#take(value);
  }

  #refuse(code: string, detail: string, hint: string, final: boolean): void {
    this.#ended = true;
    this.#transport.send({ type: 'refused', code, detail, hint, final });
    this.#transport.close(final ? 1008 : 1013, code);
  }

  #complain(what: string): void {
    this.#reception.complain(this.#link, this.#about, what);
  }
}
