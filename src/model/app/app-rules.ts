// Rules that concern several fields of an app. Each names what it reads: where a field it reads is already reported as
// wrong, the rule stays silent instead of reporting what follows from that.
import type { AppSpec } from './app.ts';
import type { FieldProblem } from '../errors.ts';
import { cronProblem } from './cron-expression.ts';

interface Rule {
  reads: string[];
  check(spec: AppSpec): FieldProblem[];
}

const portVariable = (name: string) => name.toUpperCase().replaceAll('-', '_');

function repeated<T>(list: readonly T[], key: (item: T) => string | null): { index: number; first: number }[] {
  const seen = new Map<string, number>();
  return list.flatMap((item, index) => {
    const word = key(item);
    if (word === null) return [];
    const first = seen.get(word);
    if (first !== undefined) return [{ index, first }];
    seen.set(word, index);
    return [];
  });
}

function zoneProblem(zone: string): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return null;
  } catch {
    return `'${zone}' is no known time zone`;
  }
}

const rules: Rule[] = [
  {
    reads: ['ports', 'healthChecks'],
    check: (spec) =>
      spec.healthChecks.flatMap((check, index) => {
        const needsPort = check.protocol === 'HTTP' || check.protocol === 'HTTPS' || check.protocol === 'TCP';
        if (!needsPort || check.port !== null || check.portIndex < spec.ports.length) return [];
        return [
          {
            path: `healthChecks[${index}].portIndex`,
            message: `there is no port ${check.portIndex}: the app has ${spec.ports.length === 0 ? 'none' : spec.ports.length}`,
            hint:
              spec.ports.length === 0
                ? 'Add "ports": [0], or give the check a fixed "port".'
                : `Expects 0${spec.ports.length > 1 ? `-${spec.ports.length - 1}` : ''}.`,
          },
        ];
      }),
  },
  {
    reads: ['healthChecks'],
    check: (spec) =>
      spec.healthChecks.flatMap((check, index) => {
        const at = `healthChecks[${index}]`;
        const problems: FieldProblem[] = [];
        if (check.protocol === 'COMMAND' && check.command === null)
          problems.push({
            path: `${at}.command`,
            message: 'is missing: a COMMAND check runs it',
            hint: 'Exit status 0 is healthy.',
          });
        if (check.protocol !== 'COMMAND' && check.command !== null)
          problems.push({
            path: `${at}.command`,
            message: `means nothing for a ${check.protocol} check`,
            hint: 'Set "protocol": "COMMAND".',
          });
        if (check.protocol !== 'FILE' && check.match !== null)
          problems.push({
            path: `${at}.match`,
            message: `means nothing for a ${check.protocol} check`,
            hint: 'Set "protocol": "FILE".',
          });
        if (check.protocol === 'FILE' && check.path === '/')
          problems.push({ path: `${at}.path`, message: 'is missing: a FILE check looks for it' });
        if ((check.protocol === 'HTTP' || check.protocol === 'HTTPS') && !check.path.startsWith('/'))
          problems.push({ path: `${at}.path`, message: `must begin with /, not '${check.path}'` });
        return problems;
      }),
  },
  {
    reads: ['ports'],
    check: (spec) => [
      ...repeated(spec.ports, (p) => (p.port === 0 ? null : String(p.port))).map(({ index, first }) => ({
        path: `ports[${index}]`,
        message: `port ${spec.ports[index]!.port} is already ports[${first}]`,
      })),
      ...repeated(spec.ports, (p) => (p.name === null ? null : portVariable(p.name))).map(({ index, first }) => ({
        path: `ports[${index}].name`,
        message: `gives the same PORT_${portVariable(spec.ports[index]!.name!)} as ports[${first}]`,
      })),
    ],
  },
  {
    reads: ['type', 'schedule'],
    check: (spec) => {
      if (spec.type === 'cron' && spec.schedule === null)
        return [
          { path: 'schedule', message: 'is missing: an app of type cron runs by it', hint: '{"cron": "*/5 * * * *"}' },
        ];
      if (spec.type !== 'cron' && spec.schedule !== null)
        return [
          { path: 'schedule', message: `means nothing for an app of type ${spec.type}`, hint: 'Set "type": "cron".' },
        ];
      return [];
    },
  },
  {
    reads: ['schedule'],
    check: ({ schedule }) => {
      if (schedule === null) return [];
      const [cron, zone] = [cronProblem(schedule.cron), zoneProblem(schedule.timezone)];
      return [
        ...(cron ? [{ path: 'schedule.cron', message: cron }] : []),
        ...(zone
          ? [{ path: 'schedule.timezone', message: zone, hint: 'A name such as "UTC" or "Europe/Berlin".' }]
          : []),
      ];
    },
  },
  {
    reads: ['restart.delaySeconds', 'restart.maxDelaySeconds'],
    check: ({ restart }) =>
      restart.maxDelaySeconds < restart.delaySeconds
        ? [
            {
              path: 'restart.maxDelaySeconds',
              message: `must be at least delaySeconds (${restart.delaySeconds}), not ${restart.maxDelaySeconds}`,
            },
          ]
        : [],
  },
  {
    reads: ['update.maxSurge', 'update.maxUnavailable'],
    check: ({ update }) =>
      update.maxSurge === 0 && update.maxUnavailable === 0
        ? [
            {
              path: 'update.maxUnavailable',
              message: 'maxSurge and maxUnavailable are both 0: an update could never begin',
              hint: 'Set one of them to 1.',
            },
          ]
        : [],
  },
  {
    reads: ['update.minHealthySeconds', 'update.healthyDeadlineSeconds'],
    check: ({ update }) =>
      update.healthyDeadlineSeconds <= update.minHealthySeconds
        ? [
            {
              path: 'update.healthyDeadlineSeconds',
              message: `must be more than minHealthySeconds (${update.minHealthySeconds})`,
            },
          ]
        : [],
  },
  {
    reads: ['name', 'dependsOn'],
    check: (spec) => [
      ...spec.dependsOn.flatMap((d, index) =>
        d.app === spec.name ? [{ path: `dependsOn[${index}].app`, message: 'an app cannot depend on itself' }] : [],
      ),
      ...repeated(spec.dependsOn, (d) => d.app).map(({ index, first }) => ({
        path: `dependsOn[${index}].app`,
        message: `is already dependsOn[${first}]`,
      })),
    ],
  },
  {
    reads: ['name', 'placement.with', 'placement.notWith'],
    check: ({ name, placement }) => [
      ...placement.notWith.flatMap((app, index) =>
        placement.with.includes(app)
          ? [{ path: `placement.notWith[${index}]`, message: `'${app}' is in placement.with too: no node could fit` }]
          : [],
      ),
      ...placement.with.flatMap((app, index) =>
        app === name ? [{ path: `placement.with[${index}]`, message: 'an app cannot wait for itself' }] : [],
      ),
      ...placement.notWith.flatMap((app, index) =>
        app === name
          ? [
              {
                path: `placement.notWith[${index}]`,
                message: 'an app cannot avoid itself',
                hint: 'Set placement.maxPerNode to 1 for one instance a node.',
              },
            ]
          : [],
      ),
    ],
  },
];

/** Problems of a spec across its fields; `wrong` holds the paths that are already reported. */
export function ruleProblems(spec: AppSpec, wrong: readonly string[]): FieldProblem[] {
  const touches = (read: string) =>
    wrong.some(
      (path) =>
        path === read ||
        path === '' ||
        read.startsWith(`${path}.`) ||
        path.startsWith(`${read}.`) ||
        path.startsWith(`${read}[`),
    );
  return rules.filter((rule) => !rule.reads.some(touches)).flatMap((rule) => rule.check(spec));
}
