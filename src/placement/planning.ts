// The plan in work: what all its steps share. Ledger, presence and choosers are made when the first step asks for them, so that
// a settled cluster costs one look at each slot.
import type { Assignment, Tombstone } from '../model/assignment.ts';
import { Chooser, type Choice } from './choosing/chooser.ts';
import { AppDraft, type Held, type SlotDraft } from './draft.ts';
import { busyDrained } from './steps/drain.ts';
import { barredNodes, placeFor } from './steps/free-place.ts';
import { funnelOf, lacksOf, type Funnel } from './funnel.ts';
import { ledgerOf } from './choosing/in-use.ts';
import type { Ledger } from './choosing/ledger.ts';
import { NodeTable } from './choosing/node-table.ts';
import { Presence } from './choosing/presence.ts';
import {
  isMade,
  type ChangeKind,
  type Decision,
  type NewAssignment,
  type Plan,
  type Snapshot,
  type SnapshotApp,
  type Waiting,
  type WaitingCode,
} from './snapshot.ts';

/** Decisions with scores, of one app and plan; the rest say where and why. */
const scoredDecisions = 20;
const shownScores = 5;

interface PutOptions {
  not?: string;
  only?: number;
  avoid?: string | null;
}

export class Planning {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly table: NodeTable;
  readonly waiting: Waiting[] = [];
  readonly decisions: Decision[] = [];
  readonly tombstones: Tombstone[] = [];
  readonly late: Plan['late'] = [];
  wakeAt: number | null = null;
  readonly #drafts = new Map<string, AppDraft>();
  readonly #choosers = new Map<string, { chooser: Chooser; counts: Map<number, number>; generation: number }>();
  readonly #funnels = new Map<string, { funnel: Funnel; generation: number }>();
  readonly #scored = new Map<string, number>();
  #madeBusy: Set<string> | null = null;
  #madeLedger: Ledger | null = null;
  #madePresence: Presence | null | undefined;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.now = snapshot.now;
    this.table = new NodeTable(snapshot.nodes, snapshot.now);
  }

  draft(app: SnapshotApp): AppDraft {
    let draft = this.#drafts.get(app.record.name);
    if (!draft) this.#drafts.set(app.record.name, (draft = new AppDraft(app)));
    return draft;
  }

  /** Plan again at this time at the latest. */
  wake(at: number | null): void {
    if (at !== null && at > this.now && (this.wakeAt === null || at < this.wakeAt)) this.wakeAt = at;
  }

  wait(draft: AppDraft, slot: number, code: WaitingCode, reason: string): void {
    this.waiting.push({ app: draft.name, slot, code, reason });
  }

  /** An instance of a system app serves what is beside it: it leaves a drained node last, or when the time is up. */
  staysOnDrained(node: string): boolean {
    const deadline = this.snapshot.drainDeadlines.get(node) ?? null;
    this.wake(deadline);
    if (deadline !== null && deadline <= this.now) return false;
    this.#madeBusy ??= busyDrained(this.snapshot, this.table);
    return this.#madeBusy.has(node);
  }

  get ledger(): Ledger {
    return (this.#madeLedger ??= ledgerOf(this.snapshot, this.table));
  }

  /** null: no app says with or without which it wants to be. */
  get presence(): Presence | null {
    if (this.#madePresence === undefined) {
      const concerned = this.snapshot.apps.some(
        ({ spec: { placement } }) => placement.with.length + placement.notWith.length > 0,
      );
      this.#madePresence = concerned
        ? new Presence(
            this.snapshot.apps.map((app) => this.draft(app)),
            this.table,
          )
        : null;
    }
    return this.#madePresence;
  }

  chooser(draft: AppDraft): Chooser {
    const { presence, ledger } = this;
    const kept = this.#choosers.get(draft.name);
    // Others only lower scores, which a chooser corrects by itself; unless packing prefers fuller nodes, or an app it wants came.
    const stale =
      kept &&
      kept.generation !== ledger.generation &&
      (this.snapshot.settings.algorithm === 'binpack' || draft.spec.placement.with.length > 0);
    if (kept && !stale) return kept.chooser;
    const counts = draft.countsByNode(this.table.numbers);
    const chooser = new Chooser(draft, this.table, ledger, presence, this.snapshot.settings, counts);
    this.#choosers.set(draft.name, { chooser, counts, generation: ledger.generation });
    return chooser;
  }

  /** Sets the goal of what is held, and tells whoever counts. */
  turn(draft: AppDraft, slot: SlotDraft, held: Held, goal: Held['goal']): Held {
    const next = slot.adjust(held, {
      goal,
      ...(goal !== 'stop' && isMade(held) && held.stopping ? { stopping: null } : {}),
    });
    const kept = this.#choosers.get(draft.name);
    const node = this.table.numbers.get(held.node);
    if (kept && node !== undefined && (held.goal === 'run') !== (goal === 'run'))
      kept.chooser.changed(node, goal === 'run' ? 1 : -1);
    return next;
  }

  /** What came back with its node has its slot again: it counts as one that is not leaving. (The ledger has it already.) */
  restored(draft: AppDraft, assignment: Assignment): void {
    const node = this.table.numbers.get(assignment.node);
    if (node !== undefined) this.#choosers.get(draft.name)?.chooser.changed(node, 1);
  }

  funnel(draft: AppDraft): Funnel {
    const kept = this.#funnels.get(draft.name);
    if (kept && kept.generation === this.ledger.generation) return kept.funnel;
    const funnel = funnelOf(draft, this.table, this.ledger, this.presence, draft.countsByNode(this.table.numbers));
    this.#funnels.set(draft.name, { funnel, generation: this.ledger.generation });
    return funnel;
  }

  /** What one node lacks for the app, as a sentence. */
  lack(draft: AppDraft, node: number): string {
    const lacks = lacksOf(
      draft,
      node,
      draft.countsByNode(this.table.numbers).get(node) ?? 0,
      this.ledger,
      this.presence,
    );
    const lacking = lacks.map((lack) => lack.text).join(' and ');
    return `${this.table.label(this.table.nodes[node]!.id)} ${lacking || 'still holds this slot'}`;
  }

  /**
   * Puts a new assignment into the free place of a slot. false: no place is free, or no node fits (and nothing changed).
   * @param options `not`: a node id that will not do; `only`: the one that will; `avoid`: where it just failed
   */
  put(draft: AppDraft, slot: SlotDraft, what: ChangeKind, reason: string, options: PutOptions = {}): boolean {
    const place = placeFor(draft, slot);
    if (place === null) return false;
    const chooser = this.chooser(draft);
    const choice = this.#choose(draft, chooser, barredNodes(draft, slot, place, this.table), options);
    if (!choice) return false;
    const node = this.table.nodes[choice.node]!.id;
    const because =
      options.only === undefined ? this.#becauseOf(draft, chooser, choice.node) : 'one on every matching node';
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
    this.#choosers.get(draft.name)!.generation = this.ledger.generation;
    const text = `${reason}, to ${this.table.label(node)} (${because})`;
    slot.note(what, text);
    this.#scored.set(draft.name, (this.#scored.get(draft.name) ?? 0) + 1);
    const scores = choice.scores.map(({ node: n, score, parts }) => ({
      node: this.table.nodes[n]!.id,
      score: Math.round(score * 1000) / 1000,
      parts,
    }));
    this.#decided(draft, slot, node, text, scores);
    return true;
  }

  /** Whether `put` would find a node now. */
  fits(draft: AppDraft, slot: SlotDraft, options: PutOptions): boolean {
    const place = placeFor(draft, slot);
    return (
      place !== null &&
      this.#choose(draft, this.chooser(draft), barredNodes(draft, slot, place, this.table), options) !== null
    );
  }

  #choose(draft: AppDraft, chooser: Chooser, barred: Set<number>, { not, only, avoid }: PutOptions): Choice | null {
    const excluded = not === undefined ? undefined : this.table.numbers.get(not);
    if (excluded !== undefined) barred.add(excluded);
    if (only !== undefined) return chooser.accepts(only) && !barred.has(only) ? { node: only, scores: [] } : null;
    const detail = (this.#scored.get(draft.name) ?? 0) < scoredDecisions;
    return chooser.choose({
      ...(barred.size > 0 ? { exclude: barred } : {}),
      avoid: avoid == null ? null : (this.table.numbers.get(avoid) ?? null),
      scores: detail ? shownScores : 1,
    });
  }

  #becauseOf(draft: AppDraft, chooser: Chooser, node: number): string {
    const full = Math.round(100 * this.ledger.fullness(node, draft.demand));
    const among = chooser.candidates === 1 ? '1 matching node' : `${chooser.candidates} matching nodes`;
    return `best of ${among}: ${chooser.countAt(node) || 'none'} of ${draft.name} there before, ${full}% full with it`;
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
    if (what === 'stop' || what === 'replace' || what === 'move')
      for (const held of slot.held)
        if (isMade(held) && held.goal === 'stop' && !held.stopping) slot.adjust(held, { stopping: { text, by } });
    this.#decided(draft, slot, node, text, []);
  }

  #decided(draft: AppDraft, { slot }: SlotDraft, node: string | null, text: string, scores: Decision['scores']): void {
    this.decisions.push({ app: draft.name, at: this.now, slot, node, text: `${draft.name}.${slot}: ${text}`, scores });
  }

  /** Id of what is held, for sentences. */
  nameOf(draft: AppDraft, held: Held): string {
    return isMade(held) ? held.id : draft.name;
  }
}
