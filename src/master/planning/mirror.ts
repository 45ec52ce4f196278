// The planning thread keeps what it was sent: only what changed travels again. `Sender` is the main thread's end, `Mirror` the
// thread's. Records, reports and node documents are never changed in place, so the same object means the same content.
import type { SlotRecord } from '../../model/assignment.ts';
import type { NodeView } from '../../model/node.ts';
import type { PlacementSettings, SeenInstance, Snapshot } from '../../placement/snapshot.ts';
import { Assembly } from './snapshot.ts';
import type { Piece } from './snapshot.ts';

type AppHead = Extract<Piece, { kind: 'app' }>['app'];

export type Sent =
  /** All node ids in order, with the documents of those that changed. */
  | { kind: 'nodes'; ids: string[]; nodes: NodeView[] }
  | { kind: 'rest'; rest: Extract<Piece, { kind: 'rest' }> }
  /** `head` null: as it was sent last. */
  | { kind: 'app'; name: string; head: AppHead | null }
  | { kind: 'slots'; app: string; numbers: number[]; slots: SlotRecord[]; seen: SeenInstance[] }
  /** Reports that are gone. Comes last. */
  | { kind: 'unseen'; ids: string[] };

const sameHead = (a: AppHead, b: AppHead): boolean =>
  a.record === b.record &&
  a.spec === b.spec &&
  a.hash === b.hash &&
  a.held.size + b.held.size === 0 &&
  a.tombstones.length + b.tombstones.length === 0 &&
  a.older.size === b.older.size &&
  [...a.older.keys()].every((number) => b.older.has(number));

export class Sender {
  #nodes = new Map<string, NodeView>();
  #apps = new Map<string, AppHead>();
  #slots = new Map<string, Map<number, SlotRecord>>();
  #seen = new Map<string, SeenInstance>();

  /** What of each piece has to travel. */
  *outline(pieces: Iterable<Piece>): Generator<Sent> {
    const before = { nodes: this.#nodes, apps: this.#apps, slots: this.#slots, seen: this.#seen };
    const nodes = (this.#nodes = new Map<string, NodeView>());
    const apps = (this.#apps = new Map<string, AppHead>());
    const slots = (this.#slots = new Map<string, Map<number, SlotRecord>>());
    const seen = (this.#seen = new Map<string, SeenInstance>());
    for (const piece of pieces) {
      switch (piece.kind) {
        case 'nodes':
          for (const node of piece.nodes) nodes.set(node.id, node);
          yield {
            kind: 'nodes',
            ids: piece.nodes.map(({ id }) => id),
            nodes: piece.nodes.filter((node) => before.nodes.get(node.id) !== node),
          };
          break;
        case 'rest':
          yield { kind: 'rest', rest: piece };
          break;
        case 'app': {
          const { name } = piece.app.record;
          apps.set(name, piece.app);
          slots.set(name, new Map());
          const known = before.apps.get(name);
          yield { kind: 'app', name, head: known && sameHead(known, piece.app) ? null : piece.app };
          break;
        }
        case 'slots': {
          const own = slots.get(piece.app)!;
          const old = before.slots.get(piece.app);
          for (const doc of piece.slots) own.set(doc.slot, doc);
          for (const report of piece.seen) seen.set(report.id, report);
          yield {
            kind: 'slots',
            app: piece.app,
            numbers: piece.slots.map(({ slot }) => slot),
            slots: piece.slots.filter((doc) => old?.get(doc.slot) !== doc),
            seen: piece.seen.filter((report) => before.seen.get(report.id) !== report),
          };
        }
      }
    }
    yield { kind: 'unseen', ids: [...before.seen.keys()].filter((id) => !seen.has(id)) };
  }
}

export class Mirror {
  readonly #nodes = new Map<string, NodeView>();
  readonly #apps = new Map<string, AppHead>();
  readonly #slots = new Map<string, Map<number, SlotRecord>>();
  readonly #seen = new Map<string, SeenInstance>();
  #assembly = new Assembly(0, null, {} as PlacementSettings);
  #parts: { app: string; slots: SlotRecord[] }[] = [];

  begin(now: number, frozenUntil: number | null, settings: PlacementSettings): void {
    this.#assembly = new Assembly(now, frozenUntil, settings);
    this.#parts = [];
  }

  add(sent: Sent): void {
    switch (sent.kind) {
      case 'nodes':
        for (const node of sent.nodes) this.#nodes.set(node.id, node);
        this.#assembly.add({ kind: 'nodes', nodes: sent.ids.map((id) => this.#nodes.get(id)!) });
        break;
      case 'rest':
        this.#assembly.add(sent.rest);
        break;
      case 'app':
        if (sent.head) this.#apps.set(sent.name, sent.head);
        this.#assembly.add({ kind: 'app', app: this.#apps.get(sent.name)! });
        break;
      case 'slots': {
        let own = this.#slots.get(sent.app);
        if (!own) this.#slots.set(sent.app, (own = new Map()));
        for (const doc of sent.slots) own.set(doc.slot, doc);
        for (const report of sent.seen) this.#seen.set(report.id, report);
        this.#parts.push({ app: sent.app, slots: sent.numbers.map((number) => own.get(number)!) });
        break;
      }
      case 'unseen':
        for (const id of sent.ids) this.#seen.delete(id);
    }
  }

  /** The snapshot, when all has come. Forgets what was not named this time. */
  snapshot(): Snapshot {
    const { snapshot } = this.#assembly;
    const known = new Set(snapshot.apps.map(({ record }) => record.name));
    for (const name of this.#slots.keys())
      if (!known.has(name)) {
        this.#slots.delete(name);
        this.#apps.delete(name);
      }
    const named = new Set(snapshot.nodes.map(({ id }) => id));
    for (const id of this.#nodes.keys()) if (!named.has(id)) this.#nodes.delete(id);
    const reports = (ids: (string | undefined)[]): SeenInstance[] =>
      ids.flatMap((id) => (id === undefined ? [] : (this.#seen.get(id) ?? [])));
    for (const { app, slots } of this.#parts)
      this.#assembly.add({ kind: 'slots', app, slots, seen: reports(slots.flatMap(({ a, b }) => [a?.id, b?.id])) });
    for (const app of snapshot.apps)
      for (const report of reports(app.tombstones.map(({ id }) => id))) app.seen.set(report.id, report);
    return snapshot;
  }
}
