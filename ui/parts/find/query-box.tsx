// A query of the hub's language with a live count, its errors with the place, and names of fields to choose from.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Problem } from '../../hub/api.ts';
import { completions, type Field } from '../../lists/complete.ts';
import { t } from '../../words/i18n.tsx';

interface QueryBoxProps {
  value: string;
  onInput: (text: string) => void;
  hits: string;
  error: unknown;
  fields: () => Field[];
  placeholder: string;
}

/** The offset that a query problem names ("at 14"), to underline; null where it names none. */
function offsetOf(problem: Problem): number | null {
  const found = /\b(?:at|offset|column)\s+(\d+)/i.exec(`${problem.errors[0]?.path ?? ''} ${problem.message}`);
  return found ? Number(found[1]) : null;
}

export function QueryBox({ value, onInput, hits, error, fields, placeholder }: QueryBoxProps): VNode {
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const [caret, setCaret] = useState(value.length);
  const found = open ? completions(value, caret, fields(), 8) : null;
  const problem = error instanceof Problem ? error : null;
  const offset = problem ? offsetOf(problem) : null;
  const pick = (text: string): void => {
    if (!found) return;
    const next = value.slice(0, found.from) + text + value.slice(found.to);
    const end = found.from + text.length;
    onInput(next);
    setCaret(end);
    setAt(0);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(end, end);
    });
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === 'Escape') {
      if (open && found?.items.length) setOpen(false);
      else if (value) onInput('');
      else input.current?.blur();
      e.stopPropagation();
      e.preventDefault();
      return;
    }
    if (!found?.items.length) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setAt((at + (e.key === 'ArrowDown' ? 1 : found.items.length - 1)) % found.items.length);
    }
    if (e.key === 'Tab' && !e.shiftKey) {
      e.preventDefault();
      pick(found.items[at]!.text);
    }
  };
  const edit = (): void => {
    const el = input.current!;
    setCaret(el.selectionStart ?? el.value.length);
    setOpen(true);
    setAt(0);
    onInput(el.value);
  };
  return (
    <div class="querybox">
      <label class={`field${problem ? ' wrong' : ''}`}>
        <span class="dim small">{t('query')}</span>
        <input
          ref={input}
          data-find
          class="q"
          value={value}
          placeholder={placeholder}
          autocomplete="off"
          spellcheck={false}
          aria-label={t('query')}
          aria-invalid={problem !== null}
          role="combobox"
          aria-expanded={!!found?.items.length}
          aria-controls="query-fields"
          onInput={edit}
          onKeyDown={onKey}
          onFocus={() => setOpen(value !== '')}
          onBlur={() => setTimeout(setOpen, 150, false)}
          onClick={() => setCaret(input.current?.selectionStart ?? 0)}
        />
        <span class="hits">{hits}</span>
        <kbd class="no-phone">/</kbd>
      </label>
      {found && found.items.length > 0 && (
        <ul class="menu comp" id="query-fields" role="listbox">
          {found.items.map((item, i) => (
            <li
              key={item.text}
              role="option"
              aria-selected={i === at}
              onMouseMove={() => setAt(i)}
              onMouseDown={(e) => {
                e.preventDefault();
                pick(item.text);
              }}
            >
              <span class="mono-s">{item.text}</span>
              <span class="push">{item.note}</span>
            </li>
          ))}
        </ul>
      )}
      {problem && (
        <p class="fault small" role="alert">
          {offset !== null && value && (
            <span class="mono-s where">
              {value.slice(0, offset)}
              <u>{value.slice(offset, offset + 1) || ' '}</u>
            </span>
          )}{' '}
          {problem.message.replace(/[^.!?]$/, '$&.')} {problem.hint}
        </p>
      )}
      {error !== null && error !== undefined && !problem && (
        <p class="fault small" role="alert">
          {String(error)}
        </p>
      )}
    </div>
  );
}
