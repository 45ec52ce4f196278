// Holds the shape of the code: who may import whom, what is pure, how large a file may be, what the root holds.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StateMachine, type AnyStateMachine } from 'xstate';
import { isOpenHole } from '../machines/effect.ts';
import { startAgent } from '../src/agent/agent.ts';
import { machines } from '../src/build-charts.ts';
import { scratch } from './support/scratch.ts';
import { testMaster } from './support/test-master.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !name.endsWith('.d.ts') ? [path] : [];
  });
}
const sheets = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.css'))
    .map((name) => join(folder, name));
const files = ['src', 'machines', 'ui'].flatMap(sources);
const tests = sources('test');
const text = new Map([...files, ...tests].map((file) => [file, readFileSync(join(root, file), 'utf8')]));

interface Import {
  what: string;
  typeOnly: boolean;
}
/** Imports and re-exports, static and dynamic; relative ones as a path from the root. */
function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const code = text
    .get(file)!
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const patterns = [
    /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gm,
    /^import\s+()'([^']+)'/gm,
    /(typeof )?\bimport\('([^']+)'\)/g,
  ];
  for (const pattern of patterns)
    for (const match of code.matchAll(pattern)) {
      const what = match[2]!;
      found.push({
        what: what.startsWith('.') ? relative(root, join(root, dirname(file), what)) : what,
        typeOnly: Boolean(match[1]),
      });
    }
  return found;
}

/** What each folder may import: folders of ours, and packages. Types are free where `types` names the folder. */
const table: Record<string, { ours: string[]; types?: string[]; packages: string[] | 'any'; node: boolean }> = {
  'src/model': { ours: ['src/query'], packages: ['zod'], node: false },
  'src/query': { ours: ['src/model'], packages: ['ipaddr.js'], node: false },
  'src/placement': { ours: ['src/model', 'src/query'], types: ['src/protocol'], packages: [], node: false },
  machines: { ours: ['src/model'], types: ['src/protocol'], packages: ['xstate'], node: false },
  'src/protocol': { ours: ['src/model'], packages: ['zod'], node: true },
  'src/store': { ours: ['src/model', 'src/query'], packages: ['lmdb', '@elastic/elasticsearch'], node: true },
  'src/tls': { ours: ['src/store'], packages: [], node: true },
  'src/agent/effects': { ours: ['src/model', 'src/protocol'], packages: 'any', node: true },
  'src/agent': {
    ours: [
      'src/agent/effects',
      'src/tls',
      'src/model',
      'src/query',
      'src/placement',
      'machines',
      'src/protocol',
      'src/store',
      'src/live',
    ],
    types: ['src/api'],
    packages: 'any',
    node: true,
  },
  'src/master': {
    ours: ['src/model', 'src/query', 'src/placement', 'machines', 'src/protocol', 'src/store', 'src/live'],
    types: ['src/api'],
    packages: 'any',
    node: true,
  },
  'src/api': { ours: ['src/model', 'src/query', 'src/protocol', 'src/store', 'src/live'], packages: 'any', node: true },
  'src/live': {
    ours: ['src/model', 'src/query', 'src/protocol', 'src/store', 'src/api', 'machines'],
    packages: 'any',
    node: true,
  },
  'src/cli': {
    ours: ['src/tls', 'src/model', 'src/query', 'src/protocol'],
    packages: ['ws', 'commander', 'picocolors', 'cli-table3', 'yaml', 'zod'],
    node: true,
  },
  'src/run': { ours: ['src'], packages: 'any', node: true },
  ui: { ours: [], types: ['src/protocol', 'src/model', 'src/store', 'src/api'], packages: 'any', node: false },
};
const folderOf = (file: string): string =>
  Object.keys(table).find((folder) => file.startsWith(`${folder}/`)) ?? dirname(file);

/** Whom a file of `ui/` may import at run time: small pure things that would otherwise be written twice. */
const sharedWithBrowser =
  /^src\/(model\/(app\/archive-name|instance\/(instance|usage)|node|sizes)|protocol\/warnings)\.ts$/;

test('folders import only what the table allows', () => {
  const broken: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    const rule = table[folder];
    if (!rule) {
      if (file !== 'src/main.ts' && file !== 'src/build-charts.ts')
        broken.push(`${file} is in a folder that the table does not know`);
      continue;
    }
    for (const { what, typeOnly } of importsOf(file)) {
      const ours = /^(src|machines|ui)\//.test(what);
      if (ours) {
        const target = folderOf(what);
        const allowed =
          target === folder ||
          rule.ours.some((f) => target === f || (f === 'src' && target.startsWith('src/'))) ||
          (typeOnly && rule.types?.includes(target)) ||
          (folder === 'ui' && sharedWithBrowser.test(what));
        if (!allowed) broken.push(`${file} imports ${what}`);
      } else if (what.startsWith('node:')) {
        if (!rule.node) broken.push(`${file} imports ${what}`);
      } else {
        const name = what
          .split('/')
          .slice(0, what.startsWith('@') ? 2 : 1)
          .join('/');
        if (rule.packages !== 'any' && !rule.packages.includes(name)) broken.push(`${file} imports ${what}`);
      }
    }
  }
  assert.equal(broken, []);
});

