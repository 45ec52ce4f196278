// A terminal in an instance, in a real browser against a real hub: typed, resized, ended, refused.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Browser, Page } from 'playwright-core';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (!executablePath) console.log('# skipped: no chromium');

let browser: Browser;
let hub: Hub;
let id = '';
const complaints: string[] = [];

test.before(async () => {
  const { chromium } = await import('playwright-core');
  hub = await new Hub([]).start(1);
  await hub.master.ok('POST', '/v1/apps', {
    name: 'web',
    toProcess: 'sleep',
    args: ['100000'],
    envs: { GREETING: 'good day' },
  });
  [{ id }] = await hub.running('web', 1);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  browser = await chromium.launch({ executablePath: executablePath!, args });
});
test.after(async () => {
  await browser?.close();
  await hub?.end();
});

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // What the hub refuses on purpose is told on the page; the browser's own line about it is no complaint of ours.
    const refused = /Failed to load resource|WebSocket connection/.test(message.text());
    if (message.type() === 'error' && !refused) complaints.push(message.text());
  });
  await page.goto(`${hub.master.address}/instances/${id}`);
  return page;
}

/** For looking at: SCREENSHOTS names a directory. */
async function shot(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (!directory) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}

const commandOf = (page: Page) => page.getByLabel('Command', { exact: true });
const screenOf = (page: Page): Promise<string> => page.locator('.xterm-rows').innerText();
const says = (page: Page, what: RegExp): Promise<unknown> =>
  until(`the screen says ${what}`, async () => what.test(await screenOf(page)));

test('by keys alone: opened, typed into, resized, left, ended with its code; the first page does not carry it', async () => {
  const asked: string[] = [];
  const page = await open();
  page.on('request', (request) => asked.push(request.url()));
  const before = asked.length;
  await page.getByRole('tab', { name: 'Terminal' }).click();
  await commandOf(page).waitFor();
  assert.ok(
    asked.slice(before).some((url) => /terminal.*\.js/.test(url)),
    'it is loaded when it is wanted',
  );
  assert.is(await commandOf(page).inputValue(), 'sh');
  await page.locator('.terminal input:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('leaves the terminal').waitFor();
  await page.keyboard.type(
    'echo "$GREETING, $((40 + 2)), $TERM"; printf "\\033[31mred\\033[0m \\033[32mgreen\\033[0m \\033[38;2;200;30;90mown\\033[0m\\n"\n',
  );
  await says(page, /good day, 42, xterm-256color/);
  await page.keyboard.type('stty size\n');
  await says(page, /^\d+ \d+\s*$/m);
  const size = /^(\d+) (\d+)\s*$/m.exec(await screenOf(page))!;
  await shot(page, 'terminal-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'terminal-dark');
  await page.setViewportSize({ width: 900, height: 600 });
  await page.keyboard.type('clear; stty size\n');
  await until('the terminal has the size of the window', async () => {
    const now = /^(\d+) (\d+)\s*$/m.exec(await screenOf(page));
    if (now && now[2] !== size[2]) return true;
    await page.keyboard.type('clear; stty size\n');
    return false;
  });
  await page.keyboard.press('Control+F6');
  await until('the field has the keyboard', async () => (await page.locator('.terminal input:focus').count()) === 1);
  await page.locator('.terminal .screen').click();
  await page.keyboard.type('exit 3\n');
  await page.getByText('sh ended with exit code 3').waitFor();
  await shot(page, 'terminal-ended');
  await commandOf(page).fill('echo one; echo two');
  await page.keyboard.press('Enter');
  await page.getByText('ended with exit code 0').waitFor();
  await says(page, /one\s+two/);
  await until(
    'both are told',
    async () => (await hub.master.get('/v1/events?size=500&query=kind:instance.execBegan')).items.length >= 2,
  );
  await page.context().close();
});

test('more output than a screen takes is not lost; a token that may only look is refused in words', async () => {
  const page = await open();
  await page.getByRole('tab', { name: 'Terminal' }).click();
  await commandOf(page).fill('seq 1 300000; echo "the end"');
  await page.keyboard.press('Enter');
  await page.getByText('ended with exit code 0').waitFor({ timeout: 60_000 });
  await says(page, /299999\s+300000\s+the end/);
  const { token } = await hub.master.ok('POST', '/v1/tokens', { name: 'looker', role: 'read' });
  await page.context().addCookies([{ name: 'stathub', value: token, url: hub.master.address }]);
  await page.reload();
  await commandOf(page).fill('sh');
  await page.keyboard.press('Enter');
  await page.getByText('Your token may look, not run commands').waitFor();
  await shot(page, 'terminal-refused');
  await page.context().close();
});

test('nothing complained', () => {
  assert.equal(complaints, []);
});

if (executablePath) test.run();
