// The cluster in memory, written only after the store acknowledged; the one place that knows which assignments lie on which node.
import type { AppRecord, Revision } from '../model/app/app.ts';
import type { Assignment, SlotRecord, Tombstone } from '../model/assignment.ts';
import type { Version } from '../store/store.ts';
import type { Changes } from './changes.ts';
import { newApp } from './entries.ts';
import type { AppEntry, Duty, InstanceEntry, Kept, NodeEntry, TombstoneEntry } from './entries.ts';
import { NodeEntries } from './nodes/node-entries.ts';

interface ViewHooks {
  /** The duties of a node changed: push them. */
  dutiesChanged(node: string): void;
  /** Something that placement decides by changed. */
  touched(): void;
}

export class View {
  readonly apps = new Map<string, AppEntry>();
  readonly nodes = new NodeEntries();
  readonly instances = new Map<string, InstanceEntry>();
  readonly tombstones = new Map<string, TombstoneEntry>();
  /** Slots that an operator is filling by hand (an adoption under way): app -> slot -> instance id. */
  readonly holds = new Map<string, Map<number, string>>();
  /** Apps of which the store had something, but no record, when this master began to lead. */
  readonly lost = new Set<string>();
  readonly changes: Changes;
  readonly #duties = new Map<string, Map<string, Duty>>();
  readonly #stops = new Map<string, Set<string>>();
  readonly #reported = new Map<string, Set<string>>();
  #hooks: ViewHooks = { dutiesChanged: () => {}, touched: () => {} };

  constructor(changes: Changes) {
    this.changes = changes;
  }

  attach(hooks: ViewHooks): void {
    this.#hooks = hooks;
  }

  /** Forgets everything (a new leadership reads it again). */
  clear(): void {
    for (const map of [
      this.apps,
      this.nodes,
      this.instances,
      this.tombstones,
      this.#duties,
      this.#stops,
      this.#reported,
      this.holds,
      this.lost,
    ])
      map.clear();
  }

  // ---- apps, revisions, slots ----

  /** @param revision the one that the record names, where it is not held yet: an app is never without it */
  setApp(doc: AppRecord, version: Version, revision?: Kept<Revision>): AppEntry {
    let entry = this.apps.get(doc.name);
    if (entry) entry.record = { doc, version };
    else this.apps.set(doc.name, (entry = newApp({ doc, version })));
    if (revision) entry.revisions.set(revision.doc.revision, revision);
    this.appChanged(doc.name);
    return entry;
  }

  removeApp(name: string): void {
    this.apps.delete(name);
    this.lost.delete(name);
    this.appChanged(name);
  }

  setRevision(doc: Revision, version: Version): void {
    const entry = this.apps.get(doc.app);
    if (!entry) return;
    entry.revisions.set(doc.revision, { doc, version });
    for (const { doc: slot } of entry.slots.values()) {
      for (const held of [slot.a, slot.b]) if (held?.revision === doc.revision) this.#hooks.dutiesChanged(held.node);
    }
    this.appChanged(doc.app);
  }

  /** Forgets revisions that nothing names any more. */
  trimRevisions(entry: AppEntry): void {
    const named = new Set([entry.record.doc.revision]);
    for (const { doc } of entry.slots.values()) for (const held of [doc.a, doc.b]) if (held) named.add(held.revision);
    for (const { doc } of this.tombstones.values())
      if (doc.assignment.app === entry.name) named.add(doc.assignment.revision);
    for (const number of entry.revisions.keys()) if (!named.has(number)) entry.revisions.delete(number);
  }

  /** @param doc null: the record is gone */
  setSlot(app: string, slot: number, doc: SlotRecord | null, version: Version): void {
    const entry = this.apps.get(app);
    if (!entry) return;
    const old = entry.slots.get(slot)?.doc;
    for (const held of [old?.a, old?.b])
      if (held && held.id !== doc?.a?.id && held.id !== doc?.b?.id) this.#dropDuty(held, false);
    for (const held of [doc?.a, doc?.b]) if (held) this.#setDuty(held, false);
    if (doc) entry.slots.set(slot, { doc, version });
    else entry.slots.delete(slot);
    this.appChanged(app);
  }

