// What a person does in the editor's element: types, pastes, drops, composes, presses keys, takes a fix.
import type { HTMLAttributes } from 'preact';
import { useRef } from 'preact/hooks';
import { newLine, replace } from '../../json/edit-text.ts';
import type { Fault } from '../../json/faults.ts';
import type { Writing } from './editor-text.ts';

type Listeners = Pick<
  HTMLAttributes<HTMLDivElement>,
  'onBeforeInput' | 'onInput' | 'onKeyDown' | 'onCompositionStart' | 'onCompositionEnd' | 'onPaste' | 'onMouseDown'
>;

const unixLines = (text: string): string => text.replace(/\r\n?/g, '\n');

/** The listeners of the element. */
export function useInput(writing: Writing, faults: readonly Fault[]): Listeners {
  const onKeyDown = useKeyboard(writing, faults);
  const { composing, changedByHand } = writing;
  return {
    onBeforeInput: (e) => beforeInput(writing, e),
    onInput: changedByHand,
    onKeyDown,
    onCompositionStart: () => {
      composing.current = true;
    },
    onCompositionEnd: () => {
      composing.current = false;
      changedByHand();
    },
    onPaste: (e) => paste(writing, e),
    onMouseDown: (e) => {
      const n = (e.target as HTMLElement).dataset['fix'];
      if (n === undefined) return;
      e.preventDefault();
      writing.fix(Number(n));
    },
  };
}

/** New lines are ours: the browser would make elements of them. Also from keyboards that name no keys, and from drops. */
function beforeInput({ composing, selection, text, put }: Writing, e: InputEvent): void {
  const s = selection();
  if (!s || composing.current) return;
  if (e.inputType === 'insertLineBreak' || e.inputType === 'insertParagraph') {
    e.preventDefault();
    put(newLine(text(), ...s));
    return;
  }
  const given = e.data ?? e.dataTransfer?.getData('text/plain') ?? '';
  if (e.inputType.startsWith('insert') && /[\r\n]/.test(given)) {
    e.preventDefault();
    put(replace(text(), ...s, unixLines(given)));
  }
}

function paste({ selection, text, put }: Writing, e: ClipboardEvent): void {
  e.preventDefault();
  const s = selection();
  const given = e.clipboardData?.getData('text/plain');
  if (s && given) put(replace(text(), ...s, unixLines(given)));
}

/** Undo and redo, the first fix, and Tab as two spaces. */
function useKeyboard({ selection, text, put, undo, redo, fix }: Writing, faults: readonly Fault[]) {
  const leave = useRef(false);
  /** What a key with Ctrl or Cmd does; null: nothing of ours. */
  const command = (e: KeyboardEvent): (() => void) | null => {
    if (!e.ctrlKey && !e.metaKey) return null;
    const key = e.key.toLowerCase();
    if (key === 'z') return e.shiftKey ? redo : undo;
    if (key === 'y') return redo;
    return key === '.' ? () => fix(faults.findIndex((f) => f.fix)) : null;
  };
  return (e: KeyboardEvent): void => {
    const s = selection();
    if (e.isComposing || !s) return;
    const run = command(e);
    // Esc, then Tab, leaves the editor: the keyboard is never caught in it.
    const indents = e.key === 'Tab' && !e.shiftKey && !leave.current;
    if (run || indents) e.preventDefault();
    if (run) run();
    else if (indents) put(replace(text(), ...s, '  '));
    else leave.current = e.key === 'Escape';
  };
}
