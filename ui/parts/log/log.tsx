// The log of an instance: live (follows the end, stops when one scrolls up) or from a time on; searches what is shown, or all that is kept;
// both streams; only the lines in view are drawn.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { count } from '../../look/format.ts';
import { Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { useKeys } from '../../keys.ts';
import type { LogBuffer } from '../../streams/log-lines.ts';
import { logPath } from '../../streams/log-past.ts';
import { LogEnd, Line } from './log-line.tsx';
import { useMatches, type Matches } from './log-matches.ts';
import { usePeriod, type Period } from './log-period.ts';
import { useLines, type Reading } from './log-reading.ts';
import { useScroll, type Scroll } from './log-scroll.ts';
import { LogSearch } from './log-search.tsx';
import { From, type Span } from './log-span.tsx';
import { Choice } from '../panel.tsx';

type Stream = 'both' | 'stdout' | 'stderr';

export function Log({ id }: { id: string }): VNode {
  const [stream, setStream] = useState<Stream>('both');
  const [wrap, setWrap] = useState(false);
  const period = usePeriod();
  const { log, reading } = useLines(id, period.past);
  const lines = useMemo(
    () => log.lines.filter((l) => stream === 'both' || l.stream === stream || l.at !== null),
    [log.lines, stream],
  );
  const matches = useMatches(lines);
  const scroll = useScroll(matches.shown.length, wrap);
  useLogKeys(scroll);
  return (
    <>
      <div class="row lt">
        <StreamChoice now={stream} choose={setStream} />
        <Which period={period} matches={matches} scroll={scroll} />
        <LineCount shown={matches.shown.length} dropped={log.dropped} />
        <button type="button" class="btn small quiet" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          {t('log.wrap')}
        </button>
        <a class="btn small quiet" download={`${id}.log`} href={logPath(id, period.past, stream)}>
          {t('log.download')}
        </a>
      </div>
      <Lines log={log} reading={reading} live={period.past === null} wrap={wrap} matches={matches} scroll={scroll} />
      {!scroll.follow && period.past === null && <ToEnd go={() => scroll.setFollow(true)} />}
    </>
  );
}

function useLogKeys({ setFollow }: Scroll): void {
  useKeys([
    { keys: 'l', word: 'key.follow', run: () => setFollow((f) => !f) },
    {
      keys: 'f',
      word: 'key.filter',
      run: () => document.querySelector<HTMLInputElement>('[data-log-search]')?.focus(),
    },
  ]);
}

function StreamChoice({ now, choose }: { now: Stream; choose: (stream: Stream) => void }): VNode {
  return (
    <Choice
      options={[
        { id: 'both', name: t('log.both') },
        { id: 'stdout', name: 'stdout' },
        { id: 'stderr', name: 'stderr' },
      ]}
      now={now}
      choose={choose}
      label={t('log.stream')}
    />
  );
}

/** From when on, and what is searched; what one chooses also says whether the end is followed. */
function Which({ period, matches, scroll }: { period: Period; matches: Matches; scroll: Scroll }): VNode {
  const choose = (span: Span, when: string): void => {
    period.choose(span, when);
    scroll.setFollow(span === 'live');
    if (span !== 'live') scroll.toTop();
  };
  const searchKept = (text: string): void => {
    period.setGrep(text);
    scroll.setFollow(text === '' && period.span === 'live');
  };
  const jump = (by: 1 | -1): void => {
    const row = matches.step(by);
    if (row === null) return;
    scroll.setFollow(false);
    scroll.toRow(row);
  };
  return (
    <>
      <From span={period.span} at={period.at} choose={choose} />
      <LogSearch
        text={matches.text}
        valid={matches.pattern !== null}
        matches={matches.matches}
        at={matches.at}
        only={matches.only}
        grep={period.grep}
        change={matches.change}
        jump={jump}
        showOnly={matches.showOnly}
        searchKept={searchKept}
      />
    </>
  );
}

function LineCount({ shown, dropped }: { shown: number; dropped: number }): VNode {
  return (
    <span class="push small dim nw">
      {t('log.lines', { n: count(shown) })}
      {dropped > 0 ? ` ${t('log.dropped', { n: count(dropped) })}` : ''}
    </span>
  );
}

interface LinesProps {
  log: LogBuffer;
  reading: Reading;
  live: boolean;
  wrap: boolean;
  matches: Matches;
  scroll: Scroll;
}

function Lines({ log, reading, live, wrap, matches, scroll }: LinesProps): VNode {
  const { box, onScroll, part, follow } = scroll;
  const { shown, pattern, current } = matches;
  const width = String(log.next).length;
  return (
    <div class="logbox" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t('log')}>
      <ol
        class={`log${wrap ? ' wrap' : ''}`}
        style={{ paddingTop: `${8 + part.before}px`, paddingBottom: `${8 + part.after}px` }}
      >
        {shown.slice(part.first, part.end).map((l) => (
          <Line key={l.n} line={l} pattern={pattern} hit={l === current} width={width} />
        ))}
        {part.end === shown.length && (
          <LogEnd reading={reading} live={live} none={shown.length === 0} follow={follow} />
        )}
      </ol>
    </div>
  );
}

function ToEnd({ go }: { go: () => void }): VNode {
  return (
    <button type="button" class="btn small toend" onClick={go}>
      <Icon name="follow" />
      {t('log.to.end')} <kbd>l</kbd>
    </button>
  );
}
