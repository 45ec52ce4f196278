// Facts of an instance: how its last launch ended, its checks, where and what it is.
import type { VNode } from 'preact';
import type { Exit, InstanceView } from '../../../src/model/instance/instance.ts';
import { appNamed, hostOf, nodeOf } from '../../hub/cluster.ts';
import { memory, signal, stay } from '../../look/format.ts';
import { knownWord, t } from '../../words/i18n.tsx';
import { nodePath } from '../../routes.ts';
import { Chip } from '../chip.tsx';
import { Coded } from '../coded.tsx';
import { Copy } from '../copy.tsx';
import { asText } from '../app/diff.tsx';
import { Panel } from '../panel.tsx';
import { Age, Clock } from '../time.tsx';

const endedBy = (exit: Exit): string => {
  const key = `exit.${exit.reason}`;
  return knownWord(key) ? t(key) : exit.reason;
};

/** `137, signal 9 (SIGKILL)` or `1`. */
const statusOf = (exit: Exit): string =>
  exit.signal !== null
    ? `${128 + exit.signal}, ${t('exit.signal.n', { n: exit.signal, name: signal(exit.signal) })}`
    : exit.code !== null
      ? String(exit.code)
      : '–';

export function ExitRecord({ i, exit }: { i: InstanceView; exit: Exit }): VNode {
  return (
    <Panel
      title={t('exit')}
      note={
        <>
          {t('exit.launch', { n: exit.launch })}, <Clock at={exit.at} />
        </>
      }
    >
      <dl class="kv wide">
        <dt>{t('exit.by')}</dt>
        <dd>
          {endedBy(exit)}
          {exit.by ? `, ${exit.by}` : ''}
        </dd>
        <dt>{t('exit.ran')}</dt>
        <dd>{stay(exit.durationMs)}</dd>
        <dt>{t('exit.status')}</dt>
        <dd>
          {statusOf(exit)}
          {exit.core ? `, ${t('exit.core')}` : ''}
        </dd>
        <dt>{t('exit.peak')}</dt>
        <dd>{memory(exit.peakMem)}</dd>
        {exit.text && (
          <>
            <dt>{t('exit.text')}</dt>
            <dd>{exit.text}</dd>
          </>
        )}
        {exit.quota && (
          <>
            <dt>{t('exit.quota')}</dt>
            <dd>{t('exit.quota.n', { used: memory(exit.quota.used), limit: memory(exit.quota.limit) })}</dd>
          </>
        )}
        {i.reason && i.status !== 'running' && (
          <>
            <dt>{t('exit.decision')}</dt>
            <dd>
              <Coded text={i.reason.text} />
            </dd>
          </>
        )}
      </dl>
      {exit.tail.length > 0 && <pre class="exit-tail">{exit.tail.join('\n')}</pre>}
    </Panel>
  );
}

export function Health({ i }: { i: InstanceView }): VNode {
  const checks = appNamed(i.app)?.spec.healthChecks ?? [];
  return (
    <Panel title={t('health')} right={i.health.length === 0 && <span class="small dim">{t('checks.none')}</span>}>
      {i.health.map((h) => {
        const c = checks[h.index];
        return (
          <div key={h.index} class="check">
            <div class="row small">
              <Chip s={h.status} bare />
              <span class="tag">{h.role}</span>
              {c && (
                <span class="mono-s mid cutoff">
                  {c.protocol} {c.protocol === 'COMMAND' ? c.command : c.protocol === 'TCP' ? '' : c.path}
                  {i.ports[c.portIndex] && c.protocol !== 'COMMAND' && c.protocol !== 'FILE'
                    ? ` :${c.port ?? i.ports[c.portIndex]}`
                    : ''}
                </span>
              )}
              <span class="push dim nw">
                {h.failures > 0 ? (
                  t('health.failures', { n: h.failures, most: c?.maxConsecutiveFailures ?? '–' })
                ) : (
                  <Age at={h.at} />
                )}
              </span>
            </div>
            {h.detail && <p class="mono-s dim detail">{h.detail}</p>}
          </div>
        );
      })}
    </Panel>
  );
}

/** The host that this browser reaches a node by. */
function hostFor(node: string): string {
  const host = (nodeOf(node)?.agentAddress ?? '').replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
  return host && !/^(127\.|localhost|0\.0\.0\.0|\[?::)/.test(host) ? host : location.hostname;
}

export function InstanceFacts({ i }: { i: InstanceView }): VNode {
  const app = appNamed(i.app);
  const named = app?.spec.ports ?? [];
  return (
    <Panel title={t('facts')} right={<Copy text={() => asText(i)}>{t('copy.json')}</Copy>}>
      <dl class="kv wide">
        <dt>{t('thing.node.cap')}</dt>
        <dd>
          <a class="link" href={nodePath(i.node)}>
            {hostOf(i.node)}
          </a>
        </dd>
        <dt>{t('revision')}</dt>
        <dd>{app ? t('revision.of', { n: i.revision, newest: app.revision }) : i.revision}</dd>
        <dt>{t('ports')}</dt>
        <dd class="mono-s">
          {i.ports.length === 0
            ? '–'
            : i.ports.map((p, k) => (
                <span key={p} class="port">
                  <a class="link" href={`http://${hostFor(i.node)}:${p}/`} target="_blank" rel="noreferrer">
                    {p}
                  </a>{' '}
                  {named[k]?.name}
                </span>
              ))}
          {i.debugPort && <span> {i.debugPort} debug</span>}
          {i.consolePort && <span> {i.consolePort} console</span>}
        </dd>
        <dt>{t('pid')}</dt>
        <dd class="mono-s">
          {i.pid ?? '–'}
          {i.user && <span class="dim"> {t('runs.as', { user: i.user })}</span>}
        </dd>
        <dt>{t('started')}</dt>
        <dd>
          <Clock at={i.startedAt} />
        </dd>
        <dt>{t('launch')}</dt>
        <dd>
          {i.launch}, <span class="dim">{t('restarts.n', { n: i.restarts })}</span>
        </dd>
        <dt>{t('id')}</dt>
        <dd class="mono-s">{i.id}</dd>
        <dt>{t('epoch')}</dt>
        <dd class="mono-s">
          {i.epoch}{' '}
          <span class="dim">
            {t('place')} {i.place}, {t(`goal.${i.goal}`)}
          </span>
        </dd>
      </dl>
    </Panel>
  );
}
