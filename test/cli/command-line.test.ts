// What a person meets before any hub answers: help, wrong usage, files that are none.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { age, duration, memory } from '../../src/cli/output/format.ts';
import { stathub } from '../support/cli.ts';
import { freshDirectory } from '../support/hub.ts';

const nobody = 'http://127.0.0.1:9';
const directory = freshDirectory('cli');
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

test('what is no hub is told as that', async () => {
  const server = createHttpServer((request, response) => {
    if (!request.url!.startsWith('/v1/status')) return void response.end('<html>');
    response.writeHead(200, { 'content-length': 1000 }).write('{');
    setTimeout(() => response.destroy(), 20);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const other = await stathub(hub, 'apps');
  assert.is(other.code, 1);
  assert.match(other.err, /is no hub: it gives no JSON/);
  const cut = await stathub(hub, 'status');
  assert.is(cut.code, 1);
  assert.match(cut.err, /broke off its answer/);
  assert.not.match(other.err + cut.err, /^ +at /m);
  server.close();
  server.closeAllConnections();
});

test('--token-file, which all commands know, reaches a daemon, too', async () => {
  const store = join(directory, 'unit');
  for (const part of ['master', 'agent']) {
    const { out, code } = await stathub(null, part, '--install', '--store-directory', store, '--token-file', '/etc/t');
    assert.is(code, 0);
    assert.match(out, `--token-file /etc/t`);
  }
});

test('help names every command; a typo gets the nearest one and exit code 2', async () => {
  const help = await stathub(null, '--help');
  assert.is(help.code, 0);
  for (const command of [
    'up',
    'down',
    'master',
    'agent',
    'deploy',
    'apps',
    'nodes',
    'instances',
    'events',
    'query',
    'status',
    'start',
    'stop',
    'restart',
    'scale',
    'delete',
    'logs',
    'tag',
    'env',
    'adopt',
    'take-over',
    'config',
    'cordon',
    'uncordon',
    'drain',
    'rollback',
    'recover',
    'import',
    'run',
    'token',
    'completion',
    'why',
    'plan',
    'forget',
  ]) {
    assert.match(help.out, new RegExp(`^  ${command}\\b`, 'm'));
  }
  const typo = await stathub(null, 'scael', 'web', '3');
  assert.is(typo.code, 2);
  assert.match(typo.err, /Did you mean scale/);
});

test('a port that is taken is told in a sentence, without a stack', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const master = await stathub(
    null,
    'master',
    '--port',
    String(port),
    '--store-directory',
    join(directory, 'taken'),
  ).finally(() => taken.close());
  assert.is(master.code, 1);
  assert.match(master.err, /another program listens there/);
  assert.not.match(master.err, /\n {4}at /);
});

test('wrong values are usage errors that say what is right', async () => {
  const scale = await stathub(nobody, 'scale', 'web', 'many');
  assert.is(scale.code, 2);
  assert.match(scale.err, /whole number/);
  const port = await stathub(null, 'master', '--port', 'x');
  assert.is(port.code, 2);
  assert.match(port.err, /--port: "x" is no whole number/);
});

test('an address of another protocol is no hub, and nothing is asked there', async () => {
  for (const [hub, ...args] of [
    [null, '--hub', 'ftp://x', 'status'],
    ['ftp://me:word@x', 'status'],
    [null, 'agent', '--master', 'ftp://x', '--store-directory', join(directory, 'ftp')],
    [null, 'agent', '--master', 'http://127.0.0.1:9,ftp://x', '--store-directory', join(directory, 'ftp')],
  ] as [string | null, ...string[]][]) {
    const ran = await stathub(hub, ...args);
    assert.is(ran.code, 2, args.join(' '));
    assert.match(ran.err, /ftp:\/\/.*is no address.*\s.*write http:\/\/host:51026 or https:\/\/host:51026/);
    assert.not.match(ran.err, /word/);
  }
  assert.not(existsSync(join(directory, 'ftp')));
});

test('files: a place with .. is refused before anything is sent; what only looks like it is not', async () => {
  for (const place of ['../../..', 'work/../..', '/..', 'work/..']) {
    const ran = await stathub(nobody, 'files', 'web.0.abcdefgh', place);
    assert.is(ran.code, 2, place);
    assert.match(ran.err, /without "\.\."/);
  }
  assert.match((await stathub(nobody, 'files', 'web.0.abcdefgh', './work/..a/...')).err, /no hub answers/);
});

test('no hub: says so, and how to have one', async () => {
  const ran = await stathub(nobody, 'apps');
  assert.is(ran.code, 1);
  assert.match(ran.err, /no hub answers at http:\/\/127\.0\.0\.1:9.*\n.*stathub up/);
});

test('a file that is no app is refused with line and column, before anything is sent', async () => {
  const broken = await stathub(nobody, 'deploy', file('a.json', '{"name": "x",\n  "args": [1,,2]}'));
  assert.is(broken.code, 2);
  assert.match(broken.err, /a\.json is no app: line 2, column 14: expected a value, found ","/, 'in the words of JSON');
  const twice = await stathub(nobody, 'deploy', file('d.json', '{"name": "x",\n  "toProcess": "a", "toProcess": "b"}'));
  assert.match(twice.err, /line 2, column 21: the key "toProcess" is there a second time \(the first is in line 2\)/);
  const list = await stathub(nobody, 'deploy', file('b.json', '[1]'));
  assert.match(list.err, /holds no app/);
  const none = await stathub(nobody, 'deploy', join(directory, 'none.json'));
  assert.is(none.code, 2);
  assert.match(none.err, /there is no such file/);
  assert.match((await stathub(nobody, 'deploy', directory)).err, /it is a directory/);
  const nameless = await stathub(nobody, 'deploy', file('c.json', '{"nmae": "x", "toProces": "y"}'));
  assert.match(nameless.err, /"name" is missing/);
  assert.match(nameless.err, /nmae: is not a known key \(Did you mean 'name'\?\)/);
  assert.match(nameless.err, /toProces: is not a known key \(Did you mean 'toProcess'\?\)/);
});

test('query runs over a file without a hub, and points at what is wrong', async () => {
  const nodes = file('nodes.jsonl', '{"hostname":"db-1","os":{"cpus":4}}\n{"hostname":"web-1","os":{"cpus":16}}\n');
  const found = await stathub(null, 'query', 'os.cpus:>8', nodes);
  assert.is(found.code, 0);
  assert.equal(
    found.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).hostname),
    ['web-1'],
  );
  assert.match(found.err, /1 of 2 match/);
  const wrong = await stathub(null, 'query', 'os.cpus:(1', nodes);
  assert.is(wrong.code, 2);
  assert.match(wrong.err, /os\.cpus:\(1\n +\^/);
  const told = await stathub(null, 'query', 'os.cpus:>8 AND hostname:db*', nodes, '--explain');
  assert.match(told.out, /2 documents, 0 match/);
  assert.match(told.out, /1 left {2}os\.cpus:>8/);
  assert.match(told.out, /nearest: db-1: os\.cpus is 4/);
});

