// Output of a program as lines: chunks by absolute cursor, two streams, the platform's own lines told apart. Pure.

export interface LogLine {
  /** Grows by one a line. */
  n: number;
  stream: 'stdout' | 'stderr';
  text: string;
  /** epoch ms, of a line of the platform; null else. */
  at: number | null;
}
export interface LogBuffer {
  lines: LogLine[];
  next: number;
  /** Text of an unfinished line. */
  partial: { stdout: string; stderr: string };
  cursor: { stdout: number; stderr: number };
  /** Lines that were dropped at the front. */
  dropped: number;
}

export const linesKept = 20_000;
export const emptyLog = (): LogBuffer => ({
  lines: [],
  next: 1,
  partial: { stdout: '', stderr: '' },
  cursor: { stdout: 0, stderr: 0 },
  dropped: 0,
});

const platform = /^\[stathub (\d{4}-\d\d-\d\dT[\d:.]+Z)\] (.*)$/;
const bytes = new TextEncoder();
const text = new TextDecoder();

/** What of a chunk is new: after a lost connection the tail comes again, and cursors tell what is known. */
function fresh(chunk: string, cursor: number, known: number): string {
  if (known === 0 || cursor <= 0) return chunk;
  if (cursor <= known) return '';
  const all = bytes.encode(chunk);
  const begin = cursor - all.length;
  return begin >= known ? chunk : text.decode(all.subarray(known - begin));
}

/** Adds a chunk that ends at `cursor`. Gives a new buffer. */
export function addChunk(log: LogBuffer, stream: 'stdout' | 'stderr', cursor: number, chunk: string): LogBuffer {
  const added = fresh(chunk, cursor, log.cursor[stream]);
  if (added === '') return log;
  const parts = (log.partial[stream] + added).split('\n');
  const rest = parts.pop()!;
  let next = log.next;
  const made = parts.map((raw): LogLine => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const own = platform.exec(line);
    return { n: next++, stream, text: own ? own[2]! : line, at: own ? Date.parse(own[1]!) : null };
  });
  const all = made.length > 0 ? [...log.lines, ...made] : log.lines;
  const over = Math.max(0, all.length - linesKept);
  return {
    lines: over > 0 ? all.slice(over) : all,
    next,
    partial: { ...log.partial, [stream]: rest.slice(-65_536) },
    cursor: { ...log.cursor, [stream]: Math.max(cursor, log.cursor[stream]) },
    dropped: log.dropped + over,
  };
}

/**
 * A search as a pattern: `/regex/` or plain text, case ignored unless it has a capital. Null: nothing to search, or a
 * pattern that cannot be read.
 */
export function searchPattern(search: string): RegExp | null {
  if (search === '') return null;
  const slashed = /^\/(.+)\/([i]?)$/.exec(search);
  try {
    return slashed
      ? new RegExp(slashed[1]!, `g${slashed[2]!}`)
      : new RegExp(search.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), /[A-Z]/.test(search) ? 'g' : 'gi');
  } catch {
    return null;
  }
}

/** A line cut at what the pattern finds. */
export function marks(line: string, pattern: RegExp | null): { text: string; hit: boolean }[] {
  if (!pattern) return [{ text: line, hit: false }];
  const out: { text: string; hit: boolean }[] = [];
  let at = 0;
  pattern.lastIndex = 0; // matchAll begins where the last use of the pattern ended
  for (const found of line.matchAll(pattern)) {
    if (found[0] === '') break; // a pattern that matches nothing would never end
    if (found.index > at) out.push({ text: line.slice(at, found.index), hit: false });
    out.push({ text: found[0], hit: true });
    at = found.index + found[0].length;
  }
  if (at < line.length || out.length === 0) out.push({ text: line.slice(at), hit: false });
  return out;
}

/** Is there anything of the pattern in a line? */
export function finds(line: string, pattern: RegExp): boolean {
  pattern.lastIndex = 0;
  return pattern.test(line);
}

/** Colour codes of terminals are not for here. */
// eslint-disable-next-line no-control-regex
export const plain = (line: string): string => line.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '');

/** What a line of the platform speaks of. */
export const turnStatus = (line: string): string =>
  /\b(killed|failed|gave up|could not)\b/i.test(line)
    ? 'failed'
    : /\b(exited|ended|stopped|stops?)\b/i.test(line)
      ? 'stopped'
      : /\b(waits?|restart)/i.test(line)
        ? 'restarting'
        : 'starting';
