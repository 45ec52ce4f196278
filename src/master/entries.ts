// What the master holds in memory: its records with their versions, and what it knows beside them.
import type { AppRecord, Reason, Revision } from '../model/app/app.ts';
import type { Assignment, SlotRecord, Tombstone } from '../model/assignment.ts';
import type { InstanceView } from '../model/instance/instance.ts';
import type { NodeLoad, NodeRecord, NodeStatus } from '../model/node.ts';
import type { Waiting } from '../placement/snapshot.ts';
import type { WhyView } from '../protocol/views.ts';
import type { Version } from '../store/store.ts';

/** A record as last acknowledged, with its compare-and-swap token. */
export interface Kept<T> {
  doc: T;
  version: Version;
}

export interface AppEntry {
  name: string;
  record: Kept<AppRecord>;
  /** The revision in force and those that slots still name; older ones are read from the store. */
  revisions: Map<number, Kept<Revision>>;
  slots: Map<number, Kept<SlotRecord>>;
  /** From the last plan: slots that cannot be placed, and why. */
  waiting: Waiting[];
  /** The last placements with their scores, newest first, at most 20. */
  decisions: WhyView['decisions'];
}

export const newApp = (record: Kept<AppRecord>): AppEntry => ({
  name: record.doc.name,
  record,
  revisions: new Map(),
  slots: new Map(),
  waiting: [],
  decisions: [],
});

export interface NodeEntry {
  id: string;
  record: Kept<NodeRecord>;
  status: NodeStatus;
  reason: Reason | null;
  load: NodeLoad | null;
  link: 'websocket' | 'poll' | 'none';
  /** Last beat: epoch ms for people, monotonic ms for decisions. */
  beatAt: number;
  heardAt: number;
  /** Obeys this hub; false: of another hub, reports only. */
  obeys: boolean;
  /** Has reported its instances since this master leads: what it does not name, it does not run. */
  reported: boolean;
}

export interface InstanceEntry {
  /** As last reported. */
  view: InstanceView;
  node: string;
  /** Known: an assignment or tombstone of this hub names it. Local: of a standalone past. Unknown: neither. */
  standing: 'known' | 'local' | 'unknown';
  /** Healthy without a break since, epoch ms at this master; null: not healthy. */
  healthySince: number | null;
  /** Was ready in any launch. */
  everReady: boolean;
}

/** An assignment in force on a node: of a slot, or a tombstone left for it. */
export interface Duty {
  assignment: Assignment;
  tombstone: boolean;
}

export type TombstoneEntry = Kept<Tombstone>;
