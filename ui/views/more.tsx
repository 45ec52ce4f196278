// What does not fit the bottom bar of a phone.
import type { VNode } from 'preact';
import { PageIcon } from '../look/glyphs.tsx';
import { t, language, languages, setLanguage } from '../words/i18n.tsx';
import { Page } from '../shell.tsx';
import { setTheme, theme } from '../look/theme.ts';

export default function More(): VNode {
  return (
    <Page crumbs={[{ name: t('page.more') }]}>
      <section class="panel">
        <ul class="collections big">
          {(
            [
              ['events', '/events'],
              ['data', '/data'],
              ['settings', '/settings'],
            ] as const
          ).map(([page, path]) => (
            <li key={page}>
              <a href={path}>
                <PageIcon page={page} />
                {t(`page.${page}`)}
              </a>
            </li>
          ))}
          <li>
            <button type="button" onClick={() => setTheme(theme.value === 'dark' ? 'light' : 'dark')}>
              {t('shell.theme')}
              <span class="push dim">{t(theme.value === 'dark' ? 'theme.dark' : 'theme.light')}</span>
            </button>
          </li>
          <li>
            <button type="button" onClick={() => void setLanguage(language.value === 'en' ? 'zh' : 'en')}>
              {t('shell.language')}
              <span class="push dim">{languages.find((l) => l.id === language.value)!.name}</span>
            </button>
          </li>
        </ul>
      </section>
    </Page>
  );
}
