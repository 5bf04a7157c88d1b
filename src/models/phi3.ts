/**
 * Phi-3, Phi-3.5 and Phi-4-mini (Abdin et al. 2024; Hugging Face `Phi3ForCausalLM`): Llama's blocks; in Phi-4-mini only a part
 * of each head is rotated, and long contexts turn by LongRoPE's factors. Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import type { ForwardPass, ModelPage } from './page';
import { phi3Layout } from './phi3-layout';
import type { Phi3Config } from './phi3-layout';

function forward(config: Phi3Config, pass: ForwardPass): void {
  const step = decoderSteps(config, phi3Layout.activations(config), pass);
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

export const phi3: ModelPage<Phi3Config> = { ...phi3Layout, head: headOf, forward };
