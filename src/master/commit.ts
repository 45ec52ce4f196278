// A plan becomes records: slot by slot with compare-and-swap, in bulk. What lost its compare-and-swap is read again and planned again.
import type { Assignment, SlotRecord } from '../model/assignment.ts';
import type { NewAssignment, Plan, SlotChange } from '../placement/snapshot.ts';
import { mint } from './clock.ts';
import type { MasterContext } from './context.ts';
import type { Epochs } from './epochs.ts';
import type { Places } from './places.ts';
import { outrankedError, slotKey, writeOf } from './records.ts';
import type { Records } from './records.ts';
import type { SlotVersions } from './snapshot.ts';

/** Slots written in one go: what is durable is pushed while the rest is written. */
const AT_ONCE = 500;

const isNew = (held: Assignment | NewAssignment | null): held is NewAssignment => held !== null && !('id' in held);

export class Committer {
  private readonly context: MasterContext;
  private readonly records: Records;
  private readonly epochs: Epochs;
  private readonly places: Places;
  /** Hears of every assignment that is to stop from now on: its instance may have ended long ago. */
  private readonly review: (node: string, id: string) => void;

  constructor(context: MasterContext, records: Records, epochs: Epochs, places: Places, review: (node: string, id: string) => void) {
    this.context = context;
    this.records = records;
    this.epochs = epochs;
    this.places = places;
    this.review = review;
  }

  /** @returns how many slots were written, and how many must be planned again */
  async commit(plan: Plan, versions: SlotVersions): Promise<{ written: number; refused: number }> {
    const { hub } = this.context.leadership;
    let written = 0, refused = 0;
    for (let from = 0; from < plan.changes.length; from += AT_ONCE) {
      const changes = plan.changes.slice(from, from + AT_ONCE);
      const fresh = changes.reduce((count, { a, b }) => count + Number(isNew(a)) + Number(isNew(b)), 0);
      const epochs = await this.epochs.take(fresh);
      const at = this.context.clock.now();
      const made = (change: SlotChange, held: Assignment | NewAssignment | null): Assignment | null =>
        (isNew(held) ? { ...held, id: `${change.app}.${change.slot}.${mint(8)}`, app: change.app, slot: change.slot, epoch: epochs.pop()!, owner: hub, onFull: null, at } : held);
      const docs = changes.map((change) => this.docOf(change, made(change, change.a), made(change, change.b)));
      const results = await this.write(changes, docs, versions);
      written += results.written;
      refused += results.refused;
      await new Promise(setImmediate);
    }
    await this.finishDeletions();
    return { written, refused };
  }

  private docOf({ app, slot, moves }: SlotChange, a: Assignment | null, b: Assignment | null): SlotRecord | null {
    return a || b || moves ? { app, slot, a, b, moves, term: this.context.leadership.term } : null;
  }

  private async write(changes: SlotChange[], docs: (SlotRecord | null)[], versions: SlotVersions): Promise<{ written: number; refused: number }> {
    const { store, view, leadership: { term } } = this.context;
    const results = await store.bulk(changes.map(({ app, slot }, index) => writeOf('assignments', slotKey(app, slot), docs[index]!, versions.get(app)?.get(slot) ?? 'absent', term)));
    const again: SlotChange[] = [];
    for (const [index, change] of changes.entries()) {
      const result = results[index]!, doc = docs[index]!;
      if (!result.ok && result.conflict === 'term') throw outrankedError();
      if (!result.ok) { again.push(change); continue; }
      view.setSlot(change.app, change.slot, doc, result.version);
      this.noted(change, doc);
    }
    for (const { app, slot } of again) await this.records.rereadSlot(app, slot);
    return { written: changes.length - again.length, refused: again.length };
  }

  private noted(change: SlotChange, doc: SlotRecord | null): void {
    for (const held of [doc?.a, doc?.b]) if (held?.goal === 'stop') this.review(held.node, held.id);
    if (change.what === 'keep') return;
    const fresh = isNew(change.a) ? doc?.a : isNew(change.b) ? doc?.b : null;
    const other = [doc?.a, doc?.b].find((held) => held && held.goal !== 'run');
    const subject = fresh ?? other;
    this.context.events.note({
      at: this.context.clock.now(), kind: `slot.${done[change.what]}`, loudness: 'moving',
      subject: { app: change.app, slot: change.slot, ...(subject ? { instance: subject.id, node: subject.node } : {}) },
      message: `${change.app}.${change.slot}: ${change.reason}`,
      detail: fresh ? { because: fresh.because, revision: fresh.revision, epoch: fresh.epoch } : {},
    });
  }

  private async finishDeletions(): Promise<void> {
    for (const entry of [...this.context.view.apps.values()]) {
      if (entry.record.doc.deleting && entry.slots.size === 0) await this.places.removeApp(entry.name);
    }
  }
}

const done = { place: 'placed', stop: 'stopAsked', replace: 'replaced', move: 'moved', keep: 'kept' } as const;
