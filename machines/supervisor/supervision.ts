// An app-supervisor's two judgements: whose restart is granted, and whose turn it is.
import type { EndedLaunch, RestartDecision } from '../../src/model/instance/restart.ts';
import { clearedHistory, decideRestart, goOnInPlace } from '../../src/model/instance/restart.ts';
import { restartsAreRolled } from '../../src/model/instance/rolling.ts';
import type { InstanceEvent, SupervisorReport } from '../instance/events.ts';
import type { RestartPlan } from '../instance/facts.ts';
import type { ChildFacts, ChildPhase } from './facts.ts';

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
interface Judgement {
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
  if (asked.byOperator)
    return grant({ ...facts, history: clearedHistory(), answered: true }, { delayMs: 0, crashLoop: false });
  const ended: EndedLaunch = {
    launch: asked.launch,
    reason: asked.exit?.reason ?? 'start-timeout',
    code: asked.exit?.code ?? null,
    readyMs: asked.readyMs,
  };
  const { decision, history } = decideRestart(facts.policy, facts.history, ended, asked.ended.mono, facts.chance);
  // It had ended before its node was cut off: with its work done, or for good, as it was to run once.
  const isOver = asked.exit !== null && (decision.kind === 'done' || facts.policy.restart.policy === 'never');
  if (asked.partition === 'over' && !(isOver && ended.reason !== 'partition'))
    return grant(facts, { delayMs: 0, crashLoop: facts.history.full !== null });
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
  const all = Object.values(children);
  const count = (phase: ChildPhase): number => all.filter((child) => child.phase === phase).length;
  return !restartsAreRolled({
    total: all.length,
    healthy: count('up'),
    underWay: count('turn'),
    starting: count('starting'),
  });
}
