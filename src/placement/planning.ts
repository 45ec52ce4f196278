// The plan in work: what all its steps share. Ledger, presence and choosers are made when the first step asks for them, so that
// a settled cluster costs one look at each slot.
import type { Assignment, Tombstone } from '../model/assignment.ts';
import { Chooser } from './chooser.ts';
import { AppDraft, isEmpty } from './draft.ts';
import type { Held, SlotDraft } from './draft.ts';
import { demandOf } from './demand.ts';
import { funnelOf, lacksOf } from './funnel.ts';
import type { Funnel } from './funnel.ts';
import { Ledger } from './ledger.ts';
import { NodeTable } from './node-table.ts';
import { Presence } from './presence.ts';
import { isMade } from './snapshot.ts';
import type {
  ChangeKind,
  Decision,
  NewAssignment,
  Plan,
  Snapshot,
  SnapshotApp,
  Waiting,
  WaitingCode,
} from './snapshot.ts';

/** Decisions with scores, of one app and plan; the rest say where and why. */
const scoredDecisions = 20;
const shownScores = 5;

export class Planning {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly table: NodeTable;
  readonly waiting: Waiting[] = [];
  readonly decisions: Decision[] = [];
  readonly tombstones: Tombstone[] = [];
  readonly late: Plan['late'] = [];
  wakeAt: number | null = null;
  private readonly drafts = new Map<string, AppDraft>();
  private readonly choosers = new Map<string, { chooser: Chooser; counts: Map<number, number>; generation: number }>();
  private readonly funnels = new Map<string, { funnel: Funnel; generation: number }>();
  private readonly scored = new Map<string, number>();
  private madeBusy: Set<string> | null = null;
  private madeLedger: Ledger | null = null;
  private madePresence: Presence | null | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.now = snapshot.now;
    this.table = new NodeTable(snapshot.nodes, snapshot.now);
  }

  draft(app: SnapshotApp): AppDraft {
    let draft = this.drafts.get(app.record.name);
    if (!draft) this.drafts.set(app.record.name, (draft = new AppDraft(app)));
    return draft;
  }

  /** Plan again at this time at the latest. */
  wake(at: number | null): void {
    if (at !== null && at > this.now && (this.wakeAt === null || at < this.wakeAt)) this.wakeAt = at;
  }

  wait(draft: AppDraft, slot: number, code: WaitingCode, reason: string): void {
    this.waiting.push({ app: draft.name, slot, code, reason });
  }

  /** Nodes that are drained and still hold what is of no system app. */
  private get busyDrained(): Set<string> {
    if (this.madeBusy) return this.madeBusy;
    const busy = (this.madeBusy = new Set<string>());
    const drained = new Set(this.table.nodes.filter(({ status }) => status === 'draining').map(({ id }) => id));
    for (const app of drained.size > 0 ? this.snapshot.apps : []) {
      if (app.spec.type === 'system') continue;
      for (const { a, b } of app.slots) {
        for (const held of [a, b]) {
          const status = held && app.seen.get(held.id)?.status;
          if (held && drained.has(held.node) && status !== 'stopped' && status !== 'failed') busy.add(held.node);
        }
      }
    }
    return busy;
  }

  /** An instance of a system app serves what is beside it: it leaves a drained node last, or when the time is up. */
  staysOnDrained(node: string): boolean {
    const deadline = this.snapshot.drainDeadlines.get(node) ?? null;
    this.wake(deadline);
    return (deadline === null || deadline > this.now) && this.busyDrained.has(node);
  }

  get ledger(): Ledger {
    if (this.madeLedger) return this.madeLedger;
    const ledger = new Ledger(this.table, this.snapshot.otherUse);
    const count = (app: SnapshotApp, held: Assignment): void => {
      const node = this.table.numbers.get(held.node);
      if (node === undefined || isEmpty(held, app.seen.get(held.id)?.status)) return;
      ledger.take(
        node,
        demandOf(held.revision === app.record.revision ? app.spec : (app.older.get(held.revision) ?? app.spec)),
      );
    };
    for (const app of this.snapshot.apps) {
      for (const { a, b } of app.slots) {
        if (a) count(app, a);
        if (b) count(app, b);
      }
      for (const { assignment } of app.tombstones) count(app, { ...assignment, goal: 'stop' });
    }
    return (this.madeLedger = ledger);
  }

  /** null: no app says with or without which it wants to be. */
  get presence(): Presence | null {
    if (this.madePresence === undefined) {
      const concerned = this.snapshot.apps.some(
        ({ spec: { placement } }) => placement.with.length + placement.notWith.length > 0,
      );
      this.madePresence = concerned
        ? new Presence(
            this.snapshot.apps.map((app) => this.draft(app)),
            this.table,
          )
        : null;
    }
    return this.madePresence;
  }

  private countsOf(draft: AppDraft): Map<number, number> {
    const counts = new Map<number, number>();
    for (const slot of draft.slots.values()) {
      const node = slot.run === null ? undefined : this.table.numbers.get(slot.run.node);
      if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    return counts;
  }

  chooser(draft: AppDraft): Chooser {
    const { presence, ledger } = this;
    const kept = this.choosers.get(draft.name);
    // Others' placements only lower scores, which a chooser corrects by itself; unless packing prefers fuller nodes, or an app it wants to be with came.
    const stale =
      kept &&
      kept.generation !== ledger.generation &&
      (this.snapshot.settings.algorithm === 'binpack' || draft.spec.placement.with.length > 0);
    if (kept && !stale) return kept.chooser;
    const counts = this.countsOf(draft);
    const chooser = new Chooser(draft, this.table, ledger, presence, this.snapshot.settings, counts);
    this.choosers.set(draft.name, { chooser, counts, generation: ledger.generation });
    return chooser;
  }

  /** Sets the goal of what is held, and tells whoever counts. */
  turn(draft: AppDraft, slot: SlotDraft, held: Held, goal: Held['goal']): Held {
    const next = slot.adjust(held, {
      goal,
      ...(goal !== 'stop' && isMade(held) && held.stopping ? { stopping: null } : {}),
    });
    const kept = this.choosers.get(draft.name);
    const node = this.table.numbers.get(held.node);
    if (kept && node !== undefined && (held.goal === 'run') !== (goal === 'run'))
      kept.chooser.changed(node, goal === 'run' ? 1 : -1);
    return next;
  }

  /** What came back with its node has its slot again: it counts as one that is not leaving. (The ledger has it already.) */
  restored(draft: AppDraft, assignment: Assignment): void {
    const node = this.table.numbers.get(assignment.node);
    if (node !== undefined) this.choosers.get(draft.name)?.chooser.changed(node, 1);
  }

  funnel(draft: AppDraft): Funnel {
    const kept = this.funnels.get(draft.name);
    if (kept && kept.generation === this.ledger.generation) return kept.funnel;
    const funnel = funnelOf(draft, this.table, this.ledger, this.presence, this.countsOf(draft));
    this.funnels.set(draft.name, { funnel, generation: this.ledger.generation });
    return funnel;
  }

  /** What one node lacks for the app, as a sentence. */
  lack(draft: AppDraft, node: number): string {
    const lacks = lacksOf(draft, node, this.countsOf(draft).get(node) ?? 0, this.ledger, this.presence);
    return `${this.table.label(this.table.nodes[node]!.id)} ${lacks.length > 0 ? lacks.map((lack) => lack.text).join(' and ') : 'still holds this slot'}`;
  }

  /** Nodes where the slot's place is still held by a tombstone. */
  private barred(draft: AppDraft, slot: SlotDraft, place: 'a' | 'b'): Set<number> | undefined {
    const { tombstones } = draft.app;
    if (tombstones.length === 0 && slot.bury.length === 0) return undefined;
    const held = [...tombstones.map((t) => t.assignment), ...slot.bury].filter(
      (t) => t.slot === slot.slot && t.place === place,
    );
    const numbers = held.map((t) => this.table.numbers.get(t.node)).filter((n) => n !== undefined);
    return numbers.length > 0 ? new Set(numbers) : undefined;
  }

  /**
   * Puts a new assignment into the free place of a slot. false: no place is free, or no node fits (and nothing changed).
   * @param options `not`: a node id that will not do; `only`: the one that will; `avoid`: where it just failed
   */
  put(
    draft: AppDraft,
    slot: SlotDraft,
    what: ChangeKind,
    reason: string,
    options: { not?: string; only?: number; avoid?: string | null } = {},
  ): boolean {
    // The other place than the one it leaves behind on a lost node, so that either can come back to its own.
    const buried =
      slot.bury[0]?.place ?? draft.app.tombstones.find((t) => t.assignment.slot === slot.slot)?.assignment.place;
    const place =
      buried !== undefined && slot[buried === 'a' ? 'b' : 'a'] === null ? (buried === 'a' ? 'b' : 'a') : slot.freePlace;
    if (place === null) return false;
    const chooser = this.chooser(draft);
    const barred = this.barred(draft, slot, place);
    const not = options.not === undefined ? undefined : this.table.numbers.get(options.not);
    const exclude = not === undefined ? barred : new Set([...(barred ?? []), not]);
    const scored = this.scored.get(draft.name) ?? 0;
    const detail = scored < scoredDecisions;
    const avoid = options.avoid == null ? null : (this.table.numbers.get(options.avoid) ?? null);
    const choice =
      options.only === undefined
        ? chooser.choose({ ...(exclude ? { exclude } : {}), avoid, scores: detail ? shownScores : 1 })
        : chooser.accepts(options.only) && !exclude?.has(options.only)
          ? { node: options.only, scores: [] }
          : null;
    if (!choice) return false;
    const node = this.table.nodes[choice.node]!.id;
    const others = chooser.countAt(choice.node);
    const because =
      options.only === undefined
        ? `best of ${chooser.candidates} matching ${chooser.candidates === 1 ? 'node' : 'nodes'}: ${others === 0 ? 'none' : others} of ${draft.name} there before, ${Math.round(100 * this.ledger.fullness(choice.node, draft.demand))}% full with it`
        : 'one on every matching node';
    const made: NewAssignment = {
      node,
      place,
      revision: draft.app.record.revision,
      hash: draft.app.hash,
      goal: 'run',
      nudge: 0,
      because,
    };
    slot[place] = made;
    this.ledger.take(choice.node, draft.demand);
    this.presence?.add(draft.name, made);
    chooser.changed(choice.node, 1);
    const kept = this.choosers.get(draft.name)!;
    kept.generation = this.ledger.generation;
    const text = `${draft.name}.${slot.slot}: ${reason}, to ${this.table.label(node)} (${because})`;
    slot.note(what, `${reason}, to ${this.table.label(node)} (${because})`);
    this.scored.set(draft.name, scored + 1);
    this.decisions.push({
      app: draft.name,
      at: this.now,
      slot: slot.slot,
      node,
      text,
      scores: choice.scores.map(({ node: n, score, parts }) => ({
        node: this.table.nodes[n]!.id,
        score: Math.round(score * 1000) / 1000,
        parts,
      })),
    });
    return true;
  }

  /** A change that is no placement, for `why`. */
  decide(
    draft: AppDraft,
    slot: SlotDraft,
    what: ChangeKind,
    node: string | null,
    text: string,
    by: string | null = null,
  ): void {
    slot.note(what, text);
    // What stops by it knows why: its node tells that with its end.
    if (what === 'stop' || what === 'replace')
      for (const held of slot.held)
        if (isMade(held) && held.goal === 'stop' && !held.stopping) slot.adjust(held, { stopping: { text, by } });
    this.decisions.push({
      app: draft.name,
      at: this.now,
      slot: slot.slot,
      node,
      text: `${draft.name}.${slot.slot}: ${text}`,
      scores: [],
    });
  }

  /** Id of what is held, for sentences. */
  nameOf(draft: AppDraft, held: Held): string {
    return isMade(held) ? held.id : draft.name;
  }
}
