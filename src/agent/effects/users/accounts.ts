// The users of this machine as programs may run as them: named ones, looked up where the machine keeps them.
import { readFileSync } from 'node:fs';
import { findProgram } from '../launch/tools.ts';

/** Who a program runs as. Kept in launch.json. */
export interface Account {
  uid: number;
  gid: number;
  name: string;
  home: string;
  shell: string;
  /** One instance's alone: it has no other groups, and nothing it starts gains rights (no_new_privs). */
  private: boolean;
}

/** A line of passwd(5); null when it is none. */
export function parseAccount(line: string): Account | null {
  const [name, , uid, gid, , home, shell] = line.split(':');
  if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return null;
  return {
    uid: Number(uid),
    gid: Number(gid),
    name,
    home: home || '/',
    shell: shell?.trim() || '/bin/sh',
    private: false,
  };
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Numbers that /etc/passwd or /etc/group give to somebody. */
export function numbersInUse(): Set<number> {
  const used = [
    ...lines('/etc/passwd').flatMap((line) => {
      const one = parseAccount(line);
      return one ? [one.uid, one.gid] : [];
    }),
    ...lines('/etc/group').map((line) => Number(line.split(':')[2])),
  ];
  return new Set(used.filter(Number.isInteger));
}

/**
 * Looks a user up: in /etc/passwd, then by getent where a directory service may know it (LDAP, SSSD).
 * @returns null when nobody is called so
 */
export async function findAccount(name: string): Promise<Account | null> {
  for (const line of lines('/etc/passwd')) if (line.startsWith(`${name}:`)) return parseAccount(line);
  const getent = findProgram('getent');
  if (getent === null || /^[-+]|[:\n]/.test(name)) return null;
  const { execa } = await import('execa'); // seldom needed
  const { failed, stdout } = await execa(getent, ['passwd', '--', name], {
    timeout: 5000,
    extendEnv: false,
    reject: false,
  });
  const found = parseAccount(failed ? '' : stdout.split('\n')[0]!);
  return found?.name === name ? found : null;
}
