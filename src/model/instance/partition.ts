// `placement.onPartition: stop-self` in numbers: what is cut off from its master has ended by itself before the
// master starts it elsewhere. Both sides compute from the times in the master's welcome; both count from a beat: the agent from
// the sending of the last one that was acknowledged, the master from its coming, which is later. Their clocks need not agree.

/** Of the time until a node is lost, the part that a program is given to end: 20 s of 30. */
const mostGrace = 2 / 3;
/** The master waits this much longer than until a node is lost: 35 s of 30. */
const margin = 7 / 6;

interface SelfStop {
  /** ms after the sending of the last acknowledged beat at which the program is asked to end. */
  afterMs: number;
  /** ms from then until it is killed: its kill timeout, or less. */
  graceMs: number;
}

/**
 * When a program stops itself.
 * @param lostMs silence after which the master calls a node lost
 * @param killTimeoutMs of the app
 */
export function selfStop(lostMs: number, killTimeoutMs: number): SelfStop {
  const graceMs = Math.max(0, Math.min(killTimeoutMs, lostMs * mostGrace));
  return { afterMs: lostMs - graceMs, graceMs };
}

/** Silence of a node, ms, after which the master starts elsewhere what stops itself there. */
export const replaceAfterMs = (lostMs: number): number => lostMs * margin;
