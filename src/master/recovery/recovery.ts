// What a master does before it leads: read what is acknowledged, take a term above all seen, rewrite every record with it (all
// older tokens are then stale), fill the view. It starts and stops nothing.
import type { Tombstone } from '../../model/assignment.ts';
import { drawTerm, identityOf } from '../../store/identity.ts';
import { refuseMoved } from '../../store/moving/moved.ts';
import type { Store } from '../../store/store.ts';
import { StoreError } from '../../store/store.ts';
import type { MasterContext } from '../context.ts';
import type { Kept } from '../entries.ts';
import type { Epochs } from '../planning/epochs.ts';
import type { LastKnownDoc } from '../instances/last-known.ts';
import { revisionsAlone, tellLost } from './lost-apps.ts';
import type { Nodes } from '../nodes/nodes.ts';
import { outrankedError, revisionKey, writeOf } from '../records.ts';
import { highestTerm, readStored, scanAll, type Fenced, type StoredHub } from './stored-hub.ts';

/** Reads of one record that keeps changing under the rewrite. */
const mostTries = 10;
/** Records written in one go: the loop runs in between. */
const writtenAtOnce = 250;
/** Such parts under way. */
const partsAtOnce = 4;

/** Rewrites records with the new term; a record that changed meanwhile is read again. @throws StoreError when a higher term is there */
async function fence<T extends Fenced>(
  store: Store,
  collection: string,
  records: Map<string, Kept<T>>,
  term: number,
): Promise<void> {
  const keys = [...records.keys()];
  const parts = Array.from({ length: Math.ceil(keys.length / writtenAtOnce) }, (_, n) =>
    keys.slice(n * writtenAtOnce, (n + 1) * writtenAtOnce),
  );
  // A few at a time: a store beyond a network would else be waited for once a part.
  const take = async (): Promise<void> => {
    for (let part = parts.shift(); part; part = parts.shift()) await fencePart(store, collection, records, part, term);
  };
  await Promise.all(Array.from({ length: partsAtOnce }, take));
}

async function fencePart<T extends Fenced>(
  store: Store,
  collection: string,
  records: Map<string, Kept<T>>,
  keys: string[],
  term: number,
): Promise<void> {
  let left = keys;
  for (let tries = 0; left.length > 0; tries += 1) {
    if (tries === mostTries)
      throw new StoreError(
        'store-unavailable',
        `Records of ${collection} keep changing while this master takes over`,
        'Is another master running on this store?',
      );
    const results = await store.bulk(
      left.map((key) => writeOf(collection, key, { ...records.get(key)!.doc, term }, records.get(key)!.version, term)),
    );
    const again: string[] = [];
    for (const [index, key] of left.entries()) {
      const result = results[index]!;
      const { doc } = records.get(key)!;
      if (result.ok) records.set(key, { doc: { ...doc, term }, version: result.version });
      else if (result.conflict === 'term') throw outrankedError();
      else again.push(key);
    }
    for (const key of again) {
      const stored = await store.get<T>(collection, key);
      if (stored) records.set(key, { doc: stored.doc, version: stored.version });
      else records.delete(key);
    }
    left = again.filter((key) => records.has(key));
  }
}

/** The work of a large store, with a turn of the loop after every `count`. */
async function inTurns<T>(items: Iterable<T>, count: number, work: (item: T) => void): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    done += 1;
    if (done % count === 0) await new Promise(setImmediate);
  }
}

/** Names of apps of which the store has slots or what still runs, but no record. */
function appsLost({ apps, slots, stones }: StoredHub): Set<string> {
  const held = [...slots.values()].map(({ doc }) => doc.app);
  const running = [...stones.values()].map(({ doc }) => doc.assignment).filter(({ goal }) => goal !== 'stop');
  return new Set([...held, ...running.map(({ app }) => app)].filter((name) => !apps.has(name)));
}

/** The highest epoch that was given. */
function highestEpoch({ slots, stones }: StoredHub, seen: number): number {
  let epoch = seen;
  for (const { doc } of slots.values()) epoch = Math.max(epoch, doc.a?.epoch ?? 0, doc.b?.epoch ?? 0);
  for (const { doc } of stones.values()) epoch = Math.max(epoch, doc.assignment.epoch);
  return epoch;
}

/** Each instance as it was last seen, until its agent tells. */
async function showLastKnown({ store, view }: MasterContext): Promise<void> {
  for await (const { doc } of scanAll<LastKnownDoc>(store, 'instances')) {
    if (!doc.view || !view.nodes.has(doc.node)) continue;
    const known = view.dutyOf(doc.node, doc.view.id) !== null;
    view.setInstance({
      view: doc.view,
      node: doc.node,
      standing: known ? 'known' : doc.standing === 'known' ? 'unknown' : doc.standing,
      healthySince: null,
      everReady: doc.everReady,
    });
  }
}

/** A crash between the writing of a tombstone and of its slot leaves both: the slot counts. */
const hasItsPlace = ({ view }: MasterContext, { node, id }: Tombstone): boolean => {
  const duty = view.dutyOf(node, id);
  return duty !== null && !duty.tombstone;
};

/** What a store holds of a hub as the API shows it. @returns what is left alone, as sentences */
export async function fillView(context: MasterContext, nodes: Nodes, stored: StoredHub): Promise<string[]> {
  const { view } = context;
  const { apps, slots, stones, revisions } = stored;
  const oddities: string[] = [];
  await inTurns(stored.nodes.values(), 50, (record) => {
    nodes.known(record);
  });
  for (const { doc, version } of apps.values()) {
    const inForce = revisions.get(revisionKey(doc.name, doc.revision));
    if (inForce) view.setApp(doc, version, inForce);
    else oddities.push(`App ${doc.name} names revision ${doc.revision}, which is not in the store: it is left alone`);
  }
  for (const { doc, version } of revisions.values()) view.setRevision(doc, version);
  await inTurns(slots.values(), 500, ({ doc, version }) => view.setSlot(doc.app, doc.slot, doc, version));
  for (const { doc, version } of stones.values()) if (!hasItsPlace(context, doc)) view.setTombstone(doc, version);
  await showLastKnown(context);
  return oddities;
}

/** @param above term and epoch that agents have seen */
export async function recover(
  context: MasterContext,
  nodes: Nodes,
  epochs: Epochs,
  above: { term: number; epoch: number },
): Promise<void> {
  const { store, view, clock, warn } = context;
  nodes.forgetAll();
  view.clear();
  await refuseMoved(store);
  const { hub } = await identityOf(store, clock.now());
  const oddities: string[] = [];
  const stored = await readStored(store, (what) => oddities.push(what));
  const { apps, slots, stones, revisions } = stored;

  const term = await drawTerm(store, Math.max(above.term, highestTerm(stored)));
  context.leadership = { hub, term, since: clock.now(), sinceMono: clock.mono() };
  context.events.term = term;
  await fence(store, 'apps', apps, term);
  await fence(store, 'revisions', revisions, term);
  await fence(store, 'assignments', slots, term);
  await epochs.begin(highestEpoch(stored, above.epoch));

  const lost = appsLost(stored);
  const alone = await revisionsAlone(store, apps);
  oddities.push(...(await fillView(context, nodes, stored)));
  for (const [key, { doc }] of stones)
    if (hasItsPlace(context, doc)) await store.write(writeOf('tombstones', key, null, 'any', term));
  await context.events.recover();
  tellLost(context, lost, alone);
  for (const what of oddities) {
    warn(what);
    context.events.note('store.recordLeftAlone', {}, what, { loudness: 'attention' });
  }
}
