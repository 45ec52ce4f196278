// The plan while it is made: slots as they will be. Every change of a slot goes through its draft, which keeps the rule that at
// most one instance of a slot is not leaving, and keeps the ledger right.
import type { AppSpec } from '../model/app/app.ts';
import type { Assignment, Place, SlotRecord } from '../model/assignment.ts';
import { demandOf } from './choosing/demand.ts';
import type { Demand } from './choosing/demand.ts';
import { isMade } from './snapshot.ts';
import type { ChangeKind, NewAssignment, SeenInstance, SlotChange, SnapshotApp } from './snapshot.ts';

export type Held = Assignment | NewAssignment;

/**
 * Nothing of it runs, and nothing will by itself: it holds nothing of its node. Its agent gives it back at the same moment; one that
 * was given up and is started again has to find room anew.
 */
export const isEmpty = (status: SeenInstance['status'] | undefined): boolean =>
  status === 'stopped' || status === 'failed';

const placeNames: readonly Place[] = ['a', 'b'];

export class SlotDraft {
  readonly slot: number;
  readonly record: SlotRecord | null;
  a: Held | null;
  b: Held | null;
  moves: SlotRecord['moves'];
  what: ChangeKind = 'keep';
  reason = '';
  bury: Assignment[] = [];
  /** Not to be changed further in this plan: its write has to be durable first. */
  touched = false;

  constructor(slot: number, record: SlotRecord | null) {
    this.slot = slot;
    this.record = record;
    this.a = record?.a ?? null;
    this.b = record?.b ?? null;
    this.moves = record?.moves ?? null;
  }

  /** The one that is not leaving. */
  get run(): Held | null {
    return this.a?.goal === 'run' ? this.a : this.b?.goal === 'run' ? this.b : null;
  }
  /** The one that leaves: its goal is `leave`. */
  get leave(): Held | null {
    return this.a?.goal === 'leave' ? this.a : this.b?.goal === 'leave' ? this.b : null;
  }
  get held(): Held[] {
    return [this.a, this.b].filter((h) => h !== null);
  }
  get freePlace(): Place | null {
    return placeNames.find((place) => this[place] === null) ?? null;
  }
  get stopping(): boolean {
    return this.a?.goal === 'stop' || this.b?.goal === 'stop';
  }

  note(what: ChangeKind, reason: string): void {
    if (this.what === 'keep' || what !== 'keep') this.what = what;
    this.reason = this.reason === '' ? reason : `${this.reason}; ${reason}`;
    this.touched = true;
  }

  /** Sets a goal, or other mutable fields, of what is held. */
  adjust(
    held: Held,
    fields: Partial<Pick<Assignment, 'goal' | 'revision' | 'onFull' | 'nudge' | 'nudgedBy' | 'stopping'>>,
  ): Held {
    const next = { ...held, ...fields } as Held;
    this[held.place] = next;
    return next;
  }

  /** The change to write; null where nothing changed after all. */
  change(app: string): SlotChange | null {
    const { record, moves, what, reason, slot, bury } = this;
    const same = (place: Place): boolean =>
      this[place] === (record?.[place] ?? null) ||
      JSON.stringify(this[place]) === JSON.stringify(record?.[place] ?? null);
    if (same('a') && same('b') && moves === (record?.moves ?? null)) return null;
    return { app, slot, a: this.a, b: this.b, moves, what, reason, bury };
  }
}

/** An app while it is planned. */
export class AppDraft {
  readonly app: SnapshotApp;
  readonly name: string;
  readonly spec: AppSpec;
  readonly demand: Demand;
  readonly slots = new Map<number, SlotDraft>();

  constructor(app: SnapshotApp) {
    this.app = app;
    this.name = app.record.name;
    this.spec = app.spec;
    this.demand = demandOf(app.spec);
    for (const record of [...app.slots].sort((x, y) => x.slot - y.slot))
      this.slots.set(record.slot, new SlotDraft(record.slot, record));
  }

  /** Instances are wanted at all. */
  get wanted(): boolean {
    const { record, spec } = this.app;
    return record.start && !record.deleting && spec.type !== 'cron';
  }

  slot(number: number): SlotDraft {
    let draft = this.slots.get(number);
    if (!draft) this.slots.set(number, (draft = new SlotDraft(number, null)));
    return draft;
  }

  /** How many run on each node, by its number in `numbers`. */
  countsByNode(numbers: ReadonlyMap<string, number>): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { run } of this.slots.values()) {
      const node = run === null ? undefined : numbers.get(run.node);
      if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    return counts;
  }

  inOrder(): SlotDraft[] {
    return [...this.slots.values()].sort((x, y) => x.slot - y.slot);
  }

  seen(held: Held | null): SeenInstance | null {
    return held && isMade(held) ? (this.app.seen.get(held.id) ?? null) : null;
  }

  healthy(held: Held | null): boolean {
    return this.seen(held)?.healthySince != null;
  }

  /** Healthy for long enough to rely on; else when it will be, if it goes on so (epoch ms), or null. */
  steady(held: Held | null, now: number): { steady: boolean; at: number | null } {
    const since = this.seen(held)?.healthySince ?? null;
    if (since === null) return { steady: false, at: null };
    const at = since + this.spec.update.minHealthySeconds * 1000;
    return { steady: at <= now, at };
  }

  /** Its program ended and is not started again: the work is done, or given up. */
  ended(held: Held | null): 'done' | 'failed' | null {
    const status = this.seen(held)?.status;
    return status === 'stopped' ? 'done' : status === 'failed' ? 'failed' : null;
  }

  /** Made of what is not in force any more, or older than the last restart that was asked for. */
  outdated(held: Held): boolean {
    if (held.hash !== this.app.hash) return true;
    const { restartedAt } = this.app.record;
    return restartedAt !== null && isMade(held) && held.at < restartedAt && held.nudge < restartedAt;
  }

  /** Spec of what is held: of its own revision. */
  specOf(held: Held): AppSpec {
    return held.revision === this.app.record.revision ? this.spec : (this.app.older.get(held.revision) ?? this.spec);
  }
}
