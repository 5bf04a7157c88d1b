/** A report as lines of text, for a terminal or a message to a friend. */
import type { BenchReport } from './bench';
import type { GuessReport } from './guess-bench';
import type { KernelReport } from './kernel-bench';
import type { ModelReport, SpeedBeside } from './model-bench';
import type { PeerReport, PeerSpeed } from './peer';
import { type Figure, figureText } from '../lib/figure';
import type { TuningSummary } from './tuned';

export function tableOf({ device, ceilings, models, skipped, speculation, noisy }: BenchReport): string {
  const gibps = ({ median }: Figure) => `${(median / 2 ** 30).toFixed(1)} GiB/s`;
  const lines = [
    `${device.adapter}: reads ${gibps(ceilings.readBytesPerSecond)}, copies ${gibps(ceilings.copyBytesPerSecond)}, ` +
      `${(ceilings.operationsPerSecond.median / 1e9).toFixed(1)} GFLOP/s in f32, ` +
      `unpacks ${(ceilings.unpackedPerSecond.median / 1e9).toFixed(2)} G weights/s`,
    '',
    ...models.flatMap((model) => [...modelLines(model), '']),
    ...speculation.map(({ draft, target, cost, at }) => {
      const gains = at.map(
        ({ acceptance, drafts, gain }) => `${gain.toFixed(2)} × at a = ${acceptance} (k = ${drafts})`,
      );
      return `${draft} drafting for ${target}: c = ${cost.toFixed(2)}, foretold ${gains.join(', ')}`;
    }),
    ...skipped.map(({ shape, reason }) => `${shape} was left out: ${reason}`),
    ...(noisy.length > 0 ? [`The machine was busy with something else; unsure: ${noisy.join(', ')}.`] : []),
  ];
  return lines.join('\n');
}

function modelLines(model: ModelReport): string[] {
  const whole =
    model.layersTimed === model.layers ? '' : ` (one of ${model.layers} layers and the head timed, the rest counted)`;
  return [
    `${model.shape}, int4${whole}`,
    `  weights ${mib(model.weightBytes)}, on the device ${mib(model.memoryBytes)}, at most ${mib(model.peakMemoryBytes)}; ` +
      `loaded from memory at ${(model.uploadBytesPerSecond / 2 ** 30).toFixed(2)} GiB/s, ` +
      storeText(model.cachedLoadBytesPerSecond) +
      `first use ${model.firstUseMs.toFixed(0)} ms`,
    `  ${tuningLine(model.tuning)}; keys and values in ${model.kvFormat}`,
    ...model.decode.flatMap((speed) => [
      `  decode behind ${String(speed.tokens).padStart(5)}  ${figureText(speed.tokensPerSecond, 'tok/s')}, ` +
        `${percent(speed.shareOfBandwidth)} of the read bandwidth (${speed.leastMs.toFixed(2)} ms for the weights and ` +
        `${mib(speed.kvBytes)} of keys and values), ${percent(speed.shareOfUnpacking)} of unpacking, ` +
        `${percent(speed.shareOfForetold)} of what the bytes foretell`,
      ...speed.beside.map(besideLine),
    ]),
    ...model.prefill.flatMap((speed) => [
      `  prompt of ${String(speed.tokens).padStart(5)}      ${figureText(speed.tokensPerSecond, 'tok/s')}, ${percent(speed.shareOfOperations)} of the arithmetic peak`,
      ...speed.beside.map(besideLine),
    ]),
    `  first token of 128    ${figureText(model.timeToFirstTokenMs, 'ms')}`,
    `  dispatches            ${model.dispatchesPerLayer} a layer, ${model.dispatchesPerToken} a token; ` +
      `encoding ${figureText(model.encodeMs, 'ms')}; reading each token back ${figureText(model.readbackGapMs, 'ms')} more`,
    `  v(1…${model.verify.length})               ${model.verify.map(({ median }) => median.toFixed(2)).join('  ')}`,
    ...(model.guessing ? [guessingLine(model.guessing)] : []),
    ...(model.peer ? peerLines(model.peer) : []),
    ...model.kernels.map(kernelLine),
  ];
}

function tuningLine(tuning: TuningSummary | null): string {
  if (tuning === null) return 'default kernels';
  const { points, seconds } = tuning;
  const faster = points.filter(({ gain }) => gain > 1).length;
  const found = faster === 0 ? 'none of which has a faster kernel' : `${faster} of which have a faster kernel`;
  return `default kernels; tuned in ${seconds.toFixed(0)} s: ${points.length} products and attentions, ${found}`;
}

function besideLine({ how, tokensPerSecond, ratio }: SpeedBeside): string {
  const what = how === 'tuned' ? 'tuned' : `${how} KV`;
  return `    ${what.padEnd(17)}  ${figureText(tokensPerSecond, 'tok/s')}, ${figureText(ratio, '×')}`;
}

function storeText(bytesPerSecond: Figure | null): string {
  return bytesPerSecond === null ? '' : `from the store at ${(bytesPerSecond.median / 2 ** 30).toFixed(2)} GiB/s, `;
}

function guessingLine({
  draftLayers,
  drafts,
  draftCost,
  verifyCost,
  acceptance,
  foretoldGain,
  gain,
}: GuessReport): string {
  return (
    `  guessing ${drafts} ahead      ${figureText(gain, '×')} with a draft of ${draftLayers} layers, foretold ${foretoldGain.toFixed(2)} ` +
    `(c = ${draftCost.toFixed(2)}, v(${drafts + 1}) = ${verifyCost.toFixed(2)}, ${percent(acceptance)} right)`
  );
}

function peerLines({ name, device, failure, decode, prefill }: PeerReport): string[] {
  const line = (what: string, { tokens, tokensPerSecond, ratio }: PeerSpeed) =>
    `  ${name}, ${what} ${String(tokens).padStart(5)}  ${figureText(tokensPerSecond, 'tok/s')}, ours ${figureText(ratio, '×')}`;
  return [
    ...(failure === null ? [] : [`  ${name} was not timed whole: ${failure}`]),
    ...(device === '' ? [] : [`  ${name} on ${device}`]),
    ...decode.map((speed) => line('decode behind', speed)),
    ...prefill.map((speed) => line('prompt of', speed)),
  ];
}

function kernelLine({ step, part, kernel, dispatches, ms, readBytes, ...shares }: KernelReport): string {
  const limits = [
    ...(shares.shareOfBandwidth === null
      ? []
      : [`reads ${(readBytes / 2 ** 20).toFixed(2)} MiB, ${percent(shares.shareOfBandwidth)} of the read bandwidth`]),
    ...(shares.shareOfOperations === null ? [] : [`${percent(shares.shareOfOperations)} of the arithmetic peak`]),
  ];
  const time = `${ms.median.toFixed(4)} ms [${ms.low.toFixed(4)}, ${ms.high.toFixed(4)}]`;
  const name = `${step.padEnd(7)}  ${part.padEnd(22)}  ${kernel.padEnd(20)}`;
  return `  ${name}  ${String(dispatches).padStart(4)} × ${time}${limits.map((limit) => `, ${limit}`).join('')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
