// Why an app or an instance is as it is, and what a change would do: the plan's words, and the events that name it.
import type { AppSpec } from '../model/app.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { InstanceView } from '../model/instance.ts';
import { diffSpecs } from '../model/restart-fields.ts';
import { place } from '../placement/place.ts';
import { isNew } from '../placement/snapshot.ts';
import type { Snapshot } from '../placement/snapshot.ts';
import { restartHash } from '../protocol/hash.ts';
import type { PlanView, WhyView } from '../protocol/views.ts';
import { appView } from './app-status.ts';
import type { Given } from './apps.ts';
import type { ClusterParts } from './cluster.ts';
import type { MasterContext } from './context.ts';
import type { AppEntry } from './entries.ts';
import { Assembly, snapshotPieces } from './snapshot.ts';

/** Events shown. */
const EVENTS = 20;
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

async function eventsOf(context: MasterContext, subject: 'app' | 'instance', id: string): Promise<ClusterEvent[]> {
  return (await context.events.read({ query: `subject.${subject}:${quoted(id)}`, newestFirst: true, limit: EVENTS })).items;
}

function snapshotOf({ context, frozenUntil, settings }: ClusterParts): Snapshot {
  const assembly = new Assembly(context.clock.now(), frozenUntil(), settings);
  for (const piece of snapshotPieces(context.view, context.leadership.hub, new Map())) assembly.add(piece);
  return assembly.snapshot;
}

export async function whyApp(parts: ClusterParts, entry: AppEntry): Promise<WhyView> {
  const { status, reason } = appView(parts.context.view, entry);
  return { subject: entry.name, status, reason, funnel: [], nearest: [], waiting: entry.waiting, decisions: entry.decisions, events: await eventsOf(parts.context, 'app', entry.name) };
}

export async function whyInstance(parts: ClusterParts, view: InstanceView): Promise<WhyView> {
  const entry = parts.context.view.apps.get(view.app);
  return {
    subject: view.id, status: view.status, reason: view.reason, funnel: [], nearest: [],
    waiting: entry?.waiting.filter(({ slot }) => slot === view.slot) ?? [],
    decisions: entry?.decisions.filter(({ slot }) => slot === view.slot) ?? [],
    events: await eventsOf(parts.context, 'instance', view.id),
  };
}

/** What a spec would do, without doing it: planned on a copy of the cluster in which it is in force. */
export function planApp(parts: ClusterParts, spec: AppSpec, given: Given): PlanView {
  const { view, clock, leadership: { term } } = parts.context;
  const entry = view.apps.get(spec.name);
  const current = entry && view.inForce(entry);
  const now = clock.now();
  const scale = given.scale || !entry ? spec.placement.scale : entry.record.doc.scale;
  const start = given.start || !entry ? spec.start : entry.record.doc.start;
  const whole = { ...spec, start, placement: { ...spec.placement, scale } };
  const base = current && entry ? { ...current.spec, start: entry.record.doc.start, placement: { ...current.spec.placement, scale: entry.record.doc.scale } } : null;
  const changes = base ? diffSpecs(base, whole) : [];

  const snapshot = snapshotOf(parts);
  const app = snapshot.apps.find(({ record }) => record.name === spec.name);
  const hash = current && !changes.some(({ restarts }) => restarts) ? current.hash : restartHash(whole);
  if (app && current) {
    app.older.set(app.record.revision, current.spec);
    Object.assign(app, { spec: whole, hash, record: { ...app.record, scale, start, revision: changes.length > 0 ? app.record.revision + 1 : app.record.revision } });
  } else {
    snapshot.apps.push({
      record: { name: spec.name, revision: 1, scale, start, deleting: false, restartedAt: null, createdAt: now, updatedAt: now, term },
      spec: whole, hash, older: new Map(), slots: [], seen: new Map(), tombstones: [], held: new Map(),
    });
  }
  const plan = place(snapshot);
  const steps = plan.changes.filter((change) => change.app === spec.name).map(({ slot, what, a, b, reason }) => {
    const made = [a, b].find((held) => held && isNew(held)) ?? a ?? b;
    return { slot, what, node: made?.node ?? null, reason };
  });
  const waiting = plan.waiting.filter((item) => item.app === spec.name);
  return { app: spec.name, changes, steps: [...steps, ...waiting.map(({ slot, reason }) => ({ slot, what: 'wait' as const, node: null, reason }))], summary: summaryOf(steps, waiting.length, !entry), waiting };
}

function summaryOf(steps: PlanView['steps'], waiting: number, created: boolean): string {
  const count = (what: string): number => steps.filter((step) => step.what === what).length;
  const parts = [[count('place'), 'to place'], [count('replace'), 'to replace'], [count('move'), 'to move'], [count('stop'), 'to stop'], [waiting, 'waiting']] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `${created ? 'New app: ' : ''}${said.join(', ') || 'nothing to do'}`;
}
