// The app schema: defaults, every problem at once, hints.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { appJsonSchema } from '../../../src/model/app/app-json-schema.ts';
import { appNotes } from '../../../src/model/app/app-notes.ts';
import { filledIn, parseApp } from '../../../src/model/app/app-schema.ts';
import type { AppSpec } from '../../../src/model/app/app.ts';
import type { FieldProblem } from '../../../src/model/errors.ts';
import { runs } from '../../support/runs.ts';

const least = { name: 'web', toProcess: 'sleep' };
function good(app: Record<string, unknown>): AppSpec {
  const parsed = parseApp({ ...least, ...app });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}
function bad(app: Record<string, unknown>): FieldProblem[] {
  const parsed = parseApp({ ...least, ...app });
  assert.not.ok(parsed.ok, `${JSON.stringify(app)} was taken`);
  return parsed.ok ? [] : parsed.problems;
}
const one = (app: Record<string, unknown>): string => {
  const problems = bad(app);
  assert.is(problems.length, 1, JSON.stringify(problems));
  const { path, message, hint } = problems[0]!;
  return `${path}: ${message}${hint ? ` (${hint})` : ''}`;
};

test("the app of STAT hub's manual works as it stands", () => {
  const parsed = parseApp({
    name: 'http_server',
    toProcess: 'python',
    workingDirectory: '/opt',
    envs: {},
    args: ['http_server.py'],
    ports: [0, 0],
    killSignal: 15,
    uris: ['http://files.example.com/stat/http_server.py'],
    healthChecks: [
      {
        initialDelaySeconds: 60,
        intervalSeconds: 20,
        maxConsecutiveFailures: 3,
        path: '/',
        portIndex: 0,
        protocol: 'HTTP',
        timeoutSeconds: 20,
      },
    ],
    resAlloc: null,
  });
  assert.ok(parsed.ok);
  assert.equal(parsed.ok && parsed.given, { scale: false, start: false });
  assert.equal(parsed.ok && parsed.spec.ports, [
    { name: null, port: 0 },
    { name: null, port: 0 },
  ]);
  assert.equal(parsed.ok && parsed.spec.resAlloc, { cpus: null, mem: null, disk: null });
});

test('an app of two fields has all defaults', () => {
  assert.equal(good({}), {
    name: 'web',
    toProcess: 'sleep',
    args: [],
    shell: false,
    workingDirectory: null,
    envs: {},
    ports: [],
    debugPort: false,
    consolePort: false,
    uris: [],
    killSignal: 15,
    killTimeoutSeconds: 10,
    killMode: 'group',
    preStop: null,
    healthChecks: [],
    resAlloc: { cpus: null, mem: null, disk: null },
    limits: { fds: null, processes: null, fileSize: null, cpus: null, nice: 0, umask: '022' },
    user: null,
    restart: {
      policy: 'always',
      delaySeconds: 1,
      factor: 2,
      maxDelaySeconds: 300,
      jitter: 0.25,
      resetAfterSeconds: 600,
      attempts: 3,
      periodSeconds: 600,
      giveUp: false,
    },
    startTimeoutSeconds: null,
    routes: [],
    update: {
      order: 'auto',
      maxSurge: 1,
      maxUnavailable: 0,
      minHealthySeconds: 10,
      healthyDeadlineSeconds: 300,
      progressDeadlineSeconds: 600,
      autoRevert: true,
      canary: 0,
      pauseAfterBatch: false,
    },
    placement: {
      query: '*',
      scale: 1,
      spread: ['id', 'hostname'],
      maxPerNode: null,
      prefer: [],
      with: [],
      notWith: [],
      onPartition: 'replace',
    },
    type: 'service',
    schedule: null,
    dependsOn: [],
    logs: { maxBytes: 10485760, files: 5, keepDays: 7, rateBytesPerSecond: null },
    meta: {},
    start: true,
  });
  assert.equal(good({ healthChecks: [{ port: 80 }] }).healthChecks[0], {
    protocol: 'HTTP',
    role: 'live',
    path: '/',
    portIndex: 0,
    port: 80,
    command: null,
    match: null,
    initialDelaySeconds: 60,
    intervalSeconds: 20,
    timeoutSeconds: 20,
    maxConsecutiveFailures: 3,
  });
  assert.equal(good({ type: 'cron', schedule: { cron: '*/5 * * * *' } }).schedule, {
    cron: '*/5 * * * *',
    timezone: 'UTC',
    overlap: 'skip',
    catchUp: 0,
    timeoutSeconds: null,
  });
  assert.equal(good({ dependsOn: [{ app: 'db' }] }).dependsOn, [{ app: 'db', until: 'healthy' }]);
});

