// From when on a log is shown: live, the last minutes, a moment, all.
import type { VNode } from 'preact';
import { t } from '../../words/i18n.tsx';

export type Span = 'live' | '10' | '60' | '1440' | 'at' | 'all';

/**
 * @param when local time as an input gives it, for 'at'
 * @returns epoch ms; null: from the first line that is kept, or none is chosen yet
 */
export function beginOf(span: Span, when: string): number | null {
  if (span === 'live' || span === 'all') return null;
  if (span === 'at') return when === '' ? null : new Date(when).getTime();
  return Date.now() - Number(span) * 60_000;
}

export function From({
  span,
  at,
  choose,
}: {
  span: Span;
  at: string;
  choose: (span: Span, at: string) => void;
}): VNode {
  const names: [Span, string][] = [
    ['live', t('log.live')],
    ['10', t('log.minutes', { n: 10 })],
    ['60', t('log.hours', { n: 1 })],
    ['1440', t('log.hours', { n: 24 })],
    ['all', t('log.all')],
    ['at', t('log.since')],
  ];
  return (
    <>
      <select
        class="select small"
        value={span}
        aria-label={t('log.from')}
        onChange={(e) => choose(e.currentTarget.value as Span, at)}
      >
        {names.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {span === 'at' && (
        <input
          class="when"
          type="datetime-local"
          step="1"
          value={at}
          aria-label={t('log.since')}
          onChange={(e) => choose('at', e.currentTarget.value)}
        />
      )}
    </>
  );
}
