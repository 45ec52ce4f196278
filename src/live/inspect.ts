// The steps of one actor, while somebody watches it. Nothing is attached before the first watcher and nothing stays after the
// last. In the actor's path only references are kept; they become frames ten times a second.
import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import { chartOf, edgesOf, type EdgesOf } from '../../machines/chart/chart.ts';
import type { InspectFrame } from '../protocol/live.ts';
import { bounded } from './bounded.ts';

const flushMs = 100;
/** Most steps of one flush; the numbers of the frames tell that older ones were left out. */
const maxSteps = 50;
/** How often an actor that says nothing is looked at: a crash of a root actor is announced to nobody. */
const lookMs = 1000;

interface Step {
  seq: number;
  at: number;
  event: string;
  source: string | null;
  edges: string[];
  snapshot: AnyMachineSnapshot;
}
export type InspectListener = (frame: InspectFrame) => void;

export const machineOf = (actor: AnyActorRef): AnyStateMachine | null => {
  const logic = (actor as unknown as { logic?: { root?: unknown } }).logic;
  return logic?.root ? (logic as unknown as AnyStateMachine) : null;
};

/** Active states, parents first, in document order. */
function activePaths(snapshot: unknown): string[] {
  const nodes = (snapshot as { _nodes?: { path: string[]; order: number }[] })._nodes ?? [];
  return [...nodes]
    .sort((a, b) => a.order - b.order)
    .filter((node) => node.path.length > 0)
    .map((node) => node.path.join('.'));
}

interface InspectionOptions {
  id: string;
  /** The actor that holds this id now; null when none does. After a crash it may be another than before. */
  find: () => AnyActorRef | null;
  now: () => number;
  /** The last watcher left. */
  onEmpty: () => void;
}

/** One watched actor id, shared by all who watch it. */
export class Inspection {
  readonly #options: InspectionOptions;
  readonly #listeners = new Set<InspectListener>();
  readonly #sources = new WeakMap<object, string>();
  #actor: AnyActorRef | null = null;
  #machine: AnyStateMachine | null = null;
  #edgesOf: EdgesOf = () => [];
  #detach: (() => void) | null = null;
  #steps: Step[] = [];
  #edges: string[] = [];
  #seq = 0;
  #last: unknown = null;
  #flushTimer: NodeJS.Timeout | null = null;
  #lookTimer: NodeJS.Timeout | null = null;

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  /** @returns false when there is no such actor */
  watch(listener: InspectListener, signal: AbortSignal): boolean {
    if (this.#listeners.size === 0) this.#attach(this.#options.find());
    if (!this.#actor) return false;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#leave(listener), { once: true });
    listener(this.#present());
    return true;
  }

  #attach(actor: AnyActorRef | null): void {
    this.#detach?.();
    this.#detach = null;
    this.#actor = actor;
    this.#steps = [];
    this.#edges = [];
    if (!actor) return;
    this.#machine = machineOf(actor);
    this.#edgesOf = this.#machine ? edgesOf(this.#machine) : () => [];
    this.#last = actor.getSnapshot();
    const subscription = actor.system.inspect((event: InspectionEvent) => this.#note(event));
    this.#detach = () => subscription.unsubscribe();
    this.#lookTimer ??= setInterval(() => this.#look(), lookMs).unref();
  }

  #leave(listener: InspectListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#detach?.();
    this.#detach = null;
    this.#actor = null;
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    if (this.#lookTimer) clearInterval(this.#lookTimer);
    this.#flushTimer = this.#lookTimer = null;
    this.#options.onEmpty();
  }

  /** In the path of every event of the actor's system: looks away at once from other actors. */
  #note(inspected: InspectionEvent): void {
    if (inspected.actorRef !== this.#actor) return;
    if (inspected.type === '@xstate.event') {
      if (inspected.sourceRef)
        this.#sources.set(
          inspected.event,
          inspected.sourceRef === this.#actor ? this.#options.id : (inspected.sourceRef as AnyActorRef).id,
        );
    } else if (inspected.type === '@xstate.microstep') {
      for (const transition of inspected._transitions) this.#edges.push(...this.#edgesOf(transition));
    } else if (inspected.type === '@xstate.snapshot') {
      this.#step(
        inspected.event.type,
        this.#sources.get(inspected.event) ?? null,
        inspected.snapshot as AnyMachineSnapshot,
      );
    }
  }

  #step(event: string, source: string | null, snapshot: AnyMachineSnapshot): void {
    if (this.#steps.length === maxSteps) this.#steps.shift();
    this.#steps.push({ seq: ++this.#seq, at: this.#options.now(), event, source, edges: this.#edges, snapshot });
    this.#edges = [];
    this.#last = snapshot;
    this.#flushTimer ??= setTimeout(() => this.#flush(), flushMs);
  }

  #flush(): void {
    this.#flushTimer = null;
    const steps = this.#steps;
    this.#steps = [];
    for (const step of steps) {
      const frame = this.#frame(step);
      for (const listener of this.#listeners) listener(frame);
    }
  }

  /** Crashes and ends that no inspection event tells; a new actor under the same id is watched from here on. */
  #look(): void {
    if (!this.#actor) return;
    const holder = this.#options.find();
    if (holder && holder !== this.#actor) {
      this.#attach(holder);
      this.#seq++;
      const frame = this.#present();
      for (const listener of this.#listeners) listener(frame);
      return;
    }
    const snapshot = this.#actor.getSnapshot() as AnyMachineSnapshot;
    if (snapshot !== this.#last) this.#step('', null, snapshot);
  }

  /** The first frame of a watch: where the actor is, and its chart. */
  #present(): InspectFrame {
    const snapshot = this.#actor!.getSnapshot() as AnyMachineSnapshot;
    const frame = this.#frame({
      seq: this.#seq,
      at: this.#options.now(),
      event: '',
      source: null,
      edges: [],
      snapshot,
    });
    return this.#machine ? { ...frame, chart: chartOf(this.#machine) } : frame;
  }

  #frame({ seq, at, event, source, edges, snapshot }: Step): InspectFrame {
    const context =
      snapshot.status === 'error' ? { error: snapshot.error, context: snapshot.context } : snapshot.context;
    return {
      actor: this.#options.id,
      machine: this.#machine?.id ?? '',
      seq,
      at,
      event,
      edges,
      source,
      state: activePaths(snapshot),
      context: bounded(context ?? null),
      status: snapshot.status,
    };
  }
}
