import { describe, expect, it } from 'vitest';
import { findDevice } from './device';

const limits = {
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 31,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** `navigator.gpu` with one adapter, which gives a device with the limits that were asked for. */
function gpuWith(requestDevice: (descriptor: GPUDeviceDescriptor) => Promise<unknown>, more: string[] = []): GPU {
  const adapter = {
    limits,
    features: new Set(['timestamp-query', 'shader-f16', ...more]),
    info: { vendor: 'acme', architecture: 'rocket', description: '' },
    requestDevice,
  };
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}

describe('findDevice', () => {
  it.each([
    ['no WebGPU', undefined, true, /no WebGPU/],
    ['no adapter', { requestAdapter: () => Promise.resolve(null) } as unknown as GPU, true, /no graphics adapter/],
    ['plain http from another machine', undefined, false, /plain http/],
  ])('says why there is none: %s', async (_, gpu, secureContext, reason) => {
    const { device, report } = await findDevice(gpu, secureContext);
    expect(device).toBeNull();
    expect(report).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(reason) });
  });

  it('asks for the largest buffers the adapter can give, and for nothing it may lack', async () => {
    let asked: GPUDeviceDescriptor = {};
    const { device, report } = await findDevice(
      gpuWith((descriptor) => {
        asked = descriptor;
        return Promise.resolve({ limits });
      }),
    );
    expect(device).not.toBeNull();
    expect(asked.requiredLimits).toEqual({ maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 });
    expect(asked.requiredFeatures ?? []).toEqual([]);
    expect(report).toMatchObject({ kind: 'webgpu', adapter: 'acme rocket', reason: null });
    expect(report.features).toEqual(['shader-f16', 'timestamp-query']);
    expect(report.limits['maxStorageBuffersPerShaderStage']).toBe(8);
  });

  it('asks for subgroups where the adapter has them', async () => {
    let asked: GPUDeviceDescriptor = {};
    const gpu = gpuWith(
      (descriptor) => {
        asked = descriptor;
        return Promise.resolve({ limits });
      },
      ['subgroups'],
    );
    await findDevice(gpu);
    expect(asked.requiredFeatures).toEqual(['subgroups']);
  });

  it('fails with device-lost where an adapter gives no device', async () => {
    const refusing = gpuWith(() => Promise.reject(new Error('adapter consumed')));
    await expect(findDevice(refusing)).rejects.toMatchObject({ code: 'device-lost' });
  });
});
