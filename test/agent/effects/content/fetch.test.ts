// Fetching, unpacking, the cache, and what is refused of an archive.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import yazl from 'yazl';
import type { UriSpec } from '../../../../src/model/app/app.ts';
import { ContentCache, type CacheOptions } from '../../../../src/agent/effects/content/content-cache.ts';
import { FetchError } from '../../../../src/agent/effects/content/fetch-error.ts';
import { fetchInto, nameOf } from '../../../../src/agent/effects/content/fetch.ts';

const fresh = (name: string) => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), `${name}-`));
const spec = (uri: string, rest: Partial<UriSpec> = {}): UriSpec => ({
  uri,
  sha256: null,
  extract: true,
  executable: false,
  dest: null,
  ...rest,
});

async function origin(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

async function zipOf(fill: (zip: yazl.ZipFile) => void): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  fill(zip);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function tarOf(...entries: [Partial<tar.Header> & { name: string }, string?][]): Promise<Buffer> {
  const pack = tar.pack();
  for (const [header, content] of entries) pack.entry(header, content ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** Serves `files` by path; gives what fetchInto makes of them in a fresh directory. */
async function fetched(files: Record<string, Buffer>, uris: Partial<UriSpec>[], options: CacheOptions = {}) {
  const from = await origin((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });
  const root = fresh('fetch');
  const directory = join(root, 'work');
  const cache = new ContentCache(join(root, 'cache'), { attempts: 1, ...options });
  try {
    const result = await fetchInto({
      uris: uris.map((u) => spec(from.url + u.uri, { ...u, uri: from.url + u.uri })),
      contents: {},
      directory,
      shared: false,
      cache,
    });
    return { ...result, directory, error: null };
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    return { contents: {}, notes: [], directory, error };
  } finally {
    await from.close();
  }
}

test('a plain file arrives under its own name', async () => {
  const { directory, contents, error } = await fetched({ '/app.py?x=1': Buffer.from('print(1)') }, [
    { uri: '/app.py?x=1' },
  ]);
  assert.is(error, null);
  assert.is(readFileSync(join(directory, 'app.py'), 'utf8'), 'print(1)');
  assert.is(Object.values(contents)[0]?.sha256, createHash('sha256').update('print(1)').digest('hex'));
});

test('executable and dest are heeded', async () => {
  const { directory } = await fetched({ '/run': Buffer.from('#!/bin/sh\n') }, [
    { uri: '/run', executable: true, dest: 'bin/start' },
  ]);
  assert.is(statSync(join(directory, 'bin/start')).mode & 0o777, 0o755);
});

test('a zip is unpacked with its modes', async () => {
  const zip = await zipOf((z) => {
    z.addBuffer(Buffer.from('x'), 'bin/run', { mode: 0o100755 });
    z.addBuffer(Buffer.from('y'), 'a.txt', { mode: 0o100640 });
  });
  const { directory } = await fetched({ '/a.zip': zip }, [{ uri: '/a.zip' }]);
  assert.is(statSync(join(directory, 'bin/run')).mode & 0o777, 0o755);
  assert.is(statSync(join(directory, 'a.txt')).mode & 0o777, 0o640);
});

test('a tar.gz is unpacked with links that stay inside', async () => {
  const archive = await tarOf(
    [{ name: 'v1/file', mode: 0o600 }, 'one'],
    [{ name: 'current', type: 'symlink', linkname: 'v1' }],
    [{ name: 'copy', type: 'link', linkname: 'v1/file' }],
  );
  const { directory } = await fetched({ '/a.tar.gz': archive }, [{ uri: '/a.tar.gz' }]);
  assert.is(readlinkSync(join(directory, 'current')), 'v1');
  assert.is(readFileSync(join(directory, 'current/file'), 'utf8'), 'one');
  assert.is(readFileSync(join(directory, 'copy'), 'utf8'), 'one');
});

const hostile: [string, () => Promise<Buffer>, string, string][] = [
  [
    'zip traversal',
    async () => {
      const zip = await zipOf((z) => z.addBuffer(Buffer.from('x'), 'aa/evil'));
      return Buffer.from(zip.toString('latin1').replaceAll('aa/evil', '../evil'), 'latin1');
    },
    '/a.zip',
    '../evil',
  ],
  [
    'zip link out',
    async () => zipOf((z) => z.addBuffer(Buffer.from('../../etc'), 'out', { mode: 0o120777 })),
    '/a.zip',
    'out',
  ],
  ['tar traversal', async () => tarOf([{ name: '../evil' }, 'x']), '/a.tgz', '../evil'],
  ['tar absolute', async () => tarOf([{ name: '/tmp/evil' }, 'x']), '/a.tgz', '/tmp/evil'],
  ['tar link out', async () => tarOf([{ name: 'out', type: 'symlink', linkname: '/etc' }]), '/a.tgz', 'out'],
  [
    'tar write through a link',
    async () => tarOf([{ name: 'd', type: 'symlink', linkname: '.' }, ''], [{ name: 'd/x' }, 'x']),
    '/a.tgz',
    'd',
  ],
  [
    'tar chain of links out',
    async () =>
      tarOf(
        [{ name: 'here', type: 'symlink', linkname: '.' }],
        [{ name: 'up', type: 'symlink', linkname: 'here/../..' }],
      ),
    '/a.tgz',
    'up',
  ],
  [
    'zip with a file where a directory is',
    () =>
      zipOf((z) => {
        z.addBuffer(Buffer.from('x'), 'a');
        z.addBuffer(Buffer.from('y'), 'a/b');
      }),
    '/a.zip',
    '"a/b" meets another entry',
  ],
  [
    'zip with a directory where a file is',
    () =>
      zipOf((z) => {
        z.addBuffer(Buffer.from('y'), 'a/b');
        z.addBuffer(Buffer.from('x'), 'a');
      }),
    '/a.zip',
    '"a" meets another entry',
  ],
  [
    'tar directory where a file is',
    async () => tarOf([{ name: 'a' }, 'x'], [{ name: 'a/b/c' }, 'y']),
    '/a.tgz',
    '"a/b/c" meets',
  ],
  ['tar fifo', async () => tarOf([{ name: 'pipe', type: 'fifo' }]), '/a.tgz', 'pipe'],
  [
    'tar hard link out',
    async () => tarOf([{ name: 'h', type: 'link', linkname: '../../etc/passwd' }]),
    '/a.tgz',
    '"h"',
  ],
];
for (const [name, archive, path, entry] of hostile) {
  test(`refused, naming the entry: ${name}`, async () => {
    const { error, directory } = await fetched({ [path]: await archive() }, [{ uri: path }]);
    assert.is(error?.code, 'unsafe-archive');
    assert.ok(error!.message.includes(entry), error!.message);
    assert.not(existsSync(directory), 'nothing was put into the working directory');
  });
}

test('a bomb is refused by entries, size and ratio', async () => {
  const many = await zipOf((z) => {
    for (let i = 0; i < 20; i++) z.addBuffer(Buffer.from('x'), `f${i}`);
  });
  assert.match(
    (await fetched({ '/m.zip': many }, [{ uri: '/m.zip' }], { unpackLimits: { entries: 10, bytes: 1e9, ratio: 500 } }))
      .error!.message,
    /"f10" is number 11/,
  );
  const big = await tarOf([{ name: 'big' }, 'a'.repeat(200_000)]);
  assert.match(
    (
      await fetched({ '/b.tgz': big }, [{ uri: '/b.tgz' }], {
        unpackLimits: { entries: 10, bytes: 100_000, ratio: 500 },
      })
    ).error!.message,
    /"big" brings the archive above 100000 bytes/,
  );
  const zeros = await zipOf((z) => z.addBuffer(Buffer.alloc(80 * 1024 * 1024), 'zeros'));
  assert.match(
    (await fetched({ '/z.zip': zeros }, [{ uri: '/z.zip' }])).error!.message,
    /"zeros" unpacks to more than 500 times/,
  );
});

test('a zip that lies about the size of an entry, or whose bytes are damaged, is refused and ends nobody', async () => {
  const zip = await zipOf((z) => z.addBuffer(Buffer.alloc(4 * 1024 * 1024), 'aa/big'));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(4 * 1024 * 1024);
  const lying = Buffer.from(zip);
  for (let at = lying.indexOf(size); at >= 0; at = lying.indexOf(size, at + 4)) lying.writeUInt32LE(10, at);
  const damaged = Buffer.from(zip);
  damaged.fill(0xff, 30 + 'aa/big'.length, 30 + 'aa/big'.length + 64);
  for (const [bytes, words] of [
    [lying, /"aa\/big" is damaged: too many bytes/],
    [damaged, /"aa\/big" is damaged: /],
  ] as const) {
    // Whoever opens the entry first and makes its directory then has nobody who listens when it fails: it is a race.
    for (let i = 0; i < 5; i++) {
      const { error } = await fetched({ '/l.zip': bytes }, [{ uri: '/l.zip' }]);
      assert.match(error!.message, words);
    }
  }
});

test('a broken archive leaves nothing half-unpacked', async () => {
  const whole = await tarOf([{ name: 'a' }, 'x'.repeat(50_000)], [{ name: 'b' }, 'y'.repeat(50_000)]);
  const { error, directory } = await fetched({ '/a.tgz': whole.subarray(0, whole.length - 40) }, [{ uri: '/a.tgz' }]);
  assert.is(error?.code, 'unsafe-archive');
  assert.not(existsSync(directory));
});

test('a download that breaks off is resumed, and only the rest is asked for', async () => {
  const body = Buffer.from('0123456789'.repeat(20_000));
  const ranges: (string | undefined)[] = [];
  const from = await origin((request, response) => {
    ranges.push(request.headers.range);
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start ? 206 : 200, {
      etag: '"v1"',
      'content-length': body.length - start,
      ...(start ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
    });
    if (start) return void response.end(body.subarray(start));
    response.write(body.subarray(0, 100_000));
    setTimeout(() => response.destroy(), 50);
  });
  const root = fresh('resume');
  const blob = await new ContentCache(root, { pauseMs: 1 }).blob(`${from.url}/f.bin`, null);
  await from.close();
  assert.equal(readFileSync(blob.path), body);
  assert.is(ranges.length, 2);
  assert.ok(Number(/bytes=(\d+)-/.exec(ranges[1] ?? '')?.[1]) > 0);
  assert.equal(readdirSync(join(root, 'parts')), []);
});

test('the origin is asked conditionally; down, the copy is used and said; known bytes need no origin', async () => {
  let asked = 0;
  let conditional = 0;
  const from = await origin((request, response) => {
    asked++;
    if (request.headers['if-none-match'] === '"v1"') {
      conditional++;
      return void response.writeHead(304).end();
    }
    response.writeHead(200, { etag: '"v1"' }).end('hello');
  });
  const cache = new ContentCache(fresh('cond'), { attempts: 1 });
  const first = await cache.blob(`${from.url}/f`, null);
  assert.is((await cache.blob(`${from.url}/f`, null)).note, null);
  assert.equal([asked, conditional], [2, 1]);
  await from.close();
  assert.match(
    (await cache.blob(`${from.url}/f`, null)).note ?? '',
    /cannot be fetched.*ECONNREFUSED.*the copy of .* is used/,
  );
  assert.is((await cache.blob(`${from.url}/f`, first.sha256)).note, null);
});

test('concurrent askers share one download', async () => {
  let asked = 0;
  const from = await origin((_, response) => {
    asked++;
    setTimeout(() => response.end('x'), 30);
  });
  const cache = new ContentCache(fresh('once'));
  const blobs = await Promise.all(Array.from({ length: 20 }, () => cache.blob(`${from.url}/f`, null)));
  await from.close();
  assert.is(asked, 1);
  assert.is(new Set(blobs.map((b) => b.path)).size, 1);
});

test('other bytes than the revision needs are content-gone, with both hashes', async () => {
  const from = await origin((_, response) => void response.end('new'));
  const cache = new ContentCache(fresh('gone'));
  try {
    await cache.blob(`${from.url}/f`, 'a'.repeat(64));
    assert.unreachable();
  } catch (error) {
    assert.is((error as FetchError).code, 'content-gone');
    assert.match((error as FetchError).message, /now serves [0-9a-f]{64}, the revision needs a{64}/);
  } finally {
    await from.close();
  }
});

test('user and password go to the origin and into no message', async () => {
  let header = '';
  const from = await origin((request, response) => {
    header = request.headers.authorization ?? '';
    response.writeHead(403).end();
  });
  try {
    await new ContentCache(fresh('auth')).blob(from.url.replace('//', '//ann:s%40cret@') + '/f', null);
    assert.unreachable();
  } catch (error) {
    assert.is(Buffer.from(header.replace('Basic ', ''), 'base64').toString(), 'ann:s@cret');
    assert.not((error as Error).message.includes('cret'));
  } finally {
    await from.close();
  }
});

test('a shared directory gets changed files only and keeps foreign ones', async () => {
  const from = await origin(
    (_, response) => void tarOf([{ name: 'same' }, 'same'], [{ name: 'changed' }, 'new']).then((b) => response.end(b)),
  );
  const root = fresh('shared');
  const directory = join(root, 'work');
  const cache = new ContentCache(join(root, 'cache'));
  const request = { uris: [spec(`${from.url}/a.tgz`)], contents: {}, directory, shared: true, cache };
  await fetchInto(request);
  const before = statSync(join(directory, 'same')).ino;
  writeFileSync(join(directory, 'changed'), 'mine');
  writeFileSync(join(directory, 'foreign'), 'keep');
  await Promise.all([fetchInto(request), fetchInto(request)]);
  await from.close();
  assert.is(statSync(join(directory, 'same')).ino, before);
  assert.is(readFileSync(join(directory, 'changed'), 'utf8'), 'new');
  assert.is(readFileSync(join(directory, 'foreign'), 'utf8'), 'keep');
  assert.equal(readdirSync(directory).sort(), ['changed', 'foreign', 'same']);
});

test('the cache forgets the least recently used, never what is in use', async () => {
  const from = await origin((request, response) => void response.end((request.url ?? '').repeat(100)));
  const cache = new ContentCache(fresh('trim'));
  const [a, b, c] = [
    await cache.blob(`${from.url}/a`, null),
    await cache.blob(`${from.url}/b`, null),
    await cache.blob(`${from.url}/c`, null),
  ];
  await from.close();
  symlinkSync('nowhere', join(dirname(a.path), 'unreadable'));
  const removed = await cache.trim(200, new Set([a.sha256]));
  assert.equal(removed.sort(), [b.sha256, c.sha256].sort());
  assert.ok(existsSync(a.path));
});

test('names are taken from the path alone', () => {
  assert.is(nameOf('http://u:p@h/x/my%20app.zip?token=1#f'), 'my app.zip');
  assert.is(nameOf('http://h/'), 'h');
  assert.is(nameOf('http://h/100%.zip'), '100%.zip');
});

test.run();
