// Commands about apps and instances.
import { InvalidArgumentError, Option } from 'commander';
import * as actions from './apps/actions.ts';
import { deploy, plan } from './apps/deploy.ts';
import { CliError, exitCode } from './exit.ts';
import { importFile } from './apps/import.ts';
import { count, time, type Kit } from './kit.ts';
import { marathonApp, readSpec } from './apps/spec-file.ts';

const variable = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('write KEY=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

export function addAppCommands({ command, waiting, waitOptions, client, output }: Kit): void {
  const format = (formats: string[], usual: string): Option =>
    new Option('--format <format>', 'whose definition it is').choices(formats).default(usual);

  waiting(
    command('deploy', 'create or change an app from a file (JSON or YAML)').argument(
      '<file>',
      'a file, or - for standard input',
    ),
  )
    .option('--scale <n>', 'how many instances', count)
    .option('--query <query>', 'which nodes')
    .option('--plan', 'only say what it would do')
    .addOption(format(['stathub', 'marathon'], 'stathub'))
    .addHelpText('after', '\nExample: stathub deploy app.json --scale 3 --query "tags:ssd" --wait')
    .action((file: string, o) =>
      deploy(client(), output, file, {
        ...waitOptions(o),
        scale: o.scale,
        query: o.query,
        plan: o.plan === true,
        marathon: o.format === 'marathon',
      }),
    );
  command('plan', 'what deploying a file would do')
    .argument('<file>', 'a file, or -')
    .option('--json', 'answer in JSON')
    .addOption(format(['stathub', 'marathon'], 'stathub'))
    .action((file: string, o) =>
      plan(client(), output, o.format === 'marathon' ? marathonApp(file, output) : readSpec(file), {
        json: o.json === true,
      }),
    );
  waiting(
    command(
      'import',
      "deploy all apps of a file: Marathon's apps or groups, or what `stathub apps --json` printed",
    ).argument('<file>', 'a file, or -'),
  )
    .addOption(format(['marathon', 'stathub'], 'marathon'))
    .option('--plan', 'only say what it would do')
    .option('--print', 'print the apps as they would be deployed, and deploy nothing')
    .addHelpText(
      'after',
      '\nWhat has no counterpart here is told on standard error, each with its path. Nothing is deployed unless every app is valid.',
    )
    .action((file: string, o) =>
      importFile(client, output, file, {
        ...waitOptions(o),
        format: o.format,
        plan: o.plan === true,
        print: o.print === true,
      }),
    );

  command('run', 'run a command once on some node and show its output: run -- CMD ARG ...')
    .argument('<command...>')
    .option('--name <name>', 'name of the app that is made for it')
    .option('--query <query>', 'on which nodes')
    .option('-e, --env <KEY=VALUE>', 'set in its environment; as often as you like', variable)
    .option('--mem <size>', 'memory reserved, e.g. 256MB')
    .option('--cpus <cores>', 'cores reserved', Number)
    .option('--rm', 'forget the app when it has ended')
    .addOption(new Option('--keep <time>', 'forget it so long after its end').argParser(time).default(3_600_000, '1h'))
    .option('-d, --detach', 'do not wait for it')
    .option('--json', 'answer in JSON, with --detach')
    .addHelpText(
      'after',
      "\nThe exit code is the program's (128 + n: ended by signal n). Ctrl-C leaves it running; with --rm it " +
        'ends it.\nExample: stathub run --rm --query tags:ssd -- df -h',
    )
    .action(async (words: string[], o) =>
      (await import('./apps/run-once.ts')).runOnce(client(), output, words, {
        name: o.name ?? null,
        query: o.query ?? null,
        envs: o.env ?? {},
        mem: o.mem ?? null,
        cpus: o.cpus ?? null,
        remove: o.rm === true,
        keepMs: o.keep as number,
        detach: o.detach === true,
        json: o.json === true,
      }),
    );

  for (const [action, about] of [
    ['start', 'start an app'],
    ['stop', 'stop an app, or an unknown instance'],
    ['restart', 'restart an app (in a rolling way) or one instance'],
  ] as const) {
    waiting(
      command(action, about).argument(
        action === 'start' ? '<app>' : '<app-or-instance>',
        action === 'start' ? '' : "APP, APP.SLOT or an instance's id",
      ),
    ).action((name: string, o) => actions.appAction(client(), output, name, action, waitOptions(o)));
  }
  waiting(
    command('scale', 'set how many instances an app has').argument('<app>').argument('<n>', 'how many', count),
  ).action((name: string, n: number, o) => actions.scale(client(), output, name, n, waitOptions(o)));
  waiting(
    command('rollback', 'make an earlier revision the newest')
      .argument('<app>')
      .argument('[revision]', 'its number; without one: the revision before', count),
  )
    .option('--plan', 'only say what it would do')
    .action((name: string, revision: number | undefined, o) =>
      actions.rollback(client(), output, name, revision ?? null, { ...waitOptions(o), plan: o.plan === true }),
    );
  waiting(command('delete', 'stop an app and forget it').argument('<app>')).action((name: string, o) =>
    actions.remove(client(), output, name, waitOptions(o)),
  );
  command('recover', 'make an app again whose record the store has lost; what runs of it runs on')
    .argument('<app>')
    .option('--json', 'answer in JSON')
    .action((name: string, o) => actions.recover(client(), output, name, { json: o.json === true }));
  command('adopt', "make what runs unknown one of the hub's, without a restart")
    .argument('[app-or-instance]', 'an instance, or an app: all unknown instances of it')
    .option('--all', 'everything unknown')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nAfter the loss of a store: `stathub take-over NODE` for each node, then `stathub adopt --all` makes the ' +
        'apps again from what runs.',
    )
    .action((name: string | undefined, o) => {
      if ((name === undefined) !== (o.all === true))
        throw new CliError(exitCode.usage, 'what is to be adopted?', 'name an app or an instance, or give --all');
      return actions.adopt(client(), output, name ?? null, { json: o.json === true });
    });
}
