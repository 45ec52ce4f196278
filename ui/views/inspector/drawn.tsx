// The actor in view, drawn: its name and state, and its machine with the way it took.
import type { VNode } from 'preact';
import { Chart } from '../../chart/chart.tsx';
import { statusOfActor } from '../../chart/status-of.ts';
import { timersOf } from '../../chart/watching.ts';
import { actors } from '../../hub/cluster.ts';
import { t } from '../../words/i18n.tsx';
import { instancePath } from '../../routes.ts';
import { sentence } from '../../parts/app/next.tsx';
import { Chip } from '../../parts/chip.tsx';
import { Coded } from '../../parts/coded.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { phone, type Watched } from './watched.ts';

interface HeadProps {
  of: Watched;
  /** All of the chart at once. */
  fit: boolean;
  setFit: (fit: boolean) => void;
}

export function ActorHead({ of: { actor, instance, label, leaf, live }, fit, setFit }: HeadProps): VNode {
  return (
    <header class="lined">
      <h2>{label || t('page.inspector')}</h2>
      {leaf && <Chip s={statusOfActor(leaf, actor?.status ?? 'active')}>{leaf}</Chip>}
      {instance?.reason && live && (
        <span class="small because no-phone cutoff">
          <Coded text={sentence(instance.reason.text)} />
        </span>
      )}
      <span class="right">
        <button
          type="button"
          class="btn small no-phone"
          aria-pressed={fit}
          title={`${t('key.fit')}  0`}
          onClick={() => setFit(!fit)}
        >
          {t('chart.fit')}
        </button>
        {instance && (
          <a class="btn small no-phone" href={instancePath(instance.id)}>
            {t('open.instance')}
          </a>
        )}
      </span>
    </header>
  );
}

/** The chart, or why there is none. */
export function ActorChart({ of, fit }: { of: Watched; fit: boolean }): VNode {
  const { id, history, index, problem, now, instance, live, lit } = of;
  if (problem)
    return (
      <Empty title={t('inspect.refused')}>
        {problem.detail} <span class="mono-s dim">{problem.code}</span>
      </Empty>
    );
  if (!id && actors.value.length > 0) return <Empty title={t('inspect.choose')} />;
  if (!history.chart || !now) return <Loading rows={8} />;
  return (
    <Chart
      chart={history.chart}
      mini={phone()}
      active={lit.active}
      visits={lit.visits}
      taken={lit.taken}
      last={lit.last?.edges ?? []}
      move={lit.last?.seq ?? 0}
      timers={timersOf(history, index, live ? (instance?.reason?.next?.at ?? null) : null)}
      past={!live}
      fit={fit}
    />
  );
}
