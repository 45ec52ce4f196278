// What a store holds of a hub, read whole before a master leads. What cannot be what its key says is told and left alone.
import type { AppRecord, Revision } from '../../model/app/app.ts';
import type { SlotRecord, Tombstone } from '../../model/assignment.ts';
import type { NodeRecord } from '../../model/node.ts';
import type { Store, Stored } from '../../store/store.ts';
import type { Kept } from '../entries.ts';
import { revisionKey } from '../records.ts';

export type Fenced = { term: number };

/** All records of a collection, a page at a time. */
export async function* scanAll<T>(store: Store, collection: string): AsyncGenerator<Stored<T>> {
  for (let after: string | undefined; ;) {
    const page = await store.scan<T>(collection, after === undefined ? {} : { after });
    yield* page.items;
    if (page.next === null) return;
    after = page.next;
    await new Promise(setImmediate);
  }
}

async function readAll<T>(
  store: Store,
  collection: string,
  sound: (doc: T) => boolean,
  odd: (what: string) => void,
): Promise<Map<string, Kept<T>>> {
  const all = new Map<string, Kept<T>>();
  for await (const { key, doc, version } of scanAll<T>(store, collection)) {
    if (sound(doc)) all.set(key, { doc, version });
    else odd(`Record ${collection}/${key} has another shape and is left alone`);
  }
  return all;
}

/** What the store holds of a hub, as far as it can be what its key says. */
export interface StoredHub {
  apps: Map<string, Kept<AppRecord>>;
  slots: Map<string, Kept<SlotRecord>>;
  stones: Map<string, Kept<Tombstone>>;
  nodes: Map<string, Kept<NodeRecord>>;
  /** Those that apps, slots or tombstones name. */
  revisions: Map<string, Kept<Revision>>;
}

/** @param odd told of what cannot be used */
export async function readStored(store: Store, odd: (what: string) => void): Promise<StoredHub> {
  const apps = await readAll<AppRecord>(
    store,
    'apps',
    (doc) => typeof doc.name === 'string' && typeof doc.revision === 'number',
    odd,
  );
  const slots = await readAll<SlotRecord>(
    store,
    'assignments',
    (doc) => typeof doc.app === 'string' && typeof doc.slot === 'number',
    odd,
  );
  const stones = await readAll<Tombstone>(
    store,
    'tombstones',
    (doc) => typeof doc.node === 'string' && typeof doc.assignment === 'object',
    odd,
  );
  const nodes = await readAll<NodeRecord>(
    store,
    'nodes',
    (doc) => typeof doc.id === 'string' && typeof doc.facts === 'object',
    odd,
  );

  const revisions = new Map<string, Kept<Revision>>();
  const need = async (app: string, number: number): Promise<void> => {
    const key = revisionKey(app, number);
    if (revisions.has(key)) return;
    const stored = await store.get<Revision>('revisions', key);
    if (stored) revisions.set(key, { doc: stored.doc, version: stored.version });
  };
  for (const { doc } of apps.values()) await need(doc.name, doc.revision);
  for (const { doc } of slots.values()) for (const held of [doc.a, doc.b]) if (held) await need(doc.app, held.revision);
  for (const { doc } of stones.values()) await need(doc.assignment.app, doc.assignment.revision);
  return { apps, slots, stones, nodes, revisions };
}

const highest = (...maps: Map<string, Kept<Fenced>>[]): number =>
  maps.reduce((most, map) => [...map.values()].reduce((m, { doc }) => Math.max(m, doc.term ?? 0), most), 0);

/** The highest term under which any of it was written. */
export const highestTerm = ({ apps, slots, stones, nodes, revisions }: StoredHub): number =>
  highest(apps, slots, stones, nodes, revisions);
