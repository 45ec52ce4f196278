// Why an app finds no node: how many nodes are left after each clause of its query and each resource, and which node misses
// the least. For `why` and for the sentence that a waiting slot carries.
import { showCores, showSize } from '../model/sizes.ts';
import { parse } from '../query/syntax/parse.ts';
import { print } from '../query/syntax/print.ts';
import type { AppDraft } from './draft.ts';
import type { Ledger } from './choosing/ledger.ts';
import type { NodeTable } from './choosing/node-table.ts';
import type { Presence } from './choosing/presence.ts';

interface FunnelStep {
  step: string;
  left: number;
  lost: string[];
}
export interface Funnel {
  steps: FunnelStep[];
  nearest: string[];
  /** "3 of 5 nodes match `tags:ssd`, none has 2 GiB left; nearest: db-3 lacks 200 MiB of memory" */
  sentence: string;
}

/** Names listed of the nodes that a step loses. */
const mostNames = 20;
const mostNearest = 3;

/** The clauses of a query that all have to hold, as texts. */
function clausesOf(query: string): string[] {
  const parsed = parse(query);
  if (!parsed.ok) return [query];
  if (parsed.query.kind === 'all') return [];
  return parsed.query.kind === 'and' ? parsed.query.of.map(print) : [query.trim()];
}

/** `size`: how much is missing, as a share of what is asked for; orders the nearest misses. */
interface Lack {
  step: string;
  text: string;
  size: number;
}

/** Everything that a node lacks for one more of the app. */
export function lacksOf(
  draft: AppDraft,
  node: number,
  count: number,
  ledger: Ledger,
  presence: Presence | null,
): Lack[] {
  const { demand, spec } = draft;
  const lacks: Lack[] = [];
  const amount = (step: string, asked: number, free: number, show: (n: number) => string, of: string): void => {
    if (asked > 0 && asked > free + 1e-9)
      lacks.push({ step, text: `lacks ${show(asked - free)}${of}`, size: Math.min(1, (asked - free) / asked) });
  };
  const obstacle = presence?.obstacle(draft, node) ?? null;
  if (obstacle)
    lacks.push({
      step: obstacle.missing ? `with ${obstacle.app}` : `not with ${obstacle.app}`,
      text: obstacle.missing ? `does not run ${obstacle.app}` : `runs ${obstacle.app}`,
      size: 2,
    });
  const { maxPerNode } = spec.placement;
  if (maxPerNode !== null && count >= maxPerNode)
    lacks.push({ step: `at most ${maxPerNode} a node`, text: `already has ${count} of ${draft.name}`, size: 1 });
  amount('cpus', demand.cpus, ledger.freeCpus[node]!, showCores, '');
  amount('mem', demand.mem, ledger.freeMem[node]!, showSize, ' of memory');
  amount('disk', demand.disk, ledger.freeDisk[node]!, showSize, ' of disk');
  for (const port of demand.ports)
    if (ledger.portTaken(node, port)) lacks.push({ step: `port ${port}`, text: `has port ${port} taken`, size: 1 });
  return lacks;
}

function stepNames(draft: AppDraft): string[] {
  const { placement } = draft.spec;
  return [
    ...placement.with.map((app) => `with ${app}`),
    ...placement.notWith.map((app) => `not with ${app}`),
    ...(placement.maxPerNode === null ? [] : [`at most ${placement.maxPerNode} a node`]),
    ...(draft.demand.cpus > 0 ? ['cpus'] : []),
    ...(draft.demand.mem > 0 ? ['mem'] : []),
    ...(draft.demand.disk > 0 ? ['disk'] : []),
    ...draft.demand.ports.map((port) => `port ${port}`),
  ];
}

function wantedText(step: string, draft: AppDraft): string {
  const { demand } = draft;
  switch (step) {
    case 'cpus':
      return `has ${showCores(demand.cpus)} left`;
    case 'mem':
      return `has ${showSize(demand.mem)} of memory left`;
    case 'disk':
      return `has ${showSize(demand.disk)} of disk left`;
    default:
      return step.startsWith('port')
        ? `has ${step} free`
        : step.startsWith('with')
          ? `runs ${step.slice(5)}`
          : step.startsWith('not with')
            ? `is without ${step.slice(9)}`
            : `has fewer than ${draft.spec.placement.maxPerNode} of ${draft.name}`;
  }
}

const listed = (names: string[]): string[] =>
  names.length > mostNames ? [...names.slice(0, mostNames), `and ${names.length - mostNames} more`] : names;
