// One look at the health of a real server, file or command.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HealthCheckSpec } from '../../../src/model/app/app.ts';
import { runBeside } from '../../../src/agent/effects/launch/beside.ts';
import type { LaunchPlan } from '../../../src/agent/effects/launch/run-script.ts';
import { findTools } from '../../../src/agent/effects/launch/tools.ts';
import { headOf } from '../../../src/agent/effects/file-look.ts';
import { probe, type ProbeTarget } from '../../../src/agent/effects/probes.ts';
import { healthCheck } from '../../support/specs.ts';
import { until } from '../../support/until.ts';

const cwd = mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'probe-'));
const check = (rest: Partial<HealthCheckSpec>): HealthCheckSpec =>
  healthCheck({ protocol: 'HTTP', intervalSeconds: 1, maxConsecutiveFailures: 3, ...rest });
const tools = findTools();
const plan: LaunchPlan = {
  directory: cwd,
  membership: { kind: 'session' },
  program: '',
  args: [],
  shell: false,
  workingDirectory: cwd,
  environment: { PATH: process.env['PATH'] ?? '', ANSWER: '42' },
  stdout: join(cwd, 'stdout'),
  stderr: join(cwd, 'stderr'),
  limits: { fds: null, processes: null, fileSize: null, nice: 0, umask: '022' },
};
const target = (ports: number[] = []): ProbeTarget => ({
  ports,
  cwd,
  run: (words, signal) => runBeside(plan, tools, words, signal),
});
const listening = async (server: ReturnType<typeof createTcp> | ReturnType<typeof createServer>) => {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
};

test('HTTP: 2xx and 3xx pass, the rest fails with its number', async () => {
  const server = createServer(
    (request, response) => void response.writeHead(Number(request.url?.slice(1))).end('x'.repeat(1000)),
  );
  const port = await listening(server);
  assert.equal(await probe(check({ path: '/204' }), target([port])), { ok: true, detail: 'HTTP 204' });
  assert.equal(await probe(check({ path: '/302' }), target([port])), { ok: true, detail: 'HTTP 302' });
  assert.equal(await probe(check({ path: '/503' }), target([port])), { ok: false, detail: 'HTTP 503' });
  server.close();
});

test('an endpoint that never answers fails at its time limit', async () => {
  const server = createServer(() => undefined);
  const port = await listening(server);
  assert.equal(await probe(check({ timeoutSeconds: 0.1 }), target([port])), {
    ok: false,
    detail: 'no answer within 0.1 s',
  });
  server.closeAllConnections();
  server.close();
});

test('TCP connects or is refused', async () => {
  const server = createTcp((socket) => socket.destroy());
  const port = await listening(server);
  assert.is((await probe(check({ protocol: 'TCP' }), target([port]))).ok, true);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await probe(check({ protocol: 'TCP' }), target([port])), { ok: false, detail: 'connection refused' });
});

test("COMMAND passes on exit 0, in the program's environment and directory, and says the last line", async () => {
  assert.equal(
    await probe(check({ protocol: 'COMMAND', command: 'test "$ANSWER" = 42 && test -z "$TEST_DIRECTORY"' }), target()),
    { ok: true, detail: 'exit 0' },
  );
  assert.equal(await probe(check({ protocol: 'COMMAND', command: 'echo no table >&2; exit 3' }), target()), {
    ok: false,
    detail: 'exit 3: no table',
  });
});

test('COMMAND over its time ends with its whole group', async () => {
  const answer = await probe(
    check({ protocol: 'COMMAND', command: 'sleep 300 & echo $! > pid; wait', timeoutSeconds: 2 }),
    target(),
  );
  assert.equal(answer, { ok: false, detail: 'no answer within 2 s' });
  const { readFileSync } = await import('node:fs');
  const pid = Number(readFileSync(join(cwd, 'pid'), 'utf8'));
  await until('the child of the command is gone', () => {
    try {
      process.kill(pid, 0);
      return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
    } catch {
      return true;
    }
  });
});

test('FILE looks that do not come back hold two threads at most, and nobody else', async () => {
  // No mount of a test hangs; a look that is under way is one that has not come back.
  const paths = Array.from({ length: 6 }, (_one, n) => join(cwd, `file-${n}`));
  for (const path of paths) writeFileSync(path, `RUNNING ${path}`);
  const looks = await Promise.all(
    [...paths, ...paths].map((path) => probe(check({ protocol: 'FILE', path, match: `RUNNING ${path}` }), target())),
  );
  assert.ok(
    looks.every(({ ok }) => ok),
    JSON.stringify(looks),
  );
  const odd = ['none', '.', ...paths.slice(0, 2)].map((path) => probe(check({ protocol: 'FILE', path }), target()));
  assert.equal(
    (
      await Promise.all([
        ...odd,
        ...['none', '.'].map((path) => headOf(join(cwd, path), 9, AbortSignal.timeout(5000)).catch((e) => e.code)),
      ])
    ).map((one) => (one as { detail?: string } | null)?.detail ?? one),
    ['not there', '. is no file', `${paths[0]} is there`, `${paths[1]} is there`, 'ENOENT', null],
  );
});

test('FILE is there, and matches', async () => {
  writeFileSync(join(cwd, 'state.json'), '{"state":"RUNNING"}');
  assert.is((await probe(check({ protocol: 'FILE', path: 'state.json' }), target())).ok, true);
  assert.is((await probe(check({ protocol: 'FILE', path: 'state.json', match: 'RUNNING' }), target())).ok, true);
  assert.equal(await probe(check({ protocol: 'FILE', path: 'state.json', match: 'CRASHED' }), target()), {
    ok: false,
    detail: 'state.json does not hold "CRASHED"',
  });
  assert.equal(await probe(check({ protocol: 'FILE', path: 'none' }), target()), { ok: false, detail: 'not there' });
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  assert.equal(
    await probe(check({ protocol: 'FILE', path: 'pipe', match: 'RUNNING' }), target()),
    { ok: false, detail: 'pipe is no file' },
    'and nobody waits for who writes into it',
  );
});

test('a check of a port the app does not have fails and says so', async () => {
  assert.equal(await probe(check({ portIndex: 3 }), target([1])), { ok: false, detail: 'the app has no port 3' });
});

test.run();
