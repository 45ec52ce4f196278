// Files of an instance over HTTP: lists, ranges, downloads, archives, and who may.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { archiveOf } from '../../../../src/api/answers/archive.ts';
import { Client } from '../../../../src/cli/client.ts';
import { files } from '../../../../src/cli/instances/files.ts';
import type { Output } from '../../../../src/cli/output/output.ts';
import { openHttp } from '../../../../src/live/serve.ts';
import { Refusal } from '../../../../src/model/errors.ts';
import { removeTemporary, sample, temporary } from '../../../support/api.ts';
import { until } from '../../../support/until.ts';

test.after(removeTemporary);

const id = 'web.0.aaaaaaaa';
const at = `/v1/instances/${id}/files`;
function made(options: Parameters<typeof sample>[0] = {}) {
  const one = sample(options);
  one.cluster.addInstance(id);
  one.cluster.fileMap.set('work/a b%.txt', Buffer.from('0123456789'));
  one.cluster.fileMap.set('work/deep/big.bin', Buffer.alloc(700_000, 'xyz'));
  const longName = `${'long-'.repeat(30)}name`;
  one.cluster.fileMap.set(`work/deep/${longName}`, Buffer.from('long'));
  return { ...one, longName };
}

test('a directory is a list, a file its bytes, a part of it with Range', async () => {
  const { app, ask } = made();
  const list = await ask(`${at}/work`);
  assert.equal([list.status, list.body.items.map((i: { name: string }) => i.name)], [200, ['a b%.txt', 'deep']]);
  assert.equal(
    (await ask(at)).body.items.map((i: { name: string }) => i.name),
    ['work'],
  );
  const file = `${at}/work/a%20b%25.txt`;
  const whole = await ask(file);
  const tag = whole.headers.get('etag')!;
  assert.equal(
    [
      whole.text,
      whole.headers.get('content-length'),
      whole.headers.get('content-type'),
      whole.headers.get('content-disposition'),
      whole.headers.get('x-content-type-options'),
    ],
    ['0123456789', '10', 'application/octet-stream', "attachment; filename*=UTF-8''a%20b%25.txt", 'nosniff'],
  );
  assert.equal((await ask(`${file}?format=json`)).body.size, 10);
  const part = async (range: string, more: Record<string, string> = {}) => {
    const { status, text, headers } = await ask(file, { headers: { range, ...more } });
    return [status, text, headers.get('content-range')];
  };
  assert.equal(await part('bytes=2-4'), [206, '234', 'bytes 2-4/10']);
  assert.equal(await part('bytes=7-'), [206, '789', 'bytes 7-9/10']);
  assert.equal(await part('bytes=-3'), [206, '789', 'bytes 7-9/10']);
  assert.equal(await part('bytes=5-99'), [206, '56789', 'bytes 5-9/10']);
  assert.equal(await part('bytes=10-'), [416, '', 'bytes */10']);
  assert.equal(await part('bytes=5-2'), [416, '', 'bytes */10']);
  for (const ignored of ['bytes=-', 'lines=1-2', 'bytes=0-1,3-4'])
    assert.equal((await part(ignored)).slice(0, 2), [200, '0123456789'], ignored);
  assert.equal(
    [(await part('bytes=2-4', { 'if-range': tag }))[0], (await part('bytes=2-4', { 'if-range': '"other"' }))[0]],
    [206, 200],
  );
  const big = await app.request(`http://localhost${at}/work/deep/big.bin`);
  assert.is((await big.arrayBuffer()).byteLength, 700_000);
  assert.equal(
    [
      (await ask(`${at}/work/none`)).body.code,
      (await ask(`${at}/%ff`)).status,
      (await ask('/v1/instances/no.0.aaaaaaaa/files')).status,
    ],
    ['file-not-found', 400, 404],
  );
});

test('a directory as tar.gz: names of any length, every byte', async () => {
  const { app, longName } = made();
  const folder = mkdtempSync(join(temporary(), 'tar-'));
  const response = await app.request(`http://localhost${at}/work?format=tar`);
  assert.equal(
    [response.headers.get('content-type'), response.headers.get('content-disposition')],
    ['application/gzip', `attachment; filename*=UTF-8''${id}-work.tar.gz`],
  );
  writeFileSync(join(folder, 'a.tgz'), Buffer.from(await response.arrayBuffer()));
  execFileSync('tar', ['-xzf', 'a.tgz'], { cwd: folder });
  assert.is(readFileSync(join(folder, 'work/a b%.txt'), 'utf8'), '0123456789');
  assert.ok(readFileSync(join(folder, 'work/deep/big.bin')).equals(Buffer.alloc(700_000, 'xyz')));
  assert.is(readFileSync(join(folder, 'work/deep', longName), 'utf8'), 'long');
  const { tarEnd, tarHeader } = await import('../../../../src/api/answers/tar.ts');
  const target = 'over/there/'.repeat(12);
  writeFileSync(
    join(folder, 'b.tar'),
    Buffer.concat([tarHeader({ name: 'link', type: 'link', size: 0, modifiedAt: 0, mode: 0o777, target }), tarEnd()]),
  );
  execFileSync('tar', ['-xf', 'b.tar'], { cwd: folder });
  assert.is(readlinkSync(join(folder, 'link')), target);
});