test('what is exported is imported somewhere', () => {
  const importers = new Map<string, string[]>();
  for (const file of text.keys())
    for (const { what } of importsOf(file)) importers.set(what, [...(importers.get(what) ?? []), file]);
  const declared = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;
  const broken = [...text].flatMap(([file, code]) =>
    [...code.matchAll(declared)].flatMap(([, name]) => {
      const used = new RegExp(`\\b${name}\\b`);
      return importers.get(file)?.some((other) => used.test(text.get(other)!)) ? [] : [`${file} exports ${name}`];
    }),
  );
  assert.equal(broken, []);
});

test('the packages that the project is built on do real work', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const used = new Set(files.flatMap(importsOf).map(({ what }) => what));
  for (const name of [
    'xstate',
    'hono',
    '@hono/node-server',
    '@elastic/elasticsearch',
    'execa',
    'systeminformation',
    'yauzl',
    'ws',
  ]) {
    assert.ok(name in dependencies, name);
    assert.ok(
      [...used].some((what) => what === name || what.startsWith(`${name}/`)),
      `${name} is imported`,
    );
  }
  assert.ok('uvu' in devDependencies, 'the tests are run by uvu');
});

test('imports name the file with its ending, and no barrel re-exports a folder', () => {
  const broken = files.flatMap((file) =>
    importsOf(file)
      .filter(({ what }) => /^(src|machines|ui)\//.test(what) && !/\.\w+(\?\w+)?$/.test(what))
      .map(({ what }) => `${file} imports ${what}`),
  );
  assert.equal([...broken, ...files.filter((file) => /(^|\/)index\.ts$/.test(file))], []);
});

test('pure folders hold no clock, no chance and nothing of the machine they run on', () => {
  const ban = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\.|\bconsole\./;
  const broken = files
    .filter((file) => /^(machines|src\/(model|query|placement))\//.test(file))
    .flatMap((file) =>
      text
        .get(file)!
        .split('\n')
        .flatMap((line, index) =>
          ban.test(line.replace(/\/\*.*?\*\/|\/\/.*$|^\s*\*.*$/g, '')) ? [`${file}:${index + 1} ${line.trim()}`] : [],
        ),
    );
  assert.equal(broken, []);
});

/** Files that may be larger, each with its reason. */
const larger: Record<string, string> = {};
test('no file outgrows its budget', () => {
  const lines = (file: string) => text.get(file)!.trimEnd().split('\n').length;
  const broken = files
    .filter((file) => !larger[file] && lines(file) > (file.startsWith('machines/') ? 150 : 250))
    .map((file) => `${file}: ${lines(file)} lines`);
  assert.equal(broken, []);
  assert.equal(
    Object.keys(larger).filter((file) => !text.has(file) || lines(file) <= 250),
    [],
    'an exception that is no longer needed',
  );
});

/** Programs of other languages, and scripts of a page, are whole lines of their own. */
const samplePrograms = new Set([
  'test/agent/dea.test.ts',
  'test/agent/kept/crashes.test.ts',
  'test/agent/orchestrators-programs.test.ts',
  'test/api/browser.test.ts',
]);
test('no line is longer than 140 columns', () => {
  const long = (file: string): number[] =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (line.length > 140 ? [index + 1] : []));
  const all = [...files, ...tests, ...sheets('ui/css')];
  assert.equal(
    all.filter((file) => !samplePrograms.has(file)).flatMap((file) => long(file).map((line) => `${file}:${line}`)),
    [],
  );
  assert.equal(
    [...samplePrograms].filter((file) => long(file).length === 0),
    [],
    'an exception that is no longer needed',
  );
});

test('every file says first what it is for', () => {
  assert.equal(
    [...text].filter(([, code]) => !/^(#!.*\n)?\/[/*]/.test(code)).map(([file]) => file),
    [],
  );
});

test('comments name only files that are there', () => {
  const all = [...files, ...tests];
  const broken = all.flatMap((file) => {
    const comments = text.get(file)!.match(/^\s*(\/\/|\/?\*).*$/gm) ?? [];
    const named = comments.flatMap((line) => line.match(/\bDESIGN\b|[\w./-]*\w\.tsx?\b/g) ?? []);
    return named
      .filter((name) => !all.some((known) => `/${known}`.endsWith(`/${name.replace(/^(\.\.?\/)+/, '')}`)))
      .map((name) => `${file} names ${name}`);
  });
  assert.equal(broken, []);
});

test('what is private is so at run time, too', () => {
  const soft = /^\s*(private|protected) (?!constructor\()/m;
  assert.equal(
    [...files, ...tests].filter((file) => soft.test(text.get(file)!)),
    [],
    '#name instead',
  );
});

test('constants are named as everything else is', () => {
  const shouted = /^\s*(?:export )?(?:const|let) [A-Z][A-Z0-9_]+\b/m;
  assert.equal(
    [...files, ...tests].filter((file) => shouted.test(text.get(file)!)),
    [],
  );
});

test('tests wait for what is to come, not for a time', () => {
  const sleeps = /setTimeout\(resolve\b/;
  const own = /^test\/(support|bench|elasticsearch)\/|\/programs\//;
  assert.equal(
    tests.filter((file) => !own.test(file) && sleeps.test(text.get(file)!)),
    [],
    'until(), or letPass() for what must not happen',
  );
});

test('only main ends the process', () => {
  const allowed = new Set(['src/main.ts', 'src/run/up/demo.ts' /* within the text of the sample program */]);
  assert.equal(
    files.filter((file) => !allowed.has(file) && /\bprocess\.exit\(/.test(text.get(file)!)),
    [],
  );
});

test('errors are not swallowed silently', () => {
  const broken = files.flatMap((file) =>
    [...text.get(file)!.matchAll(/catch\s*(\([^)]*\))?\s*\{\s*\}/g)].map((match) => `${file}: ${match[0]}`),
  );
  const silent = files.flatMap((file) =>
    text
      .get(file)!
      .split('\n')
      .flatMap((line, index, lines) =>
        /\.catch\(\(\) => (undefined|\{\})\)/.test(line) && !/\/\/|\/\*/.test(line + (lines[index - 1] ?? ''))
          ? [`${file}:${index + 1} says no reason`]
          : [],
      ),
  );
  assert.equal([...broken, ...silent], []);
});

/** Holes of a machine and of the machines in it that nobody has filled. */
const openHoles = (machine: AnyStateMachine): string[] =>
  Object.entries(machine.implementations.actors ?? {}).flatMap(([name, logic]) =>
    isOpenHole(logic)
      ? [`${machine.id}.${name}`]
      : logic instanceof StateMachine
        ? openHoles(logic as AnyStateMachine)
        : [],
  );

test('every effect hole of a machine is filled where a master and an agent are put together', async () => {
  const filled = new Map<string, string[]>();
  const prototype = StateMachine.prototype as unknown as { provide: (...given: unknown[]) => AnyStateMachine };
  const { provide } = prototype;
  // The last machine of a name that is provided is the one that runs; what is in it was provided before.
  prototype.provide = function (...given) {
    const made = provide.apply(this, given);
    filled.set(made.id, openHoles(made));
    return made;
  };
  const warned: string[] = [];
  try {
    const agent = await startAgent({
      storeDirectory: scratch('agent'),
      master: 'http://127.0.0.1:9',
      membership: ['session'],
      log: (_level, message) => warned.push(message),
    });
    const master = await testMaster();
    await agent.stop({ processes: false });
    await master.stop();
  } finally {
    prototype.provide = provide;
  }
  assert.equal([...filled.values()].flat(), [], 'left open by the wiring');
  const wanting = (await machines())
    .filter(({ machine }) => openHoles(machine).length > 0)
    .map(({ machine }) => machine.id);
  assert.ok(wanting.length >= 6, `only ${wanting.join(', ')} have holes`);
  assert.equal(
    wanting.filter((id) => !filled.has(id)),
    [],
    'provided by nobody',
  );
});

test('names come from the glossary', () => {
  const banned = /(^|[-/])(manager|helper|util|common|misc|type|info|handler|service)s?\.tsx?$/;
  const declaration = /^\s*(?:export )?(?:async )?(?:const|let|function|class|interface|type) /.source;
  const unclear = /(do[A-Z]\w*|\w+(?:Manager|Helper|Util|Handler|Service|Info|Misc))\b(?!,)/.source;
  const declared = new RegExp(declaration + unclear, 'gm');
  assert.equal(
    files.filter((file) => banned.test(file)),
    [],
  );
  assert.equal(
    files.flatMap((file) => [...text.get(file)!.matchAll(declared)].map((match) => `${file}: ${match[1]}`)),
    [],
  );
});

test('the root holds only what it should', () => {
  const wanted = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'README.md',
    'LICENSE',
    '.gitignore',
    '.npmrc',
    '.oxfmtrc.json',
    '.oxlintrc.json',
    '.ci',
    'src',
    'machines',
    'ui',
    'test',
  ];
  const ignored = ['node_modules', 'dist', '.git'];
  assert.equal(
    readdirSync(root).filter((name) => !wanted.includes(name) && !ignored.includes(name)),
    [],
  );
});

test.run();
