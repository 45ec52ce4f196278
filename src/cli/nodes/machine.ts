// What a node's machine is, in lines.
import type { NodeView } from '../../model/node.ts';
import { memory } from '../output/format.ts';

const words = (...some: (string | false | undefined)[]): string => some.filter(Boolean).join(', ');

/** Nothing is said of what is not known. */
export function machineOf({ os, hardware, disks }: NodeView): string[] {
  const { vendor, model, cpu, maker, brand, physicalCores, speed, virtual, gpus = [] } = hardware;
  const rows: [string, string][] = [
    [
      'system',
      words([os.distribution, os.codename].filter(Boolean).join(' '), `${os.name} ${os.version}`, os.architecture),
    ],
    ['machine', words([vendor, model].filter(Boolean).join(' '), virtual && 'virtual')],
    [
      'cpu',
      words(
        cpu || [maker, brand].filter(Boolean).join(' '),
        `${os.cpus} ${os.cpus === 1 ? 'core' : 'cores'}`,
        physicalCores !== undefined && `${physicalCores} physical`,
        speed !== undefined && `${speed} GHz`,
      ),
    ],
    ...gpus.map((gpu): [string, string] => [
      'gpu',
      words([gpu.vendor, gpu.model].filter(Boolean).join(' '), gpu.vram !== undefined && memory(gpu.vram)),
    ]),
    ...disks.map((disk): [string, string] => ['disk', words(disk.dirName, memory(disk.total), disk.sysTypeName)]),
  ];
  return rows.filter(([, text]) => text !== '').map(([name, text]) => `${name.padEnd(9)} ${text}`);
}
