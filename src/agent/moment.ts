// Time and chance of this process, as events carry them into the machines.
import type { Moment } from '../../machines/instance/facts.ts';

/** CLOCK_MONOTONIC in ms: the same for all processes of a boot, so it may be written down and read by a later agent. */
export function monoMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export const moment = (): Moment => ({ at: Date.now(), mono: monoMs(), chance: Math.random() });
