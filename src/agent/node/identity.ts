// Who this agent is: minted with its store directory, kept there, synced. `term` and `epoch` are the highest ever seen from its hub.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '../../model/assignment.ts';
import { DesiredSet } from '../desired/desired-set.ts';
import { isFull } from '../effects/disk/room.ts';
import { readInstances } from '../effects/launch/launch-records.ts';
import type { QuarantineNotice } from '../effects/disk/quarantine.ts';
import { NumberedFile } from '../effects/disk/numbered-file.ts';
import { nodeOfPrograms } from '../effects/processes/strays.ts';
import { isInstanceRecord } from '../instance/records.ts';

export interface AgentIdentity {
  node: string;
  machine: string;
  /** Counts the starts of the agent: the newest run is the one that speaks for the node. */
  run: number;
  /** The hub this node belongs to, null before the first. */
  hub: string | null;
  term: number;
  epoch: number;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** `length` characters of base32, 5 bits of chance each. */
const mintText = (length: number): string => [...randomBytes(length)].map((byte) => alphabet[byte & 31]).join('');

const mintNode = (): string =>
  `${
    hostname()
      .split('.')[0]!
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, '-')
      .slice(0, 40) || 'node'
  }-${mintText(6)}`;

/** The machine, whatever its store directories: systemd's id, else the host's name. */
function machineId(): string {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (id !== '') return id;
    } catch {
      /* not a systemd machine */
    }
  }
  return `host-${hostname()}`;
}

function isIdentity(value: unknown): value is AgentIdentity {
  const it = value as Partial<AgentIdentity> | null;
  return (
    typeof it === 'object' &&
    it !== null &&
    typeof it.node === 'string' &&
    /^[a-z0-9][a-z0-9-]{0,60}$/.test(it.node) &&
    typeof it.machine === 'string' &&
    Number.isInteger(it.run) &&
    Number.isInteger(it.term) &&
    Number.isInteger(it.epoch) &&
    (it.hub === null || typeof it.hub === 'string')
  );
}

const minted = (): AgentIdentity => ({ node: mintNode(), machine: machineId(), run: 0, hub: null, term: 0, epoch: 0 });

/** What is left of an identity whose file was damaged. */
type Traces = Pick<AgentIdentity, 'node' | 'hub' | 'epoch'>;

/** The newest of what assignments say of their node. */
function tracesIn(assignments: readonly Assignment[]): Traces | null {
  const ofHub = ({ owner }: Assignment): boolean => owner !== 'local' && owner !== 'unknown';
  const of = assignments.find((one) => one.node && ofHub(one)) ?? assignments.find(({ node }) => node);
  if (!of) return null;
  const epoch = Math.max(...assignments.map((one) => one.epoch));
  return { node: of.node, hub: ofHub(of) ? of.owner : null, epoch };
}

/** What hubs have told this node, each in a directory of its own. */
function desiredHere(storeDirectory: string, notice: (notice: QuarantineNotice) => void): Assignment[] {
  const directory = join(storeDirectory, 'desired');
  if (!existsSync(directory)) return [];
  const hubs = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return hubs.flatMap(({ name }) => [...DesiredSet.open(join(directory, name), notice).assignments.values()]);
}

/**
 * The identity file was damaged: records, else what is desired, else the programs themselves still say who this node is. Minted anew
 * it would not know its own programs, and start them a second time. The run number goes above any that was counted.
 */
function remade(storeDirectory: string): { now: AgentIdentity; notices: QuarantineNotice[] } {
  const { instances, notices } = readInstances(join(storeDirectory, 'instances'), isInstanceRecord);
  const traces =
    tracesIn(instances.flatMap(({ record }) => (record ? [record.assignment] : []))) ??
    tracesIn(desiredHere(storeDirectory, (notice) => notices.push(notice)));
  const node = traces?.node ?? nodeOfPrograms(join(storeDirectory, 'instances'));
  const run = Math.floor(Date.now() / 1000);
  return { now: { ...minted(), ...traces, ...(node === null ? {} : { node }), run }, notices };
}

export class Identity {
  readonly #file: NumberedFile<AgentIdentity>;
  #now: AgentIdentity;
  /** What was seen could not be written. */
  #unwritten = false;

  private constructor(file: NumberedFile<AgentIdentity>, now: AgentIdentity) {
    this.#file = file;
    this.#now = now;
  }

  /** Reads or mints the identity, and begins its next run. Needs the directory's lock. */
  static async open(
    storeDirectory: string,
    warn: (message: string, error: unknown) => void,
  ): Promise<{ identity: Identity; notices: QuarantineNotice[] }> {
    const file = new NumberedFile<AgentIdentity>(storeDirectory, 'identity', isIdentity);
    const { value, notices } = file.read();
    const isDamaged = value === null && notices.length > 0;
    const found = isDamaged ? remade(storeDirectory) : null;
    notices.push(...(found?.notices ?? []));
    const now = found?.now ?? (value ? { ...value, run: value.run + 1 } : { ...minted(), run: 1 });
    try {
      await file.write(now);
    } catch (error) {
      if (!value || !isFull(error)) throw error;
      // Who this node is, is known; the number of this run is only held until the next write.
      warn('the agent starts although its disk is full', error);
    }
    return { identity: new Identity(file, now), notices };
  }

  get now(): Readonly<AgentIdentity> {
    return this.#now;
  }

  /** Joins a hub (or another one); what was seen of the former is forgotten. Durable when it resolves. */
  async join(hub: string): Promise<void> {
    if (this.#now.hub === hub) return;
    this.#now = { ...this.#now, hub, term: 0, epoch: 0 };
    await this.#file.write(this.#now);
  }

  /** Remembers the highest term and epoch seen. Durable when it resolves; at once where nothing is higher than what is written. */
  async see(term: number, epoch: number): Promise<void> {
    if (term <= this.#now.term && epoch <= this.#now.epoch && !this.#unwritten) return;
    this.#now = { ...this.#now, term: Math.max(term, this.#now.term), epoch: Math.max(epoch, this.#now.epoch) };
    this.#unwritten = true;
    await this.#file.write(this.#now);
    this.#unwritten = false;
  }
}
