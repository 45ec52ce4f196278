// Marathon's health and readiness checks. Its defaults: 300 s of grace, every 60 s, 20 s to answer, 3 failures.
import { isRecord, numberOf, type Raw } from './parts.ts';

type Tell = (path: string, message: string) => void;
type Port = number | { name: string; port: number };

const protocols: Record<string, string> = {
  HTTP: 'HTTP',
  HTTPS: 'HTTPS',
  TCP: 'TCP',
  COMMAND: 'COMMAND',
  MESOS_HTTP: 'HTTP',
  MESOS_HTTPS: 'HTTPS',
  MESOS_TCP: 'TCP',
};

function checkOf(check: Raw, at: string, note: Tell): Raw | null {
  const protocol = protocols[String(check['protocol'] ?? 'HTTP').toUpperCase()];
  if (!protocol) {
    note(`${at}.protocol`, `${String(check['protocol'])} is not known`);
    return null;
  }
  const command = isRecord(check['command']) ? check['command']['value'] : check['command'];
  const failures = numberOf(check['maxConsecutiveFailures']) ?? 3;
  if (failures === 0)
    note(`${at}.maxConsecutiveFailures`, '0 means that nothing is killed: it is a check of role ready here');
  if (check['ignoreHttp1xx'] === true) note(`${at}.ignoreHttp1xx`, 'an answer of 1xx is not looked at in any case');
  if (check['ipProtocol'] === 'IPv6') note(`${at}.ipProtocol`, 'checks go to the loopback address of the node');
  if (numberOf(check['delaySeconds']))
    note(
      `${at}.delaySeconds`,
      'has no counterpart: checks begin at once, and failures count after initialDelaySeconds',
    );
  return {
    protocol,
    ...(failures === 0 ? { role: 'ready' } : {}),
    ...(protocol === 'HTTP' || protocol === 'HTTPS' ? { path: check['path'] ?? '/' } : {}),
    ...(protocol === 'COMMAND' ? { command } : {}),
    ...(numberOf(check['port'])
      ? { port: check['port'] }
      : protocol === 'COMMAND'
        ? {}
        : { portIndex: numberOf(check['portIndex']) ?? 0 }),
    initialDelaySeconds: numberOf(check['gracePeriodSeconds']) ?? 300,
    intervalSeconds: numberOf(check['intervalSeconds']) ?? 60,
    timeoutSeconds: numberOf(check['timeoutSeconds']) ?? 20,
    ...(failures > 0 ? { maxConsecutiveFailures: failures } : {}),
  };
}

function readinessOf(check: Raw, at: string, ports: readonly Port[], note: Tell): Raw {
  const name = String(check['portName'] ?? 'http-api');
  const index = ports.findIndex((port) => typeof port === 'object' && port.name === name);
  if (index < 0) note(`${at}.portName`, `no port is named ${name}: the first one is asked`);
  if (check['httpStatusCodesForReady'] !== undefined)
    note(`${at}.httpStatusCodesForReady`, 'any answer of 2xx and 3xx is ready');
  return {
    protocol: String(check['protocol'] ?? 'HTTP').toUpperCase(),
    role: 'ready',
    path: check['path'] ?? '/',
    portIndex: Math.max(0, index),
    intervalSeconds: numberOf(check['intervalSeconds']) ?? 30,
    timeoutSeconds: numberOf(check['timeoutSeconds']) ?? 10,
  };
}

/** All checks of an app. */
export function checksOf(raw: Raw, ports: readonly Port[], note: Tell): Raw[] {
  const each = (key: string, convert: (check: Raw, at: string) => Raw | null): Raw[] =>
    (Array.isArray(raw[key]) ? (raw[key] as unknown[]) : []).flatMap((check, index) => {
      const converted = isRecord(check) ? convert(check, `${key}[${index}]`) : null;
      return converted ? [converted] : [];
    });
  return [
    ...each('healthChecks', (check, at) => checkOf(check, at, note)),
    ...each('readinessChecks', (check, at) => readinessOf(check, at, ports, note)),
  ];
}
