/**
 * Gemma 2 (Gemma Team 2024; Hugging Face `Gemma2ForCausalLM`). Embeddings are scaled by the root of their width; every
 * sublayer is normed before and after, so what it gives is kept aside in `branch` until then; GELU gates; scores and logits
 * are soft-capped; every second layer sees a window. Eight dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { gemma2Layout } from './gemma2-layout';
import type { Gemma2Config } from './gemma2-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: Gemma2Config, pass: ForwardPass): void {
  const step = decoderSteps(config, gemma2Layout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  const view = { scale: config.query_pre_attn_scalar ** -0.5, softCap: config.attn_logit_softcapping };
  step.embed(Math.sqrt(config.hidden_size));
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, turning);
    step.attend(layer, { ...view, window });
    step.project(`${name}.o`, 'attended', 'branch');
    step.norm(`${name}.attended_norm`, 'branch', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'geglu');
    step.project(`${name}.down`, 'gated', 'branch');
    step.norm(`${name}.fed_norm`, 'branch', 'residual', 'add');
  }
  step.pick();
}

export const gemma2: ModelPage<Gemma2Config> = {
  ...gemma2Layout,
  head: (config) => headOf(config, config.final_logit_softcapping),
  forward,
};
