// Every setting of master and agent, and what of them is in force, decided in one place: flag > environment > --config file > default;
// `stathub config` prints the origin of each.
import { agentSettings } from './agent-settings.ts';
import { readConfig } from './config-file.ts';
import { elasticSettings } from './elastic-settings.ts';
import { masterSettings } from './master-settings.ts';
import { SettingError } from './setting.ts';
import type { Part, Setting, Value } from './setting.ts';
import { sharedSettings } from './shared-settings.ts';

/** In the order in which the help shows them. */
export const settings: readonly Setting[] = [
  ...sharedSettings,
  ...masterSettings,
  ...elasticSettings,
  ...agentSettings,
];

interface Resolved {
  value: Value;
  origin: string;
}
export type InForce = Record<string, Resolved>;

export const environmentName = (name: string): string => `STATHUB_${name.toUpperCase().replaceAll('-', '_')}`;

/** @throws SettingError naming where the bad value stands */
function read(setting: Setting, given: unknown, origin: string): Resolved {
  try {
    return { value: setting.read(Array.isArray(given) ? given.join(',') : String(given)), origin };
  } catch (error) {
    throw new SettingError(origin, (error as Error).message);
  }
}

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
  const names = new Set(settings.map(({ name }) => name));
  const file = configFile ? readConfig(configFile, part, names) : {};
  const inForce = (setting: Setting): Resolved => {
    const { name } = setting;
    const variable = environmentName(name);
    if (flags[name] !== undefined) return read(setting, flags[name], `--${name}`);
    if (environment[variable]) return read(setting, environment[variable], variable);
    if (file[name] !== undefined && file[name] !== null) return read(setting, file[name], `${configFile}: ${name}`);
    return { value: setting.default(part), origin: 'default' };
  };
  const own = settings.filter(({ parts }) => parts.includes(part));
  return Object.fromEntries(own.map((setting) => [setting.name, inForce(setting)]));
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
