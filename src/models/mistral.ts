/**
 * Mistral (Jiang et al. 2023; Hugging Face `MistralForCausalLM`): Llama's blocks, with attention that in some checkpoints sees
 * only a window of the last positions. Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { mistralLayout } from './mistral-layout';
import type { MistralConfig } from './mistral-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: MistralConfig, pass: ForwardPass): void {
  const step = decoderSteps(config, mistralLayout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed();
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, turning);
    step.attend(layer, { window });
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick();
}

export const mistral: ModelPage<MistralConfig> = { ...mistralLayout, head: headOf, forward };
