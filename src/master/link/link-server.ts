// The master's end of the link: which connection is a node's line, and the parts that understand what comes on it.
import type { AgentFrame, Hello } from '../../protocol/link.ts';
import type { MasterContext } from '../context.ts';
import { TimeSlices } from '../time-slices.ts';
import { Connection, type Admission, type Reception } from './connection.ts';
import { NodeLink } from './node-link.ts';
import type { LinkNumbers, Transport } from './node-link.ts';

/** The parts behind the frames. Each is called in the order in which the frames came, and must not throw for bad content. */
interface LinkParts {
  /** Judges a hello (durable before it resolves). `open` makes the node's line once it is admitted. */
  admit(hello: Hello, open: (obeys: boolean) => NodeLink): Promise<Admission>;
  frame(link: NodeLink, frame: Exclude<AgentFrame, { type: 'hello' | 'ack' }>): void;
  closed(link: NodeLink): void;
}

const complainEveryMs = 60_000;

export class LinkServer {
  readonly links = new Map<string, NodeLink>();
  readonly #context: MasterContext;
  readonly #parts: LinkParts;
  readonly #reception: Reception;
  #numbers: LinkNumbers = new Map();
  #accepting = true;

  constructor(context: MasterContext, parts: LinkParts) {
    this.#context = context;
    this.#parts = parts;
    this.#reception = {
      slices: new TimeSlices(),
      accepting: () => this.#accepting,
      term: () => context.leadership.term,
      admit: (hello, transport, opened) =>
        parts.admit(hello, (obeys) => {
          const link = new NodeLink(hello.node, hello.run, obeys, transport, this.#numbers);
          opened(link);
          return link;
        }),
      seat: (link) => {
        this.disconnect(link.node, 4000, 'replaced by a newer connection of this node'); // its streams end, too
        this.links.set(link.node, link);
      },
      seated: (link) => this.links.get(link.node) === link,
      frame: (link, frame) => this.#dispatch(link, frame),
      complain: (link, about, what) => this.#complain(link, about, what),
      warn: (message, error) => context.warn(message, error),
      closed: (link) => {
        this.links.delete(link.node);
        parts.closed(link);
      },
    };
  }

  /** A new connection. @param about who it is for the log, e.g. its address */
  connect(transport: Transport, about: string): Connection {
    return new Connection(this.#reception, transport, about);
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
