// The file viewer's ground: what may be opened, and what not, whatever a program puts there.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listFiles, readFile, type FilesOf } from '../../../src/agent/kept/files.ts';
import { openInside } from '../../../src/agent/effects/disk/inside.ts';
import { scratch } from '../../support/scratch.ts';

const never = new AbortController().signal;
function instance(newest = 2): FilesOf & { work: string; put(name: string, text: string): void } {
  const directory = join(scratch('files'), 'web.0.abcdefgh');
  const work = join(directory, 'launches', String(newest), 'work');
  mkdirSync(work, { recursive: true });
  return {
    directory,
    shared: null,
    newest,
    work,
    put: (name, text) => {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), text);
    },
  };
}
const read = async (of: FilesOf, path: string, from = 0, length = 1 << 18, waitMs = 0) =>
  (await readFile(of, path, { from, length, waitMs }, never)).bytes.toString();
async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'allowed';
  } catch (error) {
    return String((error as { code?: string }).code);
  }
}
const handles = (): number => readdirSync('/proc/self/fd').length;

const test = suite('files');
test('the launches that are kept, a directory page by page, a file in pieces', async () => {
  const of = instance();
  of.put('conf/a.txt', 'hello');
  const crashed = join(of.directory, 'launches', '1');
  mkdirSync(join(crashed, 'work'), { recursive: true });
  writeFileSync(join(crashed, 'launch.json'), '{"at":1000}\n');
  writeFileSync(join(crashed, 'exit'), '3\n');
  const top = await listFiles(of, '', 0, 100);
  assert.equal(
    top.items.map(({ name, launch }) => [name, launch?.launch, launch?.current, launch?.startedAt, launch?.code]),
    [
      ['work', 2, true, null, null],
      ['launch-1', 1, false, 1000, 3],
    ],
  );
  const { items, type, total } = await listFiles(of, '/work/', 0, 100);
  assert.equal([type, total, items.map(({ name, type: t }) => [name, t])], ['directory', 1, [['conf', 'directory']]]);
  for (let n = 0; n < 30; n++) of.put(`many/${String(n).padStart(2, '0')}`, 'x');
  const page = await listFiles(of, 'work/many', 10, 5);
  assert.equal([page.items.map(({ name }) => name), page.total, page.from], [['10', '11', '12', '13', '14'], 30, 10]);
  const file = await listFiles(of, 'work/conf/a.txt', 0, 100);
  assert.equal([file.type, file.size, file.mode, file.path], ['file', 5, 'rw-r--r--', 'work/conf/a.txt']);
  assert.equal(
    [
      await read(of, 'work/conf/a.txt'),
      await read(of, 'work/conf/a.txt', 1, 3),
      await read(of, 'work/conf/a.txt', -2),
      await read(of, 'work/conf/a.txt', 99),
    ],
    ['hello', 'ell', 'lo', ''],
  );
  assert.equal(
    [
      await refused(read(of, 'work/conf')),
      await refused(read(of, 'work/none')),
      await refused(listFiles(of, 'launch-7', 0, 1)),
      await refused(listFiles(of, 'launches/1', 0, 1)),
      await refused(read(of, 'work/conf/a.txt/b')),
    ],
    Array(5).fill('file-not-found'),
  );
});
test('a shared working directory is shown as it is', async () => {
  const shared = scratch('shared');
  const of = { ...instance(), shared };
  writeFileSync(join(shared, 'own'), 'mine');
  mkdirSync(join(of.directory, 'launches', '2'), { recursive: true });
  assert.is(await read(of, 'work/own'), 'mine');
});
test('paths and links that lead out, devices, sockets and pipes are refused; links inside are followed', async () => {
  const of = instance();
  const outside = scratch('outside');
  const link = (name: string, target: string) => symlinkSync(target, join(of.work, name));
  writeFileSync(join(outside, 'secret'), 'secret');
  of.put('dir/inner/file', 'inside');
  link('absolute', join(outside, 'secret'));
  link('own-absolute', join(of.work, 'dir'));
  link('relative', '../../../../../../../../etc/passwd');
  link('dir/up', '../..');
  link('loop', 'loop');
  link('good', 'dir/inner/../inner/file');
  link('directory', './dir/inner');
  execFileSync('mkfifo', [join(of.work, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(join(of.work, 'socket'), resolve);
  });
  try {
    assert.equal([await read(of, 'work/good'), await read(of, 'work/directory/file')], ['inside', 'inside']);
    const bad = [
      'work/absolute',
      'work/own-absolute/inner/file',
      'work/relative',
      'work/dir/up/launch.json',
      'work/loop',
      'work/pipe',
      'work/socket',
      'work/../launch.json',
      '../x',
      'work/a\0b',
      `work/${'x'.repeat(300)}`,
      'work/a/'.repeat(150),
    ];
    for (const path of bad)
      assert.equal(
        [path, await refused(read(of, path)), await refused(listFiles(of, path, 0, 10))],
        [path, 'forbidden', 'forbidden'],
      );
    const items = (await listFiles(of, 'work', 0, 100)).items;
    assert.equal(
      items.filter(({ type }) => type === 'other').map(({ name }) => name),
      ['pipe', 'socket'],
    );
    assert.is(items.find(({ name }) => name === 'relative')!.target, '../../../../../../../../etc/passwd');
    if (process.getuid!() === 0) {
      execFileSync('mknod', [join(of.work, 'device'), 'c', '1', '5']);
      assert.is(await refused(read(of, 'work/device')), 'forbidden');
    }
  } finally {
    server.close();
  }
});
test('a work directory that a program replaced by a link is not followed', async () => {
  const of = instance();
  const outside = scratch('elsewhere');
  writeFileSync(join(outside, 'secret'), 'secret');
  rmSync(of.work, { recursive: true });
  symlinkSync(outside, of.work);
  assert.is(await refused(read(of, 'work/secret')), 'file-not-found');
  assert.is(
    await refused(openInside(of.work, ['secret'])),
    'file-not-found',
    'also when it is replaced after it was looked at',
  );
});
test('a directory that is swapped for a link all the time never leads out, and no descriptor is left open', async () => {
  const of = instance();
  const outside = scratch('swap');
  const a = join(of.work, 'a');
  const b = join(of.work, 'b');
  writeFileSync(join(outside, 'file'), 'secret');
  of.put('a/file', 'inside');
  symlinkSync(outside, b);
  const before = handles();
  const seen = new Map<string, number>();
  let swapping = true;
  const swaps = (async () => {
    while (swapping) {
      renameSync(a, `${a}.x`);
      renameSync(b, a);
      renameSync(`${a}.x`, b);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let n = 0; n < 400; n++) {
    const got = await read(of, 'work/a/file').catch((error: { code: string }) => error.code);
    seen.set(got, (seen.get(got) ?? 0) + 1);
  }
  swapping = false;
  await swaps;
  assert.not(seen.has('secret'), JSON.stringify([...seen]));
  assert.ok(
    [...seen.keys()].every((what) => ['inside', 'forbidden', 'file-not-found'].includes(what)),
    JSON.stringify([...seen]),
  );
  assert.is(handles(), before);
});
test('a read at the end waits until the file grows, is emptied, or the time is over', async () => {
  const of = instance();
  of.put('log', 'one\n');
  const waiting = readFile(of, 'work/log', { from: 4, length: 100, waitMs: 10_000 }, never);
  setTimeout(() => appendFileSync(join(of.work, 'log'), 'two\n'), 100);
  assert.is((await waiting).bytes.toString(), 'two\n');
  setTimeout(() => truncateSync(join(of.work, 'log'), 1), 100);
  const cut = await readFile(of, 'work/log', { from: 8, length: 100, waitMs: 10_000 }, never);
  assert.equal([cut.bytes.length, cut.stat.size], [0, 1]);
  assert.is(await read(of, 'work/log', 1, 10, 150), '');
  const stop = new AbortController();
  const held = readFile(of, 'work/log', { from: 1, length: 10, waitMs: 20_000 }, stop.signal);
  stop.abort();
  assert.is((await held).bytes.length, 0);
});
test.run();
