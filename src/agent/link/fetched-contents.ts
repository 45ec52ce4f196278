// What URIs of a revision held when they were first fetched: kept with the instance until its hub says to know it.
import type { DesiredRevision } from '../../model/assignment.ts';
import type { AgentContext } from '../context.ts';
import { changeRecord } from '../instance/entries.ts';
import type { Entry } from '../instance/entry.ts';
import type { Content } from './link-content.ts';

export type FetchedContents = Record<string, { sha256: string; size: number }>;

/** What instances of a hub have found and it has not said to know: the first report of it may have been lost with a line. */
export function unsaidContents(
  entries: Iterable<Entry>,
  hub: string | null,
  revisionOf: (app: string, revision: number) => DesiredRevision | null | undefined,
): Content[] {
  const unsaid: Content[] = [];
  for (const { record } of entries) {
    const { app, revision, owner } = record.assignment;
    if (owner !== hub || record.spec.uris.length === 0) continue;
    const known = revisionOf(app, revision)?.contents ?? {};
    for (const [uri, { sha256, size }] of Object.entries(record.contents))
      if (!known[uri]) unsaid.push({ app, revision, uri, sha256, size });
  }
  return unsaid;
}

/**
 * Keeps with the instance what was not known of its URIs before.
 * @returns that, to be reported
 */
export function keepContents(
  context: AgentContext,
  entry: Entry,
  found: FetchedContents,
  onError: (error: unknown) => void,
): Content[] {
  const { record } = entry;
  const fresh = Object.entries(found).filter(([uri]) => !record.contents[uri]);
  if (fresh.length === 0) return [];
  const contents = { ...record.contents, ...Object.fromEntries(fresh) };
  changeRecord(context, entry, { ...record, contents }).catch(onError);
  const { app, revision } = record.assignment;
  return fresh.map(([uri, { sha256, size }]) => ({ app, revision, uri, sha256, size }));
}
