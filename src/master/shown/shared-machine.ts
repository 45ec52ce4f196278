// Several agents of one machine, started by hand, each give all of its memory away: what each says is true, together they promise more
// than there is.
import type { Reason } from '../../model/app/app.ts';
import { showSize } from '../../model/sizes.ts';
import type { NodeEntry } from '../entries.ts';
import type { NodeEntries } from '../nodes/node-entries.ts';

/** Machines differ in what they report by some pages. */
const slack = 1.02;

/** null: it is alone on its machine, or they share it. */
export function sharedMachine(nodes: NodeEntries, entry: NodeEntry): Reason | null {
  if (entry.status === 'lost') return null;
  const here = nodes.besides(entry).filter(({ status }) => status !== 'lost');
  if (here.length < 2) return null;
  const gives = here.map(({ record }) => record.doc.facts.allocatable.mem);
  const sum = gives.reduce((a, b) => a + b, 0);
  const { hostname, memory } = entry.record.doc.facts;
  if (sum <= Math.max(memory.ram, ...gives) * slack) return null;
  return {
    code: 'machine-shared',
    text:
      `${here.length} agents of ${hostname} give away ${showSize(sum)} of memory together, and it has ${showSize(memory.ram)}: ` +
      'programs may be placed there that it cannot hold',
    next: {
      what: `start each with --overcommit ${(1 / here.length).toFixed(2)}, or all by stathub up --agents`,
      at: null,
    },
  };
}

/** One sentence for each such machine. */
export function sharedMachines(nodes: NodeEntries): string[] {
  const texts = new Set<string>();
  for (const entry of nodes.values()) {
    const shared = sharedMachine(nodes, entry);
    if (shared) texts.add(`${shared.text}; ${shared.next!.what}`);
  }
  return [...texts];
}
