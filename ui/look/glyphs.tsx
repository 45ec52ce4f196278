// The glyphs: ten statuses of instances, six of nodes, two of probes; and the few icons of controls. Drawn inline, colour by --c.
import type { VNode } from 'preact';

const line = { fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' } as const;
const disc = <circle cx="8" cy="8" r="5" fill="currentColor" />;
const warning = (
  <>
    <path d="M8 1.5 15 14H1z" fill="currentColor" />
    <path d="M8 6v3.8M8 11.4v.8" stroke="var(--gap,var(--surface))" stroke-width="1.6" />
  </>
);
const question = (
  <path {...line} d="M5 5.6C5 3.6 6.4 2.5 8 2.5s3 1.1 3 2.9c0 2.2-3 2.3-3 4.6M8 13.1v.4" stroke-width="2.2" />
);
const brokenCircle = (
  <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.75" stroke-dasharray="2.4 2.2" />
);

const shapes: Record<string, VNode> = {
  pending: brokenCircle,
  waiting: brokenCircle,
  fetching: <path {...line} d="M8 2v8M4.5 7 8 10.5 11.5 7M3 14h10" stroke-width="2" />,
  starting: <path {...line} d="M4.5 3 13 8l-8.5 5z" stroke-width="2" />,
  running: disc,
  unhealthy: warning,
  killing: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="m4.2 11.8 7.6-7.6" stroke="currentColor" stroke-width="2" />
    </>
  ),
  restarting: <path {...line} d="M13 8a5 5 0 1 1-1.6-3.7M13.2 1.8v3.2H10" stroke-width="2" />,
  stopped: <rect x="3.5" y="3.5" width="9" height="9" rx="1" fill="currentColor" />,
  failed: <path {...line} d="m3.5 3.5 9 9m0-9-9 9" stroke-width="3" />,
  lost: question,
  unknown: question,
  joining: <path {...line} d="M12 4 4 12M4 6v6h6" stroke-width="2" />,
  ready: disc,
  cordoned: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M5 8h6" stroke="currentColor" stroke-width="2" />
    </>
  ),
  draining: <path {...line} d="M4 12 12 4M6 4h6v6" stroke-width="2" />,
  suspect: <path {...line} d="M1.5 8h3l2-4.5 3 9 2-4.5h3" stroke-width="2" />,
  passing: <path {...line} d="m3 8.5 3.3 3.3L13 5" stroke-width="2.2" />,
  failing: warning,
};

export const hasGlyph = (status: string): boolean => Object.hasOwn(shapes, status);

/** The glyph of a status, in its colour. Decorative: the word stands beside it, or is the title of what holds it. */
export function Glyph({ s }: { s: string }): VNode {
  return (
    <svg class="g" data-s={s} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[s] ?? shapes['pending']}
    </svg>
  );
}

/** The glyph inside another drawing: 12 px at x, y, in the current colour. */
export function GlyphAt({ s, x, y, size = 12 }: { s: string; x: number; y: number; size?: number }): VNode {
  return (
    <g class="gl" transform={`translate(${x} ${y}) scale(${size / 16})`}>
      {shapes[s] ?? shapes['pending']}
    </g>
  );
}

const icons: Record<string, VNode> = {
  search: (
    <>
      <circle cx="7" cy="7" r="4" />
      <path d="m10.2 10.2 3.6 3.6" />
    </>
  ),
  copy: (
    <>
      <rect x="5" y="5" width="8.5" height="8.5" rx="1.5" />
      <path d="M3 10.5v-7A1.5 1.5 0 0 1 4.5 2h6" />
    </>
  ),
  back: <path d="M11 3 5 8l6 5z" />,
  forth: <path d="m5 3 6 5-6 5z" />,
  pause: <path d="M5.5 3v10M10.5 3v10" />,
  follow: <path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3.5 13.5h9" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.5" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
    </>
  ),
  moon: <path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  down: <path d="M4 6l4 4 4-4" />,
};
export function Icon({ name }: { name: string }): VNode {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="14"
      height="14"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {icons[name]}
    </svg>
  );
}

const pages: Record<string, VNode> = {
  overview: (
    <>
      <rect x="2.5" y="3" width="5.5" height="5.5" rx="1" />
      <rect x="10" y="3" width="5.5" height="5.5" rx="1" />
      <rect x="2.5" y="10.5" width="5.5" height="4.5" rx="1" />
      <rect x="10" y="10.5" width="5.5" height="4.5" rx="1" />
    </>
  ),
  apps: (
    <>
      <path d="M9 2.5 16 6 9 9.5 2 6z" />
      <path d="m2 9.5 7 3.5 7-3.5M2 12.8l7 3.2 7-3.2" />
    </>
  ),
  nodes: (
    <>
      <rect x="2.5" y="3" width="13" height="5" rx="1.2" />
      <rect x="2.5" y="10" width="13" height="5" rx="1.2" />
      <path d="M5.5 5.5h.01M5.5 12.5h.01M9 5.5h3.5M9 12.5h3.5" />
    </>
  ),
  inspector: (
    <>
      <rect x="1.5" y="2.5" width="6" height="4.5" rx="1.5" />
      <rect x="10.5" y="11" width="6" height="4.5" rx="1.5" />
      <path d="M7.5 4.75H12a1.5 1.5 0 0 1 1.5 1.5V11" />
      <circle cx="4.5" cy="13.25" r="1.6" />
      <path d="M6.1 13.25h4.4" />
    </>
  ),
  events: <path d="M2.5 4.5h13M2.5 9h13M2.5 13.5h8" />,
  data: (
    <>
      <ellipse cx="9" cy="4.5" rx="6" ry="2.3" />
      <path d="M3 4.5v9c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3v-9M3 9c0 1.3 2.7 2.3 6 2.3S15 10.3 15 9" />
    </>
  ),
  settings: (
    <>
      <path d="M2.5 5.5h7M13 5.5h2.5M2.5 12.5H5M8.5 12.5h7" />
      <circle cx="11.2" cy="5.5" r="1.8" />
      <circle cx="6.8" cy="12.5" r="1.8" />
    </>
  ),
  more: <path d="M4 9h.01M9 9h.01M14 9h.01" stroke-width="2.5" />,
};
export const PageIcon = ({ page }: { page: string }): VNode => (
  <svg viewBox="0 0 18 18" aria-hidden="true">
    {pages[page]}
  </svg>
);

/** The mark of the product. */
export const Mark = (): VNode => (
  <svg width="26" height="26" viewBox="0 0 26 26" fill="none" role="img" aria-label="stathub">
    <rect x="2" y="3" width="12" height="8" rx="3" stroke="currentColor" stroke-width="2" />
    <rect x="12" y="15" width="12" height="8" rx="3" fill="var(--accent)" stroke="var(--accent)" stroke-width="2" />
    <path d="M14 7h2.5A2.5 2.5 0 0 1 19 9.5V15" stroke="currentColor" stroke-width="2" />
  </svg>
);
