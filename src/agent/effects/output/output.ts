// What an instance printed: appended by the program itself, read here across rotation and the agent's restarts. Bytes stay bytes.
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { readCompressed } from './gzip.ts';
import { outputFile, segmentsOf, untilWhole, type Segment, type Stream } from './segments.ts';

export { outputFile, type Stream };

/** A piece of a stream. */
export interface OutputChunk {
  /** Cursor of the first byte. Higher than what was asked for when that is no longer kept. */
  from: number;
  /** Cursor after the last byte: ask for this next. */
  to: number;
  bytes: Buffer;
}

/**
 * Appends a line of the platform to stdout, as `[stathub <ISO time>] text`. On its own line even after an unfinished one.
 * @returns bytes
 */
export function appendPlatformLine(instance: string, text: string, at: number): number {
  const path = outputFile(instance, 'stdout');
  const line = `[stathub ${new Date(at).toISOString()}] ${text.replaceAll('\n', ' ')}\n`;
  const bytes = Buffer.from(endsInLine(path) ? line : `\n${line}`);
  appendFileSync(path, bytes, { mode: 0o640 });
  return bytes.length;
}

function endsInLine(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return true;
  }
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

/**
 * Up to `max` bytes from a cursor on; less before a place where output was dropped. `bytes` is empty at the end. A cursor beyond the
 * end (of a lost stream) is taken back to it.
 */
export async function readOutput(instance: string, stream: Stream, from: number, max = 65536): Promise<OutputChunk> {
  await untilWhole(outputFile(instance, stream));
  return readNow(instance, stream, from, max);
}

/** The same without waiting for a rotation under way: what is read in its middle may lie a little elsewhere. */
export function readNow(instance: string, stream: Stream, from: number, max: number): OutputChunk {
  const { pieces, first, end } = segmentsOf(instance, stream); // nothing is awaited from here on: no cut can come between
  let start = Math.min(Math.max(first, from), end);
  for (const piece of pieces) if (piece.kind === 'gap' && start >= piece.from && start < piece.to) start = piece.to;
  const bytes = Buffer.allocUnsafe(Math.min(max, end - start));
  let filled = 0;
  for (const piece of pieces) {
    const at = start + filled;
    if (filled === bytes.length || at >= piece.to || at < piece.from) continue;
    const wanted = Math.min(bytes.length - filled, piece.to - at);
    const read =
      piece.kind === 'gap'
        ? 0
        : piece.kind === 'gz'
          ? readCompressed(piece.path, at - piece.from, bytes, filled, wanted)
          : readPiece(piece, at, bytes, filled, wanted);
    filled += read;
    if (read < wanted) break;
  }
  return { from: start, to: start + filled, bytes: bytes.subarray(0, filled) };
}

function readPiece({ path, from, offset }: Segment, at: number, into: Buffer, start: number, length: number): number {
  const fd = openSync(path, 'r');
  try {
    return readSync(fd, into, start, length, offset + at - from);
  } finally {
    closeSync(fd);
  }
}

const step = 65_536;

/** The cursor at which the last `lines` lines between two cursors begin (an unfinished one counts). @param lowest never below it */
export async function tailStart(
  instance: string,
  stream: Stream,
  lines: number,
  lowest: number,
  end: number,
): Promise<number> {
  if (lines <= 0) return end;
  let left = lines;
  for (let from = end; from > lowest;) {
    const to = from;
    from = Math.max(lowest, to - step);
    const chunks: OutputChunk[] = [];
    for (let at = from; at < to;) {
      const chunk = await readOutput(instance, stream, at, to - at);
      if (chunk.bytes.length === 0 || chunk.from >= to) break; // dropped meanwhile
      chunks.push(chunk);
      at = chunk.to;
    }
    for (const { from: begin, bytes } of chunks.reverse()) {
      for (let i = bytes.lastIndexOf(10); i >= 0; i = i > 0 ? bytes.lastIndexOf(10, i - 1) : -1) {
        if (begin + i !== end - 1 && --left === 0) return begin + i + 1;
      }
    }
    await breath();
  }
  return lowest;
}

/** Reading is synchronous, so that no cut comes between: whoever reads much lets other work pass. */
export const breath = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const firstPauseMs = 20;
const longestPauseMs = 1000;

/**
 * Gives everything from a cursor on, then what is printed from then on, until `signal` is aborted or the instance's directory is put
 * elsewhere. Watches only meanwhile.
 * A slow `onChunk` (it may return a promise) slows the reading, never the program.
 */
export async function followOutput(
  instance: string,
  stream: Stream,
  from: number,
  onChunk: (chunk: OutputChunk) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const path = outputFile(instance, stream);
  let cursor = from;
  let dirty = false;
  let wake = (): void => {};
  let watcher: { close(): void } | null = null;
  const changed = () => {
    dirty = true;
    wake();
  };
  const look = () => {
    try {
      watcher ??= watch(path, { persistent: false }, changed).on('error', () => {
        watcher = null;
      });
    } catch {
      /* not there yet, or no watches left: polled */
    }
  };
  signal.addEventListener('abort', changed);
  try {
    for (let pause = firstPauseMs; !signal.aborted;) {
      look();
      dirty = false;
      const chunk = await readOutput(instance, stream, cursor);
      if (chunk.bytes.length === 0 && !existsSync(instance)) return;
      cursor = chunk.to;
      if (chunk.bytes.length > 0) {
        pause = firstPauseMs;
        await onChunk(chunk);
        await breath(); // also where the chunk is taken at once: else a flood is read to its end while nothing of it can be sent
      } else if (!dirty && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, watcher ? longestPauseMs : pause);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        pause = Math.min(pause * 2, longestPauseMs);
      }
    }
  } finally {
    signal.removeEventListener('abort', changed);
    (watcher as { close(): void } | null)?.close();
  }
}
