// What every group of commands is given: the hub's client, the output, and the options that many commands share.
import { InvalidArgumentError, type Command } from 'commander';
import type { Client } from './client.ts';
import { duration } from './output/format.ts';
import type { Output } from './output/output.ts';

/** How long to follow what was asked, and how to answer. */
export interface WaitOptions {
  wait: boolean;
  timeoutMs: number;
  json: boolean;
}

export interface Kit {
  output: Output;
  /** The client of the hub that flags, environment or this machine name. @throws CliError when the address is none */
  client: () => Client;
  command: (spec: string, about: string) => Command;
  /** Adds `--wait`, `--timeout` and `--json`. */
  waiting: (command: Command) => Command;
  waitOptions: (given: { wait?: boolean; timeout: number; json?: boolean }) => WaitOptions;
}

/** A whole number from 0. */
export const count = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number from 0 is wanted.');
  return Number(text);
};

/** A span as `duration` reads it; a bare number is seconds. @returns ms */
export const time = (text: string): number => {
  try {
    return duration(/^\d+$/.test(text) ? `${text}s` : text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};
