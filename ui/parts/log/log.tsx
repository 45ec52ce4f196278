// The log of an instance: live (follows the end, stops when one scrolls up) or from a time on; searches what is shown, or all that is kept;
// both streams; only the lines in view are drawn.
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../../look/format.ts';
import { Icon } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { useKeys } from '../../keys.ts';
import { finds, plain, searchPattern } from '../../streams/log-lines.ts';
import { logPath, type Past } from '../../streams/log-past.ts';
import { slice } from '../../lists/window.ts';
import { LogEnd, Line } from './log-line.tsx';
import { useLines } from './log-reading.ts';
import { LogSearch } from './log-search.tsx';
import { beginOf, From, type Span } from './log-span.tsx';
import { Choice } from '../panel.tsx';

const rowHeight = 20;
/** Wrapped lines have no one height: then so many of the newest are drawn in full. */
const mostWrapped = 1000;
type Stream = 'both' | 'stdout' | 'stderr';

/** What of the past is shown; null: it is live, or the moment is not chosen yet. */
function pastOf({ span, from }: { span: Span; from: number | null }, grep: string): Past | null {
  if (span === 'live' && grep === '') return null;
  if (span === 'at' && from === null) return null;
  return { since: from, grep };
}

export function Log({ id }: { id: string }): VNode {
  const [stream, setStream] = useState<Stream>('both');
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState(false);
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const [at, setAt] = useState(-1);
  const [begin, setBegin] = useState<{ span: Span; at: string; from: number | null }>({
    span: 'live',
    at: '',
    from: null,
  });
  const [grep, setGrep] = useState('');
  const [view, setView] = useState({ offset: 0, height: 480 });
  const box = useRef<HTMLDivElement>(null);
  const top = useRef(0);

  const past = pastOf(begin, grep);
  const { log, reading } = useLines(id, past);
  const pattern = useMemo(() => searchPattern(search), [search]);
  const lines = useMemo(
    () => log.lines.filter((l) => stream === 'both' || l.stream === stream || l.at !== null),
    [log.lines, stream],
  );
  const hits = useMemo(() => {
    if (!pattern) return [];
    return lines.flatMap((l, i) => (l.at === null && finds(plain(l.text), pattern) ? [i] : []));
  }, [lines, pattern]);
  const shown = only && pattern ? hits.map((i) => lines[i]!) : lines;
  const part = wrap
    ? { first: Math.max(0, shown.length - mostWrapped), end: shown.length, before: 0, after: 0 }
    : slice(shown.length, rowHeight, view.offset, view.height, 30);
  const current = at >= 0 && at < hits.length ? lines[hits[at]!] : undefined;
  const width = String(log.next).length;

  useLayoutEffect(() => {
    const el = box.current;
    if (follow && el) el.scrollTop = el.scrollHeight;
  }, [shown.length, follow, wrap]);
  useKeys([
    { keys: 'l', word: 'key.follow', run: () => setFollow((f) => !f) },
    {
      keys: 'f',
      word: 'key.filter',
      run: () => document.querySelector<HTMLInputElement>('[data-log-search]')?.focus(),
    },
  ]);

  const onScroll = (): void => {
    const el = box.current!;
    const atEnd = el.scrollTop + el.clientHeight >= el.scrollHeight - 24;
    // Lines that came since do not end the following: only one who scrolls up does.
    const up = el.scrollTop < top.current;
    top.current = el.scrollTop;
    if (atEnd !== follow && (atEnd || up)) setFollow(atEnd);
    const offset = Math.floor(el.scrollTop / (rowHeight * 8)) * rowHeight * 8;
    setView((old) =>
      old.offset === offset && old.height === el.clientHeight ? old : { offset, height: el.clientHeight },
    );
  };
  const choose = (span: Span, when: string): void => {
    setBegin({ span, at: when, from: beginOf(span, when) });
    if (span === 'live') setGrep('');
    setFollow(span === 'live');
    if (span !== 'live' && box.current) box.current.scrollTop = 0;
  };
  const change = (text: string): void => {
    setSearch(text);
    setAt(-1);
  };
  const searchKept = (text: string): void => {
    setGrep(text);
    setFollow(text === '' && begin.span === 'live');
  };
  const jump = (by: 1 | -1): void => {
    if (hits.length === 0) return;
    const first = by > 0 ? 0 : hits.length - 1;
    const next = at < 0 ? first : (at + by + hits.length) % hits.length;
    const row = only ? next : hits[next]!;
    setAt(next);
    setFollow(false);
    box.current!.scrollTop = Math.max(0, row * rowHeight - box.current!.clientHeight / 2);
  };

  return (
    <>
      <div class="row lt">
        <Choice
          options={[
            { id: 'both', name: t('log.both') },
            { id: 'stdout', name: 'stdout' },
            { id: 'stderr', name: 'stderr' },
          ]}
          now={stream}
          choose={setStream}
          label={t('log.stream')}
        />
        <From span={begin.span} at={begin.at} choose={choose} />
        <LogSearch
          text={search}
          valid={pattern !== null}
          matches={hits.length}
          at={at}
          only={only}
          grep={grep}
          change={change}
          jump={jump}
          showOnly={setOnly}
          searchKept={searchKept}
        />
        <span class="push small dim nw">
          {t('log.lines', { n: count(shown.length) })}
          {log.dropped > 0 ? ` ${t('log.dropped', { n: count(log.dropped) })}` : ''}
        </span>
        <button type="button" class="btn small quiet" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          {t('log.wrap')}
        </button>
        <a class="btn small quiet" download={`${id}.log`} href={logPath(id, past, stream)}>
          {t('log.download')}
        </a>
      </div>
      <div class="logbox" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t('log')}>
        <ol
          class={`log${wrap ? ' wrap' : ''}`}
          style={{ paddingTop: `${8 + part.before}px`, paddingBottom: `${8 + part.after}px` }}
        >
          {shown.slice(part.first, part.end).map((l) => (
            <Line key={l.n} line={l} pattern={pattern} hit={l === current} width={width} />
          ))}
          {part.end === shown.length && (
            <LogEnd reading={reading} live={past === null} none={shown.length === 0} follow={follow} />
          )}
        </ol>
      </div>
      {!follow && past === null && (
        <button type="button" class="btn small toend" onClick={() => setFollow(true)}>
          <Icon name="follow" />
          {t('log.to.end')} <kbd>l</kbd>
        </button>
      )}
    </>
  );
}
