// What every command that runs a hub is given, and how its flags become settings.
import type { Output } from '../../cli/output/output.ts';

export interface HubCommandOptions {
  output: Output;
  environment: NodeJS.ProcessEnv;
  /** The program's own file, which it starts again as a daemon. */
  main: string;
  /** Ends the process with this exit code. */
  finished: (code: number) => void;
}

/** Prints a line. */
export const sayBy =
  (output: Output) =>
  (line: string): void =>
    output.out(`${line}\n`);

/** commander makes `storeDirectory` of `--store-directory`; settings go by their own names. */
export const kebab = (options: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ]),
  );
