// The dashboard: the rail, the page of the route, and what floats over them. Pages are loaded when they are first opened.
import type { VNode } from 'preact';
import { t } from './words/i18n.tsx';
import { Rail } from './shell.tsx';
import { route } from './router.ts';
import type { Page } from './routes.ts';
import { lazy } from './lazy.tsx';
import Overview from './views/overview.tsx';
import { Dialog } from './parts/dialog.tsx';
import { KeysHelp } from './parts/find/keys-help.tsx';
import { Palette } from './parts/find/palette.tsx';
import { Toasts } from './parts/toasts.tsx';

const views: Record<Page, () => VNode> = {
  overview: Overview as () => VNode,
  apps: lazy(() => import('./views/apps.tsx').then((m) => m.default)) as () => VNode,
  app: lazy(() => import('./views/app.tsx').then((m) => m.default)) as () => VNode,
  deploy: lazy(() => import('./views/deploy.tsx').then((m) => m.default)) as () => VNode,
  nodes: lazy(() => import('./views/nodes.tsx').then((m) => m.default)) as () => VNode,
  node: lazy(() => import('./views/node.tsx').then((m) => m.default)) as () => VNode,
  instances: lazy(() => import('./views/instances.tsx').then((m) => m.default)) as () => VNode,
  instance: lazy(() => import('./views/instance.tsx').then((m) => m.default)) as () => VNode,
  inspector: lazy(() => import('./views/inspector.tsx').then((m) => m.default)) as () => VNode,
  events: lazy(() => import('./views/events.tsx').then((m) => m.default)) as () => VNode,
  data: lazy(() => import('./views/data.tsx').then((m) => m.default)) as () => VNode,
  settings: lazy(() => import('./views/settings.tsx').then((m) => m.default)) as () => VNode,
  more: lazy(() => import('./views/more.tsx').then((m) => m.default)) as () => VNode,
  missing: lazy(() => import('./views/missing.tsx').then((m) => m.default)) as () => VNode,
};

export function Dashboard(): VNode {
  const { page, id } = route.value;
  const View = views[page];
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById('main')?.querySelector<HTMLElement>('a, button, input')?.focus();
        }}
      >
        {t('shell.skip')}
      </a>
      <div class="app">
        <Rail />
        <div class="page">
          <View key={page === 'inspector' ? page : `${page} ${id}`} />
        </div>
      </div>
      <Palette />
      <KeysHelp />
      <Dialog />
      <Toasts />
    </>
  );
}
