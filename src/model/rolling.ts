// When every instance of an app on a node fails its checks at once (a shared dependency is down), restarting all of them at
// once would only add a stampede: they are restarted in turns (DESIGN section 5, "Health").

/** The app's slots on this node, the asking one included. */
export interface Siblings {
  total: number;
  /** Running, whatever their checks say. */ up: number;
  /** Granted a restart and not yet running or ended again. */ starting: number;
}

/** How many may start at once while none is up: a quarter, at least one. */
export const turnSize = (total: number): number => Math.max(1, Math.ceil(total / 4));

/**
 * Whether a slot that failed its checks has to wait for its siblings. It never waits for one that sits in back-off or is
 * gone, so nobody waits for ever: ask again whenever a sibling begins to run or ends.
 */
export const restartsAreRolled = (siblings: Siblings): boolean => siblings.total > 1 && siblings.up === 0 && siblings.starting >= turnSize(siblings.total);
