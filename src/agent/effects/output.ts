// What an instance printed: stdout.log and stderr.log, appended by the program itself, read here. A cursor is the number of
// bytes the stream had before: it survives rotation and the agent's restarts. Bytes stay bytes.
import { appendFileSync, fstatSync, openSync, closeSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';

export type Stream = 'stdout' | 'stderr';

/** A piece of a stream. */
export interface OutputChunk {
  /** Cursor of the first byte. Higher than what was asked for when that is no longer kept. */
  from: number;
  /** Cursor after the last byte: ask for this next. */
  to: number;
  bytes: Buffer;
}

export function outputFile(instance: string, stream: Stream): string {
  return join(instance, `${stream}.log`);
}

/** Appends a line of the platform to both streams' common story (stdout), as `[stathub <ISO time>] text`. On its own line even after an unfinished one. */
export function appendPlatformLine(instance: string, text: string, at: number): void {
  const path = outputFile(instance, 'stdout');
  appendFileSync(path, `${endsInLine(path) ? '' : '\n'}[stathub ${new Date(at).toISOString()}] ${text.replaceAll('\n', ' ')}\n`, { mode: 0o640 });
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
  const path = outputFile(instance, stream);
  try {
    const fd = openSync(path, 'r');
    try { return { first: 0, end: fstatSync(fd).size }; } finally { closeSync(fd); }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { first: 0, end: 0 };
    throw error;
  }
}

/** Up to `max` bytes from a cursor on. `bytes` is empty at the end. */
export async function readOutput(instance: string, stream: Stream, from: number, max = 65536): Promise<OutputChunk> {
  const { end } = await outputBounds(instance, stream);
  const start = Math.min(Math.max(0, from), end);
  const bytes = Buffer.alloc(Math.min(max, end - start));
  if (bytes.length === 0) return { from: start, to: start, bytes };
  const fd = openSync(outputFile(instance, stream), 'r');
  try {
    const length = readSync(fd, bytes, 0, bytes.length, start);
    return { from: start, to: start + length, bytes: bytes.subarray(0, length) };
  } finally {
    closeSync(fd);
  }
}

/** The last `lines` lines (an unfinished one counts), at most `max` bytes of them. */
export async function tailOutput(instance: string, stream: Stream, lines: number, max = 1 << 20): Promise<OutputChunk> {
  const { first, end } = await outputBounds(instance, stream);
  let from = end, left = lines;
  const step = 16384;
  while (from > first && left > 0 && end - from < max) {
    const at = Math.max(first, from - step, end - max);
    const { bytes } = await readOutput(instance, stream, at, from - at);
    for (let i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] === 10 && at + i !== end - 1 && --left === 0) return readOutput(instance, stream, at + i + 1, end - at - i - 1);
    }
    from = at;
  }
  return lines > 0 ? readOutput(instance, stream, from, end - from) : { from: end, to: end, bytes: Buffer.alloc(0) };
}

/**
 * Gives everything from a cursor on, then what is printed from then on, until `signal` is aborted. Watches only meanwhile.
 * A slow `onChunk` (it may return a promise) slows the reading, never the program.
 */
export async function followOutput(
  instance: string, stream: Stream, from: number, onChunk: (chunk: OutputChunk) => void | Promise<void>, signal: AbortSignal,
): Promise<void> {
  let cursor = from, changed = () => {};
  const path = outputFile(instance, stream);
  let watcher: { close(): void } | null = null;
  try {
    watcher = watch(path, { persistent: false }, () => changed()).on('error', () => {});
  } catch { /* not there yet, or no watches left: polled */ }
  const aborted = () => changed();
  signal.addEventListener('abort', aborted);
  try {
    for (let pause = 20; !signal.aborted;) {
      const chunk = await readOutput(instance, stream, cursor);
      if (chunk.bytes.length > 0) {
        cursor = chunk.to;
        pause = 20;
        await onChunk(chunk);
        continue;
      }
      cursor = chunk.to;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, watcher ? 1000 : pause);
        changed = () => { clearTimeout(timer); resolve(); };
        if (signal.aborted) changed();
      });
      pause = Math.min(pause * 2, 1000);
    }
  } finally {
    signal.removeEventListener('abort', aborted);
    watcher?.close();
  }
}
