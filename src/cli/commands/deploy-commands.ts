// `deploy`, `plan`, `import`, `run`: apps that come from a file or a command line.
import { InvalidArgumentError, Option } from 'commander';
import { deploy, plan } from '../apps/deploy.ts';
import { importFile } from '../apps/import.ts';
import { marathonApp, readSpec } from '../apps/spec-file.ts';
import { count, time, type Kit } from '../kit.ts';

const variable = (text: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('write KEY=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Whose definition a file holds. */
const format = (formats: string[], usual: string): Option =>
  new Option('--format <format>', 'whose definition it is').choices(formats).default(usual);

export function addDeploy({ command, waiting, waitOptions, client, output }: Kit): void {
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
}

export function addPlan({ command, client, output }: Kit): void {
  command('plan', 'what deploying a file would do')
    .argument('<file>', 'a file, or -')
    .option('--json', 'answer in JSON')
    .addOption(format(['stathub', 'marathon'], 'stathub'))
    .action((file: string, o) =>
      plan(client(), output, o.format === 'marathon' ? marathonApp(file, output) : readSpec(file), {
        json: o.json === true,
      }),
    );
}

export function addImport({ command, waiting, waitOptions, client, output }: Kit): void {
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
}

export function addRun({ command, client, output }: Kit): void {
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
      (await import('../apps/run-once.ts')).runOnce(client(), output, words, {
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
}
