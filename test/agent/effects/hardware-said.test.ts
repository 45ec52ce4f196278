// What systeminformation says, in the shape of a node's facts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { saidIn } from '../../../src/agent/effects/ask-hardware.ts';
import {
  saidOfCpu,
  saidOfDisks,
  saidOfGpus,
  saidOfSystem,
  withSaid,
} from '../../../src/agent/effects/hardware-said.ts';
import { soundFacts } from '../../../src/master/link/sound-node.ts';
import { simFacts } from '../../support/sim-agent.ts';

const test = suite('what is said of hardware');
const gib = 1024 ** 3;

const said = {
  system: saidOfSystem({ manufacturer: 'Supermicro ', model: 'Docker Container', virtual: false }),
  cpu: saidOfCpu({ manufacturer: 'AMD', brand: 'EPYC', physicalCores: 16, speed: 2.4, flags: 'fpu hypervisor sse' }),
  codename: 'bookworm',
  gpus: saidOfGpus({
    controllers: [
      { vendor: 'NVIDIA', model: 'GA100', name: 'NVIDIA A100-PCIE-40GB', vram: 40_960, bus: 'PCI', vramDynamic: false },
      { vendor: 'ASPEED', model: 'ASPEED Graphics Family', vram: null, bus: 'PCI', vramDynamic: false },
    ],
  }),
  disks: saidOfDisks(
    [
      { fs: '/dev/sda1', type: 'ext4', size: gib, mount: '/' },
      { fs: '/dev/sda1', type: 'ext4', size: gib, mount: '/bound' },
      { fs: 'nas:/pool', type: 'nfs4', size: 9 * gib, mount: '/nas' },
      { fs: 'overlay', type: 'overlay', size: gib, mount: '/layers' },
    ],
    new Map([['/nas', 'rw,hard']]),
  ),
};
const root = { devName: '/dev/sda1', sysTypeName: 'ext4', dirName: '/', option: 'rw', total: gib };
const disks = [{ ...root, flags: 0, type: 2, typeName: 'local' }];

test('is added to what the kernel told, and takes nothing of it away', () => {
  const kernel = simFacts('n', { hardware: { vendor: 'Amazon EC2', model: '', cpu: 'AMD EPYC 9R14' }, disks });
  const facts = withSaid(kernel, said);
  assert.equal(facts.hardware, {
    vendor: 'Amazon EC2',
    model: 'Docker Container',
    cpu: 'AMD EPYC 9R14',
    maker: 'AMD',
    brand: 'EPYC',
    physicalCores: 16,
    speed: 2.4,
    virtual: true,
    gpus: [
      { vendor: 'NVIDIA', model: 'NVIDIA A100-PCIE-40GB', vram: 40 * gib },
      { vendor: 'ASPEED', model: 'ASPEED Graphics Family' },
    ],
  });
  assert.is(facts.os.codename, 'bookworm');
  assert.is(facts.os.distribution, kernel.os.distribution);
  assert.equal(facts.disks.slice(1), [
    {
      ...root,
      devName: 'nas:/pool',
      sysTypeName: 'nfs4',
      dirName: '/nas',
      option: 'rw,hard',
      total: 9 * gib,
      flags: 0,
      type: 3,
      typeName: 'remote',
    },
  ]);
  assert.equal(facts.disks[0], disks[0]);
  assert.equal(soundFacts(facts, ''), facts, 'all of it reaches the master');
});

test('what is not known is absent', () => {
  const kernel = simFacts('n', { disks });
  assert.equal(withSaid(kernel, {}), kernel);
  const cpu = saidOfCpu({ manufacturer: '', brand: '', physicalCores: 0, speed: 0, flags: '' });
  assert.equal(withSaid(kernel, { cpu, codename: '' }), {
    ...kernel,
    hardware: { ...kernel.hardware, virtual: false },
  });
});

test('a master takes of it only what has the right shape', () => {
  const wrong = {
    vendor: 1,
    model: 'm',
    cpu: '',
    speed: 'fast',
    virtual: 'yes',
    gpus: [7, { model: 'A100', vram: '40' }],
  };
  const { hardware } = soundFacts(simFacts('n', { hardware: wrong as never }), '');
  const gpus = [
    { vendor: '', model: '' },
    { vendor: '', model: 'A100' },
  ];
  assert.equal(hardware, { vendor: '', model: 'm', cpu: '', gpus });
  assert.equal(
    soundFacts(simFacts('n', { hardware: { ...hardware, gpus: 'none' as never } }), '').hardware.gpus,
    undefined,
  );
});

test('an answer is read line by line; a part that is missing, broken or cut off spoils no other', () => {
  const missing: string[] = [];
  const text = '{"codename":"bookworm"}\n{"missing":"gpus: no bus"}\nno json\n{"disks":[]}\n{"cpu":{"maker":"A';
  assert.equal(
    saidIn(text, (why) => missing.push(why)),
    { codename: 'bookworm', disks: [] },
  );
  assert.is(missing.length, 2);
  assert.is(missing[0], 'gpus: no bus');
  assert.match(missing[1]!, /no JSON: no json/);
});

test.run();
