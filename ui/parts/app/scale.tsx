// Scaling in the row: the button becomes a number field.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AppView } from '../../../src/model/app/app.ts';
import { t } from '../../words/i18n.tsx';
import { scaleApp } from './app-acts.tsx';

/** Not `autoFocus`: a page takes that up once, and not while its focus is just leaving the button that was here. */
const focusOn = (field: HTMLInputElement | null): void => field?.focus();

export function ScaleButton({
  app,
  disabled,
  why,
  small = true,
}: {
  app: AppView;
  disabled: boolean;
  why: string;
  small?: boolean;
}): VNode {
  const [value, setValue] = useState<string | null>(null);
  const size = small ? ' small' : '';
  const n = Number(value);
  const good = value !== null && /^\d{1,6}$/.test(value);
  if (value === null)
    return (
      <button
        type="button"
        data-scale
        class={`btn${size}`}
        disabled={disabled}
        title={why}
        onClick={() => setValue(String(app.scale))}
      >
        {t('scale')}
      </button>
    );
  const send = (): void => {
    setValue(null);
    if (good && n !== app.scale) void scaleApp(app, n);
  };
  return (
    <form
      class="scale"
      onSubmit={(e) => {
        e.preventDefault();
        if (good) send();
      }}
      onKeyDown={(e) => {
        if (e.key === 'Escape') {
          e.stopPropagation();
          setValue(null);
        }
      }}
    >
      <button
        type="button"
        class={`btn${size}`}
        aria-label={t('scale.less')}
        disabled={n <= 0}
        onClick={() => setValue(String(Math.max(0, n - 1)))}
      >
        −
      </button>
      <input
        class="mono"
        ref={focusOn}
        inputMode="numeric"
        aria-label={t('scale.of', { name: app.name })}
        aria-invalid={!good}
        value={value}
        onInput={(e) => setValue(e.currentTarget.value.trim())}
        onFocus={(e) => e.currentTarget.select()}
      />
      <button
        type="button"
        class={`btn${size}`}
        aria-label={t('scale.more')}
        onClick={() => setValue(String((good ? n : app.scale) + 1))}
      >
        +
      </button>
      <button type="submit" class={`btn primary${size}`} disabled={!good} title={good ? '' : t('scale.wrong')}>
        {t('scale')}
      </button>
      <button type="button" class={`btn quiet${size}`} onClick={() => setValue(null)}>
        {t('cancel')}
      </button>
    </form>
  );
}
