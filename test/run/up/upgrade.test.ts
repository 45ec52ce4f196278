// `stathub upgrade`: master and agents are replaced under their programs.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshDirectory, mainFile } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

test('programs run on with the same pids, their output has no gap, an end in between is told exactly', async () => {
  const home = freshDirectory('home');
  mkdirSync(home, { recursive: true });
  const environment = {
    ...process.env,
    STATHUB_HOME: home,
    STATHUB_PORTS: `${21_000 + (process.pid % 800) * 10}-${21_009 + (process.pid % 800) * 10}`,
  };
  const run = (...args: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [mainFile, ...args], {
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.on('close', (code) => resolve({ code, out }));
    });
  const up = spawn(process.execPath, [mainFile, 'up', '--port', '0', '--agent-port', '0'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  up.stdout.on('data', (chunk) => (said += chunk));
  try {
    await until('the hub is up', () => /Ctrl-C ends the hub/.test(said));
    const hub = /dashboard +(\S+)/.exec(said)![1]!;
    const members = (): { name: string; pid: number }[] =>
      JSON.parse(readFileSync(join(home, 'up.json'), 'utf8')).members;
    const agent = members().find(({ name }) => name === 'agent')!.pid;
    const put = async (app: any): Promise<void> => {
      assert.ok(
        (
          await fetch(`${hub}/v1/apps/${app.name}`, {
            method: 'PUT',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(app),
          })
        ).ok,
      );
    };
    await put({ name: 'counts', toProcess: 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done', shell: true });
    // Ends as soon as nobody guards it.
    await put({
      name: 'ends',
      type: 'batch',
      restart: { policy: 'never' },
      toProcess: 'while kill -0 $AGENT 2>/dev/null; do sleep 0.01; done; echo last words; exit 5',
      shell: true,
      envs: { AGENT: agent },
    });
    await put({ name: 'done', type: 'batch', toProcess: '/bin/true' });
    const one = async (app: string): Promise<any> =>
      ((await (await fetch(`${hub}/v1/apps/${app}/instances`)).json()) as any).items[0];
    const before = await until('both run', async () => {
      const [a, b] = [await one('counts'), await one('ends')];
      return a?.status === 'running' && b?.status === 'running' ? a : null;
    });
    const earlier = await until('a job is done', async () => {
      const c = await one('done');
      return c?.status === 'stopped' ? c : null;
    });
    const pids = members().map(({ pid }) => pid);

    const upgraded = await run('upgrade');
    assert.is(upgraded.code, 0, upgraded.out);
    assert.match(upgraded.out, /run on with the same pids/);
    assert.ok(
      members().every(({ pid }) => !pids.includes(pid)),
      'master and agent are new processes',
    );

    const after = await until('it is known again', async () => {
      const a = await one('counts');
      return a?.status === 'running' ? a : null;
    });
    assert.equal(
      [after.id, after.pid, after.restarts, after.launch, after.startedAt],
      [before.id, before.pid, 0, before.launch, before.startedAt],
    );
    const ended = await until('the end is told', async () => {
      const b = await one('ends');
      return b?.exit ? b : null;
    });
    assert.equal([ended.exit.code, ended.exit.signal, ended.restarts, ended.pid], [5, null, 0, null]);
    assert.is(ended.status, 'failed', 'a job that is not started again is over, also when nobody saw its end');
    const done = await one('done');
    assert.equal(
      [done.id, done.status, done.exit?.code],
      [earlier.id, 'stopped', 0],
      'and one that was over before stays so',
    );
    const logs = async (id: string): Promise<string> =>
      (await fetch(`${hub}/v1/instances/${id}/logs?stream=stdout&tail=100000`)).text();
    const numbers = (await logs(after.id)).trim().split('\n').map(Number);
    assert.ok(
      numbers.length > 20 && numbers.every((number, index) => number === index + 1),
      'every line is there once',
    );
    assert.match(await logs(ended.id), /last words/);
  } finally {
    up.kill('SIGTERM');
    await new Promise((resolve) => {
      if (up.exitCode !== null) resolve(null);
      else up.once('exit', resolve);
    });
    assert.is((await run('down', '--all')).code, 0);
  }
});

test.run();
