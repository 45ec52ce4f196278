// What a user does to apps. Each answer is given when the app's record is durable; placement follows by itself.
import type { Caller } from '../api/cluster.ts';
import type { AppRecord, AppSpec, AppView, Revision } from '../model/app.ts';
import { Refusal } from '../model/errors.ts';
import { canonicalJson, restartKey } from '../model/restart-fields.ts';
import { restartHash } from '../protocol/hash.ts';
import { appView } from './app-status.ts';
import type { MasterContext } from './context.ts';
import type { AppEntry } from './entries.ts';
import type { Places } from './places.ts';
import { outrankedError, revisionKey, writeOf } from './records.ts';
import type { Records } from './records.ts';
import type { Contents } from './contents.ts';

/** Revisions kept of an app. */
const KEPT = 50;
export interface Given { scale: boolean; start: boolean }
export interface PutOptions { mode: 'create' | 'put'; ifMatch: string | null; refetch: boolean }

const notFound = (name: string): Refusal => new Refusal('app-not-found', `There is no app ${name}`, 'See stathub apps, or GET /v1/apps.');
/** A spec without what is in force beside it: scaling and starting are no revisions. */
const lasting = (spec: AppSpec): string => canonicalJson({ ...spec, start: true, placement: { ...spec.placement, scale: 0 } });

export class Apps {
  private readonly context: MasterContext;
  private readonly records: Records;
  private readonly places: Places;
  private readonly contents: Contents;
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(context: MasterContext, records: Records, places: Places, contents: Contents) {
    this.context = context;
    this.records = records;
    this.places = places;
    this.contents = contents;
  }

  entry(name: string): AppEntry {
    const entry = this.context.view.apps.get(name);
    if (!entry) throw notFound(name);
    return entry;
  }

  view(name: string): AppView { return appView(this.context.view, this.entry(name)); }

