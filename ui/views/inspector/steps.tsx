// What an actor heard since one looks, newest first, and where each led.
import type { VNode } from 'preact';
import { ledTo, type History } from '../../chart/history.ts';
import { edgeLabel, eventName, stateName } from '../../chart/labels.ts';
import { clockMs, moment } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { Panel } from '../../parts/panel.tsx';

interface StepProps {
  history: History;
  /** Which step this is, and which one is shown. */
  k: number;
  index: number;
  show: (index: number) => void;
}

function Step({ history, k, index, show }: StepProps): VNode {
  const step = history.steps[k]!;
  const to = ledTo(history.steps, k);
  const edge = history.chart?.edges.find((e) => e.id === step.edges.at(-1));
  const moved = to.length > 0 && (step.edges.length > 0 || k === 0);
  return (
    <li
      aria-selected={k === index}
      class={k > index ? 'later' : ''}
      onClick={() => show(k)}
      title={`${moment(step.at)}${edge ? `\n${edgeLabel(edge)}` : ''}`}
    >
      <time>{clockMs(step.at).slice(3)}</time>
      <span class="cutoff">{step.event ? eventName(step.event, 'event') : t('sequence.begin')}</span>
      <span class="to">{moved ? `→ ${stateName(to.at(-1)!)}` : t('machine.stays')}</span>
    </li>
  );
}

/** At most the 200 newest. */
export function Steps({ history, index, show }: Omit<StepProps, 'k'>): VNode {
  const newestFirst = [...history.steps.keys()].reverse().slice(0, 200);
  return (
    <Panel title={t('page.events')} note={t('inspect.steps', { n: history.steps.length })} lined flush>
      <ol class="evs">
        {newestFirst.map((k) => (
          <Step key={history.steps[k]!.seq} history={history} k={k} index={index} show={show} />
        ))}
      </ol>
    </Panel>
  );
}
