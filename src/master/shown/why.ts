// Why an app or an instance is as it is, and what a change would do: the plan's words, and the events that name it.
import type { AppSpec } from '../../model/app/app.ts';
import { filledIn } from '../../model/app/app-schema.ts';
import type { ClusterEvent } from '../../model/event.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { diffSpecs } from '../../model/app/restart-fields.ts';
import { restartHash } from '../../protocol/hash.ts';
import type { PlanView, WhyView } from '../../protocol/views.ts';
import { appView } from './app-status.ts';
import type { Given } from '../apps/apps.ts';
import type { ClusterParts } from '../requests/parts.ts';
import type { MasterContext } from '../context.ts';
import type { AppEntry } from '../entries.ts';

/** Events shown. */
const eventsShown = 20;
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

async function eventsOf(context: MasterContext, subject: 'app' | 'instance', id: string): Promise<ClusterEvent[]> {
  return (
    await context.events.read({ query: `subject.${subject}:${quoted(id)}`, newestFirst: true, limit: eventsShown })
  ).items;
}

export async function whyApp(parts: ClusterParts, entry: AppEntry): Promise<WhyView> {
  const { status, reason } = appView(parts.context.view, entry, parts.context.leadership.hub);
  const { funnel, nearest } = await parts.planner.ask({ kind: 'why', more: 0, app: entry.name });
  return {
    subject: entry.name,
    status,
    reason,
    funnel,
    nearest,
    waiting: entry.waiting.map(({ slot, reason }) => ({ slot, reason })),
    decisions: entry.decisions,
    events: await eventsOf(parts.context, 'app', entry.name),
  };
}

export async function whyInstance(parts: ClusterParts, view: InstanceView): Promise<WhyView> {
  const entry = parts.context.view.apps.get(view.app);
  return {
    subject: view.id,
    status: view.status,
    reason: view.reason,
    funnel: [],
    nearest: [],
    waiting:
      entry?.waiting.filter(({ slot }) => slot === view.slot).map(({ slot, reason }) => ({ slot, reason })) ?? [],
    decisions: entry?.decisions.filter(({ slot }) => slot === view.slot) ?? [],
    events: await eventsOf(parts.context, 'instance', view.id),
  };
}

/** What a spec would do, without doing it: planned on a copy of the cluster in which it is in force. */
export async function planApp({ context, planner }: ClusterParts, spec: AppSpec, given: Given): Promise<PlanView> {
  const {
    view,
    clock,
    leadership: { term },
  } = context;
  const entry = view.apps.get(spec.name);
  const now = clock.now();
  const before = entry?.record.doc ?? {
    name: spec.name,
    revision: 0,
    scale: spec.placement.scale,
    start: spec.start,
    deleting: false,
    restartedAt: null,
    createdAt: now,
    updatedAt: now,
    term,
  };
  const scale = given.scale ? spec.placement.scale : before.scale;
  const start = given.start ? spec.start : before.start;
  const whole = withForce(spec, scale, start);
  const current = entry && view.inForce(entry);
  const changes = current ? diffSpecs(withForce(filledIn(current.spec), before.scale, before.start), whole) : [];
  const hash = current && !changes.some(({ restarts }) => restarts) ? current.hash : restartHash(whole);
  const record = { ...before, scale, start, revision: before.revision + (current && changes.length === 0 ? 0 : 1) };
  return {
    app: spec.name,
    changes,
    ...(await planner.ask({ kind: 'preview', more: scale, record, spec: whole, hash })),
  };
}

const withForce = (spec: AppSpec, scale: number, start: boolean): AppSpec => ({
  ...spec,
  start,
  placement: { ...spec.placement, scale },
});
