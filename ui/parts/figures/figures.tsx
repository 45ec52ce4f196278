// Small figures: a meter (used over reserved over whole), a ribbon of statuses, a sparkline.
import type { VNode } from 'preact';
import { statusWord } from '../chip.tsx';

const clamp = (fraction: number): string => `${Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 10}%`;

/** `used` dark over `reserved` light; hot above nine tenths used. Numbers in one unit. */
export function Meter({
  used,
  reserved = 0,
  whole,
  title,
}: {
  used: number | null;
  reserved?: number;
  whole: number;
  title?: string;
}): VNode {
  const of = (n: number): string => clamp(whole > 0 ? n / whole : 0);
  return (
    <span
      class={`meter${used !== null && whole > 0 && used / whole > 0.9 ? ' hot' : ''}`}
      title={title}
      role="img"
      aria-label={title}
    >
      <i style={{ width: of(reserved) }} />
      {used !== null && <b style={{ width: of(used) }} />}
    </span>
  );
}

/** How many of each status, as wide as their number. */
export function Ribbon({ counts, order }: { counts: Record<string, number>; order: readonly string[] }): VNode {
  return (
    <div
      class="ribbon"
      role="img"
      aria-label={order
        .filter((s) => counts[s])
        .map((s) => `${counts[s]} ${statusWord(s)}`)
        .join(', ')}
    >
      {order.map((s) =>
        counts[s] ? (
          <i key={s} data-s={s} style={{ flex: String(counts[s]) }} title={`${counts[s]} ${statusWord(s)}`} />
        ) : null,
      )}
    </div>
  );
}

/** Bars of equal width, the tallest is full height. */
export function Bars({
  values,
  newest,
}: {
  values: number[];
  /** How many at the end are drawn darker. */
  newest: number;
}): VNode {
  const top = Math.max(1, ...values);
  const width = 300 / values.length;
  return (
    <svg class="bars" viewBox="0 0 300 28" width="100%" height="28" preserveAspectRatio="none" aria-hidden="true">
      {values.map((v, i) =>
        v > 0 ? (
          <rect
            x={i * width + 0.5}
            y={28 - Math.max(2, (v / top) * 27)}
            width={Math.max(1, width - 1.5)}
            height={Math.max(2, (v / top) * 27)}
            class={i >= values.length - newest ? 'new' : ''}
          />
        ) : null,
      )}
    </svg>
  );
}
