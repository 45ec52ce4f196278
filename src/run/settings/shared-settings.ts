// Settings that master and agent have both.
import { join } from 'node:path';
import { both, home } from './setting.ts';
import type { Setting } from './setting.ts';
import { integer, text, url } from './values.ts';

export const sharedSettings: readonly Setting[] = [
  {
    name: 'port',
    parts: both,
    argument: '<port>',
    describe: 'port of the API and the dashboard (0: any free one)',
    default: (part) => (part === 'master' ? 51026 : 51025),
    read: integer(0, 65535),
    ancestor: { master: 'server.port', agent: 'server.port' },
  },
  {
    name: 'bind',
    parts: both,
    argument: '<address>',
    describe: 'address to listen on; any but loopback demands a token',
    default: () => '127.0.0.1',
    read: text,
  },
  {
    name: 'store-directory',
    parts: both,
    argument: '<path>',
    describe: 'where everything is kept',
    default: (part) => join(home(), part),
    read: text,
    ancestor: { master: 'store.directory', agent: 'store.directory' },
  },
  {
    name: 'tls',
    parts: both,
    argument: '<auto>',
    describe: 'auto: serve https with a certificate of an own CA, which tokens pin',
    default: () => null,
    read: (value) => {
      if (value !== 'auto')
        throw new Error(
          `${JSON.stringify(value)} is not auto; a certificate of your own is given by --tls-cert and --tls-key`,
        );
      return value;
    },
  },
  {
    name: 'tls-cert',
    parts: both,
    argument: '<file>',
    describe: 'certificate (PEM): serve https',
    default: () => null,
    read: text,
  },
  {
    name: 'tls-key',
    parts: both,
    argument: '<file>',
    describe: 'key (PEM) of the certificate',
    default: () => null,
    read: text,
  },
  {
    name: 'address',
    parts: both,
    argument: '<url>',
    describe: 'address under which others reach this one',
    default: () => null,
    read: url,
    ancestor: { agent: 'agent.address' },
  },
  {
    name: 'log-level',
    parts: both,
    argument: '<level>',
    describe: 'debug, info, warn or error',
    default: () => 'info',
    read: (value) => {
      if (!['debug', 'info', 'warn', 'error'].includes(value))
        throw new Error(`${JSON.stringify(value)} is no level; take debug, info, warn or error`);
      return value;
    },
  },
];
