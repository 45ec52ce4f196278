// What an app-supervisor remembers of its children, what it hears, and what it tells the wiring.
import type { RestartHistory, RestartPolicy } from '../../src/model/instance/restart.ts';
import type { InstanceEvent, SupervisorReport } from '../instance/events.ts';
import type { InstanceInput } from '../instance/facts.ts';

/**
 * starting: granted, not running yet; up: running; failing: wants its turn; turn: is being ended in its turn, or was and does
 * not run again yet; down: anything else.
 */
export type ChildPhase = 'starting' | 'up' | 'failing' | 'turn' | 'down';
export interface ChildFacts {
  /** `slot-3.a`: the child's id, bounded by slots and places, never the instance's own. */
  child: string;
  policy: RestartPolicy;
  history: RestartHistory;
  phase: ChildPhase;
  /** mono of the crashes of its actor (not of its program). */
  crashes: number[];
  /** The newest escalation is answered (or none is open). */
  answered: boolean;
  /** It waits for that answer. */
  asked: boolean;
  /** Last chance heard of (0..1), and epoch ms of the last end: for decisions that a timer brings. */
  chance: number;
  endedAt: number;
}
export interface SupervisorInput {
  key: string;
  app: string;
  /** ms until an escalation without an answer means "stay"; 0: nobody to ask. */
  answerMs: number;
}
export interface SupervisorContext extends SupervisorInput {
  children: Record<string, ChildFacts>;
  /** Unhealthy ones that wait for their turn, in order. */
  queue: string[];
}

export type SupervisorEvent =
  | { type: 'instance.add'; child: string; input: InstanceInput; policy: RestartPolicy; history: RestartHistory }
  /** A word for one child. An operator's restart also clears its counters. */
  | { type: 'instance.tell'; id: string; event: InstanceEvent }
  | { type: 'policy.adjust'; id: string; policy: RestartPolicy }
  /** The parent's answer to a full window: stay. */
  | { type: 'escalation.answered'; id: string; launch: number }
  | { type: 'escalation.expired'; id: string; launch: number }
  /** The wiring has ended what a crashed actor owned, and found these facts. */
  | { type: 'instance.revive'; id: string; input: InstanceInput; mono: number }
  | SupervisorReport
  | { type: `xstate.error.actor.${string}`; actorId: string; error: unknown }
  | { type: `xstate.done.actor.${string}`; actorId: string };

/** Told to the wiring. */
export type SupervisorEmitted =
  | { type: 'instance.spawned'; id: string; child: string }
  | { type: 'instance.crashed'; id: string; error: string }
  | { type: 'instance.ended'; id: string };

type Children = Record<string, ChildFacts>;

/** The instance of a child. */
export const idOf = (children: Children, child: string): string | undefined =>
  Object.keys(children).find((id) => children[id]!.child === child);

/** The children, one of them changed. */
export const withChild = (children: Children, id: string, change: Partial<ChildFacts>): Children => ({
  ...children,
  [id]: { ...children[id]!, ...change },
});

/** A supervisor lives through this many crashes of one child's actor in this time; one more and it fails itself (OTP's intensity). */
const crashIntensity = 5;
const crashPeriodMs = 60_000;

/** Keeps the crashes within the period and adds one. */
export const withCrash = (crashes: number[], mono: number): number[] => [
  ...crashes.filter((at) => mono - at < crashPeriodMs),
  mono,
];
export const isOverwhelmed = (crashes: number[]): boolean => crashes.length > crashIntensity;
