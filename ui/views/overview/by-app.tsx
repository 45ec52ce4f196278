// The map of a small cluster: nodes x apps, a tile is an instance, as wide as its memory.
import type { VNode } from 'preact';
import type { AppView } from '../../../src/model/app/app.ts';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { NodeView } from '../../../src/model/node.ts';
import { apps, instancesByApp, instancesByNode, nodes } from '../../hub/cluster.ts';
import { memory } from '../../look/format.ts';
import { Glyph } from '../../look/glyphs.tsx';
import { t } from '../../words/i18n.tsx';
import { reservedMemory, tileWidth } from '../../look/map-layout.ts';
import { missingSlots, slotName } from '../../hub/needs.ts';
import { appPath, instancePath } from '../../routes.ts';
import { statusWord } from '../../parts/chip.tsx';
import { memo } from '../../parts/memo.ts';
import { NodeCell } from './node-cell.tsx';

interface TileProps {
  i: InstanceView;
  mem: number | null;
  newest: boolean;
  label?: string;
}
const Tile = memo(function Tile({ i, mem, newest, label }: TileProps): VNode {
  const facts = [slotName(i), statusWord(i.status), `${t('thing.revision')} ${i.revision}`];
  if (mem) facts.push(memory(mem));
  const title = facts.join(' · ') + (i.reason?.text ? `\n${i.reason.text}` : '');
  return (
    <a
      class={`tile${newest ? ' new' : ''}${i.goal !== 'run' ? ' leaving' : ''}`}
      data-s={i.status}
      style={{ '--w': `${tileWidth(mem ?? i.usage?.mem)}px`, '--gap': 'var(--c)' }}
      href={instancePath(i.id)}
      title={title}
      aria-label={title}
    >
      {i.status !== 'running' && <Glyph s={i.status} />}
      {label ?? i.slot}
    </a>
  );
});

const Waiting = ({ app, slots }: { app: AppView; slots: number[] }): VNode => (
  <>
    {slots.slice(0, 30).map((slot) => (
      <a
        key={slot}
        class="tile"
        data-s="pending"
        href={`${appPath(app.name)}?tab=why`}
        title={`${app.name}.${slot} · ${statusWord('pending')}${app.reason ? `\n${app.reason.text}` : ''}`}
      >
        <Glyph s="pending" />
        {slot}
      </a>
    ))}
    {slots.length > 30 && (
      <a class="tile" data-s="pending" href={`${appPath(app.name)}?tab=why`}>
        +{slots.length - 30}
      </a>
    )}
  </>
);

const newestOf = (app: AppView | undefined, i: InstanceView): boolean =>
  app?.status === 'deploying' && app.revision > 1 && i.revision === app.revision;

interface RowProps {
  n: NodeView;
  list: readonly InstanceView[];
  columns: readonly AppView[];
}
const sameRow = (a: RowProps, b: RowProps): boolean =>
  a.n === b.n &&
  a.list.length === b.list.length &&
  a.list.every((i, at) => i === b.list[at]) &&
  a.columns.length === b.columns.length &&
  a.columns.every((c, at) => c === b.columns[at]);
const Row = memo(function Row({ n, list, columns }: RowProps): VNode {
  return (
    <tr class={n.status === 'lost' ? 'gone' : ''} data-row>
      <td>
        <NodeCell n={n} />
      </td>
      {columns.map((app) => {
        const own = list.filter((i) => i.app === app.name);
        return (
          <td key={app.name} data-l={app.name}>
            {own.length > 0 && (
              <span class="tiles" style={{ '--n': own.length }}>
                {own.map((i) => (
                  <Tile key={i.id} i={i} mem={reservedMemory(app)} newest={newestOf(app, i)} />
                ))}
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
}, sameRow);

export function ByApp(): VNode {
  const columns = apps.value;
  const byNode = instancesByNode.value;
  const byApp = instancesByApp.value;
  const foreign = [...byApp.keys()].filter((name) => !columns.some((a) => a.name === name));
  const waits = columns.map((a) => ({ app: a, slots: missingSlots(a, byApp.get(a.name) ?? []) }));
  const waiting = waits.reduce((n, w) => n + w.slots.length, 0);
  const fallback = foreign.map(
    (name) => ({ name, spec: { resAlloc: null }, status: 'running', revision: 0 }) as unknown as AppView,
  );
  const all = [...columns, ...fallback];
  return (
    <table class="map">
      <thead>
        <tr>
          <th>
            {t('thing.node.cap')}
            <span class="dim mh">{t('map.meters')}</span>
          </th>
          {all.map((a) => (
            <th key={a.name}>
              <a href={foreign.includes(a.name) ? '/instances?query=status:unknown' : appPath(a.name)}>
                <b title={a.name}>{a.name}</b>
              </a>{' '}
              {byApp.get(a.name)?.length ?? 0}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {nodes.value.map((n) => (
          <Row key={n.id} n={n} list={byNode.get(n.id) ?? []} columns={all} />
        ))}
        {waiting > 0 && (
          <tr class="wait">
            <td>
              <span class="nodecell">
                <Glyph s="pending" />
                <span>
                  <span class="strong">{t('map.no.node')}</span>
                  <span class="micro dim sub">{t('map.waits', { n: waiting })}</span>
                </span>
              </span>
            </td>
            {waits.map((w) => (
              <td key={w.app.name} data-l={w.app.name}>
                {w.slots.length > 0 && (
                  <span class="tiles">
                    <Waiting app={w.app} slots={w.slots} />
                  </span>
                )}
              </td>
            ))}
            {foreign.map((name) => (
              <td key={name} />
            ))}
          </tr>
        )}
      </tbody>
    </table>
  );
}
