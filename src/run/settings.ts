// Every setting of master and agent: its flag, environment name, STAT hub's old name, default and how it is read. What is
// in force is decided in one place: flag > environment > --config file > default; `stathub config` prints the origin of each.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hubAddressWanted, hubOrigin } from '../cli/hub-address.ts';

export type Part = 'master' | 'agent';
export type Value = string | number | boolean | string[] | null;

export interface Setting {
  /** The flag without its dashes, and the key in a configuration file. */
  name: string;
  parts: readonly Part[];
  /** What the help shows after the flag; absent: a switch. */
  argument?: string;
  describe: string;
  default(part: Part): Value;
  /** @throws Error with a sentence: what is wrong and what would be right */
  read(text: string): Value;
  /** STAT hub's name of it. */
  ancestor?: Partial<Record<Part, string>>;
  /** Shown as dots by `config`. */
  secret?: boolean;
  /** How `config` shows it, where it may hold what must not be seen. */
  shown?(value: Value): Value;
}

const text = (value: string): string => value;
const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
const toggle = (value: string): boolean => {
  if (/^(true|yes|on|1)?$/i.test(value)) return true;
  if (/^(false|no|off|0)$/i.test(value)) return false;
  throw new Error(`${JSON.stringify(value)} is neither true nor false`);
};
const integer =
  (low: number, high: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < low || number > high)
      throw new Error(`${JSON.stringify(value)} is no whole number from ${low} to ${high}`);
    return number;
  };
const positive = (value: string): number => {
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`${JSON.stringify(value)} is no number above 0`);
  return number;
};
const units: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  tib: 1024 ** 4,
};
const bytes = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim());
  const unit = units[match?.[2]?.toLowerCase() ?? '-'];
  if (!match || unit === undefined) throw new Error(`${JSON.stringify(value)} is no size; write 512MB or 2GB`);
  return Math.round(Number(match[1]) * unit);
};
/** Gives ms. */
const duration = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(value.trim());
  if (!match) throw new Error(`${JSON.stringify(value)} is no time; write 5s, 500ms or 10m`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[(match[2] ?? 's') as 'ms' | 's' | 'm' | 'h'];
};
/** A value as people write it: 15s, 10m, 512MB; what is neither span nor size as it is. */
export function written({ read }: Setting, value: Value): string {
  if (typeof value !== 'number') return String(value);
  const scale: [number, string][] =
    read === duration
      ? [
          [3_600_000, 'h'],
          [60_000, 'm'],
          [1000, 's'],
          [1, 'ms'],
        ]
      : read === bytes
        ? [
            [1024 ** 3, 'GB'],
            [1024 ** 2, 'MB'],
            [1024, 'KB'],
          ]
        : [];
  const [size, unit] = scale.find(([each]) => value !== 0 && value % each === 0) ?? [1, ''];
  return `${value / size}${unit}`;
}

const portRange = (value: string): string => {
  const [low, high] = value.split('-').map(Number);
  if (!(low! >= 1 && high! >= low! && high! <= 65535))
    throw new Error(`${JSON.stringify(value)} is no port range; write 20000-29999`);
  return `${low}-${high}`;
};
const userRange = (value: string): string => {
  const [low, high] = value.split('-').map(Number);
  if (!(low! >= 1000 && high! >= low! && high! < 2 ** 31))
    throw new Error(`${JSON.stringify(value)} is no range of user ids; write 61184-65519`);
  return `${low}-${high}`;
};
const url = (value: string): string => {
  const origin = hubOrigin(value);
  if (origin === null)
    throw new Error(`${JSON.stringify(value.replace(/\/\/.*@/, '//***@'))} is no address; ${hubAddressWanted}`);
  return origin;
};
/** Addresses of one thing, by comma; what a URL may carry besides (user, password, path) stays. */
const urls = (value: string): string[] =>
  list(value).map((each) => {
    const complete = /^[a-z]+:\/\//i.test(each) ? each : `http://${each}`;
    if (!URL.canParse(complete) || !/^https?:$/.test(new URL(complete).protocol))
      throw new Error(`${JSON.stringify(each.replace(/\/\/.*@/, '//***@'))} is no address; write http://host:9200`);
    return complete;
  });
const withoutCredentials = (value: Value): Value =>
  Array.isArray(value) ? value.map((each) => each.replace(/\/\/[^/@]*@/, '//***@')) : value;

const both: readonly Part[] = ['master', 'agent'];
export const home = (): string => process.env['STATHUB_HOME'] || join(homedir(), '.stathub');

