// What makes a node better than another for one more instance of an app. Higher is better; all parts add up.
//   spread  minus the number of the app's instances on the same node, in the same rack, ... (each key of `spread` that tells
//           nodes apart once)
//   load    minus at most 0.9 by how full the node is and how many instances it has: only decides between equals. With bin-pack
//           it is plus, and larger than the spread, which then only counts as a share of the scale.
//   prefer  the boosts of the clauses that match: 3 is worth three instances of crowding
import type { AppDraft } from '../draft.ts';
import type { Ledger } from './ledger.ts';
import type { NodeTable } from './node-table.ts';
import type { PlacementSettings } from '../snapshot.ts';

/** To a multiple of 2^-30: sums of such numbers are exact, so that equal nodes score equal in whatever order the parts are added. */
const exact = (value: number): number => Math.round(value * 2 ** 30) / 2 ** 30;

/** A spread key whose values nodes share. */
interface SharedKey {
  name: string;
  /** Number of its value by node; -1: no candidate has it. */ valueOf: Int32Array;
  /** Instances by value. */ counts: number[];
}

export interface Scoring {
  keys: SharedKey[];
  /** Of one instance in a spread count. */
  weight: number;
  /** The part that is the node's own: prefer, load, and its own instances of the app. */
  local(node: number, count: number, ledger: Ledger): number;
  prefer: Float64Array | null;
  ownNode: boolean;
  load(node: number, ledger: Ledger): number;
}

/** Values that candidates share are counted together; a key that is different on every node counts as the node itself. */
function sharedKey(
  name: string,
  table: NodeTable,
  candidates: readonly number[],
  counts: ReadonlyMap<number, number>,
): SharedKey | 'each' | 'all' {
  const values = table.values(name);
  const numbers = new Map<string, number>();
  const valueOf = new Int32Array(table.size).fill(-1);
  for (const node of candidates) {
    const value = values[node]!;
    if (!numbers.has(value)) numbers.set(value, numbers.size);
  }
  if (numbers.size === candidates.length && candidates.length > 1) return 'each';
  if (numbers.size <= 1) return 'all';
  for (let node = 0; node < table.size; node += 1) valueOf[node] = numbers.get(values[node]!) ?? -1;
  const perValue = Array.from({ length: numbers.size }, () => 0);
  for (const [node, count] of counts) if (valueOf[node]! >= 0) perValue[valueOf[node]!]! += count;
  return { name, valueOf, counts: perValue };
}

/** How the nodes are weighed for this app. */
export function spreadOf(
  draft: AppDraft,
  table: NodeTable,
  settings: PlacementSettings,
  candidates: readonly number[],
  counts: ReadonlyMap<number, number>,
): Scoring {
  const { placement } = draft.spec;
  const packs = settings.algorithm === 'binpack';
  const weight = packs ? exact(1 / Math.max(1, draft.app.record.scale)) : 1;
  const keys: SharedKey[] = [];
  let ownNode = placement.spread.length === 0 || placement.spread.includes('id');
  for (const name of new Set(placement.spread)) {
    const key = sharedKey(name, table, candidates, counts);
    if (key === 'each') ownNode = true;
    else if (key !== 'all') keys.push(key);
  }
  let prefer: Float64Array | null = null;
  for (const query of placement.prefer) {
    const weights = table.weighed(query);
    prefer ??= new Float64Array(table.size);
    for (let n = 0; n < weights.length; n += 1) prefer[n]! += exact(weights[n]!);
  }
  const { demand } = draft;
  const load = (node: number, ledger: Ledger): number => {
    const count = ledger.count[node]!;
    const crowd = count / (count + 32);
    const fullness = ledger.fullness(node, demand);
    return exact(packs ? 2 * fullness + 0.5 * crowd : -0.5 * fullness - 0.4 * crowd);
  };
  const own = ownNode ? weight : 0;
  const local = (node: number, count: number, ledger: Ledger): number =>
    (prefer === null ? 0 : prefer[node]!) - own * count + load(node, ledger);
  return { keys, weight, local, prefer, ownNode, load };
}

/** The parts of a score, for people. */
export function partsOf(
  scoring: Scoring,
  node: number,
  count: number,
  ledger: Ledger,
  penalty: number,
): Record<string, number> {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const parts: Record<string, number> = {};
  let spread = scoring.ownNode ? count : 0;
  for (const key of scoring.keys) spread += key.counts[key.valueOf[node]!] ?? 0;
  parts['spread'] = round(0 - scoring.weight * spread);
  parts['load'] = round(scoring.load(node, ledger));
  if (scoring.prefer) parts['prefer'] = round(scoring.prefer[node]!);
  if (penalty > 0) parts['failed'] = -penalty;
  return parts;
}
