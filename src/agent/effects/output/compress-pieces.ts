// Compresses what rotation has moved away.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compressPiece } from './gzip.ts';
import { outputFile, segmentsOf, streams } from './segments.ts';

const rawPiece = /^\w+\.log\.\d+$/;

/** Compresses the pieces of an instance that are not yet. */
export async function compressPieces(instance: string, signal: AbortSignal): Promise<void> {
  const names = readdirSync(instance);
  for (const name of names) if (name.endsWith('.gz.part')) rmSync(join(instance, name), { force: true }); // of an agent that was killed
  if (!names.some((name) => rawPiece.test(name))) return; // as of most: a thousand are asked after their start
  for (const stream of streams) {
    for (const piece of segmentsOf(instance, stream).pieces) {
      if (piece.kind === 'raw' && !signal.aborted)
        await compressPiece(
          piece.path,
          `${outputFile(instance, stream)}.${piece.from}.${piece.to - piece.from}.gz`,
          signal,
        );
    }
  }
}
