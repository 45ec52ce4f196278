// `completion bash|zsh|fish`: scripts made of the commands themselves, so that they know every command and flag there is.
import { Argument, type Command, type Option } from 'commander';
import type { Kit } from './kit.ts';

/** What comes after it: nothing, one of some words, a file, or what only the caller knows. */
type Value = { kind: 'none' | 'file' | 'own' } | { kind: 'words'; words: string[] };

interface Flag {
  names: string[];
  about: string;
  value: Value;
}

interface Known {
  name: string;
  about: string;
  flags: Flag[];
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

function valueOf({ required, optional, argChoices, flags }: Option): Value {
  if (!required && !optional) return { kind: 'none' };
  if (argChoices) return { kind: 'words', words: argChoices };
  return { kind: /<(file|path|directory)/.test(flags) ? 'file' : 'own' };
}

function known(program: Command): Known[] {
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    subject: subjectOf(command),
    flags: command.options
      .filter(({ hidden }) => !hidden)
      .map((option) => ({
        names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
        about: option.description,
        value: valueOf(option),
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
      ? // ids, and names that only one of them has
        'stathub nodes --size 1000 2>/dev/null | cut -f1,2 | tr "\\t" "\\n" | sort | uniq -u'
      : 'stathub instances --size 1000 2>/dev/null | cut -f1';

/** A line of bash that completes what follows a flag; '' where none takes a value. */
function bashValues(flags: Flag[]): string {
  const cases = flags.flatMap(({ names, value }) =>
    value.kind === 'none'
      ? []
      : [
          `${names.join('|')}) COMPREPLY=(${
            value.kind === 'words'
              ? `$(compgen -W '${value.words.join(' ')}' -- "$word")`
              : value.kind === 'file'
                ? '$(compgen -f -- "$word")'
                : ''
          }); return ;;`,
        ],
  );
  return cases.length > 0 ? `case $before in ${cases.join(' ')} esac; ` : '';
}

function bash(commands: Known[]): string {
  const cases = commands.map(({ name, flags, subject, words }) => {
    const names = flags.flatMap((flag) => flag.names).join(' ');
    const first =
      subject === 'file'
        ? 'COMPREPLY=($(compgen -f -- "$word"))'
        : subject
          ? `COMPREPLY=($(compgen -W "$(${asked(subject)})" -- "$word"))`
          : `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))`;
    const own = `COMPREPLY=($(compgen -W '${names}' -- "$word"))`;
    return `    ${name}) ${bashValues(flags)}if [[ $word == -* ]]; then ${own}; else ${first}; fi ;;`;
  });
  return `# bash: source <(stathub completion bash)
_stathub() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word")); return; fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -F _stathub stathub
`;
}

const zshValue = (value: Value): string =>
  value.kind === 'words'
    ? `:value:(${value.words.join(' ')})`
    : { none: '', own: ':value: ', file: ':file:_files' }[value.kind];

function zsh(commands: Known[]): string {
  const cases = commands.map(({ name, flags, subject, words }) => {
    const options = flags
      .flatMap(({ names, about, value }) => names.map((each) => `'${each}[${plain(about)}]${zshValue(value)}'`))
      .join(' ');
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

const fishValue = (value: Value): string =>
  value.kind === 'words' ? `-x -a '${value.words.join(' ')}' ` : { none: '', file: '-r -F ', own: '-x ' }[value.kind];

function fish(commands: Known[]): string {
  const lines = commands.flatMap(({ name, about, flags, subject, words }) => {
    const here = `complete -c stathub -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c stathub -n __fish_use_subcommand -f -a ${name} -d '${plain(about)}'`,
      ...flags.map(
        (flag) =>
          `${here} ${flag.names.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`)).join(' ')} ` +
          `${fishValue(flag.value)}-d '${plain(flag.about)}'`,
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
