// The environment of a process, the arguments made of it, and the fencing token.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expandArguments, hostOf, processEnvironment, variableName } from '../../../src/model/app/environment.ts';
import type { EnvironmentFacts } from '../../../src/model/app/environment.ts';
import { launchLimit, readStatEpoch, statEpoch } from '../../../src/model/instance/epoch.ts';

const facts = (more: Partial<EnvironmentFacts> = {}): EnvironmentFacts => ({
  spec: {
    name: 'web',
    envs: { MODE: 'prod' },
    ports: [
      { name: 'http', port: 0 },
      { name: null, port: 0 },
    ],
    resAlloc: { cpus: null, mem: null, disk: null },
  },
  instance: { id: 'web.2.abcdefgh', slot: 2, revision: 7, epoch: 5 },
  launch: 3,
  node: { id: 'n1', host: 'http://192.168.1.165:51025', tags: ['ssd', 'zone=a', 'rack:r-1'], envs: {} },
  ports: [20001, 20002],
  debugPort: null,
  consolePort: null,
  user: { name: 'app', home: '/home/app', shell: '/bin/sh' },
  ...more,
});

test('a clean list, the ports in every spelling, and who it is', () => {
  assert.equal(processEnvironment(facts()), {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: '/home/app',
    USER: 'app',
    LOGNAME: 'app',
    SHELL: '/bin/sh',
    MODE: 'prod',
    PORT: '20001',
    PORT_1: '20001',
    PORT0: '20001',
    PORT_2: '20002',
    PORT1: '20002',
    PORT_HTTP: '20001',
    HOST: '192.168.1.165',
    STAT_APP: 'web',
    STAT_INSTANCE: 'web.2.abcdefgh',
    STAT_SLOT: '2',
    STAT_REVISION: '7',
    STAT_NODE: 'n1',
    STAT_EPOCH: String(5 * 2 ** 20 + 3),
    STAT_TAG_SSD: 'true',
    STAT_TAG_ZONE: 'a',
    STAT_TAG_RACK: 'r-1',
  });
});

test("node envs, then the app's, then what the platform promises", () => {
  const spec = { ...facts().spec, envs: { A: 'app', PATH: '/opt/bin', STAT_EPOCH: '999', PORT: '1' } };
  const env = processEnvironment(facts({ spec, node: { ...facts().node, envs: { A: 'node', B: 'node' } } }));
  assert.is(env['A'], 'app');
  assert.is(env['B'], 'node');
  assert.is(env['PATH'], '/opt/bin', 'an app may set its own PATH');
  assert.is(env['PORT'], '20001');
  assert.is(env['STAT_EPOCH'], String(5 * 2 ** 20 + 3), 'never the fencing token');
});

test('what is there only where there is something to tell', () => {
  const env = processEnvironment(
    facts({
      debugPort: 5005,
      consolePort: 5006,
      directory: '/work',
      spec: { ...facts().spec, resAlloc: { cpus: null, mem: 1024, disk: null } },
    }),
  );
  assert.is(env['DEBUG_PORT'], '5005');
  assert.is(env['CONSOLE_PORT'], '5006');
  assert.is(env['STAT_LIMIT_MEM'], '1024');
  assert.is(env['PWD'], '/work');
  const bare = processEnvironment(facts({ ports: [], spec: { ...facts().spec, ports: [] } }));
  assert.not.ok('PORT' in bare || 'DEBUG_PORT' in bare || 'STAT_LIMIT_MEM' in bare || 'PWD' in bare);
});

test('${NAME} is replaced in arguments, once; unknown names stay; $${NAME} is literal', () => {
  const env = { PORT: '80', A: '${PORT}' };
  assert.equal(
    expandArguments(
      ['--port=${PORT}', '${A}', '-Dp=${date}', '$${PORT}', '$PORT', '${PORT}${PORT}', '${toString}'],
      env,
    ),
    ['--port=80', '${PORT}', '-Dp=${date}', '${PORT}', '$PORT', '8080', '${toString}'],
  );
  const spec = { ...facts().spec, envs: { SERVER_PORT: '${PORT}', PATTERN: '${date}', SELF: '${MODE}' } };
  const made = processEnvironment(facts({ spec }));
  assert.equal(
    [made['SERVER_PORT'], made['PATTERN'], made['SELF']],
    ['20001', '${date}', '${MODE}'],
    "in the app's values too, from what the platform promises",
  );
});

test('hosts and names', () => {
  const hosts = [
    ['http://10.0.0.1:51025', '10.0.0.1'],
    ['https://db.example.com/x', 'db.example.com'],
    ['10.0.0.1', '10.0.0.1'],
    ['db:80', 'db'],
    ['http://[::1]:80/', '::1'],
    ['fe80::1', 'fe80::1'],
    ['http://u:p@h:1', 'h'],
  ] as const;
  for (const [address, host] of hosts) assert.is(hostOf(address), host);
  assert.is(variableName('fast-disk.v2'), 'FAST_DISK_V2');
});

test('STAT_EPOCH: a later placement is above every launch of an earlier one', () => {
  const epoch = fc.integer({ min: 0, max: 2 ** 50 });
  const launch = fc.nat(2 ** 22);
  fc.assert(
    fc.property(epoch, launch, epoch, launch, (e1, l1, e2, l2) => {
      const a = BigInt(statEpoch(e1, l1));
      const b = BigInt(statEpoch(e2, l2));
      const order = a < b ? -1 : a > b ? 1 : 0;
      if (e1 !== e2) assert.is(order, Math.sign(e1 - e2));
      else assert.is(order, Math.sign(Math.min(l1, launchLimit) - Math.min(l2, launchLimit)));
      assert.equal(readStatEpoch(statEpoch(e1, l1)), { epoch: e1, launch: Math.min(l1, launchLimit) });
    }),
  );
  assert.is(statEpoch(2 ** 50, 1), '1180591620717411303425');
  assert.throws(
    () => statEpoch(-1, 0),
    (error: unknown) => error instanceof RangeError,
  );
  assert.throws(
    () => statEpoch(1, 0.5),
    (error: unknown) => error instanceof RangeError,
  );
  for (const text of ['', 'x', '-1', '1.5', '9'.repeat(30)]) assert.is(readStatEpoch(text), null);
});

test.run();
