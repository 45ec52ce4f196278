// What an instance wrote and did, a tab each: log, files, terminal, why it is where it is, events, spec.
import type { VNode } from 'preact';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { ClusterEvent } from '../../../src/model/event.ts';
import { path } from '../../hub/api.ts';
import { appNamed } from '../../hub/cluster.ts';
import { written } from '../../json/spec-text.ts';
import { lazy } from '../../lazy.tsx';
import { t } from '../../words/i18n.tsx';
import { setQuery } from '../../router.ts';
import { Why } from '../../parts/app/why.tsx';
import { FeedLine } from '../../parts/feed.tsx';
import { Files } from '../../parts/instance/files.tsx';
import { Json } from '../../parts/json.tsx';
import { Log } from '../../parts/log/log.tsx';
import { Tabs } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

const InstanceTerminal = lazy(() => import('../../parts/instance/terminal.tsx').then((m) => m.InstanceTerminal));

export type Tab = 'log' | 'files' | 'terminal' | 'why' | 'events' | 'spec';
interface ToldProps {
  id: string;
  i: InstanceView;
  tab: Tab;
  events: readonly ClusterEvent[];
}

export function Told({ id, i, tab, events }: ToldProps): VNode {
  return (
    <section class="panel logpanel">
      <header class="lined">
        <Tabs
          tabs={[
            { id: 'log', name: t('log') },
            { id: 'files', name: t('files') },
            { id: 'terminal', name: t('terminal') },
            { id: 'why', name: t('why') },
            { id: 'events', name: t('page.events'), count: events.length },
            { id: 'spec', name: t('spec') },
          ]}
          now={tab}
          choose={(next) => setQuery({ tab: next === 'log' ? null : next, path: null })}
        />
      </header>
      {tab === 'log' && <Log id={id} />}
      {tab === 'files' && <Files id={id} />}
      {tab === 'terminal' && <InstanceTerminal id={id} />}
      {tab === 'why' && (
        <div class="body pad">
          <Why path={path`/instances/${id}/why`} version={i.at} />
        </div>
      )}
      {tab === 'events' && <Happened events={events} />}
      {tab === 'spec' && <Spec app={i.app} />}
    </section>
  );
}

function Happened({ events }: { events: readonly ClusterEvent[] }): VNode {
  if (events.length === 0) return <Empty title={t('events.none')} />;
  return (
    <ol class="feed wide">
      {events.map((e) => (
        <FeedLine key={e.seq} e={e} kind />
      ))}
    </ol>
  );
}

/** The spec of its app, as written. */
function Spec({ app: name }: { app: string }): VNode {
  const app = appNamed(name);
  return (
    <div class="body pad">
      {app ? <Json value={written(app.spec, app.scale)} readings /> : <p class="dim">{t('instance.no.app')}</p>}
    </div>
  );
}
