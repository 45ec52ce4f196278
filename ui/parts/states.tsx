// The states of a page: loading (after 100 ms, in the final geometry), empty with the next step, a problem with its way out.
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../hub/api.ts';
import { Glyph } from '../look/glyphs.tsx';
import { t } from '../words/i18n.tsx';

/** Shows its skeleton only when the wait lasts. */
export function Loading({ rows = 4 }: { rows?: number }): VNode | null {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 100);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div class="skeleton" role="status" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, i) => (
        <span class="sk" style={{ width: `${[38, 82, 64, 71][i % 4]}%` }} />
      ))}
    </div>
  );
}

/** What would be here, why it is not, one next step. */
export function Empty({
  title,
  children,
  actions,
}: {
  title: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <p class="lead">{title}</p>
      {children && <p>{children}</p>}
      {actions && <div class="row wrap">{actions}</div>}
    </div>
  );
}

/** A refusal: the sentence, its stable code, the way out. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }): VNode {
  const problem =
    error instanceof Problem ? error : new Problem(0, 'error', error instanceof Error ? error.message : String(error));
  return (
    <div class="trouble" role="alert">
      <Glyph s="failed" />
      <div>
        <p class="strong">{problem.message}</p>
        {problem.hint && <p class="small mid">{problem.hint}</p>}
        {problem.errors.length > 0 && (
          <ul class="small">
            {problem.errors.map((e) => (
              <li>
                <span class="mono-s">{e.path}</span> {e.message}
                {e.hint ? `. ${e.hint}` : ''}
              </li>
            ))}
          </ul>
        )}
        <p class="mono-s dim">{problem.code}</p>
      </div>
      {retry && (
        <button type="button" class="btn small" onClick={retry}>
          {t('try.again')}
        </button>
      )}
    </div>
  );
}
