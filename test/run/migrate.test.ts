// A hub with a running app moves to a real Elasticsearch and back; its agent goes on, its process is never touched.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../src/store/embedded/embedded.ts';
import { holderOf } from '../../src/store/lock.ts';
import { ElasticProxy } from '../elasticsearch/proxy.ts';
import { freshPrefix, lendOrSkip } from '../elasticsearch/shared.ts';
import { Daemon, freshDirectory, Hub, mainFile, quickTimes } from '../support/hub.ts';
import { until } from '../support/until.ts';

/** Runs a command to its end. */
function run(...words: string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mainFile, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += String(chunk);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}
const migrate = (args: string[]) => run('migrate', ...args, '--elastic-timeout', '60s');

const server = await lendOrSkip(9);
if (server !== null) {
  const test = suite('moving a hub');
  const proxy = new ElasticProxy(server);
  const url = await proxy.open();
  const prefix = freshPrefix('moved');
  const there = ['--elastic-prefix', prefix];
  const hub = new Hub(quickTimes);
  const back = freshDirectory('back');
  let onElastic: Daemon | null = null;
  let onBack: Daemon | null = null;
  let pid = 0;
  let id = '';
  test.after(async () => {
    await hub.agents[0]?.end('SIGQUIT');
    await Promise.all([onElastic?.end(), onBack?.end(), hub.master.end()]);
    await proxy.close();
  });
  const port = (): string => new URL(hub.master.address).port;
  /** The same app, agent and process, seen from a master that took over the address. */
  const goesOn = async (master: Daemon): Promise<void> => {
    const found = await until('the agent is back and its instance runs', async () => {
      const { items } = await master.get('/v1/instances?query=app:stays');
      const nodes = (await master.get('/v1/nodes')).items as { status: string }[];
      return nodes[0]?.status === 'ready' && items[0]?.status === 'running' ? items : null;
    });
    assert.equal(
      found.map((instance: { id: string; pid: number }) => [instance.id, instance.pid]),
      [[id, pid]],
    );
    process.kill(pid, 0);
  };

  test('a master that runs is not moved', async () => {
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', { name: 'stays', toProcess: 'sleep', args: ['1000'] });
    [{ pid, id }] = await hub.running('stays', 1);
    const { code, text } = await migrate(['--from', hub.master.directory, '--to', url, ...there]);
    assert.is(code, 4, text);
    assert.match(text, /in use by the master with pid \d+/);
  });

  test('to Elasticsearch, killed in the middle and run again', async () => {
    await hub.master.end();
    const store = await openEmbedded(hub.master.directory);
    await store.append(
      Array.from({ length: 1000 }, (_, n) => ({
        at: Date.now(),
        kind: 'test.happened',
        message: `filler ${n}`,
        subject: {},
        detail: {},
        loudness: 'quiet',
      })),
    );
    await store.bulk(
      Array.from({ length: 3000 }, (_, n) => ({
        collection: 'aaa',
        key: `k${n}`,
        doc: { n },
        expect: 'absent' as const,
      })),
    );
    await store.close();
    // Looked at before each of its requests: once a part of them has arrived, it gets no further.
    let halfway = false;
    proxy.treat = async () => {
      const answer = (await (await fetch(`${server}/${prefix}-records/_doc/hub:migration`)).json()) as {
        _source?: { doc: { part: string | null; after: string | null } };
      };
      halfway ||= answer._source?.doc.part === 'aaa' && answer._source.doc.after !== null;
      return halfway ? new Promise(() => undefined) : 'pass';
    };
    const killing = migrate(['--from', hub.master.directory, '--to', url, ...there]);
    await until('some of it is there', () => halfway);
    const holder = await holderOf(hub.master.directory);
    process.kill(holder!.pid!, 'SIGKILL');
    assert.is((await killing).code, null, 'killed before its end');
    proxy.treat = () => 'pass';
    const half = await run('master', '--port', '0', '--store-directory', hub.master.directory);
    assert.equal([half.code, /is being moved to/.test(half.text)], [4, true], half.text);
    const { code, text } = await migrate(['--from', hub.master.directory, '--to', url, ...there]);
    assert.is(code, 0, text);
    assert.match(text, /^aaa +3,000 {2}same on both sides$/m);
    const old = await run('master', '--port', '0', '--store-directory', hub.master.directory);
    assert.equal([old.code, /was moved to .*Start the master there/s.test(old.text)], [4, true], old.text);
    onElastic = new Daemon('master', freshDirectory('elastic'), [
      ...quickTimes,
      '--elastic',
      url,
      ...there,
      '--elastic-timeout',
      '60s',
      '--port',
      port(),
    ]);
    await onElastic.start();
    await goesOn(onElastic);
    const { total } = await onElastic.get('/v1/data/aaa?query=n:>=2990');
    assert.is(total, 10);
    const { address } = onElastic;
    await until('the move is told', async () => {
      const answer = (await (await fetch(`${address}/v1/events?query=kind:hub.moved`)).json()) as { items: unknown[] };
      return answer.items.length === 1;
    });
  });

  test('on to other indices; and back to a directory; undone, the first would run again', async () => {
    const running = await migrate(['--from', url, '--to', back, ...there]);
    assert.is(running.code, 4, running.text);
    assert.match(running.text, /is in use by http/);
    await onElastic!.end();
    const second = freshPrefix('moved-again');
    const on = await migrate(['--from', url, '--from-prefix', prefix, '--to', url, '--to-prefix', second]);
    assert.equal([on.code, /^aaa +3,000 {2}same on both sides$/m.test(on.text)], [0, true], on.text);
    const whole = await migrate(['--abandon', '--to', url, '--to-prefix', second]);
    assert.equal([whole.code, /holds no unfinished move/.test(whole.text)], [4, true], whole.text);
    const { code, text } = await migrate(['--from', url, '--to', back, '--elastic-prefix', second]);
    assert.is(code, 0, text);
    onBack = new Daemon('master', back, [...quickTimes, '--port', port()]);
    await onBack.start();
    await goesOn(onBack);
    const undone = await migrate(['--undo', '--from', hub.master.directory]);
    assert.equal([undone.code, /may run on .* again.*never run both/s.test(undone.text)], [0, true], undone.text);
    const nowhere = await migrate(['--from', join(back, 'nothing'), '--to', url, ...there]);
    assert.equal([nowhere.code, /holds no store/.test(nowhere.text)], [3, true], nowhere.text);
  });

  test.run();
}
