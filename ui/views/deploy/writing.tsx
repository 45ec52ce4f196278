// The JSON of an app as it is written: samples, format, faults in place, and where the caret is.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AppView } from '../../../src/model/app/app.ts';
import { lineColumn } from '../../json/edit-text.ts';
import { t } from '../../words/i18n.tsx';
import { pretty } from '../../json/spec-text.ts';
import { Editor } from '../../parts/app/editor.tsx';
import { Panel } from '../../parts/panel.tsx';
import { samples } from '../samples.ts';
import type { Checked } from './check.ts';

interface WritingProps {
  /** null: a new one. */
  app: AppView | null;
  text: string;
  /** The text parsed; null where it is no object. */
  json: Record<string, unknown> | null;
  check: Checked & { checking: boolean };
  /** Lines that differ from the revision in force. */
  changed: readonly number[];
  write: (text: string) => void;
}

export function Writing({ app, text, json, check, changed, write }: WritingProps): VNode {
  const [caret, setCaret] = useState(0);
  const { line, column } = lineColumn(text, caret);
  const problems = check.faults.length;
  return (
    <Panel
      title={<h2>JSON</h2>}
      lined
      flush
      right={
        <>
          {problems > 0 ? (
            <span class="small fault">{t('deploy.problems', { n: problems })}</span>
          ) : (
            <span class="small dim">{check.checking ? t('deploy.checking') : t('deploy.valid')}</span>
          )}
          {!app &&
            samples.map((s) => (
              <button key={s.name} type="button" class="btn small quiet no-phone" onClick={() => write(s.text)}>
                {s.name}
              </button>
            ))}
          <button type="button" class="btn small quiet" disabled={!json} onClick={() => write(pretty(json))}>
            {t('deploy.format')}
          </button>
        </>
      }
      foot={
        <>
          <span>{t('deploy.at', { line, column })}</span>
          <span>{t('deploy.schema')}</span>
          {app && <span class="right">{t('deploy.differ', { n: changed.length, revision: app.revision })}</span>}
        </>
      }
    >
      <Editor
        value={text}
        faults={check.faults}
        changed={new Set(changed)}
        label={t('deploy.editor')}
        onCaret={setCaret}
        onInput={write}
      />
    </Panel>
  );
}
