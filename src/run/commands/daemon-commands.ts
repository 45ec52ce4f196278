// `master`, `agent`: each setting that a part has is a flag of its command.
import { Option, type Command } from 'commander';
import type { Part } from '../settings/setting.ts';
import { resolve, settings, type InForce } from '../settings/settings.ts';
import { written } from '../settings/values.ts';
import { kebab, sayBy, type HubCommandOptions } from './hub-command.ts';

interface Daemon {
  part: Part;
  about: string;
  /** @returns its exit code */
  run: (inForce: InForce) => Promise<number>;
}

export function addDaemons(program: Command, options: HubCommandOptions): void {
  const say = sayBy(options.output);
  addDaemon(program, options, {
    part: 'master',
    about: 'run a master: REST API, dashboard, placement',
    run: async (inForce) => (await import('../master.ts')).runMaster(inForce, say),
  });
  addDaemon(program, options, {
    part: 'agent',
    about: 'run an agent: alone, or of the master given by --master',
    run: async (inForce) => {
      await import('../small-heap.ts'); // before what is loaded makes it grow
      return (await import('../agent.ts')).runAgent(inForce, say);
    },
  });
}

function addDaemon(program: Command, options: HubCommandOptions, { part, about, run }: Daemon): void {
  const command = program.command(part).description(about).option('--config <file>', 'settings in YAML');
  for (const option of flagsOf(part)) command.addOption(option);
  command.option(
    '--install',
    `print a systemd unit of this ${part} with these settings, and end; secrets go into a file (0600)`,
  );
  command.action(async (own) => {
    const { environment, finished } = options;
    const { tokenFile } = program.opts<{ tokenFile?: string }>(); // an option of all commands, so commander gives it to none
    const given = { ...own, ...(tokenFile === undefined ? {} : { tokenFile }) };
    const config: string | null = given.config ?? environment['STATHUB_CONFIG'] ?? null;
    const inForce = resolve(part, kebab(given), environment, config);
    if (given.install !== true) return finished(await run(inForce));
    await printUnit(part, options, inForce, config);
    finished(0);
  });
}

/** The flags of a part's settings, each with its default. */
const flagsOf = (part: Part): Option[] =>
  settings
    .filter(({ parts }) => parts.includes(part))
    .map((setting) => {
      const fallback = setting.default(part);
      const none = fallback === null || fallback === false || (Array.isArray(fallback) && fallback.length === 0);
      const shown = none ? '' : ` (default: ${written(setting, fallback)})`;
      const argument = setting.argument ? ` ${setting.argument}` : '';
      return new Option(`--${setting.name}${argument}`, `${setting.describe}${shown}`);
    });

/** @param config the file of settings, if there is one */
async function printUnit(
  part: Part,
  { output, main }: HubCommandOptions,
  inForce: InForce,
  config: string | null,
): Promise<void> {
  const { putSecrets, unitOf } = await import('../unit.ts');
  const unit = unitOf(part, [process.execPath, main], inForce, config);
  const done = putSecrets(unit);
  output.out(unit.text);
  for (const line of done) output.err(`stathub: ${line}\n`);
}
