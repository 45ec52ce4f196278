// A timer: a ring that empties clockwise, beside "6.8 s of 10 s".
import type { VNode } from 'preact';
import { left, stay } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { hubNow, needTenths, tenth } from '../hub/ticks.ts';

/** ms since the epoch, by the hub's clock. */
export interface Timer {
  from: number;
  until: number;
}

/** At x, y (its left middle) in a drawing. `still`: a moment of the past, the ring does not run. */
export function Ring({ timer, x, y, still }: { timer: Timer; x: number; y: number; still: boolean }): VNode {
  void tenth.value;
  const whole = Math.max(1, timer.until - timer.from);
  const rest = still ? whole : Math.max(0, Math.min(whole, timer.until - hubNow()));
  if (!still && rest > 0 && rest < 60_000) needTenths();
  const r = 6;
  const around = 2 * Math.PI * r;
  return (
    <g class="ring" transform={`translate(${x} ${y - 6})`}>
      <circle class="base" cx="6" cy="6" r={r} />
      <circle
        class="left"
        cx="6"
        cy="6"
        r={r}
        transform="rotate(-90 6 6) translate(0 12) scale(1 -1)"
        stroke-dasharray={`${(rest / whole) * around} ${around}`}
      />
      <text x="18" y="10">
        {still ? stay(whole) : whole >= 60_000 ? left(rest) : t('chart.left', { left: left(rest), whole: stay(whole) })}
      </text>
    </g>
  );
}
