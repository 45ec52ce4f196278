// The text in the editor's element: drawn with its colours and faults, changed by hand or by us, taken back.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { replace } from '../../json/edit-text.ts';
import { toHtml } from '../../json/editor-html.ts';
import type { Fault } from '../../json/faults.ts';
import { select, selectionIn } from './editor-selection.ts';
import { useSteps, type Step } from './editor-steps.ts';

export interface WritingProps {
  value: string;
  faults: readonly Fault[];
  onInput: (text: string) => void;
  onCaret: (at: number) => void;
}

/** The element, what is written in it, and what can be done to that. */
export interface Writing {
  host: RefObject<HTMLDivElement | null>;
  /** An input method composes a character: until it ends, the element is the browser's alone. */
  composing: { current: boolean };
  text: () => string;
  /** Offsets; null: the selection is elsewhere. */
  selection: () => [number, number] | null;
  /** Puts a text in the place of all. */
  put: (next: Step) => void;
  /** The browser has changed the text. */
  changedByHand: () => void;
  undo: () => void;
  redo: () => void;
  /** Does what the nth fault offers. */
  fix: (n: number) => void;
}

export function useWriting({ value, faults, onInput, onCaret }: WritingProps): Writing {
  const host = useRef<HTMLDivElement>(null);
  const composing = useRef(false);
  const draw = useDrawing(host, faults);
  const steps = useSteps();
  const text = (): string => host.current!.textContent!.replace(/\n$/, '');
  const selection = (): [number, number] | null => selectionIn(host.current!);
  const stepOf = (of: string): Step => ({ text: of, caret: selection()?.[0] ?? 0 });
  const show = (next: Step): void => {
    draw(next.text, [next.caret, next.caret]);
    onInput(next.text);
  };
  const put = (next: Step): void => {
    steps.remember(() => stepOf(value), true);
    show(next);
  };
  const take = (which: 'back' | 'forth'): void => {
    const step = steps[which](() => stepOf(text()));
    if (step) show(step);
  };
  useLayoutEffect(() => {
    if (!composing.current) draw(value, document.activeElement === host.current ? selection() : null);
  }, [value, faults]);
  useCaret(host, onCaret);
  return {
    host,
    composing,
    text,
    selection,
    put,
    changedByHand: () => {
      if (composing.current) return;
      const caret = selection();
      const now = text();
      steps.remember(() => stepOf(value), false);
      draw(now, caret);
      onInput(now);
    },
    undo: () => take('back'),
    redo: () => take('forth'),
    fix: (n) => {
      const f = faults[n]?.fix;
      if (f) put(replace(text(), f.start, f.end, f.text));
    },
  };
}

/** Draws a text in the element, where it differs from what is drawn, and sets the selection. */
function useDrawing(
  host: RefObject<HTMLDivElement | null>,
  faults: readonly Fault[],
): (next: string, selected: [number, number] | null) => void {
  const drawn = useRef('');
  return (next, selected) => {
    const el = host.current!;
    const html = toHtml(next, faults);
    if (drawn.current === html && el.textContent === `${next}\n`) return;
    el.innerHTML = html;
    drawn.current = html;
    if (selected) select(el, ...selected);
  };
}

/** Tells where the caret is, whenever it moves in the element. */
function useCaret(host: RefObject<HTMLDivElement | null>, onCaret: (at: number) => void): void {
  useEffect(() => {
    const onSelection = (): void => {
      const s = host.current && selectionIn(host.current);
      if (s) onCaret(s[0]);
    };
    document.addEventListener('selectionchange', onSelection);
    return () => document.removeEventListener('selectionchange', onSelection);
  }, []);
}
