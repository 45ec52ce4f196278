// `up`, `down`, `upgrade`: a whole hub on this machine.
import { InvalidArgumentError, type Command } from 'commander';
import { environmentName } from '../settings/settings.ts';
import { sayBy, type HubCommandOptions } from './hub-command.ts';

const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < low || number > high)
      throw new InvalidArgumentError(`a whole number from ${low} to ${high} is wanted.`);
    return number;
  };

export function addUp(program: Command, { output, environment, main, finished }: HubCommandOptions): void {
  program.commandsGroup('A hub on this machine:');
  program
    .command('up')
    .description('start a hub on this machine: a master and a local agent; run it again to attach')
    .argument('[apps...]', 'app files to deploy')
    .option('--demo', 'deploy a small sample app if there is none')
    .option('--agents <n>', 'how many local agents', whole(1, 100), 1)
    .option('--port <port>', 'port of the master', whole(0, 65535))
    .option('--agent-port <port>', 'port of the first agent', whole(0, 65535))
    .option('--elastic <url,...>', 'keep everything in this Elasticsearch')
    .option('--elastic-prefix <name>', 'what the indices of this hub begin with')
    .action(async (files: string[], o) => {
      // By the environment, which the master inherits: an address may hold a password, and arguments are seen by everyone.
      if (o.elastic) environment[environmentName('elastic')] = o.elastic;
      if (o.elasticPrefix) environment[environmentName('elastic-prefix')] = o.elasticPrefix;
      const { up } = await import('../up/up.ts');
      const { endSignal } = await import('../daemon.ts');
      finished(
        await up(
          {
            files,
            demo: o.demo === true,
            agents: Math.max(1, o.agents),
            port: o.port ?? null,
            agentPort: o.agentPort ?? null,
            main,
            say: sayBy(output),
          },
          endSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
        ),
      );
    });
}

export function addDown(program: Command, { output, main, finished }: HubCommandOptions): void {
  program
    .command('down')
    .description('end what `up` started; its processes run on')
    .option('--all', 'end its processes, too')
    .action(async (o) =>
      finished(await (await import('../up/down.ts')).down({ all: o.all === true, main, say: sayBy(output) })),
    );
}

export function addUpgrade(program: Command, { output, main, finished }: HubCommandOptions): void {
  program
    .command('upgrade')
    .description('replace the master and agents that `up` started by this version; programs run on')
    .addHelpText(
      'after',
      '\nOthers are upgraded by ending and starting them, e.g. `systemctl restart stathub-agent`: their programs run on, too.',
    )
    .action(async () => finished(await (await import('../up/upgrade.ts')).upgrade({ main, say: sayBy(output) })));
}
