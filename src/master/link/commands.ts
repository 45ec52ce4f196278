// Requests to agents: each has an id, an expiry and one answer; streams come in chunks before it.
import { randomUUID } from 'node:crypto';
import { Refusal } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { AgentFrame, Command } from '../../protocol/link.ts';
import type { MasterContext } from '../context.ts';
import type { NodeLink } from './node-link.ts';

interface Waiting {
  node: string;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  chunk: ((value: unknown) => void) | null;
  timer: NodeJS.Timeout | null;
}
export interface AskOptions {
  expiresInMs?: number;
  onChunk?: (value: unknown) => void;
  signal?: AbortSignal;
}

export class Commands {
  readonly #context: MasterContext;
  readonly #linkOf: (node: string) => NodeLink | null;
  readonly #waiting = new Map<string, Waiting>();

  constructor(context: MasterContext, linkOf: (node: string) => NodeLink | null) {
    this.#context = context;
    this.#linkOf = linkOf;
  }

  /**
   * Sends a command and waits for its answer. A stream (`onChunk`) has no expiry once it began; aborting `signal` ends it.
   * @throws Refusal `node-away` without a link or when it breaks, `expired` without an answer in time, or what the agent says
   */
  ask(
    node: string,
    name: Command['name'],
    target: string,
    args: Record<string, unknown>,
    options: AskOptions = {},
  ): Promise<unknown> {
    const link = this.#linkOf(node);
    if (!link) return Promise.reject(this.#away(node));
    const id = randomUUID();
    const expiresInMs = options.expiresInMs ?? this.#context.times.commandMs;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (entry.timer) clearTimeout(entry.timer);
        options.signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
      };
      const abort = (): void => {
        if (!link.closed)
          link.send({ type: 'command', id: randomUUID(), expiresInMs, name: 'cancel', target: id, args: {} });
        entry.resolve(undefined);
      };
      const entry: Waiting = {
        node,
        resolve: (value) => {
          end();
          resolve(value);
        },
        reject: (error) => {
          end();
          reject(error);
        },
        chunk: options.onChunk ?? null,
        timer: setTimeout(
          () =>
            entry.reject(
              new Refusal(
                'expired',
                `Node ${node} did not answer "${name}" within ${expiresInMs} ms`,
                'Try again; it may be busy.',
              ),
            ),
          expiresInMs,
        ),
      };
      this.#waiting.set(id, entry);
      if (options.signal?.aborted) return entry.resolve(undefined);
      options.signal?.addEventListener('abort', abort);
      link.send({ type: 'command', id, expiresInMs, name, target, args });
    });
  }

  result(link: NodeLink, { id, ok, value, code, detail }: Extract<AgentFrame, { type: 'result' }>): void {
    const entry = this.#waiting.get(id);
    if (entry?.node !== link.node) return; // expired or cancelled meanwhile
    if (ok) entry.resolve(value);
    else entry.reject(refusalOf(code, detail));
  }

  chunk(link: NodeLink, { id, value }: Extract<AgentFrame, { type: 'chunk' }>): void {
    const entry = this.#waiting.get(id);
    if (entry?.node !== link.node) return;
    if (entry.timer && entry.chunk) clearTimeout(entry.timer);
    entry.chunk?.(value);
  }

  /** A node's line ended: nobody answers any more. */
  closed(node: string): void {
    for (const entry of this.#waiting.values()) if (entry.node === node) entry.reject(this.#away(node));
  }

  /** With what is known of it. */
  #away(node: string): Refusal {
    const known = this.#context.view.nodes.get(node);
    if (!known) return new Refusal('node-away', `Node ${node} is not known to this hub`, 'See stathub nodes.');
    const { hostname } = known.record.doc.facts;
    const name = hostname === node ? node : `${hostname} (${node})`;
    const since = known.beatAt > 0 ? `; it was last heard of at ${new Date(known.beatAt).toISOString()}` : '';
    return new Refusal(
      'node-away',
      `Node ${name} is not connected now${since}`,
      'What runs there runs on, and what it prints is kept there. Ask again when its agent is back: see stathub nodes.',
    );
  }

  stop(): void {
    for (const entry of this.#waiting.values())
      entry.reject(new Refusal('starting', 'The master is stopping', 'Try again.'));
  }
}

function refusalOf(code: string | undefined, detail: string | undefined): Refusal {
  const known = new Refusal((code ?? 'internal') as ErrorCode, detail ?? 'The agent could not do it');
  return (known.status as number | undefined) === undefined
    ? new Refusal('internal', `${code}: ${detail ?? ''}`)
    : known;
}
