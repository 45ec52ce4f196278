// All keys in force, by `?`.
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../words/i18n.tsx';
import { allKeys, shownKeys } from '../../keys.ts';

const shown = signal(false);

/** All keys of the page, in words. */
export const KeyList = (): VNode => (
  <dl class="kv keys wide">
    {allKeys().map((k) => (
      <>
        <dt key={k.keys}>
          {shownKeys(k.keys).map((part) => (
            <kbd key={part}>{part}</kbd>
          ))}
        </dt>
        <dd>{t(k.word)}</dd>
      </>
    ))}
  </dl>
);

export const openHelp = (): void => {
  shown.value = true;
};

export function KeysHelp(): VNode | null {
  const ref = useRef<HTMLDialogElement>(null);
  const open = shown.value;
  useEffect(() => {
    if (open) ref.current?.showModal();
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={ref}
      class="dialog help"
      aria-label={t('keys.title')}
      onClose={() => {
        shown.value = false;
      }}
      onClick={(e) => {
        if (e.target === ref.current) shown.value = false;
      }}
    >
      <h2 class="lead">{t('keys.title')}</h2>
      <KeyList />
    </dialog>
  );
}
