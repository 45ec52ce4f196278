// A piece of a blob of this node's cache, for another node.
import { open } from 'node:fs/promises';
import { Refusal } from '../../model/errors.ts';
import type { ContentCache } from '../effects/content/content-cache.ts';

const chunkBytes = 256 * 1024;

/**
 * Sends bytes `from` to `from + length` in chunks (base64).
 * @returns the size of the whole
 * @throws Refusal not-found
 */
export async function sendPiece(
  cache: ContentCache,
  sha256: string,
  args: Record<string, unknown>,
  send: (value: unknown) => void,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<{ size: number }> {
  const blob = await cache.have(sha256);
  if (!blob) throw new Refusal('not-found', `this node has no contents ${sha256}`);
  const from = Number(args['from']) || 0;
  const end = Math.min(blob.size, from + (Number(args['length']) || 0));
  if (from >= end) return { size: blob.size };
  const file = await open(blob.path);
  try {
    const bytes = Buffer.allocUnsafe(Math.min(chunkBytes, end - from));
    for (let at = from; at < end && !signal.aborted;) {
      const { bytesRead } = await file.read(bytes, 0, Math.min(bytes.length, end - at), at);
      if (bytesRead === 0) throw new Refusal('internal', `${blob.path} is shorter than it was`);
      send(bytes.toString('base64', 0, bytesRead));
      at += bytesRead;
      await pause();
    }
  } finally {
    await file.close();
  }
  return { size: blob.size };
}