  setTombstone(doc: Tombstone, version: Version): void {
    this.tombstones.set(doc.id, { doc, version });
    if (this.#duties.get(doc.node)?.get(doc.id)?.tombstone !== false) this.#setDuty(doc.assignment, true);
  }

  removeTombstone(id: string): void {
    const entry = this.tombstones.get(id);
    if (!entry) return;
    this.tombstones.delete(id);
    this.#dropDuty(entry.doc.assignment, true);
    this.touched();
  }

  // ---- duties: what a node is to hold ----

  dutiesOf(node: string): ReadonlyMap<string, Duty> {
    return this.#duties.get(node) ?? noDuties;
  }

  dutyOf(node: string, id: string): Duty | null {
    return this.#duties.get(node)?.get(id) ?? null;
  }

  /** The ids of what a node is to stop. */
  stopsOf(node: string): Iterable<string> {
    return this.#stops.get(node) ?? [];
  }

  /** An assignment of a slot by the instance's id (`<app>.<slot>.<8 base32>`). */
  assignment(id: string): Assignment | null {
    const [, app, slot] = /^(.+)\.(\d+)\.[^.]+$/.exec(id) ?? [];
    const doc = app === undefined ? undefined : this.apps.get(app)?.slots.get(Number(slot))?.doc;
    return doc?.a?.id === id ? doc.a : doc?.b?.id === id ? doc.b : null;
  }

  #setDuty(assignment: Assignment, tombstone: boolean): void {
    let held = this.#duties.get(assignment.node);
    if (!held) this.#duties.set(assignment.node, (held = new Map()));
    held.set(assignment.id, { assignment, tombstone });
    this.#noteStop(assignment);
    const instance = this.instances.get(assignment.id);
    if (instance && instance.standing !== 'known' && instance.node === assignment.node) instance.standing = 'known';
    this.#hooks.dutiesChanged(assignment.node);
    this.changes.mark('instances', assignment.id);
  }

  #dropDuty(assignment: Assignment, tombstone: boolean): void {
    const held = this.#duties.get(assignment.node);
    if (held?.get(assignment.id)?.tombstone !== tombstone) return;
    const stone = tombstone ? undefined : this.tombstones.get(assignment.id);
    if (stone) held.set(assignment.id, { assignment: stone.doc.assignment, tombstone: true });
    else held.delete(assignment.id);
    if (held.size === 0) this.#duties.delete(assignment.node);
    this.#noteStop(held.get(assignment.id)?.assignment ?? { ...assignment, goal: 'run' });
    this.#hooks.dutiesChanged(assignment.node);
    this.changes.mark('instances', assignment.id);
  }

  #noteStop({ node, id, goal }: Assignment): void {
    const stops = this.#stops.get(node) ?? new Set();
    if (goal === 'stop') this.#stops.set(node, stops.add(id));
    else if (stops.delete(id) && stops.size === 0) this.#stops.delete(node);
  }

  // ---- nodes ----

  setNode(entry: NodeEntry): void {
    this.nodes.set(entry.id, entry);
    this.nodeChanged(entry.id);
  }

  removeNode(id: string): void {
    for (const instance of this.instancesOn(id)) this.removeInstance(instance);
    this.nodes.delete(id);
    this.nodeChanged(id);
  }

  /** @param decides false: only figures that placement does not read */
  nodeChanged(id: string, decides = true): void {
    this.changes.mark('nodes', id);
    if (decides) this.touched();
  }

  // ---- instances ----

  setInstance(entry: InstanceEntry, decides = true): void {
    const before = this.instances.get(entry.view.id);
    if (before && before.node !== entry.node) this.#reported.get(before.node)?.delete(entry.view.id);
    this.instances.set(entry.view.id, entry);
    let held = this.#reported.get(entry.node);
    if (!held) this.#reported.set(entry.node, (held = new Set()));
    held.add(entry.view.id);
    this.#instanceChanged(entry, decides);
  }

  removeInstance(id: string): void {
    const entry = this.instances.get(id);
    if (!entry) return;
    this.instances.delete(id);
    this.#reported.get(entry.node)?.delete(id);
    this.#instanceChanged(entry, true);
  }

  /** Ids of the instances that a node reported last. A copy: safe to change the view while going through it. */
  instancesOn(node: string): string[] {
    return [...(this.#reported.get(node) ?? [])];
  }

  #instanceChanged(entry: InstanceEntry, decides: boolean): void {
    this.changes.mark('instances', entry.view.id);
    if (entry.standing === 'known') this.changes.mark('apps', entry.view.app);
    if (decides) {
      this.changes.mark('nodes', entry.node);
      this.touched();
    }
  }

  appChanged(name: string): void {
    this.changes.mark('apps', name);
    this.touched();
  }

  /** What placement decides by changed. */
  touched(): void {
    this.#hooks.touched();
  }

  /** The in-force revision of an app; every app has one. */
  inForce(entry: AppEntry): Revision {
    const revision = entry.revisions.get(entry.record.doc.revision);
    if (!revision) throw new Error(`Revision ${entry.record.doc.revision} of app ${entry.name} is not in memory`);
    return revision.doc;
  }

  slotsOf(app: string): Kept<SlotRecord>[] {
    return [...(this.apps.get(app)?.slots.values() ?? [])];
  }
}

const noDuties: ReadonlyMap<string, Duty> = new Map();
