// When every instance of an app on a node fails its checks at once (a shared dependency is down), restarting all of them at
// once would only add a stampede and take down what still answers: they are restarted in turns.

/** The app's slots on this node, the asking one included. */
export interface Siblings {
  total: number;
  /** Running, and no live check beyond its limit. */ healthy: number;
  /** Being ended for their health, or ended for it and not running again yet, back-off included. */ underWay: number;
  /** Not running yet for any other reason. */ starting: number;
}

/** How many may be under way at once: a quarter, at least one. */
export const turnSize = (total: number): number => Math.max(1, Math.ceil(total / 4));

/**
 * Whether a slot that failed its checks has to wait for its siblings before it is ended and started again. As long as half of them
 * are healthy it is its own trouble, and it does not wait. Beyond that it is not: their checks do not fail in the same instant, and
 * all but the last would be ended together. It waits for nobody who is gone or whose start failed, so nobody waits for ever: ask
 * again whenever a sibling begins to run or ends.
 */
export function restartsAreRolled({ total, healthy, underWay, starting }: Siblings): boolean {
  if (total <= 1 || healthy * 2 >= total) return false;
  return underWay + (healthy === 0 ? starting : 0) >= turnSize(total);
}
