// The log of an instance: live (follows the end, stops when one scrolls up) or from a time on; searches what is shown, or all that is kept;
// both streams; only the lines in view are drawn.
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clockMs, count, moment } from '../format.ts';
import { Glyph, Icon } from '../glyphs.tsx';
import { t } from '../i18n.tsx';
import { useKeys } from '../keys.ts';
import { watch } from '../live.ts';
import {
  addChunk,
  emptyLog,
  finds,
  LINES_KEPT,
  marks,
  plain,
  searchPattern,
  turnStatus,
  type LogBuffer,
  type LogLine,
} from '../log-lines.ts';
import { logPath, type Past, type PastChunk } from '../log-past.ts';
import { slice } from '../window.ts';
import { memo } from './memo.ts';
import { readPast } from './past.ts';
import { Choice } from './panel.tsx';

const ROW = 20,
  TAIL = 2000;
type Stream = 'both' | 'stdout' | 'stderr';

const Line = memo(function Line({
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

type Span = 'live' | '10' | '60' | '1440' | 'at' | 'all';
interface Shown {
  ended: boolean;
  problem: string;
  /** Of the past: all is there, or only its first lines. */ whole: boolean | null;
}
const nothing: Shown = { ended: false, problem: '', whole: null };

/** The lines of the log: live, or of the past. */
function useLines(id: string, past: Past | null): { log: LogBuffer; state: Shown } {
  const [log, setLog] = useState(emptyLog),
    [state, setState] = useState(nothing);
  const key = past === null ? '' : `${past.since ?? ''} ${past.grep}`;
  useEffect(() => {
    setLog(emptyLog());
    setState(nothing);
    let frame = 0,
      pending: PastChunk[] = [];
    const flush = (): void => {
      frame = 0;
      const chunks = pending;
      pending = [];
      setLog((old) => chunks.reduce((l, c) => addChunk(l, c.stream, c.cursor, c.text), old));
    };
    const take = (chunk: PastChunk): void => {
      pending.push(chunk);
      frame ||= requestAnimationFrame(flush);
    };
    const drop = (): void => {
      cancelAnimationFrame(frame);
      pending = [];
    };
    if (past === null) {
      const stop = watch(
        `logs:${id}`,
        (f) => {
          if (f.type === 'log') {
            take(f);
            setState((old) => (old.ended || old.problem ? nothing : old));
          }
          if (f.type === 'problem')
            setState({ ...nothing, ended: f.code === 'log-ended', problem: f.code === 'log-ended' ? '' : f.detail });
        },
        () => ({ tail: TAIL, stream: 'both' }),
      );
      return () => {
        drop();
        stop();
      };
    }
    const abort = new AbortController();
    readPast(id, past, take, abort.signal).then(
      (more) => {
        flush();
        setState({ ...nothing, ended: true, whole: !more });
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setState({ ...nothing, problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      abort.abort();
      drop();
    };
  }, [id, key]);
  return { log, state };
}

/** From when on: live, the last minutes, a moment, all. */
function From({ span, at, choose }: { span: Span; at: string; choose: (span: Span, at: string) => void }): VNode {
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

export function Log({ id }: { id: string }): VNode {
  const [stream, setStream] = useState<Stream>('both');
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState(false);
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const [at, setAt] = useState(-1);
  const [span, setSpan] = useState<{ span: Span; at: string; from: number | null }>({
    span: 'live',
    at: '',
    from: null,
  });
  const [grep, setGrep] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ offset: 0, height: 480 });
  const past: Past | null =
    (span.span === 'live' && grep === '') || (span.span === 'at' && span.from === null)
      ? null
      : { since: span.from, grep };
  const { log, state } = useLines(id, past);
  const choose = (next: Span, when: string): void => {
    const from =
      next === 'at'
        ? when === ''
          ? null
          : new Date(when).getTime()
        : next === 'live' || next === 'all'
          ? null
          : Date.now() - Number(next) * 60_000;
    setSpan({ span: next, at: when, from });
    if (next === 'live') setGrep('');
    setFollow(next === 'live');
    if (next !== 'live' && box.current) box.current.scrollTop = 0;
  };

  const pattern = useMemo(() => searchPattern(search), [search]);
  const lines = useMemo(
    () => log.lines.filter((l) => stream === 'both' || l.stream === stream || l.at !== null),
    [log.lines, stream],
  );
  const hits = useMemo(() => {
    if (!pattern) return [];
    const out: number[] = [];
    lines.forEach((l, i) => {
      if (l.at === null && finds(plain(l.text), pattern)) out.push(i);
    });
    return out;
  }, [lines, pattern]);
  const shown = only && pattern ? hits.map((i) => lines[i]!) : lines;
  // Wrapped lines have no one height: then the newest 1,000 are drawn in full.
  const part = wrap
    ? { first: Math.max(0, shown.length - 1000), end: shown.length, before: 0, after: 0 }
    : slice(shown.length, ROW, view.offset, view.height, 30);

  useLayoutEffect(() => {
    const el = box.current;
    if (follow && el) el.scrollTop = el.scrollHeight;
  }, [shown.length, follow, wrap]);
  const onScroll = (): void => {
    const el = box.current!;
    const atEnd = el.scrollTop + el.clientHeight >= el.scrollHeight - 24;
    if (atEnd !== follow) setFollow(atEnd);
    const offset = Math.floor(el.scrollTop / (ROW * 8)) * ROW * 8;
    setView((old) =>
      old.offset === offset && old.height === el.clientHeight ? old : { offset, height: el.clientHeight },
    );
  };
  const jump = (by: number): void => {
    if (hits.length === 0) return;
    const next = at < 0 ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length;
    setAt(next);
    setFollow(false);
    const index = only ? next : hits[next]!;
    box.current!.scrollTop = Math.max(0, index * ROW - box.current!.clientHeight / 2);
  };
  useKeys([
    { keys: 'l', word: 'key.follow', run: () => setFollow((f) => !f) },
    {
      keys: 'f',
      word: 'key.filter',
      run: () => document.querySelector<HTMLInputElement>('[data-log-search]')?.focus(),
    },
  ]);
  const width = String(log.next).length,
    current = at >= 0 && at < hits.length ? (only ? shown[at] : lines[hits[at]!]) : undefined;
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
        <From span={span.span} at={span.at} choose={choose} />
        <label class={`field${search && !pattern ? ' wrong' : ''}`}>
          <Icon name="search" />
          <input
            data-log-search
            class="q"
            value={search}
            placeholder={t('log.search')}
            aria-label={t('log.search')}
            spellcheck={false}
            autocomplete="off"
            onInput={(e) => {
              setSearch(e.currentTarget.value);
              setAt(-1);
            }}
            onKeyDown={(e) => {
              if (e.key === 'Enter') {
                e.preventDefault();
                jump(e.shiftKey ? -1 : 1);
              }
              if (e.key === 'Escape') {
                e.stopPropagation();
                setSearch('');
                e.currentTarget.blur();
              }
            }}
          />
          {pattern && (
            <span class="hits">
              {at >= 0 ? `${at + 1} / ` : ''}
              {count(hits.length)}
            </span>
          )}
        </label>
        {search !== '' && grep !== search && (
          <button
            type="button"
            class="btn small"
            title={t('log.search.all.title')}
            onClick={() => {
              setGrep(search);
              setFollow(false);
            }}
          >
            {t('log.search.all')}
          </button>
        )}
        {grep !== '' && (
          <button
            type="button"
            class="btn small"
            aria-pressed="true"
            onClick={() => {
              setGrep('');
              setFollow(span.span === 'live');
            }}
          >
            {grep} <Icon name="close" />
          </button>
        )}
        {pattern && (
          <button type="button" class="btn small" aria-pressed={only} onClick={() => setOnly(!only)}>
            {t('log.only')}
          </button>
        )}
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
            <li class="tail">
              <span class={`caretline${follow && !state.ended ? '' : ' still'}`} />
              {state.problem ? (
                <span class="fault">{state.problem}</span>
              ) : past !== null ? (
                state.whole === null ? (
                  t('loading')
                ) : state.whole ? (
                  shown.length === 0 ? (
                    t('log.past.none')
                  ) : (
                    t('log.past.end')
                  )
                ) : (
                  t('log.past.more', { n: count(LINES_KEPT) })
                )
              ) : state.ended ? (
                t('log.ended')
              ) : shown.length === 0 ? (
                t('log.none')
              ) : follow ? (
                t('log.follows')
              ) : (
                t('log.paused')
              )}
            </li>
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
