// An app whose record the store has lost while it still has its revisions or places (a damaged file, a deleted document): the record is
// made again, and what runs of it is the app's again, without a restart.
import type { Caller } from '../../api/cluster.ts';
import type { AppRecord, Revision } from '../../model/app/app.ts';
import type { Assignment, SlotRecord } from '../../model/assignment.ts';
import { Refusal } from '../../model/errors.ts';
import type { Store, Stored } from '../../store/store.ts';
import type { MasterContext } from '../context.ts';
import { outrankedError, revisionKey, writeOf } from '../records.ts';
import type { View } from '../view.ts';

/** All records of a collection that belong to an app. */
async function recordsOf<T>(context: MasterContext, collection: string, name: string): Promise<Stored<T>[]> {
  const all: Stored<T>[] = [];
  for (let after: string | undefined; ;) {
    const page = await context.store.scan<T>(collection, {
      prefix: `${name}/`,
      ...(after === undefined ? {} : { after }),
    });
    all.push(...page.items);
    if (page.next === null) return all;
    after = page.next;
  }
}

/** Revisions of an app that these assignments name, as the store has them. */
async function revisionsNamed(context: MasterContext, name: string, held: Assignment[]): Promise<Stored<Revision>[]> {
  const named: Stored<Revision>[] = [];
  for (const number of new Set(held.map(({ revision }) => revision))) {
    if (context.view.apps.get(name)?.revisions.has(number)) continue;
    const stored = await context.store.get<Revision>('revisions', revisionKey(name, number));
    if (stored) named.push(stored);
  }
  return named;
}

const heldIn = (places: Stored<SlotRecord>[]): Assignment[] =>
  places.flatMap(({ doc: { a, b } }) => [a, b]).filter((held) => held !== null);

/** What lost nodes left of an app. */
const buriedOf = ({ view }: MasterContext, name: string): Assignment[] =>
  [...view.tombstones.values()].map(({ doc }) => doc.assignment).filter(({ app }) => app === name);

/** Places of an app as the store has them, into the view, with the revisions that they name. For an app that the view has just got. */
export async function readPlaces(context: MasterContext, name: string): Promise<void> {
  const places = await recordsOf<SlotRecord>(context, 'assignments', name);
  const named = await revisionsNamed(context, name, [...heldIn(places), ...buriedOf(context, name)]);
  takePlaces(context, name, places, named);
}

function takePlaces(
  { view }: MasterContext,
  name: string,
  places: Stored<SlotRecord>[],
  revisions: Stored<Revision>[],
): void {
  for (const { doc, version } of revisions) view.setRevision(doc, version);
  for (const { doc, version } of places) view.setSlot(name, doc.slot, doc, version);
}

/** Slots of an app of which something is to run or runs, by what tells of it; a slot counts once. */
interface Found {
  places: number;
  lostNodes: number;
  seen: number;
}

/**
 * A node that was away has turned its places into tombstones, and what is in neither may still be seen running: all of that
 * counts, as a lower scale would stop it. What was told to stop does not.
 */
function found(context: MasterContext, name: string, places: Stored<SlotRecord>[]): Found {
  const { view, leadership } = context;
  const held = heldIn(places);
  const buried = buriedOf(context, name);
  const stops = new Set([...held, ...buried].filter(({ goal }) => goal === 'stop').map(({ id }) => id));
  const slots = new Set<number>();
  /** How many slots these add. */
  const count = (more: Iterable<number>): number => {
    const before = slots.size;
    for (const slot of more) slots.add(slot);
    return slots.size - before;
  };
  const running = [...view.instances.values()]
    .map((entry) => entry.view)
    .filter(
      ({ app, id, owner, goal, status }) =>
        app === name && owner === leadership.hub && goal !== 'stop' && !stops.has(id) && !over.has(status),
    );
  return {
    places: count(held.filter(({ goal }) => goal !== 'stop').map(({ slot }) => slot)),
    lostNodes: count(buried.filter(({ goal }) => goal !== 'stop').map(({ slot }) => slot)),
    seen: count(running.map(({ slot }) => slot)),
  };
}
const over = new Set(['stopped', 'failed', 'lost']);

function toldOf(name: string, { places, lostNodes, seen }: Found): string {
  const parts = [
    ...(places > 0 ? [`${places} by its places`] : []),
    ...(lostNodes > 0 ? [`${lostNodes} by what nodes held that were lost`] : []),
    ...(seen > 0 ? [`${seen} that nothing but its node tells of (stathub adopt ${name})`] : []),
  ];
  return parts.join(', ') || `nothing of it is known to run; stathub scale ${name} N says how many`;
}

/** Of the newest revision that is there. */
function rebuilt(name: string, { revision, createdAt }: Revision, scale: number, at: number): AppRecord {
  return {
    name,
    revision,
    scale,
    start: true,
    deleting: false,
    restartedAt: null,
    createdAt,
    updatedAt: at,
    term: 0,
  };
}

const recordIsThere = (name: string): Refusal =>
  new Refusal('app-exists', `App ${name} is not lost: the store has its record`, 'Nothing is to be done.');

