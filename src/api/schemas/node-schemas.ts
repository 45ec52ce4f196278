// JSON Schemas of nodes.
import { int, list, map, object, one, or, page, real, ref, text, time, yes } from './notation.ts';

const resources = { cpus: real, mem: int, disk: int };

export const nodeSchemas = {
  Node: object({
    id: text,
    hostname: text,
    agentAddress: text,
    status: one('joining', 'ready', 'cordoned', 'draining', 'suspect', 'lost'),
    reason: or(ref('Reason')),
    os: object({ name: text, version: text, cpus: int, architecture: text, distribution: text, codename: text }, [
      'codename',
    ]),
    hardware: object(
      {
        vendor: text,
        model: text,
        cpu: text,
        maker: text,
        brand: text,
        physicalCores: int,
        speed: { ...real, description: 'GHz' },
        virtual: yes,
        gpus: list(object({ vendor: text, model: text, vram: { ...int, description: 'bytes' } }, ['vram'])),
      },
      ['maker', 'brand', 'physicalCores', 'speed', 'virtual', 'gpus'],
    ),
    memory: object({ total: int, ram: int }),
    networks: list({ type: 'object' }),
    disks: list({ type: 'object' }),
    tags: list(text),
    envs: map(text),
    allocatable: object(resources),
    allocated: object({ ...resources, instances: int }),
    isolation: object({
      cgroup: one('v2', 'v1', 'mixed', 'none'),
      enforced: list(text),
      not: list(object({ limit: text, why: text })),
    }),
    load: or({ type: 'object' }),
    beatAt: time,
    link: one('websocket', 'poll', 'none'),
    version: text,
  }),
  NodeList: page(ref('Node')),
  Tags: { anyOf: [list(text), object({ tags: list(text) })] },
  Envs: map(text),
  Drain: object({ deadlineSeconds: or({ type: 'number', minimum: 0 }) }, ['deadlineSeconds']),
};
