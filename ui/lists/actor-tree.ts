// The actors of master and agents as a tree of rows. Pure.
import type { ActorView } from '../../src/protocol/live.ts';
import { statusOfActor } from '../chart/status-of.ts';

interface TreeRow {
  actor: ActorView;
  depth: number;
  /** null: no children. */
  open: boolean | null;
  /** What a closed row says of its children that are not fine: `1 restarting`. */
  below: {
    status: string;
    n: number;
  } | null;
  children: number;
}

const loud = ['failed', 'unhealthy', 'killing', 'restarting', 'starting', 'fetching', 'pending'];
const natural = new Intl.Collator('en', { numeric: true }).compare;

/** Rows from top to bottom. `open` says which actors show their children; a search shows what it finds with all its parents. */
export function treeRows(
  actors: readonly ActorView[],
  open: (actor: ActorView, depth: number) => boolean,
  search: string,
): TreeRow[] {
  const known = new Map(actors.map((a) => [a.id, a]));
  const children = new Map<string | null, ActorView[]>();
  for (const a of actors) {
    const parent = a.parent !== null && known.has(a.parent) ? a.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), a]);
  }
  const want = search.trim().toLowerCase();
  const hit = (a: ActorView): boolean => `${a.id} ${a.label} ${a.machine} ${a.state}`.toLowerCase().includes(want);
  const found = new Map<string, boolean>();
  const within = (a: ActorView): boolean => {
    const done = found.get(a.id);
    if (done !== undefined) return done;
    found.set(a.id, false); // a circle of parents ends here
    const answer = hit(a) || (children.get(a.id) ?? []).some(within);
    found.set(a.id, answer);
    return answer;
  };
  const worst = (a: ActorView): Map<string, number> => {
    const counts = new Map<string, number>();
    const visit = (x: ActorView, depth: number): void => {
      for (const c of children.get(x.id) ?? []) {
        const s = statusOfActor(c.state, c.status);
        counts.set(s, (counts.get(s) ?? 0) + 1);
        if (depth < 6) visit(c, depth + 1);
      }
    };
    visit(a, 0);
    return counts;
  };
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const rank = (a: ActorView): number =>
    a.machine === 'master' ? 0 : a.machine === 'placement' ? 1 : a.machine === 'link' ? 1 : 2;
  const visit = (parent: string | null, depth: number): void => {
    for (const a of [...(children.get(parent) ?? [])].sort((x, y) => rank(x) - rank(y) || natural(x.label, y.label))) {
      if (seen.has(a.id) || (want && !within(a))) continue;
      seen.add(a.id);
      const own = children.get(a.id) ?? [];
      const shows = own.length > 0 && (want ? own.some(within) : open(a, depth));
      const counts = own.length > 0 && !shows ? worst(a) : new Map<string, number>();
      const s = loud.find((status) => counts.has(status) && status !== 'starting' && status !== 'pending');
      rows.push({
        actor: a,
        depth,
        open: own.length > 0 ? shows : null,
        below: s ? { status: s, n: counts.get(s)! } : null,
        children: own.length,
      });
      if (shows) visit(a.id, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}
