// An instance that is gone, or never was: what its node keeps of it.
import type { VNode } from 'preact';
import type { ClusterEvent } from '../../../src/model/event.ts';
import { t } from '../../words/i18n.tsx';
import { setQuery } from '../../router.ts';
import { FeedLine } from '../../parts/feed.tsx';
import { Files } from '../../parts/instance/files.tsx';
import { Log } from '../../parts/log/log.tsx';
import { Tabs } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

type Tab = 'log' | 'files' | 'events';

export function Gone({ id, tab, list }: { id: string; tab: string; list: ClusterEvent[] }): VNode {
  const shown: Tab = tab === 'log' || tab === 'files' ? tab : 'events';
  const tabs: { id: Tab; name: string; count?: number }[] = [
    { id: 'log', name: t('log') },
    { id: 'files', name: t('files') },
    { id: 'events', name: t('page.events'), count: list.length },
  ];
  return (
    <>
      <section class="panel">
        <Empty
          title={t('instance.missing', { id })}
          actions={
            <a class="btn" href="/apps">
              {t('page.apps')} <kbd>g a</kbd>
            </a>
          }
        >
          {t('instance.missing.text')}
        </Empty>
      </section>
      {list.length > 0 && (
        <section class="panel logpanel">
          <header class="lined">
            <Tabs
              tabs={tabs}
              now={shown}
              choose={(next) => setQuery({ tab: next === 'log' ? null : next, path: null })}
            />
          </header>
          {shown === 'log' ? (
            <Log id={id} />
          ) : shown === 'files' ? (
            <Files id={id} />
          ) : (
            <ol class="feed wide">
              {list.map((e) => (
                <FeedLine key={e.seq} e={e} kind />
              ))}
            </ol>
          )}
        </section>
      )}
    </>
  );
}
