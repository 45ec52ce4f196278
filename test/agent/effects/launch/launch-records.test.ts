// Records of instances and numbers of launches, also of files that are broken.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootId } from '../../../../src/agent/effects/processes/boot.ts';
import {
  createLaunch,
  readLaunch,
  readReady,
  readStopping,
  writeReady,
  writeStopping,
} from '../../../../src/agent/effects/launch/launch-facts.ts';
import {
  instanceDirectory,
  isInstanceId,
  launchDirectory,
  LaunchNumbers,
  readInstances,
  removeInstance,
  writeRecord,
} from '../../../../src/agent/effects/launch/launch-records.ts';

interface Record_ {
  app: string;
  epoch: number;
}
const isRecord = (value: unknown): value is Record_ =>
  typeof value === 'object' && value !== null && typeof (value as Record_).app === 'string';
const temporary = () => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'records-'));
const id = 'web.0.abcdefgh';

test('a record is written as a new file, the old one goes after it', async () => {
  const root = temporary();
  const directory = instanceDirectory(root, id);
  await writeRecord(directory, { app: 'web', epoch: 1 });
  await writeRecord(directory, { app: 'web', epoch: 2 });
  await writeRecord(directory, { app: 'web', epoch: 3 });
  assert.equal(readdirSync(directory).sort(), ['launches', 'record.3.json']);
  assert.equal(readInstances(root, isRecord), {
    instances: [{ id, directory, record: { app: 'web', epoch: 3 }, launches: [] }],
    notices: [],
  });
  removeInstance(directory);
  assert.equal(readInstances(root, isRecord).instances, []);
  rmSync(root, { recursive: true });
});

test('the highest whole record counts; broken ones are moved aside and told', async () => {
  const whole = '{"app":"web","epoch":1}\n';
  const broken: [string, string, RegExp][] = [
    ['truncated', whole.slice(0, -5), /cut off/],
    ['without its last byte', whole.slice(0, -1), /cut off/],
    ['empty', '', /empty/],
    ['zeroed', '\0'.repeat(64), /zeroes/],
    ['foreign', '{"some":"thing"}\n', /no record/],
    ['no JSON', 'hello\n', /no JSON/],
    ['a list', '[]\n', /no record/],
  ];
  for (const [name, text, reason] of broken) {
    const root = temporary();
    const directory = instanceDirectory(root, id);
    await writeRecord(directory, { app: 'web', epoch: 1 });
    writeFileSync(join(directory, 'record.2.json'), text); // written when the power went: the old one is still there
    const { instances, notices } = readInstances(root, isRecord);
    assert.equal(instances[0]!.record, { app: 'web', epoch: 1 }, name);
    assert.is(notices.length, 1, name);
    assert.match(notices[0]!.reason, reason, name);
    assert.is(readFileSync(notices[0]!.movedTo!, 'utf8'), text, name);
    assert.equal(readInstances(root, isRecord).notices, [], `${name}: told once`);
    await writeRecord(directory, { app: 'web', epoch: 4 });
    assert.equal(readInstances(root, isRecord).instances[0]!.record, { app: 'web', epoch: 4 }, name);
    rmSync(root, { recursive: true });
  }
});

test('an instance of which every record is broken is still known by its launches', () => {
  const root = temporary();
  const directory = instanceDirectory(root, id);
  for (const n of [1, 2, 10]) mkdirSync(launchDirectory(directory, n), { recursive: true });
  mkdirSync(join(directory, 'launches/foreign'));
  writeFileSync(join(directory, 'record.7.json'), '');
  const { instances, notices } = readInstances(root, isRecord);
  assert.equal(instances, [{ id, directory, record: null, launches: [1, 2, 10] }]);
  assert.is(notices.length, 1);
  rmSync(root, { recursive: true });
});

test('foreign names are told and left alone', () => {
  const root = temporary();
  mkdirSync(join(root, 'lost+found'));
  writeFileSync(join(root, id), 'a file with the name of an instance');
  const { instances, notices } = readInstances(root, isRecord);
  assert.equal([instances, notices.length], [[], 2]);
  assert.ok(existsSync(join(root, 'lost+found')));
  rmSync(root, { recursive: true });
});

test('instance ids', () => {
  for (const good of [id, 'a.12.22222222', 'my-app_1.x.0.abcd2345']) assert.ok(isInstanceId(good), good);
  for (const bad of [
    'web',
    'web.0',
    '../x.0.abcdefgh',
    'web.0.abcdefg',
    'web.0.abcdefg1',
    'Web.0.abcdefgh',
    'web.x.abcdefgh',
    '.0.abcdefgh',
    'a/b.0.abcdefgh',
  ])
    assert.not(isInstanceId(bad), bad);
});

test('launch numbers are reserved ahead on disk and never given twice', async () => {
  const root = temporary();
  const numbers = new LaunchNumbers(root, 0, true, true);
  assert.equal([numbers.take(), numbers.take()], [1, 2], 'the first block comes with the record');
  assert.equal(readdirSync(root), []);

  const sameBoot = new LaunchNumbers(root, 2, true);
  await sameBoot.ready();
  assert.is(sameBoot.take(), 3);

  const afterPowerCut = new LaunchNumbers(root, 2, false); // launches 3 and on may have been lost
  assert.throws(() => afterPowerCut.take(), /reserved/);
  await afterPowerCut.ready();
  assert.is(afterPowerCut.take(), 1001);
  assert.equal(readdirSync(root), ['reserved.2000']);

  for (let n = 1002; n <= 2950; n++) {
    await afterPowerCut.ready();
    assert.is(afterPowerCut.take(), n);
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(readdirSync(root).includes('reserved.3000') || readdirSync(root).includes('reserved.4000'));
  rmSync(root, { recursive: true });
});

test('the files of a launch: whole or not there', () => {
  const root = temporary();
  const directory = join(root, '1');
  createLaunch(directory, { boot: bootId(), ports: [20_001] });
  assert.equal(readLaunch(directory), { boot: bootId(), ports: [20_001] });
  assert.throws(() => createLaunch(directory, {}), /EEXIST/);
  for (const text of ['', '{"boot"', '[1]\n', 'null\n', '\0\0\0\n']) {
    writeFileSync(join(directory, 'launch.json'), text);
    assert.is(readLaunch(directory), null, JSON.stringify(text));
  }
  assert.equal([readReady(directory), readStopping(directory)], [null, null]);
  writeReady(directory, { at: 5, mono: 6 });
  writeReady(directory, { at: 7, mono: 8 });
  assert.equal(readReady(directory), { at: 5, mono: 6 });
  writeStopping(directory, { reason: 'stop', at: 1, deadlineMono: 2, by: 'ops' });
  writeStopping(directory, { reason: 'unhealthy', at: 3, deadlineMono: 4 });
  assert.equal(readStopping(directory), { reason: 'stop', at: 1, deadlineMono: 2, by: 'ops' });
  rmSync(root, { recursive: true });
});

test.run();
