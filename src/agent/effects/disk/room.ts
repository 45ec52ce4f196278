// Room on the disk for what the agent writes of a launch. Looked at before each: on a full disk the small files would come out
// empty, and how the program ends could not be written down.
import { statfsSync } from 'node:fs';
import { showSize } from '../../../model/sizes.ts';

/** Least that has to be free: a launch's files take about 32 KiB in ten inodes. */
const leastBytes = 512 * 1024;
const leastFiles = 32;

/** Whether an error says that a disk or a quota is full. */
export const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/**
 * A sentence that says what is full and what to do; null: there is room. Where the file system does not tell, there is.
 * @param more bytes that are needed besides the small files of a launch
 */
export function lackOfRoom(directory: string, more = 0): string | null {
  let free: number;
  let files: number;
  let size: number;
  let mostFiles: number;
  try {
    const { bsize, bavail, bfree, blocks, ffree, files: all } = statfsSync(directory);
    free = bsize * (process.geteuid?.() === 0 ? bfree : bavail);
    size = bsize * blocks;
    files = ffree;
    mostFiles = all;
  } catch {
    return null;
  }
  const has = `${showSize(free)} of ${showSize(size)} are free`;
  if (free < leastBytes && size > 0) return `the disk of ${directory} is full (${has}): free some space there`;
  if (free < leastBytes + more && size > 0)
    return `the disk of ${directory} has no room for ${showSize(more)} (${has}): free some space there`;
  // Some file systems (btrfs) have no fixed number of inodes and say 0.
  if (mostFiles > 0 && files < leastFiles)
    return `the disk of ${directory} has no room for more files (${files} of ${mostFiles} inodes are free): remove some files there`;
  return null;
}

/** No room for a launch. */
class DiskFullError extends Error {
  readonly code = 'ENOSPC';
}

/** @throws DiskFullError, which `isFull` knows */
export function requireRoom(directory: string): void {
  const lack = lackOfRoom(directory);
  if (lack !== null) throw new DiskFullError(lack);
}

/** The same for an error of the file system. */
export const fullText = (error: unknown, directory: string): string =>
  lackOfRoom(directory) ??
  (error instanceof DiskFullError
    ? error.message
    : (error as NodeJS.ErrnoException).code === 'EDQUOT'
      ? `the disk quota for ${directory} is used up: free some space there`
      : `the disk of ${directory} was full: free some space there`);
