// Chooses nodes for the instances of one app. Every matching node is scored once; after that only what a placement changed is
// scored again: scores only fall while instances are added, so an old score is an upper bound and is corrected when it comes
// to the top. Nodes that share the value of a spread key (a rack, a zone) fall together: each such group is a heap of its own
// with one common offset.
import type { Demand } from './demand.ts';
import type { AppDraft } from '../draft.ts';
import type { Ledger } from './ledger.ts';
import type { NodeTable } from './node-table.ts';
import type { Presence } from './presence.ts';
import { ScoreHeap } from './score-heap.ts';
import { partsOf, spreadOf } from './scoring.ts';
import type { Scoring } from './scoring.ts';
import type { PlacementSettings } from '../snapshot.ts';

export interface Choice {
  node: number;
  /** Best first, the chosen one first of all; only where asked for. */
  scores: { node: number; score: number; parts: Record<string, number> }[];
}
interface Wish {
  /** Never these. */
  exclude?: ReadonlySet<number>;
  /** Only if nothing else is nearly as good: where it just failed. */
  avoid?: number | null;
  /** How many scores to give with the choice. */
  scores?: number;
}

/** What a node loses for having just failed the slot: as much as ten others of the app there. */
const failedPenalty = 10;

interface Group {
  values: Int32Array;
  heap: ScoreHeap;
  stamp: number;
}

export class Chooser {
  /** Nodes that match and take work, whether or not there is room. */
  readonly candidates: number;
  readonly #draft: AppDraft;
  readonly #ledger: Ledger;
  readonly #presence: Presence | null;
  readonly #scoring: Scoring;
  readonly #demand: Demand;
  readonly #counts: Map<number, number>;
  readonly #groups: Group[] = [];
  readonly #groupOf: Int32Array;
  readonly #stamps: Int32Array;
  readonly #top = new ScoreHeap();

  /** @param counts instances of the app that are not leaving, by node */
  constructor(
    draft: AppDraft,
    table: NodeTable,
    ledger: Ledger,
    presence: Presence | null,
    settings: PlacementSettings,
    counts: Map<number, number>,
  ) {
    this.#draft = draft;
    this.#ledger = ledger;
    this.#presence = presence?.concerns(draft) ? presence : null;
    this.#demand = draft.demand;
    this.#counts = counts;
    const matched = table.matches(draft.spec.placement.query);
    const candidates: number[] = [];
    for (let n = 0; n < table.size; n += 1) if (matched[n] === 1 && table.takesWork(n)) candidates.push(n);
    this.candidates = candidates.length;
    this.#scoring = spreadOf(draft, table, settings, candidates, counts);
    this.#groupOf = new Int32Array(table.size).fill(-1);
    this.#stamps = new Int32Array(table.size);
    this.#fill(candidates);
  }