test('null for any key is its default, at every depth', () => {
  const plain = good({});
  const isMap = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const nulls = (value: object): object =>
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isMap(inner) ? nulls(inner) : null]));
  assert.equal(good({ ...nulls(plain), ...least }), plain);
  assert.equal(
    good(
      Object.fromEntries(
        Object.keys(plain)
          .filter((k) => !(k in least))
          .map((k) => [k, null]),
      ),
    ),
    plain,
  );
});

test('a spec is its own app: what is read back changes nothing', () => {
  const spec = good({
    ports: [{ name: 'http', port: 80 }],
    uris: ['http://x/a.tar.gz'],
    envs: { A: 1, B: true },
    resAlloc: { mem: '256MB' },
    type: 'batch',
    killSignal: 'INT',
  });
  assert.equal(good({ ...spec }), spec);
});

test('what was given of scale and start is told', () => {
  const given = (app: object): unknown => {
    const parsed = parseApp({ ...least, ...app });
    return parsed.ok && parsed.given;
  };
  assert.equal(given({ placement: { scale: 3 } }), { scale: true, start: false });
  assert.equal(given({ placement: { scale: null }, start: null }), { scale: false, start: false });
  assert.equal(given({ start: false, placement: { query: '*' } }), { scale: false, start: true });
});

test('values that people write in several ways', () => {
  assert.is(good({ resAlloc: { mem: '256MB' } }).resAlloc.mem, 268435456);
  assert.is(good({ resAlloc: { mem: '1.5 GiB', disk: '1g' } }).resAlloc.mem, 1610612736);
  assert.is(good({ killSignal: 'SIGINT' }).killSignal, 2);
  assert.is(good({ killSignal: 'quit' }).killSignal, 3);
  const loose = good({ args: ['a', 8080, true], envs: { A: 1, B: false }, meta: { team: 7 } });
  assert.equal([loose.args, loose.envs, loose.meta], [['a', '8080', 'true'], { A: '1', B: 'false' }, { team: '7' }]);
  const uris = good({
    uris: [
      'http://x/a.zip?token=1',
      'https://x/run.sh',
      { uri: 'file:///a.tgz', extract: false, executable: true, sha256: 'A'.repeat(64) },
    ],
  }).uris;
  assert.equal(
    uris.map((u) => u.extract),
    [true, false, false],
  );
  assert.is(uris[2]!.sha256, 'a'.repeat(64));
  assert.is(
    good({ type: 'batch' }).restart.policy,
    'on-failure',
    'what is meant to end is not started again when it did its work',
  );
  assert.is(good({ type: 'batch', restart: { policy: 'always' } }).restart.policy, 'always');
});

test('a user is what can be one, never an option of a program', () => {
  for (const user of ['auto', 'www-data', 'DOM\\\\ann', 'ann@example.org', 'svc$', '1000'])
    assert.is(good({ user: user.replace('\\\\', '\\') }).user, user.replace('\\\\', '\\'));
  for (const user of ['-rf', '--help', 'a b', 'a:b', '../x', 'a\nb', 'ä'])
    assert.match(one({ user }), /^user: is no name of a user/);
});

test('unknown keys name the nearest known one', () => {
  assert.match(one({ imstances: 3 }), /^imstances: is not a known key/);
  assert.is(one({ toProces: 'x' }), "toProces: is not a known key (Did you mean 'toProcess'?)");
  assert.is(one({ limits: { fsd: 5 } }), "limits.fsd: is not a known key (Did you mean 'fds'?)");
  assert.is(one({ placement: { scael: 5 } }), "placement.scael: is not a known key (Did you mean 'scale'?)");
  assert.match(
    one({ healthChecks: [{ port: 80, intervall: 5 }] }),
    /^healthChecks\[0\]\.intervall: is not a known key/,
  );
  assert.is(one({ instances: 300 }), "instances: is not a known key (Did you mean 'placement.scale'?)");
  assert.is(one({ ports: [{ prot: 0 }] }), "ports[0].prot: is not a known key (Did you mean 'port'?)");
  assert.match(one({ limits: { qqqqqqqq: 1 } }), /Known here: fds, processes, fileSize, cpus, nice, umask\./);
});

