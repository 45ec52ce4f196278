// What agents report of their instances: state, replaced and not queued. What it means for records is decided here.
import { isHealthy } from '../../model/instance/instance.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import type { Assignment } from '../../model/assignment.ts';
import type { AgentFrame } from '../../protocol/link.ts';
import type { MasterContext } from '../context.ts';
import type { InstanceEntry } from '../entries.ts';
import type { LastKnown } from './last-known.ts';
import type { Renumbering } from './renumbering.ts';
import type { NodeLink } from '../link/node-link.ts';
import type { Places } from '../planning/places.ts';
import { soundInstance } from '../link/sound.ts';

type Observed = Extract<AgentFrame, { type: 'observed' }>;

/** Stopped as it was told: nothing of it runs, and its agent knows that it is to stop (a failed one may be started again). */
const ended = ({ status, pid, goal }: InstanceView): boolean =>
  (status === 'stopped' || status === 'failed') && pid === null && goal === 'stop';

/** What placement and the shown status decide by; usage, ports and the like are not in it. */
const weightOf = (entry: InstanceEntry): string => {
  const { view } = entry;
  const { status, revision, launch, restarts, goal, epoch } = view;
  const escalated = view.escalated?.launch;
  return [
    entry.standing,
    status,
    revision,
    launch,
    restarts,
    view.readyAt !== null,
    entry.healthySince,
    escalated,
    goal,
    epoch,
  ].join();
};

export class ObservedInstances {
  readonly #context: MasterContext;
  readonly #places: Places;
  readonly #lastKnown: LastKnown;
  readonly #renumbering: Renumbering;
  /** Tombstones that an agent acknowledged without holding them: done with unless it reports them soon. Id -> node, monotonic ms. */
  readonly #absent = new Map<string, { node: string; since: number }>();

  constructor(context: MasterContext, places: Places, lastKnown: LastKnown, renumbering: Renumbering) {
    this.#context = context;
    this.#places = places;
    this.#lastKnown = lastKnown;
    this.#renumbering = renumbering;
  }

  /** All instances of a node, as its hello names them. */
  whole(link: NodeLink, instances: readonly InstanceView[]): void {
    const named = new Set<string>();
    for (const reported of instances) {
      const id = this.#report(link.node, reported);
      if (id !== null) named.add(id);
    }
    for (const id of this.#context.view.instancesOn(link.node)) if (!named.has(id)) this.#gone(link.node, id);
    const entry = this.#context.view.nodes.get(link.node);
    if (entry) entry.reported = true;
  }

  /** @returns false: a report is missing in between, the link must begin again */
  apply(link: NodeLink, frame: Observed): boolean {
    if (frame.run !== link.run) return true;
    if (frame.from === 0)
      this.whole(
        link,
        Object.values(frame.changes).filter((view) => view !== null),
      );
    else if (frame.from !== link.observedSeq) return false;
    else {
      for (const [id, reported] of Object.entries(frame.changes)) {
        if (reported === null) this.#gone(link.node, id);
        else this.#report(link.node, reported);
      }
    }
    link.observedSeq = frame.seq;
    return true;
  }

  #standingOf(node: string, view: InstanceView): InstanceEntry['standing'] {
    if (this.#context.view.dutyOf(node, view.id)) return 'known';
    return view.owner === 'local' ? 'local' : 'unknown';
  }

  #report(node: string, reported: InstanceView): string | null {
    const view = soundInstance(reported, node);
    if (!view) {
      this.#context.warn(`node ${node} reports an instance without a name`);
      return null;
    }
    const state = this.#context.view;
    const before = state.instances.get(view.id);
    const healthy = isHealthy(view);
    const unbroken = before?.healthySince != null && before.view.launch === view.launch && before.node === node;
    const entry: InstanceEntry = {
      view,
      node,
      standing: this.#standingOf(node, view),
      healthySince: healthy ? (unbroken ? before.healthySince : this.#context.clock.now()) : null,
      everReady: (before?.everReady ?? false) || view.readyAt !== null || healthy,
    };
    state.setInstance(entry, !before || weightOf(before) !== weightOf(entry));
    this.#absent.delete(view.id);
    // How far a fetch is need not be kept.
    if (before?.view.status !== 'fetching' || view.status !== 'fetching') this.#lastKnown.changed(view.id);
    if (ended(view)) this.#places.emptied(node, view.id);
    this.#renumbering.reported(node, view);
    return view.id;
  }

  #gone(node: string, id: string): void {
    const entry = this.#context.view.instances.get(id);
    if (entry && entry.node !== node) return;
    this.#context.view.removeInstance(id);
    this.#lastKnown.changed(id);
    this.#places.emptied(node, id);
  }

  /** What has stopped as it was told and holds its place still: a write failed. */
  #review(node: string): void {
    for (const id of this.#context.view.stopsOf(node)) {
      const entry = this.#context.view.instances.get(id);
      if (entry?.node === node && ended(entry.view)) this.#places.emptied(node, id);
    }
  }

  /** An agent took up assignments: what it is to stop and does not hold is done with, after two beats of silence about it. */
  acknowledged(node: string, assignments: Assignment[]): void {
    for (const { id, goal } of assignments) {
      if (goal === 'stop' && this.#context.view.instances.get(id)?.node !== node)
        this.#absent.set(id, { node, since: this.#context.clock.mono() });
    }
  }

  /** A line ended: what its agent acknowledged on it is told, and acknowledged, again on the next one. */
  linkClosed(link: NodeLink): void {
    for (const [id, { node }] of this.#absent) if (node === link.node) this.#absent.delete(id);
  }

  beat(link: NodeLink): void {
    this.#review(link.node);
    this.#renumbering.beat(link.node);
    if (this.#absent.size === 0) return;
    const before = this.#context.clock.mono() - this.#context.times.beatMs;
    for (const [id, { node, since }] of this.#absent) {
      if (node !== link.node || since > before) continue;
      this.#absent.delete(id);
      this.#places.emptied(node, id);
    }
  }
}
