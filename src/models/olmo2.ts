/**
 * OLMo 2 (OLMo Team 2024; Hugging Face `Olmo2ForCausalLM`): sublayers read the residual as it is, and what they give is kept
 * aside in `branch` and normed before it is added; queries and keys are normed over all their heads. Nine dispatches a layer.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { olmo2Layout } from './olmo2-layout';
import type { Olmo2Config } from './olmo2-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: Olmo2Config, pass: ForwardPass): void {
  const step = decoderSteps(config, olmo2Layout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed();
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    step.project(`${name}.qkv`, 'residual', 'qkv');
    step.qkNorm(`${name}.qk_norm`);
    step.rotaryAppend(layer, turning);
    step.attend(layer);
    step.project(`${name}.o`, 'attended', 'branch');
    step.norm(`${name}.attended_norm`, 'branch', 'residual', 'add');
    step.project(`${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'branch');
    step.norm(`${name}.fed_norm`, 'branch', 'residual', 'add');
  }
  step.pick();
}

export const olmo2: ModelPage<Olmo2Config> = { ...olmo2Layout, head: headOf, forward };
