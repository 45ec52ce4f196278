// What stands around every page: the rail (a bottom bar on phones), the top bar, the bar of a lost connection.
import type { ComponentChildren, VNode } from 'preact';
import { PageIcon, Mark, Glyph, Icon } from './look/glyphs.tsx';
import { language, languages, rich, setLanguage, t } from './words/i18n.tsx';
import { connect, link } from './hub/live.ts';
import { asOf, role, status } from './hub/cluster.ts';
import { needs } from './hub/needs-signal.ts';
import { railOf, railPages } from './routes.ts';
import { route } from './router.ts';
import { Age, Clock, Left } from './parts/time.tsx';
import { setTheme, theme } from './look/theme.ts';
import { openPalette } from './parts/find/palette.tsx';
import { age, moment } from './look/format.ts';
import { second } from './hub/ticks.ts';

/** The name of this hub in the path of every page. */
const hubName = (): string => (role.value === 'agent' ? t('shell.agent') : 'stathub');

export function Rail(): VNode {
  const now = railOf(route.value.page);
  const look = needs.value.length;
  return (
    <nav class="rail" aria-label={t('shell.pages')}>
      <a class="mark" href="/" aria-label="stathub">
        <Mark />
      </a>
      {railPages.map(({ page, path, key }, index) => (
        <>
          {page === 'settings' && <span class="gap" />}
          <a
            key={page}
            class={`to${index > 3 ? ' minor' : ''}`}
            href={path}
            title={`${t(`page.${page}`)}  g ${key}`}
            aria-current={now === page ? 'page' : undefined}
          >
            <PageIcon page={page} />
            <span>{t(`page.${page}`)}</span>
            {page === 'overview' && look > 0 && (
              <span class="badge" title={t('needs.count', { n: look })}>
                {look > 99 ? '99' : look}
              </span>
            )}
          </a>
        </>
      ))}
      <a
        class="to only-phone"
        href="/more"
        aria-current={['more', 'events', 'data', 'settings'].includes(now) ? 'page' : undefined}
      >
        <PageIcon page="more" />
        <span>{t('page.more')}</span>
      </a>
    </nav>
  );
}

/** The path of the page: crumbs, the last one is the page itself. */
function Top({ crumbs }: { crumbs: { name: string; href?: string }[] }): VNode {
  const open = link.value.state === 'open';
  return (
    <div class="topbar">
      <div class="crumbs">
        <a class="dim no-phone" href="/">
          {hubName()}
        </a>
        {crumbs.map((c, i) => (
          <>
            <span class={`sep${i === 0 ? ' no-phone' : ''}`}>/</span>
            {i === crumbs.length - 1 ? (
              <b>{c.name}</b>
            ) : (
              <a class="mid" href={c.href}>
                {c.name}
              </a>
            )}
          </>
        ))}
      </div>
      <button type="button" class="find" onClick={openPalette} aria-label={t('palette.open')}>
        <Icon name="search" />
        <span>{t('palette.hint')}</span>
        <kbd>/</kbd>
      </button>
      <span class={`live${open ? '' : ' off'}`} title={asOf.value ? `${t('shell.as.of')} ${moment(asOf.value)}` : ''}>
        {open ? t('shell.live') : t('shell.not.live')}
      </span>
      <button
        type="button"
        class="plain small dim lang"
        title={t('shell.language')}
        onClick={() => void setLanguage(language.value === 'en' ? 'zh' : 'en')}
      >
        {languages.find((l) => l.id !== language.value)!.short}
      </button>
      <button
        type="button"
        class="plain dim lang"
        title={`${t('shell.theme')}  t`}
        aria-label={t('shell.theme')}
        onClick={() => setTheme(theme.value === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
      </button>
    </div>
  );
}

/** Since when the connection is lost, which moment is shown, when it is tried again. Gone without a toast when it is back. */
function ConnectionBar(): VNode | null {
  const { state, since, retryAt } = link.value;
  if (state !== 'lost') return null;
  void second.value;
  return (
    <div class="notice" role="status">
      <Glyph s="suspect" />
      <span>{rich('lost.sentence', { age: age(Date.now() - since), at: <Clock at={asOf.value || since} /> })}</span>
      <span class="right">
        <span class="dim">{rich('lost.again', { left: <Left at={retryAt} /> })}</span>
        <button type="button" class="btn small" onClick={connect}>
          {t('lost.now')}
        </button>
      </span>
    </div>
  );
}

/** What the hub itself has to say: a frozen replacement, amnesty after a start, a quarantined file. */
function Notices(): VNode | null {
  const list = status.value?.notices ?? [];
  if (list.length === 0) return null;
  return (
    <>
      {list.map((n) => (
        <div key={n.code} class="notice calm">
          <Glyph s="suspect" />
          <span>{n.text}</span>
          <span class="right small dim">
            <span class="mono-s">{n.code}</span> <Age at={n.at} />
          </span>
        </div>
      ))}
    </>
  );
}

/** One page: its crumbs and its content. */
export function Page({
  crumbs,
  class: name,
  title,
  children,
}: {
  crumbs: { name: string; href?: string }[];
  class?: string;
  title?: string;
  children: ComponentChildren;
}): VNode {
  document.title = `${title ?? crumbs.map((c) => c.name).at(-1) ?? ''} · stathub`;
  return (
    <>
      <Top crumbs={crumbs} />
      <div class="notices">
        <ConnectionBar />
        <Notices />
      </div>
      <main class={`main${name ? ` ${name}` : ''}`} id="main">
        {children}
      </main>
    </>
  );
}
