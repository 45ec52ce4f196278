// The line by HTTP, where a WebSocket cannot pass: reports by POST (one in flight), numbered frames by long-poll
// (src/protocol/fallback.ts).
import { encodeBody } from '../../../protocol/codec.ts';
import type { Answer, Report } from '../../../protocol/fallback.ts';
import { maxWaitSeconds } from '../../../protocol/fallback.ts';
import { fetchFailure } from '../../../model/errors.ts';
import type { AgentFrame, MasterFrame } from '../../../protocol/link.ts';
import { checked, type Line, type LineListener, type LineOptions } from './line.ts';

/** Frames of one report: its answer comes back before the next one goes. */
const mostFrames = 500;
const mostCharacters = 512 * 1024;
const requestMs = 15_000;

class PollLine implements Line {
  readonly kind = 'poll';
  readonly #base: string;
  readonly #authorization: Record<string, string>;
  readonly #listener: LineListener;
  readonly #aborted = new AbortController();
  /** Given by the answer to the first report. */
  #session: string | null = null;
  #ended = false;
  #reporting = false;
  /** The last numbered frame that came, and the last that was acknowledged: only then the master is asked for more. */
  #came = 0;
  #after = 0;
  #held: (() => void) | null = null;
  #queue: { frame: AgentFrame; size: number }[] = [];

  constructor({ master, node, token }: LineOptions, listener: LineListener) {
    this.#base = `${master}/v1/link/${encodeURIComponent(node)}`;
    this.#authorization = token ? { authorization: `Bearer ${token}` } : {};
    this.#listener = listener;
    setImmediate(() => {
      if (!this.#ended) listener.opened(this);
    });
  }

  send(frame: AgentFrame): void {
    if (this.#ended) return;
    if (frame.type === 'ack') return this.#acknowledge(frame.n);
    this.#queue.push({ frame, size: JSON.stringify(frame).length });
    void this.#report();
  }

  waiting(): number {
    return this.#queue.reduce((sum, { size }) => sum + size, 0);
  }

  close(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#aborted.abort();
    this.#queue = [];
    this.#held?.();
    this.#listener.closed(reason);
  }

  /** Sends what is queued, one report after another. */
  async #report(): Promise<void> {
    if (this.#reporting || this.#ended) return;
    this.#reporting = true;
    try {
      while (this.#queue.length > 0 && !this.#ended) {
        const answer = await this.#post(this.#nextFrames());
        if (!answer) return;
        const first = this.#session === null;
        this.#session = answer.session;
        this.#take(answer.frames);
        if (first && !this.#ended) void this.#follow();
      }
    } catch (error) {
      this.close(fetchFailure(error));
    } finally {
      this.#reporting = false;
    }
  }

  /** Polls for the master's frames until the line ends. */
  async #follow(): Promise<void> {
    try {
      for (; !this.#ended; await this.#allHeld()) {
        const session = encodeURIComponent(this.#session ?? '');
        const url = `${this.#base}/frames?session=${session}&after=${this.#after}&wait=${maxWaitSeconds}`;
        const answer = await this.#ask(url, {}, (maxWaitSeconds + 15) * 1000);
        if (answer) this.#take(answer.frames);
      }
    } catch (error) {
      this.close(fetchFailure(error));
    }
  }

  /** It travels as `after` of the next long-poll, which waits for that of all that came. */
  #acknowledge(n: number): void {
    this.#after = Math.max(this.#after, n);
    if (this.#after >= this.#came) this.#held?.();
  }

  async #allHeld(): Promise<void> {
    if (this.#after >= this.#came || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#held = resolve;
    });
    this.#held = null;
  }

  /** Takes from the queue what one report holds: at least one frame, however large. */
  #nextFrames(): AgentFrame[] {
    let size = 0;
    const over = this.#queue.findIndex((each, index) => (size += each.size) > mostCharacters && index > 0);
    const count = Math.min(mostFrames, over < 0 ? this.#queue.length : over);
    return this.#queue.splice(0, count).map(({ frame }) => frame);
  }

  #post(frames: AgentFrame[]): Promise<Answer | null> {
    const body = encodeBody({ session: this.#session, frames } satisfies Report);
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      ...(typeof body === 'string' ? {} : { 'content-encoding': 'deflate' }),
    };
    return this.#ask(`${this.#base}/report`, { method: 'POST', body, headers }, requestMs);
  }

  /** @returns null: the master refused, and the line has ended */
  async #ask(url: string, init: RequestInit, limitMs: number): Promise<Answer | null> {
    const response = await fetch(url, {
      ...init,
      headers: { ...this.#authorization, ...(init.headers as Record<string, string>) },
      signal: AbortSignal.any([this.#aborted.signal, AbortSignal.timeout(limitMs)]),
    });
    if (response.ok) return (await response.json()) as Answer;
    await response.body?.cancel();
    this.close(response.status === 410 ? 'the session is over' : `the master answers HTTP ${response.status}`);
    return null;
  }

  #take(frames: readonly unknown[]): void {
    for (const value of frames) {
      const frame = this.#ended ? null : checked(value, this.#listener);
      if (!frame) continue;
      if ('n' in frame) this.#came = Math.max(this.#came, (frame as Extract<MasterFrame, { n: number }>).n);
      this.#listener.frame(frame);
    }
  }
}

/** Opens the line; all that happens is told to the listener. @returns the way to end it */
export function openPoll(options: LineOptions, listener: LineListener): () => void {
  const line = new PollLine(options, listener);
  return () => line.close('the agent closed it');
}
