// The command palette: find an app, node or instance, go to a page, run a command.
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Glyph, PageIcon, hasGlyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { ranked, type Choice } from '../../lists/ranked.ts';
import { choices } from './choices.ts';

const shown = signal(false);
export const openPalette = (): void => {
  shown.value = true;
};

const mostFound = 12;

export function Palette(): VNode | null {
  if (!shown.value) return null;
  return <PaletteBox />;
}

function PaletteBox(): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const all = useMemo(choices, []);
  const found = useMemo(() => ranked(all, text, mostFound), [all, text]);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const close = (): void => {
    shown.value = false;
  };
  const pick = (choice: Choice | undefined): void => {
    close();
    choice?.run();
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setAt((at + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length));
    }
    if (e.key === 'Enter' && !e.isComposing) {
      e.preventDefault();
      pick(found[at]);
    }
  };
  return (
    <dialog
      ref={ref}
      class="dialog palette"
      aria-label={t('palette.open')}
      onClose={close}
      onClick={(e) => {
        if (e.target === ref.current) close();
      }}
    >
      <div class="row">
        <input
          class="mono"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={`palette-${at}`}
          placeholder={t('palette.hint')}
          autoFocus
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(e) => {
            setText(e.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <kbd>esc</kbd>
      </div>
      <ul class="menu" id="palette-list" role="listbox">
        {found.map((c, i) => (
          <li
            key={c.id}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseMove={() => setAt(i)}
            onClick={() => pick(c)}
          >
            {hasGlyph(c.glyph) ? <Glyph s={c.glyph} /> : <PageIcon page={c.glyph} />}
            <span>{c.name}</span>
            <span class="push">{c.note}</span>
          </li>
        ))}
        {found.length === 0 && <li class="dim">{t('palette.none', { text })}</li>}
      </ul>
    </dialog>
  );
}
