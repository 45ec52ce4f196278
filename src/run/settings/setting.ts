// What a setting of master or agent is: its flag, STAT hub's old name of it, its default and how it is read.
import { homedir } from 'node:os';
import { join } from 'node:path';

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

export const both: readonly Part[] = ['master', 'agent'];
export const home = (): string => process.env['STATHUB_HOME'] || join(homedir(), '.stathub');

/** A setting that cannot be read: exit code 2. */
export class SettingError extends Error {
  /** @param origin where the bad value stands: a flag, a variable, a file */
  constructor(origin: string, why: string) {
    super(`${origin}: ${why}`);
    this.name = 'SettingError';
  }
}
