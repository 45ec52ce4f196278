// A difference of two texts, drawn.
import type { VNode } from 'preact';
import { diffLines, hunks, type DiffLine } from '../../json/diff.ts';
import { t } from '../../words/i18n.tsx';

const Text = ({ line }: { line: DiffLine }): VNode =>
  line.mark && line.mark[0] < line.mark[1] ? (
    <span>
      {line.text.slice(0, line.mark[0])}
      <b>{line.text.slice(line.mark[0], line.mark[1])}</b>
      {line.text.slice(line.mark[1])}
    </span>
  ) : (
    <span>{line.text}</span>
  );

export function Diff({ before, after }: { before: string; after: string }): VNode {
  const lines = hunks(diffLines(before, after), 1);
  if (lines.length === 0) return <p class="small dim">{t('diff.none')}</p>;
  return (
    <ul class="diff" tabIndex={0} aria-label={t('diff.title')}>
      {lines.map((line, i) =>
        line === null ? (
          <li key={i} class="cutline">
            <span class="ln">⋯</span>
          </li>
        ) : (
          <li key={i} class={line.kind === 'same' ? '' : line.kind}>
            <span class="ln">{line.n}</span>
            <span class="sg">{line.kind === 'add' ? '+' : line.kind === 'del' ? '−' : ''}</span>
            <Text line={line} />
          </li>
        ),
      )}
    </ul>
  );
}

/** A record as text, keys as they come. */
export const asText = (value: unknown): string => JSON.stringify(value, null, 2);
