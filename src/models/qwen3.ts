/**
 * Qwen3 (Yang et al. 2025; Hugging Face `Qwen3ForCausalLM`): Llama's blocks, with a norm of every head of queries and keys
 * before they are rotated. Heads need not share out the hidden state. Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import type { ForwardPass, ModelPage } from './page';
import { qwen3Layout } from './qwen3-layout';
import type { Qwen3Config } from './qwen3-layout';

function forward(config: Qwen3Config, pass: ForwardPass): void {
  const step = decoderSteps(config, qwen3Layout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed();
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, { ...turning, headNorms: `${name}.qk_norm` });
    step.attend(layer, { window });
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick();
}

export const qwen3: ModelPage<Qwen3Config> = { ...qwen3Layout, head: headOf, forward };
