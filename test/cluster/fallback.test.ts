// With WebSockets blocked on the way, the HTTP long-poll does the same; when they pass again, it goes back to them.
import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Daemon, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('fallback');
const hub = new Hub(['--beat', '200ms', '--suspect-after', '2s', '--lost-after', '3s', '--amnesty', '500ms']);
let blocked = true;
const sockets = new Set<Socket>();

/** A proxy before the master, as a company has it: plain HTTP passes, upgrades do not. */
const proxy = createServer((asked, answer) => {
  const passed = request(
    hub.master.address + asked.url,
    { method: asked.method ?? 'GET', headers: { ...asked.headers, host: new URL(hub.master.address).host } },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
});
proxy.on('upgrade', (asked, socket: Socket, head) => {
  if (blocked) {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const { hostname, port } = new URL(hub.master.address);
  const through = connect(Number(port), hostname, () => {
    through.write(
      `GET ${asked.url} HTTP/1.1\r\n${Object.entries({ ...asked.headers, host: `${hostname}:${port}` })
        .map(([name, value]) => `${name}: ${String(value)}`)
        .join('\r\n')}\r\n\r\n`,
    );
    through.write(head);
    socket.pipe(through).pipe(socket);
  });
  for (const each of [socket, through]) {
    sockets.add(each);
    each.on('error', () => each.destroy());
    each.on('close', () => sockets.delete(each));
  }
});

let agent: Daemon;
story.before(async () => {
  await hub.start(0);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  agent = new Daemon('agent', join(hub.root, 'agent'), [
    '--master',
    `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    '--ports',
    '28000-28300',
  ]);
  hub.agents.push(agent);
  await agent.start();
});
story.after(async () => {
  await hub.end();
  for (const socket of sockets) socket.destroy();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

story('the node joins by polling, apps start, scale and stop', async () => {
  const node = await until('the node is ready', async () =>
    (await hub.master.get('/v1/nodes')).items.find((n: any) => n.status === 'ready'),
  );
  assert.is(node.link, 'poll');
  await hub.master.ok('POST', '/v1/apps', { name: 'web', toProcess: 'sleep', args: ['100000'] });
  await hub.running('web', 1);
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 3 });
  const three = await hub.running('web', 3);
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 1 });
  await hub.running('web', 1);
  assert.is(
    three.filter(({ pid }) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    }).length,
    1,
  );
});

story('beats travel by it: the node stays ready well beyond the time of loss', async () => {
  const seen = new Set<string>();
  const since = Date.now();
  await until('five seconds have gone', async () => {
    seen.add((await hub.master.get('/v1/nodes')).items[0].status);
    return Date.now() - since > 5000;
  });
  assert.not.ok(seen.has('lost'));
  const query = encodeURIComponent('kind:node.joined OR kind:node.lost');
  const { items } = await hub.master.get(`/v1/events?size=200&query=${query}`);
  assert.equal(
    items.map((event: any) => event.kind),
    ['node.joined'],
  );
});

story('a reconnect takes the WebSocket where it passes again', async () => {
  blocked = false;
  const [before] = await hub.running('web', 1);
  await agent.restart();
  await until(
    'it is linked by WebSocket',
    async () => (await hub.master.get('/v1/nodes')).items[0].link === 'websocket',
  );
  const [after] = await hub.running('web', 1);
  assert.is(after.pid, before.pid);
});

story.run();