test('each bound and each rule across fields', () => {
  const cases: [Record<string, unknown>, string | RegExp][] = [
    [{ name: 'Web' }, 'name: must be 1-63 of a-z 0-9 _ . - and begin with a letter or digit'],
    [{ name: 'a'.repeat(64) }, 'name: must be 1-63 of a-z 0-9 _ . - and begin with a letter or digit'],
    [{ envs: { 'A=B': 1 } }, 'envs.A=B: "A=B" is no name here: it must not hold = or NUL'],
    [{ placement: { scale: 1e99 } }, 'placement.scale: must be at most 100000, not 1e+99'],
    [{ toProcess: '' }, 'toProcess: must not be empty'],
    [{ args: 'x' }, 'args: expects a list, not "x"'],
    [{ ports: [70000] }, 'ports[0]: must be at most 65535, not 70000'],
    [{ ports: ['http'] }, 'ports[0]: expects a number or an object, not "http"'],
    [{ ports: [80, 0, 80] }, 'ports[2]: port 80 is already ports[0]'],
    [{ ports: [{ name: 'a-b' }, { name: 'A_B' }] }, 'ports[1].name: gives the same PORT_A_B as ports[0]'],
    [
      { healthChecks: [{ portIndex: 1 }], ports: [0] },
      'healthChecks[0].portIndex: there is no port 1: the app has 1 (Expects 0.)',
    ],
    [
      { healthChecks: [{}] },
      'healthChecks[0].portIndex: there is no port 0: the app has none (Add "ports": [0], or give the check a fixed "port".)',
    ],
    [
      { healthChecks: [{ protocol: 'http', port: 80 }] },
      'healthChecks[0].protocol: expects "HTTP", "HTTPS", "TCP", "COMMAND" or "FILE", not "http" (Did you mean \'HTTP\'?)',
    ],
    [
      { healthChecks: [{ protocol: 'COMMAND' }] },
      'healthChecks[0].command: is missing: a COMMAND check runs it (Exit status 0 is healthy.)',
    ],
    [{ healthChecks: [{ protocol: 'FILE' }] }, 'healthChecks[0].path: is missing: a FILE check looks for it'],
    [{ healthChecks: [{ port: 80, path: 'health' }] }, "healthChecks[0].path: must begin with /, not 'health'"],
    [
      { healthChecks: [{ port: 80, match: 'ok' }] },
      'healthChecks[0].match: means nothing for a HTTP check (Set "protocol": "FILE".)',
    ],
    [{ resAlloc: { mem: 'lots' } }, 'resAlloc.mem: is no size of memory: expects bytes or a text like "256MB"'],
    [
      { resAlloc: { mem: 256 } },
      'resAlloc.mem: is less than 1048576 bytes (A bare number means bytes; write "256MB" for megabytes.)',
    ],
    [
      { killSignal: 'SIGNOPE' },
      'killSignal: is no signal: "SIGNOPE" (Expects a number of 1-64 or a name such as "SIGTERM".)',
    ],
    [{ killSignal: 65 }, 'killSignal: is no signal: 65 (Expects a number of 1-64 or a name such as "SIGTERM".)'],
    [{ schedule: { cron: '* * * * *' } }, 'schedule: means nothing for an app of type service (Set "type": "cron".)'],
    [{ type: 'cron' }, 'schedule: is missing: an app of type cron runs by it ({"cron": "*/5 * * * *"})'],
    [{ type: 'cron', schedule: { cron: '61 * * * *' } }, "schedule.cron: minute '61' is not within 0-59"],
    [
      { type: 'cron', schedule: { cron: '* * * * *', timezone: 'Mars/Olympus' } },
      /^schedule\.timezone: 'Mars\/Olympus' is no known time zone/,
    ],
    [
      { restart: { delaySeconds: 10, maxDelaySeconds: 5 } },
      'restart.maxDelaySeconds: must be at least delaySeconds (10), not 5',
    ],
    [{ update: { maxSurge: 0 } }, /^update\.maxUnavailable: maxSurge and maxUnavailable are both 0/],
    [{ update: { minHealthySeconds: 300 } }, /^update\.healthyDeadlineSeconds: must be more than minHealthySeconds/],
    [{ dependsOn: [{ app: 'web' }] }, 'dependsOn[0].app: an app cannot depend on itself'],
    [{ placement: { with: ['db'], notWith: ['db'] } }, /^placement\.notWith\[0\]: 'db' is in placement\.with too/],
    [{ placement: { query: 'tags:(ssd' } }, /^placement\.query: is no valid query: /],
    [{ placement: { prefer: ['*', 'a AND'] } }, /^placement\.prefer\[1\]: is no valid query: /],
    [{ workingDirectory: 'data' }, /^workingDirectory: must be an absolute path/],
    [{ workingDirectory: '' }, /^workingDirectory: must be an absolute path[^:]*$/],
    [{ uris: ['ftp://x/y'] }, /^uris\[0\]: must be an http:\/\/, https:\/\/ or file:\/\/ address/],
    [{ uris: [{ uri: 'http://x/y', dest: '../../etc' }] }, /^uris\[0\]\.dest: must stay below/],
    [{ envs: { 'A=B': 'c' } }, /^envs\.A=B: /],
    [{ limits: { umask: '0888' } }, /^limits\.umask: must be three octal digits/],
    [{ placement: { scale: -1 } }, 'placement.scale: must be at least 0, not -1'],
    [{ placement: { scale: 1.5 } }, 'placement.scale: expects a whole number, not 1.5'],
    [{ envs: { A: 'x\0y' } }, /^envs\.A: must not hold a NUL/],
  ];
  for (const [app, expected] of cases) {
    const said = one(app);
    if (typeof expected === 'string') assert.is(said, expected);
    else assert.match(said, expected);
  }
});

