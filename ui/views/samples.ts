// Apps to begin with.
export const samples: { name: string; /** The name of its app. */ app: string; text: string }[] = [
  {
    name: 'Python',
    app: 'hello',
    text: `{
  "name": "hello",
  "toProcess": "python3",
  "args": ["-u", "-m", "http.server", "\${PORT}"],
  "ports": [0],
  "healthChecks": [{"protocol": "HTTP", "path": "/", "initialDelaySeconds": 10, "intervalSeconds": 5}],
  "resAlloc": {"cpus": 0.1, "mem": "64MB"},
  "placement": {"query": "*", "scale": 1}
}`,
  },
  {
    name: 'Node',
    app: 'hello-node',
    text: `{
  "name": "hello-node",
  "toProcess": "node",
  "args": ["-e", "require('http').createServer((q, a) => a.end('hello from ' + process.env.STAT_INSTANCE)).listen(process.env.PORT)"],
  "ports": [0],
  "healthChecks": [{"protocol": "HTTP", "path": "/", "initialDelaySeconds": 10, "intervalSeconds": 5}],
  "placement": {"query": "*", "scale": 2}
}`,
  },
  {
    name: 'Shell',
    app: 'ticker',
    text: `{
  "name": "ticker",
  "toProcess": "while sleep 1; do echo \\"$STAT_INSTANCE $(date +%T)\\"; done",
  "shell": true,
  "placement": {"query": "*", "scale": 1}
}`,
  },
];
