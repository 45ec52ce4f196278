// What one instance has of its node besides ports: room, and the user it runs as. Had once, kept over its launches.
import { chmodSync, chownSync } from 'node:fs';
import { demandOf } from '../../../placement/choosing/demand.ts';
import type { AgentContext } from '../../context.ts';
import { findAccount, type Account } from '../../effects/users/accounts.ts';
import { blockedBy } from '../../effects/users/switch-user.ts';
import type { InstanceRecord, LaunchRecord } from '../records.ts';

/** The node has less left than the instance reserves. */
export class NoRoomError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoRoomError';
  }
}

export class RoomAndUser {
  readonly #context: AgentContext;
  /** The instance's own. */
  readonly #directory: string;
  readonly #record: () => InstanceRecord;
  #user: Account | null = null;
  /** The name that `#user` was found for. */
  #name: string | null = null;
  /** Given back: what is still being looked for is not wanted any more. */
  #over = false;

  constructor(context: AgentContext, directory: string, record: () => InstanceRecord) {
    this.#context = context;
    this.#directory = directory;
    this.#record = record;
  }

  get #id(): string {
    return this.#record().assignment.id;
  }

  /** All of it is had: a start need not wait. */
  get ready(): boolean {
    return this.#context.admission.has(this.#id) && this.#name === this.#record().spec.user;
  }

  /** Who its programs run as; null: as the agent. */
  get user(): Account | null {
    return this.#user;
  }

  /** @throws Error with a sentence: what of it cannot be had, and what would help */
  async acquire(): Promise<void> {
    const { admission } = this.#context;
    const { spec } = this.#record();
    const lack = admission.reserve(this.#id, demandOf(spec));
    if (lack !== null) throw new NoRoomError(lack);
    if (this.#name === spec.user) return;
    this.#user = await this.#find(spec.user!);
    this.#name = spec.user;
  }

  async #find(name: string): Promise<Account | null> {
    const { context, uid } = { context: this.#context, uid: process.getuid?.() };
    if (name !== 'auto' && uid !== 0 && name === context.user.name) return null; // the agent itself
    if (uid !== 0)
      throw new Error(
        `user ${JSON.stringify(name)} cannot be had: the agent does not run as root, so it starts programs only as ${context.user.name}`,
      );
    if (!context.tools.userSwitch)
      throw new Error(
        'the user of a program cannot be changed on this node: neither setpriv (util-linux) nor chroot (coreutils) was found',
      );
    const account =
      name === 'auto' ? privateAccount(await context.users.take(this.#directory)) : await findAccount(name);
    if (!account) throw new Error(`there is no user ${JSON.stringify(name)} on this node`);
    if (this.#over) {
      context.users.release(this.#directory);
      throw new Error('it ended before it began');
    }
    this.#letIn(account);
    const blocked = blockedBy(this.#workPath, account);
    if (blocked === null) return account;
    if (account.private) context.users.release(this.#directory);
    const remedy =
      this.#record().spec.workingDirectory === null
        ? 'start the agent with --store-directory elsewhere, such as in /var/lib/stathub'
        : 'let it pass (chmod o+x)';
    throw new Error(
      `${account.private ? 'a private user' : `user ${account.name}`} may not pass ${blocked}, below which its ` +
        `working directory lies: ${remedy}`,
    );
  }

  /** Its own directory is open to it, by its group, and to no other; what else of the agent's lies above gives way to all. */
  #letIn({ gid }: Account): void {
    const { storeDirectory } = this.#context.options;
    if (this.#record().spec.workingDirectory !== null) return;
    chmodSync(storeDirectory, 0o711);
    chownSync(this.#directory, process.getuid!(), gid);
    chmodSync(this.#directory, 0o710);
  }

  /** Where it works; the launch's number does not matter for who gets there. */
  get #workPath(): string {
    return this.#record().spec.workingDirectory ?? `${this.#directory}/work`;
  }

  /** Takes up what a launch of an earlier agent had. */
  restore(launch: LaunchRecord): void {
    const { spec } = this.#record();
    this.#context.admission.restore(this.#id, demandOf(spec));
    this.#user = launch.user ?? null;
    this.#name = spec.user;
    if (launch.user?.private) this.#context.users.restore(this.#directory, launch.user.uid);
  }

  /** Gives the room back, not the user: its files are still that user's. Its tree must be empty. */
  giveUpRoom(): void {
    this.#context.admission.release(this.#id);
  }

  /** Gives all of it back. Its tree must be empty. */
  release(): void {
    this.#context.admission.release(this.#id);
    this.#context.limits.remove(this.#id);
    this.#context.users.release(this.#directory);
    this.#user = this.#name = null;
    this.#over = true;
  }
}

/** A user that is only a number. At home where its launch works. */
const privateAccount = (uid: number): Account => ({
  uid,
  gid: uid,
  name: `stathub-${uid}`,
  home: '/',
  shell: '/bin/sh',
  private: true,
});
