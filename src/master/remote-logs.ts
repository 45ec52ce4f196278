// Output of an instance, streamed from its agent.
import type { LogChunk, LogRequest } from '../api/cluster.ts';
import type { LogChunkValue } from '../protocol/link.ts';
import type { Commands } from './commands.ts';

/** Bytes that may wait for a slow reader; beyond it the stream ends, and the reader goes on from its cursors. */
const MOST_WAITING = 16 * 1024 * 1024;

/** Chunks as they come. Ends with the agent's answer, or when the signal aborts. */
export async function* followLogs(
  commands: Commands, node: string, id: string, request: LogRequest, signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const waiting: LogChunk[] = [];
  let size = 0, done = false, failure: unknown = null;
  let wake = (): void => {};
  const own = new AbortController();
  const abort = (): void => own.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const answered = commands.ask(node, 'logs', id, { ...request }, {
    signal: own.signal,
    onChunk: (value) => {
      const { stream, cursor, bytes } = value as LogChunkValue;
      const raw = Buffer.from(String(bytes), 'base64');
      const chunk: LogChunk = { stream: stream === 'stderr' ? 'stderr' : 'stdout', cursor: Number(cursor), bytes: raw };
      waiting.push(chunk);
      size += chunk.bytes.length;
      if (size > MOST_WAITING) own.abort();
      wake();
    },
  }).catch((error: unknown) => { failure = error; }).finally(() => { done = true; wake(); });
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk) {
        size -= chunk.bytes.length;
        yield chunk;
      } else if (done) {
        if (failure) throw failure;
        return;
      } else await new Promise<void>((resolve) => { wake = resolve; });
    }
  } finally {
    signal.removeEventListener('abort', abort);
    own.abort();
    await answered;
  }
}
