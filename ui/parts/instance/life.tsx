// The life of an instance: a bar of stays; on phones a list, the present first.
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { ClusterEvent } from '../../../src/model/event.ts';
import { clock, moment, stay } from '../../look/format.ts';
import { Glyph, GlyphAt } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { stays, stayWidths } from '../../look/life.ts';
import { hubNow, second } from '../../hub/ticks.ts';
import { statusWord } from '../chip.tsx';
import { Panel } from '../panel.tsx';

/** Statuses that need a person are solid. */
const loud = new Set(['failed', 'unhealthy', 'killing']);

export function Life({ i, events }: { i: InstanceView; events: readonly ClusterEvent[] }): VNode {
  void second.value;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useLayoutEffect(() => {
    const measure = (): void => {
      const w = box.current?.clientWidth ?? 0;
      if (w > 0) setWidth(w);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const list = stays(i, events, width < 600 ? 8 : 14);
  const now = hubNow();
  const widths = stayWidths(list, now, width - 34);
  let x = 0;
  let labelEnd = -100;
  const launches = t('life.launches', { n: i.launch || 1 });
  return (
    <Panel
      title={t('life')}
      note={
        <span class="no-phone">
          {launches}; {t('life.scale')}
        </span>
      }
      right={<span class="small mid no-phone">{t('life.restarts', { n: i.restarts })}</span>}
    >
      <div ref={box}>
        <svg
          class="tl no-phone"
          width={width}
          height="62"
          role="img"
          aria-label={list.map((s) => `${statusWord(s.status)} ${stay((s.to ?? now) - s.from)}`).join(', ')}
        >
          {list.map((s, k) => {
            const w = widths[k]!;
            const at = x;
            const word = statusWord(s.status);
            const length = stay((s.to ?? now) - s.from);
            const wide = w > 40 + word.length * 7;
            const wider = w > 60 + (word.length + length.length) * 7;
            const time = at - labelEnd > 64;
            x += w + 2;
            if (time) labelEnd = at;
            return (
              <g key={`${s.from}${s.status}`} class={loud.has(s.status) ? 'loud' : ''} data-s={s.status}>
                <title>{`${word} ${length}, ${moment(s.from)}\n${s.note}`}</title>
                <rect
                  class={`seg${loud.has(s.status) ? ' solid' : ''}`}
                  x={at + 0.5}
                  y="4.5"
                  width={Math.max(3, w - 1)}
                  height="27"
                  rx="3"
                />
                {w > 15 && <GlyphAt s={s.status} x={wide ? at + 9 : at + w / 2 - 5} y={13} size={10} />}
                {wide && (
                  <text class="lab" x={at + 26} y="22">
                    {word}
                  </text>
                )}
                {wider && (
                  <text x={at + 34 + word.length * 6.6} y="22">
                    {length}
                  </text>
                )}
                {time && (
                  <text class="tick" x={at} y="54">
                    {clock(s.from)}
                  </text>
                )}
              </g>
            );
          })}
          <path class="axis" d={`M0 41.5H${width}`} />
          <path class="now" d={`M${x + 1} 0V41`} />
          <text class="nowt" x={x + 7} y="22">
            {t('now')}
          </text>
        </svg>
        <ol class="steps only-phone">
          {[...list]
            .reverse()
            .slice(0, 6)
            .map((s) => (
              <li key={`${s.from}${s.status}`}>
                <Glyph s={s.status} />
                <span>
                  <b class="strong">{statusWord(s.status)}</b> <span class="small">{s.note}</span>
                </span>
                <span class="small dim">{stay((s.to ?? now) - s.from)}</span>
              </li>
            ))}
        </ol>
      </div>
    </Panel>
  );
}
