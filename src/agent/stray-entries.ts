// Programs that live with this node's marker and have no record (any more). One that an assignment in force names is adopted under
// it; every other one is guarded under what the process itself tells, and shown as `unknown` until somebody decides.
import { readlinkSync } from 'node:fs';
import type { Assignment, DesiredRevision } from '../model/assignment.ts';
import { readStatEpoch } from '../model/instance/epoch.ts';
import type { AgentContext } from './context.ts';
import { latePart } from './effects/late-parts.ts';
import { instanceDirectory, isInstanceId, launchNumbers } from './effects/launch/launch-records.ts';
import { byInstance, type Marked } from './effects/processes/strays.ts';
import { saveRecord } from './instance/entries.ts';
import type { Entry } from './instance/entry.ts';
import { entryOfProgram, programOf, wordsOf } from './instance/adoption/live-program.ts';
import type { InstanceRecord } from './instance/records.ts';

const appSchema = latePart(() => import('../model/app/app-schema.ts'));

/** A record from the process itself, where nothing else is known: what it was started as, never restarted by itself. */
async function recordOf(program: Marked, epoch: number): Promise<InstanceRecord | null> {
  const [, app, slot] = /^(.+)\.(\d+)\.[^.]+$/.exec(program.instance) ?? [];
  const [command, ...args] = wordsOf(program.pid, 'cmdline');
  if (app === undefined || command === undefined) return null;
  const environment = Object.fromEntries(
    wordsOf(program.pid, 'environ').map((line) => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1),
    ]),
  );
  let workingDirectory: string | null = null;
  try {
    workingDirectory = readlinkSync(`/proc/${program.pid}/cwd`);
  } catch {
    /* another user's */
  }
  // Seldom wanted, and with the query language that it brings along some MiB of an agent's memory.
  const { parseApp } = await appSchema();
  const parsed = parseApp({
    name: app,
    toProcess: command,
    args,
    workingDirectory,
    restart: { policy: 'never' },
    ports: Object.keys(environment)
      .filter((name) => /^PORT\d+$/.test(name))
      .map(() => 0),
  });
  if (!parsed.ok) return null;
  const assignment: Assignment = {
    id: program.instance,
    app,
    slot: Number(slot),
    place: 'a',
    epoch,
    revision: Number(environment['STAT_REVISION']) || 1,
    hash: 'unknown',
    owner: 'unknown',
    node: '',
    goal: 'run',
    onFull: null,
    because: 'found running without a record',
    at: Date.now(),
    nudge: 0,
  };
  return { assignment, spec: parsed.spec, contents: {}, nodeEnvs: {}, clearedAt: 0 };
}

interface StrayFinds {
  entries: Entry[];
  /** Sentences for events: what was found and what became of it. */
  notes: { instance: string; text: string }[];
}

/** An assignment in force, with its revision. */
interface InForce {
  assignment: Assignment;
  revision: DesiredRevision;
}

const recordBy = ({ assignment, revision: { spec, contents } }: InForce): InstanceRecord => ({
  assignment,
  spec,
  contents,
  nodeEnvs: {},
  clearedAt: 0,
});

/** Makes entries of live programs without a record. */
export async function adoptStrays(
  context: AgentContext,
  strays: readonly Marked[],
  assignmentOf: (id: string) => InForce | null,
): Promise<StrayFinds> {
  const finds: StrayFinds = { entries: [], notes: [] };
  for (const [instance, marked] of byInstance(strays)) {
    const found = await adoptOne(context, instance, marked, assignmentOf(instance));
    if (found.entry) finds.entries.push(found.entry);
    finds.notes.push({ instance, text: found.text });
  }
  return finds;
}

async function adoptOne(
  context: AgentContext,
  instance: string,
  marked: readonly Marked[],
  named: InForce | null,
): Promise<{ entry: Entry | null; text: string }> {
  const program = programOf(marked);
  const token = program?.epoch ? readStatEpoch(program.epoch) : null;
  if (!program || !token || !isInstanceId(instance)) {
    const pids = marked.map(({ pid }) => pid).join(', ');
    const text = `${marked.length} processes carry the marker of ${instance} but not its program (pids ${pids}): they are left alone`;
    return { entry: null, text };
  }
  const record = named ? recordBy(named) : await recordOf(program, token.epoch);
  if (!record) {
    const text =
      `${instance} runs here with pid ${program.pid}, without a record, and what it was started as cannot be told: ` +
      `it is left alone; end it with kill ${program.pid}`;
    return { entry: null, text };
  }
  const directory = instanceDirectory(context.instancesDirectory, instance);
  try {
    await saveRecord(directory, record);
  } catch (error) {
    // A full disk: it is guarded all the same, and the next agent finds it as this one did.
    context.options.log('warn', `the record of ${instance} could not be written: ${(error as Error).message}`);
  }
  const entry = entryOfProgram(context, record, launchNumbers(directory), program);
  entry.unnamed = named === null;
  const text = named
    ? `${instance} was found running without a record and is guarded on under its assignment`
    : `${instance} runs here with pid ${program.pid}, without a record and named by nobody: it runs on until somebody adopts or stops it`;
  return { entry, text };
}
