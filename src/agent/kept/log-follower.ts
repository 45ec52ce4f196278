// What an instance prints from now on, of one stream or both, no faster than its reader takes it.
import { setTimeout as delay } from 'node:timers/promises';
import type { LogChunk } from '../../api/cluster.ts';
import { followOutput, type OutputChunk } from '../effects/output/output.ts';
import { chunkBytes, type Reader } from './log-readers.ts';

/** Chunks that wait for the reader before the streams wait, too. */
const mostWaiting = 16;

/** Goes on where the readers end, until `signal` is aborted or the instance comes to its end. */
export async function* followed(
  directory: string,
  readers: readonly Reader[],
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const queue: LogChunk[] = [];
  const own = new AbortController();
  const either = AbortSignal.any([signal, own.signal]);
  let wake = (): void => {};
  let failure: unknown = null;
  let open = readers.length;

  const follow = ({ stream, end, lines }: Reader): Promise<void> =>
    followOutput(
      directory,
      stream,
      end,
      async (chunk) => {
        const { to, bytes } = lines ? shownOf(chunk, lines) : chunk;
        if (bytes.length > 0) queue.push({ stream, cursor: to, bytes });
        wake();
        while (queue.length > mostWaiting && !either.aborted) await delay(10);
      },
      either,
    );
  for (const reader of readers) {
    follow(reader)
      .catch((error: unknown) => {
        failure ??= error;
        own.abort(); // half of it would look like all there is
      })
      .finally(() => {
        open--;
        wake();
      });
  }
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk) yield chunk;
      else if (open === 0) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    if (failure) throw failure;
  } finally {
    own.abort();
  }
}

/** Without a pattern an unfinished line is shown at once; only where more is there already it waits for its end. */
function shownOf(chunk: OutputChunk, lines: NonNullable<Reader['lines']>): OutputChunk {
  const kept = lines.take(chunk);
  if (lines.filters || chunk.bytes.length === chunkBytes) return kept;
  return { from: kept.from, to: chunk.to, bytes: Buffer.concat([kept.bytes, ...lines.rest()]) };
}
