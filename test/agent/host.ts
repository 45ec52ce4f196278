// A stand-in for the agent's wiring: launches real programs in an own directory and ends every one of them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findMembershipRoot,
  removeMembership,
  removeMembershipRoot,
  type Membership,
  type MembershipRoot,
} from '../../src/agent/effects/cgroups/cgroup.ts';
import { closeInherited } from '../../src/agent/effects/launch/close-fds.ts';
import { createLaunch, type ProgramExit, type ProgramIdentity } from '../../src/agent/effects/launch/launch-facts.ts';
import { Launcher } from '../../src/agent/effects/launch/launcher.ts';
import type { LaunchPlan } from '../../src/agent/effects/launch/run-script.ts';
import { bootId } from '../../src/agent/effects/processes/boot.ts';
import { findTools, type Tools } from '../../src/agent/effects/launch/tools.ts';
import { killTree } from '../../src/agent/effects/processes/kill-tree.ts';
import type { Tree } from '../../src/agent/effects/processes/tree.ts';
import { statEpoch } from '../../src/model/instance/epoch.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Path of a fixture: compiled where it is TypeScript, else as it lies in the source. */
export function fixture(name: string): string {
  return name.endsWith('.js') ? join(here, '../fixtures', name) : join(here, '../../../test/fixtures', name);
}

export const instance = 'probe.0.abcdefgh';

export interface Started {
  directory: string;
  membership: Membership;
  tree: Tree;
  identity: Promise<ProgramIdentity>;
  exit: Promise<ProgramExit>;
  stdout(): string;
  stderr(): string;
}

interface HostOptions {
  directory?: string;
  node?: string;
  kinds?: readonly Membership['kind'][];
  tools?: Tools;
  spares?: number;
}

export const noLimits = { fds: null, processes: null, fileSize: null, nice: 0, umask: '022' };

export class Host {
  readonly directory: string;
  readonly node: string;
  readonly root: MembershipRoot;
  readonly launcher: Launcher;
  readonly #started: Started[] = [];
  /** The launcher keeps no process alive, as its agent does that; a test has only this. */
  readonly #alive = setInterval(() => {}, 60_000);
  #launches = 0;

  private constructor(directory: string, node: string, root: MembershipRoot, launcher: Launcher) {
    this.directory = directory;
    this.node = node;
    this.root = root;
    this.launcher = launcher;
  }

  static open(options: HostOptions = {}): Host {
    closeInherited(); // as the agent does: what this test inherited would reach every program
    const directory = options.directory ?? mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'host-'));
    const node = options.node ?? `test-${randomBytes(4).toString('hex')}`;
    const root = findMembershipRoot(node, options.kinds ?? ['session']);
    mkdirSync(join(directory, 'launches'), { recursive: true });
    return new Host(
      directory,
      node,
      root,
      new Launcher({ tools: options.tools ?? findTools(), root, directory, spares: options.spares ?? 0 }),
    );
  }

  start(program: string, args: readonly string[] = [], overrides: Partial<LaunchPlan> = {}): Started {
    const launch = ++this.#launches;
    const directory = join(this.directory, 'launches', String(launch));
    const membership = this.launcher.membership(directory, instance, launch);
    createLaunch(directory, { boot: bootId(), cgroup: membership });
    const plan: LaunchPlan = {
      directory,
      membership,
      program,
      args,
      shell: false,
      workingDirectory: this.directory,
      stdout: join(directory, 'stdout.log'),
      stderr: join(directory, 'stderr.log'),
      limits: noLimits,
      ...overrides,
      environment: {
        PATH: process.env['PATH']!,
        STAT_NODE: this.node,
        STAT_INSTANCE: instance,
        STAT_EPOCH: statEpoch(1, launch),
        ...overrides.environment,
      },
    };
    const tree: Tree = { membership, program: null, node: this.node, instance, epoch: statEpoch(1, launch) };
    let begun!: (identity: ProgramIdentity) => void;
    let over!: (exit: ProgramExit) => void;
    let failed!: (error: Error) => void;
    const identity = new Promise<ProgramIdentity>((resolve, reject) => {
      begun = resolve;
      failed = reject;
    });
    const exit = new Promise<ProgramExit>((resolve) => {
      over = resolve;
    });
    identity.catch(() => {
      /* seen by whoever awaits it */
    });
    this.launcher.start(plan, {
      started: (one) => {
        tree.program = one;
        begun(one);
      },
      ended: (one) => {
        failed(new Error(`ended before it began: ${JSON.stringify(one)}`));
        over(one);
      },
      failed,
    });
    const read = (path: string) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return '';
      }
    };
    const started = {
      directory,
      membership,
      tree,
      identity,
      exit,
      stdout: () => read(plan.stdout),
      stderr: () => read(plan.stderr),
    };
    this.#started.push(started);
    return started;
  }

  /** Kills all that was started here and removes every trace. */
  async close(): Promise<void> {
    for (const { tree } of this.#started) {
      await killTree(tree);
      removeMembership(tree.membership);
    }
    await this.launcher.close();
    removeMembershipRoot(this.root);
    clearInterval(this.#alive);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
