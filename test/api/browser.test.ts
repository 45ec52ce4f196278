// In a real browser: the API page works under our policy and loads nothing from elsewhere; a token opens the dashboard's socket;
// another page cannot.
import { createServer } from 'node:http';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Browser } from 'playwright-core';
import { openHttp, type OpenPort } from '../../src/live/serve.ts';
import { removeTemporary, sample, temporary, type Sample } from '../support/api.ts';
import { specOf } from '../support/sample-cluster.ts';
import { until } from '../support/until.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (!executablePath) console.log('# skipped: no Chromium here (apt-get install chromium)');

let browser: Browser;
const ports: OpenPort[] = [];
test.before(async () => {
  const { chromium } = await import('playwright-core');
  browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
});
test.after(async () => {
  await browser?.close();
  await Promise.all(ports.map((port) => port.close()));
  removeTemporary();
});

async function open(made: Sample): Promise<string> {
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  ports.push(port);
  return port.address;
}

test('the API page lists the operations and asks nobody else', async () => {
  const made = sample();
  const address = await open(made);
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  const asked = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) =>
    asked.add(new URL(request.url()).protocol === 'data:' ? 'data:' : new URL(request.url()).origin),
  );
  await page.goto(`${address}/docs`);
  await page.waitForSelector('.opblock-summary-path');
  await until('all operations', async () => (await page.locator('.opblock').count()) > 40);
  await page.locator('.opblock-summary-control', { hasText: '/v1/status' }).first().click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.waitForSelector('.live-responses-table .response .microlight');
  await until('the answer', async () =>
    /"role": "master"/.test(await page.locator('.live-responses-table').innerText()),
  );
  assert.equal(complaints, []);
  assert.equal(
    [...asked].filter((origin) => origin !== address && origin !== 'data:'),
    [],
  );
  await page.close();
});

test('a link with the token, the cookie it becomes, and the socket that it opens', async () => {
  const directory = temporary();
  mkdirSync(join(directory, 'assets'));
  writeFileSync(
    join(directory, 'index.html'),
    '<!doctype html><title>hub</title><p id="said">-</p><script src="/assets/page.js"></script>',
  );
  writeFileSync(
    join(directory, 'assets/page.js'),
    `const socket = new WebSocket('/v1/live'.replace(/^/, location.origin.replace('http', 'ws')));
    socket.onopen = () => socket.send('{"type":"watch","topic":"cluster"}');
    socket.onmessage = ({ data }) => { const frame = JSON.parse(data); if (frame.type === 'snapshot') document.getElementById('said').textContent = frame.apps.map((a) => a.name).join(); };`,
  );
  const made = sample({ bind: '0.0.0.0', ui: { directory } });
  made.cluster.addApp(specOf('web'));
  const address = await open(made);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${address}/apps`);
  assert.is(new URL(page.url()).pathname, '/login');
  await page.fill('#token', 'wrong');
  await page.click('button');
  await page.locator('[role=alert]', { hasText: 'not known' }).waitFor();
  await page.fill('#token', made.admin);
  await page.click('button');
  await page.locator('#said', { hasText: 'web' }).waitFor();
  await context.close();

  const fresh = await browser.newContext();
  const linked = await fresh.newPage();
  await linked.goto(`${address}/apps?token=${made.admin}`);
  await linked.locator('#said', { hasText: 'web' }).waitFor();
  assert.not.match(linked.url(), /token/, 'the token leaves the address');
  assert.is(await linked.evaluate('document.cookie'), '', 'no script can read the cookie');
  await fresh.close();
});

test('another page can neither write, nor read, nor open the socket', async () => {
  const made = sample();
  const address = await open(made);
  const other = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>evil</title>');
  });
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
  const tried = await page.evaluate(`(async () => {
    const outcome = (work) => work.then((r) => 'done ' + (r?.status ?? r), () => 'refused');
    const body = JSON.stringify({ name: 'evil', toProcess: 'sleep' });
    return {
      write: await outcome(fetch('${address}/v1/apps', { method: 'POST', body, mode: 'no-cors' }).then(() => fetch('${address}/v1/apps', { mode: 'cors' }))),
      read: await outcome(fetch('${address}/v1/status')),
      socket: await new Promise((resolve) => { const s = new WebSocket('${address.replace('http', 'ws')}/v1/live'); s.onopen = () => resolve('open'); s.onerror = () => resolve('refused'); }),
      script: await new Promise((resolve) => { const s = document.createElement('script'); s.src = '${address}/openapi.json'; s.onload = () => resolve('loaded'); s.onerror = () => resolve('refused'); document.head.append(s); }),
      frame: await new Promise((resolve) => { const f = document.createElement('iframe'); f.src = '${address}/docs'; f.onload = () => { try { resolve(f.contentDocument ? 'readable' : 'blocked'); } catch { resolve('blocked'); } }; document.body.append(f); }),
    };
  })()`);
  assert.equal(tried, { write: 'refused', read: 'refused', socket: 'refused', script: 'refused', frame: 'blocked' });
  assert.equal([made.cluster.appMap.size, made.cluster.calls], [0, []]);
  await page.close();
  await new Promise((resolve) => {
    other.close(resolve);
    other.closeAllConnections();
  });
});

if (executablePath) test.run();
