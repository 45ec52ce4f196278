// The main job as a user does it: STAT hub's own app JSON, from its manual, by the command line. Told on either store.
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import yazl from 'yazl';
import { stathub } from '../support/cli.ts';
import { fixture, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

/** @param masterArgs times, and the store if it is not the embedded one */
export function mainJob(name: string, masterArgs: string[]): void {
  const story = suite(name);
  const hub = new Hub(masterArgs);
  const zip = new yazl.ZipFile();
  zip.addFile(fixture('http_server.py'), 'http_server.py');
  zip.end();
  let archive = Buffer.alloc(0);
  const origin = createServer((_, response) => response.end(archive));

  story.before(async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
    archive = Buffer.concat(chunks);
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    await hub.start(1);
  });
  story.after(async () => {
    origin.close();
    await hub.end();
  });

  const app = () => ({
    name: 'http_server',
    toProcess: 'python3',
    workingDirectory: null,
    envs: { MODE: 'prod' },
    args: ['http_server.py', '${PORT_1}'],
    ports: [0, 0],
    killSignal: 15,
    uris: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}/http_server.zip`],
    healthChecks: [
      {
        protocol: 'HTTP',
        path: '/',
        portIndex: 0,
        initialDelaySeconds: 3,
        intervalSeconds: 20,
        timeoutSeconds: 20,
        maxConsecutiveFailures: 3,
      },
    ],
    resAlloc: null,
  });

  story('deploy --wait fetches, unpacks, starts, checks and ends when healthy', async () => {
    const file = join(hub.root, 'app.json');
    writeFileSync(file, JSON.stringify(app()));
    const ran = await stathub(hub.master.address, 'deploy', file, '--wait', '--timeout', '100s');
    assert.is(ran.code, 0, ran.err + ran.out);
    assert.match(ran.out, /http_server revision 1 created, 1 of 1 healthy/);
    assert.match(ran.err, /running {2}pid \d+, ports \d+, \d+/);
    const [instance] = await hub.running('http_server', 1);
    assert.is(await (await fetch(`http://127.0.0.1:${instance.ports[0]}/`)).text(), 'mode prod slot 0\n');
    assert.ok(instance.ports.every((port: number) => port >= 20_000 && port < 30_000));
  });

  story('its output is there, by tail', async () => {
    const ran = await until('the line', async () => {
      const r = await stathub(hub.master.address, 'logs', 'http_server');
      return r.out.includes('listening on') && r;
    });
    assert.is(ran.code, 0);
  });

  story('deploying the same again changes nothing', async () => {
    const [before] = await hub.running('http_server', 1);
    const ran = await stathub(hub.master.address, 'deploy', join(hub.root, 'app.json'), '--wait', '--timeout', '100s');
    assert.is(ran.code, 0, ran.err);
    const [after] = await hub.running('http_server', 1);
    assert.is(after.pid, before.pid);
  });

  story('a changed spec replaces the instance, healthy before the old one goes', async () => {
    const [before] = await hub.running('http_server', 1);
    const file = join(hub.root, 'next.json');
    writeFileSync(file, JSON.stringify({ ...app(), envs: { MODE: 'next' }, update: { minHealthySeconds: 0 } }));
    const ran = await stathub(hub.master.address, 'deploy', file, '--wait', '--timeout', '100s');
    assert.is(ran.code, 0, ran.err + ran.out);
    const [after] = await hub.running('http_server', 1);
    assert.is.not(after.pid, before.pid);
    assert.is(await (await fetch(`http://127.0.0.1:${after.ports[0]}/`)).text(), 'mode next slot 0\n');
  });

  story('a bad app is refused whole: every problem, the nearest key, exit code 4', async () => {
    const file = join(hub.root, 'bad.json');
    writeFileSync(file, JSON.stringify({ name: 'Bad Name', toProces: 'x', ports: [-1] }));
    const ran = await stathub(hub.master.address, 'deploy', file);
    assert.is(ran.code, 4);
    assert.match(ran.err, /name/);
    assert.match(ran.err, /toProcess/);
    assert.match(ran.err, /ports/);
  });

  story('delete ends the process and forgets the app', async () => {
    const [instance] = await hub.running('http_server', 1);
    const ran = await stathub(hub.master.address, 'delete', 'http_server', '--wait', '--timeout', '100s');
    assert.is(ran.code, 0, ran.err);
    assert.throws(() => process.kill(instance.pid, 0));
    assert.is((await hub.master.call('GET', '/v1/apps/http_server')).status, 404);
  });

  story.run();
}
