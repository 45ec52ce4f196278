// The streams of an instance's output, each on its way from a cursor to an end, and both of them in the order of time as far as that
// was noted.
import type { LogChunk, LogRequest } from '../../api/cluster.ts';
import {
  breath,
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
export const chunkBytes = 65_536;

/** One stream on its way from a cursor to an end. */
export interface Reader {
  stream: Stream;
  at: number;
  readonly end: number;
  readonly marks: Mark[];
  lines: LineFilter | null;
}

/** A `tail` above this means everything. */
export const mostLines = 1_000_000;

/** Where a stream's reading begins and ends, by what is asked for. */
export async function readerOf(
  directory: string,
  stream: Stream,
  { after, since, until, tail, stream: wanted }: LogRequest,
  pattern: ((line: string) => boolean) | null,
): Promise<Reader> {
  const { first, end: newest } = await outputBounds(directory, stream);
  const end = until === null ? newest : Math.min(newest, await cursorUntil(directory, stream, until));
  let at = first;
  if (after) at = Math.max(first, after[stream]);
  else if (since !== null) at = Math.max(first, await cursorSince(directory, stream, since));
  if (!after && pattern && since === null && tail <= mostLines) at = Math.max(at, end - searchedBytes);
  else if (!after && !pattern && tail <= mostLines)
    at = await tailStart(directory, stream, tail, Math.min(at, end), end);
  const both = wanted === 'both';
  const marks = both ? timesOf(directory, stream).filter(([, cursor]) => cursor > at && cursor <= end) : [];
  const lines = pattern || both ? new LineFilter(pattern) : null;
  return { stream, at: Math.min(at, end), end, marks, lines };
}

/** Everything up to the readers' ends as raw chunks; of two streams the one whose output was noted earlier comes first. */
export async function* merged(
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
    const upTo = Math.min(reader.marks[0]?.[1] ?? reader.end, reader.end, reader.at + chunkBytes);
    const chunk = await readOutput(directory, reader.stream, reader.at, upTo - reader.at);
    if (chunk.bytes.length === 0) {
      reader.at = reader.end; // it was dropped meanwhile
      continue;
    }
    reader.at = chunk.to;
    while (reader.marks.length > 0 && reader.marks[0]![1] <= chunk.to) reader.marks.shift();
    yield { reader, chunk };
    await breath();
  }
}

/** Lines that have no end yet. */
export function* rests(readers: readonly Reader[]): Generator<LogChunk> {
  for (const { stream, lines, end } of readers)
    for (const bytes of lines?.rest() ?? []) yield { stream, cursor: end, bytes };
}
