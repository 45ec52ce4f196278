// Masters of one hub share their tokens: what one made lets in at all, what one revoked at none; no text of a token is in the store.
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { firstTokens, readTokens } from '../../../src/api/access/tokens.ts';
import { maskSecrets } from '../../../src/model/secrets.ts';
import { shareTokens } from '../../../src/run/elastic/shared-tokens.ts';
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { StoreError } from '../../../src/store/store.ts';
import { scratch } from '../../support/scratch.ts';

test('made, taken, revoked', async () => {
  const store = await openEmbedded(scratch('shared'));
  const [first, second] = [readTokens(scratch('first')).tokens, readTokens(scratch('second')).tokens];
  let made = { admin: '', join: '' };
  await shareTokens(store, first, () => {
    made = firstTokens(first);
  });
  assert.is(first.check(made.admin)?.role, 'admin');
  assert.is(second.check(made.admin), null);
  await shareTokens(store, second, () => assert.unreachable('the hub has tokens'));
  assert.is(second.check(made.admin)?.role, 'admin');
  assert.is(second.check(made.join)?.role, 'node');
  assert.ok(existsSync(second.path) && JSON.parse(readFileSync(second.path, 'utf8')).tokens.length === 2);

  const ci = await second.make('ci', 'deploy');
  const joinId = second.list().find(({ role }) => role === 'node')!.id;
  assert.is(await second.revoke(joinId), 'revoked');
  const error = await first.make('late', 'admin').catch((thrown: unknown) => thrown);
  assert.instance(error, StoreError, 'one that does not lead any more overwrites nothing');
  assert.is(first.list().length, 2);
  first.share = null;
  await shareTokens(store, first, () => assert.unreachable('the hub has tokens'));
  assert.is(first.check(ci.token)?.name, 'ci');
  assert.is(first.check(made.join), null, 'revoked there, so revoked here');

  const kept = JSON.stringify(await store.get('hub', 'tokens'));
  for (const text of [made.admin, made.join, ci.token]) assert.not.ok(kept.includes(text));
  const shown = JSON.stringify(maskSecrets((await store.get('hub', 'tokens'))!.doc));
  for (const { hash } of first.kept()) assert.ok(kept.includes(hash) && !shown.includes(hash));
  await store.close();
});

test('changes at the same time are made one after the other, and one admin stays', async () => {
  const store = await openEmbedded(scratch('together'));
  const { tokens } = readTokens(scratch('admins'));
  await shareTokens(store, tokens, () => void firstTokens(tokens));
  const [admin, join] = tokens.list().map(({ id }) => id) as [string, string];
  const [ci, other, joined] = await Promise.all([
    tokens.make('ci', 'deploy'),
    tokens.make('other', 'admin'),
    tokens.revoke(join),
  ]);
  assert.is(joined, 'revoked');
  assert.equal(await Promise.all([tokens.revoke(admin), tokens.revoke(other.view.id)]), ['revoked', 'last-admin']);
  const next = readTokens(scratch('next')).tokens;
  await shareTokens(store, next, () => assert.unreachable('the hub has tokens'));
  assert.equal(
    next.list().map(({ id }) => id),
    [ci.view.id, other.view.id],
  );
  await store.close();
});

test('what the store has instead of tokens lets nobody in, and leaves the file as it is', async () => {
  const store = await openEmbedded(scratch('odd'));
  const { tokens } = readTokens(scratch('own'));
  const { admin } = firstTokens(tokens);
  await store.write({ collection: 'hub', key: 'tokens', doc: { tokens: [{ role: 'admin' }] }, expect: 'absent' });
  assert.instance(await shareTokens(store, tokens, () => undefined).catch((thrown: unknown) => thrown), Error);
  assert.is(tokens.check(admin)?.role, 'admin');
  await store.close();
});

test.run();
