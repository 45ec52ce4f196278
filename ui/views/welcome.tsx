// The overview of an empty hub: what is up, how a node joins, how the first app is deployed.
import type { VNode } from 'preact';
import { apps, events, nodes, role, status } from '../hub/cluster.ts';
import { Glyph } from '../look/glyphs.tsx';
import { rich, t } from '../words/i18n.tsx';
import { newPath } from '../routes.ts';
import { FeedLine } from '../parts/feed.tsx';
import { Command } from '../parts/copy.tsx';
import { Panel } from '../parts/panel.tsx';

/** The command with which a node joins this hub. */
export const joinCommand = (): string =>
  `stathub agent --master ${location.origin}${/^(localhost|127\.|\[::1\])/.test(location.hostname) ? '' : ' --token TOKEN'}`;

function Ghost(): VNode {
  return (
    <table class="map ghost" aria-hidden="true">
      <tbody>
        {[84, 74, 92].map((w, i) => (
          <tr key={w}>
            <td>
              <span class="row">
                <span class="sk dot" />
                <span class="sk" style={{ width: `${w}px` }} />
              </span>
            </td>
            <td>
              <span class="tiles">
                {Array.from({ length: 3 - (i % 2) }, (_, k) => (
                  <span class="sk t" key={k} />
                ))}
              </span>
            </td>
            <td>
              <span class="tiles">
                <span class="sk t" />
                <span class="sk t" />
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Welcome(): VNode {
  const hasNodes = nodes.value.length > 0;
  const s = status.value;
  return (
    <>
      <section class="panel">
        <div class="hello">
          <div>
            <h1 class="title">{t(hasNodes ? 'welcome.no.apps' : 'welcome.no.nodes')}</h1>
            <p class="because">{t(hasNodes ? 'welcome.no.apps.text' : 'welcome.no.nodes.text')}</p>
          </div>
          <Ghost />
        </div>
        <ol class="guide">
          <li class="done">
            <p class="row">
              <span class="n">
                <Glyph s="passing" />
              </span>
              <b class="strong">{t(role.value === 'agent' ? 'welcome.agent.up' : 'welcome.up')}</b>
            </p>
            <dl class="kv">
              <dt>{t('api')}</dt>
              <dd>{location.origin}</dd>
              <dt>{t('version')}</dt>
              <dd>{s?.version ?? '–'}</dd>
              <dt>{t('store')}</dt>
              <dd>{s?.store ? `${s.store.kind}, ${s.store.detail}` : '–'}</dd>
            </dl>
          </li>
          {role.value === 'agent' ? (
            <li>
              <p class="row">
                <span class="n">2</span>
                <b class="strong">{t('settings.alone')}</b>
              </p>
              <p class="small mid">{t('settings.alone.text')}</p>
            </li>
          ) : (
            <li class={hasNodes ? 'done' : 'cur'}>
              <p class="row">
                <span class="n">{hasNodes ? <Glyph s="passing" /> : 2}</span>
                <b class="strong">{t('welcome.join')}</b>
              </p>
              {hasNodes ? (
                <p class="small mid">{t('welcome.joined', { n: nodes.value.length })}</p>
              ) : (
                <>
                  <Command text={joinCommand()} />
                  <p class="small dim">{t('welcome.join.note')}</p>
                </>
              )}
            </li>
          )}
          <li class={hasNodes ? 'cur' : ''}>
            <p class="row">
              <span class="n">3</span>
              <b class="strong">{t('welcome.deploy')}</b>
            </p>
            <p class="small mid">{t('welcome.deploy.text')}</p>
            <p class="row">
              <a class="btn small" href={newPath}>
                {t('app.new')} <kbd>n</kbd>
              </a>
            </p>
            <Command text="stathub deploy app.json --plan" />
          </li>
        </ol>
      </section>
      <div class="cols three">
        <Panel title={t('page.events')} flush>
          <ol class="feed">
            {events.value.slice(0, 6).map((e) => (
              <FeedLine key={e.seq} e={e} />
            ))}
          </ol>
          {events.value.length === 0 && <p class="quiet-line dim">{t('events.none')}</p>}
        </Panel>
        <Panel title={t('keys.title')}>
          <dl class="kv keys">
            <dt>
              <kbd>/</kbd>
            </dt>
            <dd>{t('key.find')}</dd>
            <dt>
              <kbd>g</kbd> <kbd>a</kbd>
            </dt>
            <dd>{t('page.apps')}</dd>
            <dt>
              <kbd>g</kbd> <kbd>n</kbd>
            </dt>
            <dd>{t('page.nodes')}</dd>
            <dt>
              <kbd>?</kbd>
            </dt>
            <dd>{t('key.help')}</dd>
          </dl>
        </Panel>
        <Panel title={t('welcome.inside')}>
          <p class="small mid">{rich('welcome.inside.text')}</p>
          <p class="row apart">
            <a class="btn small" href="/inspector">
              {t('welcome.inspector')} <kbd>g i</kbd>
            </a>
          </p>
        </Panel>
      </div>
      {apps.value.length > 0 && <p class="dim small">{t('welcome.waiting', { n: apps.value.length })}</p>}
    </>
  );
}
