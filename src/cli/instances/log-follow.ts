// An instance's output as it comes, over whatever breaks off on the way: asked for again from the cursor that was reached.
import { setTimeout as delay } from 'node:timers/promises';
import { path, query, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import { BrokenOff, loggedPieces } from './logged-pieces.ts';
import type { Output } from '../output/output.ts';

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
      for await (const { kind, bytes, id: after } of loggedPieces(response.body!)) {
        if (kind === 'end') {
          reached.ended = true;
          continue;
        }
        reached.id = after || reached.id; // before it is given: who takes no more has had it
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
