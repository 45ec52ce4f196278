// `migrate`: the hub moves to another store.
import type { Command } from 'commander';
import { settings } from '../settings/settings.ts';
import type { MigrateOptions } from '../migrate.ts';
import { kebab, type HubCommandOptions } from './hub-command.ts';

interface MigrateFlags {
  from?: string;
  to?: string;
  undo?: boolean;
  abandon?: boolean;
  'from-prefix'?: string;
  'to-prefix'?: string;
  config?: string;
}
type Surroundings = Pick<HubCommandOptions, 'output' | 'environment'>;

export function addMigrate(program: Command, { output, environment, finished }: HubCommandOptions): void {
  const migrate = program
    .command('migrate')
    .description(
      'move the hub to another store: from a store directory to Elasticsearch, or back; run it again when it was cut off',
    )
    .option('--from <directory|url>', 'where the hub is')
    .option('--to <directory|url>', 'where it goes: nothing may be there yet')
    .option('--undo', 'let a master run again on --from, which was moved away')
    .option('--abandon', 'give up an unfinished move: remove what arrived in --to')
    .option('--from-prefix <name>', 'what the indices of --from begin with, instead of --elastic-prefix')
    .option('--to-prefix <name>', 'what the indices of --to begin with, instead of --elastic-prefix')
    .option('--config <file>', 'settings in YAML');
  for (const { name, argument, describe } of settings.filter((setting) => setting.name.startsWith('elastic-')))
    migrate.option(`--${name} ${argument}`, describe);
  migrate.action(async (given) => {
    const { migrate: move } = await import('../migrate.ts');
    finished(await move(moveOf(given, { output, environment })));
  });
}

/** What the flags ask for; settings of Elasticsearch go by their own names. */
function moveOf(given: Record<string, unknown>, { output, environment }: Surroundings): MigrateOptions {
  const {
    from,
    to,
    undo,
    abandon,
    'from-prefix': fromPrefix,
    'to-prefix': toPrefix,
    config,
    ...elastic
  } = kebab(given) as MigrateFlags;
  return {
    from: from ?? null,
    to: to ?? null,
    undo: undo === true,
    abandon: abandon === true,
    prefixes: { from: fromPrefix ?? null, to: toPrefix ?? null },
    elastic,
    config: config ?? environment['STATHUB_CONFIG'] ?? null,
    environment,
    say: (text) => output.out(text),
    isTerminal: output.terminal,
  };
}
