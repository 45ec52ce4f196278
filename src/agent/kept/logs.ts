// The output of an instance as somebody asks for it: the last lines, a span of time, from a cursor on, only lines that match, both
// streams in the order of time as far as that was noted, and what comes.
import type { LogChunk, LogRequest } from '../../api/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { linePattern } from '../../query/line-pattern.ts';
import {
  breath,
  followOutput,
  outputBounds,
  readOutput,
  tailStart,
  type OutputChunk,
  type Stream,
} from '../effects/output/output.ts';
import { cursorSince, cursorUntil, timesOf, type Mark } from '../effects/output/times.ts';
import { LineFilter } from './line-filter.ts';

/** Most bytes of each stream that are searched for the last matching lines, where no time is given. */
const searchedBytes = 16 << 20;
/** Most bytes of matching lines that are held until the last of them are known. */
const heldBytes = 16 << 20;
const chunkBytes = 65_536;

/** One stream on its way from a cursor to an end. */
interface Reader {
  stream: Stream;
  at: number;
  readonly end: number;
  readonly marks: Mark[];
  lines: LineFilter | null;
}

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
  const pattern = filterOf(request.grep),
    streams: Stream[] = request.stream === 'both' ? ['stdout', 'stderr'] : [request.stream];
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
      await new Promise((resolve) => setTimeout(resolve, 50));
    } // it is on its way
  }
  return null; // nothing of it is kept
}

/** A `tail` above this means everything. */
const mostLines = 1_000_000;

async function readerOf(
  directory: string,
  stream: Stream,
  { after, since, until, tail, stream: wanted }: LogRequest,
  pattern: ((line: string) => boolean) | null,
): Promise<Reader> {
  const { first, end: newest } = await outputBounds(directory, stream);
  const end = until === null ? newest : Math.min(newest, await cursorUntil(directory, stream, until));
  let at = Math.max(
    first,
    after ? after[stream] : since === null ? first : await cursorSince(directory, stream, since),
  );
  if (!after && pattern && since === null && tail <= mostLines) at = Math.max(at, end - searchedBytes);
  else if (!after && !pattern && tail <= mostLines)
    at = await tailStart(directory, stream, tail, Math.min(at, end), end);
  const both = wanted === 'both';
  return {
    stream,
    at: Math.min(at, end),
    end,
    marks: both ? timesOf(directory, stream).filter(([, cursor]) => cursor > at && cursor <= end) : [],
    lines: pattern || both ? new LineFilter(pattern) : null,
  };
}

/** Everything up to the readers' ends as raw chunks; of two streams the one whose output was noted earlier comes first. */
async function* merged(
  directory: string,
  readers: readonly Reader[],
  signal: AbortSignal,
): AsyncGenerator<{ reader: Reader; chunk: OutputChunk }> {
  const markOf = ({ marks }: Reader): number => marks[0]?.[0] ?? Infinity;
  for (;;) {
    const reader = readers
      .filter(({ at, end }) => at < end)
      .sort((a, b) => markOf(a) - markOf(b) || (a.stream === 'stdout' ? -1 : 1))[0];
    if (!reader || signal.aborted) return;
    const chunk = await readOutput(
      directory,
      reader.stream,
      reader.at,
      Math.min(reader.marks[0]?.[1] ?? reader.end, reader.end, reader.at + chunkBytes) - reader.at,
    );
    if (chunk.bytes.length === 0) {
      reader.at = reader.end;
      continue;
    } // it was dropped meanwhile
    reader.at = chunk.to;
    while (reader.marks.length > 0 && reader.marks[0]![1] <= chunk.to) reader.marks.shift();
    yield { reader, chunk };
    await breath();
  }
}

async function* passed(
  directory: string,
  readers: readonly Reader[],
  follows: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  for await (const {
    reader: { stream, lines },
    chunk,
  } of merged(directory, readers, signal)) {
    const kept = lines ? lines.take(chunk) : chunk;
    if (kept.bytes.length > 0) yield { stream, cursor: kept.to, bytes: kept.bytes };
  }
  if (!follows) yield* rests(readers);
}

/** Lines that have no end yet. */
function* rests(readers: readonly Reader[]): Generator<LogChunk> {
  for (const { stream, lines, end } of readers)
    for (const bytes of lines?.rest() ?? []) yield { stream, cursor: end, bytes };
}

/** The last `count` matching lines of each stream. */
async function* lastMatches(
  directory: string,
  readers: readonly Reader[],
  count: number,
  follows: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  let held: LogChunk[] = [],
    bytes = 0;
  const hold = (stream: Stream, cursor: number, line: Buffer): void => {
    held.push({ stream, cursor, bytes: Buffer.from(line) });
    bytes += line.length;
    if (held.length < 4 * count + 1000 && bytes < heldBytes) return;
    held = lastOf(held, count);
    bytes = held.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
    if (bytes >= heldBytes) held = held.slice(Math.ceil(held.length / 2)); // very long lines: the newest count
  };
  for await (const {
    reader: { stream, lines },
    chunk,
  } of merged(directory, readers, signal))
    for (const { to, bytes: line } of lines!.lines(chunk)) hold(stream, to, line);
  if (!follows) for (const { stream, cursor, bytes: line } of rests(readers)) hold(stream, cursor, line as Buffer);
  for (const chunk of lastOf(held, count)) yield chunk;
}

function lastOf(chunks: readonly LogChunk[], count: number): LogChunk[] {
  const left = { stdout: count, stderr: count };
  return chunks
    .toReversed()
    .filter(({ stream }) => left[stream]-- > 0)
    .reverse();
}

async function* followed(directory: string, readers: readonly Reader[], signal: AbortSignal): AsyncGenerator<LogChunk> {
  const queue: LogChunk[] = [];
  let wake = (): void => {},
    failure: unknown = null,
    open = readers.length;
  const own = new AbortController(),
    either = AbortSignal.any([signal, own.signal]);
  for (const { stream, end, lines } of readers) {
    // Without a pattern an unfinished line is shown at once; only where more is there already it waits for its end.
    const takes = (chunk: OutputChunk): OutputChunk => {
      const kept = lines!.take(chunk);
      if (lines!.filters || chunk.bytes.length === chunkBytes) return kept;
      return { from: kept.from, to: chunk.to, bytes: Buffer.concat([kept.bytes, ...lines!.rest()]) };
    };
    followOutput(
      directory,
      stream,
      end,
      async (chunk) => {
        const kept = lines ? takes(chunk) : chunk;
        if (kept.bytes.length > 0) queue.push({ stream, cursor: kept.to, bytes: kept.bytes });
        wake();
        while (queue.length > 64 && !either.aborted) await new Promise((resolve) => setTimeout(resolve, 10)); // the reader is slower than the program
      },
      either,
    )
      .catch((error: unknown) => {
        failure = error;
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
