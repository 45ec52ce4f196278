// Settings: how a node joins, what this hub is, and how this page looks.
import type { VNode } from 'preact';
import { hello, link } from '../hub/live.ts';
import { nodes, role, status } from '../hub/cluster.ts';
import { t, language, languages, setLanguage } from '../words/i18n.tsx';
import { KeyList } from '../parts/find/keys-help.tsx';
import { Page } from '../shell.tsx';
import { chosenTheme, setTheme } from '../look/theme.ts';
import { Coded } from '../parts/coded.tsx';
import { Command } from '../parts/copy.tsx';
import { Choice, Panel } from '../parts/panel.tsx';
import { Age, Clock } from '../parts/time.tsx';
import { joinCommand } from './welcome.tsx';

export default function Settings(): VNode {
  return (
    <Page crumbs={[{ name: t('page.settings') }]}>
      <div class="cols side">
        <div class="stack">
          {role.value === 'master' ? <Join /> : <Alone />}
          <Shell />
          <Panel title={t('keys.title')}>
            <KeyList />
          </Panel>
        </div>
        <div class="stack">
          <Look />
          <Hub />
          <Links />
        </div>
      </div>
    </Page>
  );
}

/** How a node joins this hub. */
function Join(): VNode {
  return (
    <Panel title={t('settings.join')} note={t('settings.join.note')}>
      <div class="stacked">
        <Command text={joinCommand()} />
        <p class="small mid">
          <Coded text={t('settings.join.text')} />
        </p>
      </div>
    </Panel>
  );
}

/** Of an agent: it has no master yet. */
function Alone(): VNode {
  return (
    <Panel title={t('settings.alone')}>
      <div class="stacked">
        <Command text={`stathub agent --master http://MASTER:51026`} />
        <p class="small mid">{t('settings.alone.text')}</p>
      </div>
    </Panel>
  );
}

function Shell(): VNode {
  return (
    <Panel title={t('settings.shell')} note={t('settings.shell.note')}>
      <div class="stacked">
        <Command text="stathub deploy app.json --wait" />
        <Command text="stathub status" />
        <Command text="stathub logs APP -f" />
      </div>
    </Panel>
  );
}

/** How this page looks. */
function Look(): VNode {
  return (
    <Panel title={t('settings.page')}>
      <dl class="kv settings">
        <dt>{t('shell.theme')}</dt>
        <dd>
          <ThemeChoice />
        </dd>
        <dt>{t('shell.language')}</dt>
        <dd>
          <LanguageChoice />
        </dd>
      </dl>
    </Panel>
  );
}

function ThemeChoice(): VNode {
  return (
    <Choice
      options={[
        { id: 'auto', name: t('theme.auto') },
        { id: 'light', name: t('theme.light') },
        { id: 'dark', name: t('theme.dark') },
      ]}
      now={chosenTheme() ?? 'auto'}
      choose={(v) => setTheme(v === 'auto' ? null : (v as 'light' | 'dark'))}
      label={t('shell.theme')}
    />
  );
}

function LanguageChoice(): VNode {
  return (
    <Choice
      options={languages.map((l) => ({ id: l.id, name: l.name }))}
      now={language.value}
      choose={(l) => void setLanguage(l)}
      label={t('shell.language')}
    />
  );
}

/** What this hub is. */
function Hub(): VNode {
  const s = status.value;
  return (
    <Panel title={t('settings.hub')}>
      <dl class="kv">
        <dt>{t('role')}</dt>
        <dd>{t(role.value === 'agent' ? 'role.agent' : 'role.master')}</dd>
        <dt>{t('version')}</dt>
        <dd>{hello.value?.version ?? s?.version ?? '–'}</dd>
        <dt>{t('id')}</dt>
        <dd class="mono-s">{s?.hub ?? '–'}</dd>
        <dt>{t('term')}</dt>
        <dd class="mono-s">{s?.term ?? '–'}</dd>
        <dt>{t('phase')}</dt>
        <dd>{s?.phase ?? '–'}</dd>
        <dt>{t('up.since')}</dt>
        <dd>
          <Clock at={s?.startedAt} />
          {s && (
            <span class="dim">
              {' '}
              <Age at={s.startedAt} />
            </span>
          )}
        </dd>
        <dt>{t('store')}</dt>
        <dd>{s?.store ? `${s.store.kind}, ${s.store.detail}` : '–'}</dd>
        <dt>{t('page.nodes')}</dt>
        <dd>{nodes.value.length}</dd>
        <dt>{t('connection')}</dt>
        <dd>{link.value.state === 'open' ? t('shell.live') : t('shell.not.live')}</dd>
      </dl>
    </Panel>
  );
}

/** The API, for people and for programs. */
function Links(): VNode {
  return (
    <Panel title={t('settings.api')}>
      <ul class="links">
        <li>
          <a class="link" href="/docs">
            {t('settings.docs')}
          </a>
        </li>
        <li>
          <a class="link" href="/openapi.json">
            openapi.json
          </a>
        </li>
        <li>
          <a class="link" href="/metrics" target="_blank">
            {t('settings.metrics')}
          </a>
        </li>
      </ul>
    </Panel>
  );
}
