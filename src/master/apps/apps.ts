// What a user does to apps. Each answer is given when the app's record is durable; placement follows by itself.
import type { Caller } from '../../api/cluster.ts';
import type { AppSpec, AppView, Revision } from '../../model/app/app.ts';
import { Refusal } from '../../model/errors.ts';
import { filledIn } from '../../model/app/app-schema.ts';
import { diffSpecs } from '../../model/app/restart-fields.ts';
import { restartHash } from '../../protocol/hash.ts';
import { appView } from '../shown/app-status.ts';
import { AppWrites } from './app-writes.ts';
import type { Contents } from '../remote/contents.ts';
import type { MasterContext } from '../context.ts';
import type { AppEntry } from '../entries.ts';
import type { Places } from '../planning/places.ts';
import { readPlaces, recoverApp } from '../recovery/lost-apps.ts';
import { recordLost, revisionKey } from '../records.ts';
import type { Records } from '../records.ts';

export interface Given {
  scale: boolean;
  start: boolean;
}
export interface PutOptions {
  mode: 'create' | 'put';
  ifMatch: string | null;
  refetch: boolean;
}
interface PutResult {
  app: AppView;
  created: boolean;
  changed: boolean;
}

/** In force beside a spec: scaling and starting are no revisions. */
const beside: readonly string[] = ['start', 'placement.scale'];

export class Apps {
  readonly #context: MasterContext;
  readonly #writes: AppWrites;
  readonly #places: Places;
  readonly #contents: Contents;

  constructor(context: MasterContext, records: Records, places: Places, contents: Contents) {
    this.#context = context;
    this.#writes = new AppWrites(context, records);
    this.#places = places;
    this.#contents = contents;
  }

  /** @throws Refusal app-not-found */
  entry(name: string): AppEntry {
    return this.#writes.entry(name);
  }
  view(name: string): AppView {
    return appView(this.#context.view, this.entry(name), this.#context.leadership.hub);
  }

  put(spec: AppSpec, given: Given, options: PutOptions, by: Caller): Promise<PutResult> {
    const { name } = spec;
    return this.#writes.inTurn(name, async () => {
      if (!this.#context.view.apps.has(name)) {
        if (options.ifMatch !== null)
          throw new Refusal('version-conflict', `There is no app ${name} (any more)`, 'Leave If-Match out.');
        await this.#places.removed(name);
        const lost = await this.#writes.lost(name);
        if (lost && options.mode === 'put') throw recordLost(name);
        await this.#writes.create(spec, by, lost ? await this.#writes.nextRevision(name) : 1);
        if (lost) await readPlaces(this.#context, name);
        return { app: this.view(name), created: true, changed: true };
      }
      const entry = this.#writes.changeable(name, options.ifMatch);
      if (options.mode === 'create') {
        if (await this.#writes.lost(name)) {
          await this.#writes.create(spec, by, await this.#writes.nextRevision(name));
          return { app: this.view(name), created: true, changed: true };
        }
        throw new Refusal(
          'app-exists',
          `There is already an app ${name}`,
          `Change it with PUT /v1/apps/${name} or stathub deploy.`,
        );
      }
      const changed = await this.#replace(entry, spec, given, options, by);
      return { app: this.view(name), created: false, changed };
    });
  }

