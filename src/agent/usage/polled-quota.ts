// Holds instances to their memory where no cgroup does: warns once near the limit, ends what stays over it, says so in its own log.
import type { Exceeded } from '../../model/instance/instance.ts';
import { atOncePart } from '../../model/instance/quota.ts';
import { showSize } from '../../model/sizes.ts';
import type { AgentContext } from '../context.ts';
import { appendPlatformLine } from '../effects/output/output.ts';
import type { Entry } from '../instance/entry.ts';
import type { Instances } from '../instances.ts';
import type { Meter } from './meter.ts';

/** Ends an instance that is over a limit: in its own log first, then as a stop with that reason; the sample goes on its exit record. */
export function endForLimit(instances: Instances, entry: Entry, quota: Exceeded, text: string): void {
  const at = Date.now();
  try {
    appendPlatformLine(entry.directory, `stopped for its ${quota.what}: ${text}`, at);
  } catch {
    /* a full disk: it is stopped all the same, and its exit says why */
  }
  instances.say(entry, { type: 'limit.exceeded', what: quota.what === 'memory' ? 'oom' : 'disk', text, quota, at });
}

export class PolledQuota {
  readonly #context: AgentContext;
  readonly #instances: Instances;
  /** The launch of each instance that is being ended for it. */
  readonly #ended = new WeakMap<Entry, number>();

  constructor(context: AgentContext, instances: Instances) {
    this.#context = context;
    this.#instances = instances;
  }

  /** Judges the newest sample. */
  look(meter: Meter): void {
    const { entry } = meter;
    const judged = meter.judge();
    const launch = entry.program.run?.launch ?? 0;
    if (!judged || judged.verdict.kind === 'fine') return;
    const { verdict, used, limit } = judged;
    const { app, slot } = entry.record.assignment;
    if (verdict.kind === 'warn') {
      this.#context.tell({
        at: Date.now(),
        kind: 'instance.memoryHigh',
        subject: { app, instance: entry.id, slot, node: this.#context.node },
        loudness: 'attention',
        message: `${app}.${slot} may soon be stopped: ${verdict.text}. Give it more with resAlloc.mem, or find out what it keeps`,
        detail: { used, limit },
      });
    } else if (this.#ended.get(entry) !== launch) {
      this.#ended.set(entry, launch);
      endForLimit(this.#instances, entry, { what: 'memory', used, limit }, verdict.text);
      if (used > limit * atOncePart) this.#kill(entry, used);
    } else if (used > limit * atOncePart) this.#kill(entry, used); // it was asked to end and takes more and more
  }

  #kill(entry: Entry, used: number): void {
    this.#context.options.log('warn', `${entry.id} uses ${showSize(used)} of memory, far over its limit: it is killed`);
    this.#instances.say(entry, { type: 'instance.kill', by: null, at: Date.now() });
  }
}
