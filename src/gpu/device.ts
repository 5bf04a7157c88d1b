/**
 * Finding a GPU: an adapter, a device with the limits this adapter can give, and what to tell a person when there is none.
 */
import { HearthError } from '../lib/errors';

/** What this machine offers, in plain figures. */
export interface DeviceReport {
  kind: 'webgpu' | 'cpu';
  adapter: string;
  /** Why there is no adapter, as a sentence; null when there is one. */
  reason: string | null;
  features: string[];
  limits: Record<string, number>;
}

export interface FoundDevice {
  /** Null where there is no adapter: the CPU twins take over. */
  device: GPUDevice | null;
  report: DeviceReport;
}

/** Features that some kernels use, each of which has a sibling that needs none. */
const WELCOME_FEATURES = ['subgroups'] as const;

/** Limits worth raising above WebGPU's defaults, because weights and caches are large. */
const RAISED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** Limits a person who asks "will it fit?" wants to see. */
const REPORTED_LIMITS = [
  ...RAISED_LIMITS,
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * A device of the best adapter, or the reason why there is none. Never throws for a missing adapter.
 * @param gpu `navigator.gpu`, or undefined where the browser has no WebGPU.
 * @param secureContext false on plain http from another machine, where browsers hide WebGPU.
 */
export async function findDevice(gpu: GPU | undefined, secureContext = true): Promise<FoundDevice> {
  if (!secureContext) {
    return withoutDevice('This page came over plain http from another machine, where browsers switch WebGPU off.');
  }
  if (!gpu) return withoutDevice('This browser has no WebGPU.');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return withoutDevice('This browser has WebGPU, but found no graphics adapter to run it on.');
  const requiredFeatures = WELCOME_FEATURES.filter((name) => adapter.features.has(name));
  const requiredLimits = Object.fromEntries(RAISED_LIMITS.map((name) => [name, adapter.limits[name]]));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  } catch (cause) {
    throw new HearthError('device-lost', 'The graphics adapter was found, but gave no device.', { cause });
  }
  const { vendor, architecture, description } = adapter.info;
  return {
    device,
    report: {
      kind: 'webgpu',
      adapter: [vendor, architecture].filter(Boolean).join(' ') || description || 'unnamed adapter',
      reason: null,
      features: [...adapter.features].sort(),
      limits: Object.fromEntries(REPORTED_LIMITS.map((name) => [name, device.limits[name]])),
    },
  };
}

/**
 * Lanes that share an output row. One on a software adapter, where a barrier is dear. On a GPU eight coalesce loads; cards of
 * many cores take more, because their memory is kept busy only by many more threads than a matrix has rows.
 */
export function lanesFor({ adapterInfo: { vendor, architecture } }: GPUDevice): number {
  if (architecture === 'swiftshader') return 1;
  return vendor === 'nvidia' || vendor === 'amd' ? 32 : 8;
}

function withoutDevice(reason: string): FoundDevice {
  return {
    device: null,
    report: { kind: 'cpu', adapter: 'CPU (no WebGPU adapter)', reason, features: [], limits: {} },
  };
}
