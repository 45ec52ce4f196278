// `--tls auto`: certificates that everybody else can read, a CA that lasts, and nodes and users that know it by their token.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { autoTls } from '../../src/tls/auto.ts';
import { pinIn, trustPinned } from '../../src/tls/pin.ts';
import { freshDirectory, mainFile, quickTimes } from '../support/hub.ts';
import { until } from '../support/until.ts';

const directory = freshDirectory('tls');
const fresh = (name: string): string => {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
};

test('the certificate is for this machine, signed by the CA, and openssl agrees', () => {
  const store = fresh('one');
  const made = autoTls(store, ['hub.example.com', '10.1.2.3', 'fd00::1:2']);
  const [leaf, ca] = made.cert
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter(Boolean)
    .map((text) => new X509Certificate(text));
  assert.ok(leaf!.verify(ca!.publicKey) && ca!.verify(ca!.publicKey) && ca!.ca && !leaf!.ca);
  for (const name of ['localhost', hostname(), 'hub.example.com']) assert.is(leaf!.checkHost(name), name);
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', 'fd00::1:2']) assert.ok(leaf!.checkIP(address), address);
  assert.is(leaf!.checkHost('other.example.com'), undefined);
  for (const file of ['ca.pem', 'server.pem']) assert.is(statSync(join(store, 'tls', file)).mode & 0o777, 0o600);
  let openssl = true;
  try {
    execFileSync('openssl', ['version']);
  } catch {
    openssl = false;
  }
  if (!openssl) return;
  const chain = join(store, 'chain.pem');
  const root = join(store, 'root.pem');
  writeFileSync(chain, leaf!.toString());
  writeFileSync(root, ca!.toString());
  assert.match(
    String(execFileSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', root, chain])),
    'OK',
  );
});

test('it lasts: the same at the next start, a new one for a new name, made anew when damaged; a damaged CA is not replaced', () => {
  const store = fresh('two');
  const first = autoTls(store, []);
  assert.equal(autoTls(store, []), first);
  const renamed = autoTls(store, ['new.example.com']);
  assert.is(renamed.pin, first.pin, 'who joined stays joined');
  assert.is.not(renamed.cert, first.cert);
  writeFileSync(join(store, 'tls', 'server.pem'), 'nothing');
  assert.is(autoTls(store, []).pin, first.pin);
  const ca = readFileSync(join(store, 'tls', 'ca.pem'), 'utf8');
  writeFileSync(join(store, 'tls', 'ca.pem'), ca.slice(0, 200));
  assert.throws(() => autoTls(store, []), /ca\.pem is damaged/);
});

test('fetch believes a pinned CA for its host, and no other', async () => {
  const { cert, key, pin } = autoTls(fresh('three'), []);
  const server = createServer({ cert, key }, (_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const byName = address.replace('127.0.0.1', 'localhost');
  try {
    const refusal = (url: string): Promise<string> =>
      fetch(url).then(
        () => '',
        (error) => error.cause.code,
      );
    assert.is(await refusal(address), 'SELF_SIGNED_CERT_IN_CHAIN');
    let said = '';
    await trustPinned(
      address,
      pin.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')),
    ).catch((error) => {
      said = error.message;
    });
    assert.match(said, /another hash/);
    assert.is(await refusal(address), 'SELF_SIGNED_CERT_IN_CHAIN');
    await trustPinned(address, pin);
    assert.is(await (await fetch(address)).text(), 'hello');
    assert.is(await refusal(byName), 'SELF_SIGNED_CERT_IN_CHAIN', 'for that host alone');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a hub: its join token lets a node in; its admin token lets a user in; neither without the pin', async () => {
  const home = fresh('hub');
  const children: ChildProcess[] = [];
  const said = new Map<ChildProcess, string>();
  const start = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [mainFile, ...args], {
      env: { ...process.env, STATHUB_HOME: home, STATHUB_TOKEN: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => said.set(child, (said.get(child) ?? '') + String(chunk)));
    children.push(child);
    return child;
  };
  const run = async (token: string, ...args: string[]): Promise<{ code: number | null; out: string }> => {
    const child = spawn(process.execPath, [mainFile, ...args], {
      env: { ...process.env, STATHUB_HOME: freshDirectory('user'), STATHUB_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })));
  };
  try {
    const master = start(
      'master',
      '--bind',
      '0.0.0.0',
      '--tls',
      'auto',
      '--port',
      '0',
      '--store-directory',
      join(home, 'master'),
      ...quickTimes,
    );
    const [, url, join1, admin] = await until('the master serves', () => {
      const text = said.get(master) ?? '';
      const line = /--master (https:\S+) --token (\S+)/.exec(text);
      const token = /admin token, shown this once: (\S+)/.exec(text);
      return line && token ? [text, line[1]!, line[2]!, token[1]!] : null;
    });
    assert.ok(pinIn(join1!) !== null && pinIn(join1!) === pinIn(admin!));
    assert.is((await run(admin!, '--hub', url!, 'status')).code, 0);
    const unpinned = await run(admin!.replace(/\..*$/, ''), '--hub', url!, 'status');
    assert.equal([unpinned.code, /is not trusted.*\n.*STATHUB_TOKEN/.test(unpinned.out)], [1, true], unpinned.out);

    const agent = (name: string, token: string): ChildProcess =>
      start(
        'agent',
        '--master',
        url!,
        '--token',
        token,
        '--port',
        '0',
        '--store-directory',
        join(home, name),
        '--tags',
        name,
      );
    agent('good', join1!);
    const wrong = agent(
      'wrong',
      join1!.replace(/\.(.)/, (_all, letter) => `.${letter === 'A' ? 'B' : 'A'}`),
    );
    const nodes = async (): Promise<any[]> =>
      JSON.parse((await run(admin!, '--hub', url!, 'nodes', '--json')).out).items;
    await until('the node is ready', async () => (await nodes()).some((node) => node.status === 'ready'));
    await until('the other says why not', () =>
      /another hash/.test((said.get(wrong) ?? '') + safe(join(home, 'wrong', 'log.jsonl'))),
    );
    assert.equal(
      (await nodes()).map(({ tags }) => tags),
      [['good']],
    );
    const made = await run(admin!, '--hub', url!, 'token', 'create', '--role', 'read');
    assert.is(
      pinIn(made.out.split('\n').find((line) => line.startsWith('sth_read_'))!),
      pinIn(admin!),
      'tokens that are made later have it, too',
    );
  } finally {
    for (const child of children.reverse()) {
      const ended = new Promise((resolve) => {
        if (child.exitCode !== null) resolve(null);
        else child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      await ended;
    }
  }
});

const safe = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

test.run();
