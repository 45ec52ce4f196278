// `stathub agent --install`: the systemd unit of an agent, printed for an operator to put in place.
import { settings } from './settings/settings.ts';
import type { InForce } from './settings/settings.ts';

/** One argument of ExecStart= (systemd.service(5), "Command lines"). */
const word = (text: string): string =>
  (/^[\w@:,./=+-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');

/**
 * The unit of an agent that is started as this one would be.
 * @param command Node and the program, absolute
 * @param inForce what was given as flags goes along; the rest keeps coming from where it comes from
 */
export function agentUnit(command: readonly string[], inForce: InForce): string {
  const given = Object.entries(inForce).filter(([name, { origin }]) => origin === `--${name}`);
  const isTime = (name: string): boolean => settings.find((setting) => setting.name === name)?.argument === '<time>'; // in force as ms
  const flags = given.flatMap(([name, { value }]) =>
    value === true
      ? [`--${name}`]
      : [`--${name}`, Array.isArray(value) ? value.join(',') : `${String(value)}${isTime(name) ? 'ms' : ''}`],
  );
  return `# /etc/systemd/system/stathub-agent.service, then: systemctl daemon-reload && systemctl enable --now stathub-agent
[Unit]
Description=stathub agent
Wants=network-online.target
After=network-online.target
# However often it fails (a disk that comes late, a full one): it is tried again, and never left down for good.
StartLimitIntervalSec=0

[Service]
ExecStart=${[...command, 'agent', ...flags].map(word).join(' ')}
# An agent that has emptied its node (systemctl kill -s USR2) ends with 0, and stays ended.
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
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
`;
}
