// `stathub agent --install`, `stathub master --install`: a systemd unit, printed for an operator to put in place. What nobody else
// may see goes into a file beside the store (0600), which systemd reads: arguments are seen by whoever may list processes.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Part } from './settings/setting.ts';
import { environmentName, settings } from './settings/settings.ts';
import type { InForce } from './settings/settings.ts';

/** One argument of ExecStart= (systemd.service(5), "Command lines"). */
const word = (text: string): string =>
  (/^[\w@:,./=+-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');

/** One value of an environment file (systemd.exec(5), "EnvironmentFile="). */
const quoted = (text: string): string => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;

const isSecret = (name: string, { value }: InForce[string]): boolean =>
  settings.some((setting) => setting.name === name && setting.secret === true) ||
  (Array.isArray(value) && value.some((each) => /\/\/[^/]*@/.test(each)));

/** A value as its flag takes it. */
function text(name: string, value: InForce[string]['value']): string {
  const argument = settings.find((setting) => setting.name === name)?.argument;
  if (argument === '<file>' || argument === '<path>') return resolve(String(value));
  if (argument === '<time>') return `${String(value)}ms`; // in force as ms
  return Array.isArray(value) ? value.join(',') : String(value);
}

interface Unit {
  /** Of the unit file. */
  text: string;
  /** Lines of the environment file with what is secret; none: there is nothing secret. */
  secrets: string[];
  /** Where the unit expects that file. */
  secretsFile: string;
}

const guardsPrograms = `# An agent that has emptied its node (systemctl kill -s USR2) ends with 0, and stays ended.
Restart=on-failure
RestartSec=1
# But for wrong usage, which no further try mends.
RestartPreventExitStatus=2
# Programs outlive the agent, and the end of one of them for want of memory is not the agent's.
KillMode=process
OOMPolicy=continue
OOMScoreAdjust=-500
# The unit's own part of the cgroup tree, with the agent in a leaf of it (systemd 254): only so can it be started again beside them.
Delegate=yes
DelegateSubgroup=agent
TasksMax=infinity
LimitNOFILE=1048576`;

const leads = `Restart=on-failure
RestartSec=1
# But for wrong usage, which no further try mends.
RestartPreventExitStatus=2
LimitNOFILE=1048576`;

/**
 * The unit of a master or an agent that is started as this one would be.
 * @param command Node and the program, absolute
 * @param inForce what was given by flag or environment goes along, and what is secret wherever it came from; the store directory always,
 *   as its default is of who asks; paths absolute, as systemd starts in another directory
 * @param config file that the rest keeps coming from
 */
export function unitOf(part: Part, command: readonly string[], inForce: InForce, config: string | null = null): Unit {
  const secret = Object.entries(inForce).filter(
    ([name, resolved]) => resolved.value !== null && resolved.origin !== 'default' && isSecret(name, resolved),
  );
  const given = Object.entries(inForce).filter(
    ([name, resolved]) =>
      (name === 'store-directory' || [`--${name}`, environmentName(name)].includes(resolved.origin)) &&
      ![null, false].includes(resolved.value as null) &&
      !isSecret(name, resolved),
  );
  const flags = given.flatMap(([name, { value }]) =>
    value === true ? [`--${name}`] : [`--${name}`, text(name, value)],
  );
  if (config !== null) flags.unshift('--config', resolve(config));
  const secretsFile = join(resolve(String(inForce['store-directory']!.value)), 'unit.env');
  const environment = secret.length === 0 ? '' : `EnvironmentFile=${secretsFile.replaceAll('%', '%%')}\n`;
  const name = `stathub-${part}`;
  const lines = `# /etc/systemd/system/${name}.service, then: systemctl daemon-reload && systemctl enable --now ${name}
[Unit]
Description=stathub ${part}
Wants=network-online.target
After=network-online.target
# However often it fails (a disk that comes late, a full one): it is tried again, and never left down for good.
StartLimitIntervalSec=0

[Service]
${environment}ExecStart=${[...command, part, ...flags].map(word).join(' ')}
${part === 'agent' ? guardsPrograms : leads}

[Install]
WantedBy=multi-user.target
`;
  const secrets = secret.map(([name, { value }]) => {
    const plain = Array.isArray(value) ? value.join(',') : String(value);
    return `${environmentName(name)}=${quoted(plain)}`;
  });
  return { text: lines, secrets, secretsFile };
}

/**
 * Writes the file with what is secret, readable by its owner alone. @returns sentences: what was done, and what is left to do
 * @throws Error of the file system
 */
export function putSecrets({ secrets, secretsFile }: Unit): string[] {
  if (secrets.length === 0) return ['nothing was written; the unit is what is printed here'];
  const made = mkdirSync(dirname(secretsFile), { recursive: true, mode: 0o700 });
  const fresh = `${secretsFile}.${process.pid}`;
  writeFileSync(fresh, `${secrets.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, secretsFile);
  const names = secrets.map((line) => line.slice(0, line.indexOf('='))).join(' and ');
  return [
    `${names} went into ${secretsFile} (0600), which the unit reads; keep it as long as the unit is there`,
    ...(made === undefined ? [] : [`made ${dirname(secretsFile)}: chown it where the unit gets a User=`]),
  ];
}