/**
 * Makes the record again: as the master remembers it, else from the newest revision, with a scale that stops nothing of what runs.
 * @throws Refusal app-exists, app-not-found, revision-not-found; StoreError
 */
export async function recoverApp(context: MasterContext, name: string, by: Caller): Promise<void> {
  const { store, view, clock, leadership } = context;
  if (await store.get('apps', name)) throw recordIsThere(name);
  const remembered = view.apps.get(name);
  const revisions = await recordsOf<Revision>(context, 'revisions', name);
  const places = await recordsOf<SlotRecord>(context, 'assignments', name);
  const buried = buriedOf(context, name);
  if (!remembered && places.length + buried.length === 0 && revisions.length === 0)
    throw new Refusal(
      'app-not-found',
      `The store holds nothing of an app ${name}`,
      `If instances of it run as unknown: stathub adopt ${name}. Else deploy its JSON.`,
    );
  const newest = remembered ? view.inForce(remembered) : revisions.at(-1)?.doc;
  if (!newest)
    throw new Refusal(
      'revision-not-found',
      `The store holds places of app ${name}, but no revision that says what it is`,
      `stathub adopt ${name} makes it again from what runs; or POST /v1/apps with the whole app.`,
    );
  const slots = found(context, name, places);
  const record =
    remembered?.record.doc ?? rebuilt(name, newest, slots.places + slots.lostNodes + slots.seen, clock.now());
  const { term } = leadership;
  const key = revisionKey(name, newest.revision);
  const revised = await store.write(writeOf('revisions', key, { ...newest, term }, 'any', term));
  if (!revised.ok) throw outrankedError();
  const written = await store.write(writeOf('apps', name, { ...record, term }, 'absent', term));
  if (!written.ok) throw written.conflict === 'term' ? outrankedError() : recordIsThere(name);
  // Before the app is in the view: placement would fill its slots anew as soon as it sees it without them.
  const named = remembered ? [] : await revisionsNamed(context, name, [...heldIn(places), ...buried]);
  view.setApp({ ...record, term }, written.version, { doc: { ...newest, term }, version: revised.version });
  if (remembered) await readPlaces(context, name);
  else takePlaces(context, name, places, named);
  const from = remembered ? 'as this master remembers it' : toldOf(name, slots);
  context.events.note('app.recovered', { app: name }, `${name} was made again: ${record.scale} wanted (${from})`, {
    loudness: 'attention',
    detail: {
      revision: newest.revision,
      scale: record.scale,
      scaleFrom: remembered ? 'memory' : { ...slots },
      by: by.name,
      from: by.from,
    },
  });
}

/** Names in an event's text; its detail has all. */
const mostNamed = 20;
const named = (names: string[]): string =>
  names.slice(0, mostNamed).join(', ') + (names.length > mostNamed ? ` and ${names.length - mostNamed} others` : '');

/** What to do about the apps that are still without a record, for the status; null: there is none. */
export function lostNotice({ lost, apps }: View): string | null {
  const names = [...lost].filter((name) => !apps.has(name));
  if (names.length === 0) return null;
  const way = names.length === 1 ? `stathub recover ${names[0]}` : `stathub recover APP, such as ${names[0]}`;
  return `The store had no record of apps of which it holds more: ${named(names)}. What runs of them runs on; ${way}`;
}
/** Revisions read in one go. */
const pageSize = 200;

/** Apps of which the store has revisions, without those in `known`. The further revisions of an app are passed over. */
export async function revisionsAlone(store: Store, known: { has(name: string): boolean }): Promise<string[]> {
  const alone = new Set<string>();
  for (let after: string | undefined; ;) {
    const page = await store.scan<Revision>('revisions', {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { key } of page.items) {
      const name = key.slice(0, key.lastIndexOf('/'));
      if (!known.has(name)) alone.add(name);
    }
    if (page.next === null) return [...alone];
    after = `${page.next.slice(0, page.next.lastIndexOf('/'))}/~`;
    await new Promise(setImmediate);
  }
}

/**
 * Notes all apps without a record, and tells of them in one event.
 * @param left the apps of which places or tombstones are left
 * @param alone only revisions
 */
export function tellLost({ events, view, warn }: MasterContext, left: Iterable<string>, alone: Iterable<string>): void {
  const some = [...left].sort();
  const rest = [...alone].filter((name) => !some.includes(name)).sort();
  if (some.length + rest.length === 0) return;
  for (const name of [...some, ...rest]) view.lost.add(name);
  const parts = [
    ...(some.length > 0 ? [`${named(some)} (places are left)`] : []),
    ...(rest.length > 0
      ? [
          `${named(rest)} (revisions are left, as of an app whose making or deletion was cut off: recover and delete it)`,
        ]
      : []),
  ];
  const first = some[0] ?? rest[0]!;
  const way = `stathub recover ${some.length + rest.length === 1 ? first : `APP, such as stathub recover ${first}`}`;
  const message = `The store has no record of apps: ${parts.join('; ')}. What runs of them runs on; ${way}`;
  warn(message);
  events.note('store.appsLost', some.length + rest.length === 1 ? { app: first } : {}, message, {
    loudness: 'attention',
    detail: { apps: [...some, ...rest] },
  });
}
