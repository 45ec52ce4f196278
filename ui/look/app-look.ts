// What an app's line says about now. Pure.
import type { AppView } from '../../src/model/app/app.ts';
import type { InstanceView } from '../../src/model/instance/instance.ts';
import { missingSlots, statusOrder } from '../hub/needs.ts';
import { worstStatus } from './map-layout.ts';

/** Status by whose glyph and colour an app is shown. */
export function appStatus(app: AppView, list: readonly InstanceView[]): string {
  if (app.deleting) return 'killing';
  if (!app.start) return 'stopped';
  if (app.status === 'running') return 'running';
  const statuses = list.filter((i) => i.goal === 'run').map((i) => i.status as string);
  if (missingSlots(app, list).length > 0) statuses.push('pending');
  const worst = worstStatus(statuses);
  if (worst !== 'running') return worst;
  return app.status === 'deploying'
    ? 'starting'
    : app.status === 'failed'
      ? 'failed'
      : app.status === 'waiting'
        ? 'pending'
        : 'unhealthy';
}

/** Instances by status that are not running, in the order of statuses: `[['restarting', 1], ['pending', 1]]`. */
export function notRunning(app: AppView, list: readonly InstanceView[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const i of list)
    if (i.status !== 'running' && i.goal !== 'stop') counts.set(i.status, (counts.get(i.status) ?? 0) + 1);
  const missing = missingSlots(app, list).length;
  if (missing > 0) counts.set('pending', (counts.get('pending') ?? 0) + missing);
  return statusOrder.filter((s) => counts.has(s)).map((s) => [s, counts.get(s)!]);
}

/** Sums over instances; null where no instance reports. */
export function usageOf(list: readonly InstanceView[]): { cpu: number | null; mem: number | null } {
  let cpu: number | null = null;
  let mem: number | null = null;
  for (const i of list) {
    if (i.usage?.cpu != null) cpu = (cpu ?? 0) + i.usage.cpu;
    if (i.usage?.mem != null) mem = (mem ?? 0) + i.usage.mem;
  }
  return { cpu, mem };
}
