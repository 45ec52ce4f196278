// The statechart of one actor without labels, live: for the instance page and for phones.
import type { VNode } from 'preact';
import { t } from '../words/i18n.tsx';
import { Loading } from '../parts/states.tsx';
import { Chart } from './chart.tsx';
import { activePaths, lastMove, taken, visits } from './history.ts';
import { timersOf, useActor } from './watching.ts';

export function MiniChart({ actor, next }: { actor: string; next: number | null }): VNode {
  const { history, problem } = useActor(actor);
  const index = history.steps.length - 1;
  const step = history.steps[index];
  if (problem)
    return (
      <p class="small dim">
        {t('chart.none')} <span class="mono-s">{problem.code}</span>
      </p>
    );
  if (!history.chart || !step) return <Loading rows={5} />;
  const move = lastMove(history, index);
  return (
    <Chart
      chart={history.chart}
      mini
      active={activePaths(step.state)}
      visits={visits(history, index)}
      taken={taken(history, index)}
      last={move?.edges ?? []}
      move={move?.seq ?? 0}
      timers={folded(timersOf(history, index, next))}
    />
  );
}

/** The mini chart has no children: their timers stand at their outermost state. */
const folded = <T,>(timers: Map<string, T>): Map<string, T> =>
  new Map([...timers].map(([path, timer]) => [path.split('.')[0]!, timer]));
