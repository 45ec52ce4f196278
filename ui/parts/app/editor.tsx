// A small editor for JSON: colours, line numbers, faults under their line with their fix, readings of bytes, undo.
// One editable element whose text is exactly the text: all that is drawn besides (faults, readings) has no text of its own.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { newLine, replace } from '../../json/edit-text.ts';
import { toHtml } from '../../json/editor-html.ts';
import type { Fault } from '../../json/faults.ts';

interface EditorProps {
  value: string;
  faults: readonly Fault[];
  /** Lines that differ from what is in force, from 0. */
  changed: ReadonlySet<number>;
  onInput: (text: string) => void;
  onCaret: (at: number) => void;
  label: string;
}

/** Offsets of the selection in the element's text. */
function selectionIn(host: HTMLElement): [number, number] | null {
  const s = getSelection();
  if (!s || s.rangeCount === 0 || !host.contains(s.anchorNode)) return null;
  const range = s.getRangeAt(0);
  const before = document.createRange();
  before.selectNodeContents(host);
  before.setEnd(range.startContainer, range.startOffset);
  const from = before.toString().length;
  return [from, from + range.toString().length];
}

function select(host: HTMLElement, from: number, to: number): void {
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  let started = false;
  range.selectNodeContents(host);
  range.collapse(false);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent!.length;
    if (!started && from <= at + length) {
      range.setStart(node, from - at);
      started = true;
    }
    if (to <= at + length) {
      range.setEnd(node, to - at);
      break;
    }
    at += length;
  }
  const s = getSelection()!;
  s.removeAllRanges();
  s.addRange(range);
}

export function Editor({ value, faults, changed, onInput, onCaret, label }: EditorProps): VNode {
  const host = useRef<HTMLDivElement>(null);
  const composing = useRef(false);
  const drawn = useRef('');
  const leave = useRef(false);
  const past = useRef<{ text: string; caret: number }[]>([]);
  const future = useRef<{ text: string; caret: number }[]>([]);
  const lastPush = useRef(0);
  const text = (): string => host.current!.textContent!.replace(/\n$/, '');

  const draw = (next: string, caret: [number, number] | null): void => {
    const el = host.current!;
    const html = toHtml(next, faults);
    if (drawn.current === html && el.textContent === `${next}\n`) return;
    el.innerHTML = html;
    drawn.current = html;
    if (caret) select(el, ...caret);
  };
  useLayoutEffect(() => {
    if (!composing.current) draw(value, document.activeElement === host.current ? selectionIn(host.current!) : null);
  }, [value, faults]);
  useEffect(() => {
    const onSelection = (): void => {
      const s = host.current && selectionIn(host.current);
      if (s) onCaret(s[0]);
    };
    document.addEventListener('selectionchange', onSelection);
    return () => document.removeEventListener('selectionchange', onSelection);
  }, []);

  const remember = (force: boolean): void => {
    // Typing within a second is one step back.
    if (!force && Date.now() - lastPush.current < 1000 && past.current.length > 0) return;
    lastPush.current = Date.now();
    past.current.push({ text: value, caret: selectionIn(host.current!)?.[0] ?? 0 });
    if (past.current.length > 300) past.current.shift();
    future.current = [];
  };
  const put = (next: { text: string; caret: number }, keep = true): void => {
    if (keep) remember(true);
    draw(next.text, [next.caret, next.caret]);
    onInput(next.text);
  };
  const undo = (from: typeof past, to: typeof past): void => {
    const step = from.current.pop();
    if (!step) return;
    to.current.push({ text: text(), caret: selectionIn(host.current!)?.[0] ?? 0 });
    put(step, false);
  };
  const changedByHand = (): void => {
    if (composing.current) return;
    const caret = selectionIn(host.current!);
    const now = text();
    remember(false);
    draw(now, caret);
    onInput(now);
  };
  const fix = (n: number): void => {
    const f = faults[n]?.fix;
    if (f) put(replace(text(), f.start, f.end, f.text));
  };
  /** New lines are ours: the browser would make elements of them. Also from keyboards that name no keys, and from drops. */
  const onBefore = (e: InputEvent): void => {
    const s = selectionIn(host.current!);
    if (!s || composing.current) return;
    if (e.inputType === 'insertLineBreak' || e.inputType === 'insertParagraph') {
      e.preventDefault();
      put(newLine(text(), ...s));
      return;
    }
    const given = e.data ?? e.dataTransfer?.getData('text/plain') ?? '';
    if (e.inputType.startsWith('insert') && /[\r\n]/.test(given)) {
      e.preventDefault();
      put(replace(text(), ...s, given.replace(/\r\n?/g, '\n')));
    }
  };
  const onKey = (e: KeyboardEvent): void => {
    const s = selectionIn(host.current!);
    const mod = e.ctrlKey || e.metaKey;
    if (e.isComposing || !s) return;
    if (mod && e.key.toLowerCase() === 'z') {
      e.preventDefault();
      if (e.shiftKey) undo(future, past);
      else undo(past, future);
      return;
    }
    if (mod && e.key.toLowerCase() === 'y') {
      e.preventDefault();
      undo(future, past);
      return;
    }
    if (mod && e.key === '.') {
      e.preventDefault();
      fix(faults.findIndex((f) => f.fix));
      return;
    }
    // Esc, then Tab, leaves the editor: the keyboard is never caught in it.
    if (e.key === 'Tab' && !e.shiftKey && !leave.current) {
      e.preventDefault();
      put(replace(text(), ...s, '  '));
      return;
    }
    leave.current = e.key === 'Escape';
  };
  const lines = value.split('\n');
  return (
    <div class="editor">
      <ol class="gutter" aria-hidden="true">
        {lines.map((_, i) => {
          const own = faults.filter((f) => f.line === i).length;
          return (
            <li
              key={i}
              class={`${own > 0 ? 'bad' : ''}${changed.has(i) ? ' chg' : ''}`}
              style={own > 0 ? { paddingBottom: `${own * 24}px` } : {}}
            >
              {i + 1}
            </li>
          );
        })}
      </ol>
      <div
        ref={host}
        class="code-edit"
        contentEditable="plaintext-only"
        role="textbox"
        aria-multiline="true"
        aria-label={label}
        aria-invalid={faults.length > 0}
        spellcheck={false}
        autocapitalize="off"
        onBeforeInput={onBefore}
        onInput={changedByHand}
        onKeyDown={onKey}
        onCompositionStart={() => {
          composing.current = true;
        }}
        onCompositionEnd={() => {
          composing.current = false;
          changedByHand();
        }}
        onPaste={(e) => {
          e.preventDefault();
          const s = selectionIn(host.current!);
          const data = e.clipboardData?.getData('text/plain').replace(/\r\n?/g, '\n');
          if (s && data) put(replace(text(), ...s, data));
        }}
        onMouseDown={(e) => {
          const n = (e.target as HTMLElement).dataset['fix'];
          if (n !== undefined) {
            e.preventDefault();
            fix(Number(n));
          }
        }}
      />
    </div>
  );
}
