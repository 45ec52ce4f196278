// What the agent gives the conversation with its master (link-client.ts).
import type { InstanceView } from '../../model/instance/instance.ts';
import type { NodeLoad } from '../../model/node.ts';
import type { AgentFrame, Command, DesiredFrame, Hello, MasterFrame } from '../../protocol/link.ts';

type Welcome = Extract<MasterFrame, { type: 'welcome' }>;
/** What a URI of a revision held when it was fetched first. */
export type Content = NonNullable<Extract<AgentFrame, { type: 'observed' }>['contents']>[number];
export type CommandResult = { ok: true; value?: unknown } | { ok: false; code: string; detail: string };

export interface LinkContent {
  /** All but type, token and instances. */
  greeting(): Omit<Hello, 'type' | 'token' | 'instances'>;
  /** What instances found behind their URIs and their hub has not said to know: the first report of it may be lost with a line. */
  contents(): Content[];
  /** Every instance on this node, as it is now. */
  instances(): InstanceView[];
  /** One of them; null: gone. */
  instance(id: string): InstanceView | null;
  load(): NodeLoad | null;
  /** The master acknowledged a beat, or the hello, that was sent then (`monoMs`); after `lostMs` without one it calls this node lost. */
  contact(sentMono: number, lostMs: number): void;
  /** The master knows us. `obey` false: report only, this node is another hub's. */
  welcomed(welcome: Welcome): void;
  /** Resolves when the set is held durably; then it is acknowledged. 'resync': it does not follow the last one. */
  desired(frame: DesiredFrame): Promise<'held' | 'resync'>;
  /** Does a command. `send` streams chunks while it runs. */
  command(command: Command, send: (value: unknown) => void, signal: AbortSignal): Promise<CommandResult>;
  /** The line is up, or down because of `trouble`. */
  changed(up: 'websocket' | 'poll' | null, trouble: string | null): void;
  warn(message: string, error?: unknown): void;
}
