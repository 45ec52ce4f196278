// The --config file: YAML, read only where one is named.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SettingError } from './setting.ts';
import type { Part } from './setting.ts';

/** Loaded where a file is named: a daemon without one does not carry the parser. */
const parseYaml = (text: string): unknown =>
  (createRequire(import.meta.url)('yaml') as typeof import('yaml')).parse(text);

/**
 * What a YAML file gives for a part: settings at the top hold for both, those below `master:` or `agent:` for one.
 * @param known names of all settings
 * @throws SettingError when it cannot be read, or names what is no setting
 */
export function readConfig(path: string, part: Part, known: ReadonlySet<string>): Record<string, unknown> {
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
    if (!known.has(key)) throw new SettingError(path, `${key} is no setting; \`stathub config\` lists them`);
  return merged;
}
