// Certificates (RFC 5280) on P-256, for a hub that has none from elsewhere: a CA of its own, and servers signed by it.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, implicit, integer, octets, oid, sequence, set, tagged, time, utf8, yes } from './der.ts';

interface Issued {
  /** PEM */ certificate: string;
  key: KeyObject;
  /** of the subject, DER */ publicKey: Buffer;
}
export interface Authority {
  name: string;
  key: KeyObject;
  publicKey: Buffer;
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const nameOf = (text: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));
/** SHA-1 of the key's bits, as RFC 5280 has it (4.2.1.2): a name, not a protection. */
const keyId = (publicKey: Buffer): Buffer =>
  createHash('sha1')
    .update(publicKey.subarray(publicKey.length - 65))
    .digest();
const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

/** The 4 or 16 bytes of an address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const plain = address
    .replace(/%.*$/, '')
    .replace(
      /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
      (_all, ...octet: string[]) =>
        `${((Number(octet[0]) << 8) | Number(octet[1])).toString(16)}:${((Number(octet[2]) << 8) | Number(octet[3])).toString(16)}`,
    );
  const [before = '', after] = plain.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const left = groups(before);
  const right = groups(after);
  const all = [
    ...left,
    ...Array.from({ length: after === undefined ? 0 : 8 - left.length - right.length }, () => '0'),
    ...right,
  ];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function issue(
  subject: string,
  by: Authority | null,
  days: number,
  extensions: (publicKey: Buffer) => Buffer[],
): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const from = new Date(Date.now() - 3_600_000);
  const to = new Date(Date.now() + days * 86_400_000);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    nameOf(by?.name ?? subject),
    sequence(time(from), time(to)),
    nameOf(subject),
    spki,
    tagged(
      3,
      sequence(
        ...extensions(spki),
        extension('2.5.29.14', false, octets(keyId(spki))),
        extension('2.5.29.35', false, sequence(implicit(0, keyId(by?.publicKey ?? spki)))),
      ),
    ),
  );
  const der = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, by?.key ?? privateKey)));
  return { certificate: pem(der), key: privateKey, publicKey: spki };
}

/** A CA that may sign servers and nothing below it. */
export const issueAuthority = (name: string, days: number): Issued =>
  issue(name, null, days, () => [
    extension('2.5.29.19', true, sequence(yes, integer(Buffer.from([0])))),
    extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)), // keyCertSign, cRLSign
  ]);

/** @param hosts names and addresses under which it is reached */
export const issueServer = (hosts: readonly string[], by: Authority, days: number): Issued =>
  issue(hosts[0] ?? 'stathub', by, days, () => [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)), // digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
    extension(
      '2.5.29.17',
      false,
      sequence(...hosts.map((host) => (isIP(host) ? implicit(7, addressBytes(host)) : implicit(2, Buffer.from(host))))),
    ),
  ]);
