// The output of an instance as somebody asks for it: the last lines, a span of time, from a cursor on, only lines that match, and what
// comes.
import { setTimeout as delay } from 'node:timers/promises';
import type { LogChunk, LogRequest } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { linePattern } from '../../query/patterns/line-pattern.ts';
import type { Stream } from '../effects/output/output.ts';
import { followed } from './log-follower.ts';
import { merged, mostLines, readerOf, rests, type Reader } from './log-readers.ts';

/** Most bytes of matching lines that are held until the last of them are known. */
const heldBytes = 16 << 20;

function filterOf(grep: string | null): ((line: string) => boolean) | null {
  if (grep === null) return null;
  try {
    return linePattern(grep);
  } catch (error) {
    throw new Refusal(
      'invalid-request',
      `grep: ${(error as Error).message}`,
      'Give a text, or a regular expression between slashes.',
    );
  }
}

/**
 * Chunks of an instance's output, in order within each stream. The first ones are empty and tell where each stream begins; after
 * any chunk, its cursor is where to go on (`after`).
 * @param directory the instance's own
 * @throws Refusal invalid-request for a pattern that is none
 */
export async function* readLogs(directory: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
  const pattern = filterOf(request.grep);
  const streams: Stream[] = request.stream === 'both' ? ['stdout', 'stderr'] : [request.stream];
  const readers = await Promise.all(streams.map((stream) => readerOf(directory, stream, request, pattern)));
  const follows = request.follow && request.until === null;
  for (const { stream, at } of readers) yield { stream, cursor: at, bytes: new Uint8Array() };
  if (pattern && request.after === null && request.tail <= mostLines)
    yield* lastMatches(directory, readers, request.tail, follows, signal);
  else yield* passed(directory, readers, follows, signal);
  if (follows && !signal.aborted) yield* followed(directory, readers, signal);
}

/**
 * The same of an instance by name, also while it comes to its end: its directory is then put elsewhere, and a follower still gets
 * the last of it.
 * @param directoryOf throws Refusal instance-not-found
 */
export async function* readInstanceLogs(
  directoryOf: () => string,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const after = { stdout: 0, stderr: 0 };
  for await (const chunk of readLogs(directoryOf(), request, signal)) {
    after[chunk.stream] = chunk.cursor;
    yield chunk;
  }
  if (!request.follow || request.until !== null || signal.aborted) return; // only an end of the instance ends a follow
  const directory = await movedTo(directoryOf);
  if (directory !== null) yield* readLogs(directory, { ...request, follow: false, after }, signal);
}

async function movedTo(directoryOf: () => string): Promise<string | null> {
  for (let tries = 40; tries > 0; tries--) {
    try {
      return directoryOf();
    } catch {
      await delay(50); // it is on its way
    }
  }
  return null; // nothing of it is kept
}

async function* passed(
  directory: string,
  readers: readonly Reader[],
  follows: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  for await (const { reader, chunk } of merged(directory, readers, signal)) {
    const { stream, lines } = reader;
    const kept = lines ? lines.take(chunk) : chunk;
    if (kept.bytes.length > 0) yield { stream, cursor: kept.to, bytes: kept.bytes };
  }
  if (!follows) yield* rests(readers);
}

/** The last `count` matching lines of each stream. */
async function* lastMatches(
  directory: string,
  readers: readonly Reader[],
  count: number,
  follows: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  let held: LogChunk[] = [];
  let bytes = 0;
  const hold = (stream: Stream, cursor: number, line: Buffer): void => {
    held.push({ stream, cursor, bytes: Buffer.from(line) });
    bytes += line.length;
    if (held.length < 4 * count + 1000 && bytes < heldBytes) return;
    held = lastOf(held, count);
    bytes = held.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
    if (bytes >= heldBytes) held = held.slice(Math.ceil(held.length / 2)); // very long lines: the newest count
  };
  for await (const { reader, chunk } of merged(directory, readers, signal))
    for (const line of reader.lines!.lines(chunk)) hold(reader.stream, line.to, line.bytes);
  if (!follows) for (const rest of rests(readers)) hold(rest.stream, rest.cursor, rest.bytes as Buffer);
  for (const chunk of lastOf(held, count)) yield chunk;
}

function lastOf(chunks: readonly LogChunk[], count: number): LogChunk[] {
  const left = { stdout: count, stderr: count };
  return chunks
    .toReversed()
    .filter(({ stream }) => left[stream]-- > 0)
    .reverse();
}
