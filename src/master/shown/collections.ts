// The collections of the store to look at: which there are, and the documents in them.
import { Refusal } from '../../model/errors.ts';
import { searchRecords } from '../../store/search.ts';
import type { CollectionSize, Doc, QueryOptions, QueryResult, Store, Stored } from '../../store/store.ts';
import type { MasterContext } from '../context.ts';
import { appView } from './app-status.ts';
import { historyCollections, historyPage } from './history.ts';
import { nodeView } from './shown.ts';

/** There from the first day, also while they are empty. */
const alwaysThere = ['apps', 'assignments', 'nodes', 'revisions', 'spools', 'tombstones'];

/** All that is stored, by name. */
export async function collectionSizes(store: Store): Promise<CollectionSize[]> {
  const [records, history] = await Promise.all([store.collections(), store.history()]);
  return [...records, ...history].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws Refusal not-found, which names the collections that there are */
async function checkKnown(store: Store, name: string): Promise<void> {
  if (alwaysThere.includes(name)) return;
  const stored = (await store.collections()).map((found) => found.name);
  if (stored.includes(name)) return;
  const known = [...new Set([...alwaysThere, ...historyCollections, ...stored])].sort();
  throw new Refusal('not-found', `There is no collection ${name}`, `There are ${known.join(', ')}.`);
}

/** A record of which lists show more than is stored, or under other names. */
interface Shown {
  stored: Stored;
  view: object;
}

function shownRecords({ view, leadership }: MasterContext, collection: string): Shown[] | null {
  const shown = (key: string, { doc, version }: { doc: object; version: string }, as: object): Shown => ({
    stored: { key, version, doc: doc as Doc },
    view: as,
  });
  if (collection === 'nodes')
    return [...view.nodes.values()].map((entry) => shown(entry.id, entry.record, nodeView(view, entry)));
  if (collection === 'apps')
    return [...view.apps.values()].map((entry) =>
      shown(entry.name, entry.record, appView(view, entry, leadership.hub)),
    );
  return null;
}

/**
 * Documents as they are kept. Nodes and apps are found and sorted by the names of their lists (`os.cpus`), too, not only by those of
 * their records (`facts.os.cpus`): for that the leader's memory is asked, which holds them all.
 * @throws Refusal not-found, invalid-query; StoreError
 */
export async function documents(
  context: MasterContext,
  collection: string,
  query: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const { store } = context;
  if (historyCollections.includes(collection)) return historyPage(store, collection, query, options);
  await checkKnown(store, collection);
  const isPlain = query.trim() === '' && options.sort === undefined;
  const shown = isPlain ? null : shownRecords(context, collection);
  if (shown === null) return store.query(collection, query, options);
  const byKey = new Map(shown.map(({ stored }) => [stored.key, stored]));
  const asShown = shown.map(({ stored, view }) => ({ ...stored, doc: { ...stored.doc, ...view } as Doc }));
  const { items, total } = await searchRecords(async () => ({ items: asShown, next: null }), query, options);
  return { items: items.map(({ key }) => byKey.get(key)!), total };
}
