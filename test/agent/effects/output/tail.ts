// The end of a stream, as tests read it.
import {
  outputBounds,
  readOutput,
  tailStart,
  type OutputChunk,
  type Stream,
} from '../../../../src/agent/effects/output/output.ts';

/** The last `lines` lines (an unfinished one counts), at most `max` bytes of them. */
export async function tailOutput(instance: string, stream: Stream, lines: number, max = 1 << 20): Promise<OutputChunk> {
  const { first, end } = await outputBounds(instance, stream);
  const from = await tailStart(instance, stream, lines, Math.max(first, end - max), end);
  return readOutput(instance, stream, from, end - from);
}
