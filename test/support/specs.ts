// Parts of an app's spec as its defaults would have them, for tests of what is decided by them.
import type { HealthCheckSpec, RestartSpec } from '../../src/model/app/app.ts';

/** @param given what this test is about; the rest looks every 20 s, from the start, and gives up after two failures */
export const healthCheck = (given: Partial<HealthCheckSpec> = {}): HealthCheckSpec => ({
  protocol: 'TCP',
  role: 'live',
  path: '/',
  portIndex: 0,
  port: null,
  command: null,
  match: null,
  initialDelaySeconds: 0,
  intervalSeconds: 20,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 2,
  ...given,
});

/** Back-off without chance: 1 s, 2 s, 4 s. */
export const restartSpec = (given: Partial<RestartSpec> = {}): RestartSpec => ({
  policy: 'always',
  delaySeconds: 1,
  factor: 2,
  maxDelaySeconds: 300,
  jitter: 0,
  resetAfterSeconds: 600,
  attempts: 3,
  periodSeconds: 600,
  giveUp: false,
  ...given,
});
