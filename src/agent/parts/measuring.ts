// What an agent measures of its node and its programs, and what comes of it.
import { join } from 'node:path';
import { bootId } from '../effects/processes/boot.ts';
import { KnownHardware } from '../node/known-hardware.ts';
import { NodeSelf } from '../node/node-self.ts';
import { tellNotice, type Opened } from '../opening.ts';
import { PointOutbox } from '../usage/outbox.ts';
import { PolledQuota } from '../usage/polled-quota.ts';
import { Resting } from '../usage/resting.ts';
import { UsageSampler } from '../usage/sampler.ts';
import { AstrayWatch } from '../watches/astray-watch.ts';
import { DiskWatch } from '../watches/disk-watch.ts';
import { LimitWatch } from '../watches/limit-watch.ts';
import type { Guarding } from './guarding.ts';
import type { Later } from './later.ts';

export interface Measuring {
  points: PointOutbox;
  hardware: KnownHardware;
  self: NodeSelf;
  usage: UsageSampler;
  limitWatch: LimitWatch;
  astrayWatch: AstrayWatch;
  disk: DiskWatch;
}

export function measuringParts(opened: Opened, { instances, rotation }: Guarding, later: Later): Measuring {
  const { options, context, warn } = opened;
  const points = new PointOutbox({
    directory: join(options.storeDirectory, 'points'),
    send: (some) => later.link().metrics(some),
    line: () => later.link().line,
    warn,
  });
  const hardware = new KnownHardware(options.storeDirectory, bootId(), warn);
  const self = new NodeSelf({
    options,
    membership: opened.root.kind,
    gives: { isolation: opened.isolation, allocatable: opened.capacity },
    rotation,
    trouble: context.trouble,
    onMinute: (minute, values) => points.add([{ subject: `node/${context.node}`, minute, values }]),
    said: hardware.read((notice) => tellNotice(context, notice)),
  });
  const quota = new PolledQuota(context, instances);
  const resting = new Resting();
  const usage = new UsageSampler({
    instances,
    times: options.times,
    onPoints: (some) => points.add(some),
    onRows: (rows) => later.link().usage(rows),
    onLook: (entry, rests) => {
      rotation.ran(entry.directory, !rests);
      resting.note(entry, rests);
    },
    onPolled: (meter) => quota.look(meter),
  });
  return {
    points,
    hardware,
    self,
    usage,
    limitWatch: new LimitWatch(context, instances, resting),
    astrayWatch: new AstrayWatch(context, instances, resting),
    disk: new DiskWatch(context, instances),
  };
}
