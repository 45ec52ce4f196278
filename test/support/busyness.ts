// How busy this machine is now, so that a bound on time means the same on a busy one.
import { availableParallelism, loadavg } from 'node:os';

/** How much longer than its own time a piece of work takes now, at least 1. */
export function busyness(): number {
  const cpu = process.cpuUsage();
  const at = performance.now();
  let text = '';
  for (let n = 0; n < 200_000; n += 1) text = JSON.stringify({ n, text: text.slice(0, 20) });
  const used = process.cpuUsage(cpu);
  return Math.max(1, (performance.now() - at) / ((used.user + used.system) / 1_000));
}

/**
 * Whether what took `ms` kept to its bound; one that did not is given as much longer as the machine is busy now or was in the last
 * minute, and twice that.
 */
export function keptTo(boundMs: number, ms: number): boolean {
  return ms < boundMs || ms < 2 * boundMs * Math.max(busyness(), crowding());
}

/** How many times more wants to run than there are cores, over the last minute: 1 (all have room) to 4 (or more). */
export function crowding(): number {
  return Math.min(4, Math.max(1, loadavg()[0]! / availableParallelism()));
}
