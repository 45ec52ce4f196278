// An address that is no page.
import type { VNode } from 'preact';
import { t } from '../words/i18n.tsx';
import { route } from '../router.ts';
import { Page } from '../shell.tsx';
import { Empty } from '../parts/states.tsx';

export default function Missing(): VNode {
  return (
    <Page crumbs={[{ name: t('missing') }]}>
      <section class="panel">
        <Empty
          title={t('missing.title', { path: route.value.id })}
          actions={
            <a class="btn" href="/">
              {t('page.overview')} <kbd>g o</kbd>
            </a>
          }
        />
      </section>
    </Page>
  );
}
