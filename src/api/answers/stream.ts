// Answers that go on: an async generator as a body. The next piece is asked for only when the reader took the last, so a slow
// reader costs nothing; the generator ends when the reader goes away or the process stops.
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiContext } from '../context.ts';

/** Between two pieces at most this long without a sign of life (a proxy would close the connection). */
const heartbeatMs = 15_000;
/** A body that goes on may have nothing to say for long: what is refused within this is still answered with its status. */
const beginMs = 300;

const encoder = new TextEncoder();
const bytesOf = (piece: string | Uint8Array): Uint8Array => (typeof piece === 'string' ? encoder.encode(piece) : piece);

/**
 * @param make gets a signal that is aborted when the reader is gone or `closing` fires
 * @param heartbeat sent when nothing else was for 15 s; null for bodies that may hold nothing but their bytes
 * @param follows there may be nothing to say yet: else its first piece is waited for
 * @throws what `make` throws before its first piece
 */
export async function streamed(
  c: ApiContext,
  closing: AbortSignal,
  contentType: string,
  make: (signal: AbortSignal) => AsyncIterable<string | Uint8Array>,
  heartbeat: string | null,
  { status = 200, follows = heartbeat !== null }: { status?: 200 | 206; follows?: boolean } = {},
): Promise<Response> {
  const over = new AbortController();
  const end = () => over.abort();
  closing.addEventListener('abort', end, { once: true });
  if (closing.aborted) end();
  const pieces = make(over.signal)[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<string | Uint8Array>> | null = pieces.next();
  const finish = () => {
    closing.removeEventListener('abort', end);
    end();
  };
  try {
    await (follows ? Promise.race([asked, delay(beginMs, undefined, { ref: false })]) : asked);
  } catch (error) {
    finish();
    throw error;
  }
  asked.catch(() => undefined); // the reader hears of it

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        asked ??= pieces.next();
        let timer: NodeJS.Timeout | undefined;
        const beat =
          heartbeat === null
            ? null
            : new Promise<'beat'>((resolve) => {
                timer = setTimeout(resolve, heartbeatMs, 'beat');
              });
        try {
          const first = await (beat ? Promise.race([asked, beat]) : asked);
          if (first === 'beat') {
            controller.enqueue(bytesOf(heartbeat!));
            return;
          }
          asked = null;
          if (first.done) {
            finish();
            controller.close();
          } else controller.enqueue(bytesOf(first.value));
        } catch (error) {
          finish();
          controller.error(error);
        } finally {
          clearTimeout(timer);
        }
      },
      async cancel() {
        finish();
        await pieces.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, status, { 'content-type': contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
}

/** One server-sent event. */
export function sse(event: { event?: string; id?: string | number; data: unknown }): string {
  const data = typeof event.data === 'string' ? event.data : JSON.stringify(event.data);
  return `${event.event ? `event: ${event.event}\n` : ''}${event.id === undefined ? '' : `id: ${event.id}\n`}${data
    .split('\n')
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`;
}

export const wantsEvents = (c: ApiContext): boolean => /\btext\/event-stream\b/.test(c.req.header('accept') ?? '');
