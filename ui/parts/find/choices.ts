// What the palette can find: pages, commands, apps and what can be done with them, nodes, instances.
import type { AppView } from '../../../src/model/app/app.ts';
import { apps, hostOf, instances, nodes } from '../../hub/cluster.ts';
import { slotName } from '../../hub/needs.ts';
import type { Choice } from '../../lists/ranked.ts';
import { setTheme, theme } from '../../look/theme.ts';
import { go } from '../../router.ts';
import { appPath, editPath, instancePath, newPath, nodePath, railPages } from '../../routes.ts';
import { language, setLanguage, t } from '../../words/i18n.tsx';
import { restartApp, startApp, stopApp } from '../app/app-acts.tsx';
import { statusWord } from '../chip.tsx';

/** Everything that can be found, built when the palette opens. */
export const choices = (): Choice[] => [
  ...pages(),
  ...commands(),
  ...apps.value.flatMap(ofApp),
  ...ofNodes(),
  ...ofInstances(),
];

const pages = (): Choice[] =>
  railPages.map((p): Choice => ({
    id: `page ${p.page}`,
    name: t(`page.${p.page}`),
    words: p.page,
    note: `g ${p.key}`,
    glyph: p.page,
    weight: 1,
    run: () => go(p.path),
  }));

const commands = (): Choice[] => [
  {
    id: 'new',
    name: t('app.new'),
    words: 'new app deploy create',
    note: 'n',
    glyph: 'starting',
    weight: 1,
    run: () => go(newPath),
  },
  {
    id: 'theme',
    name: t('palette.theme'),
    words: 'theme dark light',
    note: 't',
    glyph: 'settings',
    weight: 0,
    run: () => setTheme(theme.peek() === 'dark' ? 'light' : 'dark'),
  },
  {
    id: 'language',
    name: language.value === 'en' ? '中文' : 'English',
    words: 'language chinese english zh en',
    note: '',
    glyph: 'settings',
    weight: 0,
    run: () => void setLanguage(language.peek() === 'en' ? 'zh' : 'en'),
  },
];

const ofApp = (a: AppView): Choice[] => [
  {
    id: `app ${a.name}`,
    name: a.name,
    words: `${a.name} app`,
    note: `${t('thing.app')}, ${a.instances.running}/${a.instances.wanted}`,
    glyph: 'apps',
    weight: 3,
    run: () => go(appPath(a.name)),
  },
  {
    id: `edit ${a.name}`,
    name: t('palette.edit', { name: a.name }),
    words: `edit ${a.name} spec`,
    note: '',
    glyph: 'apps',
    weight: 0,
    run: () => go(editPath(a.name)),
  },
  ...(a.start
    ? [act(a, 'restart', 'restarting', restartApp), act(a, 'stop', 'stopped', stopApp)]
    : [act(a, 'start', 'starting', startApp)]),
];

/** Something done with an app. */
const act = (
  a: AppView,
  verb: 'restart' | 'start' | 'stop',
  glyph: string,
  run: (a: AppView) => Promise<boolean>,
): Choice => ({
  id: `${verb} ${a.name}`,
  name: t(`palette.${verb}`, { name: a.name }),
  words: `${verb} ${a.name}`,
  note: '',
  glyph,
  weight: 0,
  run: () => void run(a),
});

const ofNodes = (): Choice[] =>
  nodes.value.map((n): Choice => ({
    id: `node ${n.id}`,
    name: hostOf(n.id),
    words: `${n.hostname} ${n.id} ${n.agentAddress} node`,
    note: `${t('thing.node')}, ${statusWord(n.status)}`,
    glyph: n.status,
    weight: 2,
    run: () => go(nodePath(n.id)),
  }));

const ofInstances = (): Choice[] =>
  instances.value.map((i): Choice => ({
    id: `instance ${i.id}`,
    name: slotName(i),
    words: `${i.id} ${i.pid ?? ''} ${i.ports.join(' ')}`,
    note: statusWord(i.status),
    glyph: i.status,
    weight: 1,
    many: true,
    run: () => go(instancePath(i.id)),
  }));
