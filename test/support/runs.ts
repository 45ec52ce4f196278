// How often a property is tried. `RUNS=10 npm test -- query placement` tries ten times as often: after a change of what they are about.

const factor = Number(process.env['RUNS'] ?? 1);

/** @param usual what is worth a part of every run of the suite */
export const runs = (usual: number): number => Math.max(1, Math.round(usual * factor));
