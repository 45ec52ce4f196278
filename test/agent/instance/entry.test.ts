// What is derived of one instance on its node.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { outputPolicyOf } from '../../../src/agent/instance/entry.ts';
import { parseApp } from '../../../src/model/app/app-schema.ts';

function rotatedAt(fileSize: string | null, maxBytes: string): number {
  const parsed = parseApp({ name: 'web', toProcess: 'sh', limits: { fileSize }, logs: { maxBytes } });
  assert.ok(parsed.ok);
  return outputPolicyOf(parsed.spec).maxBytes;
}

test('output is rotated before the limit of a file ends who prints it', () => {
  assert.is(rotatedAt(null, '10MB'), 10_485_760);
  assert.is(rotatedAt('1MB', '10MB'), 524_288);
  assert.is(rotatedAt('100MB', '10MB'), 10_485_760);
});

test.run();
