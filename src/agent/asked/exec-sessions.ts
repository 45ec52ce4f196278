// Commands that run beside programs here, by the name that the master gave each. They end with their line, their client or the
// launch they were begun beside. What a kill -9 of this agent leaves, the next one ends.
import { join } from 'node:path';
import { Refusal } from '../../model/errors.ts';
import { execRequest, execWindow, type ExecChunk, type ExecInput } from '../../protocol/exec.ts';
import { SendWindow, Takings } from '../../protocol/window.ts';
import type { AgentContext } from '../context.ts';
import type { ExecSession } from '../effects/launch/exec-session.ts';
import { latePart } from '../effects/late-parts.ts';
import type { Entry } from '../instance/entry.ts';
import type { LaunchRecord } from '../instance/records.ts';
import { planOf } from '../instance/run/launch-plan.ts';
import type { LaunchPlan } from '../effects/launch/run-script.ts';

const execSession = latePart(() => import('../effects/launch/exec-session.ts'));
const mostSessions = 50;
/** How often is looked whether the launch still runs: a shell that was left open must not hold up a restart. ms */
const lookMs = 200;

interface Session {
  session: ExecSession;
  output: SendWindow;
}
type Terminal = ReturnType<typeof execRequest.parse>['terminal'];

export class ExecSessions {
  readonly #context: AgentContext;
  readonly #sessions = new Map<string, Session>();
  #made = 0;

  constructor(context: AgentContext) {
    this.#context = context;
  }

  /**
   * Runs a command in an instance until it ends or `signal` is aborted.
   * @param args ExecArguments  @param send chunks; the first says that it began
   * @returns its exit code
   */
  async run(
    entry: Entry,
    args: Record<string, unknown>,
    send: (chunk: ExecChunk) => void,
    ready: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ code: number }> {
    const { command, terminal } = execRequest.parse(args);
    const launch = this.#launchOf(entry);
    const { ExecSession: Started } = await execSession();
    if (signal.aborted) return { code: 129 };
    const output = new SendWindow(Number(args['window']) || Infinity);
    const takings = new Takings(execWindow, (took) => send({ took }));
    const session = new Started({
      plan: this.#planOf(entry, launch, command, terminal),
      tools: this.#context.tools,
      file: join(entry.directory, `exec.${process.pid}.${++this.#made}`),
      terminal,
      output: (stream, bytes) => {
        output.sent(bytes.length);
        send({ stream, bytes: bytes.toString('base64') });
      },
      ready: async () => {
        await output.room();
        await ready();
      },
      took: (bytes) => takings.take(bytes),
    });
    const name = String(args['session']);
    this.#sessions.set(name, { session, output });
    const letGo = this.#endWith(entry, launch, { session, output }, signal);
    send({ stream: 'stdout', bytes: '', window: execWindow });
    try {
      return { code: await session.ended };
    } finally {
      letGo();
      this.#sessions.delete(name);
    }
  }

  /** @throws Refusal where nothing can be run beside the program now */
  #launchOf({ id, program: { run, phase } }: Entry): LaunchRecord {
    if (!run || phase !== 'running')
      throw new Refusal(
        'not-found',
        `Instance ${id} does not run now: a command can only be run beside its program`,
        'Wait until it runs: stathub instances.',
      );
    if (this.#sessions.size < mostSessions) return run;
    throw new Refusal(
      'too-many',
      `${mostSessions} commands run in instances of this node already`,
      'End one of them first.',
    );
  }

  #planOf(entry: Entry, launch: LaunchRecord, command: string[], terminal: Terminal): LaunchPlan {
    const plan = planOf(this.#context, entry.record, launch, entry.directory);
    const [program = '', ...args] = command;
    const environment = terminal ? { ...plan.environment, TERM: terminal.term } : plan.environment;
    return { ...plan, program, args, shell: false, environment };
  }

  /** Hangs up when the signal aborts or the launch is over. @returns stops looking for that */
  #endWith(entry: Entry, launch: LaunchRecord, { session, output }: Session, signal: AbortSignal): () => void {
    const gone = (): void => {
      output.end();
      session.hangUp().catch((error: unknown) => {
        const { message } = error as Error;
        this.#context.options.log('warn', `what was run in ${entry.id} could not be ended: ${message}`);
      });
    };
    signal.addEventListener('abort', gone, { once: true });
    const look = setInterval(() => {
      if (entry.program.run === launch && entry.program.phase === 'running') return;
      clearInterval(look);
      gone();
    }, lookMs);
    return () => {
      clearInterval(look);
      signal.removeEventListener('abort', gone);
    };
  }

  /** Input, its end, another size, or what was taken of the output. What comes after the end of the command is left out. */
  input(name: string, { bytes, eof, rows, cols, took }: ExecInput): void {
    const found = this.#sessions.get(name);
    if (!found) return;
    const { session, output } = found;
    if (Number.isInteger(took)) output.taken(took!);
    if (typeof bytes === 'string') session.input(Buffer.from(bytes, 'base64'));
    if (eof === true) session.endInput();
    if (Number.isInteger(rows) && Number.isInteger(cols)) session.resize(rows!, cols!);
  }
}
