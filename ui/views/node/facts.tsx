// What a node is: system, hardware, networks, disks, how it holds programs to their limits.
import type { VNode } from 'preact';
import type { NodeView } from '../../../src/model/node.ts';
import { role } from '../../hub/cluster.ts';
import { cores, disk, memory, memoryOf } from '../../look/format.ts';
import { rich, t } from '../../words/i18n.tsx';
import { actorPath } from '../../routes.ts';
import { Copy } from '../../parts/copy.tsx';
import { asText } from '../../parts/app/diff.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Age } from '../../parts/time.tsx';

/** What holds programs to their limits; what does not is named with its reason. */
function Isolation({ n: { isolation } }: { n: NodeView }): VNode {
  return (
    <>
      <span class="blk">
        {isolation.cgroup === 'none' ? t('isolation.none') : `cgroup ${isolation.cgroup}`}{' '}
        <span class="dim">{isolation.enforced.join(', ')}</span>
      </span>
      {isolation.not.map(({ limit, why }) => (
        <span key={limit} class="blk">
          <span class="strong">{t('isolation.not', { limit })}</span> <span class="dim">{why}</span>
        </span>
      ))}
    </>
  );
}

/** Fields that are absent are not known. */
function Hardware({ n: { os, hardware } }: { n: NodeView }): VNode {
  const { physicalCores, speed, cpu, maker, brand, vendor, model, virtual } = hardware;
  const words = [
    t('cores', { n: os.cpus }),
    physicalCores ? t('cores.physical', { n: physicalCores }) : '',
    speed ? `${speed} GHz` : '',
    cpu || [maker, brand].filter(Boolean).join(' '),
    [vendor, model].filter(Boolean).join(' '),
    virtual ? t('hardware.virtual') : '',
  ];
  return <>{words.filter(Boolean).join(', ')}</>;
}

export function Facts({ n }: { n: NodeView }): VNode {
  return (
    <Panel title={t('facts')} right={<Copy text={() => asText(n)}>{t('copy.json')}</Copy>}>
      <dl class="kv">
        <dt>{t('address')}</dt>
        <dd class="mono-s">{n.agentAddress}</dd>
        <dt>{t('system')}</dt>
        <dd>
          {[n.os.distribution || n.os.name, n.os.codename].filter(Boolean).join(' ')}{' '}
          <span class="dim">
            {n.os.name} {n.os.version}, {n.os.architecture}
          </span>
        </dd>
        <dt>{t('hardware')}</dt>
        <dd>
          <Hardware n={n} />
        </dd>
        {n.hardware.gpus?.length ? (
          <>
            <dt>{t('gpus')}</dt>
            <dd>
              {n.hardware.gpus.map(({ vendor, model, vram }, k) => (
                <span key={k} class="blk">
                  {[vendor, model].filter(Boolean).join(' ')} <span class="dim">{vram ? memory(vram) : ''}</span>
                </span>
              ))}
            </dd>
          </>
        ) : null}
        <dt>{t('memory')}</dt>
        <dd>
          {memoryOf(n.allocated.mem, n.memory.total)} <span class="dim">{t('reserved')}</span>
        </dd>
        <dt>{t('cpu')}</dt>
        <dd>{rich('reserved.of', { n: cores(n.allocated.cpus), whole: t('cores', { n: n.os.cpus }) })}</dd>
        <dt>{t('networks')}</dt>
        <dd class="mono-s">
          {n.networks.map((x) => (
            <span key={`${x.name}${x.address}`} class="blk">
              {x.name} {x.address} <span class="dim">{x.mtu || ''}</span>
            </span>
          ))}
        </dd>
        <dt>{t('disks')}</dt>
        <dd>
          {n.disks.map((d) => (
            <span key={d.dirName} class="blk">
              <span class="mono-s">{d.dirName}</span> {disk(d.total)} <span class="dim">{d.sysTypeName}</span>
            </span>
          ))}
        </dd>
        <dt>{t('membership')}</dt>
        <dd>{t(`membership.${n.capabilities.membership}`)}</dd>
        <dt>{t('limits')}</dt>
        <dd>
          <Isolation n={n} />
        </dd>
        <dt>{t('rotation')}</dt>
        <dd>{t(`rotation.${n.capabilities.rotation}`)}</dd>
        <dt>{t('ports')}</dt>
        <dd class="mono-s">
          {n.ports[0]}–{n.ports[1]}
        </dd>
        <dt>{t('agent')}</dt>
        <dd>
          {n.version}{' '}
          <a class="link" href={actorPath(role.value === 'agent' ? 'agent' : `node:${n.id}`)}>
            {t('statechart')}
          </a>
        </dd>
        <dt>{t('last.beat')}</dt>
        <dd>
          <Age at={n.beatAt} /> <span class="dim">{t(`link.${n.link}`)}</span>
        </dd>
        <dt>{t('id')}</dt>
        <dd class="mono-s">{n.id}</dd>
      </dl>
    </Panel>
  );
}
