// The snapshot that placement decides by, read from the view: in pieces, so that a large cluster never holds up the loop.
import { isHealthy } from '../../model/instance/instance.ts';
import type { SlotRecord } from '../../model/assignment.ts';
import type { AppSpec } from '../../model/app/app.ts';
import type { PlacementSettings, SeenInstance, Snapshot, SnapshotApp } from '../../placement/snapshot.ts';
import type { Version } from '../../store/store.ts';
import type { NodeView } from '../../model/node.ts';
import type { Clock } from '../clock.ts';
import type { AppEntry, InstanceEntry, NodeEntry } from '../entries.ts';
import { nodeView } from '../shown/shown.ts';
import type { View } from '../view.ts';

/** Slots in one piece. */
const pieceSize = 500;

export type Piece =
  | { kind: 'nodes'; nodes: Snapshot['nodes'] }
  | { kind: 'app'; app: Omit<SnapshotApp, 'slots' | 'seen'> }
  | { kind: 'slots'; app: string; slots: SlotRecord[]; seen: SeenInstance[] }
  | ({ kind: 'rest' } & Pick<Snapshot, 'otherUse' | 'drainDeadlines' | 'silentSince'>);

const seen = new WeakMap<InstanceEntry, SeenInstance>();
const documents = new WeakMap<
  NodeEntry,
  { record: NodeEntry['record']; status: string; load: NodeEntry['load']; link: string; document: NodeView }
>();

/** The document that placement reads of a node: the same object until something of it changes (a beat is no change). */
function documentOf(view: View, entry: NodeEntry): NodeView {
  const known = documents.get(entry);
  if (
    known &&
    known.record === entry.record &&
    known.status === entry.status &&
    known.load === entry.load &&
    known.link === entry.link
  )
    return known.document;
  const document = nodeView(view, entry);
  documents.set(entry, { record: entry.record, status: entry.status, load: entry.load, link: entry.link, document });
  return document;
}

/** A report as placement reads it: the same object for the same report. */
function seenOf(entry: InstanceEntry): SeenInstance {
  let known = seen.get(entry);
  if (!known) seen.set(entry, (known = madeOf(entry)));
  return known;
}

const madeOf = ({ view, node, healthySince, everReady }: InstanceEntry): SeenInstance => ({
  id: view.id,
  node,
  status: view.status,
  launch: view.launch,
  healthySince: isHealthy(view) ? healthySince : null,
  everReady,
  escalated: view.escalated,
});

/** Unknown instances of this hub by app and slot, and slots that are being filled by hand. */
function heldSlots(view: View, hub: string): Map<string, Map<number, string>> {
  const held = new Map<string, Map<number, string>>();
  const hold = (app: string, slot: number, id: string): void => {
    if (!held.has(app)) held.set(app, new Map());
    held.get(app)!.set(slot, id);
  };
  for (const {
    standing,
    view: { id, app, slot, owner, status },
  } of view.instances.values()) {
    if (standing === 'unknown' && owner === hub && status !== 'stopped' && status !== 'failed' && view.apps.has(app))
      hold(app, slot, id);
  }
  for (const [app, slots] of view.holds) for (const [slot, id] of slots) hold(app, slot, id);
  return held;
}

/** What runs beside the hub's assignments: its ports, and the memory and cores that it was last seen to use. */
function otherUse(view: View): Snapshot['otherUse'] {
  const use: Snapshot['otherUse'] = new Map();
  for (const {
    standing,
    node,
    view: { ports, status, usage },
  } of view.instances.values()) {
    if (standing === 'known' || status === 'stopped' || status === 'failed') continue;
    const sum = use.get(node) ?? { cpus: 0, mem: 0, disk: 0, ports: [] };
    sum.ports.push(...ports);
    sum.cpus += usage?.cpu ?? 0;
    sum.mem += usage?.mem ?? 0;
    use.set(node, sum);
  }
  return use;
}

function drainDeadlines(view: View): Snapshot['drainDeadlines'] {
  const deadlines: Snapshot['drainDeadlines'] = new Map();
  for (const { id, record } of view.nodes.values())
    if (record.doc.drain?.deadlineAt != null) deadlines.set(id, record.doc.drain.deadlineAt);
  return deadlines;
}

