/**
 * What a kernel is, for everybody who is not WGSL: a name, its bindings in order, its constants, and a CPU twin. The
 * description is the one thing host and shader share; `kernels/kernels.test.ts` holds it against the WGSL text.
 */

/** How a storage binding is used. A buffer may not be bound for reading and for writing in one dispatch. */
export type Access = 'read' | 'read_write';

export interface BindingSpec<B extends string = string> {
  readonly name: B;
  readonly access: Access;
}

/** Numbers fixed when a pipeline is made. */
export type Constants<C extends string = string> = Readonly<Record<C, number>>;

/** Workgroups in x, y and z; each at most MAX_WORKGROUPS. */
export type Grid = readonly [x: number, y: number, z: number];

/** WebGPU's guaranteed limit of maxComputeWorkgroupsPerDimension. */
export const MAX_WORKGROUPS = 65535;

/** A buffer as a CPU twin sees it: the same bytes as floats and as words. */
export interface CpuView {
  readonly f32: Float32Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
}

export interface Kernel<B extends string = string, C extends string = string> {
  readonly name: string;
  /** Storage bindings of group 0, in binding order; at most eight. */
  readonly bindings: readonly BindingSpec<B>[];
  /** Every number a call must give. Those the text declares as `override` are set when the pipeline is made. */
  readonly constants: readonly C[];
  /** The shader text; receives the constants for what overrides cannot express (which weight decoder to join). */
  readonly wgsl: (constants: Constants<C>) => string;
  /** Multiplications of a call, roughly: by them a long step is cut. Kernels that take no time to speak of leave it out. */
  readonly work?: (constants: Constants<C>, grid: Grid) => number;
  /** The same arithmetic in plain loops: the judge in tests, and the road where there is no adapter. */
  readonly cpu: (buffers: Readonly<Record<B, CpuView>>, constants: Constants<C>, grid: Grid) => void;
}

/** Keeps the literal types of a description. */
export function defineKernel<const B extends string, const C extends string>(kernel: Kernel<B, C>): Kernel<B, C> {
  return kernel;
}

/** The names a shader text declares as `override`. */
export function overridesOf(wgsl: string): string[] {
  return [...wgsl.matchAll(/^override (\w+)/gm)].map(([, name]) => name as string);
}

/** A grid of `count` workgroups in x and y (a dimension ends at MAX_WORKGROUPS) times `depth` in z. */
export function gridOf(count: number, depth = 1): Grid {
  const y = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / y), y, depth];
}
