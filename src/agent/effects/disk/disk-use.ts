// What a directory takes of its disk, counted as du does: blocks, hard links once, other file systems and what links lead to left
// out. One file after the other and never two at once, so that neither the loop nor the threads of the agent are held up by it.
import { lstat, opendir } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface DiskUse {
  /** Allocated, bytes. */
  bytes: number;
  /** Files and directories that were looked at. */
  entries: number;
  /** What takes most of it, at most two, largest first: paths below the directory, of files or of directories with much in them. */
  largest: { path: string; bytes: number }[];
}

interface Found {
  bytes: number;
  /** What most of it is. */ path: string;
}

/** A directory is named where no one thing in it is this much of it. */
const mostPart = 0.5;

/**
 * Measures a directory. What vanishes meanwhile, or may not be read, counts nothing.
 * @throws the signal's reason
 */
export async function diskUse(directory: string, signal?: AbortSignal): Promise<DiskUse> {
  const linked = new Set<string>();
  let entries = 0;
  let device: number | null = null;

  const measure = async (path: string, top: Found[] | null): Promise<Found> => {
    signal?.throwIfAborted();
    const stat = await lstat(path).catch(() => null);
    entries++;
    device ??= stat?.dev ?? null;
    if (!stat || stat.dev !== device) return { bytes: 0, path };
    if (!stat.isDirectory()) {
      if (stat.nlink > 1) {
        if (linked.has(String(stat.ino))) return { bytes: 0, path };
        linked.add(String(stat.ino));
      }
      return { bytes: stat.blocks * 512, path };
    }
    let bytes = stat.blocks * 512;
    let most: Found | null = null;
    try {
      for await (const { name } of await opendir(path, { bufferSize: 64 })) {
        const found = await measure(join(path, name), null);
        bytes += found.bytes;
        if (!most || found.bytes > most.bytes) most = found;
        if (top) keepTwo(top, found);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error && 'code' in error)) throw error; // gone, or not to be read
    }
    return { bytes, path: most && most.bytes >= bytes * mostPart ? most.path : path };
  };

  const top: Found[] = [];
  const { bytes } = await measure(directory, top);
  return {
    bytes,
    entries,
    largest: top
      .filter((one) => one.bytes > 0)
      .map((one) => ({ path: relative(directory, one.path), bytes: one.bytes })),
  };
}

function keepTwo(top: Found[], found: Found): void {
  top.push(found);
  top.sort((a, b) => b.bytes - a.bytes);
  top.length = Math.min(2, top.length);
}
