// Writes of apps and their revisions, each with who asked for it: what `apps.ts` is made of.
import type { Caller } from '../../api/cluster.ts';
import type { AppRecord, AppSpec, Revision } from '../../model/app/app.ts';
import { Refusal } from '../../model/errors.ts';
import { OneAtATimeByName } from '../../model/one-at-a-time.ts';
import { restartHash } from '../../protocol/hash.ts';
import type { MasterContext } from '../context.ts';
import type { AppEntry } from '../entries.ts';
import type { Version, Write } from '../../store/store.ts';
import { outrankedError, revisionKey, writeOf } from '../records.ts';
import type { Records } from '../records.ts';

/** Revisions kept of an app. */
const revisionsKept = 50;

interface Revising {
  made: Pick<Revision, 'spec' | 'hash' | 'contents'>;
  /** What changes beside the revision, from the record as it is at the moment of writing. */
  force?: (doc: AppRecord) => Partial<Pick<AppRecord, 'scale' | 'start'>>;
  ifMatch: string | null;
  /** Of the audit event. */
  kind: string;
  message: (revision: number) => string;
}

const appExists = (name: string): Refusal =>
  new Refusal('app-exists', `There is already an app ${name}`, 'Change it with PUT.');

export class AppWrites {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #turns = new OneAtATimeByName();

  constructor(context: MasterContext, records: Records) {
    this.#context = context;
    this.#records = records;
  }

  /** @throws Refusal app-not-found */
  entry(name: string): AppEntry {
    const entry = this.#context.view.apps.get(name);
    if (entry) return entry;
    throw this.#context.view.lost.has(name)
      ? new Refusal(
          'app-not-found',
          `The store has no record of app ${name}, but more of it`,
          `stathub recover ${name}`,
        )
      : new Refusal('app-not-found', `There is no app ${name}`, 'See stathub apps, or GET /v1/apps.');
  }

  /** The entry, if it may be changed now. @throws Refusal version-conflict, app-deleting, app-not-found */
  changeable(name: string, ifMatch: string | null): AppEntry {
    const entry = this.entry(name);
    if (ifMatch !== null && entry.record.version !== ifMatch) {
      throw new Refusal(
        'version-conflict',
        `App ${name} was changed meanwhile`,
        'Read it again and apply your change to what it is now.',
      );
    }
    if (entry.record.doc.deleting) {
      throw new Refusal(
        'app-deleting',
        `App ${name} is being deleted; its instances still stop`,
        `stathub delete ${name} --wait waits until it is gone; then deploy it.`,
      );
    }
    return entry;
  }

  /** Writes of one app's spec, one after the other: numbering revisions needs it. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(name, work);
  }

  /** Changes the app's record; `change` sees it as it is at the moment of writing. */
  async change(
    name: string,
    ifMatch: string | null,
    change: (doc: AppRecord) => Partial<AppRecord>,
    by?: Caller,
    before?: { write: Write; stored: (version: Version) => void },
  ): Promise<void> {
    const changed = await this.#records.app(
      name,
      () => {
        const { doc } = this.changeable(name, ifMatch).record;
        return { ...doc, ...change(doc), ...(by ? { by: by.name } : {}), updatedAt: this.#context.clock.now() };
      },
      before,
    );
    if (!changed) this.entry(name); // it went meanwhile: nothing was written
  }

  /** Does the store hold places of an app, or what lost nodes left of it, whose record it has not? */
  async lost(name: string): Promise<boolean> {
    const { store, view } = this.#context;
    if (view.apps.has(name)) return (await store.get('apps', name)) === null;
    for (const { doc } of view.tombstones.values())
      if (doc.assignment.app === name && doc.assignment.goal !== 'stop') return true;
    return (await store.scan('assignments', { prefix: `${name}/`, limit: 1 })).items.length > 0;
  }

  /** A number above every revision that the store or memory has of it: what still runs of it names its own. */
  async nextRevision(name: string): Promise<number> {
    let highest = this.#context.view.apps.get(name)?.record.doc.revision ?? 0;
    for (let after: string | undefined; ;) {
      const { items, next } = await this.#context.store.scan<Revision>('revisions', {
        prefix: `${name}/`,
        ...(after === undefined ? {} : { after }),
      });
      for (const { doc } of items) highest = Math.max(highest, doc.revision);
      if (next === null) return highest + 1;
      after = next;
    }
  }

  async create(spec: AppSpec, by: Caller, number = 1): Promise<void> {
    const {
      store,
      clock,
      view,
      leadership: { term },
    } = this.#context;
    const {
      name,
      placement: { scale },
      start,
    } = spec;
    const at = clock.now();
    const made = { spec, hash: restartHash(spec), contents: {} };
    const revision: Revision = { app: name, revision: number, ...made, createdAt: at, createdBy: by.name, term };
    const record: AppRecord = {
      name,
      revision: number,
      scale,
      start,
      deleting: false,
      restartedAt: null,
      createdAt: at,
      updatedAt: at,
      term,
    };
    // One that the store has and this master does not: its first revision is not to be written over.
    if ((await store.get('apps', name)) !== null) throw appExists(name);
    // A revision without its app is the rest of a deletion or of a crash: overwritten.
    const [written, result] = await store.writeBoth(
      writeOf('revisions', revisionKey(name, number), revision, 'any', term),
      writeOf('apps', name, record, 'absent', term),
    );
    if (!written.ok || !result || (!result.ok && result.conflict === 'term')) throw outrankedError();
    if (!result.ok) throw appExists(name);
    view.setApp(record, result.version, { doc: revision, version: written.version });
    this.audit('app.deployed', name, `${name} was deployed: revision ${number}, ${scale} wanted`, by, {
      revision: number,
    });
  }

  /** A new revision, then the app's record that names it: until that is written nothing has happened. */
  async revise(entry: AppEntry, { made, force, ifMatch, kind, message }: Revising, by: Caller): Promise<void> {
    const {
      clock,
      view,
      leadership: { term },
    } = this.#context;
    const { name } = entry;
    const number = entry.record.doc.revision + 1;
    const revision: Revision = {
      app: name,
      revision: number,
      ...made,
      createdAt: clock.now(),
      createdBy: by.name,
      term,
    };
    await this.change(name, ifMatch, (doc) => ({ ...force?.(doc), revision: number }), by, {
      write: writeOf('revisions', revisionKey(name, number), revision, 'any', term),
      stored: (version) => entry.revisions.set(number, { doc: revision, version }),
    });
    view.trimRevisions(entry);
    this.audit(kind, name, message(number), by, { revision: number });
    if (number > revisionsKept) await this.#forgetBefore(entry, number - revisionsKept);
  }

  /** One that an instance still runs is kept beyond its time (its needs are counted by it): it goes with a later revision. */
  async #forgetBefore(entry: AppEntry, last: number): Promise<void> {
    const {
      store,
      leadership: { term },
    } = this.#context;
    const oldest = await store.scan<Revision>('revisions', { prefix: `${entry.name}/`, limit: revisionsKept });
    for (const { doc } of oldest.items)
      if (doc.revision <= last && !entry.revisions.has(doc.revision))
        await store.write(writeOf('revisions', revisionKey(entry.name, doc.revision), null, 'any', term));
  }

  /** Every write leaves who did it and from where. */
  audit(kind: string, app: string, message: string, by: Caller, detail: Record<string, unknown> = {}): void {
    this.#context.events.note(kind, { app }, message, { detail: { ...detail, by: by.name, from: by.from } });
  }
}
