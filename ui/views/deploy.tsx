// A new app, or a new revision of one: JSON, checked by the hub as one types, its plan beside it, what differs below it.
import type { VNode } from 'preact';
import { appNamed, loaded } from '../hub/cluster.ts';
import { t } from '../words/i18n.tsx';
import { appPath } from '../routes.ts';
import { route } from '../router.ts';
import { Page } from '../shell.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Form } from './deploy/form.tsx';

export default function Deploy(): VNode {
  const { id } = route.value;
  const app = id ? (appNamed(id) ?? null) : null;
  const crumbs = [
    { name: t('page.apps'), href: '/apps' },
    ...(id ? [{ name: id, href: appPath(id) }, { name: t('edit') }] : [{ name: t('app.new') }]),
  ];
  if (!loaded.value)
    return (
      <Page crumbs={crumbs}>
        <Loading />
      </Page>
    );
  if (id && !app)
    return (
      <Page crumbs={crumbs}>
        <section class="panel">
          <Empty
            title={t('app.missing', { name: id })}
            actions={
              <a class="btn" href="/apps">
                {t('page.apps')}
              </a>
            }
          >
            {t('app.missing.text')}
          </Empty>
        </section>
      </Page>
    );
  return (
    <Page crumbs={crumbs} title={app ? t('deploy.edit', { name: app.name }) : t('app.new')}>
      <Form key={id} app={app} />
    </Page>
  );
}