  /** @returns whether anything differs */
  async #replace(
    entry: AppEntry,
    spec: AppSpec,
    given: Given,
    { refetch, ifMatch }: PutOptions,
    by: Caller,
  ): Promise<boolean> {
    const { name } = entry;
    const current = this.#context.view.inForce(entry);
    const { scale: oldScale, start: oldStart } = entry.record.doc;
    const scale = given.scale ? spec.placement.scale : oldScale;
    const start = given.start ? spec.start : oldStart;
    const whole: AppSpec = { ...spec, start, placement: { ...spec.placement, scale } };
    const force = { ...(given.scale ? { scale } : {}), ...(given.start ? { start } : {}) };
    const made = await this.#made(whole, current, refetch);
    if (made) {
      const message = (n: number): string => `${name} was deployed: revision ${n}`;
      await this.#writes.revise(entry, { made, force: () => force, ifMatch, kind: 'app.deployed', message }, by);
      return true;
    }
    if (scale === oldScale && start === oldStart) return false;
    await this.#writes.change(name, ifMatch, () => force, by);
    this.#writes.audit('app.scaled', name, `${name}: ${scale} wanted, ${start ? 'started' : 'stopped'}`, by, {
      scale,
      start,
    });
    return true;
  }

  /**
   * What a spec would be as a revision; null: as the one in force. Hash and contents stay while nothing needs a new process.
   * By the same comparison as a plan: a field that an older hub did not know and so has not kept is the same as its default.
   */
  async #made(
    spec: AppSpec,
    current: Revision,
    refetch: boolean,
  ): Promise<Pick<Revision, 'spec' | 'hash' | 'contents'> | null> {
    const changes = diffSpecs(filledIn(current.spec), spec);
    if (changes.some(({ restarts }) => restarts)) return { spec, hash: restartHash(spec), contents: {} };
    const resolved = refetch ? await this.#contents.resolve(spec, current) : null;
    if (resolved) return { spec, ...resolved };
    if (changes.every(({ path }) => beside.includes(path))) return null;
    return { spec, hash: current.hash, contents: current.contents };
  }

  async scale(name: string, scale: number, ifMatch: string | null, by: Caller): Promise<AppView> {
    const before = this.#writes.changeable(name, ifMatch).record.doc.scale;
    await this.#writes.change(name, ifMatch, () => ({ scale }), by);
    this.#writes.audit('app.scaled', name, `${name} was scaled from ${before} to ${scale}`, by, { scale, before });
    return this.view(name);
  }

  /** `restart` also takes up what the origins of its URIs give now. */
  async action(name: string, action: 'start' | 'stop' | 'restart', by: Caller): Promise<AppView> {
    this.#writes.changeable(name, null);
    if (action === 'restart') await this.#writes.inTurn(name, () => this.#takeUpContents(name, by));
    const at = this.#context.clock.now();
    await this.#writes.change(
      name,
      null,
      ({ start }) => ({
        start: action !== 'stop',
        ...(action === 'restart' || (action === 'start' && !start) ? { restartedAt: at, restartedBy: by.name } : {}),
      }),
      by,
    );
    this.#writes.audit(`app.${action}Asked`, name, `${name}: ${action} asked by ${by.name}`, by);
    return this.view(name);
  }

  async #takeUpContents(name: string, by: Caller): Promise<void> {
    const entry = this.#writes.changeable(name, null);
    const current = this.#context.view.inForce(entry);
    const resolved = await this.#contents.resolve(current.spec, current);
    if (!resolved) return;
    const message = (n: number): string => `${name}: its origins give other contents: revision ${n}`;
    await this.#writes.revise(
      entry,
      { made: { spec: current.spec, ...resolved }, ifMatch: null, kind: 'app.revised', message },
      by,
    );
  }

  /** Makes the record again that the store has lost. @throws Refusal app-exists, app-not-found, revision-not-found */
  recover(name: string, by: Caller): Promise<AppView> {
    return this.#writes.inTurn(name, async () => {
      await this.#places.removed(name);
      await recoverApp(this.#context, name, by);
      return this.view(name);
    });
  }

  /** The spec and contents of an earlier revision, as a new one. */
  rollback(name: string, number: number, by: Caller): Promise<AppView> {
    return this.#writes.inTurn(name, async () => {
      const entry = this.#writes.changeable(name, null);
      const stored = await this.#context.store.get<Revision>('revisions', revisionKey(name, number));
      if (!stored || number > entry.record.doc.revision) {
        throw new Refusal(
          'revision-not-found',
          `App ${name} has no revision ${number}`,
          `See GET /v1/apps/${name}/revisions.`,
        );
      }
      const { spec, hash, contents } = stored.doc;
      const message = (n: number): string => `${name} was rolled back to revision ${number} (now ${n})`;
      if (number !== entry.record.doc.revision) {
        await this.#writes.revise(
          entry,
          { made: { spec, hash, contents }, ifMatch: null, kind: 'app.rolledBack', message },
          by,
        );
      }
      return this.view(name);
    });
  }

  /** Its instances stop; it is gone when the last one has. Again while it is being deleted: nothing new. */
  delete(name: string, by: Caller): Promise<AppView> {
    return this.#writes.inTurn(name, async () => {
      if (!this.entry(name).record.doc.deleting) {
        await this.#writes.change(name, null, () => ({ deleting: true, start: false }), by);
        this.#writes.audit('app.deleteAsked', name, `${name} is being deleted`, by);
      }
      const view = this.view(name);
      if (this.entry(name).slots.size === 0) await this.#places.removeApp(name);
      return view;
    });
  }
}
