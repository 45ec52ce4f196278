// Settings that only a master has.
import type { Setting } from './setting.ts';
import { duration, text, urls, withoutCredentials } from './values.ts';

export const masterSettings: readonly Setting[] = [
  {
    name: 'token-file',
    parts: ['master', 'agent'],
    argument: '<file>',
    describe:
      'a token is read from this file: of a master an admin token beside those it makes; of an agent the join token',
    default: () => null,
    read: text,
  },
  {
    name: 'beat',
    parts: ['master'],
    argument: '<time>',
    describe: 'how often an agent beats',
    default: () => 5000,
    read: duration,
  },
  {
    name: 'suspect-after',
    parts: ['master'],
    argument: '<time>',
    describe: 'silence after which a node is suspect',
    default: () => 15_000,
    read: duration,
  },
  {
    name: 'lost-after',
    parts: ['master'],
    argument: '<time>',
    describe: 'silence after which a node is lost and its slots are replaced',
    default: () => 30_000,
    read: duration,
  },
  {
    name: 'amnesty',
    parts: ['master'],
    argument: '<time>',
    describe: 'after a start nobody is lost for this long',
    default: () => 60_000,
    read: duration,
  },
  {
    name: 'ship-events',
    parts: ['master', 'agent'],
    argument: '<url>',
    describe:
      "send the hub's events to this Elasticsearch (data stream logs-stathub.events-default); of a joined agent the master does",
    default: () => [],
    read: urls,
    shown: withoutCredentials,
  },
];
