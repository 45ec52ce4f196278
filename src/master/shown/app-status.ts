// What is shown of an app, an instance and a node: derived from records and reports, stored nowhere.
import type { AppStatus, AppView, Reason } from '../../model/app/app.ts';
import type { Assignment } from '../../model/assignment.ts';
import { isHealthy } from '../../model/instance/instance.ts';
import type { WaitingCode } from '../../placement/snapshot.ts';
import type { AppEntry, InstanceEntry } from '../entries.ts';
import type { View } from '../view.ts';
import { appElsewhere } from './other-hub.ts';

interface Tally {
  live: number;
  running: number;
  healthy: number;
  settled: number;
  failed: number;
  /** Did their work, and are not started again. */
  done: number;
  current: number;
  beginning: number;
  troubled: number;
  lost: number;
  leaving: number;
  /** On nodes of another hub. */
  elsewhere: number;
  elsewhereOn: string;
  /** The worst instance's own reason. */
  trouble: { id: string; reason: Reason | null; status: string } | null;
  /** How the work of one that is done ended. */
  work: Reason | null;
}

const gone = new Set(['stopped', 'failed']);

function tallyOf(view: View, entry: AppEntry): Tally {
  const tally: Tally = {
    live: 0,
    running: 0,
    healthy: 0,
    settled: 0,
    failed: 0,
    done: 0,
    current: 0,
    beginning: 0,
    troubled: 0,
    lost: 0,
    leaving: 0,
    elsewhere: 0,
    elsewhereOn: '',
    trouble: null,
    work: null,
  };
  const { hash } = view.inForce(entry);
  const count = (held: Assignment): void => {
    const instance: InstanceEntry | undefined = view.instances.get(held.id);
    const reported = instance?.view.status ?? 'pending';
    // What has ended is no less over for the silence of its node.
    const node = gone.has(reported) ? undefined : view.nodes.get(held.node);
    const elsewhere = node?.obeys === false && node.status !== 'lost';
    const status = node?.status === 'lost' ? 'lost' : elsewhere ? 'unknown' : reported;
    if (elsewhere) {
      tally.elsewhere += 1;
      tally.elsewhereOn ||= held.node;
    }
    if (!gone.has(status)) tally.live += 1;
    if (status === 'running') tally.running += 1;
    const healthy = instance !== undefined && status === 'running' && isHealthy(instance.view);
    if (healthy) tally.healthy += 1;
    if (held.goal !== 'run') {
      tally.leaving += 1;
      return;
    }
    tally.settled += 1;
    if (held.hash === hash) tally.current += 1;
    if (status === 'stopped') {
      tally.done += 1;
      tally.work ??= instance?.view.reason ?? null;
      return;
    }
    if (status === 'failed') tally.failed += 1;
    else if (status === 'lost') tally.lost += 1;
    else if (status === 'fetching' && instance?.view.reason) tally.troubled += 1; // it cannot fetch: a try has failed
    else if (status === 'pending' || status === 'fetching' || status === 'starting') tally.beginning += 1;
    else if (!healthy) tally.troubled += 1;
    if (!healthy && (!tally.trouble || status === 'failed'))
      tally.trouble = { id: held.id, reason: instance?.view.reason ?? null, status };
  };
  for (const { doc } of entry.slots.values()) for (const held of [doc.a, doc.b]) if (held) count(held);
  return tally;
}

const because = (code: string, text: string, next: Reason['next'] = null): Reason => ({ code, text, next });
const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Why a slot is empty that should not be. The others are steps of something that goes on. */
const blocking = new Set<WaitingCode>(['no-node', 'unknown-instance', 'dependency', 'frozen', 'partition', 'cron']);

function statusOf(entry: AppEntry, wanted: number, t: Tally): { status: AppStatus; reason: Reason | null } {
  const { start, deleting, scale } = entry.record.doc;
  const elsewhere = t.elsewhere > 0 ? appElsewhere(t.elsewhere, t.elsewhereOn) : null;
  if (deleting)
    return {
      status: 'deleting',
      reason:
        elsewhere ?? because('deleting', `${some(t.live, 'instance')} still stopping`, { what: 'gone', at: null }),
    };
  if (!start)
    return {
      status: 'stopped',
      reason:
        t.live > 0
          ? (elsewhere ??
            because('stopping', `${some(t.live, 'instance')} still stopping`, { what: 'stopped', at: null }))
          : null,
    };
  if (elsewhere) return { status: 'degraded', reason: elsewhere };
  if (wanted === 0)
    return {
      status: 'stopped',
      reason: because(scale === 0 ? 'scale-0' : 'no-node', scale === 0 ? 'Scaled to 0' : 'No node matches'),
    };
  if (t.failed > 0 && t.failed === t.settled)
    return { status: 'failed', reason: t.trouble?.reason ?? because('failed', 'Every instance has failed') };
  const blocked = entry.waiting.filter(({ code }) => blocking.has(code));
  if (blocked.length > 0) {
    const next = { what: 'placed as soon as a node fits', at: null };
    const text = `${some(blocked.length, 'slot')} waiting: ${blocked[0]!.reason}`;
    return { status: t.healthy > 0 ? 'degraded' : 'waiting', reason: because('waiting', text, next) };
  }
  if (t.troubled + t.failed + t.lost > 0) {
    const { trouble } = t;
    return {
      status: 'degraded',
      reason: trouble?.reason ?? because(trouble?.status ?? 'degraded', `${trouble?.id} is ${trouble?.status}`),
    };
  }
  const held = entry.waiting.find(({ code }) => code === 'update' || code === 'drain');
  if (held) return { status: 'deploying', reason: because('waiting', held.reason) };
  if (t.current < wanted || t.leaving > 0)
    return {
      status: 'deploying',
      reason: because('deploying', `${t.current} of ${wanted} at revision ${entry.record.doc.revision}`, {
        what: 'next batch when these are healthy',
        at: null,
      }),
    };
  if (t.done === t.settled) return { status: 'stopped', reason: t.work };
  if (t.beginning > 0)
    return {
      status: 'deploying',
      reason: t.trouble?.reason ?? because('starting', `${t.healthy} of ${wanted} healthy`),
    };
  return { status: 'running', reason: null };
}

/** How many instances an app should have now. A `system` app has one a slot that placement made. */
function wantedOf(view: View, entry: AppEntry): number {
  const { start, deleting, scale } = entry.record.doc;
  if (!start || deleting) return 0;
  return view.inForce(entry).spec.type === 'system' ? entry.slots.size + entry.waiting.length : scale;
}

/** An app as the API gives it. @param hub a lone agent's is called `local` */
export function appView(view: View, entry: AppEntry, hub: string): AppView {
  const { term: _term, ...record } = entry.record.doc;
  const { spec } = view.inForce(entry);
  const wanted = wantedOf(view, entry);
  const tally = tallyOf(view, entry);
  return {
    ...record,
    ...statusOf(entry, wanted, tally),
    // What is in force: a GET that is PUT again changes nothing.
    spec: { ...spec, start: record.start, placement: { ...spec.placement, scale: record.scale } },
    owner: hub === 'local' ? 'local' : 'hub',
    instances: { wanted, running: tally.running, healthy: tally.healthy, total: tally.live },
    version: entry.record.version,
  };
}
