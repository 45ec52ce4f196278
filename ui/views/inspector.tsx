// The inspector: every actor of master and agents; any of them drawn live, with its steps, its context, and the way back.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { heardIn } from '../chart/history.ts';
import { watchActors } from '../hub/cluster.ts';
import { clockMs } from '../look/format.ts';
import { t } from '../words/i18n.tsx';
import { useKeys } from '../keys.ts';
import { Page } from '../shell.tsx';
import { ActorTree } from '../parts/inspector/actor-tree.tsx';
import { Context } from '../parts/inspector/context.tsx';
import { Copy } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loading } from '../parts/states.tsx';
import { ActorChart, ActorHead } from './inspector/drawn.tsx';
import { Send } from './inspector/send.tsx';
import { Steps } from './inspector/steps.tsx';
import { Told } from './inspector/told.tsx';
import { Transport } from './inspector/transport.tsx';
import { useWatched, type Watched } from './inspector/watched.ts';

export default function Inspector(): VNode {
  const watched = useWatched();
  const [fit, setFit] = useState(false);
  const { id, history, index, live, show, label } = watched;
  useEffect(watchActors, []);
  useInspectorKeys(watched, () => setFit((f) => !f));
  return (
    <Page crumbs={crumbsOf(watched)} class="wide" title={`${label} · ${t('page.inspector')}`}>
      <div class="insp">
        <Tree selected={id} />
        <section class="panel cen">
          <ActorHead of={watched} fit={fit} setFit={setFit} />
          <ActorChart of={watched} fit={fit} />
          <Transport history={history} index={index} live={live} show={show} />
          <Told of={watched} />
        </section>
        <div class="stack rig">
          <ContextPanel of={watched} />
          <Steps history={history} index={index} show={show} />
          <Heard of={watched} />
        </div>
      </div>
    </Page>
  );
}

function useInspectorKeys({ index, history, show, showLive }: Watched, toggleFit: () => void): void {
  useKeys(
    [
      { keys: '[', word: 'key.back', run: () => show(index - 1) },
      { keys: ']', word: 'key.forth', run: () => show(index + 1) },
      { keys: 'l', word: 'key.live', run: showLive },
      { keys: '0', word: 'key.fit', run: toggleFit },
    ],
    [index, history.steps.length],
  );
}

function crumbsOf({ id, actor, label }: Watched): { name: string; href: string }[] {
  const names = [
    t('page.inspector'),
    ...(actor && actor.where !== 'master' ? [actor.where] : []),
    ...(id ? [label] : []),
  ];
  return names.map((name) => ({ name, href: '/inspector' }));
}

function Tree({ selected }: { selected: string | null }): VNode {
  return (
    <section class="panel tre" aria-label={t('tree')}>
      <ActorTree selected={selected ?? ''} />
      <footer>
        <span>{t('tree.watching', { n: selected ? 1 : 0 })}</span>
      </footer>
    </section>
  );
}

/** What the actor knew at the step that is shown, and what that step changed of it. */
function ContextPanel({ of: { history, index, live, now, problem } }: { of: Watched }): VNode {
  const shown = now && <Context before={history.steps[index - 1]?.context} now={now.context} />;
  return (
    <Panel
      title={t('context')}
      note={live ? t('now') : now ? clockMs(now.at) : ''}
      lined
      right={<Copy text={() => JSON.stringify(now?.context ?? null, null, 2)} />}
    >
      {shown ?? (problem ? <span class="dim">–</span> : <Loading rows={3} />)}
    </Panel>
  );
}

/** What can be sent to it: events that its present state hears. */
function Heard({ of: { id, history, live, now, label, leaf } }: { of: Watched }): VNode | null {
  const heard = live && now ? heardIn(history.chart, now.state) : [];
  return heard.length > 0 ? <Send actor={id!} label={label} leaf={leaf} heard={heard} /> : null;
}
