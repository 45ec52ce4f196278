// Output of the past, as the API streams it: from a time on, or the lines that match. Pure.
export interface Past {
  /** epoch ms; null: all that is kept. */
  since: number | null;
  grep: string;
}
export interface PastChunk {
  stream: 'stdout' | 'stderr';
  cursor: number;
  text: string;
}

/** `/v1/…` of what is asked for. */
export function logPath(id: string, past: Past | null, stream: 'both' | 'stdout' | 'stderr'): string {
  const given = new URLSearchParams({
    stream,
    tail: 'all',
    ...(past?.since != null ? { since: String(past.since) } : {}),
    ...(past?.grep ? { grep: past.grep } : {}),
  });
  return `/v1/instances/${encodeURIComponent(id)}/logs?${given.toString()}`;
}

/** One server-sent event of the log, or null for what is none (a sign of life, the end). */
export function chunkOf(block: string): PastChunk | null {
  const field = (name: string): string =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  const stream = field('event');
  if (stream !== 'stdout' && stream !== 'stderr') return null;
  const { cursor, text } = JSON.parse(field('data')) as { cursor: number; text: string };
  return { stream, cursor, text };
}
