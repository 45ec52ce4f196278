// When every instance of an app on a node fails its checks at once (a shared dependency is down), restarting all of them at
// once would only add a stampede and take down what still answers: they are restarted in turns (DESIGN section 5, "Health").

/** The app's slots on this node, the asking one included. */
export interface Siblings {
  total: number;
  /** Running, and no live check beyond its limit. */ healthy: number;
  /** Being ended for their health, or started again since and not running yet. */ underWay: number;
}

/** How many may be under way at once while none is healthy: a quarter, at least one. */
export const turnSize = (total: number): number => Math.max(1, Math.ceil(total / 4));

/**
 * Whether a slot that failed its checks has to wait for its siblings before it is ended and started again. It never waits
 * for one that sits in back-off or is gone, so nobody waits for ever: ask again whenever a sibling begins to run or ends.
 */
export const restartsAreRolled = (siblings: Siblings): boolean => siblings.total > 1 && siblings.healthy === 0 && siblings.underWay >= turnSize(siblings.total);
