// `run -- CMD` against a hub that answers as it likes: the program's exit code is ours, whatever else goes wrong.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Client } from '../../../src/cli/client.ts';
import { CliError, ProgramEnded } from '../../../src/cli/exit.ts';
import type { Output } from '../../../src/cli/output/output.ts';
import { runOnce } from '../../../src/cli/apps/run-once.ts';

const event = (id: string, text: string): string =>
  `event: stdout\nid: ${id}\ndata: ${JSON.stringify({ base64: Buffer.from(text).toString('base64') })}\n\n`;

test('with --rm and the hub away at the end the exit code is told; output that breaks off goes on after what was shown', async () => {
  const shown: string[] = [];
  const said: string[] = [];
  const asked: string[] = [];
  const views = ['running', 'failed'].map((status) => ({ id: 'it.0.aaaaaaaa', status, launch: 1, exit: { code: 7 } }));
  const client = {
    post: async () => ({}),
    patientGet: async () => ({ items: [views[asked.length]] }),
    delete: () => Promise.reject(new CliError(1, 'no hub answers', '', true)),
    open: async (_: string, __: string, { headers }: { headers: Record<string, string> }) => {
      const first = asked.push(headers['last-event-id']!) === 1;
      const body = async function* (): AsyncGenerator<Uint8Array> {
        if (!first) return yield Buffer.from(event('0.9', 'three\n'));
        yield Buffer.from(`${event('0.4', 'one\n')}${event('0.6', 'two\n')}event: stdout\nid: 0.`);
        throw new Error('reset');
      };
      return { body: body() };
    },
  } as unknown as Client;
  const output = { err: (text: string) => said.push(text), write: async (bytes: Uint8Array) => shown.push(`${bytes}`) };
  const options = { name: 'it', query: null, envs: {}, mem: null, cpus: null, remove: true, keepMs: 1000 };
  const ended = await runOnce(client, output as unknown as Output, ['false'], {
    ...options,
    detach: false,
    json: false,
  }).catch((error: unknown) => error);
  assert.instance(ended, ProgramEnded);
  assert.is((ended as ProgramEnded).exit, 7);
  assert.match(said.join(''), /it could not be removed: no hub answers; `stathub delete it`/);
  assert.equal(asked, ['0.0', '0.6']);
  assert.is(shown.join(''), 'one\ntwo\nthree\n');
});

test.run();
