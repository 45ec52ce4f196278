// Addresses, numbers, sizes and times as they are written.
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressKey, networkKeys } from '../../../src/query/values/address.ts';
import { dateOf, numberOf, quantityOf, timeOf } from '../../../src/query/values/literal.ts';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const part = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const ipv6 = fc.array(part, { minLength: 8, maxLength: 8 }).map((parts) => new ipaddr.IPv6(parts));

test('address keys sort as addresses do, whatever the spelling', () => {
  fc.assert(
    fc.property(ipv4, ipv4, (a, b) => {
      const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      assert.is(
        Math.sign(number(a) - number(b)),
        addressKey(a)! < addressKey(b)! ? -1 : addressKey(a)! > addressKey(b)! ? 1 : 0,
      );
    }),
  );
  fc.assert(
    fc.property(ipv6, (address) => {
      const key = addressKey(address.toNormalizedString());
      assert.is(key!.length, 32);
      assert.is(addressKey(address.toString()), key);
      assert.is(addressKey(address.toRFC5952String().toUpperCase()), key);
    }),
  );
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '01234.1.1.1',
    'a.b.c.d',
    '1.2.3.',
    '1..2.3',
    ':',
    ':::',
    '1:2',
    '0x10.1.1.1',
    ' 1.2.3.4',
    'fe80::g',
  ]) {
    assert.is(addressKey(text), null, text);
  }
});

test('an address is in a network as ipaddr.js says', () => {
  fc.assert(
    fc.property(ipv4, ipv4, fc.integer({ min: 0, max: 32 }), (network, other, bits) => {
      const { from, to } = networkKeys(`${network}/${bits}`)!;
      for (const address of [network, other]) {
        const key = addressKey(address)!;
        assert.is(
          key >= from && key <= to,
          ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network), bits),
          `${address} in ${network}/${bits}`,
        );
      }
    }),
  );
  fc.assert(
    fc.property(ipv6, ipv6, fc.integer({ min: 0, max: 128 }), (network, other, bits) => {
      const { from, to } = networkKeys(`${network.toString()}/${bits}`)!;
      const key = addressKey(other.toString())!;
      assert.is(key >= from && key <= to, other.match(network, bits));
    }),
  );
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'fe80::/129', '/8', '10.0.0.0/8x', '10.0.0.0/-1']) {
    assert.is(networkKeys(text), null, text);
  }
});

test('numbers and sizes', () => {
  const read = (texts: string[], as: (text: string) => number | null) => texts.map(as);
  assert.equal(read(['8', '-0.5', '+1', '1e3', '.5', '5.', '007'], numberOf), [8, -0.5, 1, 1000, 0.5, 5, 7]);
  for (const text of ['', 'x', '1.2.3', '0x10', 'Infinity', '1e', '8GB', '1 2', '１'])
    assert.is(numberOf(text), null, text);
  const sizes = [8, 1024, 1024, 1024, 2 * 1024 ** 2, 8 * 1024 ** 3, 1.5 * 1024 ** 3, 1024 ** 4, 1024 ** 5, 12];
  assert.equal(read(['8', '1k', '1KB', '1KiB', '2m', '8GB', '1.5GiB', '1t', '1PB', '12B'], quantityOf), sizes);
  assert.equal(read(['GB', '1X', '1GBB', ''], quantityOf), [null, null, null, null]);
});

test('dates name spans', () => {
  const span = (text: string) => {
    const found = dateOf(text);
    return found && [new Date(found.from).toISOString(), found.to - found.from];
  };
  const hourMs = 3_600_000;
  const dayMs = 24 * hourMs;
  assert.equal(span('2026-11'), ['2026-11-01T00:00:00.000Z', 30 * dayMs]);
  assert.equal(span('2026-12'), ['2026-12-01T00:00:00.000Z', 31 * dayMs]);
  assert.equal(span('2024-02-29'), ['2024-02-29T00:00:00.000Z', dayMs]);
  assert.equal(span('2026-11-22T10'), ['2026-11-22T10:00:00.000Z', hourMs]);
  assert.equal(span('2026-11-22T10:05'), ['2026-11-22T10:05:00.000Z', 60_000]);
  assert.equal(span('2026-11-22 10:05:06'), ['2026-11-22T10:05:06.000Z', 1000]);
  assert.equal(span('2026-11-22T10:05:06.7Z'), ['2026-11-22T10:05:06.700Z', 1]);
  assert.equal(span('2026-11-22T10:05:06.123456+02:00'), ['2026-11-22T08:05:06.123Z', 1]);
  assert.equal(span('2026-11-22T10-0330'), ['2026-11-22T13:30:00.000Z', hourMs]);
  for (const text of [
    '2026',
    '2026-13',
    '2026-00',
    '2026-02-30',
    '2025-02-29',
    '2026-11-22T24',
    '2026-11-22T10:60',
    '2026-1-2',
    'now',
    '2026-11-22x',
    '10.0.0.1-22',
  ]) {
    assert.is(dateOf(text), null, text);
  }
});

test('now, with steps and rounding', () => {
  const now = Date.UTC(2026, 10, 22, 10, 30, 5, 7); // a Sunday
  const at = (text: string) => {
    const found = timeOf(text, now);
    return found && new Date(found.from).toISOString();
  };
  const times = {
    now: '2026-11-22T10:30:05.007Z',
    'now-1h': '2026-11-22T09:30:05.007Z',
    'now+90s': '2026-11-22T10:31:35.007Z',
    'now-1d-1m': '2026-11-21T10:29:05.007Z',
    'now-1w': '2026-11-15T10:30:05.007Z',
    'now-1M': '2026-10-22T10:30:05.007Z',
    'now+1y': '2027-11-22T10:30:05.007Z',
    'now/d': '2026-11-22T00:00:00.000Z',
    'now-1d/d': '2026-11-21T00:00:00.000Z',
    'now/h': '2026-11-22T10:00:00.000Z',
    'now/w': '2026-11-16T00:00:00.000Z',
    'now/M': '2026-11-01T00:00:00.000Z',
    'now/y': '2026-01-01T00:00:00.000Z',
  };
  for (const [text, time] of Object.entries(times)) assert.is(at(text), time, text);
  assert.is(timeOf('now/M', now)!.to, Date.UTC(2026, 11, 1));
  for (const text of ['nowhere', 'now-', 'now-1', 'now-1x', 'now/', 'now/q', 'now-1h/'])
    assert.is(timeOf(text, now), null, text);
});

test.run();
