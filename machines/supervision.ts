// What an app-supervisor remembers and hears, and its two judgements: whose restart is granted, and whose turn it is.
import type { EndedLaunch, RestartDecision, RestartHistory, RestartPolicy } from '../src/model/instance/restart.ts';
import { clearedHistory, decideRestart, goOnInPlace } from '../src/model/instance/restart.ts';
import { restartsAreRolled } from '../src/model/instance/rolling.ts';
import type { InstanceEvent, InstanceInput, RestartPlan, SupervisorReport } from './instance-facts.ts';

/** up: running; failing: wants its turn; turn: is being ended in its turn, or was and does not run again yet; starting: granted, not running yet; down: anything else. */
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
  /** ms until an escalation without an answer means "stay"; 0: nobody to ask. */ answerMs: number;
}
export interface SupervisorContext extends SupervisorInput {
  children: Record<string, ChildFacts>;
  /** Unhealthy ones that wait for their turn, in order. */ queue: string[];
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

/** A supervisor lives through this many crashes of one child's actor in this time; one more and it fails itself (OTP's intensity). */
const crashIntensity = 5;
const crashPeriodMs = 60_000;

/** Keeps the crashes within the period and adds one. */
export const withCrash = (crashes: number[], mono: number): number[] => [
  ...crashes.filter((at) => mono - at < crashPeriodMs),
  mono,
];
export const isOverwhelmed = (child: ChildFacts | undefined): boolean => (child?.crashes.length ?? 0) > crashIntensity;

export const idOf = (children: Record<string, ChildFacts>, child: string): string | undefined =>
  Object.keys(children).find((id) => children[id]!.child === child);

const planOf = (child: ChildFacts, decision: { delayMs: number; crashLoop: boolean }): RestartPlan => ({
  at: child.endedAt + decision.delayMs,
  delayMs: decision.delayMs,
  crashLoop: decision.crashLoop,
  held: false,
  deaths: child.history.deaths.length,
  periodSeconds: child.policy.restart.periodSeconds,
  closed: child.history.full === null || child.answered,
});

/** The answer for a child, and what is remembered from now on. */
export interface Judgement {
  facts: ChildFacts;
  /** null: it knows that it has to wait. */
  answer: InstanceEvent | null;
  /** Ask the parent, for this long. */
  escalate: { launch: number } | null;
}

const grant = (facts: ChildFacts, decision: { delayMs: number; crashLoop: boolean }): Judgement => {
  const granted: ChildFacts = { ...facts, asked: false, phase: decision.delayMs <= 0 ? 'starting' : 'down' };
  return { facts: granted, answer: { type: 'restart.granted', plan: planOf(granted, decision) }, escalate: null };
};

/** Judges a child that is down. An operator's restart clears window and back-off; all else is the model's decision. */
export function judge(
  before: ChildFacts,
  asked: Extract<SupervisorReport, { type: 'restart.asked' }>,
  answerMs: number,
): Judgement {
  const facts = { ...before, chance: asked.ended.chance, endedAt: asked.ended.at };
  if (asked.partition === 'severed') return { facts: { ...facts, phase: 'down' }, answer: null, escalate: null };
  if (asked.partition === 'over') return grant(facts, { delayMs: 0, crashLoop: facts.history.full !== null });
  if (asked.byOperator)
    return grant({ ...facts, history: clearedHistory(), answered: true }, { delayMs: 0, crashLoop: false });
  const ended: EndedLaunch = {
    launch: asked.launch,
    reason: asked.exit?.reason ?? 'start-timeout',
    code: asked.exit?.code ?? null,
    readyMs: asked.readyMs,
  };
  const { decision, history } = decideRestart(facts.policy, facts.history, ended, asked.ended.mono, facts.chance);
  const judged = follow({ ...facts, history }, decision, answerMs);
  // Its turn lasts until it runs again: a back-off does not give it to the next one.
  return ended.reason === 'unhealthy' && judged.answer?.type === 'restart.granted'
    ? { ...judged, facts: { ...judged.facts, phase: 'turn' } }
    : judged;
}

function follow(facts: ChildFacts, decision: RestartDecision, answerMs: number): Judgement {
  switch (decision.kind) {
    case 'granted':
    case 'held':
      return grant(facts, decision);
    case 'done':
      return {
        facts: { ...facts, phase: 'down' },
        answer: { type: 'restart.refused', outcome: 'done' },
        escalate: null,
      };
    case 'failed':
      return {
        facts: { ...facts, phase: 'down' },
        answer: { type: 'restart.refused', outcome: 'failed', code: decision.code, text: decision.text },
        escalate: null,
      };
    case 'escalate': {
      if (answerMs <= 0) return stay({ ...facts, answered: true });
      const { launch, deaths } = decision;
      return {
        facts: { ...facts, phase: 'down', answered: false, asked: true },
        answer: { type: 'restart.escalated', launch, deaths, until: facts.endedAt + answerMs },
        escalate: { launch },
      };
    }
  }
}

/** The parent said stay, or nothing: on in place, after a growing delay. */
export function stay(facts: ChildFacts): Judgement {
  const { decision, history } = goOnInPlace(facts.policy, facts.history, facts.chance);
  return grant({ ...facts, history }, decision);
}

/** That escalation is not answered yet. */
export const isOpen = (child: ChildFacts | undefined, launch: number): boolean =>
  child !== undefined && !child.answered && child.history.full?.launch === launch;

/** Whether the next unhealthy child may be ended now: not all of an app at once. */
export function mayTakeTurn(children: Record<string, ChildFacts>): boolean {
  const all = Object.values(children),
    count = (...phases: ChildPhase[]) => all.filter((child) => phases.includes(child.phase)).length;
  return !restartsAreRolled({
    total: all.length,
    healthy: count('up'),
    underWay: count('turn'),
    starting: count('starting'),
  });
}
