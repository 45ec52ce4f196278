// `completion bash|zsh|fish`: scripts made of the commands themselves, so that they know every command and flag there is.
import { Argument, type Command } from 'commander';
import type { Kit } from './kit.ts';

interface Known {
  name: string;
  about: string;
  flags: { names: string[]; about: string }[];
  /** What its first argument is, to be completed by asking the hub. */
  subject: 'apps' | 'nodes' | 'instances' | 'file' | null;
  words: string[];
}

function subjectOf(command: Command): Known['subject'] {
  const name = command.registeredArguments[0]?.name() ?? '';
  return name.startsWith('app') && name !== 'apps'
    ? 'apps'
    : name === 'node'
      ? 'nodes'
      : name === 'instance'
        ? 'instances'
        : name === 'file' || name === 'apps'
          ? 'file'
          : null;
}

function known(program: Command): Known[] {
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    subject: subjectOf(command),
    flags: command.options
      .filter(({ hidden }) => !hidden)
      .map(({ short, long, description }) => ({
        names: [long, short].filter((name) => name !== undefined && name !== null),
        about: description,
      })),
    words: [...command.commands.map((inner) => inner.name()), ...(command.registeredArguments[0]?.argChoices ?? [])],
  }));
}

const plain = (text: string): string =>
  text
    .replace(/'/g, '')
    .replace(/[[\]:`]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** How a shell asks for names: plain lines, the first field of each; nothing where no hub answers. */
const asked = (subject: string): string =>
  subject === 'apps'
    ? 'stathub apps --size 1000 2>/dev/null | cut -f1'
    : subject === 'nodes'
      ? 'stathub nodes --size 1000 2>/dev/null | cut -f2'
      : 'stathub instances --size 1000 2>/dev/null | cut -f1';

function bash(commands: Known[]): string {
  const cases = commands.map(({ name, flags, subject, words }) => {
    const names = flags.flatMap((flag) => flag.names).join(' ');
    const first =
      subject === 'file'
        ? 'COMPREPLY=($(compgen -f -- "$word"))'
        : subject
          ? `COMPREPLY=($(compgen -W "$(${asked(subject)})" -- "$word"))`
          : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))`;
    return `    ${name}) if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${names}' -- "$word")); else ${first}; fi ;;`;
  });
  return `# bash: source <(stathub completion bash)
_stathub() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word")); return; fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -F _stathub stathub
`;
}

function zsh(commands: Known[]): string {
  const cases = commands.map(({ name, flags, subject, words }) => {
    const options = flags.flatMap((flag) => flag.names.map((each) => `'${each}[${plain(flag.about)}]'`)).join(' ');
    const first =
      subject === 'file'
        ? "'*:file:_files'"
        : subject
          ? `"*:name:($(${asked(subject)}))"`
          : words.length > 0
            ? `'1:word:(${words.join(' ')})'`
            : '';
    return `    ${name}) _arguments ${options} ${first} ;;`;
  });
  return `#compdef stathub
# zsh: source <(stathub completion zsh)
_stathub() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ name, about }) => `'${name}:${plain(about)}'`).join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _stathub stathub
`;
}

function fish(commands: Known[]): string {
  const lines = commands.flatMap(({ name, about, flags, subject, words }) => {
    const here = `complete -c stathub -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c stathub -n __fish_use_subcommand -f -a ${name} -d '${plain(about)}'`,
      ...flags.map(
        (flag) =>
          `${here} ${flag.names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`)).join(' ')} ` +
          `-d '${plain(flag.about)}'`,
      ),
      ...(subject === 'file'
        ? [`${here} -F`]
        : subject
          ? [`${here} -f -a '(${asked(subject)})'`]
          : words.length > 0
            ? [`${here} -f -a '${words.join(' ')}'`]
            : []),
    ];
  });
  return `# fish: stathub completion fish > ~/.config/fish/completions/stathub.fish\n${lines.join('\n')}\n`;
}

export function addCompletion({ command, output }: Kit, program: Command): void {
  const shells = { bash, zsh, fish };
  command('completion', 'print completions for a shell: source <(stathub completion bash)')
    .addArgument(new Argument('<shell>', 'which').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => output.out(shells[shell](known(program))));
}
