/** The sample app that `up --demo` deploys into an empty store: two small web servers, run by the Node.js that runs us. */
export const demoApp = (): Record<string, unknown> => ({
  name: 'hello',
  toProcess: process.execPath,
  args: ['-e', program],
  envs: { GREETING: 'Hello from stathub' },
  ports: [{ name: 'http', port: 0 }],
  healthChecks: [
    { protocol: 'HTTP', path: '/health', portIndex: 0, initialDelaySeconds: 10, intervalSeconds: 5, timeoutSeconds: 2 },
  ],
  placement: { scale: 2 },
  meta: { about: 'The sample app: open its port, kill its process, scale it.' },
});

const program = `
const { createServer } = require('node:http');
const { PORT, GREETING, STAT_SLOT, STAT_NODE } = process.env;
let visits = 0;
createServer((request, response) => {
  if (request.url !== '/health') console.log(new Date().toISOString(), 'visit', ++visits, request.url);
  response.end(GREETING + ', slot ' + STAT_SLOT + ', pid ' + process.pid + '\\n');
}).listen(PORT, () => console.log('slot ' + STAT_SLOT + ' listens on port ' + PORT));
process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(0); });
`;
