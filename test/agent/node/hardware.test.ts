// What a real agent learns of its machine after its start: by a process of its own that ends with it, kept for the next start.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seal } from '../../../src/agent/effects/disk/sealed-json.ts';
import { readStat } from '../../../src/agent/effects/processes/boot.ts';
import { KnownHardware } from '../../../src/agent/node/known-hardware.ts';
import { freshDirectory } from '../../support/hub.ts';
import { until } from '../../support/until.ts';
import { Alone, lives } from '../alone.ts';

// A bus with one GPU, whatever this machine has; told to, it hangs.
const tools = freshDirectory('tools');
const hangs = join(tools, 'hangs');
const helper = join(tools, 'pid');
writeFileSync(
  join(tools, 'lspci'),
  `#!/bin/sh
if [ -e ${hangs} ]; then echo $$ > ${helper}.new; mv ${helper}.new ${helper}; exec sleep 300; fi
echo '3b:00.0 3D controller: NVIDIA Corporation GA100 [A100 PCIe 40GB] (rev a1)'
echo '	Region 1: Memory at 6000000000 (64-bit, prefetchable) [size=64G]'
`,
);
chmodSync(join(tools, 'lspci'), 0o755);
process.env['PATH'] = `${tools}:${process.env['PATH']}`;

const agent = new Alone();
const test = suite('hardware of an agent');
test.after(async () => {
  rmSync(hangs, { force: true });
  await agent.finish();
});

const node = async (): Promise<any> => (await agent.get('/v1/nodes')).items[0];
const keptFiles = (): string[] => readdirSync(agent.directory).filter((name) => /^hardware\.\d+\.json$/.test(name));
const learned = (): Promise<any> =>
  until('its GPU is known', async () => {
    const { hardware } = await node();
    return /A100/.test(hardware.gpus?.[0]?.model ?? '') && hardware;
  });

/** Waits until the reader hangs in a helper. @returns both, by pid */
async function hanging(): Promise<number[]> {
  const pid = await until('a helper hangs', () => existsSync(helper) && Number(readFileSync(helper, 'utf8')));
  rmSync(helper);
  const leader = readStat(pid)!.group;
  assert.match(readFileSync(`/proc/${leader}/cmdline`, 'latin1'), /hardware-process\.js/);
  return [pid, leader];
}
const allEnded = (pids: number[]): Promise<boolean> =>
  until('the reader and its helper have ended', () => !pids.some((pid) => lives(pid)));

test('is all there soon after the start, found by queries, placed by, and there at once after a restart', async () => {
  await agent.start();
  const hardware = await learned();
  assert.match(hardware.gpus[0].vendor, /NVIDIA/);
  assert.is(hardware.gpus[0].vram, 64 * 1024 ** 3);
  assert.type(hardware.virtual, 'boolean');
  assert.ok(hardware.physicalCores > 0);
  const found = await agent.get(`/v1/nodes?query=${encodeURIComponent('hardware.gpus.model:*A100*')}`);
  assert.is(found.total, 1);
  await agent.deploy({
    name: 'learns',
    placement: { query: 'hardware.gpus.model:*A100* AND hardware.gpus.vram:>32GB' },
  });
  const { pid } = await agent.running('learns');
  await until('it is kept', () => keptFiles().length === 1);

  writeFileSync(hangs, '');
  await agent.restart();
  assert.equal((await node()).hardware, hardware, 'known at once');
  const reader = await hanging();
  assert.is((await agent.running('learns')).pid, pid, 'what was placed by it stays');
  await agent.end('SIGKILL');
  await allEnded(reader);
});

test('is asked for by a process that ends with the agent', async () => {
  await agent.start();
  const reader = await hanging();
  await agent.end();
  await allEnded(reader);
  rmSync(hangs);
});

test('is asked for again where the file of it is damaged', async () => {
  truncateSync(join(agent.directory, keptFiles()[0]!), 20);
  await agent.start();
  await learned();
  const [told] = await agent.told('kind:file.quarantined');
  assert.match(told.message, /hardware\.\d+\.json is not used/);
});

test('over a reboot it is used until it is asked for, except what was mounted', () => {
  const directory = join(freshDirectory('kept'), 'store');
  mkdirSync(directory);
  const unexpected = (why: unknown): void => assert.unreachable(JSON.stringify(why));
  const read = (boot: string) => new KnownHardware(directory, boot, unexpected).read(unexpected);
  assert.equal(read('one'), {});
  const said = { codename: 'bookworm', gpus: [{ vendor: 'NVIDIA', model: 'A100' }] };
  writeFileSync(join(directory, 'hardware.1.json'), seal({ boot: 'one', said: { ...said, disks: [] } }));
  assert.equal(read('one'), { ...said, disks: [] });
  assert.equal(read('two'), said);
});

test.run();
