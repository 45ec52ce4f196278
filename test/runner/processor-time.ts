// How much processor time each test file took, with all that it started and waited for.
import { statOf } from './process-start.ts';

const ticksPerSecond = 100; // USER_HZ, the same on all of Linux

/**
 * Processor seconds, user and system, of this process's children that have ended (proc(5), stat: cutime and cstime, with
 * theirs). NaN: not known.
 * What outlives its parent is in nobody's account: launchers and programs that a daemon left to itself.
 */
function ofEndedChildren(): number {
  const stat = statOf(process.pid);
  return stat ? (Number(stat[13]) + Number(stat[14])) / ticksPerSecond : Number.NaN;
}

let before = ofEndedChildren();

/**
 * What ended since the last call took. To be called at each child's end, before anything else runs: Node tells of ends one by
 * one; only of two at the same moment the first bears both.
 */
export function sinceLastEnd(): number {
  const now = ofEndedChildren();
  const taken = now - before;
  before = now;
  return taken;
}