/** The wall clock may be set while a node is silent: what counts is how long it has been. */
function silentSince(view: View, clock: Clock): Snapshot['silentSince'] {
  const since: Snapshot['silentSince'] = new Map();
  const offset = clock.now() - clock.mono();
  for (const { id, status, heardAt } of view.nodes.values())
    if (status === 'lost') since.set(id, Math.ceil(heardAt + offset));
  return since;
}

/** The versions that the pieces were read at, for the compare-and-swap of what comes of them. */
export type SlotVersions = Map<string, Map<number, Version>>;

/** The snapshot in pieces; `versions` is filled on the way. */
export function* snapshotPieces(view: View, hub: string, clock: Clock, versions: SlotVersions): Generator<Piece> {
  let nodes: Snapshot['nodes'] = [];
  for (const entry of view.nodes.values()) {
    nodes.push(documentOf(view, entry));
    if (nodes.length === 100) {
      yield { kind: 'nodes', nodes };
      nodes = [];
    }
  }
  if (nodes.length > 0) yield { kind: 'nodes', nodes };
  yield {
    kind: 'rest',
    otherUse: otherUse(view),
    drainDeadlines: drainDeadlines(view),
    silentSince: silentSince(view, clock),
  };
  const held = heldSlots(view, hub);
  for (const entry of view.apps.values())
    yield* appPieces(view, entry, held.get(entry.name) ?? new Map<number, string>(), versions);
}

function* appPieces(view: View, entry: AppEntry, held: Map<number, string>, versions: SlotVersions): Generator<Piece> {
  const { spec, hash } = view.inForce(entry);
  const tombstones = [...view.tombstones.values()]
    .map(({ doc }) => doc)
    .filter(({ assignment }) => assignment.app === entry.name);
  const older = new Map<number, AppSpec>();
  for (const [number, { doc }] of entry.revisions)
    if (number !== entry.record.doc.revision) older.set(number, doc.spec);
  yield { kind: 'app', app: { record: entry.record.doc, spec, hash, older, tombstones, held } };
  const own = new Map<number, Version>();
  versions.set(entry.name, own);
  const ordered = [...entry.slots.keys()].sort((a, b) => a - b);
  for (let from = 0; from < ordered.length; from += pieceSize) {
    const slots: SlotRecord[] = [];
    const reports: SeenInstance[] = [];
    for (const number of ordered.slice(from, from + pieceSize)) {
      const kept = entry.slots.get(number);
      if (!kept) continue; // gone between two pieces
      own.set(number, kept.version);
      slots.push(kept.doc);
      for (const held of [kept.doc.a, kept.doc.b]) {
        const instance = held && view.instances.get(held.id);
        if (instance) reports.push(seenOf(instance));
      }
    }
    yield { kind: 'slots', app: entry.name, slots, seen: reports };
  }
  const buried = tombstones
    .map(({ id }) => view.instances.get(id))
    .filter((instance) => instance !== undefined)
    .map(seenOf);
  if (buried.length > 0) yield { kind: 'slots', app: entry.name, slots: [], seen: buried };
}

/** Puts pieces together again. */
export class Assembly {
  readonly snapshot: Snapshot;
  readonly #apps = new Map<string, SnapshotApp>();

  constructor(now: number, frozenUntil: number | null, settings: PlacementSettings) {
    const rest = { otherUse: new Map(), drainDeadlines: new Map(), silentSince: new Map() };
    this.snapshot = { now, nodes: [], apps: [], ...rest, frozenUntil, settings };
  }

  add(piece: Piece): void {
    switch (piece.kind) {
      case 'nodes':
        this.snapshot.nodes.push(...piece.nodes);
        break;
      case 'rest': {
        const { otherUse, drainDeadlines, silentSince } = piece;
        Object.assign(this.snapshot, { otherUse, drainDeadlines, silentSince });
        break;
      }
      case 'app': {
        const app: SnapshotApp = { ...piece.app, slots: [], seen: new Map() };
        this.#apps.set(app.record.name, app);
        this.snapshot.apps.push(app);
        break;
      }
      case 'slots': {
        const app = this.#apps.get(piece.app);
        app?.slots.push(...piece.slots);
        for (const report of piece.seen) app?.seen.set(report.id, report);
      }
    }
  }
}
