// README.md is held to its word: its links lead somewhere, the paths it names exist, and so do the commands and flags. So are the two
// lists of what others promised, or failed at, and which test holds it here.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from 'commander';
import { baseProgram } from '../src/cli/base-program.ts';
import { addCommands } from '../src/cli/program.ts';
import { addHubCommands } from '../src/run/commands/commands.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'README.md'), 'utf8');
const codes = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
const unique = (all: string[]): string[] => [...new Set(all)];

/** GitHub's name of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('every link within the repository leads to a file or a heading', () => {
  const anchors = new Set([...text.matchAll(/^#+ (.+)$/gm)].map((match) => `#${anchorOf(match[1]!)}`));
  const links = unique([...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!));
  assert.ok(links.length > 10, `only ${links.length} links`);
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    return link.startsWith('#') ? !anchors.has(link) : !existsSync(join(root, link.replace(/#.*$/, '')));
  });
  assert.equal(broken, []);
});

test('every path of the repository that it names exists', () => {
  const paths = unique(codes.filter((code) => /^(?:src|machines|ui|test)\/[\w./-]*$/.test(code)));
  assert.ok(paths.length > 20, `only ${paths.length} paths`);
  assert.equal(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

/** All commands of the program, by their whole name (`token create`). */
function commandsOf(program: Command, above = ''): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const command of program.commands) {
    const name = `${above}${command.name()}`;
    found.set(name, command);
    for (const [inner, one] of commandsOf(command, `${name} `)) found.set(inner, one);
  }
  return found;
}
const flagsOf = (command: Command): string[] =>
  command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined && flag !== null));

const output = { out: () => {}, err: () => {}, write: async () => {}, terminal: false, columns: 80 };
const program = baseProgram({ version: '0', output });
addHubCommands(program, { output: output, environment: {}, main: '', finished: () => {} });
addCommands(program, { output: output, environment: {}, defaultHub: () => 'http://127.0.0.1:1' });
const commands = commandsOf(program);
const everyFlag = new Set([program, ...commands.values()].flatMap(flagsOf).concat('--help', '--version'));

/** Flags of `npm run bench`, and STAT hub's names, which src/run/settings understands. */
const otherFlags = new Set(['--count', '--server.port', '--store.directory', '--master.address']);

test('every command that it names exists, with the flags it is shown with', () => {
  const fenced = [...text.matchAll(/```\n([\s\S]*?)```/g)].flatMap((match) => match[1]!.split('\n'));
  const shown = [...codes, ...fenced].flatMap((code) => /^(?:npx )?stathub ([a-z-]+.*)$/.exec(code.trim())?.[1] ?? []);
  assert.ok(shown.length > 30, `only ${shown.length} command lines`);
  const wrong = shown.flatMap((line) => {
    const words = line.replace(/ +(?:#|\| ).*$/, '').split(/\s+/);
    const name = [`${words[0]} ${words[1]}`, words[0]!].find((one) => commands.has(one));
    if (!name) return [`stathub ${line}`];
    const known = new Set([...flagsOf(program), ...flagsOf(commands.get(name)!)]);
    const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
    const flags = own.join(' ').match(/(?<![\w-])--?[a-z][\w-]*/g) ?? [];
    return flags.filter((flag) => !known.has(flag)).map((flag) => `stathub ${name} ${flag}`);
  });
  assert.equal(wrong, []);
});

test('every flag that it names is one of some command', () => {
  const flags = unique(codes.flatMap((code) => code.match(/(?<![\w-])--[a-z][\w.-]*/g) ?? []));
  assert.ok(flags.length > 20, `only ${flags.length} flags`);
  assert.equal(
    flags.filter((flag) => !everyFlag.has(flag) && !otherFlags.has(flag)),
    [],
  );
});

const mapped = ['test/agent/dea.test.ts', 'test/agent/orchestrators.test.ts'];
for (const map of mapped)
  test(`every test that the head of ${map} names is there, with the title that it quotes`, () => {
    const lines = readFileSync(join(root, map), 'utf8').split('\n');
    const head = lines.slice(
      0,
      lines.findIndex((line) => !line.startsWith('//')),
    );
    const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.test.ts'),
    );
    const wrong: string[] = [];
    let named = 0;
    for (const line of head) {
      let texts: string[] = [];
      for (const [, path, quotes] of line.matchAll(/(?<![\w/.])([a-z][a-z-]*\/[a-z][a-z/-]*)|\(("[^)]*)\)/g)) {
        if (path !== undefined) {
          const found = files.filter((one) => `/${one}`.endsWith(`/${path}.test.ts`));
          if (found.length === 0 && !path.startsWith('test/')) wrong.push(path);
          texts = found.map((one) => readFileSync(join(root, 'test', one), 'utf8').replaceAll("\\'", "'"));
          named += found.length;
        } else {
          const quoted = [...quotes!.matchAll(/"([^"]+)"/g)].map(([, quote]) => quote!);
          const stands = (quote: string): boolean =>
            texts.some((one) => quote.split('...').every((part) => one.includes(part.trim())));
          wrong.push(...quoted.filter((quote) => !stands(quote)));
        }
      }
    }
    assert.equal(wrong, []);
    assert.ok(named > 20, `only ${named}`);
  });

test.run();