  /** Writes of one app's spec, one after the other: numbering revisions needs it. */
  private inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.turns.get(name) ?? Promise.resolve()).then(work, work);
    const settled = mine.catch(() => {});
    this.turns.set(name, settled);
    void settled.then(() => { if (this.turns.get(name) === settled) this.turns.delete(name); });
    return mine;
  }

  /** The entry, if it may be changed now. */
  private changeable(name: string, ifMatch: string | null): AppEntry {
    const entry = this.entry(name);
    if (ifMatch !== null && entry.record.version !== ifMatch) throw new Refusal('version-conflict', `App ${name} was changed meanwhile`, 'Read it again and apply your change to what it is now.');
    if (entry.record.doc.deleting) throw new Refusal('app-deleting', `App ${name} is being deleted; its instances are still stopping`, 'Wait until it is gone, then deploy it again.');
    return entry;
  }

  put(spec: AppSpec, given: Given, options: PutOptions, by: Caller): Promise<{ app: AppView; created: boolean; changed: boolean }> {
    return this.inTurn(spec.name, async () => {
      const exists = this.context.view.apps.has(spec.name);
      if (!exists) {
        if (options.ifMatch !== null) throw new Refusal('version-conflict', `There is no app ${spec.name} (any more)`, 'Send it without If-Match to create it.');
        await this.create(spec, by);
        return { app: this.view(spec.name), created: true, changed: true };
      }
      const entry = this.changeable(spec.name, options.ifMatch);
      if (options.mode === 'create') throw new Refusal('app-exists', `There is already an app ${spec.name}`, `Change it with PUT /v1/apps/${spec.name} or stathub deploy.`);
      const changed = await this.replace(entry, spec, given, options, by);
      return { app: this.view(spec.name), created: false, changed };
    });
  }

  private async create(spec: AppSpec, by: Caller): Promise<void> {
    const { store, clock, view, leadership: { term } } = this.context;
    const at = clock.now();
    const revision: Revision = { app: spec.name, revision: 1, hash: restartHash(spec), spec, contents: {}, createdAt: at, createdBy: by.name, term };
    const record: AppRecord = { name: spec.name, revision: 1, scale: spec.placement.scale, start: spec.start, deleting: false, restartedAt: null, createdAt: at, updatedAt: at, term };
    // A revision without its app is the rest of a deletion or of a crash: overwritten.
    const written = await store.write(writeOf('revisions', revisionKey(spec.name, 1), revision, 'any', term));
    if (!written.ok) throw outrankedError();
    const result = await store.write(writeOf('apps', spec.name, record, 'absent', term));
    if (!result.ok) throw result.conflict === 'term' ? outrankedError() : new Refusal('app-exists', `There is already an app ${spec.name}`, 'Change it with PUT.');
    view.setApp(record, result.version, { doc: revision, version: written.version });
    this.audit('app.deployed', spec.name, `${spec.name} was deployed: revision 1, ${spec.placement.scale} wanted`, by, { revision: 1 });
  }

  private async replace(entry: AppEntry, spec: AppSpec, given: Given, { refetch, ifMatch }: PutOptions, by: Caller): Promise<boolean> {
    const { view } = this.context;
    const current = view.inForce(entry);
    const { scale: oldScale, start: oldStart } = entry.record.doc;
    const scale = given.scale ? spec.placement.scale : oldScale;
    const start = given.start ? spec.start : oldStart;
    const whole: AppSpec = { ...spec, start, placement: { ...spec.placement, scale } };
    let { hash, contents } = current;
    let fresh = lasting(whole) !== lasting(current.spec);
    if (restartKey(whole) !== restartKey(current.spec)) { hash = restartHash(whole); contents = {}; }
    else if (refetch) {
      const resolved = await this.contents.resolve(whole, current);
      if (resolved) { fresh = true; ({ hash, contents } = resolved); }
    }
    if (fresh) await this.revise(entry, { spec: whole, hash, contents }, { scale, start }, ifMatch, by, 'app.deployed', (n) => `${spec.name} was deployed: revision ${n}`);
    else if (scale !== oldScale || start !== oldStart) {
      await this.records.app(spec.name, ({ name }) => ({ ...this.changeable(name, null).record.doc, scale, start, updatedAt: this.context.clock.now() }));
      this.audit('app.scaled', spec.name, `${spec.name}: ${scale} wanted, ${start ? 'started' : 'stopped'}`, by, { scale, start });
    } else return false;
    return true;
  }

  /** A new revision, then the app's record that names it: until that is written nothing has happened. */
  private async revise(
    entry: AppEntry, made: Pick<Revision, 'spec' | 'hash' | 'contents'>, force: Partial<Pick<AppRecord, 'scale' | 'start'>>, ifMatch: string | null,
    by: Caller, kind: string, message: (revision: number) => string,
  ): Promise<void> {
    const { store, clock, view, leadership: { term } } = this.context;
    const at = clock.now();
    const { name } = entry;
    const number = entry.record.doc.revision + 1;
    const revision: Revision = { app: name, revision: number, ...made, createdAt: at, createdBy: by.name, term };
    const written = await store.write(writeOf('revisions', revisionKey(name, number), revision, 'any', term));
    if (!written.ok) throw outrankedError();
    entry.revisions.set(number, { doc: revision, version: written.version });
    await this.records.app(name, () => ({ ...this.changeable(name, ifMatch).record.doc, ...force, revision: number, updatedAt: at }));
    view.trimRevisions(entry);
    this.audit(kind, name, message(number), by, { revision: number });
    if (number > KEPT) await store.write(writeOf('revisions', revisionKey(name, number - KEPT), null, 'any', term));
  }

  async scale(name: string, scale: number, ifMatch: string | null, by: Caller): Promise<AppView> {
    const before = this.changeable(name, ifMatch).record.doc.scale;
    await this.records.app(name, () => ({ ...this.changeable(name, ifMatch).record.doc, scale, updatedAt: this.context.clock.now() }));
    this.audit('app.scaled', name, `${name} was scaled from ${before} to ${scale}`, by, { scale, before });
    return this.view(name);
  }

  /** `restart` also takes up what the origins of its URIs give now. */
  async action(name: string, action: 'start' | 'stop' | 'restart', by: Caller): Promise<AppView> {
    this.changeable(name, null);
    if (action === 'restart') {
      await this.inTurn(name, async () => {
        const entry = this.changeable(name, null);
        const current = this.context.view.inForce(entry);
        const resolved = await this.contents.resolve(current.spec, current);
        if (resolved) await this.revise(entry, { spec: current.spec, ...resolved }, {}, null, by, 'app.revised', (n) => `${name}: its origins give other contents: revision ${n}`);
      });
    }
    await this.records.app(name, () => {
      const { doc } = this.changeable(name, null).record;
      const at = this.context.clock.now();
      return { ...doc, start: action !== 'stop', restartedAt: action === 'restart' || (action === 'start' && !doc.start) ? at : doc.restartedAt, updatedAt: at };
    });
    this.audit(action === 'stop' ? 'app.stopAsked' : action === 'start' ? 'app.startAsked' : 'app.restartAsked', name, `${name}: ${action} asked by ${by.name}`, by, {});
    return this.view(name);
  }

  rollback(name: string, number: number, by: Caller): Promise<AppView> {
    return this.inTurn(name, async () => {
      const entry = this.changeable(name, null);
      const stored = await this.context.store.get<Revision>('revisions', revisionKey(name, number));
      if (!stored || number > entry.record.doc.revision) throw new Refusal('revision-not-found', `App ${name} has no revision ${number}`, `See GET /v1/apps/${name}/revisions.`);
      const { spec, hash, contents } = stored.doc;
      if (number !== entry.record.doc.revision) await this.revise(entry, { spec, hash, contents }, {}, null, by, 'app.rolledBack', (n) => `${name} was rolled back to revision ${number} (now ${n})`);
      return this.view(name);
    });
  }

  async delete(name: string, by: Caller): Promise<AppView> {
    this.entry(name);
    await this.inTurn(name, () => this.records.app(name, ({ record: { doc } }) => (doc.deleting ? undefined : { ...doc, deleting: true, start: false, updatedAt: this.context.clock.now() })));
    this.audit('app.deleteAsked', name, `${name} is being deleted`, by, {});
    const view = this.view(name);
    if (this.entry(name).slots.size === 0) await this.places.removeApp(name);
    return view;
  }

  /** Every write leaves who did it and from where. */
  private audit(kind: string, app: string, message: string, by: Caller, detail: Record<string, unknown>): void {
    this.context.events.note({ at: this.context.clock.now(), kind, subject: { app }, message, loudness: 'quiet', detail: { ...detail, by: by.name, from: by.from } });
  }
}
