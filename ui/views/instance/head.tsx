// The head of an instance's page: its name, its status and because of what, and what can be done with it.
import type { VNode } from 'preact';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { writable } from '../../hub/cluster.ts';
import { slotName } from '../../hub/needs.ts';
import { rich, t } from '../../words/i18n.tsx';
import { Because as Reason } from '../../parts/app/next.tsx';
import { Chip } from '../../parts/chip.tsx';
import { adoptInstance, killInstance, restartInstance, stopUnknown } from '../../parts/instance/instance-acts.tsx';

export function InstanceHead({ i }: { i: InstanceView }): VNode {
  return (
    <div class="head">
      <h1>{slotName(i)}</h1>
      <Chip s={i.status} big />
      <p class="because">
        <Because i={i} />
      </p>
      <span class="right">{i.status === 'unknown' ? <UnknownActs i={i} /> : <Acts i={i} />}</span>
    </div>
  );
}

/** The sentence: because what, and what comes next and when. */
function Because({ i }: { i: InstanceView }): VNode | null {
  if (i.reason) return <Reason reason={i.reason} />;
  if (i.status !== 'running') return null;
  const failing = i.health.find((h) => h.status === 'failing');
  if (failing) return <>{t('health.failing', { detail: failing.detail })}</>;
  const sentence = i.health.length > 0 ? 'instance.sentence' : 'instance.sentence.bare';
  return <>{rich(sentence, { pid: i.pid ?? '–', n: i.health.length })}</>;
}

function Acts({ i }: { i: InstanceView }): VNode {
  const may = writable.value;
  const why = may ? '' : t('lost.writes');
  return (
    <>
      <button type="button" class="btn" disabled={!may} title={why || 'r'} onClick={() => void restartInstance(i)}>
        {t(i.status === 'restarting' ? 'restart.now' : 'restart')}
      </button>
      <button
        type="button"
        class="btn danger"
        disabled={!may || i.pid === null}
        title={why || (i.pid === null ? t('kill.nothing') : '')}
        onClick={() => void killInstance(i)}
      >
        {t('kill')}…
      </button>
    </>
  );
}

/** Of one that no app asks for. */
function UnknownActs({ i }: { i: InstanceView }): VNode {
  const may = writable.value;
  const why = may ? '' : t('lost.writes');
  return (
    <>
      <button type="button" class="btn" disabled={!may} title={why} onClick={() => void adoptInstance(i)}>
        {t('adopt')}
      </button>
      <button type="button" class="btn danger" disabled={!may} title={why} onClick={() => void stopUnknown(i)}>
        {t('stop')}…
      </button>
    </>
  );
}
