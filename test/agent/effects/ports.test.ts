// Leases of ports.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, type Server } from 'node:net';
import { findPortHolder } from '../../../src/agent/effects/port-holder.ts';
import { canBind, NoPortError, PortPool } from '../../../src/agent/effects/ports.ts';
import { Host, type Started } from '../host.ts';
import { ownPort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

const listen = (port: number, host: string) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ port, host }, () => resolve(server));
  });
const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

/** A stretch of free ports that nobody is given meanwhile. */
async function freeRange(size: number): Promise<number> {
  for (;;) {
    const first = await ownPort();
    const free = await Promise.all(Array.from({ length: size }, (_, i) => canBind(first + i)));
    if (free.every(Boolean)) return first;
  }
}

test('leases are distinct, survive until released, and skip what is in use', async () => {
  const first = await freeRange(6);
  const pool = new PortPool({ first, last: first + 5 }, 'node-1');
  const server = await listen(first + 2, '127.0.0.1');
  const [a, b] = await Promise.all([pool.lease('a', 2), pool.lease('b', 2)]);
  const all = [...a!, ...b!];
  assert.is(new Set(all).size, 4);
  assert.not(all.includes(first + 2));
  for (const port of a!) assert.is(pool.ownerOf(port), 'a');
  const error = await pool.lease('c', 2).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.instance(error, NoPortError);
  assert.match((error as Error).message, String(first + 5));
  assert.is((await pool.lease('d', 1)).length, 1, 'a lease that failed keeps nothing');
  pool.release('a');
  assert.equal((await pool.lease('e', 2)).sort(), [...a!].sort());
  await close(server);
});

test("the search begins at a place of the node's own, the same after a restart", async () => {
  const firstOf = async (node: string) => (await new PortPool({ first: 20_000, last: 29_999 }, node).lease('x', 1))[0]!;
  const places = await Promise.all(['node-a', 'node-b', 'node-c', 'node-d'].map(firstOf));
  assert.ok(new Set(places).size === 4, String(places));
  assert.ok(places.every((port) => port >= 20_000 && port <= 29_999));
  assert.ok(Math.abs((await firstOf('node-a')) - places[0]!) < 50);
});

test('restored leases are not given out, and a conflict is told', async () => {
  const first = await freeRange(3);
  const pool = new PortPool({ first, last: first + 2 }, 'n');
  assert.equal(pool.restore('old', [first, first + 1]), []);
  assert.equal(pool.restore('other', [first + 1]), [first + 1]);
  assert.equal(await pool.lease('new', 1), [first + 2]);
  pool.release('old', [first]);
  assert.equal([pool.ownerOf(first), pool.ownerOf(first + 1)], [null, 'old']);
});

test('a fixed port that is taken names its holder', async () => {
  const host = Host.open();
  try {
    const port = await freeRange(2);
    const started: Started = host.start(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${port}, '127.0.0.1')`,
      'the-holder',
    ]);
    const { pid } = await started.identity;
    await until('it listens', () => findPortHolder(port) !== null);
    const pool = new PortPool({ first: 20_000, last: 29_999 }, 'n');
    const taken = await pool.leaseFixed('mine', [port, port + 1]);
    assert.is(taken.length, 1);
    assert.equal([taken[0]!.port, taken[0]!.owner, taken[0]!.holder?.pid], [port, null, pid]);
    assert.match(taken[0]!.holder!.command, 'the-holder');
    assert.is(pool.ownerOf(port + 1), null, 'all or none');
    assert.equal(await pool.leaseFixed('mine', [port + 1]), []);
    assert.equal(await pool.leaseFixed('mine', [port + 1]), [], 'its own again');
    assert.equal(
      (await pool.leaseFixed('yours', [port + 1])).map((one) => one.owner),
      ['mine'],
    );
    assert.is(findPortHolder(port + 1), null);
  } finally {
    await host.close();
  }
});

test.run();
