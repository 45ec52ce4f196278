// A node that is to be emptied while its disk takes nothing: what was not written was not asked, and what is over is over.
import { renameSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Evacuation } from '../../src/agent/evacuation.ts';
import { scratch } from '../support/scratch.ts';

test('what could not be written can be asked for again; an end that could not be written ends it all the same', async () => {
  const storeDirectory = scratch('evacuation');
  const aside = `${storeDirectory}.aside`;
  const said: string[] = [];
  const sent: { at: number }[] = [];
  const evacuation = new Evacuation({
    storeDirectory,
    node: 'n1',
    limitMs: 60_000,
    send: (frame) => sent.push(frame),
    head: ({ type }) => said.push(type),
    tell: ({ kind }) => said.push(kind),
    warn: (message) => said.push(message),
  });
  renameSync(storeDirectory, aside); // nothing can be written
  assert.instance(await evacuation.begin().catch((error: unknown) => error), Error);
  evacuation.welcomed();
  assert.equal([said, sent], [[], []]);
  renameSync(aside, storeDirectory);
  await evacuation.begin();
  assert.equal(said.splice(0), ['node.evacuationAsked', 'agent.drain']);
  assert.is(sent.length, 1);
  renameSync(storeDirectory, aside);
  await evacuation.answered(sent[0]!.at, 'done');
  assert.equal(said, ['that it is over is not written; the hub says it again', 'agent.emptied']);
  renameSync(aside, storeDirectory);
});

test.run();
