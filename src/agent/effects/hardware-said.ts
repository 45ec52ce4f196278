// What systeminformation says of a machine (hardware-process.ts asks it), brought into the shape of a node's facts.
import type { Systeminformation } from 'systeminformation';
import type { Gpu, NodeFacts } from '../../model/node.ts';
import { fileSystems } from './file-systems.ts';
import type { Hardware } from './hardware.ts';

/** Part by part; one that could not be read is absent. */
export interface HardwareSaid {
  /** Also in a container, and of boards that have no firmware to ask. */
  system?: { vendor: string; model: string; virtual: boolean };
  /** 0: not known. Speed in GHz. */
  cpu?: { maker: string; brand: string; physicalCores: number; speed: number; virtual: boolean };
  /** Of the distribution; '' where it has none. */
  codename?: string;
  gpus?: Gpu[];
  disks?: Hardware['disks'];
}

/** What was not said by then is not waited for, ms. */
export const askLimitMs = 20_000;

export const saidOfSystem = ({
  manufacturer,
  model,
  virtual,
}: Pick<Systeminformation.SystemData, 'manufacturer' | 'model' | 'virtual'>): HardwareSaid['system'] => ({
  vendor: manufacturer.trim(),
  model: model.trim(),
  virtual,
});

/** A hypervisor shows itself in the flags of its processors, also where the firmware says nothing. */
export const saidOfCpu = ({
  manufacturer,
  brand,
  physicalCores,
  speed,
  flags,
}: Pick<
  Systeminformation.CpuData,
  'manufacturer' | 'brand' | 'physicalCores' | 'speed' | 'flags'
>): HardwareSaid['cpu'] => ({
  maker: manufacturer.trim(),
  brand: brand.trim(),
  physicalCores,
  speed,
  virtual: flags.split(' ').includes('hypervisor'),
});

/** The library counts MiB. What a driver calls its GPU (`name`) is more than what the bus does. */
export const saidOfGpus = ({ controllers }: Pick<Systeminformation.GraphicsData, 'controllers'>): Gpu[] =>
  controllers.map(({ vendor, model, name, vram }) => ({
    vendor: vendor.trim(),
    model: (name || model).trim(),
    ...(vram ? { vram: vram * 1024 ** 2 } : {}),
  }));

/** @param options of mounts, by directory */
export const saidOfDisks = (
  sizes: Pick<Systeminformation.FsSizeData, 'fs' | 'type' | 'size' | 'mount'>[],
  options: ReadonlyMap<string, string>,
): Hardware['disks'] =>
  sizes.map(({ fs, type, size, mount }) => ({
    devName: fs,
    sysTypeName: type,
    total: size,
    dirName: mount,
    option: options.get(mount) ?? '',
  }));

/**
 * The facts with what was said added. What the kernel's files told stays: nothing that is placed by it is moved because more is known.
 * Of the file systems only those that they left out are new, as those of a network are.
 */
export function withSaid(facts: NodeFacts, said: HardwareSaid): NodeFacts {
  const { system, cpu, codename, gpus, disks = [] } = said;
  const { vendor, model } = facts.hardware;
  const devices = new Set(facts.disks.map(({ devName }) => devName));
  const directories = new Set(facts.disks.map(({ dirName }) => dirName));
  const others = disks.filter(({ devName, dirName }) => !devices.has(devName) && !directories.has(dirName));
  return {
    ...facts,
    os: { ...facts.os, ...(codename ? { codename } : {}) },
    hardware: {
      ...facts.hardware,
      vendor: vendor || (system?.vendor ?? ''),
      model: model || (system?.model ?? ''),
      ...(cpu?.maker ? { maker: cpu.maker } : {}),
      ...(cpu?.brand ? { brand: cpu.brand } : {}),
      ...(cpu?.physicalCores ? { physicalCores: cpu.physicalCores } : {}),
      ...(cpu?.speed ? { speed: cpu.speed } : {}),
      ...(system || cpu ? { virtual: Boolean(system?.virtual || cpu?.virtual) } : {}),
      ...(gpus ? { gpus } : {}),
    },
    disks: [...facts.disks, ...fileSystems(others)],
  };
}
