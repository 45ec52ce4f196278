// Single-record compare-and-swap on what the view holds: read, change, write; when another write came first, read again.
import type { AppRecord, Revision } from '../model/app/app.ts';
import type { SlotRecord, Tombstone } from '../model/assignment.ts';
import { Refusal } from '../model/errors.ts';
import type { NodeRecord } from '../model/node.ts';
import type { Doc, Version, Write, WriteResult } from '../store/store.ts';
import { OutrankedError, StoreError } from '../store/store.ts';
import type { MasterContext } from './context.ts';
import type { AppEntry } from './entries.ts';

export const slotKey = (app: string, slot: number): string => `${app}/${String(slot).padStart(6, '0')}`;
export const revisionKey = (app: string, revision: number): string => `${app}/${String(revision).padStart(8, '0')}`;
export const tombstoneKey = (node: string, id: string): string => `${node}/${id}`;

/** A write of one of our records under a term. */
export const writeOf = (
  collection: string,
  key: string,
  doc: object | null,
  expect: Version | 'absent' | 'any',
  term: number,
): Write => ({ collection, key, doc: doc as Doc | null, expect, term });

/** Tries of one change; more means that something writes without end. */
const mostTries = 20;

/** Another leadership with a higher term wrote: this one is over. */
export const outrankedError = (): StoreError => new OutrankedError();

/** Somebody took the app's record out of the store, not this hub: its instances run on, and nothing may be built on what memory says. */
export const recordLost = (name: string): Refusal =>
  new Refusal(
    'app-record-lost',
    `The store no longer has the record of app ${name}; its instances run on`,
    `stathub recover ${name} makes it again, with what runs of it; or create it anew, with its scale: ` +
      'POST /v1/apps with the whole app.',
  );

export class Records {
  readonly #context: MasterContext;

  constructor(context: MasterContext) {
    this.#context = context;
  }

