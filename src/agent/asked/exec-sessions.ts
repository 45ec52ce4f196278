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
import { planOf } from '../instance/run/launch-plan.ts';

const execSession = latePart(() => import('../effects/launch/exec-session.ts'));
const mostSessions = 50;
/** How often is looked whether the launch still runs: a shell that was left open must not hold up a restart. ms */
const lookMs = 200;

export class ExecSessions {
  readonly #context: AgentContext;
  readonly #sessions = new Map<string, { session: ExecSession; output: SendWindow }>();
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
    const name = String(args['session']);
    const launch = entry.program.run;
    if (!launch || entry.program.phase !== 'running')
      throw new Refusal(
        'not-found',
        `Instance ${entry.id} does not run now: a command can only be run beside its program`,
        'Wait until it runs: stathub instances.',
      );
    if (this.#sessions.size >= mostSessions)
      throw new Refusal(
        'too-many',
        `${mostSessions} commands run in instances of this node already`,
        'End one of them first.',
      );
    const { ExecSession: Session } = await execSession();
    if (signal.aborted) return { code: 129 };
    const plan = planOf(this.#context, entry.record, launch, entry.directory);
    const [program = '', ...words] = command;
    const window = new SendWindow(Number(args['window']) || Infinity);
    const takings = new Takings(execWindow, (took) => send({ took }));
    const session = new Session({
      plan: {
        ...plan,
        program,
        args: words,
        shell: false,
        environment: terminal ? { ...plan.environment, TERM: terminal.term } : plan.environment,
      },
      tools: this.#context.tools,
      file: join(entry.directory, `exec.${process.pid}.${++this.#made}`),
      terminal,
      output: (stream, bytes) => {
        window.sent(bytes.length);
        send({ stream, bytes: bytes.toString('base64') });
      },
      ready: async () => {
        await window.room();
        await ready();
      },
      took: (bytes) => takings.take(bytes),
    });
    this.#sessions.set(name, { session, output: window });
    const gone = (): void => {
      window.end();
      session
        .hangUp()
        .catch((error: unknown) =>
          this.#context.options.log(
            'warn',
            `what was run in ${entry.id} could not be ended: ${(error as Error).message}`,
          ),
        );
    };
    signal.addEventListener('abort', gone, { once: true });
    const look = setInterval(() => {
      if (entry.program.run !== launch || entry.program.phase !== 'running') {
        clearInterval(look);
        gone();
      }
    }, lookMs);
    send({ stream: 'stdout', bytes: '', window: execWindow });
    try {
      return { code: await session.ended };
    } finally {
      clearInterval(look);
      signal.removeEventListener('abort', gone);
      this.#sessions.delete(name);
    }
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
