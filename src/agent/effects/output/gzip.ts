// Compressed pieces of output that can be read from any place on: a gzip file of many members, each of 128 KiB of output. The header
// of each tells its length (an extra field of RFC 1952), so that a reader hops to the one it needs; `zcat` reads all of it.
import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';

const memberBytes = 131_072;
const headerBytes = 24;
const trailerBytes = 8;
const deflate = promisify(deflateRaw);

/** id1 id2 method flags=FEXTRA mtime xfl os | extra: its length, 'S' 'H', its length, bytes of the whole member, bytes of output. */
function headerOf(packed: number, bytes: number): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0, 0x53, 0x48, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(headerBytes + packed + trailerBytes, 16);
  header.writeUInt32LE(bytes, 20);
  return header;
}

/**
 * Compresses a file into `to`, which appears whole and synced or not at all, then removes the file. One member at a time, in the
 * thread pool: at most 256 KiB are held, and the pause between two lets other work pass.
 * @returns false when `signal` was aborted before the end
 */
export async function compressPiece(from: string, to: string, signal: AbortSignal): Promise<boolean> {
  const part = `${to}.part`;
  const source = await open(from, 'r');
  try {
    const target = await open(part, 'w', 0o640);
    const raw = Buffer.allocUnsafe(memberBytes);
    try {
      for (let at = 0; ;) {
        if (signal.aborted) return false;
        const { bytesRead } = await source.read(raw, 0, memberBytes, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const bytes = raw.subarray(0, bytesRead);
        const packed = await deflate(bytes, { level: 4 });
        const trailer = Buffer.alloc(trailerBytes);
        trailer.writeUInt32LE(crc32(bytes), 0);
        trailer.writeUInt32LE(bytesRead, 4);
        await target.writev([headerOf(packed.length, bytesRead), packed, trailer]);
      }
      await target.datasync();
    } finally {
      await target.close();
    }
    await rename(part, to);
    await rm(from, { force: true });
    return true;
  } finally {
    await source.close();
    await rm(part, { force: true });
  }
}

/** The member read last: a piece is mostly read from one end to the other. Forgotten soon, so that it costs nothing at rest. */
let last: { path: string; from: number; bytes: Buffer } | null = null;
let forget: NodeJS.Timeout | null = null;

/**
 * Reads output of a compressed piece.
 * @param at of the first byte wanted, counted in output from the piece's beginning
 * @returns bytes put into `into` from `start` on, at most `length`
 * @throws Error for a file that is none of ours, or damaged
 */
export function readCompressed(path: string, at: number, into: Buffer, start: number, length: number): number {
  let filled = 0;
  const take = (from: number, bytes: Buffer): void => {
    filled += bytes.copy(into, start + filled, at + filled - from, Math.min(bytes.length, at + length - from));
  };
  if (last?.path === path && at >= last.from && at < last.from + last.bytes.length) take(last.from, last.bytes);
  if (filled === length) return filled;
  const fd = openSync(path, 'r');
  const header = Buffer.allocUnsafe(headerBytes);
  try {
    for (let place = 0, from = 0; filled < length && readSync(fd, header, 0, headerBytes, place) === headerBytes;) {
      if (header.readUInt32BE(10) !== 0x0c005348) throw new Error(`${path} is no piece of output`);
      const packed = header.readUInt32LE(16);
      const bytes = header.readUInt32LE(20);
      if (at + filled < from + bytes) take(from, member(fd, path, place, from, packed));
      place += packed;
      from += bytes;
    }
    return filled;
  } finally {
    closeSync(fd);
  }
}

function member(fd: number, path: string, place: number, from: number, length: number): Buffer {
  const packed = Buffer.allocUnsafe(Math.min(length, memberBytes * 2));
  if (readSync(fd, packed, 0, packed.length, place) !== length) throw new Error(`${path} is cut off`);
  const bytes = inflateRawSync(packed.subarray(headerBytes, length - trailerBytes), { maxOutputLength: memberBytes });
  last = { path, from, bytes };
  forget ??= setTimeout(() => {
    last = null;
    forget = null;
  }, 2000).unref();
  return bytes;
}