  async #change<T>(
    write: (term: number) => Promise<{ result: WriteResult; value: T } | null>,
    reread: () => Promise<void>,
  ): Promise<T | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const written = await write(this.#context.leadership.term);
      if (!written) return null;
      if (written.result.ok) return written.value;
      if (written.result.conflict === 'term') throw outrankedError();
      await reread();
    }
    throw new StoreError('store-unavailable', `A record changed under the hand ${mostTries} times`, 'Try again.');
  }

  /**
   * @param change gives the new record, null to delete it, undefined to leave it as it is
   * @returns whether something was written
   */
  async slot(
    app: string,
    slot: number,
    change: (doc: SlotRecord | null) => SlotRecord | null | undefined,
  ): Promise<boolean> {
    const { store, view } = this.#context;
    const done = await this.#change(
      async (term) => {
        const kept = view.apps.get(app)?.slots.get(slot);
        const next = change(kept?.doc ?? null);
        if (next === undefined || (next === null && !kept)) return null;
        const doc = next && { ...next, term };
        const result = await store.write(
          writeOf('assignments', slotKey(app, slot), doc, kept?.version ?? 'absent', term),
        );
        if (result.ok) view.setSlot(app, slot, doc, result.version);
        return { result, value: true };
      },
      () => this.rereadSlot(app, slot),
    );
    return done ?? false;
  }

  async rereadSlot(app: string, slot: number): Promise<void> {
    const stored = await this.#context.store.get<SlotRecord>('assignments', slotKey(app, slot));
    this.#context.view.setSlot(app, slot, stored?.doc ?? null, stored?.version ?? '');
  }

  /**
   * @param change gives the new record, or undefined to leave it; it may throw a Refusal
   * @param before what has to be stored first, and is told when it is: with a record that is left as it is, it is not written
   */
  async app(
    name: string,
    change: (entry: AppEntry) => AppRecord | undefined,
    before?: { write: Write; stored: (version: Version) => void },
  ): Promise<AppEntry | null> {
    const { store, view } = this.#context;
    let first = before ?? null;
    return this.#change(
      async (term) => {
        const entry = view.apps.get(name);
        if (!entry) return null;
        const next = change(entry);
        if (!next) return { result: { ok: true, version: entry.record.version }, value: entry };
        const doc = { ...next, term };
        const write = writeOf('apps', name, doc, entry.record.version, term);
        const [led, followed] = first ? await store.writeBoth(first.write, write) : [null, await store.write(write)];
        if (led?.ok) first!.stored(led.version);
        if (led?.ok) first = null;
        const result = followed ?? led!;
        if (result.ok) view.setApp(doc, result.version);
        return { result, value: entry };
      },
      async () => {
        const stored = await store.get<AppRecord>('apps', name);
        if (!stored && view.apps.get(name)?.record.doc.deleting === false) throw recordLost(name);
        if (!stored) return view.removeApp(name);
        const number = stored.doc.revision;
        const revision =
          view.apps.get(name)?.revisions.get(number) ??
          (await store.get<Revision>('revisions', revisionKey(name, number)));
        if (!revision)
          throw new StoreError(
            'store-corrupt',
            `App ${name} names revision ${number}, which the store has not`,
            'Deploy the app again.',
          );
        view.setApp(stored.doc, stored.version, { doc: revision.doc, version: revision.version });
      },
    );
  }

  async removeApp(name: string): Promise<void> {
    const { store, view } = this.#context;
    const entry = view.apps.get(name);
    if (!entry) return;
    const result = await store.write(writeOf('apps', name, null, entry.record.version, this.#context.leadership.term));
    if (result.ok) view.removeApp(name);
  }

  /** All revisions of an app that is gone. */
  async removeRevisions(app: string): Promise<void> {
    const { store, leadership } = this.#context;
    for (;;) {
      const { items } = await store.scan('revisions', { prefix: `${app}/` });
      if (items.length === 0) return;
      const results = await store.bulk(items.map(({ key }) => writeOf('revisions', key, null, 'any', leadership.term)));
      if (results.some(({ ok }) => !ok)) throw outrankedError();
    }
  }

  async revision(app: string, number: number, change: (doc: Revision) => Revision | undefined): Promise<boolean> {
    const { store, view } = this.#context;
    const done = await this.#change(
      async (term) => {
        const kept = view.apps.get(app)?.revisions.get(number);
        const next = kept && change(kept.doc);
        if (!kept || !next) return null;
        const doc = { ...next, term };
        const result = await store.write(writeOf('revisions', revisionKey(app, number), doc, kept.version, term));
        if (result.ok) view.setRevision(doc, result.version);
        return { result, value: true };
      },
      async () => {
        const stored = await store.get<Revision>('revisions', revisionKey(app, number));
        if (stored) view.setRevision(stored.doc, stored.version);
        else view.apps.get(app)?.revisions.delete(number);
      },
    );
    return done ?? false;
  }

  /** @returns false: no such node */
  async node(id: string, change: (doc: NodeRecord) => NodeRecord | undefined): Promise<boolean> {
    const { store, view } = this.#context;
    const done = await this.#change(
      async (term) => {
        const entry = view.nodes.get(id);
        if (!entry) return null;
        const next = change(entry.record.doc);
        if (!next) return { result: { ok: true, version: entry.record.version }, value: true };
        const doc = { ...next, term };
        const result = await store.write(writeOf('nodes', id, doc, entry.record.version, term));
        if (result.ok) {
          entry.record = { doc, version: result.version };
          view.nodeChanged(id);
        }
        return { result, value: true };
      },
      async () => {
        const stored = await store.get<NodeRecord>('nodes', id);
        const entry = view.nodes.get(id);
        if (stored && entry) entry.record = { doc: stored.doc, version: stored.version };
      },
    );
    return done ?? false;
  }

  async addTombstone(stone: Tombstone): Promise<void> {
    const { term } = this.#context.leadership;
    const doc = { ...stone, term };
    const result = await this.#context.store.write(
      writeOf('tombstones', tombstoneKey(stone.node, stone.id), doc, 'any', term),
    );
    if (!result.ok) throw outrankedError();
    this.#context.view.setTombstone(doc, result.version);
  }

  async removeTombstone(id: string): Promise<void> {
    const { store, view, leadership } = this.#context;
    const kept = view.tombstones.get(id);
    if (!kept) return;
    const result = await store.write(
      writeOf('tombstones', tombstoneKey(kept.doc.node, id), null, 'any', leadership.term),
    );
    if (!result.ok) throw outrankedError();
    view.removeTombstone(id);
  }
}
