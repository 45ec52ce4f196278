// An event sent to an actor by hand: for an admin, after a question, and written to the audit log.
import type { VNode } from 'preact';
import { path, post } from '../../hub/api.ts';
import { writable } from '../../hub/cluster.ts';
import { rich, t } from '../../words/i18n.tsx';
import { confirm } from '../../parts/dialog.tsx';
import { Panel } from '../../parts/panel.tsx';
import { act } from '../../parts/toasts.tsx';

async function sendEvent(actor: string, label: string, type: string): Promise<void> {
  const yes = await confirm({
    title: t('send.title', { event: type }),
    text: rich('send.text', { actor: label }),
    name: null,
    button: t('send'),
    danger: true,
  });
  if (yes)
    await act(() => post(path`/actors/${actor}/events`, { type }), rich('act.sent', { event: type, name: label }));
}

interface SendProps {
  actor: string;
  label: string;
  /** The state it is in, and what is heard in that. */
  leaf: string;
  heard: readonly string[];
}

export function Send({ actor, label, leaf, heard }: SendProps): VNode {
  return (
    <Panel title={t('send.an')} right={<span class="small dim">admin</span>}>
      <div class="row wrap">
        {heard.slice(0, 12).map((e) => (
          <button
            key={e}
            type="button"
            class="btn small mono-s"
            disabled={!writable.value}
            onClick={() => void sendEvent(actor, label, e)}
          >
            {e}
          </button>
        ))}
      </div>
      <p class="small dim">{rich('send.note', { state: <span class="mono-s">{leaf}</span> })}</p>
    </Panel>
  );
}
