// All records that a master which leads knows by heart: what a store that has lost them is given again.
import type { LastKnownDoc } from '../instances/last-known.ts';
import type { Doc, Version } from '../../store/store.ts';
import type { MasterContext } from '../context.ts';
import type { Kept } from '../entries.ts';
import { revisionKey, slotKey, tombstoneKey } from '../records.ts';

/** One of them; `took` is told of the version that it has now. */
interface RememberedRecord {
  collection: string;
  key: string;
  doc: Doc;
  term: number;
  took(version: Version): void;
}

/** Not among them: revisions that nothing names any more, and tokens, which are not the master's. */
export function* remembered(context: MasterContext): Generator<RememberedRecord> {
  const { view, events, leadership } = context;
  const { term } = leadership;
  const kept = <T extends object>(collection: string, key: string, record: Kept<T>): RememberedRecord => ({
    collection,
    key,
    doc: { ...record.doc } as Doc,
    term,
    took: (version) => {
      record.version = version;
    },
  });
  const other = (collection: string, key: string, doc: object): RememberedRecord => ({
    collection,
    key,
    doc: doc as Doc,
    term,
    took: () => undefined, // it is written over whatever is there
  });
  yield other('hub', 'identity', { hub: leadership.hub, at: leadership.since });
  for (const entry of view.apps.values()) {
    yield kept('apps', entry.name, entry.record);
    for (const [number, revision] of entry.revisions)
      yield kept('revisions', revisionKey(entry.name, number), revision);
    for (const [slot, record] of entry.slots) yield kept('assignments', slotKey(entry.name, slot), record);
  }
  for (const stone of view.tombstones.values())
    yield kept('tombstones', tombstoneKey(stone.doc.node, stone.doc.id), stone);
  for (const { id, record } of view.nodes.values()) yield kept('nodes', id, record);
  for (const [id, { node, everReady, standing, view: shown }] of view.instances) {
    const doc: LastKnownDoc = { node, everReady, standing, view: shown };
    yield other('instances', id, doc);
  }
  for (const { node, ...position } of events.taken()) yield other('spools', node, position);
}
