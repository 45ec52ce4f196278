// Which collections there are to look at.
import { Refusal } from '../../model/errors.ts';
import type { Store } from '../../store/store.ts';

/** There from the first day, also while they are empty. */
const ALWAYS = ['apps', 'assignments', 'nodes', 'revisions', 'spools', 'tombstones'];

/** @throws Refusal not-found, which names the collections that there are */
export async function knownCollection(store: Store, name: string): Promise<void> {
  if (ALWAYS.includes(name)) return;
  if (name === 'events')
    throw new Refusal(
      'not-found',
      'Events are no collection: they have a page of their own',
      'GET /v1/events, or stathub events.',
    );
  const known = [...new Set([...ALWAYS, ...(await store.collections()).map((found) => found.name)])].sort();
  if (!known.includes(name))
    throw new Refusal('not-found', `There is no collection ${name}`, `There are ${known.join(', ')}.`);
}
