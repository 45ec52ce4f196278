// Nodes and instances as the API shows them: their reports, and what the hub knows beside them.
import type { Assignment } from '../../model/assignment.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { pendingView } from '../../model/instance/pending-view.ts';
import type { NodeView } from '../../model/node.ts';
import type { InstanceEntry, NodeEntry } from '../entries.ts';
import type { View } from '../view.ts';
import { elsewhere } from './other-hub.ts';
import { sharedMachine } from './shared-machine.ts';

const ended = new Set(['stopped', 'failed']);

/**
 * What is given away on a node, as placement counts it: assignments in force there (leaving ones keep theirs; what ended or was given
 * up holds nothing). Instances: those and what was not assigned by this hub.
 */
function allocatedOn(view: View, id: string): NodeView['allocated'] {
  const sum = { cpus: 0, mem: 0, disk: 0, instances: 0 };
  const add = (id: string, app: string, revision: number): void => {
    sum.instances += 1;
    const status = view.instances.get(id)?.view.status;
    if (status !== undefined && ended.has(status)) return;
    const alloc = view.apps.get(app)?.revisions.get(revision)?.doc.spec.resAlloc;
    sum.cpus += alloc?.cpus ?? 0;
    sum.mem += alloc?.mem ?? 0;
    sum.disk += alloc?.disk ?? 0;
  };
  const duties = view.dutiesOf(id);
  for (const { assignment, tombstone } of duties.values())
    if (!tombstone) add(assignment.id, assignment.app, assignment.revision);
  for (const instance of view.instancesOn(id)) {
    const entry = view.instances.get(instance);
    if (entry && !duties.has(instance) && !ended.has(entry.view.status)) sum.instances += 1;
  }
  return sum;
}

/** A node as the API gives it; also the document that node queries match. */
export function nodeView(view: View, entry: NodeEntry): NodeView {
  const { facts, tags, envs } = entry.record.doc;
  return {
    ...facts,
    id: entry.id,
    status: entry.status,
    reason: entry.reason ?? troubleOf(entry) ?? sharedMachine(view.nodes, entry),
    tags: tags ?? facts.tags,
    envs,
    allocated: allocatedOn(view, entry.id),
    load: entry.load,
    beatAt: entry.beatAt,
    link: entry.link,
  };
}

/** Its agent works, but cannot write down what it is told, or start anything. */
function troubleOf({ load }: NodeEntry): NodeView['reason'] {
  if (!load?.trouble) return null;
  const { code, text } = load.trouble;
  const what =
    code === 'disk-short'
      ? 'what runs runs on; what has to start there waits for room'
      : 'is written as soon as it can be; until then this holds only as long as its agent lives';
  return { code, text: `${text}.`, next: { what, at: null } };
}

/** An assignment that its node has not reported yet. */
const pending = (held: Assignment): InstanceView =>
  pendingView(
    held,
    held.node,
    { code: 'placed', text: held.because, next: { what: 'its node starts it', at: null } },
    held.at,
  );

/** The status that is shown, without the rest. */
function shownStatus(view: View, { view: { status }, node, standing }: InstanceEntry): InstanceView['status'] {
  if (ended.has(status)) return status;
  const on = view.nodes.get(node);
  if (on?.status === 'lost') return 'lost';
  if (on?.obeys === false) return 'unknown';
  return standing === 'unknown' ? 'unknown' : status;
}

/** The shown status of every instance, for counts. */
export function* instanceStatuses(view: View): Generator<InstanceView['status']> {
  for (const entry of view.instances.values()) yield shownStatus(view, entry);
  for (const app of view.apps.values()) {
    for (const { doc } of app.slots.values())
      for (const held of [doc.a, doc.b]) if (held && !view.instances.has(held.id)) yield 'pending';
  }
}

function shown(view: View, entry: InstanceEntry): InstanceView {
  const duty = view.dutyOf(entry.node, entry.view.id);
  const node = view.nodes.get(entry.node);
  const base =
    duty && duty.assignment.goal !== entry.view.goal ? { ...entry.view, goal: duty.assignment.goal } : entry.view;
  const status = shownStatus(view, entry);
  if (status === 'lost' && node) {
    return {
      ...base,
      status: 'lost',
      reason: {
        code: 'node-lost',
        text: `Its node ${node.record.doc.facts.hostname} is silent since ${new Date(Math.max(entry.view.at, node.beatAt)).toISOString()}`,
        next: null,
      },
    };
  }
  if (status === 'unknown') {
    if (node && !node.obeys) return { ...base, status: 'unknown', reason: elsewhere(entry.node) };
    const lost = view.lost.has(base.app) && !view.apps.has(base.app);
    const decided = lost
      ? `stathub recover ${base.app}, as its app is lost`
      : `stathub adopt ${base.id}, or stathub stop ${base.id}`;
    return {
      ...base,
      status: 'unknown',
      reason: {
        code: 'not-assigned',
        text: 'It runs, but no assignment of this hub names it; it runs on until an operator decides',
        next: { what: decided, at: null },
      },
    };
  }
  return base;
}

/** One instance as the API gives it; null when neither a record nor a report names it. */
export function instanceView(view: View, id: string): InstanceView | null {
  const entry = view.instances.get(id);
  if (entry) return shown(view, entry);
  const held = view.assignment(id);
  return held ? pending(held) : null;
}

/** Every instance: what nodes report, and what is assigned but not yet reported. */
export function* instanceViews(view: View): Generator<InstanceView> {
  for (const entry of view.instances.values()) yield shown(view, entry);
  for (const app of view.apps.values()) {
    for (const { doc } of app.slots.values())
      for (const held of [doc.a, doc.b]) if (held && !view.instances.has(held.id)) yield pending(held);
  }
}
