// What URIs give now, without starting anything: for a deploy that has to know whether anything changed.
import type { UriSpec } from '../../model/app/app.ts';
import type { AgentContext } from '../context.ts';

/** @throws FetchError */
export async function resolveContents(
  context: AgentContext,
  uris: readonly UriSpec[],
  signal: AbortSignal,
): Promise<Record<string, { sha256: string; size: number }>> {
  const found = await Promise.all(
    uris.map(async ({ uri, sha256 }) => {
      const blob = await context.cache.blob(uri, sha256, undefined, signal);
      return [uri, { sha256: blob.sha256, size: blob.size }] as const;
    }),
  );
  return Object.fromEntries(found);
}
