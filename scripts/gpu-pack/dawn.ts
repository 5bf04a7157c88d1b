/** WebGPU in the pack's Node: Dawn behind `navigator.gpu`, on whatever adapter the Vulkan loader finds. */
export async function installDawn(): Promise<void> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
}