test('an archive names what became shorter or went while it was made', async () => {
  const { cluster } = made();
  const folder = mkdtempSync(join(temporary(), 'lost-'));
  const gone = (what: string) => new Refusal('file-not-found', `${what} was removed`, '');
  const asked = cluster.files.bind(cluster);
  const within = Object.assign(Object.create(cluster), {
    files: (of: string, path: string, from: number) =>
      path === 'work/deep' ? Promise.reject(gone(path)) : asked(of, path, from),
  });
  async function* read(path: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from('012');
    throw gone(path);
  }
  const view = await asked(id, 'work', 0);
  const archive = archiveOf(within, id, view, read, new AbortController().signal);
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece);
  writeFileSync(join(folder, 'a.tgz'), Buffer.concat(pieces));
  execFileSync('tar', ['-xzf', 'a.tgz'], { cwd: folder });
  assert.is(readFileSync(join(folder, 'work/a b%.txt'), 'latin1'), `012${'\0'.repeat(7)}`);
  assert.is(
    readFileSync(join(folder, 'work/NOT-WHOLE.txt'), 'utf8'),
    'work/a b%.txt: work/a b%.txt was removed; from byte 3 of 10 on it is filled with zeros\n' +
      'work/deep/ was removed meanwhile\n',
  );
});

test('who may only read may not read files', async () => {
  const { ask, tokens } = made({ bind: '0.0.0.0' });
  const read = tokens.create('r', 'read').token;
  const deploy = tokens.create('d', 'deploy').token;
  const as = async (token: string) =>
    (await ask(`${at}/work`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal([await as(read), await as(deploy)], [403, 200]);
});

test('stathub files: lists, prints, saves, follows', async () => {
  const { cluster, app, closing } = made();
  const port = await openHttp({ app, port: 0, bind: '127.0.0.1', closing });
  const folder = mkdtempSync(join(temporary(), 'cli-'));
  let out = Buffer.alloc(0);
  let err = '';
  const add = (bytes: Uint8Array | string): void => {
    out = Buffer.concat([out, Buffer.from(bytes as string)]);
  };
  const output: Output = {
    terminal: false,
    columns: 80,
    out: add,
    err: (text) => {
      err += text;
    },
    write: async (bytes) => add(bytes),
  };
  const run = async (path: string, options: Partial<Parameters<typeof files>[4]> = {}): Promise<string> => {
    out = Buffer.alloc(0);
    await files(new Client(port.address, null), output, id, path, { follow: false, json: false, ...options });
    return out.toString();
  };
  assert.match(
    await run('work').then((text) => text.replaceAll('\u2013', '-')),
    /^a b%\.txt\t10 B\t.*\trw-r-----\t\ndeep\/\t-\t/,
  );
  assert.is(await run('/work/a b%.txt'), '0123456789');
  assert.is(await run('work/a b%.txt', { tail: 3 }), '789');
  await run('work/deep/big.bin', { get: join(folder, 'big') });
  assert.is(readFileSync(join(folder, 'big')).length, 700_000);
  await run('work', { get: join(folder, 'w.tgz') });
  assert.match(execFileSync('tar', ['-tzf', join(folder, 'w.tgz')], { encoding: 'utf8' }), /work\/deep\/big\.bin/);
  assert.match(err, /w\.tgz: /);
  for (const [path, options] of [
    ['work', { follow: true }],
    ['nope', {}],
  ] as const)
    try {
      await run(path, options);
      assert.unreachable();
    } catch (error) {
      assert.ok([2, 3].includes((error as { exit: number }).exit), String(error));
    }
  cluster.fileMap.set('work/log', Buffer.from('old\n'));
  const following = run('work/log', { follow: true }).catch((error: unknown) => String(error));
  await until('the old line', () => out.toString() === 'old\n');
  cluster.fileMap.set('work/log', Buffer.from('old\nnew\n'));
  await until('the new line', () => out.toString() === 'old\nnew\n');
  cluster.fileMap.set('work/log', Buffer.from('a\n'));
  await until('from its beginning again', () => out.toString() === 'old\nnew\na\n');
  await port.close();
  await following;
});

test.run();
