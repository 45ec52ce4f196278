// One node: status, because, next; its instances, its figures over time, its tags and facts.
import type { VNode } from 'preact';
import { hostOf, instancesByNode, loaded, nodeOf } from '../hub/cluster.ts';
import { cores, memory } from '../look/format.ts';
import { rich, t } from '../words/i18n.tsx';
import { route } from '../router.ts';
import { Page } from '../shell.tsx';
import { Chip } from '../parts/chip.tsx';
import { InstanceTable } from '../parts/instance/instance-table.tsx';
import { Because } from '../parts/app/next.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Tags } from '../parts/node/tags.tsx';
import { Actions } from './node/actions.tsx';
import { Facts } from './node/facts.tsx';
import { Usage } from './node/usage.tsx';

export default function Node(): VNode {
  const { id } = route.value;
  const n = nodeOf(id);
  const list = instancesByNode.value.get(id) ?? [];
  const crumbs = [{ name: t('page.nodes'), href: '/nodes' }, { name: hostOf(id) }];
  if (!n)
    return (
      <Page crumbs={crumbs}>
        {loaded.value ? (
          <section class="panel">
            <Empty
              title={t('node.missing', { id })}
              actions={
                <a class="btn" href="/nodes">
                  {t('page.nodes')} <kbd>g n</kbd>
                </a>
              }
            >
              {t('node.missing.text')}
            </Empty>
          </section>
        ) : (
          <Loading />
        )}
      </Page>
    );
  const sentence = n.reason ? (
    <Because reason={n.reason} />
  ) : (
    rich(n.status === 'ready' ? 'node.sentence' : 'node.holds', {
      n: list.length,
      room: memory(n.allocatable.mem - n.allocated.mem),
      cpus: cores(Math.max(0, n.allocatable.cpus - n.allocated.cpus)),
    })
  );
  return (
    <Page crumbs={crumbs} title={hostOf(n.id)}>
      <div class="head">
        <h1>{hostOf(n.id)}</h1>
        <Chip s={n.status} big />
        <p class="because">{sentence}</p>
        <Actions n={n} />
      </div>
      <div class="cols side">
        <div class="stack">
          <Panel title={t('instances')} note={list.length} flush lined={list.length === 0}>
            {list.length === 0 ? (
              <p class="quiet-line dim">{t('node.empty')}</p>
            ) : (
              <InstanceTable list={list} node={false} />
            )}
          </Panel>
          <Usage n={n} />
        </div>
        <div class="stack">
          <Tags n={n} />
          <Facts n={n} />
          {Object.keys(n.envs).length > 0 && (
            <Panel title={t('node.envs')}>
              <p class="micro dim">{t('node.envs.when')}</p>
              <dl class="kv">
                {Object.entries(n.envs).map(([key, value]) => (
                  <>
                    <dt class="mono-s">{key}</dt>
                    <dd class="mono-s">{value}</dd>
                  </>
                ))}
              </dl>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}
