// What is searched among the lines that are there: which match, which of the matches is looked at, which lines are shown.
import { useMemo, useState } from 'preact/hooks';
import { finds, plain, searchPattern, type LogLine } from '../../streams/log-lines.ts';

export interface Matches {
  text: string;
  /** null: nothing that can be searched for. */
  pattern: RegExp | null;
  /** How many lines match. */
  matches: number;
  /** Which of the matches is looked at; -1: none. */
  at: number;
  current: LogLine | undefined;
  /** Only matches are shown. */
  only: boolean;
  shown: readonly LogLine[];
  change: (text: string) => void;
  showOnly: (only: boolean) => void;
  /** Looks at the next match or the one before, around the end; gives its row among `shown`, null where nothing matches. */
  step: (by: 1 | -1) => number | null;
}

export function useMatches(lines: readonly LogLine[]): Matches {
  const [text, setText] = useState('');
  const [only, showOnly] = useState(false);
  const [at, setAt] = useState(-1);
  const pattern = useMemo(() => searchPattern(text), [text]);
  const hits = useMemo(() => {
    if (!pattern) return [];
    return lines.flatMap((l, i) => (l.at === null && finds(plain(l.text), pattern) ? [i] : []));
  }, [lines, pattern]);
  return {
    text,
    pattern,
    matches: hits.length,
    at,
    current: at >= 0 && at < hits.length ? lines[hits[at]!] : undefined,
    only,
    shown: only && pattern ? hits.map((i) => lines[i]!) : lines,
    change: (next) => {
      setText(next);
      setAt(-1);
    },
    showOnly,
    step: (by) => {
      if (hits.length === 0) return null;
      const first = by > 0 ? 0 : hits.length - 1;
      const next = at < 0 ? first : (at + by + hits.length) % hits.length;
      setAt(next);
      return only ? next : hits[next]!;
    },
  };
}