test('config tells every value and its origin', async () => {
  const ran = await stathub(null, 'config', 'master');
  assert.match(ran.out, /^lost-after\t30s\tdefault\tSTATHUB_LOST_AFTER$/m);
  assert.equal(
    Object.fromEntries([...ran.out.matchAll(/^(\S+)\t(?=\d+(?:ms|s|m|h)\t)/gm)].map(([, name]) => [name, true]))[
      'elastic-timeout'
    ],
    true,
  );
  const wrong = await stathub(null, 'config', 'mistress');
  assert.is(wrong.code, 2);
  assert.match(wrong.err, /mistress.*master, agent/);
  const help = await stathub(null, 'deploy', '--help');
  assert.match(help.out, /--timeout <time> +how long to wait \(default: 10m\)/);
  assert.not.match((await stathub(null, 'run', '--help')).out, /default: \{\}/);
});

test('ages, sizes and times', () => {
  assert.equal([200, 3000, 11 * 60_000, 13_260_000, 187_200_000, 41 * 86_400_000].map(age), [
    '0.2 s',
    '3 s',
    '11 min',
    '3 h 41 m',
    '2 d 4 h',
    '41 d',
  ]);
  assert.equal([0, 188 * 1024 ** 2, 2 * 1024 ** 3, null].map(memory), ['0 B', '188 MiB', '2.00 GiB', '–']);
  assert.is(duration('1.5h'), 5_400_000);
  assert.throws(() => duration('soon'), /write 90s/);
});

test.run();
