// Watches one actor and keeps its history as long as the page shows it.
import { useEffect, useState } from 'preact/hooks';
import { watch } from '../hub/live.ts';
import { afterMs } from './labels.ts';
import type { Timer } from './ring.tsx';
import { activePaths, emptyHistory, foldFrame, visits, type History } from './history.ts';

/** The history of an actor (null: nothing is watched); `problem` when the hub refuses. */
export function useActor(actor: string | null): { history: History; problem: { code: string; detail: string } | null } {
  const [state, setState] = useState<{ history: History; problem: { code: string; detail: string } | null }>({
    history: emptyHistory(actor ?? ''),
    problem: null,
  });
  useEffect(() => {
    setState({ history: emptyHistory(actor ?? ''), problem: null });
    if (actor === null) return;
    return watch(`inspect:${actor}`, (frame) => {
      if (frame.type === 'inspect')
        setState((old) => ({ history: foldFrame(old.history, frame.frame), problem: null }));
      if (frame.type === 'problem') setState((old) => ({ ...old, problem: frame }));
    });
  }, [actor]);
  return state;
}

/** Timers of the active states: fixed delays of the machine, and the moment that the hub names as the next (`next`). */
export function timersOf(history: History, index: number, next: number | null): Map<string, Timer> {
  const out = new Map<string, Timer>();
  const step = history.steps[index];
  if (!step || !history.chart) return out;
  const active = activePaths(step.state);
  const seen = visits(history, index);
  const leaf = step.state.at(-1);
  if (next !== null && leaf && next > step.at) out.set(leaf, { from: seen.get(leaf)?.since ?? step.at, until: next });
  for (const edge of history.chart.edges) {
    const ms = afterMs(edge);
    const since = seen.get(edge.from)?.since;
    if (ms === null || since == null || !active.has(edge.from) || out.has(edge.from)) continue;
    out.set(edge.from, { from: since, until: since + ms });
  }
  return out;
}
