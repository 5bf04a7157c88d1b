/**
 * SmolLM3 (Bakouch et al. 2025; Hugging Face `SmolLM3ForCausalLM`): Llama's blocks, of which every fourth has no rotary
 * positions (NoPE, Yang et al. 2025). Six dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import type { ForwardPass, ModelPage } from './page';
import { smolLm3Layout } from './smollm3-layout';
import type { SmolLm3Config } from './smollm3-layout';

function forward(config: SmolLm3Config, pass: ForwardPass): void {
  const step = decoderSteps(config, smolLm3Layout.activations(config), pass);
  step.embed();
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, { rotations: 'all', rotaryDim: config.rotated[layer] ? config.rope.rotaryDim : 0 });
    step.attend(layer, { window });
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick();
}

export const smolLm3: ModelPage<SmolLm3Config> = { ...smolLm3Layout, head: headOf, forward };
