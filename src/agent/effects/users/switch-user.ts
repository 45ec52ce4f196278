// How a program comes to run as another user: words before it that change users and then become it, so that no process stays in
// between (as su and runuser would). setpriv of util-linux, else chroot of coreutils, which every GNU system has.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './accounts.ts';

export type UserSwitch = { kind: 'setpriv' | 'chroot'; path: string };

const try_ = (path: string, words: readonly string[], end: string): boolean =>
  spawnSync(path, [...words, end], { env: {}, stdio: 'ignore' }).status === 0;
const nobody: Account = { uid: 65534, gid: 65534, name: 'nobody', home: '/', shell: '/bin/sh', private: true };

/** What this host can change users with; null when it cannot, or when the agent is not root. Tried once. */
export function findUserSwitch(find: (name: string) => string | null): UserSwitch | null {
  if (process.getuid?.() !== 0) return null;
  const end = find('true');
  if (end === null) return null;
  for (const kind of ['setpriv', 'chroot'] as const) {
    // busybox has both names, with fewer options
    const path = find(kind);
    if (path !== null && try_(path, switchWords({ kind, path }, nobody).slice(1), end)) return { kind, path };
  }
  return null;
}

/** The words to put before a command. */
export function switchWords({ kind, path }: UserSwitch, { uid, gid, name, private: own }: Account): string[] {
  if (kind === 'setpriv')
    return [
      path,
      `--reuid=${uid}`,
      `--regid=${gid}`,
      ...(own ? ['--clear-groups', '--no-new-privs'] : ['--init-groups']),
      '--inh-caps=-all',
      '--',
    ];
  return [
    path,
    `--userspec=${own ? `+${uid}:+${gid}` : `${name}:+${gid}`}`,
    ...(own ? ['--groups='] : []),
    '--skip-chdir',
    '/',
  ];
}

/**
 * The first directory above a path that a user may not pass; null when he gets there.
 * @param path absolute
 */
export function blockedBy(path: string, { uid, gid }: Pick<Account, 'uid' | 'gid'>): string | null {
  const above: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    above.unshift(at);
    if (at === '/') break;
  }
  return (
    above.find((directory) => {
      const stat = statSync(directory);
      const bit = uid === 0 ? 0o777 : stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
      return (stat.mode & bit) === 0;
    }) ?? null
  );
}

/** Gives a directory with all that is in it to a user; what is linked to is not touched. */
export async function giveTo(path: string, { uid, gid }: Pick<Account, 'uid' | 'gid'>): Promise<void> {
  if ((await lstat(path)).isDirectory())
    for (const name of await readdir(path)) await giveTo(join(path, name), { uid, gid });
  await lchown(path, uid, gid);
}
