// dist/bin: what `stathub` runs. tsc leaves a file a module, and loading 600 of them costs a daemon half of its start and a fifth of its
// memory; here they are few, packages included. What is imported lazily stays lazy, as a chunk of its own. All lie in one folder,
// so that `new URL('./plan-thread.js', import.meta.url)` means the same from every chunk.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** What is started by its path: the program, the thread that plans, the process that looks at the machine. */
const entries = {
  stathub: 'src/main.js',
  'plan-thread': 'src/master/planning/plan-thread.js',
  'hardware-process': 'src/agent/effects/hardware-process.js',
};
/** Native. */
const external = ['lmdb'];
/** A daemon that runs while a build replaces its files may still want a chunk of its own build: so long, ms, it is there. */
const keepReplacedMs = 3600 * 1000;

/** V8 keeps a text with one letter beyond Latin-1 in twice the memory. */
const ascii = (code) =>
  code.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** @param dist where tsc has put its output. Functions and lines stay readable in stack traces, comments go. */
export async function bundle(dist) {
  const target = join(dist, 'bin');
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(dist, file)]));
  const bundler = await rolldown({ input, external, platform: 'node', cwd: dist, treeshake: true });
  const { output } = await bundler.generate({
    format: 'esm',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    hashCharacters: 'hex',
  });
  await bundler.close();
  mkdirSync(target, { recursive: true });
  for (const { fileName, code } of output) {
    const path = join(target, fileName);
    const text = ascii(code);
    if (!existsSync(path) || readFileSync(path, 'latin1') !== text) writeFileSync(path, text, 'latin1');
  }
  chmodSync(join(target, 'stathub.js'), 0o755);
  removeReplaced(target, new Set(output.map(({ fileName }) => fileName)));
}

/** Of what earlier builds made, what has been replaced for a while. When that was is noted in a file. */
function removeReplaced(target, made) {
  const notes = join(target, '.replaced.json');
  const before = existsSync(notes) ? JSON.parse(readFileSync(notes, 'utf8')) : {};
  const replaced = {};
  for (const name of readdirSync(target).filter((each) => each.endsWith('.js') && !made.has(each))) {
    const at = before[name] ?? Date.now();
    if (Date.now() - at > keepReplacedMs) rmSync(join(target, name));
    else replaced[name] = at;
  }
  writeFileSync(notes, JSON.stringify(replaced));
}
