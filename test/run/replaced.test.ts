// Another version is installed over the one that runs: the files that it was started from are gone.
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { buffer } from 'node:stream/consumers';
import { freshDirectory, mainFile } from '../support/hub.ts';
import { until } from '../support/until.ts';

const root = join(dirname(mainFile), '../..');

async function zipped(): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('echo unpacked; exec sleep 1000\n'), 'main.sh');
  zip.end();
  return buffer(zip.outputStream);
}

test('programs are fetched, started, checked and entered on, what cannot be answered says why', async () => {
  const place = freshDirectory('replaced');
  const bin = join(place, 'dist/bin');
  mkdirSync(bin, { recursive: true });
  cpSync(dirname(mainFile), bin, { recursive: true });
  cpSync(join(root, 'package.json'), join(place, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  const zip = await zipped();
  const origin = createServer((_, response) => response.end(zip)).listen(0, '127.0.0.1');
  const child = spawn(
    process.execPath,
    [join(bin, 'stathub.js'), 'agent', '--port', '0', '--store-directory', join(place, 'agent')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  try {
    await until('all that programs may need is loaded', () => /all that programs may need is loaded/.test(said));
    const agent = /agent \S+ at (\S+),/.exec(said)![1]!;
    rmSync(join(place, 'dist'), { recursive: true });

    const uri = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/main.zip`;
    const app = {
      name: 'late',
      toProcess: 'sh',
      args: ['main.sh'],
      uris: [uri],
      healthChecks: [{ protocol: 'COMMAND', command: 'test -f main.sh' }],
    };
    const post = (type: string, body: string): Promise<Response> =>
      fetch(`${agent}/v1/apps`, { method: 'POST', headers: { 'content-type': type }, body });
    assert.is((await post('application/json', JSON.stringify(app))).status, 201);
    await until('it runs, and its check passes', async () => {
      const { items } = (await (await fetch(`${agent}/v1/instances`)).json()) as {
        items: { status: string; health: { status: string }[] }[];
      };
      return items[0]?.status === 'running' && items[0].health[0]?.status === 'passing';
    });

    const yaml = await post('application/yaml', 'name: other\ntoProcess: sleep\nargs: ["1000"]\n');
    const problem = (await yaml.json()) as { code: string; hint: string };
    assert.equal([yaml.status, problem.code], [503, 'replaced']);
    assert.match(problem.hint, /stathub upgrade/);
  } finally {
    child.kill('SIGQUIT');
    await ended;
    origin.close();
  }
});

test.run();
