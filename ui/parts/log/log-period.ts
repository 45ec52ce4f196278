// Which part of a log is asked for: live, or of the past from a moment on, and what is searched in that.
import { useState } from 'preact/hooks';
import type { Past } from '../../streams/log-past.ts';
import { beginOf, type Span } from './log-span.tsx';

interface Begin {
  span: Span;
  /** Local time as an input gives it. */
  at: string;
  /** epoch ms */
  from: number | null;
}
export interface Period extends Omit<Begin, 'from'> {
  /** What all that is kept is searched for; '': it is not. */
  grep: string;
  /** What of the past is shown; null: it is live, or the moment is not chosen yet. */
  past: Past | null;
  choose: (span: Span, when: string) => void;
  setGrep: (text: string) => void;
}

export function usePeriod(): Period {
  const [begin, setBegin] = useState<Begin>({ span: 'live', at: '', from: null });
  const [grep, setGrep] = useState('');
  return {
    span: begin.span,
    at: begin.at,
    grep,
    past: pastOf(begin, grep),
    choose: (span, when) => {
      setBegin({ span, at: when, from: beginOf(span, when) });
      if (span === 'live') setGrep('');
    },
    setGrep,
  };
}

function pastOf({ span, from }: Begin, grep: string): Past | null {
  if (span === 'live' && grep === '') return null;
  if (span === 'at' && from === null) return null;
  return { since: from, grep };
}
