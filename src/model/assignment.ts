// Desired state: which revision of an app runs on which node, in which slot and place. A slot has two places, so that a
// replacement can start in the free one while the other still serves.

export type Place = 'a' | 'b';
/** run; leave: runs on in full until its replacement is healthy; stop: a tombstone, kept until the agent reports the tree empty. */
export type Goal = 'run' | 'leave' | 'stop';

export interface Assignment {
  /** `<app>.<slot>.<8 base32>`: the instance's id. */
  id: string;
  app: string;
  slot: number;
  place: Place;
  /** From one counter of the hub; STAT_EPOCH = epoch x 2^20 + launch number. */
  epoch: number;
  revision: number;
  hash: string;
  /** Hub id, or 'local' for an app of a standalone agent. */
  owner: string;
  node: string;
  goal: Goal;
  /** The answer to a full restart window: `stay` names the launch that it answers. */
  onFull: { stay: number } | null;
  /** Why it was placed here, for `why` (a sentence). */
  because: string;
  /** When it was committed, epoch ms. */
  at: number;
  /** `goal: stop`: because what, and who asked for it where somebody did. */
  stopping?: { text: string; by: string | null } | null;
  /** Bumped by an operator's restart of the instance or app (clears window and back-off, restarts in place). */
  nudge: number;
  /** Who asked for that. */
  nudgedBy?: string | null;
}

/** One record a slot: `assignments`, key `<app>/<slot, 6 digits>`. At most one of the two is not leaving. */
export interface SlotRecord {
  app: string;
  slot: number;
  a: Assignment | null;
  b: Assignment | null;
  term: number;
  /** Moves so far, for the reschedule delay. */
  moves: { count: number; lastAt: number; /** node it last failed on */ from: string | null } | null;
}

/** `tombstones`, key `<node>/<instance id>`: what a lost node must stop when it returns. */
export interface Tombstone {
  id: string;
  node: string;
  assignment: Assignment;
  term: number;
  at: number;
}

/** What an agent is told to hold: the desired set of one node. */
export interface DesiredSet {
  /** Ordered by (term, seq). */
  term: number;
  seq: number;
  revisions: DesiredRevision[];
  assignments: Assignment[];
}
export interface DesiredRevision {
  app: string;
  revision: number;
  hash: string;
  spec: import('./app/app.ts').AppSpec;
  contents: Record<string, { sha256: string; size: number }>;
}
