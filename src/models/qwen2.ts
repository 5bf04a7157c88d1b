/**
 * Qwen2 and Qwen2.5 (Yang et al. 2024; Hugging Face `Qwen2ForCausalLM`): Llama's blocks, with biases on queries, keys and
 * values. Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import type { ForwardPass, ModelPage } from './page';
import { qwen2Layout } from './qwen2-layout';
import type { Qwen2Config } from './qwen2-layout';

function forward(config: Qwen2Config, pass: ForwardPass): void {
  const step = decoderSteps(config, qwen2Layout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed();
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, { ...turning, bias: `${name}.qkv_bias` });
    step.attend(layer, { window });
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick();
}

export const qwen2: ModelPage<Qwen2Config> = { ...qwen2Layout, head: headOf, forward };
