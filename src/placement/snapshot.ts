// What placement decides by, and what it answers: one value in, one value out. The master builds the snapshot from its view and
// commits the plan slot by slot; both pass through structured clone (a worker thread), so plain values and Maps only. The order
// of lists and Maps means nothing. All times are epoch ms of the master.
import type { AppRecord, AppSpec } from '../model/app/app.ts';
import type { Assignment, Goal, Place, SlotRecord, Tombstone } from '../model/assignment.ts';
import type { InstanceStatus } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { WhyView } from '../protocol/views.ts';

/** What is known of an instance, as far as placement needs it. */
export interface SeenInstance {
  id: string;
  node: string;
  status: InstanceStatus;
  launch: number;
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
  spec: AppSpec;
  hash: string;
  /** Specs of the other revisions that its assignments name, by number: what those hold of their nodes. */
  older: Map<number, AppSpec>;
  /** A slot without a record is not there. */
  slots: SlotRecord[];
  /** Of the assignments in `slots` and of its tombstones, by id; an assignment that is not here was not reported yet. */
  seen: Map<string, SeenInstance>;
  /** Tombstones of lost nodes: a place that one names on a node is not used there. */
  tombstones: Tombstone[];
  /** Slots of which an unknown instance of this hub runs (its id): not started a second time until an operator decided. */
  held: Map<number, string>;
}

/** What runs on a node beside the hub's assignments: apps of standalone times (owner `local`), unknown instances. cores, bytes. */
export interface OtherUse {
  cpus: number;
  mem: number;
  disk: number;
  ports: number[];
}

export interface PlacementSettings {
  /** Over all nodes evenly, or onto as few as possible. */
  algorithm: 'spread' | 'binpack';
  /** Silence after which slots with `onPartition: stop-self` are replaced, ms. */
  stopSelfMs: number;
  /** Wait before a slot's second move, doubled for each later one, and its limit, ms. */
  moveDelayMs: number;
  moveDelayLimitMs: number;
}
export const defaultSettings: PlacementSettings = {
  algorithm: 'spread',
  stopSelfMs: 35_000,
  moveDelayMs: 30_000,
  moveDelayLimitMs: 3_600_000,
};

export interface Snapshot {
  /** epoch ms */
  now: number;
  /**
   * Documents that queries match; `allocated` is not read (placement counts for itself), `status`, `allocatable` and `beatAt` are.
   * A view is never changed in place: what a query needs of it is laid out once.
   */
  nodes: NodeView[];
  apps: SnapshotApp[];
  otherUse: Map<string, OtherUse>;
  /** By node id: when a draining node's instances are stopped, replaced or not. */
  drainDeadlines: Map<string, number>;
  /** By id of a lost node: since when it is silent, epoch ms: so long before `now` by a clock that is never set. */
  silentSince: Map<string, number>;
  /** Too many nodes vanished at once: nothing of lost nodes is replaced before this. */
  frozenUntil: number | null;
  settings: PlacementSettings;
}

/** An assignment that is to be made: the committer mints id and epoch and stamps owner and time. */
export interface NewAssignment {
  node: string;
  place: Place;
  revision: number;
  hash: string;
  goal: Goal;
  nudge: number;
  /** A sentence: why here. */
  because: string;
}
/** It is to be made by the committer. */
export const isNew = (assignment: Assignment | NewAssignment): assignment is NewAssignment => !('id' in assignment);
/** It exists already (an assignment is a new one with an identity). */
export const isMade = (assignment: Assignment | NewAssignment): assignment is Assignment => 'id' in assignment;

export type ChangeKind = 'place' | 'stop' | 'replace' | 'keep' | 'move';

/** The next record of one slot. `a`, `b`: as it is (the same id), changed in its mutable fields, new, or null. */
export interface SlotChange {
  app: string;
  slot: number;
  a: Assignment | NewAssignment | null;
  b: Assignment | NewAssignment | null;
  moves: SlotRecord['moves'];
  what: ChangeKind;
  /** A sentence: because what. */
  reason: string;
  /**
   * Assignments whose lost node gave up their place: written as tombstones, with the goal they carry, before this change.
   * Goal `leave`: runs on when its node returns, until it is decided (see `Plan.tombstones`).
   */
  bury: Assignment[];
}

export interface Waiting {
  app: string;
  slot: number;
  code: WaitingCode;
  /** A sentence. */ reason: string;
}
export type WaitingCode =
  | 'no-node'
  | 'unknown-instance'
  | 'dependency'
  | 'frozen'
  | 'partition'
  | 'stopping'
  | 'update'
  | 'drain'
  | 'move'
  | 'cron';

/** A new placement with its best scores; higher is better, the parts add up. */
export type Decision = { app: string } & WhyView['decisions'][number];

export interface Plan {
  /**
   * Slots whose record changes. One with neither assignment left is deleted by the committer unless it remembers moves. An
   * assignment whose id is a tombstone's came back with its node: the tombstone is removed after the slot is written.
   */
  changes: SlotChange[];
  /**
   * Tombstones whose assignment changes (its goal becomes `stop`): the slot has a replacement that has been ready, or is
   * not wanted any more.
   */
  tombstones: Tombstone[];
  /** Slots that cannot be as they should be yet, with the reason. */
  waiting: Waiting[];
  /** When time alone changes the plan (minHealthySeconds over, a move's delay over), epoch ms; null: never. */
  wakeAt: number | null;
  /** For `why`: the new placements with their best scores; of each app the 20 newest at most have scores. */
  decisions: Decision[];
  /** Updates beyond their progressDeadlineSeconds: said, not acted on (the rollout machine comes later). */
  late: { app: string; since: number }[];
}

/** Nothing to write. */
export const isSettled = (plan: Plan): boolean => plan.changes.length === 0 && plan.tombstones.length === 0;
