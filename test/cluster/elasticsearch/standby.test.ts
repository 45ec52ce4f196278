// Two masters on one Elasticsearch: one leads, the other stands by and takes over; the agent was given the address of one and is told
// of the other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { elasticArgs, masterOn } from '../../elasticsearch/master-on.ts';
import { ElasticProxy } from '../../elasticsearch/proxy.ts';
import { freshPrefix } from '../../elasticsearch/shared.ts';
import { crowding } from '../../support/busyness.ts';
import { Daemon, Hub, quickTimes } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const args = await masterOn('standby', '2s');
const story = suite('two masters on Elasticsearch');

if (args) {
  const hub = new Hub([...quickTimes, ...args]);
  const other = new Daemon('master', join(hub.root, 'master-2'), [...quickTimes, ...args]);
  let agent: Daemon;
  let pids: number[] = [];
  const leads = (master: Daemon): Promise<unknown> =>
    until('it leads', async () => (await fetch(`${master.address}/readyz`)).status === 200);
  const linked = (master: Daemon): Promise<unknown> =>
    until('the agent is linked', async () =>
      (await master.get('/v1/nodes')).items.some((node: any) => node.status === 'ready'),
    );
  const running = async (master: Daemon): Promise<number[]> => {
    const all = await until('web runs', async () => {
      const { items } = await master.get('/v1/instances?query=app:web');
      return items.length === 3 && items.every((i: any) => i.status === 'running') && items;
    });
    return all.map((i: any) => i.pid).sort();
  };

  /** What the store holds that was written in a term: records and events, each with its number. */
  const writtenIn = async (term: number): Promise<string[]> => {
    const [, url, , prefix] = args;
    const indices = `${url}/${prefix}-*`;
    await fetch(`${indices}/_refresh`, { method: 'POST' });
    const answer: any = await (
      await fetch(`${indices}/_search?size=5000&seq_no_primary_term=true&_source=false&q=term:${term}`)
    ).json();
    return answer.hits.hits.map((hit: any) => `${hit._index} ${hit._id} ${hit._seq_no}`).sort();
  };

  story.before(async () => {
    await hub.master.start();
    await other.start([], { asked: '/healthz' });
    agent = new Daemon('agent', join(hub.root, 'agent'), ['--master', hub.master.address, '--ports', '21000-21300']);
    hub.agents.push(agent);
    await agent.start();
    await linked(hub.master);
    await hub.master.ok('POST', '/v1/apps', {
      name: 'web',
      toProcess: 'sleep',
      args: ['100000'],
      placement: { scale: 3 },
    });
    pids = await running(hub.master);
    await until('the agent is told of the other master', () =>
      readdirSync(agent.directory).some(
        (name) =>
          /^masters\.\d+\.json$/.test(name) &&
          readFileSync(join(agent.directory, name), 'utf8').includes(other.address),
      ),
    );
    assert.equal(
      (await hub.master.get('/v1/status')).masters.map(({ address }: { address: string }) => address),
      [hub.master.address, other.address],
    );
  });
  story.after(async () => {
    other.resume();
    await other.end();
    await hub.end();
  });

  story('the second is not ready, says who leads, and sends there', async () => {
    await until('it has met the leader', async () =>
      (await other.call('GET', '/readyz')).body.detail?.includes(hub.master.address),
    );
    const ready = await other.call('GET', '/readyz');
    assert.equal([ready.status, ready.body.code], [503, 'standby']);
    const there = await fetch(`${other.address}/v1/apps?size=5`, { redirect: 'manual' });
    assert.equal([there.status, there.headers.get('location')], [307, `${hub.master.address}/v1/apps?size=5`]);
    const created = await other.call('POST', '/v1/apps', {
      name: 'by-redirect',
      toProcess: 'sleep',
      args: ['1'],
      start: false,
    });
    assert.is(created.status, 201, 'a write follows, too');
    assert.is(
      (await fetch(`${other.address}/v1/link/n/frames`)).status,
      503,
      'an agent is not sent: it tries its next address',
    );
  });

  story(
    'kill -9 of the leader: the second leads, with all that was acknowledged; the agent goes on with it, nothing restarts',
    async () => {
      await hub.master.ok('POST', '/v1/apps', { name: 'kept', toProcess: 'sleep', args: ['1'], start: false });
      const term = (await hub.master.get('/v1/status')).term;
      await hub.master.end('SIGKILL');
      await leads(other);
      assert.ok((await other.get('/v1/status')).term > term);
      assert.equal((await other.get('/v1/apps')).items.map((app: any) => app.name).sort(), [
        'by-redirect',
        'kept',
        'web',
      ]);
      await linked(other);
      assert.equal(await running(other), pids);
      // While the one it was given is gone, it has the other from what it has kept.
      await agent.restart();
      await linked(other);
      assert.equal(await running(other), pids);
    },
  );

  story(
    'a leader that was paused does not lead when it goes on: what it is asked then is not lost between two',
    async () => {
      await hub.master.start([], { asked: '/healthz' }); // stands by now
      // Somebody watches it: he must not go on looking at what it knew.
      const watching = new WebSocket(`${other.address.replace('http', 'ws')}/v1/live`);
      await new Promise((resolve, reject) => watching.once('open', resolve).once('error', reject));
      const left = new Promise<number>((resolve) => watching.once('close', resolve));
      const { term } = await other.get('/v1/status');
      const from = other.log().length;
      // Under way when it is stopped: some are written, some wait for their turn, and nobody knows of which.
      const small = (name: string) => ({ name, toProcess: 'sleep', args: ['1'], start: false });
      const underWay = Array.from({ length: 30 }, (_, n) =>
        other.call('POST', '/v1/apps', small(`under-way-${n}`)).catch(() => ({ status: 0, body: null })),
      );
      await until('the first is written', async () =>
        (await writtenIn(term)).some((line) => line.includes('under-way')),
      );
      other.pause();
      await leads(hub.master);
      const before = await writtenIn(term);
      await hub.master.ok('POST', '/v1/apps', { name: 'meanwhile', toProcess: 'sleep', args: ['1'], start: false });
      other.resume();
      // Asked in its first moment: refused, or sent on to the one that leads. Never taken for itself, nor answered from what it knew.
      const read = await other.call('GET', '/v1/apps?size=1000');
      if (read.status < 300) assert.ok(read.body.items.some(({ name }: { name: string }) => name === 'meanwhile'));
      else assert.is(read.status, 503);
      const late = await other.call('POST', '/v1/apps', {
        name: 'late',
        toProcess: 'sleep',
        args: ['1'],
        start: false,
      });
      const names = (await hub.master.get('/v1/apps')).items.map((app: any) => app.name);
      if (late.status < 300) assert.ok(names.includes('late'), 'acknowledged, so it is there');
      else assert.is(late.status, 503, JSON.stringify(late.body));
      await until('it stands by', async () =>
        (await other.call('GET', '/readyz')).body.detail?.includes(hub.master.address),
      );
      assert.is(await left, 1012);
      await linked(hub.master);
      assert.equal(await running(hub.master), pids);
      const now = (await hub.master.get('/v1/apps?size=1000')).items.map((app: any) => app.name);
      assert.ok(now.includes('meanwhile'));
      // What it had to write when it was stopped it has not written since, and acknowledged nothing that is not there.
      for (const [n, answer] of (await Promise.all(underWay)).entries())
        if (answer.status === 201) assert.ok(now.includes(`under-way-${n}`), `under-way-${n} is acknowledged`);
      const after = await writtenIn(term);
      assert.equal(
        after.filter((line) => !before.includes(line)),
        [],
      );
      const warnings = other
        .log()
        .slice(from)
        .split('\n')
        .filter((line) => /"level":(40|"warn")/.test(line));
      assert.is(warnings.length, 1, warnings.join('\n'));
    },
  );

  story('TERM gives the lease back: the other leads without waiting for it to lapse', async () => {
    await hub.master.end();
    const from = Date.now();
    await leads(other);
    assert.ok(Date.now() - from < 10_000 * crowding());
    await until('it says that it did not lead', () => /does not lead any more: the master at/.test(other.log()));
  });

  story('TERM while it begins to lead ends it all the same', async () => {
    const proxy = new ElasticProxy(args[1]!);
    let begins = false;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    proxy.treat = async ({ method, url }) => {
      if (method === 'PUT' && url!.endsWith('-apps')) {
        begins = true;
        await held;
      }
      return 'pass' as const;
    };
    const url = await proxy.open();
    const third = new Daemon('master', join(hub.root, 'master-3'), [
      ...quickTimes,
      ...elasticArgs(url, freshPrefix('begins')),
      '--elastic-timeout',
      '60s',
    ]);
    try {
      await third.start([], { asked: '/healthz' });
      await until('it begins to lead', () => begins);
      let code: number | null | undefined;
      void third.end().then((ended) => {
        code = ended;
      });
      await until('it has been told', () => third.log().includes('master ends'));
      goOn();
      await until('it ends', () => code !== undefined);
      assert.is(code, 0);
    } finally {
      goOn();
      await third.end('SIGKILL');
      await proxy.close();
    }
  });
  story.run();
}
