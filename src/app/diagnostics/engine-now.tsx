/** What the engine is doing with each loaded model, looked at once a second while the page is in sight. */
import { useEffect, useState } from 'react';
import { hearth, type EngineStats } from '../../client';
import { formatBytes, formatShare } from '../format';
import { useLabels } from '../models/use-labels';
import { locale, wordsOf } from '../strings';
import { diagnostics as english } from '../strings/en/diagnostics';
import { Fact } from './facts';

const strings = wordsOf('diagnostics', english);

const LOOK_MS = 1000;

export function EngineNow() {
  const models = useEngineStats();
  if (models === null) return <p>{strings.looking}</p>;
  if (models.length === 0) return <p className="help">{strings.engineIdle}</p>;
  return models.map((model) => <ModelNow key={model.modelId} model={model} />);
}

function ModelNow({ model }: { readonly model: EngineStats }) {
  const labelOf = useLabels();
  const { running, waiting, blocks, prefixHitRate, rowsPerStep, steps, memoryBytes } = model;
  const { engine } = strings;
  const rows = rowsPerStep.toLocaleString(locale(), { maximumFractionDigits: 1 });
  return (
    <dl className="facts">
      <Fact name={engine.model}>{labelOf(model.modelId)}</Fact>
      <Fact name={engine.answers}>{engine.answersNow({ running, waiting })}</Fact>
      <Fact name={engine.blocks}>{engine.blocksNow(blocks)}</Fact>
      {prefixHitRate !== null && <Fact name={engine.hits}>{formatShare(prefixHitRate)}</Fact>}
      <Fact name={engine.rows}>{engine.rowsNow({ rows, steps })}</Fact>
      <Fact name={engine.weights}>{formatBytes(memoryBytes.weights)}</Fact>
      <Fact name={engine.kv}>{formatBytes(memoryBytes.kv)}</Fact>
      <Fact name={engine.activations}>{formatBytes(memoryBytes.activations)}</Fact>
      <Fact name={engine.state}>{formatBytes(memoryBytes.state)}</Fact>
    </dl>
  );
}

/** Null until the engine has answered. An engine that does not answer is told of by the findings of the page. */
function useEngineStats(): EngineStats[] | null {
  const [models, setModels] = useState<EngineStats[] | null>(null);
  useEffect(() => {
    let isOpen = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const found = document.hidden ? null : await hearth.engineStats().catch(() => null);
      if (!isOpen) return;
      if (found) setModels(found);
      timer = setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    return () => {
      isOpen = false;
      clearTimeout(timer);
    };
  }, []);
  return models;
}
