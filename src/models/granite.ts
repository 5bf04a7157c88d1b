/**
 * Granite 3 (IBM 2024; Hugging Face `GraniteForCausalLM`): Llama's blocks with four multipliers: of embeddings, of what a
 * sublayer adds, of scores, and a divisor of logits. Six dispatches a layer on a GPU.
 *
 * The residual is kept divided by its multiplier m: x' = x / m. Then a sublayer adds its result as it is, the embeddings are
 * divided by m, and a norm gives the same for x' with ε / m² as for x with ε.
 */
import { decoderSteps, headOf } from './blocks/decoder-steps';
import { graniteLayout } from './granite-layout';
import type { GraniteConfig } from './granite-layout';
import type { ForwardPass, ModelPage } from './page';

function forward(config: GraniteConfig, pass: ForwardPass): void {
  const m = config.residual_multiplier;
  const divided = { ...config, rms_norm_eps: config.rms_norm_eps / m ** 2 };
  const step = decoderSteps(divided, graniteLayout.activations(config), pass);
  const turning = { rotations: 'all', rotaryDim: config.rope.rotaryDim };
  step.embed(config.embedding_multiplier / m);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    step.projectNormed(`${name}.attention_norm`, `${name}.qkv`, 'residual', 'qkv');
    step.rotaryAppend(layer, turning);
    step.attend(layer, { scale: config.attention_multiplier });
    step.project(`${name}.o`, 'attended', 'residual', 'add');
    step.projectNormed(`${name}.ffn_norm`, `${name}.gate_up`, 'residual', 'gated', 'swiglu');
    step.project(`${name}.down`, 'gated', 'residual', 'add');
  }
  step.pick(config.logits_scaling);
}

export const granite: ModelPage<GraniteConfig> = { ...graniteLayout, head: headOf, forward };
