// What placement decides by, and what it answers: one value in, one value out. The master builds the snapshot from its view and
// commits the plan slot by slot; both pass through structured clone (a worker thread), so plain values and Maps only.
import type { AppRecord, AppSpec } from '../model/app.ts';
import type { Assignment, Goal, Place, SlotRecord, Tombstone } from '../model/assignment.ts';
import type { InstanceStatus } from '../model/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { WhyView } from '../protocol/views.ts';

/** What is known of an instance, as far as placement needs it. All times are epoch ms of the master. */
export interface SeenInstance {
  id: string; node: string; status: InstanceStatus; launch: number;
  /** `running` and no check failing, without a break since; null: not healthy. */
  healthySince: number | null;
  /** Was ready in any launch. */
  everReady: boolean;
  /** A full restart window that waits for an answer: move, or `onFull: {stay: launch}`. */
  escalated: { launch: number; deaths: number } | null;
}

export interface SnapshotApp {
  record: AppRecord;
  /** The revision in force. */
  spec: AppSpec; hash: string;
  /** In order of their number; a slot without a record is not there. */
  slots: SlotRecord[];
  /** Of the assignments in `slots` and of its tombstones, by id; an assignment that is not here was not reported yet. */
  seen: Map<string, SeenInstance>;
  /** Tombstones of lost nodes, by slot: a place that one names on a node is not used there. */
  tombstones: Tombstone[];
  /** Slots of which an unknown instance of this hub runs (its id): not started a second time until an operator decided. */
  held: Map<number, string>;
}

export interface Snapshot {
  /** epoch ms */
  now: number;
  /** Documents that queries match; `allocated` is not read (placement counts for itself), `status` is. */
  nodes: NodeView[];
  apps: SnapshotApp[];
  algorithm: 'spread' | 'binpack';
  /** What apps of standalone times (owner `local`) hold of each node. */
  localUse: Map<string, { cpus: number; mem: number; disk: number; ports: number[] }>;
}

/** An assignment that is to be made: the committer mints id and epoch and stamps owner and time. */
export interface NewAssignment {
  node: string; place: Place; revision: number; hash: string; goal: Goal; nudge: number;
  /** A sentence: why here. */
  because: string;
}

/** The next record of one slot. `a`, `b`: as it is (the same id), changed in its mutable fields, new, or null. */
export interface SlotChange {
  app: string; slot: number;
  a: Assignment | NewAssignment | null; b: Assignment | NewAssignment | null;
  moves: SlotRecord['moves'];
  what: 'place' | 'stop' | 'replace' | 'keep' | 'move';
  /** A sentence: because what. */
  reason: string;
}

export interface Plan {
  /** Slots whose record changes. One with neither assignment left is deleted by the committer unless it remembers moves. */
  changes: SlotChange[];
  /** Slots that cannot be placed now, with the reason. */
  waiting: { app: string; slot: number; reason: string }[];
  /** When time alone changes the plan (minHealthySeconds over, a move's delay over), epoch ms; null: never. */
  wakeAt: number | null;
  /** For `why`: the new placements with their best scores. */
  decisions: ({ app: string } & WhyView['decisions'][number])[];
  /** Updates beyond their progressDeadlineSeconds: said, not acted on (the rollout machine comes later). */
  late: { app: string; since: number }[];
}
