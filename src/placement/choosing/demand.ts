// What an instance of a spec takes of its node.
import type { AppSpec } from '../../model/app/app.ts';

export interface Demand {
  /** cores */ cpus: number;
  /** bytes */ mem: number;
  /** bytes */ disk: number;
  /** fixed ones */ ports: readonly number[];
}

const known = new WeakMap<AppSpec, Demand>();

/** What is reserved; what the spec leaves open is nothing. */
export function demandOf(spec: AppSpec): Demand {
  let demand = known.get(spec);
  if (!demand) {
    const { cpus, mem, disk } = spec.resAlloc;
    demand = {
      cpus: cpus ?? 0,
      mem: mem ?? 0,
      disk: disk ?? 0,
      ports: spec.ports.map((p) => p.port).filter((port) => port !== 0),
    };
    known.set(spec, demand);
  }
  return demand;
}
