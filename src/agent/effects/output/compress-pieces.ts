// Compresses what rotation has moved away.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compressPiece } from './gzip.ts';
import { outputFile, segmentsOf, streams } from './segments.ts';

/** Compresses the pieces of an instance that are not yet. */
export async function compressPieces(instance: string, signal: AbortSignal): Promise<void> {
  for (const name of readdirSync(instance))
    if (name.endsWith('.gz.part')) rmSync(join(instance, name), { force: true }); // of an agent that was killed
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
