// An app whose record the store has lost while it still has its revisions or places (a damaged file, a deleted document): the record is
// made again, and what runs of it is the app's again, without a restart.
import type { Caller } from '../api/cluster.ts';
import type { AppRecord, Revision } from '../model/app/app.ts';
import type { SlotRecord } from '../model/assignment.ts';
import { Refusal } from '../model/errors.ts';
import type { Stored } from '../store/store.ts';
import type { MasterContext } from './context.ts';
import { outrankedError, revisionKey, writeOf } from './records.ts';

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

/** Places of an app as the store has them, into the view, with the revisions that they name. For an app that the view has just got. */
export async function readPlaces(context: MasterContext, name: string): Promise<void> {
  const { store, view } = context;
  for (const { doc, version } of await recordsOf<SlotRecord>(context, 'assignments', name)) {
    for (const held of [doc.a, doc.b]) {
      if (!held || view.apps.get(name)?.revisions.has(held.revision)) continue;
      const revision = await store.get<Revision>('revisions', revisionKey(name, held.revision));
      if (revision) view.setRevision(revision.doc, revision.version);
    }
    view.setSlot(name, doc.slot, doc, version);
  }
}

/** Of the newest revision that is there, with as many instances as places are filled. */
function rebuilt(name: string, { revision, createdAt }: Revision, places: SlotRecord[], at: number): AppRecord {
  const filled = places.filter(({ a, b }) => a?.goal === 'run' || b?.goal === 'run').length;
  return {
    name,
    revision,
    scale: filled,
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
 * Makes the record again: as the master remembers it, else from the newest revision and the filled places in the store.
 * @throws Refusal app-exists, app-not-found, revision-not-found; StoreError
 */
export async function recoverApp(context: MasterContext, name: string, by: Caller): Promise<void> {
  const { store, view, clock, leadership } = context;
  if (await store.get('apps', name)) throw recordIsThere(name);
  const remembered = view.apps.get(name);
  const revisions = await recordsOf<Revision>(context, 'revisions', name);
  const places = await recordsOf<SlotRecord>(context, 'assignments', name);
  if (!remembered && places.length === 0 && revisions.length === 0)
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
  const docs = places.map(({ doc }) => doc);
  const record = remembered?.record.doc ?? rebuilt(name, newest, docs, clock.now());
  const { term } = leadership;
  const key = revisionKey(name, newest.revision);
  const revised = await store.write(writeOf('revisions', key, { ...newest, term }, 'any', term));
  if (!revised.ok) throw outrankedError();
  const written = await store.write(writeOf('apps', name, { ...record, term }, 'absent', term));
  if (!written.ok) throw written.conflict === 'term' ? outrankedError() : recordIsThere(name);
  view.setApp({ ...record, term }, written.version, { doc: { ...newest, term }, version: revised.version });
  await readPlaces(context, name);
  context.events.note('app.recovered', { app: name }, `${name} was made again: ${record.scale} wanted`, {
    loudness: 'attention',
    detail: { revision: newest.revision, by: by.name, from: by.from },
  });
}
