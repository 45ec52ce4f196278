// Toasts: for what the operator did, bottom left, 5 s, with undo where there is one; refusals, and what the hub warns of, stay longer.
import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { onWarning, Problem } from '../hub/api.ts';
import { Glyph, Icon } from '../look/glyphs.tsx';
import { t } from '../words/i18n.tsx';

interface Toast {
  id: number;
  /** Whose glyph stands before it. */
  s: 'passing' | 'failed' | 'unhealthy';
  text: ComponentChildren;
  undo: (() => Promise<unknown>) | null;
}
const toasts = signal<Toast[]>([]);
let last = 0;

const close = (id: number): void => {
  toasts.value = toasts.value.filter((x) => x.id !== id);
};

function show(toast: Omit<Toast, 'id'>, ms: number): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { ...toast, id }];
  setTimeout(close, ms, id);
}

onWarning((text) => show({ s: 'unhealthy', text, undo: null }, 20_000));

/** Runs what the operator asked for and says what came of it. Gives true when it worked. */
export async function act(
  work: () => Promise<unknown>,
  done: ComponentChildren,
  undo: (() => Promise<unknown>) | null = null,
): Promise<boolean> {
  try {
    await work();
    show({ s: 'passing', text: done, undo }, undo ? 8_000 : 5_000);
    return true;
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, 'error', (error as Error).message);
    show(
      {
        s: 'failed',
        text: (
          <>
            {problem.message}
            {problem.hint && <span class="dim"> {problem.hint}</span>} <span class="mono-s dim">{problem.code}</span>
          </>
        ),
        undo: null,
      },
      20_000,
    );
    return false;
  }
}

export function Toasts(): VNode {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class="toast">
          <Glyph s={toast.s} />
          <span>{toast.text}</span>
          {toast.undo && (
            <button
              type="button"
              class="btn small quiet link"
              onClick={() => {
                close(toast.id);
                void act(toast.undo!, t('undone'));
              }}
            >
              {t('undo')}
            </button>
          )}
          <button type="button" class="btn small quiet" aria-label={t('close')} onClick={() => close(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
