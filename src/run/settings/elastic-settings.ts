// Settings of a master that keeps its store in Elasticsearch.
import type { Setting } from './setting.ts';
import { duration, text, urls, withoutCredentials } from './values.ts';

export const elasticSettings: readonly Setting[] = [
  {
    name: 'elastic',
    parts: ['master'],
    argument: '<url,...>',
    describe: 'keep everything in this Elasticsearch (8 or 9) instead of the store directory',
    default: () => [],
    read: urls,
    shown: withoutCredentials,
  },
  {
    name: 'elastic-prefix',
    parts: ['master'],
    argument: '<name>',
    describe: 'what the indices of this hub begin with',
    default: () => 'stathub',
    read: (value) => {
      if (!/^[a-z][a-z0-9_-]{0,62}$/.test(value))
        throw new Error(`${JSON.stringify(value)} is no prefix; use a-z, 0-9, _ and -, beginning with a letter`);
      return value;
    },
  },
  {
    name: 'elastic-user',
    parts: ['master'],
    argument: '<name>',
    describe: 'user at Elasticsearch (or in the URL)',
    default: () => null,
    read: text,
  },
  {
    name: 'elastic-password-file',
    parts: ['master'],
    argument: '<file>',
    describe: 'file with the password',
    default: () => null,
    read: text,
  },
  {
    name: 'elastic-api-key-file',
    parts: ['master'],
    argument: '<file>',
    describe: 'file with an API key (the encoded form), instead of a user',
    default: () => null,
    read: text,
  },
  {
    name: 'elastic-ca',
    parts: ['master'],
    argument: '<file>',
    describe: 'CA (PEM) that signed the certificates of Elasticsearch',
    default: () => null,
    read: text,
  },
  {
    name: 'elastic-timeout',
    parts: ['master'],
    argument: '<time>',
    describe: 'longest wait for one answer of Elasticsearch',
    default: () => 10_000,
    read: duration,
  },
  {
    name: 'lease',
    parts: ['master'],
    argument: '<time>',
    describe: 'with Elasticsearch: silence of the leading master after which another takes over',
    default: () => 10_000,
    read: duration,
  },
];
