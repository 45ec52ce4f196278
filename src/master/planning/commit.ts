// A plan becomes records: slot by slot with compare-and-swap, in bulk. What lost its compare-and-swap is read again and planned again.
import type { Assignment, SlotRecord } from '../../model/assignment.ts';
import { isNew } from '../../placement/snapshot.ts';
import type { NewAssignment, Plan, SlotChange } from '../../placement/snapshot.ts';
import { mint } from '../clock.ts';
import type { MasterContext } from '../context.ts';
import type { Epochs } from './epochs.ts';
import type { Places } from './places.ts';
import { outrankedError, slotKey, tombstoneKey, writeOf } from '../records.ts';
import type { Records } from '../records.ts';
import type { SlotVersions } from './snapshot.ts';

/** Slots written in one go: what is durable is pushed while the rest is written. */
const writtenAtOnce = 200;

const fresh = (held: Assignment | NewAssignment | null): held is NewAssignment => held !== null && isNew(held);

export class Committer {
  readonly #context: MasterContext;
  readonly #records: Records;
  readonly #epochs: Epochs;
  readonly #places: Places;

  constructor(context: MasterContext, records: Records, epochs: Epochs, places: Places) {
    this.#context = context;
    this.#records = records;
    this.#epochs = epochs;
    this.#places = places;
  }

  /** @returns how many slots were written, and how many must be planned again */
  async commit(plan: Plan, versions: SlotVersions): Promise<{ written: number; refused: number }> {
    let written = 0;
    let refused = 0;
    for (const stone of plan.tombstones) await this.#records.addTombstone(stone);
    for (let from = 0; from < plan.changes.length; from += writtenAtOnce) {
      const changes = plan.changes.slice(from, from + writtenAtOnce);
      const minted = await this.#epochs.take(
        changes.reduce((count, { a, b }) => count + Number(fresh(a)) + Number(fresh(b)), 0),
      );
      await this.#bury(changes);
      const docs = changes.map((change) => this.#docOf(change, minted));
      const done = await this.#write(changes, docs, versions);
      written += done.written;
      refused += done.refused;
      await new Promise(setImmediate);
    }
    return { written, refused };
  }

  /**
   * The tombstones of a lost node's assignments, before the slots that they leave: after a crash in between both are there,
   * and the slot counts.
   */
  async #bury(changes: SlotChange[]): Promise<void> {
    const {
      store,
      view,
      clock,
      leadership: { term },
    } = this.#context;
    const stones = changes
      .flatMap(({ bury }) => bury)
      .map((assignment) => ({ id: assignment.id, node: assignment.node, assignment, term, at: clock.now() }));
    if (stones.length === 0) return;
    const results = await store.bulk(
      stones.map((stone) => writeOf('tombstones', tombstoneKey(stone.node, stone.id), stone, 'any', term)),
    );
    for (const [index, stone] of stones.entries()) {
      const result = results[index]!;
      if (!result.ok) throw outrankedError();
      view.setTombstone(stone, result.version);
    }
  }

  #docOf({ app, slot, a, b, moves }: SlotChange, epochs: number[]): SlotRecord | null {
    const { hub, term } = this.#context.leadership;
    const made = (held: Assignment | NewAssignment | null): Assignment | null =>
      fresh(held)
        ? {
            ...held,
            id: `${app}.${slot}.${mint(8)}`,
            app,
            slot,
            epoch: epochs.shift()!,
            owner: hub,
            onFull: null,
            at: this.#context.clock.now(),
          }
        : held;
    const doc: SlotRecord = { app, slot, a: made(a), b: made(b), moves, term };
    return doc.a || doc.b || moves ? doc : null;
  }

  async #write(
    changes: SlotChange[],
    docs: (SlotRecord | null)[],
    versions: SlotVersions,
  ): Promise<{ written: number; refused: number }> {
    const {
      store,
      view,
      leadership: { term },
    } = this.#context;
    const again = changes.filter((change) => this.#tooLate(change));
    const sent = changes
      .map((change, index) => ({ change, doc: docs[index]! }))
      .filter(({ change }) => !again.includes(change));
    const results = await this.#places.writing(
      store.bulk(
        sent.map(({ change: { app, slot }, doc }) =>
          writeOf('assignments', slotKey(app, slot), doc, versions.get(app)?.get(slot) ?? 'absent', term),
        ),
      ),
    );
    const stale: string[] = [];
    for (const [index, { change, doc }] of sent.entries()) {
      const result = results[index]!;
      if (!result.ok && result.conflict === 'term') throw outrankedError();
      if (!result.ok) {
        again.push(change);
        continue;
      }
      view.setSlot(change.app, change.slot, doc, result.version);
      this.#noted(change, doc);
      for (const held of [doc?.a, doc?.b]) if (held && view.tombstones.has(held.id)) stale.push(held.id); // it came back with its node
    }
    for (const { app, slot, bury } of again) {
      await this.#records.rereadSlot(app, slot);
      const now = view.apps.get(app)?.slots.get(slot)?.doc;
      stale.push(...bury.map(({ id }) => id).filter((id) => now?.a?.id === id || now?.b?.id === id));
    }
    for (const id of stale) await this.#records.removeTombstone(id);
    return { written: changes.length - again.length, refused: again.length };
  }

  /** It would start something of an app whose deletion was asked for since the plan was made. */
  #tooLate({ app, a, b }: SlotChange): boolean {
    if (!fresh(a) && !fresh(b)) return false;
    return this.#context.view.apps.get(app)?.record.doc.deleting ?? true;
  }

  #noted(change: SlotChange, doc: SlotRecord | null): void {
    if (change.what === 'keep') return;
    const made = fresh(change.a) ? doc?.a : fresh(change.b) ? doc?.b : null;
    const other = [doc?.a, doc?.b].find((held) => held && held.goal !== 'run');
    const subject = made ?? other;
    const detail = made ? { because: made.because, revision: made.revision, epoch: made.epoch } : {};
    this.#context.events.note(
      `slot.${kinds[change.what]}`,
      { app: change.app, slot: change.slot, ...(subject ? { instance: subject.id, node: subject.node } : {}) },
      `${change.app}.${change.slot}: ${change.reason}`,
      { loudness: 'moving', detail },
    );
  }

  /** Apps being deleted of which no slot is left. */
  async finishDeletions(): Promise<void> {
    for (const entry of this.#context.view.apps.values()) {
      if (entry.record.doc.deleting && entry.slots.size === 0) await this.#places.removeApp(entry.name);
    }
  }
}

/** Event kinds. */
const kinds = { place: 'placed', stop: 'stopAsked', replace: 'replaced', move: 'moved', keep: 'kept' } as const;
