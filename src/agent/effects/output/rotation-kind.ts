// How a file system lets the front of a file be taken off while a program appends to it; found out by trying.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutOut, punchOut } from './fallocate.ts';
import { blockSize } from './segments.ts';

/**
 *   collapse       the oldest blocks are cut out (FALLOC_FL_COLLAPSE_RANGE): ext4, xfs
 *   punch          they become a hole (FALLOC_FL_PUNCH_HOLE): tmpfs, btrfs and others; the file looks larger than it is
 *   copy-truncate  the whole file is copied and truncated: where neither is possible (NFS). What is written between the two is lost,
 *                  and nobody can count it; the node says so
 */
export type RotationKind = 'collapse' | 'punch' | 'copy-truncate';

/** Tries it out with a small file: which way this directory's file system allows. */
export async function rotationKind(directory: string): Promise<RotationKind> {
  const path = join(directory, `.rotate.${process.pid}`);
  try {
    writeFileSync(path, Buffer.alloc(blockSize * 16, 'x'));
    const full = statSync(path).blocks;
    if (
      await cutOut(path, blockSize).then(
        () => true,
        () => false,
      )
    )
      return statSync(path).size === blockSize * 15 ? 'collapse' : 'copy-truncate';
    await punchOut(path, blockSize * 8);
    const { size, blocks } = statSync(path);
    return size === blockSize * 16 && blocks < full && readFileSync(path)[0] === 0 ? 'punch' : 'copy-truncate';
  } catch {
    return 'copy-truncate';
  } finally {
    rmSync(path, { force: true });
  }
}
