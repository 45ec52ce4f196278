// Marathon's app definitions: what becomes of them, and what is told of the rest.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseApp } from '../../../src/model/app/app-schema.ts';
import { fromMarathon } from '../../../src/model/marathon/marathon.ts';

/** Converts one app and has the result validated as any app is. */
function one(document: unknown) {
  const [converted, ...more] = fromMarathon(document) ?? [];
  assert.is(more.length, 0);
  const parsed = parseApp(converted!.app);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return {
    spec: parsed.spec,
    app: converted!.app,
    notes: converted!.notes.map(({ path, message }) => `${path}: ${message}`),
  };
}

test("the app of Marathon's own tutorial runs as it stands, and nothing is left to tell", () => {
  const { spec, notes } = one({
    id: 'basic-0',
    cmd: "while [ true ] ; do echo 'Hello Marathon' ; sleep 5 ; done",
    cpus: 0.1,
    mem: 10.0,
    instances: 1,
  });
  assert.equal(
    [spec.name, spec.shell, spec.args, spec.placement.scale, spec.placement.query],
    ['basic-0', true, [], 1, '*'],
  );
  assert.equal(spec.resAlloc, { cpus: 0.1, mem: 10 * 1024 ** 2, disk: null });
  assert.equal(spec.ports, [{ name: null, port: 0 }], 'an app has one port unless it says otherwise');
  assert.equal(
    [spec.restart.delaySeconds, spec.restart.factor, spec.restart.maxDelaySeconds, spec.killTimeoutSeconds],
    [1, 1.15, 300, 3],
  );
  assert.equal([spec.update.maxSurge, spec.update.maxUnavailable], [1, 0]);
  assert.equal(notes, []);
});

test('everything that has a counterpart is taken over', () => {
  const { spec, notes } = one({
    id: '/shop/web',
    args: ['/opt/web', '--port', '$PORT0'],
    instances: 4,
    disk: 256,
    env: { MODE: 'prod', N: 3 },
    labels: { team: 'shop' },
    user: 'www',
    fetch: [{ uri: 'http://x/a.tgz' }, { uri: 'http://x/b.zip', extract: false, executable: true, destPath: 'bin/b' }],
    uris: ['http://x/a.tgz', 'http://x/c.jar'],
    portDefinitions: [
      { port: 8080, name: 'http' },
      { port: 0, name: 'admin' },
    ],
    requirePorts: true,
    healthChecks: [
      {
        protocol: 'MESOS_HTTP',
        path: '/health',
        portIndex: 1,
        gracePeriodSeconds: 30,
        intervalSeconds: 10,
        maxConsecutiveFailures: 5,
      },
      { protocol: 'COMMAND', command: { value: 'test -f ok' } },
    ],
    readinessChecks: [{ portName: 'admin', path: '/ready' }],
    constraints: [
      ['hostname', 'UNIQUE'],
      ['hostname', 'LIKE', 'web-[0-9]+'],
      ['rack', 'IS', 'r1'],
    ],
    backoffSeconds: 2,
    backoffFactor: 3,
    maxLaunchDelaySeconds: 60,
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 },
    taskKillGracePeriodSeconds: 20,
    dependencies: ['../db', '/other/mq'],
    unreachableStrategy: 'disabled',
    version: '2014-03-01T23:29:30.158Z',
    tasksRunning: 3,
  });
  assert.equal(
    [spec.name, spec.toProcess, spec.args, spec.shell, spec.user],
    ['shop.web', '/opt/web', ['--port', '$PORT0'], false, 'www'],
  );
  assert.equal(spec.envs, { MODE: 'prod', N: '3' });
  assert.equal(spec.ports, [
    { name: 'http', port: 8080 },
    { name: 'admin', port: 0 },
  ]);
  assert.equal(
    spec.uris.map(({ uri, extract, executable, dest }) => [uri, extract, executable, dest]),
    [
      ['http://x/a.tgz', true, false, null],
      ['http://x/b.zip', false, true, 'bin/b'],
      ['http://x/c.jar', false, false, null],
    ],
  );
  assert.equal(
    spec.healthChecks.map((c) => [
      c.protocol,
      c.role,
      c.portIndex,
      c.initialDelaySeconds,
      c.intervalSeconds,
      c.timeoutSeconds,
      c.maxConsecutiveFailures,
    ]),
    [
      ['HTTP', 'live', 1, 30, 10, 20, 5],
      ['COMMAND', 'live', 0, 300, 60, 20, 3],
      ['HTTP', 'ready', 1, 60, 30, 10, 3],
    ],
  );
  assert.is(spec.healthChecks[1]!.command, 'test -f ok');
  assert.equal(
    [spec.placement.query, spec.placement.maxPerNode, spec.placement.scale, spec.placement.onPartition],
    ['hostname:/web-[0-9]+/ AND tags:"rack:r1"', 1, 4, 'wait'],
  );
  assert.equal([spec.update.maxSurge, spec.update.maxUnavailable], [1, 2]);
  assert.equal(
    [spec.restart.delaySeconds, spec.restart.factor, spec.restart.maxDelaySeconds, spec.killTimeoutSeconds],
    [2, 3, 60, 20],
  );
  assert.equal(
    spec.dependsOn.map(({ app }) => app),
    ['db', 'other.mq'],
  );
  assert.equal([spec.resAlloc.disk, spec.meta], [256 * 1024 ** 2, { team: 'shop' }]);
  assert.equal(notes, [
    'id: /shop/web is called shop.web here',
    'constraints[2]: nodes have tags, not attributes: give them rack:r1',
  ]);
});