test('every problem at once: fields, unknown keys, and the rules across fields that can still be judged', () => {
  const parsed = parseApp({
    nmae: 'x',
    args: 'x',
    ports: [0],
    healthChecks: [{ portIndex: 3, intervalSeconds: 'often' }, { protocol: 'COMMAND' }],
    resAlloc: { mem: 'lots', cpus: -1 },
    uris: [{ sha256: 'x' }],
    restart: { delaySeconds: 10, maxDelaySeconds: 1, attempt: 3 },
    schedule: { cron: '* * *' },
  });
  const paths = parsed.ok ? [] : parsed.problems.map(({ path }) => path);
  assert.equal([...paths].sort(), [
    'args',
    'healthChecks[0].intervalSeconds',
    'name',
    'nmae',
    'resAlloc.cpus',
    'resAlloc.mem',
    'restart.attempt',
    'restart.maxDelaySeconds',
    'schedule',
    'schedule.cron',
    'toProcess',
    'uris[0].sha256',
    'uris[0].uri',
  ]);
});

test('what follows from a reported problem is not reported again', () => {
  assert.equal(
    bad({ ports: ['x'], healthChecks: [{ portIndex: 0 }] }).map((p) => p.path),
    ['ports[0]'],
  );
  assert.equal(
    bad({ placement: { query: 5 } }).map((p) => p.path),
    ['placement.query'],
  );
});

test('what is no object at all', () => {
  for (const json of [null, 5, 'x', [], undefined]) {
    const parsed = parseApp(json);
    assert.ok(!parsed.ok && parsed.problems.length === 1 && parsed.problems[0]!.path === '');
  }
});

test('nothing a stranger sends makes it throw, and every refusal has a sentence', () => {
  const keys = [...Object.keys(good({})), '__proto__', 'constructor', 'x'];
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string(),
      fc.constantFrom('256MB', 'HTTP', '*', 'SIGTERM'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), value), (json) => {
      const parsed = parseApp(json);
      if (parsed.ok) return;
      assert.ok(parsed.problems.length > 0);
      for (const { message } of parsed.problems)
        assert.ok(message.length > 3 && !/Invalid input|undefined|\[object/.test(message), message);
    }),
    { numRuns: runs(200) },
  );
});

test('the JSON Schema knows every key, allows null, and gives the defaults', () => {
  const schema = appJsonSchema() as {
    properties: Record<string, { default?: unknown; anyOf?: unknown[] }>;
    required: string[];
    additionalProperties: boolean;
  };
  assert.equal(Object.keys(schema.properties).toSorted(), Object.keys(good({})).toSorted());
  assert.equal(schema.required, ['name', 'toProcess']);
  assert.is(schema.additionalProperties, false);
  assert.is(schema.properties['killTimeoutSeconds']!.default, 10);
  assert.ok(JSON.stringify(schema.properties['killTimeoutSeconds']!.anyOf).includes('"null"'));
});

test('a stored spec gets the defaults of fields that came later, and is else what it was', () => {
  const spec = good({
    ports: [0],
    healthChecks: [{ protocol: 'HTTP' }],
    killSignal: 'INT',
    limits: { umask: '0027' },
    resAlloc: { mem: '1GB' },
  });
  assert.equal(filledIn(spec), spec);
  const { killMode: _killMode, update: _update, ...older } = spec;
  assert.equal(filledIn(older as AppSpec), spec);
  const odd = { ...spec, killMode: 'none' } as unknown as AppSpec;
  assert.is(filledIn(odd), odd, 'what does not fit any more is left alone');
});

test('what is kept and not acted on is said to who asks for it, and to nobody else', () => {
  const told = (app: Record<string, unknown>): string[] => appNotes(good(app), app).map(({ path }) => path);
  assert.equal(told({}), []);
  assert.equal(told({ update: { canary: 1, pauseAfterBatch: true, autoRevert: true, healthyDeadlineSeconds: 60 } }), [
    'update.canary',
    'update.pauseAfterBatch',
    'update.autoRevert',
    'update.healthyDeadlineSeconds',
  ]);
  assert.equal(told({ update: { autoRevert: false, canary: 0 } }), []);
  assert.equal(told({ type: 'cron', schedule: { cron: '0 4 * * *' } }), ['type', 'schedule']);
  assert.equal(told({ limits: { fileSize: '4MB' } }), ['limits.fileSize']);
  assert.equal(told({ update: { order: 'start-first' }, placement: { onPartition: 'stop-self' } }), ['update.order']);
  assert.equal(told({ placement: { onPartition: 'stop-self' } }), []);
});

test.run();
