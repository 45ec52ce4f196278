// debugPort and consolePort: leased like the others, in the environment, shown, and kept over restarts of program and agent.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../../../support/cli.ts';
import { until } from '../../../support/until.ts';
import { Alone } from '../../alone.ts';

const agent = new Alone();
const test = suite('extra ports');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

test('a debug and a console port: assigned, told to the program, shown, the same after every restart', async () => {
  await agent.deploy({
    name: 'web',
    toProcess: 'echo "ports $PORT $DEBUG_PORT $CONSOLE_PORT"; exec sleep 100000',
    args: [],
    shell: true,
    ports: [0],
    debugPort: true,
    consolePort: true,
  });
  await agent.deploy({ name: 'plain' });
  const i = await agent.settled('web');
  const all = [i.ports[0], i.debugPort, i.consolePort];
  assert.is(new Set(all).size, 3);
  assert.ok(all.every((port) => Number.isInteger(port) && port >= 20_000));
  const said = async (): Promise<string[]> =>
    String((await agent.call('GET', `/v1/instances/${i.id}/logs`)).body)
      .split('\n')
      .filter((line) => line.startsWith('ports'));
  assert.equal(
    await until('it says them', async () => {
      const lines = await said();
      return lines.length > 0 && lines;
    }),
    [`ports ${all.join(' ')}`],
  );
  const { out } = await stathub(agent.address, 'instances', 'app:web');
  assert.ok(out.includes(`${i.ports[0]},debug:${i.debugPort},console:${i.consolePort}`), out);
  const plain = await agent.running('plain');
  assert.equal([plain.debugPort, plain.consolePort], [null, null]);

  process.kill(i.pid, 'SIGKILL');
  const again = await agent.see('web', 'started again', (each) => each.status === 'running' && each.pid !== i.pid);
  assert.equal([again.ports[0], again.debugPort, again.consolePort], all);
  await agent.restart();
  const adopted = await agent.running('web');
  assert.is(adopted.pid, again.pid);
  assert.equal([adopted.ports[0], adopted.debugPort, adopted.consolePort], all);
});

test.run();