test('what has no counterpart is told, each with its path', () => {
  const { notes } = one({
    id: 'c',
    cmd: 'run',
    gpus: 1,
    env: { KEY: { secret: 'k' } },
    secrets: { k: { source: '/k' } },
    networks: [{ mode: 'container/bridge' }],
    residency: {},
    ports: [10000],
    acceptedResourceRoles: ['slave_public'],
    container: { docker: { image: 'nginx' }, volumes: [{ containerPath: '/data', hostPath: '/srv' }] },
    constraints: [
      ['rack', 'GROUP_BY', '3'],
      ['hostname', 'NEAR', 'x'],
    ],
    healthChecks: [{ protocol: 'HTTP', maxConsecutiveFailures: 0, delaySeconds: 5 }],
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
  });
  for (const path of [
    'gpus',
    'env.KEY',
    'secrets',
    'networks',
    'residency',
    'ports[0]',
    'acceptedResourceRoles',
    'container.docker',
    'container.volumes[0]',
    'constraints[0]',
    'constraints[1]',
    'healthChecks[0].maxConsecutiveFailures',
    'healthChecks[0].delaySeconds',
    'upgradeStrategy',
  ])
    assert.ok(
      notes.some((note) => note.startsWith(`${path}: `)),
      path,
    );
});

test("groups, lists and what the API answers; what is none of Marathon's is refused", () => {
  const names = (document: unknown) => fromMarathon(document)?.map(({ app }) => app['name']);
  assert.equal(
    names({
      id: '/shop',
      groups: [{ id: 'db', apps: [{ id: 'pg', cmd: 'x' }] }],
      apps: [
        { id: 'web', cmd: 'y' },
        { id: '/top', cmd: 'z' },
      ],
    }),
    ['shop.web', 'top', 'shop.db.pg'],
  );
  assert.equal(names({ apps: [{ id: '/a', cmd: 'x' }] }), ['a']);
  assert.equal(
    names([
      { id: 'a', cmd: 'x' },
      { id: 'b', cmd: 'x' },
    ]),
    ['a', 'b'],
  );
  for (const none of [null, 1, 'x', {}, { apps: [1] }, [{ id: 'a', cmd: 'x' }, 2], { groups: [null] }])
    assert.is(fromMarathon(none), null, JSON.stringify(none));
  assert.not.ok(
    parseApp(fromMarathon({ id: 'img', container: { docker: { image: 'x' } } })![0]!.app).ok,
    'an image alone says nothing to run',
  );
});

test.run();
