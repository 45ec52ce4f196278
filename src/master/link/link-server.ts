// The master's end of the link: takes bodies from any transport, checks each frame, gives it to the part that understands it.
import { agentFrame } from '../../protocol/link.ts';
import type { AgentFrame, Hello } from '../../protocol/link.ts';
import { decodeBody } from '../../protocol/codec.ts';
import type { MasterContext } from '../context.ts';
import { NodeLink } from './node-link.ts';
import type { LinkNumbers, Transport } from './node-link.ts';
import { TimeSlices } from '../time-slices.ts';

/** What a hello leads to. */
export type Admission =
  | { admitted: true; obeys: boolean; run: number; welcome: () => void }
  | { admitted: false; code: string; detail: string; hint: string; final: boolean };

/** The parts behind the frames. Each is called in the order in which the frames came, and must not throw for bad content. */
interface LinkParts {
  /** Judges a hello (durable before it resolves). `link` makes the node's line once it is admitted. */
  admit(hello: Hello, open: (obeys: boolean) => NodeLink): Promise<Admission>;
  frame(link: NodeLink, frame: Exclude<AgentFrame, { type: 'hello' | 'ack' }>): void;
  closed(link: NodeLink): void;
}

/** A connection as its transport sees it. */
export interface Receiver {
  /** One body: a frame as text, or deflated. Never throws; what is malformed is refused and noted. */
  receive(body: string | Uint8Array | ArrayBuffer): void;
  /** One frame already decoded (the fallback sends several in one body). */
  take(value: unknown): void;
  /** Resolves when all that was received has been dealt with. */
  settled(): Promise<void>;
  link(): NodeLink | null;
  closed(): void;
}

/** Frames kept while a hello is judged: an agent that sends more is not waiting for its welcome. */
const mostEarly = 100;
const complainEveryMs = 60_000;

export class LinkServer {
  readonly links = new Map<string, NodeLink>();
  readonly #context: MasterContext;
  readonly #parts: LinkParts;
  #numbers: LinkNumbers = new Map();
  #accepting = true;
  readonly #slices = new TimeSlices();

  constructor(context: MasterContext, parts: LinkParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** A new connection. @param about who it is for the log, e.g. its address */
  connect(transport: Transport, about: string): Receiver {
    let link: NodeLink | null = null;
    let greeting: Promise<void> | null = null;
    let early: unknown[] = [];
    let ended = false;

    const refuse = (code: string, detail: string, hint: string, final: boolean): void => {
      ended = true;
      transport.send({ type: 'refused', code, detail, hint, final });
      transport.close(final ? 1008 : 1013, code);
    };
    const greet = async (hello: Hello): Promise<void> => {
      const term = this.#context.leadership.term;
      const admission = await this.#parts.admit(hello, (obeys) => {
        link = new NodeLink(hello.node, hello.run, obeys, transport, this.#numbers);
        return link;
      });
      if (!admission.admitted) return refuse(admission.code, admission.detail, admission.hint, admission.final);
      await new Promise<void>((resolve) =>
        this.#slices.run(() => {
          welcome(hello.node, term, admission.welcome);
          resolve();
        }),
      );
    };
    const welcome = (node: string, term: number, tell: () => void): void => {
      if (ended || !link || term !== this.#context.leadership.term) return transport.close(1012, 'say hello again');
      this.disconnect(node, 4000, 'replaced by a newer connection of this node'); // its streams end, too
      this.links.set(node, link);
      tell();
      const waiting = early;
      early = [];
      for (const value of waiting) take(value);
    };
    const take = (value: unknown): void => {
      if (ended || link?.closed) return;
      const parsed = agentFrame.safeParse(value);
      if (!parsed.success)
        return this.#complain(
          link,
          about,
          parsed.error.issues
            .slice(0, 3)
            .map((i) => `${i.path.join('.') || 'frame'}: ${i.message}`)
            .join('; '),
        );
      const frame = parsed.data;
      if (frame.type === 'hello') {
        if (greeting) return this.#complain(link, about, 'a second hello on one connection');
        if (!this.#accepting) return refuse('starting', 'This master is stopping', 'Try again.', false);
        greeting = greet(frame).catch((error: unknown) => {
          this.#context.warn(`the hello of ${about} could not be judged`, error);
          refuse('store-unavailable', 'The master could not take this node up now', 'It tries again by itself.', false);
        });
      } else if (link && this.links.get(link.node) === link) this.#dispatch(link, frame);
      else if (greeting) {
        if (early.push(value) > mostEarly)
          refuse('invalid-request', 'Frames came before the welcome', 'Wait for welcome after hello.', false);
      } else this.#complain(link, about, `${frame.type} before hello`);
    };
    return {
      take: (value) => this.#slices.run(() => take(value)),
      receive: (body) =>
        this.#slices.run(() => {
          let value: unknown;
          try {
            value = decodeBody(body);
          } catch (error) {
            return this.#complain(link, about, `not readable: ${(error as Error).message}`);
          }
          take(value);
        }),
      settled: async () => {
        await this.#slices.settled();
        await greeting;
      },
      link: () => link,
      closed: () => {
        ended = true;
        if (!link) return;
        link.closed = true;
        if (this.links.get(link.node) !== link) return;
        this.links.delete(link.node);
        this.#parts.closed(link);
      },
    };
  }

  #dispatch(link: NodeLink, frame: Exclude<AgentFrame, { type: 'hello' }>): void {
    if (frame.type === 'ack') return link.acknowledge(frame.n);
    try {
      this.#parts.frame(link, frame);
    } catch (error) {
      this.#context.warn(`a ${frame.type} frame of node ${link.node} failed`, error);
      this.#complain(link, link.node, `${frame.type}: ${(error as Error).message}`);
    }
  }

  #complain(link: NodeLink | null, about: string, what: string): void {
    const now = this.#context.clock.mono();
    this.#context.warn(`a frame from ${about} was refused: ${what}`);
    if (!link || link.complainedUntil > now) return;
    link.complainedUntil = now + complainEveryMs;
    const message = `A frame of node ${link.node} was not understood and left out: ${what}`;
    this.#context.events.note('link.frameRefused', { node: link.node }, message, { loudness: 'attention' });
  }

  /** Ends the line of a node. */
  disconnect(node: string, code: number, reason: string): void {
    const link = this.links.get(node);
    if (!link) return;
    this.links.delete(node);
    link.close(code, reason);
    this.#parts.closed(link);
  }

  /** Ends all lines; agents come again. A new term counts its frames from 1. */
  disconnectAll(reason: string): void {
    for (const node of this.links.keys()) this.disconnect(node, 1012, reason);
    this.#numbers = new Map();
  }

  stop(): void {
    this.#accepting = false;
    this.disconnectAll('the master is stopping');
  }
}
