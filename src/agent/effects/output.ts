// What an instance printed: appended by the program itself, read here across rotation and the agent's restarts. Bytes stay bytes.
import { appendFileSync, closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { outputFile, segmentsOf, untilWhole, type Stream } from './output-segments.ts';

export { outputFile, type Stream };

/** A piece of a stream. */
export interface OutputChunk {
  /** Cursor of the first byte. Higher than what was asked for when that is no longer kept. */
  from: number;
  /** Cursor after the last byte: ask for this next. */
  to: number;
  bytes: Buffer;
}

/** Appends a line of the platform to stdout, as `[stathub <ISO time>] text`. On its own line even after an unfinished one. */
export function appendPlatformLine(instance: string, text: string, at: number): void {
  const path = outputFile(instance, 'stdout');
  const line = `[stathub ${new Date(at).toISOString()}] ${text.replaceAll('\n', ' ')}\n`;
  appendFileSync(path, endsInLine(path) ? line : `\n${line}`, { mode: 0o640 });
}

function endsInLine(path: string): boolean {
  let fd: number;
  try { fd = openSync(path, 'r'); } catch { return true; }
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    return size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === 10);
  } finally {
    closeSync(fd);
  }
}

/** The cursors of the oldest kept byte and of the end. Both 0 when nothing was ever printed. */
export async function outputBounds(instance: string, stream: Stream): Promise<{ first: number; end: number }> {
  await untilWhole(outputFile(instance, stream));
  const { first, end } = segmentsOf(instance, stream);
  return { first, end };
}

/** Up to `max` bytes from a cursor on. `bytes` is empty at the end. A cursor beyond the end (of a lost stream) is taken back to it. */
export async function readOutput(instance: string, stream: Stream, from: number, max = 65536): Promise<OutputChunk> {
  await untilWhole(outputFile(instance, stream));
  const { pieces, first, end } = segmentsOf(instance, stream); // nothing is awaited from here on: no cut can come between
  const start = Math.min(Math.max(first, from), end);
  const bytes = Buffer.allocUnsafe(Math.min(max, end - start));
  let filled = 0;
  for (const piece of pieces) {
    const at = start + filled;
    if (filled === bytes.length || at >= piece.to || at < piece.from) continue;
    const fd = openSync(piece.path, 'r');
    try {
      filled += readSync(fd, bytes, filled, Math.min(bytes.length - filled, piece.to - at), at - piece.from);
    } finally {
      closeSync(fd);
    }
  }
  return { from: start, to: start + filled, bytes: bytes.subarray(0, filled) };
}

/** The last `lines` lines (an unfinished one counts), at most `max` bytes of them. */
export async function tailOutput(instance: string, stream: Stream, lines: number, max = 1 << 20): Promise<OutputChunk> {
  const { first, end } = await outputBounds(instance, stream);
  if (lines <= 0 || end === first) return { from: end, to: end, bytes: Buffer.alloc(0) };
  const lowest = Math.max(first, end - max);
  let from = end, left = lines;
  for (let step = 16384; from > lowest; step = Math.min(step * 2, 1 << 20)) {
    const at = Math.max(lowest, from - step);
    const { bytes, from: read } = await readOutput(instance, stream, at, from - at);
    if (read !== at) break; // what was there was dropped meanwhile
    for (let i = bytes.lastIndexOf(10); i >= 0; i = i > 0 ? bytes.lastIndexOf(10, i - 1) : -1) {
      if (at + i !== end - 1 && --left === 0) return readOutput(instance, stream, at + i + 1, end - at - i - 1);
    }
    from = at;
  }
  return readOutput(instance, stream, from, end - from);
}

const firstPauseMs = 20, longestPauseMs = 1000;

/**
 * Gives everything from a cursor on, then what is printed from then on, until `signal` is aborted. Watches only meanwhile.
 * A slow `onChunk` (it may return a promise) slows the reading, never the program.
 */
export async function followOutput(
  instance: string, stream: Stream, from: number, onChunk: (chunk: OutputChunk) => void | Promise<void>, signal: AbortSignal,
): Promise<void> {
  const path = outputFile(instance, stream);
  let cursor = from, dirty = false, wake = (): void => {}, watcher: { close(): void } | null = null;
  const changed = () => { dirty = true; wake(); };
  const look = () => {
    try {
      watcher ??= watch(path, { persistent: false }, changed).on('error', () => { watcher = null; });
    } catch { /* not there yet, or no watches left: polled */ }
  };
  signal.addEventListener('abort', changed);
  try {
    for (let pause = firstPauseMs; !signal.aborted;) {
      look();
      dirty = false;
      const chunk = await readOutput(instance, stream, cursor);
      cursor = chunk.to;
      if (chunk.bytes.length > 0) {
        pause = firstPauseMs;
        await onChunk(chunk);
      } else if (!dirty && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, watcher ? longestPauseMs : pause);
          wake = () => { clearTimeout(timer); resolve(); };
        });
        pause = Math.min(pause * 2, longestPauseMs);
      }
    }
  } finally {
    signal.removeEventListener('abort', changed);
    (watcher as { close(): void } | null)?.close();
  }
}
