// Output of an instance, streamed from its agent.
import type { LogChunk, LogRequest } from '../../api/cluster.ts';
import type { LogChunkValue } from '../../protocol/link.ts';
import type { Commands } from '../link/commands.ts';

/** Bytes that may wait for a slow reader; then the agent is told to stop, and asked to go on when little is left of them. */
const most = 4 * 1024 * 1024;
const few = 512 * 1024;

/**
 * Chunks as they come. Ends with the agent's answer, or when the signal aborts. Holds little of it for a slow reader, and
 * loses nothing.
 */
export async function* followLogs(
  commands: Commands,
  node: string,
  id: string,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  /** Where each stream is to be gone on from, once the agent told where it begins. */
  const cursors: Partial<Record<LogChunk['stream'], number>> = {};
  for (let after = request.after; ;) {
    const done = yield* asked(commands, node, id, { ...request, after }, signal, cursors);
    if (done || signal.aborted) return;
    after = { stdout: cursors.stdout ?? after?.stdout ?? 0, stderr: cursors.stderr ?? after?.stderr ?? 0 };
  }
}

/** @returns whether the agent has said all; false: it was stopped because the reader is slow */
async function* asked(
  commands: Commands,
  node: string,
  id: string,
  request: LogRequest,
  signal: AbortSignal,
  cursors: Partial<Record<LogChunk['stream'], number>>,
): AsyncGenerator<LogChunk, boolean> {
  const waiting: LogChunk[] = [];
  const own = new AbortController();
  const abort = (): void => own.abort();
  let size = 0;
  let over = false;
  let stopped = false;
  let failure: unknown = null;
  let wake = (): void => {};
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const answered = commands
    .ask(
      node,
      'logs',
      id,
      { ...request },
      {
        signal: own.signal,
        onChunk: (value) => {
          const { stream, cursor, bytes } = value as LogChunkValue;
          const chunk: LogChunk = {
            stream: stream === 'stderr' ? 'stderr' : 'stdout',
            cursor: Number(cursor),
            bytes: Buffer.from(String(bytes), 'base64'),
          };
          waiting.push(chunk);
          cursors[chunk.stream] = chunk.cursor;
          size += chunk.bytes.length;
          if (size > most && !stopped) {
            stopped = true;
            abort();
          }
          wake();
        },
      },
    )
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      over = true;
      wake();
    });
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk) {
        size -= chunk.bytes.length;
        yield chunk;
        if (stopped && size < few && waiting.length === 0) return false;
      } else if (over) {
        if (failure) throw failure;
        return !stopped;
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener('abort', abort);
    own.abort();
    await answered;
  }
}
