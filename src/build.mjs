// Builds everything that runs: the query parser (peggy), the program and its tests (tsc: dist/src, dist/test), of the program what
// `stathub` starts (bundle.mjs: dist/bin), the page of /docs (dist/docs), the dashboard (vite).
//   node src/build.mjs              build all
//   node src/build.mjs --if-stale   build only when a source is newer than the last whole build
//   node src/build.mjs --only=ts    all but the dashboard (while working on the server side)
//   node src/build.mjs --watch      build all, then again at every change
// Plain JavaScript, because it must run before anything is compiled.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const option = (name) => process.argv.find((a) => a === `--${name}` || a.startsWith(`--${name}=`));
const bin = (name, entry) => join(root, 'node_modules', name, entry);

/** Newest modification time (ms) of any source file. */
function newestSource() {
  let newest = 0;
  const visit = (path) => {
    const stat = statSync(path);
    if (stat.isDirectory()) for (const entry of readdirSync(path)) visit(join(path, entry));
    else newest = Math.max(newest, stat.mtimeMs);
  };
  for (const name of ['package-lock.json', 'tsconfig.json', 'src', 'machines', 'ui', 'test'])
    if (existsSync(join(root, name))) visit(join(root, name));
  return newest;
}

function run(what, args) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(`build: ${what} failed${result.error ? `: ${result.error.message}` : ''}`);
}

async function parser() {
  const grammar = join(root, 'src/query/syntax/grammar.peggy');
  if (!existsSync(grammar)) return;
  const peggy = (await import('peggy')).default;
  mkdirSync(join(dist, 'src/query/syntax'), { recursive: true });
  writeFileSync(
    join(dist, 'src/query/syntax/grammar.js'),
    peggy.generate(readFileSync(grammar, 'utf8'), { output: 'source', format: 'es' }),
  );
}

/** What was deleted in src/ must not live on in dist/: a stale test would still run. */
function prune(folder) {
  if (!existsSync(join(dist, folder))) return;
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) prune(path);
    else if (
      entry.name.endsWith('.js') &&
      entry.name !== 'grammar.js' &&
      !existsSync(join(root, path.replace(/\.js$/, '.ts')))
    )
      rmSync(join(dist, path));
  }
}

function typescript() {
  for (const name of ['src', 'machines', 'test']) prune(name);
  const notes = join(dist, '.tsbuildinfo'); // what tsc has already made: a build after a change takes half
  if (!existsSync(join(dist, 'src/main.js'))) rmSync(notes, { force: true });
  run('tsc', [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', notes]);
}

function dashboard() {
  if (existsSync(join(root, 'ui/index.html')))
    run('vite', [bin('vite', 'bin/vite.js'), 'build', '--config', 'ui/vite.config.mjs', '--logLevel', 'warn']);
}

/** Swagger UI for /docs: two files of its package, whose other 10 MB nobody needs at run time; and the dashboard's look. */
function docs() {
  const target = join(dist, 'docs');
  mkdirSync(target, { recursive: true });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    copyFileSync(bin('swagger-ui-dist', file), join(target, file));
  const look = ['tokens.css', 'docs.css'].map((name) => join(root, 'ui/css', name)).filter((path) => existsSync(path));
  writeFileSync(join(target, 'look.css'), look.map((path) => readFileSync(path, 'utf8')).join('\n'));
}

async function build() {
  const at = Date.now();
  rmSync(stamp, { force: true });
  mkdirSync(dist, { recursive: true });
  let failed;
  try {
    typescript();
  } catch (error) {
    failed = error;
  } // the rest is still built: a type error is reported, not hidden behind a missing file
  await parser();
  await (await import('./bundle.mjs')).bundle(dist);
  docs();
  const only = option('only') === '--only=ts';
  if (!only) dashboard();
  if (failed) throw failed;
  if (!only) writeFileSync(stamp, `${at}\n`);
  return Date.now() - at;
}

if (option('if-stale') && existsSync(stamp) && statSync(stamp).mtimeMs >= newestSource()) process.exit(0);
try {
  console.error(`built in ${await build()} ms`);
} catch (error) {
  console.error(error.message);
  if (!option('watch')) process.exit(1);
}
if (option('watch')) {
  let timer;
  for (const name of ['src', 'machines', 'ui', 'test']) {
    watch(join(root, name), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(
        () =>
          build().then(
            (ms) => console.error(`built in ${ms} ms`),
            (error) => console.error(error.message),
          ),
        100,
      );
    });
  }
}
