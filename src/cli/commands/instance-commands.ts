// `logs`, `files`, `exec`: what an instance prints and writes, and a command beside it.
import { Option } from 'commander';
import { logs, type LogOptions } from '../instances/logs.ts';
import { count, type Kit } from '../kit.ts';

export function addLogs({ command, client, output }: Kit): void {
  command('logs', 'the output of an instance, or of all of an app; also of instances that are gone')
    .argument('<app-or-instance>', "APP, APP.SLOT or an instance's id")
    .option('-f, --follow', 'go on as it is written, with instances that come later')
    .option('-n, --tail <n>', 'begin with so many lines of each stream, or "all" (100; all with --since)')
    .option('--since <time>', 'from then on: 10m (ago), 2026-11-22T14:32:00Z')
    .option('--until <time>', 'up to then')
    .addOption(new Option('--stream <stream>', 'which').choices(['stdout', 'stderr', 'both']).default('both'))
    .option('--grep <text>', 'only lines with this text, or /regex/')
    .addHelpText('after', '\nExample: stathub logs web --since 10m --grep "/error|timeout/" -f')
    .action((name: string, o: LogOptions) => logs(client(), output, name, { ...o, follow: o.follow === true }));
}

export function addFiles({ command, client, output }: Kit): void {
  command('files', 'files of an instance, running, ended or crashed: a directory as a list, a file as it is')
    .argument('<instance>', 'an id, APP.SLOT, or an app of one instance')
    .argument('[path]', 'e.g. work/conf, launch-7')
    .option('--get <file>', 'save it: a directory as tar.gz; - for standard output')
    .option('-f, --follow', 'go on as the file grows')
    .option('--tail <bytes>', 'only the last bytes of a file', count)
    .option('--json', 'list in JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  stathub files web.0\n  stathub files web.0 work/server.log -f\n  stathub files ' +
        'web.0.abcdefgh launch-3 --get crash.tar.gz',
    )
    .action(async (id: string, place: string | undefined, o) =>
      (await import('../instances/files.ts')).files(client(), output, id, place ?? '', {
        get: o.get,
        follow: o.follow === true,
        tail: o.tail,
        json: o.json === true,
      }),
    );
}

export function addExec({ command, client }: Kit): void {
  command('exec', 'run a command beside the program of an instance: its environment, directory, user and limits')
    .argument('<instance>', 'an id, APP.SLOT, or an app of one instance')
    .argument('<command...>', 'after --')
    .option('-t, --terminal', 'on a terminal (where input and output are one)')
    .option('-T, --no-terminal', 'on plain pipes')
    .addHelpText(
      'after',
      '\nIts exit code is that of the command.\nExamples:\n  stathub exec web.0 -- sh\n  stathub exec web.0 -- cat conf/app.yml > app.yml',
    )
    .action(async (id: string, words: string[], o) =>
      (await import('../instances/exec.ts')).exec(client(), id, words, { terminal: o.terminal ?? null }),
    );
}
