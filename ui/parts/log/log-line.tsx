// One line of a log, of the program or of the platform; and what stands below the last one.
import type { VNode } from 'preact';
import { clockMs, count, moment } from '../../look/format.ts';
import { Glyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { linesKept, marks, plain, turnStatus, type LogLine } from '../../streams/log-lines.ts';
import type { Reading } from './log-reading.ts';
import { memo } from '../memo.ts';

export const Line = memo(function Line({
  line,
  pattern,
  hit,
  width,
}: {
  line: LogLine;
  pattern: RegExp | null;
  hit: boolean;
  width: number;
}): VNode {
  if (line.at !== null)
    return (
      <li class="turn" data-s={turnStatus(line.text)}>
        <time title={moment(line.at)}>{clockMs(line.at)}</time>
        <Glyph s={turnStatus(line.text)} />
        <span>{line.text}</span>
      </li>
    );
  return (
    <li class={`${line.stream === 'stderr' ? 'err' : ''}${hit ? ' hit' : ''}`}>
      <span class="ln" style={{ width: `${width}ch` }}>
        {line.n}
      </span>
      <span class="k" title={line.stream}>
        {line.stream === 'stderr' ? 'e' : ''}
      </span>
      <span class="m">
        {marks(plain(line.text), pattern).map((m, i) => (m.hit ? <mark key={i}>{m.text}</mark> : m.text))}
      </span>
    </li>
  );
});

/** Whether more will come, or why not. */
export function LogEnd({ reading, live, none, follow }: LogEndProps): VNode {
  return (
    <li class="tail">
      <span class={`caretline${follow && !reading.ended ? '' : ' still'}`} />
      {reading.problem ? <span class="fault">{reading.problem}</span> : endText({ reading, live, none, follow })}
    </li>
  );
}

interface LogEndProps {
  reading: Reading;
  /** It is followed, not of the past. */
  live: boolean;
  /** There is no line. */
  none: boolean;
  /** The end is in view and stays there. */
  follow: boolean;
}

function endText({ reading, live, none, follow }: LogEndProps): string {
  if (live) {
    if (reading.ended) return t('log.ended');
    if (none) return t('log.none');
    return t(follow ? 'log.follows' : 'log.paused');
  }
  if (reading.whole === null) return t('loading');
  if (!reading.whole) return t('log.past.more', { n: count(linesKept) });
  return t(none ? 'log.past.none' : 'log.past.end');
}
