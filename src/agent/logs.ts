// The output of an instance as somebody asks for it: the last lines, from a cursor on, only lines that match, and what comes.
import type { LogChunk, LogRequest } from '../api/cluster.ts';
import { Refusal } from '../model/errors.ts';
import { followOutput, readOutput, tailOutput, type OutputChunk, type Stream } from './effects/output.ts';
import { linePattern } from '../query/line-pattern.ts';
import { cursorSince } from './effects/rotation.ts';
import { LineFilter } from './line-filter.ts';

/** Most bytes that are searched for the last matching lines. */
const filteredBytes = 16 << 20;

const wanted = (request: LogRequest): Stream[] => (request.stream === 'both' ? ['stdout', 'stderr'] : [request.stream]);

function filterOf(grep: string | null): ((line: string) => boolean) | null {
  if (grep === null) return null;
  try { return linePattern(grep); } catch (error) { throw new Refusal('invalid-request', `grep: ${(error as Error).message}`, 'Give a text, or a regular expression between slashes.'); }
}

/**
 * Chunks of an instance's output, in order within each stream.
 * @param directory the instance's own
 * @throws Refusal invalid-request for a pattern that is none
 */
export async function* readLogs(directory: string, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
  const pattern = filterOf(request.grep), cursors = new Map<Stream, { from: number; filter: LineFilter | null }>();
  for (const stream of wanted(request)) {
    const filter = pattern && new LineFilter(pattern);
    const after = request.after?.[stream];
    let from = after;
    if (after === undefined) {
      const since = request.since === null ? 0 : await cursorSince(directory, stream, request.since);
      const tail = await tailOutput(directory, stream, pattern ? Number.MAX_SAFE_INTEGER : request.tail, pattern ? filteredBytes : undefined);
      const kept = since > tail.from ? { ...tail, from: since, bytes: tail.bytes.subarray(since - tail.from) } : tail;
      const chunk = filter ? filter.last(kept, request.tail, request.follow) : kept;
      from = tail.to;
      if (chunk.bytes.length > 0) yield { stream, cursor: chunk.to, bytes: chunk.bytes };
    } else {
      for (let chunk = await readOutput(directory, stream, after); chunk.bytes.length > 0 && !signal.aborted; chunk = await readOutput(directory, stream, from!)) {
        from = chunk.to;
        const kept = filter ? filter.take(chunk) : chunk;
        if (kept.bytes.length > 0) yield { stream, cursor: kept.to, bytes: kept.bytes };
      }
    }
    cursors.set(stream, { from: from!, filter });
  }
  if (!request.follow || signal.aborted) return;
  const queue: LogChunk[] = [];
  let wake = (): void => {}, failure: unknown = null, open = cursors.size;
  const own = new AbortController(), both = AbortSignal.any([signal, own.signal]);
  for (const [stream, { from, filter }] of cursors) {
    followOutput(directory, stream, from, async (chunk: OutputChunk) => {
      const kept = filter ? filter.take(chunk) : chunk;
      if (kept.bytes.length > 0) queue.push({ stream, cursor: kept.to, bytes: kept.bytes });
      wake();
      while (queue.length > 64 && !both.aborted) await new Promise((resolve) => setTimeout(resolve, 10)); // the reader is slower than the program
    }, both).catch((error: unknown) => { failure = error; }).finally(() => { open--; wake(); });
  }
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk) yield chunk;
      else if (open === 0) break;
      else await new Promise<void>((resolve) => { wake = resolve; });
    }
    if (failure) throw failure;
  } finally {
    own.abort();
  }
}
