// An instance's output as it comes, over whatever breaks off on the way: asked for again from the cursor that was reached.
import { setTimeout as delay } from 'node:timers/promises';
import { path, query, type Client } from './client.ts';
import { CliError, exitCode } from './exit.ts';
import type { Output } from './output.ts';

const firstPauseMs = 250;
const longestPauseMs = 5000;

/** The hub, or the node behind it, does not answer now, or not in time. */
export const mayComeBack = (error: unknown): boolean =>
  error instanceof CliError && (error.away || error.exit === exitCode.timedOut);

const isNotFound = (error: unknown): boolean => error instanceof CliError && error.exit === exitCode.notFound;

/** Says once that something is away, until all of it is back: many followers meet the same restart. */
export class AwayNotice {
  readonly #output: Output;
  readonly #away = new Set<string>();
  constructor(output: Output) {
    this.#output = output;
  }
  away(what: string): void {
    if (this.#away.size === 0)
      this.#output.err(
        `output of ${what} broke off: the hub or its node does not answer; it goes on where it was when they are back\n`,
      );
    this.#away.add(what);
  }
  back(what: string): void {
    this.#away.delete(what);
  }
}

interface Reached {
  /** Of the newest event; null: nothing has been told yet. */
  id: string | null;
  /** The hub said that nothing more will come. */
  ended: boolean;
}

/**
 * Bytes as they were written, each once, until the instance is gone. What breaks off is asked for again, without end.
 * @param parameters of the request, as they are asked for at first
 * @throws CliError what the hub refuses; before the first answer also that it is away
 */
export async function* followedBytes(
  client: Client,
  id: string,
  parameters: Record<string, string | undefined>,
  notice: AwayNotice,
): AsyncGenerator<Uint8Array> {
  const address = path`/v1/instances/${id}/logs` + query({ ...parameters, follow: true, encoding: 'base64' });
  const reached: Reached = { id: null, ended: false };
  for (let tries = 0, pauseMs = firstPauseMs; ; tries++) {
    try {
      const resume: Record<string, string> = reached.id === null ? {} : { 'last-event-id': reached.id };
      const response = await client.open('GET', address, { headers: { accept: 'text/event-stream', ...resume } });
      for await (const bytes of pieces(response.body!, reached)) {
        notice.back(id);
        pauseMs = firstPauseMs;
        yield bytes;
      }
      if (reached.ended) return notice.back(id);
    } catch (error) {
      if (tries > 0 && isNotFound(error) && (await isGone(client, id))) return notice.back(id);
      const again = error instanceof BrokenOff || (tries > 0 && (mayComeBack(error) || isNotFound(error)));
      if (!again) throw error;
    }
    notice.away(id);
    await delay(pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Its output is not there; nor is it. A hub that cannot tell leaves it open. */
const isGone = (client: Client, id: string): Promise<boolean> =>
  client.get(path`/v1/instances/${id}`).then(() => false, isNotFound);

/** The connection ended in the middle of an answer. */
class BrokenOff extends Error {}

async function* pieces(body: ReadableStream<Uint8Array>, reached: Reached): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of unlessBroken(body)) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? '';
      const event = field('event');
      if (event === 'end') reached.ended = true;
      if (event !== 'stdout' && event !== 'stderr') continue;
      reached.id = field('id') || reached.id; // before it is given: who takes no more has had it
      yield Buffer.from((JSON.parse(field('data')) as { base64: string }).base64, 'base64');
    }
  }
}

async function* unlessBroken(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw new BrokenOff('the connection was closed', { cause: error });
    });
    if (next.done) return;
    yield next.value;
  }
}