export const settings: readonly Setting[] = [
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
    name: 'token-file',
    parts: ['master'],
    argument: '<file>',
    describe: 'the admin token is read from this file instead of being made',
    default: () => null,
    read: text,
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
  {
    name: 'master',
    parts: ['agent'],
    argument: '<url,...>',
    describe: 'the master to join, or all of a hub that has several; without it the agent runs alone',
    default: () => null,
    read: (value) => list(value).map(url).join(','),
    ancestor: { agent: 'master.address' },
  },
  {
    name: 'token',
    parts: ['agent'],
    argument: '<token>',
    describe: 'the join token that the master printed',
    default: () => null,
    read: text,
    secret: true,
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
  { name: 'tags', parts: ['agent'], argument: '<a,b>', describe: 'tags of this node', default: () => [], read: list },
  {
    name: 'ports',
    parts: ['agent'],
    argument: '<from-to>',
    describe: 'ports that are given to programs',
    default: () => '20000-29999',
    read: portRange,
  },
  {
    name: 'reserve-memory',
    parts: ['agent'],
    argument: '<size>',
    describe: 'memory that is not given away',
    default: () => 512 * 1024 ** 2,
    read: bytes,
  },
  {
    name: 'overcommit',
    parts: ['agent'],
    argument: '<factor>',
    describe: 'how often memory and cpus may be given away',
    default: () => 1,
    read: positive,
  },
  {
    name: 'users',
    parts: ['agent'],
    argument: '<from-to>',
    describe: 'numbers of the users that user "auto" gives to instances',
    default: () => '61184-65519',
    read: userRange,
  },
  {
    name: 'evacuate-within',
    parts: ['agent'],
    argument: '<time>',
    describe: 'how long emptying this node (SIGUSR2) may take; then what is left is stopped',
    default: () => 900_000,
    read: duration,
  },
  {
    name: 'keep-crashed',
    parts: ['agent'],
    argument: '<time>',
    describe: 'how long the files of the newest crash of each slot are kept',
    default: () => 3_600_000,
    read: duration,
  },
  {
    name: 'ship-logs',
    parts: ['agent'],
    argument: '<url>',
    describe: 'send the output of all programs to this Elasticsearch (data stream logs-stathub-default)',
    default: () => [],
    read: urls,
    shown: withoutCredentials,
  },
  {
    name: 'ship-events',
    parts: ['master'],
    argument: '<url>',
    describe: "send the hub's events to this Elasticsearch (data stream logs-stathub.events-default)",
    default: () => [],
    read: urls,
    shown: withoutCredentials,
  },
  {
    name: 'take-over',
    parts: ['agent'],
    describe: 'give this node, with all that runs on it, to the master it joins',
    default: () => false,
    read: toggle,
  },
  {
    name: 'stop-processes',
    parts: ['agent'],
    describe: 'end the processes, too, when the agent ends',
    default: () => false,
    read: toggle,
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

export interface Resolved {
  value: Value;
  origin: string;
}
export type InForce = Record<string, Resolved>;

/** A setting that cannot be read: exit code 2. */
export class SettingError extends Error {
  constructor(origin: string, why: string) {
    super(`${origin}: ${why}`);
    this.name = 'SettingError';
  }
}

export const environmentName = (name: string): string => `STATHUB_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * What is in force for a part.
 * @param flags by setting name, as commander gives them (undefined: not given)
 * @throws SettingError naming where the bad value stands
 */
export function resolve(
  part: Part,
  flags: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  configFile: string | null,
): InForce {
  const file = configFile ? readConfig(configFile, part) : {};
  const known = settings.filter((setting) => setting.parts.includes(part));
  return Object.fromEntries(
    known.map((setting) => {
      const attempt = (given: unknown, origin: string): Resolved => {
        try {
          return { value: setting.read(Array.isArray(given) ? given.join(',') : String(given)), origin };
        } catch (error) {
          throw new SettingError(origin, (error as Error).message);
        }
      };
      const variable = environmentName(setting.name);
      if (flags[setting.name] !== undefined) return [setting.name, attempt(flags[setting.name], `--${setting.name}`)];
      if (environment[variable] !== undefined && environment[variable] !== '')
        return [setting.name, attempt(environment[variable], variable)];
      if (file[setting.name] !== undefined && file[setting.name] !== null)
        return [setting.name, attempt(file[setting.name], `${configFile}: ${setting.name}`)];
      return [setting.name, { value: setting.default(part), origin: 'default' }];
    }),
  );
}

/** Loaded where a file is named: a daemon without one does not carry the parser. */
const parseYaml = (text: string): unknown =>
  (createRequire(import.meta.url)('yaml') as typeof import('yaml')).parse(text);

/** A YAML file: settings at the top hold for both, those below `master:` or `agent:` for one. */
function readConfig(path: string, part: Part): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SettingError(path, (error as Error).message);
  }
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new SettingError(path, 'is no map of settings; write for example "port: 51026"');
  const { master, agent, ...shared } = parsed as Record<string, unknown>;
  const own = part === 'master' ? master : agent;
  // `master: http://…` at the top is the agent's setting, a map below it is a section.
  const section = typeof own === 'object' && own !== null ? (own as Record<string, unknown>) : {};
  const merged = { ...shared, ...(typeof master === 'string' ? { master } : {}), ...section };
  for (const key of Object.keys(merged))
    if (!settings.some((setting) => setting.name === key))
      throw new SettingError(path, `${key} is no setting; \`stathub config\` lists them`);
  return merged;
}

/** `--server.port 1` as STAT hub has it becomes `--port 1`. */
export function modernFlags(part: string | undefined, argv: string[]): string[] {
  if (part !== 'master' && part !== 'agent') return argv;
  const names = new Map(
    settings.flatMap((setting) =>
      setting.ancestor?.[part] ? [[`--${setting.ancestor[part]}`, `--${setting.name}`] as [string, string]] : [],
    ),
  );
  return argv.map((word) => {
    const [flag = '', ...rest] = word.split('=');
    const modern = names.get(flag);
    return modern ? [modern as string, ...rest].join('=') : word;
  });
}
