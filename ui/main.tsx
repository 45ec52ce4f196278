// Starts the dashboard: language, one WebSocket, the clock, the keyboard, the page.
import './css/fonts.css';
import './css/tokens.css';
import './css/base.css';
import './css/shell.css';
import './css/controls.css';
import './css/figures.css';
import './css/text.css';
import './css/chart.css';
import './css/states.css';
import './css/pages/page.css';
import './css/pages/query-box.css';
import './css/pages/overview.css';
import './css/pages/welcome.css';
import './css/pages/apps.css';
import './css/pages/editor.css';
import './css/pages/node.css';
import './css/pages/instance.css';
import './css/pages/inspector.css';
import './css/pages/data.css';
import './css/pages/floating.css';
import './css/pages/files.css';
import './css/narrow.css';
import { render } from 'preact';
import { watchCluster, watchEvents } from './hub/cluster.ts';
import { Dashboard } from './dashboard.tsx';
import { setLanguage } from './words/i18n.tsx';
import { addKeys, startKeys, stepRow } from './keys.ts';
import { startLive } from './hub/live.ts';
import { openHelp } from './parts/find/keys-help.tsx';
import { openPalette } from './parts/find/palette.tsx';
import { newPath, railPages } from './routes.ts';
import { go, startRouter } from './router.ts';
import { setTheme, theme } from './look/theme.ts';
import { startTicks } from './hub/ticks.ts';

/** `/`: the page's own query box where it has one, else the palette. */
function find(): void {
  const box = document.querySelector<HTMLInputElement>('main [data-find]');
  if (box && document.activeElement !== box) {
    box.focus();
    box.select();
  } else openPalette();
}

async function start(): Promise<void> {
  if (document.documentElement.lang === 'zh')
    await setLanguage('zh').catch(() => {
      /* English it is: the file could not be had */
    });
  addKeys([
    { keys: '/', word: 'key.find', run: find },
    { keys: 'mod k', word: 'key.palette', inFields: true, run: openPalette },
    ...railPages.map(({ page, path, key }) => ({
      keys: `g ${key}`,
      word: `page.${page}` as const,
      run: () => go(path),
    })),
    { keys: 'j', word: 'key.down', run: () => stepRow(1) },
    { keys: 'k', word: 'key.up', run: () => stepRow(-1) },
    { keys: 'n', word: 'app.new', run: () => go(newPath) },
    { keys: 't', word: 'shell.theme', run: () => setTheme(theme.peek() === 'dark' ? 'light' : 'dark') },
    { keys: '?', word: 'key.help', run: openHelp },
  ]);
  startKeys();
  startRouter();
  startTicks();
  watchCluster();
  watchEvents();
  startLive();
  render(<Dashboard />, document.getElementById('root')!);
}

void start();
