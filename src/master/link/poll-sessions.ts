// The HTTP fallback's sessions: a report brings frames in, a long-poll takes numbered frames out and acknowledges the earlier ones.
import { randomUUID } from 'node:crypto';
import type { Answer, Report } from '../../protocol/fallback.ts';
import type { MasterFrame } from '../../protocol/link.ts';
import type { Connection } from './connection.ts';
import type { LinkServer } from './link-server.ts';

interface Session {
  id: string;
  node: string;
  receiver: Connection;
  /** Frames without a number, for the answer to the report in work. */
  plain: MasterFrame[];
  /** Wakes the long-poll that waits. */
  wake: (() => void) | null;
  ended: boolean;
}
/** Most characters of JSON in one answer (a single frame may exceed it): the rest comes with the next poll. */
const mostCharacters = 1024 * 1024;

/** As many frames from the front as one answer holds, at least one. */
function answerable<T extends MasterFrame>(frames: T[]): T[] {
  let size = 0;
  const end = frames.findIndex((frame, index) => (size += JSON.stringify(frame).length) > mostCharacters && index > 0);
  return end < 0 ? frames : frames.slice(0, end);
}

export class PollSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #links: LinkServer;
  #stopping = false;

  constructor(links: LinkServer) {
    this.#links = links;
  }

  /** @returns null: no such session */
  async report(node: string, { session: id, frames }: Report, about: string): Promise<Answer | null> {
    const session = id === null ? this.#open(node, about) : this.#sessions.get(id);
    if (!session || session.node !== node || session.ended) return null;
    for (const frame of frames) session.receiver.take(frame);
    await session.receiver.settled();
    const answer = { session: session.id, frames: session.plain.splice(0) };
    const link = session.receiver.link();
    if (id === null && (!link || link.node !== node)) this.#end(session);
    return answer;
  }

  #open(node: string, about: string): Session {
    const session: Session = { id: randomUUID(), node, plain: [], wake: null, ended: false, receiver: null as never };
    session.receiver = this.#links.connect(
      {
        kind: 'poll',
        send: (frame) => {
          if ('n' in frame) session.wake?.();
          else session.plain.push(frame);
        },
        close: () => this.#end(session),
      },
      about,
    );
    this.#sessions.set(session.id, session);
    return session;
  }

  /**
   * Numbered frames above `after`, at once or as soon as there is one, within `waitMs`; acknowledges all up to `after`.
   * @returns null: no such session
   */
  async frames(
    node: string,
    id: string,
    after: number,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Answer | null | 'stopping'> {
    const session = this.#sessions.get(id);
    const link = session?.receiver.link();
    if (!session || !link || session.node !== node || session.ended) return this.#stopping ? 'stopping' : null;
    session.wake?.(); // one long-poll at a time: a second one takes the place of the first
    link.acknowledge(after);
    if (link.waiting(after).length === 0 && waitMs > 0) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          if (session.wake === done) session.wake = null;
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        signal.addEventListener('abort', done);
        session.wake = done;
      });
    }
    if (this.#stopping) return 'stopping';
    if (session.ended) return null;
    return { session: id, frames: answerable(link.waiting(after)) };
  }

  #end(session: Session): void {
    if (session.ended) return;
    session.ended = true;
    this.#sessions.delete(session.id);
    session.wake?.();
    session.receiver.closed();
  }

  /** Answers every long-poll that waits with 503. */
  stop(): void {
    this.#stopping = true;
    for (const session of this.#sessions.values()) this.#end(session);
  }
}
