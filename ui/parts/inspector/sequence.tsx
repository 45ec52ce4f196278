// The last steps of an actor as a sequence diagram.
import type { VNode } from 'preact';
import { actorOf } from '../../hub/cluster.ts';
import { clockMs } from '../../look/format.ts';
import { t } from '../../words/i18n.tsx';
import { eventName } from '../../chart/labels.ts';
import { statusOfState } from '../../chart/status-of.ts';
import { toSequence } from '../../chart/sequence.ts';
import type { History } from '../../chart/history.ts';

/** A root actor has no name of its own in its system (`x:5`): of an actor that is watched it is the parent. */
function nameOf(history: History, id: string): string {
  const actor = actorOf(id === history.actor || !/^x:\d+$/.test(id) ? id : (actorOf(history.actor)?.parent ?? id));
  return actor
    ? actor.machine === 'app-supervisor'
      ? `supervisor ${actor.label}`
      : actor.label
    : id.split(/[/:]/).at(-1)!;
}

export function SequenceDiagram({
  history,
  index,
  select,
}: {
  history: History;
  index: number;
  select: (index: number) => void;
}): VNode {
  const seq = toSequence(history, 14, (id) => nameOf(history, id));
  if (seq.messages.length === 0) return <p class="small dim">{t('sequence.none')}</p>;
  return (
    <svg class="seq" width={Math.max(seq.width, 560)} height={seq.height} role="img" aria-label={t('sequence')}>
      {seq.messages.map(
        (m) =>
          m.index === index && (
            <rect key="band" class="band" x="0" y={m.y - 11} width={Math.max(seq.width, 560)} height="22" rx="3" />
          ),
      )}
      {seq.lives.map((l) => (
        <g key={l.id}>
          <text class="who" x={l.x} y="14">
            {l.name.length > 22 ? `${l.name.slice(0, 21)}…` : l.name}
            <title>{l.id}</title>
          </text>
          {l.main && (
            <text class="kind" x={l.x} y="28">
              {history.machine}
            </text>
          )}
          <path class="life" d={`M${l.x} 36V${seq.height}`} />
        </g>
      ))}
      {seq.bars.map((b) => (
        <rect
          key={`${b.y}`}
          class="act"
          data-s={statusOfState(b.state)}
          x={seq.lives.find((l) => l.main)!.x - 4}
          y={b.y}
          width="8"
          height={Math.max(2, b.height)}
        >
          <title>{b.state}</title>
        </rect>
      ))}
      {seq.messages.map((m) => {
        const dir = m.self ? 1 : Math.sign(m.to - m.from);
        const end = m.to - dir * 5;
        const label = m.label ? eventName(m.label, 'event') : t('sequence.begin');
        const width = label.length * 6.7 + 8;
        const mid = m.self ? m.to + 24 + width / 2 : (m.from + end) / 2;
        return (
          <g
            key={m.index}
            class={`${m.index === index ? 'sel' : ''}${m.index > index ? ' later' : ''}`}
            onClick={() => select(m.index)}
          >
            <rect x="0" y={m.y - 11} width={seq.width} height="22" fill="transparent" />
            <text class="at" x="8" y={m.y + 4}>
              {clockMs(m.step.at).slice(0, -1)}
            </text>
            {m.self ? (
              <path class="msg" d={`M${m.to + 20} ${m.y}H${m.to + 12}`} />
            ) : (
              <path class="msg" d={`M${m.from} ${m.y}H${end - dir * 5}`} />
            )}
            <path class="tip" d={m.self ? `M${m.to + 6} ${m.y}l7 -4v8z` : `M${end} ${m.y}l${-dir * 7} -4v8z`} />
            <rect class="lab-bg" x={mid - width / 2} y={m.y - 8} width={width} height="16" />
            <text class="lab" x={mid} y={m.y + 4}>
              {label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
