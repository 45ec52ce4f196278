// npm run bench: what README says under "Measured", taken in one run.
//   npm run bench -- runtime store place     only these
//   npm run bench -- --count 300             with so many instances, instead of 1,000, and 100 beside the peers
//   npm run bench -- agents --agents 5000    more simulated agents
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { print, type Row } from './measure.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, agents: { type: 'string', default: '500' } },
});
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const say = (line: string): void => console.error(line);
const rows: Row[] = [];

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} cores (` +
    `${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB\n`,
);
if (wanted('runtime'))
  rows.push(...(await (await import('./runtime.ts')).runtimeRows(Number(values.count ?? 1000), say)));
if (wanted('place'))
  rows.push(
    ...(await import('./place.ts')).benchPlace(false).map((row) => ({
      what: row.what,
      ours: `${(row.ms / 1000).toFixed(2)} s, ${row.placed} placed`,
      target: row.target === null ? '–' : `${row.target / 1000} s`,
      peers: '',
    })),
  );
if (wanted('query')) rows.push(...(await (await import('./query.ts')).queryRows(say)));
if (wanted('agents')) rows.push(...(await (await import('./agents.ts')).agentRows(Number(values.agents), say)));
if (rows.length) print(rows, (line) => console.log(line));
if (wanted('peers')) await (await import('./peers.ts')).benchPeers(Number(values.count ?? 100), say);
if (wanted('store')) await (await import('./store.ts')).benchStore();
process.exit(0);
