// The search of a log: marks what is shown, goes from match to match, shows only matches, or asks for all that is kept.
import type { VNode } from 'preact';
import { count } from '../../look/format.ts';
import { Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';

interface LogSearchProps {
  text: string;
  /** The text is a pattern that can be searched for. */
  valid: boolean;
  matches: number;
  /** Which of the matches is looked at; -1: none. */
  at: number;
  /** Only matches are shown. */
  only: boolean;
  /** What all that is kept is searched for; '': it is not. */
  grep: string;
  change: (text: string) => void;
  jump: (by: 1 | -1) => void;
  showOnly: (only: boolean) => void;
  searchKept: (grep: string) => void;
}

export function LogSearch(search: LogSearchProps): VNode {
  const { text, valid, grep, only } = search;
  return (
    <>
      <SearchField {...search} />
      {text !== '' && grep !== text && (
        <button
          type="button"
          class="btn small"
          title={t('log.search.all.title')}
          onClick={() => search.searchKept(text)}
        >
          {t('log.search.all')}
        </button>
      )}
      {grep !== '' && (
        <button type="button" class="btn small" aria-pressed="true" onClick={() => search.searchKept('')}>
          {grep} <Icon name="close" />
        </button>
      )}
      {valid && (
        <button type="button" class="btn small" aria-pressed={only} onClick={() => search.showOnly(!only)}>
          {t('log.only')}
        </button>
      )}
    </>
  );
}

function SearchField({ text, valid, matches, at, change, jump }: LogSearchProps): VNode {
  const onKeyDown = (e: KeyboardEvent & { currentTarget: HTMLInputElement }): void => {
    if (e.key === 'Enter') {
      e.preventDefault();
      jump(e.shiftKey ? -1 : 1);
    }
    if (e.key === 'Escape') {
      e.stopPropagation();
      change('');
      e.currentTarget.blur();
    }
  };
  return (
    <label class={`field${text && !valid ? ' wrong' : ''}`}>
      <Icon name="search" />
      <input
        data-log-search
        class="q"
        value={text}
        placeholder={t('log.search')}
        aria-label={t('log.search')}
        spellcheck={false}
        autocomplete="off"
        onInput={(e) => change(e.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {valid && (
        <span class="hits">
          {at >= 0 ? `${at + 1} / ` : ''}
          {count(matches)}
        </span>
      )}
    </label>
  );
}
