// The line by HTTP, where a WebSocket cannot pass: reports by POST (one in flight), numbered frames by long-poll
// (src/protocol/fallback.ts).
import { encodeBody } from '../../../protocol/codec.ts';
import type { Answer, Report } from '../../../protocol/fallback.ts';
import { maxWaitSeconds } from '../../../protocol/fallback.ts';
import type { AgentFrame, MasterFrame } from '../../../protocol/link.ts';
import { checked, type Line, type LineListener, type LineOptions } from './line.ts';

/** Frames of one report: its answer comes back before the next one goes. */
const mostFrames = 500;
const mostCharacters = 512 * 1024;
const requestMs = 15_000;

/** Opens the line; all that happens is told to the listener. @returns the way to end it */
export function openPoll({ master, node, token }: LineOptions, listener: LineListener): () => void {
  const aborted = new AbortController();
  const base = `${master}/v1/link/${encodeURIComponent(node)}`;
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  let session: string | null = null;
  let ended = false;
  let reporting = false;
  let after = 0;
  let queue: { frame: AgentFrame; size: number }[] = [];

  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    aborted.abort();
    queue = [];
    listener.closed(reason);
  };
  const take = (frames: readonly unknown[]): void => {
    for (const value of frames) {
      const frame = ended ? null : checked(value, listener);
      if (!frame) continue;
      if ('n' in frame) after = Math.max(after, (frame as Extract<MasterFrame, { n: number }>).n);
      listener.frame(frame);
    }
  };
  const ask = async (url: string, init: RequestInit, limitMs: number): Promise<Answer | null> => {
    const response = await fetch(url, {
      ...init,
      headers: { ...authorization, ...(init.headers as Record<string, string>) },
      signal: AbortSignal.any([aborted.signal, AbortSignal.timeout(limitMs)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      end(response.status === 410 ? 'the session is over' : `the master answers HTTP ${response.status}`);
      return null;
    }
    return (await response.json()) as Answer;
  };

  const report = async (): Promise<void> => {
    if (reporting || ended) return;
    reporting = true;
    try {
      while (queue.length > 0 && !ended) {
        let size = 0;
        const count = queue.findIndex((each, index) => (size += each.size) > mostCharacters && index > 0);
        const frames = queue
          .splice(0, Math.min(mostFrames, count < 0 ? queue.length : count))
          .map(({ frame }) => frame);
        const body = encodeBody({ session, frames } satisfies Report);
        const headers: Record<string, string> = {
          'content-type': 'application/json',
          ...(typeof body === 'string' ? {} : { 'content-encoding': 'deflate' }),
        };
        const answer = await ask(`${base}/report`, { method: 'POST', body, headers }, requestMs);
        if (!answer) return;
        const first = session === null;
        session = answer.session;
        take(answer.frames);
        if (first && !ended) void follow();
      }
    } catch (error) {
      end(
        (error as Error).cause instanceof Error
          ? (((error as Error).cause as NodeJS.ErrnoException).code ?? (error as Error).message)
          : (error as Error).message,
      );
    } finally {
      reporting = false;
    }
  };
  const follow = async (): Promise<void> => {
    try {
      while (!ended) {
        const answer = await ask(
          `${base}/frames?session=${encodeURIComponent(session ?? '')}&after=${after}&wait=${maxWaitSeconds}`,
          {},
          (maxWaitSeconds + 15) * 1000,
        );
        if (answer) take(answer.frames);
      }
    } catch (error) {
      end((error as Error).message);
    }
  };
  const line: Line = {
    kind: 'poll',
    send: (frame) => {
      if (ended) return;
      // An acknowledgement travels as `after` of the next long-poll.
      if (frame.type === 'ack') return;
      queue.push({ frame, size: JSON.stringify(frame).length });
      void report();
    },
    waiting: () => queue.reduce((sum, { size }) => sum + size, 0),
    close: end,
  };
  setImmediate(() => {
    if (!ended) listener.opened(line);
  });
  return () => end('the agent closed it');
}
