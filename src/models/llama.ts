/**
 * Llama (Touvron et al. 2023; Hugging Face `LlamaForCausalLM`, also TinyLlama and SmolLM2): pre-norm blocks of grouped-query
 * attention with rotary positions and a SwiGLU feed-forward, no biases. Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { llamaLayout } from './llama-layout';
import type { LlamaConfig } from './llama-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: LlamaConfig, pass: ForwardPass): void {
  const step = decoderSteps(config, llamaLayout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed();
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, turning);
    step.attend(layer);
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick();
}

export const llama: ModelPage<LlamaConfig> = { ...llamaLayout, head: headOf, forward };
