// The node as this agent reports it: facts, and figures that change.
import type { Isolation, NodeFacts, NodeLoad, NodeTrouble } from '../../model/node.ts';
import type { SeriesPoint } from '../../store/store.ts';
import type { Membership } from '../effects/cgroups/cgroup.ts';
import { lackOfRoom } from '../effects/disk/room.ts';
import { readFacts, readLoad, type LoadBaseline } from '../effects/facts.ts';
import { withSaid, type HardwareSaid } from '../effects/hardware-said.ts';
import type { RotationWatch } from '../effects/output/rotation-watch.ts';
import type { AgentOptions } from '../settings.ts';
import type { Trouble } from '../trouble.ts';

type Values = SeriesPoint['values'];

const limitsOf = ({ cgroup }: Isolation): NodeFacts['capabilities']['limits'] =>
  cgroup === 'none' ? 'rlimits' : cgroup === 'v2' ? 'cgroup2' : 'cgroup1';

interface NodeSelfOptions {
  options: AgentOptions;
  membership: Membership['kind'];
  gives: Pick<NodeFacts, 'isolation' | 'allocatable'>;
  rotation: RotationWatch;
  trouble: Trouble;
  /** @param minute counted from the epoch */
  onMinute: (minute: number, values: Values) => void;
  /** What is known of the hardware from before. */
  said: HardwareSaid;
}

export class NodeSelf {
  readonly #options: AgentOptions;
  readonly #membership: Membership['kind'];
  readonly #gives: Pick<NodeFacts, 'isolation' | 'allocatable'>;
  readonly #rotation: RotationWatch;
  readonly #trouble: Trouble;
  /** Its disk has no room for a launch. */
  #full: NodeTrouble | null = null;
  readonly #onMinute: (minute: number, values: Values) => void;
  /** As it was read at the start; what was said of its hardware is added. */
  #read: NodeFacts | null = null;
  #facts: NodeFacts | null = null;
  #said: HardwareSaid;
  #load: NodeLoad | null = null;
  #baseline: LoadBaseline | null = null;
  #timer: NodeJS.Timeout | null = null;
  #minute = 0;
  #sums = new Map<string, { least: number; sum: number; most: number; n: number }>();
  #address: string;

  constructor({ options, membership, gives, rotation, trouble, onMinute, said }: NodeSelfOptions) {
    this.#said = said;
    this.#trouble = trouble;
    this.#options = options;
    this.#membership = membership;
    this.#gives = gives;
    this.#rotation = rotation;
    this.#onMinute = onMinute;
    this.#address = options.address;
  }

  get load(): NodeLoad | null {
    return this.#load && { ...this.#load, trouble: this.#trouble.current ?? this.#full };
  }
  /** Facts and figures are read. */
  get known(): boolean {
    return this.#facts !== null;
  }

  /** @throws Error before `start` has resolved */
  get facts(): NodeFacts {
    if (!this.#facts) throw new Error('the facts of the node are not read yet');
    return { ...this.#facts, agentAddress: this.#address };
  }

  /** The address became known once the port was open. */
  announce(address: string): void {
    this.#address = address;
  }

  /** More of the hardware became known. @returns whether the facts are others now */
  learn(said: HardwareSaid): boolean {
    this.#said = said;
    if (this.#read === null) return false; // it is in them from the start
    const before = JSON.stringify(this.#facts);
    this.#facts = withSaid(this.#read, said);
    return JSON.stringify(this.#facts) !== before;
  }

  async start(): Promise<void> {
    const { tags, ports, version } = this.#options;
    const membership = this.#membership === 'v2' ? 'cgroup2' : this.#membership === 'v1' ? 'cgroup1' : 'session';
    this.#read = await readFacts({
      agentAddress: this.#address,
      tags,
      ports: [ports.first, ports.last],
      version,
      missing: (why) => this.#options.log('warn', `of the machine is not known: ${why}`),
      capabilities: {
        membership,
        limits: limitsOf(this.#gives.isolation),
        rotation: this.#rotation.kind ?? 'copy-truncate',
      },
      ...this.#gives,
    });
    this.#facts = withSaid(this.#read, this.#said);
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), this.#options.times.loadMs).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const { load, baseline } = await readLoad(this.#options.storeDirectory, this.#baseline);
      this.#load = load;
      this.#baseline = baseline;
      const lack = lackOfRoom(this.#options.storeDirectory);
      const text = `Nothing can be started there because ${lack}`;
      this.#full = lack === null ? null : { code: 'disk-short', text, since: this.#full?.since ?? load.at };
      this.#count(load);
    } catch (error) {
      this.#options.log('warn', `the figures of the node could not be read: ${(error as Error).message}`);
    }
  }

  #count(load: NodeLoad): void {
    const minute = Math.floor(load.at / 60_000);
    if (minute !== this.#minute) {
      if (this.#sums.size > 0)
        this.#onMinute(
          this.#minute,
          Object.fromEntries([...this.#sums].map(([name, { least, sum, most, n }]) => [name, [least, sum / n, most]])),
        );
      this.#minute = minute;
      this.#sums = new Map();
    }
    const {
      cpu,
      memUsed,
      diskUsed,
      netIn,
      netOut,
      load: [load1],
    } = load;
    for (const [name, value] of Object.entries({ cpu, memUsed, diskUsed, netIn, netOut, load: load1 })) {
      const sum = this.#sums.get(name);
      if (!sum) this.#sums.set(name, { least: value, sum: value, most: value, n: 1 });
      else
        Object.assign(sum, {
          least: Math.min(sum.least, value),
          sum: sum.sum + value,
          most: Math.max(sum.most, value),
          n: sum.n + 1,
        });
    }
  }
}
