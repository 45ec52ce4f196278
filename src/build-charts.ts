// Writes machines/README.md: every machine drawn from itself, its states in words. `node dist/src/build-charts.js` after a
// change of a machine; a test fails while the file is stale.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { chartOf, type Chart } from '../machines/chart/chart.ts';
import { toMermaid } from '../machines/chart/mermaid.ts';

/** The repository, seen from dist/src/. */
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Most general first: who holds whom. */
const order = ['master', 'node', 'placement', 'agent', 'link', 'fence', 'app-supervisor', 'instance', 'probe'];

const isMachine = (value: unknown): value is AnyStateMachine =>
  typeof value === 'object' &&
  value !== null &&
  'root' in value &&
  'createMachine' in value === false &&
  'provide' in value;

/** The comment that opens a source file. */
const openingComment = (source: string): string =>
  (/^(?:\/\/.*\n)+/.exec(source)?.[0] ?? '')
    .replace(/^\/\/ ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
const firstSentence = (text: string): string => /^.*?[.!?](?= [A-Z]|$)/.exec(text)?.[0] ?? text;

interface DocumentedMachine {
  file: string;
  /** What its file says of it first. */ comment: string;
  machine: AnyStateMachine;
}

/** Every machine under machines/, in the order of the document. */
export async function machines(): Promise<DocumentedMachine[]> {
  const found: DocumentedMachine[] = [];
  for (const file of readdirSync(join(root, 'machines')).filter((name) => name.endsWith('.ts'))) {
    const exported = (await import(
      pathToFileURL(join(root, 'dist/machines', file.replace(/\.ts$/, '.js'))).href
    )) as Record<string, unknown>;
    for (const machine of Object.values(exported).filter(isMachine))
      found.push({ file, machine, comment: openingComment(readFileSync(join(root, 'machines', file), 'utf8')) });
  }
  const rank = ({ machine }: DocumentedMachine) =>
    order.includes(machine.id) ? order.indexOf(machine.id) : order.length;
  return found.sort((a, b) => rank(a) - rank(b) || (a.machine.id < b.machine.id ? -1 : 1));
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function section({ file, comment, machine }: DocumentedMachine): string {
  const chart = chartOf(machine);
  return `## ${machine.id}\n\n${comment} Source: [\`${file}\`](${file}).\n\n\`\`\`mermaid\n${toMermaid(chart)}\`\`\`\n\n${table(chart)}`;
}

function table({ states, edges }: Chart): string {
  const stays = (path: string) =>
    [
      ...new Set(
        edges
          .filter((edge) => edge.from === path && (edge.to === null || edge.to === path))
          .map((edge) => `\`${edge.event || 'always'}\``),
      ),
    ].join(' ');
  const rows = states.map(({ path, description }) => `| \`${path}\` | ${cell(description ?? '')} | ${stays(path)} |`);
  return `| state | what it is | heard and stays |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The text of machines/README.md. */
export async function chartsDocument(): Promise<string> {
  const all = await machines();
  const list = all
    .map(({ machine, comment }) => `* [${machine.id}](#${machine.id}): ${firstSentence(comment)}`)
    .join('\n');
  return (
    `# Statecharts\n\nGenerated from the machines by \`node dist/src/build-charts.js\`; not to be edited. Labels ` +
    `are events, \`after\` a delay, what an effect\ncame to, and guards in brackets; transitions that stay in ` +
    `their state stand in the tables.\n\n${list}\n\n${all.map(section).join('\n')}`
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(join(root, 'machines/README.md'), await chartsDocument());
