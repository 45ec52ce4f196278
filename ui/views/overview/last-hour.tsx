// The last hour: changes by the minute, whom they concern most, the newest of them.
import type { VNode } from 'preact';
import { events, hostOf } from '../../hub/cluster.ts';
import { perMinute, topSubjects } from '../../look/event-look.ts';
import { t } from '../../words/i18n.tsx';
import { appPath, nodePath } from '../../routes.ts';
import { second } from '../../hub/ticks.ts';
import { FeedLine } from '../../parts/feed.tsx';
import { Bars } from '../../parts/figures/figures.tsx';
import { Panel } from '../../parts/panel.tsx';

export function LastHour(): VNode {
  const minute = Math.floor(second.value / 60_000) * 60_000 + 59_999;
  const all = events.value;
  const hour = all.filter((e) => minute - e.at < 3_600_000);
  const causes = topSubjects(hour, minute - 3_600_000, 5);
  const line = (name: string, href: string, n: number): VNode => (
    <tr key={href}>
      <td>
        <a href={href}>{name}</a>
      </td>
      <td class="num">{n}</td>
    </tr>
  );
  return (
    <Panel
      title={t('hour')}
      note={t('hour.note', { n: hour.length })}
      right={
        <a class="small link" href="/events">
          {t('hour.all')}
        </a>
      }
      flush
    >
      {all.length === 0 ? (
        <p class="quiet-line dim">{t('events.none')}</p>
      ) : (
        <div class="hour">
          <div class="h">
            <Bars values={perMinute(all, minute, 60)} newest={8} />
            <div class="row micro dim axis">
              <span>{t('hour.ago', { n: 60 })}</span>
              <span class="push">{t('now')}</span>
            </div>
            <table class="table causes">
              <tbody>
                {causes.map((c) =>
                  line(
                    c.kind === 'node' ? hostOf(c.id) : c.name,
                    c.kind === 'app' ? appPath(c.id) : nodePath(c.id),
                    c.n,
                  ),
                )}
              </tbody>
            </table>
          </div>
          <ol class="feed">
            {all.slice(0, 9).map((e) => (
              <FeedLine key={e.seq} e={e} />
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}
