// Where a log is scrolled to: it follows its end until one scrolls up, and only the rows in view are drawn.
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { slice } from '../../lists/window.ts';

const rowHeight = 20;
/** Wrapped lines have no one height: then so many of the newest are drawn in full. */
const mostWrapped = 1000;
/** So near to the end, in px, one is at the end. */
const nearEnd = 24;

export interface Scroll {
  box: RefObject<HTMLDivElement | null>;
  /** The end is in view and stays there. */
  follow: boolean;
  setFollow: (follow: boolean | ((old: boolean) => boolean)) => void;
  onScroll: () => void;
  toTop: () => void;
  /** Brings a row to the middle. */
  toRow: (row: number) => void;
  /** The rows to draw, and the px that the others take. */
  part: { first: number; end: number; before: number; after: number };
}

export function useScroll(rows: number, wrap: boolean): Scroll {
  const [follow, setFollow] = useState(true);
  const [view, setView] = useState({ offset: 0, height: 480 });
  const box = useRef<HTMLDivElement>(null);
  const top = useRef(0);
  useLayoutEffect(() => {
    const el = box.current;
    if (follow && el) el.scrollTop = el.scrollHeight;
  }, [rows, follow, wrap]);
  const onScroll = (): void => {
    const el = box.current!;
    const atEnd = el.scrollTop + el.clientHeight >= el.scrollHeight - nearEnd;
    // Lines that came since do not end the following: only one who scrolls up does.
    const up = el.scrollTop < top.current;
    top.current = el.scrollTop;
    if (atEnd !== follow && (atEnd || up)) setFollow(atEnd);
    const offset = Math.floor(el.scrollTop / (rowHeight * 8)) * rowHeight * 8;
    setView((old) =>
      old.offset === offset && old.height === el.clientHeight ? old : { offset, height: el.clientHeight },
    );
  };
  return {
    box,
    follow,
    setFollow,
    onScroll,
    toTop: () => {
      if (box.current) box.current.scrollTop = 0;
    },
    toRow: (row) => {
      box.current!.scrollTop = Math.max(0, row * rowHeight - box.current!.clientHeight / 2);
    },
    part: wrap
      ? { first: Math.max(0, rows - mostWrapped), end: rows, before: 0, after: 0 }
      : slice(rows, rowHeight, view.offset, view.height, 30),
  };
}