const nodesText = (n: number): string => `${n} ${n === 1 ? 'node' : 'nodes'}`;

/** @param counts instances of the app that are not leaving, by node */
export function funnelOf(
  draft: AppDraft,
  table: NodeTable,
  ledger: Ledger,
  presence: Presence | null,
  counts: ReadonlyMap<number, number>,
): Funnel {
  const name = (node: number): string => table.label(table.nodes[node]!.id);
  const all = table.nodes.map((_, node) => node);
  const steps: FunnelStep[] = [{ step: 'all nodes', left: all.length, lost: [] }];
  let left = all;
  const narrow = (step: string, keeps: (node: number) => boolean, label = name): void => {
    const lost = left.filter((node) => !keeps(node));
    left = left.filter(keeps);
    steps.push({ step, left: left.length, lost: listed(lost.map(label)) });
  };
  const { query } = draft.spec.placement;
  const clauses = clausesOf(query);
  for (const clause of clauses) narrow(clause, (node) => table.matches(clause)[node] === 1);
  const matching = left;
  narrow(
    'takes work',
    (node) => table.takesWork(node),
    (node) => `${name(node)} (${table.nodes[node]!.status})`,
  );
  const ready = left;
  const lacks = new Map(ready.map((node) => [node, lacksOf(draft, node, counts.get(node) ?? 0, ledger, presence)]));
  const known = stepNames(draft);
  // An app that this one does not name may still refuse to be with it.
  for (const node of ready) for (const { step } of lacks.get(node)!) if (!known.includes(step)) known.push(step);
  for (const step of known) narrow(step, (node) => !lacks.get(node)!.some((lack) => lack.step === step));

  const nearest = nearestOf(table, name, clauses, all, matching, ready, lacks);
  const shown = query.trim() === '*' || query.trim() === '' ? null : query.trim();
  return { steps, nearest, sentence: sentenceOf() };

  function sentenceOf(): string {
    const tail = nearest.length > 0 ? `; nearest: ${nearest[0]}` : '';
    if (all.length === 0) return 'there is no node yet';
    if (matching.length === 0) return `none of ${nodesText(all.length)} matches \`${shown}\`${tail}`;
    const who =
      shown === null
        ? ''
        : `${matching.length} of ${nodesText(all.length)} ${matching.length === 1 ? 'matches' : 'match'} \`${shown}\`, `;
    if (ready.length === 0)
      return `${who}none ${shown === null ? `of ${nodesText(all.length)}` : 'of them'} takes work: ${listed(
        matching.map((node) => `${name(node)} is ${table.nodes[node]!.status}`),
      )
        .slice(0, 3)
        .join(', ')}`;
    const missing = [...new Set(ready.flatMap((node) => lacks.get(node)!.map((lack) => lack.step)))];
    const common = missing.filter((step) => ready.every((node) => lacks.get(node)!.some((lack) => lack.step === step)));
    const what = (common.length > 0 ? common : missing).map((step) => wantedText(step, draft)).join(' and ');
    return `${who}none ${shown === null ? `of ${nodesText(ready.length)} ` : ''}${what === '' ? 'is free for this slot' : what}${tail}`;
  }
}

function nearestOf(
  table: NodeTable,
  name: (node: number) => string,
  clauses: string[],
  all: number[],
  matching: number[],
  ready: number[],
  lacks: ReadonlyMap<number, Lack[]>,
): string[] {
  if (matching.length === 0) {
    const misses = all
      .map((node) => ({ node, failed: clauses.filter((clause) => table.matches(clause)[node] !== 1) }))
      .sort((x, y) => x.failed.length - y.failed.length || x.node - y.node);
    const least = misses[0]?.failed.length ?? 0;
    if (least === clauses.length) return []; // nothing of the query holds anywhere: no node is nearer than another
    return misses
      .filter((m) => m.failed.length === least)
      .slice(0, mostNearest)
      .map(({ node, failed }) => `${name(node)} does not match ${failed.map((f) => `\`${f}\``).join(' and ')}`);
  }
  const short = ready
    .filter((node) => lacks.get(node)!.length > 0)
    .sort((x, y) => lacks.get(x)!.length - lacks.get(y)!.length || sizeOf(x) - sizeOf(y) || x - y);
  return short.slice(0, mostNearest).map(
    (node) =>
      `${name(node)} ${lacks
        .get(node)!
        .map((lack) => lack.text)
        .join(' and ')}`,
  );

  function sizeOf(node: number): number {
    return lacks.get(node)!.reduce((sum, lack) => sum + lack.size, 0);
  }
}
