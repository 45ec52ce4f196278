// How instances are named on the command line: an id, APP.SLOT, an app of one instance.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Client } from '../../../src/cli/client.ts';
import { instanceNamed, subjectNamed } from '../../../src/cli/instances/names.ts';
import { openHttp } from '../../../src/live/serve.ts';
import { removeTemporary, sample } from '../../support/api.ts';
import { specOf } from '../../support/sample-cluster.ts';

test.after(removeTemporary);

async function refused(asked: Promise<string>): Promise<string> {
  try {
    return `not refused: ${await asked}`;
  } catch (error) {
    return `${(error as { exit?: number }).exit} ${(error as Error).message}`;
  }
}

test('an id, app and slot, an app of one instance; an app that is called so is meant itself', async () => {
  const made = sample();
  const { cluster } = made;
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  const client = new Client(port.address, null);
  try {
    cluster.addApp(specOf('web'));
    cluster.addInstance('web.0.aaaaaaaa', { goal: 'leave' });
    assert.is(await subjectNamed(client, 'web'), 'web');
    assert.is(await instanceNamed(client, 'web'), 'web.0.aaaaaaaa');
    cluster.addInstance('web.0.bbbbbbbb');
    assert.is(await subjectNamed(client, 'web.0'), 'web.0.bbbbbbbb', 'the one that stays');
    assert.is(await instanceNamed(client, 'web.0.aaaaaaaa'), 'web.0.aaaaaaaa', 'an id is taken as it is');
    cluster.addInstance('web.1.cccccccc');
    assert.match(await refused(instanceNamed(client, 'web')), /^2 web has 3 instances: web\.0, web\.0, web\.1$/);
    assert.is(await refused(subjectNamed(client, 'web.7')), '3 web has no instance in slot 7');
    assert.is(await refused(subjectNamed(client, 'nix.0')), '3 There is no app nix');
    assert.is(await refused(instanceNamed(client, 'nix')), '3 There is neither an app nor an instance nix');
    cluster.addApp(specOf('web.1'));
    assert.is(await subjectNamed(client, 'web.1'), 'web.1');
    assert.is(await refused(instanceNamed(client, 'web.1')), '3 web.1 has no instance now');
  } finally {
    await port.close();
  }
});

test.run();
