// Which changes of a spec need a new process.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseApp } from '../../../src/model/app/app-schema.ts';
import type { AppSpec } from '../../../src/model/app/app.ts';
import { canonicalJson, diffSpecs, restartKey } from '../../../src/model/app/restart-fields.ts';

const spec = (more: Record<string, unknown> = {}): AppSpec => {
  const parsed = parseApp({ name: 'web', toProcess: 'sleep', ports: [0], healthChecks: [{ path: '/' }], ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
};

test('what restarts nothing', () => {
  const same: Record<string, unknown>[] = [
    { placement: { query: 'tags:ssd', scale: 7, maxPerNode: 2 } },
    { meta: { a: 'b' } },
    { dependsOn: [{ app: 'db' }] },
    { restart: { attempts: 9 } },
    { logs: { files: 2 } },
    { routes: ['x'] },
    { start: false },
    { update: { maxSurge: 2 } },
    { startTimeoutSeconds: 5 },
    {
      healthChecks: [
        { path: '/', initialDelaySeconds: 1, intervalSeconds: 2, timeoutSeconds: 3, maxConsecutiveFailures: 4 },
      ],
    },
  ];
  for (const more of same) {
    assert.is(restartKey(spec(more)), restartKey(spec()), JSON.stringify(more));
    assert.ok(
      diffSpecs(spec(), spec(more)).length > 0 && diffSpecs(spec(), spec(more)).every((c) => !c.restarts),
      JSON.stringify(more),
    );
  }
});

test('what needs a new process', () => {
  const other: Record<string, unknown>[] = [
    { toProcess: 'x' },
    { args: ['1'] },
    { shell: true },
    { envs: { A: '1' } },
    { ports: [0, 0] },
    { debugPort: true },
    { uris: ['http://x/y'] },
    { killSignal: 2 },
    { resAlloc: { mem: '64MB' } },
    { limits: { fds: 64 } },
    { user: 'app' },
    { workingDirectory: '/x' },
    { healthChecks: [{ path: '/health' }] },
    { healthChecks: [{ path: '/', role: 'ready' }] },
    { healthChecks: [] },
    { type: 'batch' },
  ];
  for (const more of other) {
    assert.is.not(restartKey(spec(more)), restartKey(spec()), JSON.stringify(more));
    assert.ok(
      diffSpecs(spec(), spec(more)).some((c) => c.restarts),
      JSON.stringify(more),
    );
  }
});

test('a diff names each path with its values', () => {
  const after = spec({
    envs: { A: '1', C: '3' },
    placement: { scale: 3 },
    args: ['x'],
    healthChecks: [{ path: '/', intervalSeconds: 5 }, { portIndex: 0 }],
  });
  const rows = diffSpecs(spec({ envs: { A: '1', B: '2' } }), after).map(({ path, before, after: now, restarts }) => [
    path,
    before,
    path === 'healthChecks[1]' ? '{}' : now,
    restarts,
  ]);
  assert.equal(rows, [
    ['args', [], ['x'], true],
    ['envs.B', '2', null, true],
    ['envs.C', null, '3', true],
    ['healthChecks[0].intervalSeconds', 20, 5, false],
    ['healthChecks[1]', null, '{}', true],
    ['placement.scale', 1, 3, false],
  ]);
  assert.equal(diffSpecs(spec(), spec()), []);
});

test('canonical JSON does not depend on the order of keys', () => {
  assert.is(canonicalJson({ b: 1, a: [{ d: 1, c: undefined }] }), '{"a":[{"d":1}],"b":1}');
  assert.is(canonicalJson({ b: { y: 1, x: 2 }, a: null }), canonicalJson({ a: null, b: { x: 2, y: 1 } }));
});

test.run();