  #fill(candidates: readonly number[]): void {
    const { keys } = this.#scoring;
    const known = new Map<string, number>();
    for (const node of candidates) {
      const values = keys.map((key) => key.valueOf[node]!);
      const name = values.join(' ');
      let group = known.get(name);
      if (group === undefined) {
        known.set(name, (group = this.#groups.length));
        this.#groups.push({ values: Int32Array.from(values), heap: new ScoreHeap(), stamp: 0 });
      }
      this.#groupOf[node] = group;
      if (this.feasible(node)) this.#groups[group]!.heap.push(node, this.#localScore(node), 0);
    }
    for (let group = 0; group < this.#groups.length; group += 1) this.#offer(group);
  }

  /** There is room for one more of the app. */
  feasible(node: number): boolean {
    const { maxPerNode } = this.#draft.spec.placement;
    if (maxPerNode !== null && (this.#counts.get(node) ?? 0) >= maxPerNode) return false;
    return (
      this.#ledger.fits(node, this.#demand) &&
      (this.#presence === null || this.#presence.obstacle(this.#draft, node) === null)
    );
  }

  /** Matches and takes work, and there is room. */
  accepts(node: number): boolean {
    return this.#groupOf[node]! >= 0 && this.feasible(node);
  }

  countAt(node: number): number {
    return this.#counts.get(node) ?? 0;
  }

  #localScore(node: number): number {
    return this.#scoring.local(node, this.#counts.get(node) ?? 0, this.#ledger);
  }

  #offset(group: Group): number {
    let offset = 0;
    for (let k = 0; k < this.#scoring.keys.length; k += 1)
      offset -= this.#scoring.weight * this.#scoring.keys[k]!.counts[group.values[k]!]!;
    return offset;
  }

  /** Brings the true best of a group to its top; false: none is left. */
  #settle(group: Group): boolean {
    const { heap } = group;
    while (heap.size > 0) {
      const node = heap.topItem;
      if (heap.topStamp !== this.#stamps[node] || !this.feasible(node)) {
        heap.pop();
        continue;
      }
      const score = this.#localScore(node);
      if (score >= heap.topScore) return true;
      heap.lowerTop(score);
    }
    return false;
  }

  /** Enters a group with its best node: of equally good nodes the first, whichever group it is in. */
  #offer(index: number): void {
    const group = this.#groups[index]!;
    if (!this.#settle(group)) return;
    group.stamp += 1;
    this.#top.push(group.heap.topItem, this.#offset(group) + group.heap.topScore, group.stamp);
  }

  /** Takes the best node out of the heaps; null: none fits. */
  #takeBest(): { node: number; score: number } | null {
    const top = this.#top;
    while (top.size > 0) {
      const node = top.topItem;
      const index = this.#groupOf[node]!;
      const group = this.#groups[index]!;
      if (top.topStamp !== group.stamp || !this.#settle(group)) {
        top.pop();
        continue;
      }
      const score = this.#offset(group) + group.heap.topScore;
      const asEntered = group.heap.topItem === node && score === top.topScore;
      top.pop();
      if (asEntered) group.heap.pop();
      this.#offer(index);
      if (asEntered) return { node, score };
    }
    return null;
  }

  #putBack(node: number): void {
    const index = this.#groupOf[node]!;
    this.#stamps[node]! += 1;
    this.#groups[index]!.heap.push(node, this.#localScore(node), this.#stamps[node]!);
  }

  /** The best node, or null when none fits. Nothing is placed yet: tell with `changed`. */
  choose(wish: Wish = {}): Choice | null {
    const { exclude, avoid = null, scores = 1 } = wish;
    const out: number[] = [];
    const found: { node: number; score: number }[] = [];
    while (found.length < scores + (avoid === null ? 0 : 1)) {
      const best = this.#takeBest();
      if (!best) break;
      out.push(best.node);
      if (exclude?.has(best.node)) continue;
      found.push(best.node === avoid ? { node: best.node, score: best.score - failedPenalty } : best);
    }
    const touched = new Set<number>();
    for (const node of out) {
      this.#putBack(node);
      touched.add(this.#groupOf[node]!);
    }
    for (const group of touched) this.#offer(group);
    found.sort((x, y) => y.score - x.score || x.node - y.node);
    const [first] = found;
    if (!first) return null;
    return {
      node: first.node,
      scores:
        scores > 1
          ? found.slice(0, scores).map(({ node, score }) => ({ node, score, parts: this.#parts(node, node === avoid) }))
          : [],
    };
  }

  #parts(node: number, failedThere: boolean): Record<string, number> {
    return partsOf(this.#scoring, node, this.countAt(node), this.#ledger, failedThere ? failedPenalty : 0);
  }

  /** One more, or one less, that is not leaving. The ledger was changed before. */
  changed(node: number, by: 1 | -1): void {
    this.#counts.set(node, (this.#counts.get(node) ?? 0) + by);
    const index = this.#groupOf[node]!;
    for (const key of this.#scoring.keys) {
      const value = key.valueOf[node]!;
      if (value >= 0) key.counts[value]! += by;
    }
    if (index < 0) {
      if (by < 0 && this.#scoring.keys.length > 0)
        for (let group = 0; group < this.#groups.length; group += 1) this.#offer(group);
      return;
    }
    this.#putBack(node);
    // Fewer of it: every node of the same rack or zone is better than its old score says.
    if (by < 0 && this.#scoring.keys.length > 0)
      for (let group = 0; group < this.#groups.length; group += 1) this.#offer(group);
    else this.#offer(index);
  }
}
