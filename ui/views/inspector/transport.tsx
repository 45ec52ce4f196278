// Back and forth through what an actor heard since one looks, and back to the present.
import type { VNode } from 'preact';
import { statusOfState } from '../../chart/status-of.ts';
import type { History } from '../../chart/history.ts';
import { Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';

interface TransportProps {
  history: History;
  /** The step that is shown. */
  index: number;
  live: boolean;
  show: (index: number) => void;
}

export function Transport({ history, index, live, show }: TransportProps): VNode {
  const newest = history.steps.length - 1;
  const place = (k: number): string => `${newest > 0 ? (k / newest) * 100 : 100}%`;
  return (
    <div class="transport">
      <span class="btns">
        <button
          type="button"
          class="btn small"
          title={`${t('key.back')}  [`}
          aria-label={t('key.back')}
          disabled={index <= 0}
          onClick={() => show(index - 1)}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="btn small"
          title={`${t('key.forth')}  ]`}
          aria-label={t('key.forth')}
          disabled={live}
          onClick={() => show(index + 1)}
        >
          <Icon name="forth" />
        </button>
      </span>
      <div
        class="scrub"
        role="slider"
        tabIndex={0}
        aria-label={t('scrub')}
        aria-valuemin={1}
        aria-valuemax={history.steps.length}
        aria-valuenow={index + 1}
        onClick={(e) => {
          const bar = e.currentTarget.getBoundingClientRect();
          show(Math.round(((e.clientX - bar.left) / bar.width) * newest));
        }}
      >
        {history.steps.map((x, k) =>
          x.edges.length > 0 ? (
            <i key={x.seq} data-s={statusOfState(x.state.at(-1) ?? '')} style={{ left: place(k) }} />
          ) : null,
        )}
        <b style={{ left: place(index) }} />
      </div>
      <span class="small mid nw">{t('scrub.at', { n: index + 1, of: history.steps.length })}</span>
      <button type="button" class={`btn small${live ? ' lit' : ''}`} aria-pressed={live} onClick={() => show(newest)}>
        {t('shell.live')} <kbd>l</kbd>
      </button>
    </div>
  );
}
