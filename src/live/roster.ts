// Who is at work in this process: actors under the names that people see. Sources are asked when somebody looks, so an actor
// costs nothing here; its own children that are machines (probes) are found through it.
import type { AnyActorRef } from 'xstate';
import { Refusal } from '../model/errors.ts';
import { statePath, type StateValue } from '../model/instance/instance-status.ts';
import type { ActorView } from '../protocol/live.ts';
import { Inspection, machineOf, type InspectListener } from './inspect.ts';

export interface RosterEntry {
  /** 'master', 'placement', 'node:<id>', 'supervisor:<app>#0', 'instance:<id>'. */
  id: string;
  /** Declared parent, which need not be XState's; null at the top. */
  parent: string | null;
  label: string;
  actor: AnyActorRef;
}

export interface RosterSource {
  /** In order, parents first. */
  entries(): Iterable<RosterEntry>;
  /** The entry of an id, where the source can tell faster than by going through all. */
  find?(id: string): RosterEntry | null | undefined;
}

export class Roster {
  readonly #where: string;
  readonly #now: () => number;
  readonly #sources = new Set<RosterSource>();
  readonly #inspections = new Map<string, Inspection>();

  /** @param where the node's id, or 'master' */
  constructor(where: string, now: () => number = Date.now) {
    this.#where = where;
    this.#now = now;
  }

  /** @returns takes the source out again */
  add(source: RosterSource): () => void {
    this.#sources.add(source);
    return () => {
      this.#sources.delete(source);
    };
  }

  actors(): ActorView[] {
    const entries = [...this.#sources].flatMap((source) => [...source.entries()]);
    const listed = new Set<AnyActorRef>(entries.map((entry) => entry.actor));
    return entries.flatMap((entry) => [entry, ...machinesWithin(entry, listed)]).map((entry) => this.#view(entry));
  }

  /**
   * Tells of every step of an actor until the signal is aborted; the first frame has its chart.
   * @throws Refusal `not-found`
   */
  watch(id: string, listener: InspectListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    let inspection = this.#inspections.get(id);
    if (!inspection) {
      inspection = new Inspection({
        id,
        find: () => this.#find(id),
        now: this.#now,
        onEmpty: () => {
          this.#inspections.delete(id);
        },
      });
      this.#inspections.set(id, inspection);
    }
    if (inspection.watch(listener, signal)) return;
    this.#inspections.delete(id);
    throw unknownActor(id);
  }

  /** How many actors are being watched. */
  get watched(): number {
    return this.#inspections.size;
  }

  /** @throws Refusal `not-found` */
  send(id: string, event: { type: string }): void {
    const actor = this.#find(id);
    if (!actor) throw unknownActor(id);
    actor.send(event);
  }

  #find(id: string): AnyActorRef | null {
    for (const source of this.#sources) {
      const found = source.find?.(id);
      if (found) return found.actor;
    }
    // An id of a child is its parent's with the child's own behind a slash.
    for (const source of this.#sources) {
      for (const entry of source.entries()) {
        if (entry.id === id) return entry.actor;
        if (!id.startsWith(`${entry.id}/`)) continue;
        const child = machinesWithin(entry, new Set()).find((inner) => inner.id === id);
        if (child) return child.actor;
      }
    }
    return null;
  }

  #view({ id, parent, label, actor }: RosterEntry): ActorView {
    const snapshot = actor.getSnapshot() as { status: ActorView['status']; value?: StateValue; context?: unknown };
    const context = snapshot.context as { at?: unknown; since?: unknown } | undefined;
    const at = [context?.since, context?.at].find((time): time is number => typeof time === 'number') ?? 0;
    return {
      id,
      parent,
      machine: machineOf(actor)?.id ?? '',
      label,
      where: this.#where,
      state: snapshot.value === undefined ? snapshot.status : statePath(snapshot.value),
      status: snapshot.status,
      at,
    };
  }
}

const unknownActor = (id: string) =>
  new Refusal('not-found', `there is no actor "${id}" here (any more)`, 'GET /v1/actors lists them');

function machinesWithin(entry: RosterEntry, listed: Set<AnyActorRef>): RosterEntry[] {
  const children = (entry.actor.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> }).children ?? {};
  return Object.entries(children).flatMap(([key, actor]) => {
    if (!actor || listed.has(actor) || !machineOf(actor)) return [];
    const child = { id: `${entry.id}/${key}`, parent: entry.id, label: key, actor };
    return [child, ...machinesWithin(child, listed)];
  });
}
