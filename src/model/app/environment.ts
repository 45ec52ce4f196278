// The environment of a process: a clean list, then the node's, then the app's, then what
// the platform promises. Nothing of the agent's own environment gets in: whoever calls names the few values of the machine.
import type { AppSpec } from './app.ts';
import { statEpoch } from '../instance/epoch.ts';

export interface EnvironmentFacts {
  spec: Pick<AppSpec, 'name' | 'envs' | 'ports' | 'resAlloc'>;
  instance: { id: string; slot: number; revision: number; /** Of the assignment. */ epoch: number };
  /** Launch number. */
  launch: number;
  node: {
    id: string;
    /** Host name or address under which others reach the node; STAT hub's agent URL will do. */
    host: string;
    tags: readonly string[];
    envs: Readonly<Record<string, string>>;
  };
  /** In the order of `spec.ports`. */
  ports: readonly number[];
  debugPort: number | null;
  consolePort: number | null;
  /** Of the user the process runs as. */
  user: { name: string; home: string; shell: string };
  /** PATH and LANG of the clean list; absent: the usual ones. */
  path?: string;
  lang?: string;
  /** PWD, where the caller knows it. */
  directory?: string;
}

/** A word as part of a variable's name: "fast-disk" -> "FAST_DISK". */
export const variableName = (word: string): string =>
  word
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');

/** "192.168.1.165" of "http://192.168.1.165:51025"; addresses in brackets lose them. */
export function hostOf(address: string): string {
  const authority = address
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/, '');
  const bracketed = /^\[([^\]]+)\]/.exec(authority);
  if (bracketed) return bracketed[1]!;
  return authority.split(':').length === 2 ? authority.replace(/:\d*$/, '') : authority;
}

/** PORT = PORT_1 = PORT0 is the first port, PORT_<i> counts from 1 (STAT hub), PORT<i> from 0 (Marathon), PORT_<NAME> by name. */
function portVariables(spec: Pick<AppSpec, 'ports'>, ports: readonly number[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [index, port] of ports.entries()) {
    if (index === 0) result['PORT'] = String(port);
    result[`PORT_${index + 1}`] = String(port);
    result[`PORT${index}`] = String(port);
  }
  for (const [index, { name }] of spec.ports.entries()) {
    if (name !== null && ports[index] !== undefined) result[`PORT_${variableName(name)}`] = String(ports[index]);
  }
  return result;
}

/** A tag "ssd" is STAT_TAG_SSD=true; "zone=a" and "zone:a" are STAT_TAG_ZONE=a. */
function tagVariables(tags: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const tag of tags) {
    const match = /^([^=:]+)[=:](.*)$/s.exec(tag);
    const name = variableName(match ? match[1]! : tag);
    if (name !== '') result[`STAT_TAG_${name}`] = match ? match[2]! : 'true';
  }
  return result;
}

/**
 * The whole environment of a launch. What the platform promises (PORT..., HOST, STAT_*) wins over the app's own values, since
 * health checks, adoption and fencing rely on it; `${PORT}` and its like are replaced in the app's values too.
 */
export function processEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const { spec, instance, node, user } = facts;
  const platform: Record<string, string> = {
    ...portVariables(spec, facts.ports),
    ...(facts.debugPort === null ? {} : { DEBUG_PORT: String(facts.debugPort) }),
    ...(facts.consolePort === null ? {} : { CONSOLE_PORT: String(facts.consolePort) }),
    HOST: hostOf(node.host),
    ...tagVariables(node.tags),
    STAT_APP: spec.name,
    STAT_INSTANCE: instance.id,
    STAT_SLOT: String(instance.slot),
    STAT_REVISION: String(instance.revision),
    STAT_NODE: node.id,
    STAT_EPOCH: statEpoch(instance.epoch, facts.launch),
    ...(spec.resAlloc.mem === null ? {} : { STAT_LIMIT_MEM: String(spec.resAlloc.mem) }),
  };
  const own = Object.fromEntries(Object.entries(spec.envs).map(([name, value]) => [name, expand(value, platform)]));
  return {
    PATH: facts.path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: facts.lang ?? 'C.UTF-8',
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
    ...(facts.directory === undefined ? {} : { PWD: facts.directory }),
    ...node.envs,
    ...own,
    ...platform,
  };
}

/**
 * Replaces `${NAME}` from an environment, once (a value is not expanded again). A name that is not in it stays as written,
 * so that `-Dpattern=${date}` reaches the program; `$${NAME}` is a literal `${NAME}`.
 */
function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(/(\$?)\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g, (whole, escape: string, name: string) => {
    if (escape !== '') return whole.slice(1);
    return Object.hasOwn(environment, name) ? environment[name]! : whole;
  });
}

/** The arguments of a launch: `expand` on each. */
export const expandArguments = (args: readonly string[], environment: Readonly<Record<string, string>>): string[] =>
  args.map((arg) => expand(arg, environment));
