// The dashboard in a real browser against a real hub: what a person does on the first day, by mouse, by keys, on a phone,
// through a lost connection.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (!executablePath) console.log('# skipped: no chromium');

let browser: Browser;
let hub: Hub;
const complaints: string[] = [];
const foreign = new Set<string>();
/** A page that reports everything it complains of, and everything it asks of anybody but the hub. */
async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`));
  // What the API refuses on purpose is told on the page; the browser's own line about it is no complaint of ours.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      complaints.push(`${path}: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(http|ws)/.test(url.protocol) && url.origin !== hub.master.address) foreign.add(url.origin);
  });
  await page.goto(hub.master.address + path);
  return page;
}
/** For looking at: SCREENSHOTS names a directory. */
async function shot(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (!directory) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
const close = (page: Page): Promise<void> => page.context().close();
const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();

const ticker = {
  name: 'ticker',
  toProcess: 'echo ready; while sleep 0.2; do echo "tick $STAT_SLOT"; done',
  shell: true,
  killTimeoutSeconds: 1,
  placement: { scale: 2 },
};

test.before(async () => {
  const { chromium } = await import('playwright-core');
  hub = await new Hub([]).start(1);
  browser = await chromium.launch({
    executablePath: executablePath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});
test.after(async () => {
  await browser?.close();
  await hub?.end();
});

test('an empty hub says what it is and what comes next; the first app is deployed from JSON', async () => {
  const page = await open('/');
  await page.getByRole('heading', { name: 'No apps yet' }).waitFor();
  await shot(page, 'empty');
  await page.keyboard.press('n');
  await page.waitForURL(/\/apps\/\+new$/);
  const editor = page.locator('.code-edit');
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(`{\n  "name": "ticker",\n  "toProces": "x",\n  "restart": {"attemps": 3}\n}`);
  await page.locator('.faultline').first().waitFor();
  assert.match((await page.locator('.faultline .msg').first().getAttribute('data-text')) ?? '', /toProcess|toProces/);
  await until('it cannot be deployed', () => page.getByRole('button', { name: /^Deploy/ }).isDisabled());
  await shot(page, 'faults');
  await page
    .locator('.faultline', { has: page.locator('[data-text*="attempts"]') })
    .locator('.fixit')
    .click();
  await until('the fix is in the text', async () => /"attempts": 3/.test(await editor.innerText()));
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(JSON.stringify(ticker, null, 2));
  await until('the plan is of this text', async () => /ticker\.0[\s\S]*start/.test(await textOf(page, '.table.plan')));
  await page.keyboard.press('Control+Enter');
  await page.waitForURL(/\/apps\/ticker$/);
  await hub.running('ticker', 2);
  await until(
    'both instances are shown running',
    async () => (await page.locator('.instances .chip[data-s="running"]').count()) === 2,
  );
  await close(page);
});

test('the overview shows every instance on its node and follows by itself', async () => {
  const page = await open('/');
  await page.locator('.tile[data-s="running"]').nth(1).waitFor();
  await page.locator('.lead', { hasText: 'All 2 instances run' }).waitFor();
  await hub.master.ok('POST', '/v1/apps/ticker/scale', { scale: 3 });
  await page.locator('.tile[data-s="running"]').nth(2).waitFor();
  await hub.master.ok('POST', '/v1/apps', {
    name: 'picky',
    toProcess: 'sleep',
    args: ['60'],
    placement: { query: 'tags:none', scale: 1 },
  });
  await page.locator('.tile[data-s="pending"][href*="picky"]').waitFor();
  await page.locator('.needs', { hasText: 'picky waits for a node' }).waitFor();
  await shot(page, 'overview');
  await hub.master.ok('DELETE', '/v1/apps/picky');
  await until('it is gone', async () => (await page.locator('.tile[href*="picky"]').count()) === 0);
  await close(page);
});

test('scaling in the row, with undo; deleting asks for the name', async () => {
  const page = await open('/apps');
  const row = page.locator('tr[data-app="ticker"]');
  await row.hover();
  await row.locator('[data-scale]').click();
  await row.locator('input:focus').waitFor();
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  await hub.running('ticker', 1);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await hub.running('ticker', 3);
  await row.getByRole('link', { name: 'ticker' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog');
  assert.is(await dialog.getByRole('button', { name: 'Delete' }).isDisabled(), true);
  await page.keyboard.type('ticker');
  await until('it may be deleted', () => dialog.getByRole('button', { name: 'Delete' }).isEnabled());
  await shot(page, 'delete');
  await page.keyboard.press('Escape');
  assert.is((await hub.master.get('/v1/apps/ticker')).deleting, false);
  await close(page);
});

test("an instance: live log, search, its statechart lit; killed, it comes back before one's eyes", async () => {
  const [first] = await hub.running('ticker', 3);
  const page = await open(`/instances/${first.id}`);
  await page.locator('.log .m', { hasText: 'tick' }).first().waitFor(); // the first lines may be above what is drawn
  const last = (): Promise<string | null> => page.locator('.log .ln').last().textContent();
  const before = await last();
  await until('the log goes on', async () => (await last()) !== before);
  await page.keyboard.press('f');
  await page.keyboard.type('tick');
  await page.locator('.log mark').first().waitFor();
  await page.locator('.sc .node.lit .name', { hasText: 'running' }).waitFor();
  await shot(page, 'instance');
  process.kill(first.pid, 'SIGKILL');
  await until('the next launch runs', async () => (await hub.master.get(`/v1/instances/${first.id}`)).restarts === 1);
  await page.locator('.log .turn', { hasText: 'launch 2' }).waitFor();
  assert.match(await textOf(page, '.kv >> nth=0'), /./);
  await page.getByText('Exit record').waitFor();
  await until('how it ended', async () =>
    /SIGKILL/.test(await page.locator('.panel', { hasText: 'Exit record' }).first().innerText()),
  );
  await until('the edge that was taken is lit', async () => (await page.locator('.sc .edge.last').count()) > 0);
  await close(page);
});

test('the inspector: the tree, a chart with labels, steps, and the way back', async () => {
  const [first] = await hub.running('ticker', 3);
  const page = await open(`/inspector/${encodeURIComponent(`instance:${first.id}`)}`);
  await page.locator('.tree li[aria-selected="true"]').waitFor();
  assert.ok((await page.locator('.tree li').count()) > 5);
  await page.locator('.sc .node.lit .name', { hasText: 'running' }).waitFor();
  assert.match(await page.locator('.sc').first().innerHTML(), /probe\.reported/);
  process.kill((await hub.master.get(`/v1/instances/${first.id}`)).pid, 'SIGKILL');
  await page.locator('.evs li', { hasText: 'program.exited' }).waitFor();
  await page.locator('.evs li', { hasText: 'program.survived' }).waitFor();
  await shot(page, 'inspector');
  const live = page.locator('.transport .btn.lit');
  await live.waitFor();
  // The colour itself, not the class: nodes that a browser moved have kept the old one.
  const lit = (await page.evaluate(
    `(() => {
      const stroke = (at) => getComputedStyle(document.querySelector(at)).stroke;
      return [stroke('.sc .edge.last path'), stroke('.sc .edge:not(.past):not(.last) path')];
    })()`,
  )) as [string, string];
  assert.is.not(lit[0], lit[1], 'the last edge has its own colour');
  await page.keyboard.press('[');
  await until('it shows the past', async () => (await live.count()) === 0);
  await page.locator('.evs li.later').first().waitFor();
  await page.keyboard.press('l');
  await live.waitFor();
  await page.getByRole('treeitem').filter({ hasText: 'placement' }).getByRole('link').click();
  await page.waitForURL(/placement$/);
  await page.locator('.sc .node .name', { hasText: 'planning' }).waitFor();
  await close(page);
});

test('keys lead everywhere, in both languages and both themes', async () => {
  const page = await open('/', { colorScheme: 'dark' });
  await page.locator('.map').waitFor();
  for (const [key, path] of [
    ['a', '/apps'],
    ['n', '/nodes'],
    ['i', '/inspector'],
    ['e', '/events'],
    ['d', '/data'],
    ['s', '/settings'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page.waitForURL((url) => url.pathname.startsWith(path));
    await page.locator('main .panel').first().waitFor();
    await shot(page, `dark${path.replace('/', '-')}`);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('next row').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '中文' }).click();
  await page.locator('.rail', { hasText: '概览' }).waitFor();
  await page.reload();
  await page.locator('.rail', { hasText: '概览' }).waitFor();
  await page.getByRole('button', { name: '浅色', exact: true }).click();
  await page.locator('html[data-theme="light"]').waitFor({ state: 'attached' });
  await shot(page, 'settings-zh');
  await close(page);
});

test('nodes by a query with a live count; a fault in it says where', async () => {
  const page = await open('/nodes');
  await page.locator('tr[data-row]').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('os.cpus:>0');
  await page.locator('.hits', { hasText: '1 node' }).waitFor();
  await page.keyboard.type(' AND )');
  await page.locator('.querybox .fault').waitFor();
  assert.is(await page.locator('tr[data-row]').count(), 1, 'the rows stay');
  await page.keyboard.press('Escape');
  await page.locator('tr[data-row] a').first().click();
  await page.getByText('Last beat').waitFor();
  await shot(page, 'node');
  await close(page);
});

test('on a phone nothing is wider than the screen', async () => {
  const page = await open('/', { viewport: { width: 390, height: 844 } });
  for (const path of [
    '/',
    '/apps',
    '/apps/ticker',
    '/nodes',
    '/events',
    '/more',
    '/apps/+new',
    `/instances/${(await hub.instances('app:ticker'))[0].id}`,
  ]) {
    await page.goto(hub.master.address + path);
    await page.locator('main .panel, main .sum').first().waitFor();
    await shot(page, `phone${path.replaceAll('/', '-')}`);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    assert.is(wide, 390, `${path} is ${wide} px wide`);
  }
  await close(page);
});

test('a lost connection: the facts stay, writes wait, and it comes back by itself', async () => {
  const page = await open('/apps');
  await page.locator('tr[data-app="ticker"]').waitFor();
  await hub.master.end('SIGKILL');
  await page.locator('.notice', { hasText: 'Connection lost' }).waitFor();
  await until('writes wait', () => page.locator('tr[data-app="ticker"] [data-scale]').isDisabled());
  assert.match(await textOf(page, 'tr[data-app="ticker"]'), /3/);
  await shot(page, 'lost');
  await hub.master.start();
  await until(
    'it is live again',
    async () => (await page.locator('.notice', { hasText: 'Connection lost' }).count()) === 0,
  );
  await until(
    'writes work again',
    async () => !(await page.locator('tr[data-app="ticker"] [data-scale]').isDisabled()),
  );
  await close(page);
});

test('no page complained, and none asked anybody but the hub', () => {
  assert.equal(complaints, []);
  assert.equal([...foreign], []);
});

if (executablePath) test.run();
else process.exitCode = 0;
