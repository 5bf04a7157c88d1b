/**
 * Gemma 3 (Gemma Team 2025; Hugging Face `Gemma3ForCausalLM`, and the text half of `Gemma3ForConditionalGeneration`). As
 * Gemma 2, with a norm of every head of queries and keys; most layers see a window and turn by angles of their own, every
 * sixth sees everything. Eight dispatches a layer on a GPU.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { gemma3Layout } from './gemma3-layout';
import type { Gemma3Config } from './gemma3-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: Gemma3Config, pass: ForwardPass): void {
  const step = decoderSteps(config, gemma3Layout.activations(config), pass);
  const everywhere = { rotations: 'global', rotaryDim: config.globalRope.rotaryDim };
  const nearby = { rotations: 'local', rotaryDim: config.localRope.rotaryDim };
  const view = { scale: config.query_pre_attn_scalar ** -0.5, softCap: config.attn_logit_softcapping };
  step.embed(Math.sqrt(config.hidden_size));
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, { ...(window === null ? everywhere : nearby), headNorms: `${name}.qk_norm` });
    step.attend(layer, { ...view, window });
    step.project(`${name}.o`, 'attended', 'branch');
    step.norm(`${name}.attended_norm`, 'branch', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'geglu');
    step.project(`${name}.down`, 'gated', 'branch');
    step.norm(`${name}.fed_norm`, 'branch', 'residual', 'add');
  }
  step.pick();
}

export const gemma3: ModelPage<Gemma3Config> = {
  ...gemma3Layout,
  head: (config) => headOf(config, config.final_logit_softcapping),
  forward,
};
