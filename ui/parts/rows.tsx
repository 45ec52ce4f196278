// A long list that draws only the rows in view. The page scrolls (or the nearest scrolling box), heights are fixed.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { slice } from '../lists/window.ts';

/** First and end of the rows to draw; `ref` goes on the element that holds them. */
export function useWindow(
  total: number,
  rowHeight: number,
): { first: number; end: number; before: number; after: number; ref: { current: HTMLElement | null } } {
  const ref = useRef<HTMLElement | null>(null);
  const [view, setView] = useState({ offset: 0, height: 1200 });
  const box = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    let found: HTMLElement | null = ref.current?.parentElement ?? null;
    while (found && !/(auto|scroll)/.test(getComputedStyle(found).overflowY)) found = found.parentElement;
    box.current = found;
  }, []);
  useEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const element = ref.current;
      if (!element) return;
      const top = element.getBoundingClientRect().top - (box.current?.getBoundingClientRect().top ?? 0);
      const height = box.current?.clientHeight ?? innerHeight;
      // A step of eight rows: scrolling inside a step draws nothing anew.
      const offset = Math.floor(-top / (rowHeight * 8)) * rowHeight * 8;
      setView((old) => (old.offset === offset && old.height === height ? old : { offset, height }));
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(measure);
    };
    const target: HTMLElement | Window = box.current ?? window;
    target.addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    measure();
    return () => {
      cancelAnimationFrame(frame);
      target.removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, [rowHeight]);
  return { ...slice(total, rowHeight, view.offset, view.height + rowHeight * 8), ref };
}

/** Empty rows that keep the height of what is not drawn. */
export const Gap = ({ px, columns }: { px: number; columns: number }): VNode | null =>
  px > 0 ? (
    <tr class="gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${px}px`, padding: '0', border: '0' }} />
    </tr>
  ) : null;
