// Questions before what cannot be undone: the count and the effect, and the name typed where something is lost for good.
import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../words/i18n.tsx';

interface Question {
  title: string;
  text: ComponentChildren;
  /** Must be typed to go on; null: a click is enough. */
  name: string | null;
  button: string;
  danger: boolean;
  answer: (yes: boolean) => void;
}
const question = signal<Question | null>(null);

/** Asks; resolves with the operator's answer. */
export function confirm(q: Omit<Question, 'answer'>): Promise<boolean> {
  question.peek()?.answer(false);
  return new Promise((resolve) => {
    question.value = {
      ...q,
      answer: (yes) => {
        question.value = null;
        resolve(yes);
      },
    };
  });
}

export function Dialog(): VNode | null {
  const q = question.value;
  const ref = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  useEffect(() => {
    setTyped('');
    if (q && !ref.current?.open) ref.current?.showModal();
  }, [q]);
  if (!q) return null;
  const ready = q.name === null || typed === q.name;
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby="dialog-title"
      onClose={() => q.answer(false)}
      onClick={(e) => {
        if (e.target === ref.current) q.answer(false);
      }}
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) q.answer(true);
        }}
      >
        <h2 id="dialog-title" class="lead">
          {q.title}
        </h2>
        <p class="because">{q.text}</p>
        {q.name !== null && (
          <label class="ask">
            <span class="small dim">{t('dialog.type', { name: q.name })}</span>
            <input
              class="field mono"
              autoFocus
              autocomplete="off"
              spellcheck={false}
              value={typed}
              onInput={(e) => setTyped(e.currentTarget.value)}
            />
          </label>
        )}
        <div class="row">
          <span class="push" />
          <button type="button" class="btn quiet" onClick={() => q.answer(false)}>
            {t('cancel')}
          </button>
          <button
            type="submit"
            class={`btn ${q.danger ? 'danger' : 'primary'}`}
            disabled={!ready}
            title={ready ? '' : t('dialog.type', { name: q.name ?? '' })}
            autoFocus={q.name === null}
          >
            {q.button}
          </button>
        </div>
      </form>
    </dialog>
  );
}
