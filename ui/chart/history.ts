// The steps of a watched actor, folded: what is lit, what was entered how often, what came from whom. Pure.
import type { ChartView, InspectFrame } from '../../src/protocol/live.ts';

export interface Step {
  seq: number;
  at: number;
  event: string;
  edges: string[];
  state: string[];
  context: unknown;
  source: string | null;
  status: InspectFrame['status'];
}
export interface History {
  actor: string;
  machine: string;
  chart: ChartView | null;
  /** Oldest first. */
  steps: Step[];
}
/** What is known of a state: how often it was entered, how long the last finished stay was, since when it is active. */
export interface Visit {
  times: number;
  lastStayMs: number | null;
  since: number | null;
}

export const stepsKept = 500;
export const emptyHistory = (actor: string): History => ({ actor, machine: '', chart: null, steps: [] });

/** Adds a frame. A frame with a chart begins a watch: what came before a lost connection stays when the numbers go on. */
export function foldFrame(history: History, frame: InspectFrame): History {
  const { seq, at, event, edges, state, context, source, status } = frame;
  const step: Step = { seq, at, event, edges, state, context, source, status };
  const known = history.steps.at(-1);
  const goesOn = known !== undefined && seq >= known.seq;
  const steps = !goesOn ? [] : seq === known.seq ? history.steps.slice(0, -1) : history.steps;
  // A number that is known already says nothing new, but for the moment it was taken.
  const kept =
    goesOn && seq === known.seq
      ? {
          ...step,
          event: event || known.event,
          edges: edges.length > 0 ? edges : known.edges,
          source: source ?? known.source,
        }
      : step;
  return {
    actor: frame.actor,
    machine: frame.machine,
    chart: frame.chart ?? history.chart,
    steps: [...steps, kept].slice(-stepsKept),
  };
}

/** Paths active in a list of leaves or paths: parents included. */
export function activePaths(state: readonly string[]): Set<string> {
  const out = new Set<string>();
  for (const path of state) {
    const parts = path.split('.');
    for (let i = 1; i <= parts.length; i++) out.add(parts.slice(0, i).join('.'));
  }
  return out;
}

/** How the states were visited up to and with step `index`; `now` ends what is still active. */
export function visits(history: History, index: number): Map<string, Visit> {
  const out = new Map<string, Visit>();
  let before = new Set<string>();
  history.steps.slice(0, index + 1).forEach((step, i) => {
    const active = activePaths(step.state);
    const targets = new Set(
      step.edges
        .map((id) => history.chart?.edges.find((e) => e.id === id)?.to)
        .filter((to): to is string => to != null),
    );
    for (const path of active) {
      // Entered: newly active, or left and entered again by an edge that leads to it.
      if (before.has(path) && !(i > 0 && targets.has(path) && step.edges.length > 0 && isReentry(history, step, path)))
        continue;
      const visit = out.get(path) ?? { times: 0, lastStayMs: null, since: null };
      out.set(path, {
        times: visit.times + 1,
        lastStayMs: visit.since === null ? visit.lastStayMs : step.at - visit.since,
        since: step.at,
      });
    }
    for (const path of before) {
      const visit = out.get(path);
      if (!active.has(path) && visit && visit.since !== null)
        out.set(path, { ...visit, lastStayMs: step.at - visit.since, since: null });
    }
    before = active;
  });
  return out;
}

/** A transition from a state to itself, through others or not. */
const isReentry = (history: History, step: Step, path: string): boolean =>
  step.edges.some((id) => {
    const edge = history.chart?.edges.find((e) => e.id === id);
    return edge?.to === path && edge.from === path;
  }) || step.edges.length > 1;

/** Edges taken up to and with step `index`. */
export const taken = (history: History, index: number): Set<string> =>
  new Set(history.steps.slice(0, index + 1).flatMap((s) => s.edges));

/** Which step led to what is shown: the newest at or before `index` that took an edge. */
export function lastMove(history: History, index: number): Step | null {
  for (let i = Math.min(index, history.steps.length - 1); i >= 0; i--)
    if (history.steps[i]!.edges.length > 0) return history.steps[i]!;
  return null;
}

/** Top-level keys of the context that changed with a step: the value before, by key. */
export function changedKeys(before: unknown, after: unknown): Map<string, unknown> {
  const [a, b] = [before, after].map((v) =>
    typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {},
  ) as [Record<string, unknown>, Record<string, unknown>];
  const out = new Map<string, unknown>();
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    if (JSON.stringify(a[key]) !== JSON.stringify(b[key])) out.set(key, a[key]);
  return out;
}

/** Where a step led, for a list: the leaves that became active; empty when it stayed. */
export function ledTo(steps: readonly Step[], index: number): string[] {
  const before = new Set(index > 0 ? steps[index - 1]!.state : []);
  const now = steps[index]!;
  return index > 0 && now.edges.length === 0
    ? []
    : now.state.filter((path) => !before.has(path) || now.edges.length > 0);
}

/** Events that the active states hear, in the order of the machine: for "Send an event". */
export function heardIn(chart: ChartView | null, state: readonly string[]): string[] {
  if (!chart) return [];
  const active = activePaths(state);
  const root =
    chart.states.filter((s) => s.parent === null).length === 1 ? chart.states.find((s) => s.parent === null)!.path : '';
  return [
    ...new Set(
      chart.edges
        .filter((e) => e.kind === 'event' && (active.has(e.from) || e.from === '' || e.from === root))
        .map((e) => e.event),
    ),
  ];
}
