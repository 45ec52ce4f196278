// Contents by hash from another node, through the master (`GET /v1/blobs/:sha256`): for when their origin gives them no more.
import { rm } from 'node:fs/promises';
import { download, type Progress } from './download.ts';
import { FetchError } from './fetch-error.ts';

/**
 * Brings the bytes of a hash to the file `to`; what came is what was asked for.
 * @returns their size; null: no node has them, or the master cannot be asked now
 */
export type FetchByHash = (
  sha256: string,
  to: string,
  onProgress?: (progress: Progress) => void,
  signal?: AbortSignal,
) => Promise<{ size: number } | null>;

/**
 * @param master its address at the moment
 * @param node this one: it is not asked itself
 */
export function byHashFrom(
  master: () => string,
  token: string | null,
  node: string,
  warn: (message: string) => void,
): FetchByHash {
  return async (sha256, to, onProgress, signal) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    try {
      const got = await download(`${master()}/v1/blobs/${sha256}?not=${encodeURIComponent(node)}`, to, {
        headers,
        attempts: 2,
        ...(onProgress ? { onProgress } : {}),
        signal,
      });
      if (got !== 'not-modified' && got.sha256 === sha256) return { size: got.size };
      warn(`what the master gave for ${sha256} is something else`);
    } catch (error) {
      if (signal?.aborted || (error instanceof FetchError && error.code === 'disk-full')) throw error;
      if (!(error instanceof FetchError && error.code === 'not-found'))
        warn(`the master could not be asked for ${sha256}: ${(error as Error).message}`);
    }
    await rm(to, { force: true });
    return null;
  };
}
