// The room there is for a drawing, and how large it is drawn in it.
import { useLayoutEffect, useState } from 'preact/hooks';
import type { Drawing } from './drawing.ts';

/** px */
interface Room {
  width: number;
  height: number;
}

/** The room of an element, measured again when it changes by more than a scroll bar. */
export function useRoom(of: { current: HTMLElement | null }, mini: boolean): Room | null {
  const [room, setRoom] = useState<Room | null>(null);
  useLayoutEffect(() => {
    const measure = (): void => {
      const width = of.current?.clientWidth ?? 0;
      if (width === 0) return;
      const height = mini ? 300 : Math.max(420, innerHeight - 330);
      setRoom((old) => (old && Math.abs(old.width - width) < 24 ? old : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(of.current!);
    return () => observer.disconnect();
  }, [mini]);
  return room;
}

/** The direction that needs the least shrinking in the room there is. */
export function fitting(all: Drawing[], { width, height }: Room): Drawing {
  const fit = (d: Drawing): number => Math.min(1, width / d.width) * Math.min(1, height / d.height);
  return all.reduce((best, d) => (fit(d) > fit(best) * 1.05 ? d : best));
}

/** How large it is drawn, 1 at most. Never below 10 px of label (11 px times 0.91), then it is panned; `fit`: however small. */
export function scaleIn(
  { width, height }: Room,
  drawing: Drawing,
  { mini, fit }: { mini: boolean; fit: boolean },
): number {
  const wanted = fit
    ? Math.min(width / drawing.width, (height - 20) / drawing.height)
    : Math.max(mini ? 0.62 : 0.91, (width - 24) / drawing.width);
  return Math.min(1, wanted);
}

/** Pans the chart, not the page, so that the state that is lit can be seen. */
export function panTo(lit: Element, view: HTMLElement): void {
  const a = lit.getBoundingClientRect();
  const b = view.getBoundingClientRect();
  if (a.top < b.top || a.bottom > b.bottom) view.scrollTop += a.top - b.top - (view.clientHeight - a.height) / 2;
  if (a.left < b.left || a.right > b.right) view.scrollLeft += a.left - b.left - (view.clientWidth - a.width) / 2;
}
