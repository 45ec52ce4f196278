// Files of /proc. They have no size, so readFileSync takes 64 KiB for each: a look at two thousand processes would leave 128 MB behind.
import { closeSync, openSync, readSync } from 'node:fs';

const piece = Buffer.allocUnsafeSlow(16 * 1024);

/** The whole of a file of /proc, latin1; null when it is not there, not ours to read, or its process ended meanwhile. */
export function readProc(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let text = '';
    for (;;) {
      const length = readSync(fd, piece, 0, piece.length, null);
      if (length === 0) return text;
      text += piece.toString('latin1', 0, length);
    }
  } catch {
    return null; // ESRCH
  } finally {
    closeSync(fd);
  }
}
